"""`make bench`: all figures of docs/performance.md in one run. `--quick` shortens it to see that everything runs."""

from __future__ import annotations

import asyncio
import sys

from tests.benchmarks import attachment, backlog, console, hearing, intake, pickup, pipeline, tables, validation
from tests.benchmarks.disk import fdatasyncs_per_second
from tests.rig import Servers
from tests.services import PostgresServer, RabbitServer


def main() -> None:
    """Print a line per figure, as it is found."""
    quick = "--quick" in sys.argv
    print(f"disk: {fdatasyncs_per_second():.0f} fdatasync/s of 8 KiB", flush=True)
    with PostgresServer() as postgres, RabbitServer() as rabbit:
        servers = Servers(postgres, rabbit)
        for line in intake.measure(servers, turns=1 if quick else 3, seconds=3 if quick else 10):
            print(line, flush=True)
        asyncio.run(_journeys(servers, quick=quick))
        for line in asyncio.run(console.measure(postgres, many=20_000 if quick else 200_000)):
            print(line, flush=True)
    for line in validation.measure(turns=3 if quick else 9):
        print(line, flush=True)
    print(tables.loading(), flush=True)
    print(tables.finding(), flush=True)
    print(f"disk again: {fdatasyncs_per_second():.0f} fdatasync/s of 8 KiB", flush=True)


async def _journeys(servers: Servers, *, quick: bool) -> None:
    print(await pipeline.at_rest(servers, seconds=5 if quick else 20, per_second=100), flush=True)
    print(await pipeline.sustained(servers, seconds=5 if quick else 20, per_second=450), flush=True)
    for line in await backlog.waiting(servers, (1_000, 3_000) if quick else backlog.SIZES):
        print(line, flush=True)
    print(await attachment.large(), flush=True)
    for line in await pickup.measure(servers, letters=200 if quick else 1_000):
        print(line, flush=True)
    async for line in hearing.measure(servers, submissions=200 if quick else 1_000):
        print(line, flush=True)


if __name__ == "__main__":
    main()
