"""A portal that has to hear of everything, from a gateway that is killed again and again."""

from __future__ import annotations

import asyncio
import json
import random
import time
from dataclasses import dataclass

from tests.drills.killed import gateway_killed
from tests.drills.report import Report
from tests.gateway.webhooks.receiver import receiving
from tests.rig import Installation

SETTINGS = {"GATEWAY_WEBHOOK_NETWORKS": "127.0.0.0/8", "GATEWAY_WEBHOOK_SECONDS": "2"}
"""of an installation whose webhooks lead to this machine"""


@dataclass(frozen=True, slots=True)
class Told:
    """What the portal heard, beside what became of its submissions."""

    survived: Report
    told: int
    """submissions of whose delivery it heard"""
    again: int
    """messages that came a second time; their ids say so"""
    mixed_up: int
    """messages of one id that did not say the same"""

    @property
    def good(self) -> bool:
        """It heard of each, and a repetition can be known by its id."""
        return self.survived.good and self.told == self.survived.accepted and self.mixed_up == 0

    def __str__(self) -> str:
        return f"{self.survived}; told of {self.told}, {self.again} messages again, {self.mixed_up} mixed up"


async def portals_told(
    installation: Installation, *, submissions: int, kills: int, dice: random.Random, within: float = 120.0
) -> Told:
    """Send, kill the gateway while it delivers and tells, and hold what the portal heard against its 202s."""
    with receiving() as receiver:
        async with installation.journal() as journal:
            await journal.add_webhook("wh_drill", "drill", receiver.url, b"s" * 32)
        survived = await gateway_killed(installation, submissions=submissions, kills=kills, dice=dice)
        deadline = time.monotonic() + within
        async with installation.journal() as journal:
            while any(one.waiting for one in await journal.webhooks()) and time.monotonic() < deadline:
                await asyncio.sleep(0.2)
    bodies = {message.id: message.body for message in receiver.got}
    return Told(
        survived=survived,
        told=len({json.loads(body)["data"]["submissionId"] for body in bodies.values()}),
        again=len(receiver.got) - len(bodies),
        mixed_up=sum(bodies[message.id] != message.body for message in receiver.got),
    )
