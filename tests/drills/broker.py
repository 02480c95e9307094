"""The broker away, empty when it returns; wires cut before and after the confirm."""

from __future__ import annotations

import asyncio
import random

from tests.drills.report import Report, reported
from tests.drills.samples import DESTINATIONS, samples
from tests.rig import Installation, Portal, Procedures
from tests.services import RabbitServer


async def broker_wiped(installation: Installation, rabbit: RabbitServer, *, submissions: int, away: float) -> Report:
    """Under load, stop the broker for `away` seconds and give it back without its data; intake goes on all the time."""
    async with Procedures.running(installation.data, DESTINATIONS) as procedures:
        portal = Portal(installation.url, installation.token, samples())
        sending = asyncio.create_task(portal.send(submissions, pause=16 * (away + 4) / submissions))
        await asyncio.sleep(2)
        await asyncio.to_thread(rabbit.stop)
        before = len(portal.accepted)
        await asyncio.sleep(away)
        answered_meanwhile = len(portal.accepted) - before
        rabbit.wipe()
        await asyncio.to_thread(rabbit.start)
        await sending
        assert answered_meanwhile > 0, "a broker outage is a delay: intake goes on answering 202"
        return await reported(installation, portal, procedures, 1, within=180)


async def wires_cut(installation: Installation, *, submissions: int, cuts: int, dice: random.Random) -> Report:
    """
    Cut the gateway's and the worker's connections after a random number of bytes in either direction.

    Cut on the way to the broker, a letter or a report never arrived; on the way back, it did and its confirm is lost.
    """
    async with Procedures.running(installation.data, DESTINATIONS) as procedures:
        portal = Portal(installation.url, installation.token, samples())
        sending = asyncio.create_task(portal.send(submissions, pause=16 * cuts * 0.8 / submissions))
        for number in range(cuts):
            await asyncio.sleep(dice.uniform(0.3, 1.0))
            for wire in installation.wires:
                wire.cut_after(dice.randrange(1, 4_000), "to_broker" if number % 2 else "to_client")
        await sending
        return await reported(
            installation, portal, procedures, sum(wire.cuts for wire in installation.wires), within=120
        )
