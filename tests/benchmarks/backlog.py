"""Memory and rate while 1,000, 10,000 and 100,000 submissions wait for a Fachverfahren that is away."""

from __future__ import annotations

import asyncio
import time

from tests.benchmarks.memory import resident
from tests.benchmarks.sample import DESTINATION, DOCUMENT
from tests.benchmarks.steady import Stream
from tests.rig import Procedures, Servers, installed
from tests.rig.waiting import fill

SIZES = (1_000, 10_000, 100_000)
_DELIVERED = 1_500


async def waiting(servers: Servers, sizes: tuple[int, ...] = SIZES) -> list[str]:
    """For each size: how fast the backlog is delivered, and how much memory the gateway holds."""
    found = [await _with(servers, size) for size in sizes]
    rates, memories = [rate for rate, _ in found], [memory for _, memory in found]
    lines = [
        f"{size} waiting: {rate:.0f}/s delivered, gateway holds {memory:.0f} MiB"
        for size, (rate, memory) in zip(sizes, found, strict=True)
    ]
    return [
        *lines,
        f"spread over the sizes: rate {_spread(rates):.0%}, memory {_spread(memories):.0%}; wanted within +/- 10 %",
    ]


async def _with(servers: Servers, size: int) -> tuple[float, float]:
    async with installed(servers, elsewhere=True) as installation:
        installation.kill_worker()
        await Stream(installation.url, installation.token, DOCUMENT).run(seconds=2, per_second=50)
        await fill(installation, size)
        async with Procedures.running(installation.data, [DESTINATION]) as procedures:
            installation.start_worker()
            rate = await _rate(procedures, min(_DELIVERED, size) - 300)
            assert installation.gateway is not None
            return rate, resident(installation.gateway.pid)


async def _rate(procedures: Procedures, number: int) -> float:
    """Deliveries per second over so many, from the hundredth on."""
    while (before := sum(procedures.taken().values())) < 100:
        await asyncio.sleep(0.05)
    began = time.perf_counter()
    while (now := sum(procedures.taken().values())) < before + number and time.perf_counter() - began < 60:
        await asyncio.sleep(0.05)
    return (now - before) / (time.perf_counter() - began)


def _spread(figures: list[float]) -> float:
    middle = (max(figures) + min(figures)) / 2
    return (max(figures) - min(figures)) / 2 / middle
