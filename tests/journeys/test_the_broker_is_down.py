"""The broker goes away, comes back empty, or loses its wires."""

import random

from tests.drills import broker_wiped, wires_cut
from tests.rig import Servers, installed


async def test_a_broker_that_comes_back_empty_is_filled_from_the_journal(real_servers: Servers) -> None:
    """Intake goes on while it is away; afterwards every 202 is delivered exactly once."""
    async with installed(real_servers) as installation:
        report = await broker_wiped(installation, real_servers.rabbit, submissions=120, away=4)

    assert report.good, report


async def test_wires_cut_before_or_after_the_confirm_double_nothing(real_servers: Servers, dice: random.Random) -> None:
    """A letter or report that may or may not have arrived is settled by its claim, once."""
    async with installed(real_servers, cut=True) as installation:
        report = await wires_cut(installation, submissions=120, cuts=6, dice=dice)

    assert report.blows > 0
    assert report.good, report
