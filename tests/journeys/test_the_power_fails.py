"""Processes die at random moments. `make drill` is the same at full size."""

import random

from tests.drills import gateway_killed, worker_killed
from tests.rig import Servers, installed


async def test_a_killed_gateway_loses_and_doubles_nothing(servers: Servers | None, dice: random.Random) -> None:
    """Whatever was answered 202 before a SIGKILL reaches its Fachverfahren exactly once, and the books agree."""
    async with installed(servers) as installation:
        report = await gateway_killed(installation, submissions=60, kills=3, dice=dice)

    assert report.good, report


async def test_a_killed_worker_loses_and_doubles_nothing(real_servers: Servers, dice: random.Random) -> None:
    """A worker that dies with claims in hand leaves each of them to be asked about and delivered once."""
    async with installed(real_servers) as installation:
        report = await worker_killed(installation, submissions=60, kills=3, dice=dice)

    assert report.good, report
