"""From accepted to delivered, with a worker beside the gateway over RabbitMQ and PostgreSQL."""

from __future__ import annotations

import statistics
import time

from tests.benchmarks.sample import DESTINATIONS, DOCUMENTS
from tests.benchmarks.steady import Stream
from tests.rig import Installation, Procedures, Servers, installed

WARM_UP = 200


async def sustained(servers: Servers, *, seconds: int, per_second: int) -> str:
    """Offer a steady stream, and see how many per second are delivered while it lasts."""
    async with (
        installed(servers, elsewhere=True) as installation,
        Procedures.running(installation.data, DESTINATIONS) as procedures,
    ):
        stream, began = await _warm(installation)
        await stream.run(seconds=seconds, per_second=per_second)
        ended = _now()
        ledger = await installation.settled(120)
        times = await installation.completed_since(began)
        await procedures.finished()
        comparison = procedures.compare(stream.accepted)
    arrived = sum(concluded <= ended for _, concluded in times)
    clean = comparison.clean and ledger.imbalance == 0 and ledger.in_flight == 0 and not stream.refused
    return (
        f"accepted to delivered, offered {per_second}/s for {seconds} s: "
        f"{arrived / seconds:.0f}/s delivered meanwhile, median {_median_ms(times):.0f} ms, "
        f"{'each exactly once' if clean else f'NOT CLEAN: {comparison} {ledger}'}; "
        "wanted >= 400/s"
    )


async def at_rest(servers: Servers, *, seconds: int, per_second: int) -> str:
    """The median time from receipt to delivery at a calm pace."""
    async with installed(servers, elsewhere=True) as installation, Procedures.running(installation.data, DESTINATIONS):
        stream, began = await _warm(installation)
        await stream.run(seconds=seconds, per_second=per_second)
        await installation.settled(60)
        times = await installation.completed_since(began)
    waits = sorted((concluded - received) / 1000 for received, concluded in times)
    return (
        f"accepted to delivered at {per_second}/s: median {_median_ms(times):.0f} ms, "
        f"95 % within {waits[int(len(waits) * 0.95)]:.0f} ms; wanted median <= 50 ms"
    )


async def _warm(installation: Installation) -> tuple[Stream, int]:
    """A stream that has run for a moment, so that connections, statements and caches are there; and the time now."""
    stream = Stream(installation.url, installation.token, *DOCUMENTS)
    await stream.run(seconds=2, per_second=WARM_UP // 2)
    await installation.settled(60)
    return stream, _now()


def _now() -> int:
    return time.time_ns() // 1000


def _median_ms(times: list[tuple[int, int]]) -> float:
    return statistics.median((concluded - received) / 1000 for received, concluded in times)
