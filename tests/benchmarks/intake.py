"""Intake of an 8 KB document against the floor rig, in turns, as a ratio."""

from __future__ import annotations

import asyncio
import os
import signal
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.benchmarks.load import Load, post
from tests.benchmarks.sample import DOCUMENT, SCHEMA
from tests.conftest import ROOT
from tests.rig import Installation, Servers
from tests.services.processes import Process, free_port

ALONE = {"GATEWAY_WORKERS": "false", "GATEWAY_SNAPSHOT_SECONDS": "15"}
"""The gateway takes and keeps; nobody delivers meanwhile, as nobody does in the floor rig."""


def measure(servers: Servers, *, turns: int, seconds: int) -> list[str]:
    """Floor, SQLite, PostgreSQL in turns; lines with the medians and the ratios."""
    floors, embedded, real = [], [], []
    for _ in range(turns):
        floors.append(_of_floor(seconds))
        embedded.append(_of_gateway(None, seconds))
        real.append(_of_gateway(servers, seconds))
    floor = statistics.median(load.per_second for load in floors)
    return [
        f"intake, floor rig: {floor:.0f}/s, median {_median_ms(floors):.1f} ms",
        _line("SQLite", embedded, floors, 0.6),
        _line("PostgreSQL", real, floors, 0.5),
    ]


def _line(name: str, loads: list[Load], floors: list[Load], wanted: float) -> str:
    ratios = [load.per_second / floor.per_second for load, floor in zip(loads, floors, strict=True)]
    rate = statistics.median(load.per_second for load in loads)
    refused = sum(load.refused for load in loads)
    return (
        f"intake, {name}: {rate:.0f}/s, median {_median_ms(loads):.1f} ms, not 202: {refused}; "
        f"ratio to floor {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f}), wanted >= {wanted}"
    )


def _median_ms(loads: list[Load]) -> float:
    return statistics.median(load.median_ms for load in loads)


def _of_floor(seconds: int) -> Load:
    with _floor() as url:
        post(url, DOCUMENT, "", seconds=2)
        return post(url, DOCUMENT, "", seconds=seconds)


@contextmanager
def _floor() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        words = [sys.executable, "-m", "tests.benchmarks.floor", str(port), str(Path(folder) / "floor.db"), str(SCHEMA)]
        process = Process(words, log=Path(folder) / "floor.log", env={**os.environ, "PYTHONPATH": str(ROOT)})
        process.wait_until(lambda: _answers(port))
        try:
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.end(signal.SIGKILL)


def _answers(port: int) -> bool:
    try:
        return httpx2.post(f"http://127.0.0.1:{port}/", content=DOCUMENT).status_code == 202
    except httpx2.TransportError:
        return False


def _of_gateway(servers: Servers | None, seconds: int) -> Load:
    return asyncio.run(_posted(servers, seconds))


async def _posted(servers: Servers | None, seconds: int) -> Load:
    with tempfile.TemporaryDirectory() as folder:
        journal = servers.postgres.create_database() if servers else ""
        # A broker nobody answers for: letters wait in the journal, intake goes on.
        broker = f"amqp://nobody:none@127.0.0.1:{free_port()}/" if servers else ""
        installation = Installation(Path(folder), journal=journal, broker=broker, settings=ALONE)
        await installation.prepare()
        installation.start_gateway()
        try:
            url = f"{installation.url}/v1/submissions"
            post(url, DOCUMENT, installation.token, seconds=2)
            return post(url, DOCUMENT, installation.token, seconds=seconds)
        finally:
            installation.stop()
            if servers:
                servers.postgres.drop_database(journal)
