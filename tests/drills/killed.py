"""SIGKILL at random moments, of the gateway and of the worker."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from tests.drills.report import Report, reported
from tests.drills.samples import DESTINATIONS, samples
from tests.rig import Installation, Portal, Procedures


async def gateway_killed(installation: Installation, *, submissions: int, kills: int, dice: random.Random) -> Report:
    """Send, and kill the gateway again and again while it works."""
    return await _beaten(
        installation,
        submissions=submissions,
        blows=kills,
        dice=dice,
        blow=installation.kill_gateway,
        recover=installation.start_gateway,
    )


async def worker_killed(installation: Installation, *, submissions: int, kills: int, dice: random.Random) -> Report:
    """Send, and kill the worker beside the gateway: between claim, delivery and outcome, wherever it is."""
    return await _beaten(
        installation,
        submissions=submissions,
        blows=kills,
        dice=dice,
        blow=installation.kill_worker,
        recover=installation.start_worker,
    )


async def _beaten(
    installation: Installation,
    *,
    submissions: int,
    blows: int,
    dice: random.Random,
    blow: Callable[[], None],
    recover: Callable[[], None],
) -> Report:
    async with Procedures.running(installation.data, DESTINATIONS) as procedures:
        portal = Portal(installation.url, installation.token, samples())
        # Slow enough that the blows fall while there is work, fast enough that something is always in hand.
        sending = asyncio.create_task(portal.send(submissions, pause=blows * 16 / submissions))
        fallen = 0
        while fallen < blows and not sending.done():
            await asyncio.sleep(dice.uniform(0.3, 1.2))
            await asyncio.to_thread(blow)
            await asyncio.to_thread(recover)
            fallen += 1
        await sending
        return await reported(installation, portal, procedures, fallen, within=120)
