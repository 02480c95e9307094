"""`make drill`: every bad day at full size, on private servers, one line each; verdicts before another judge."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Awaitable, Callable

from gateway.drivers.sql.schema import upgrade
from tests.conftest import SHARED_DATA
from tests.drills import (
    Arrivals,
    Campaigning,
    Report,
    Told,
    broker_wiped,
    cases_in_order,
    gateway_killed,
    half_a_campaign,
    portals_told,
    threads_crowded,
    verdicts_compared,
    wires_cut,
    worker_killed,
)
from tests.drills.telling import SETTINGS as TELLING
from tests.rig import Servers, installed
from tests.services import PostgresServer, RabbitServer

Drill = Callable[[], Awaitable[Report | Arrivals | Told | Campaigning]]


def main() -> int:
    """Run them all; 1 if one of them found something."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(1 << 32)
    print(f"dice: {seed}  (repeat with: python -m tests.drills {seed})", flush=True)
    judged = _verdicts()
    survived = asyncio.run(_all(random.Random(seed)))
    return 0 if judged and survived else 1


def _verdicts() -> bool:
    """What needs no servers."""
    compared = verdicts_compared(SHARED_DATA, each=5, grown=12)
    _tell("verdicts beside those of Xerces", compared, good=compared.good)
    crowded = threads_crowded(SHARED_DATA, documents=40_000)
    _tell("documents judged on four threads", crowded, good=crowded.good)
    return compared.good and crowded.good


def _tell(name: str, report: object, *, good: bool) -> None:
    print(f"{'ok  ' if good else 'BAD '} {name}: {report}", flush=True)


async def _all(dice: random.Random) -> bool:  # noqa: C901 - one function for each drill, side by side
    good = True
    with PostgresServer() as postgres, RabbitServer() as rabbit:
        servers = Servers(postgres, rabbit)

        async def embedded() -> Report:
            async with installed() as installation:
                return await gateway_killed(installation, submissions=500, kills=20, dice=dice)

        async def real_gateway() -> Report:
            async with installed(servers) as installation:
                return await gateway_killed(installation, submissions=500, kills=20, dice=dice)

        async def real_worker() -> Report:
            async with installed(servers) as installation:
                return await worker_killed(installation, submissions=500, kills=20, dice=dice)

        async def told() -> Told:
            async with installed(settings=TELLING) as installation:
                return await portals_told(installation, submissions=300, kills=12, dice=dice)

        async def really_told() -> Told:
            async with installed(servers, settings=TELLING) as installation:
                return await portals_told(installation, submissions=300, kills=12, dice=dice)

        async def wiped() -> Report:
            async with installed(servers) as installation:
                return await broker_wiped(installation, rabbit, submissions=2_000, away=30)

        async def cut() -> Report:
            async with installed(servers, cut=True) as installation:
                return await wires_cut(installation, submissions=1_000, cuts=60, dice=dice)

        async def in_order() -> Arrivals:
            journal = postgres.create_database()
            await upgrade(journal)
            return await cases_in_order(journal, cases=1_000, gateways=2, dice=dice)

        async def campaign() -> Campaigning:
            return await half_a_campaign(postgres, parked=5_000)

        drills: tuple[tuple[str, Drill], ...] = (
            ("gateway killed, SQLite", embedded),
            ("gateway killed, PostgreSQL + RabbitMQ", real_gateway),
            ("worker killed, PostgreSQL + RabbitMQ", real_worker),
            ("portal told by a gateway that is killed, SQLite", told),
            ("portal told by a gateway that is killed, PostgreSQL + RabbitMQ", really_told),
            ("broker away for 30 s and wiped", wiped),
            ("wires cut before and after the confirm", cut),
            ("cases of three messages, two gateways", in_order),
            ("campaign over 5,000 parked, whose vendor fails again halfway", campaign),
        )
        for name, drill in drills:
            report = await drill()
            good = good and report.good
            _tell(name, report, good=report.good)
    return good


if __name__ == "__main__":
    raise SystemExit(main())
