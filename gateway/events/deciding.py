"""What people decide about parked ones, and what becomes of their campaigns."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from gateway.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedDecided(Event):
    """Somebody let a parked submission go on (`retry`) or dropped it (`drop`); who and why stands in the journal."""

    name = "parked.decided"
    submission: str
    adapter: str
    verdict: str
    trace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignAdvanced(Event):
    """A campaign sent or dropped some, or is over."""

    name = "campaign.advanced"
    campaign: str
    progress: str
    moved: int
    sent: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignStopped(Event):
    """A campaign stopped by itself: its first one (`canary-failed`) or too many (`failure-share`) failed."""

    name = "campaign.stopped"
    level = logging.WARNING
    campaign: str
    because: str
    sent: int
    failed: int
