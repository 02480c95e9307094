"""
The campaign: parked ones of a kind go on, or are dropped, carefully.

First one alone (the canary), then so many a minute, and never more than a few of which nobody knows yet how they end.
If too many of them fail, the campaign stops by itself. What it does next is decided here, from numbers; the journal
does it, one step in one transaction, whichever gateway comes first. So a campaign survives its gateway and needs no
owner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from gateway.account import Scope
from gateway.errors import Sentence
from gateway.operating import Kind
from gateway.submission import SECOND, Micros, SubmissionId


class Verdict(StrEnum):
    """What is done with each of them."""

    RETRY = "retry"
    DROP = "drop"

    @property
    def told(self) -> Sentence:
        """What it is, as people are told it."""
        return _VERDICTS[self]


class Progress(StrEnum):
    """How far a campaign is."""

    CANARY = "canary"
    """one alone is on its way"""
    RUNNING = "running"
    DONE = "done"
    """nothing of its kind is left that was parked when it began"""
    STOPPED = "stopped"
    """by itself: too many failed"""
    CANCELLED = "cancelled"
    """by somebody"""

    @property
    def told(self) -> Sentence:
        """What it is, as people are told it."""
        return _PROGRESS[self]

    @property
    def ended(self) -> bool:
        """Whether nothing more happens."""
        return self not in {Progress.CANARY, Progress.RUNNING}


_VERDICTS: Final = {
    Verdict.RETRY: Sentence("noch einmal auf den Weg", "sent on their way again"),
    Verdict.DROP: Sentence("aufgeben", "dropped"),
}
_PROGRESS: Final = {
    Progress.CANARY: Sentence("Probe mit einer", "trying one"),
    Progress.RUNNING: Sentence("läuft", "running"),
    Progress.DONE: Sentence("fertig", "done"),
    Progress.STOPPED: Sentence("von selbst angehalten", "stopped by itself"),
    Progress.CANCELLED: Sentence("abgebrochen", "cancelled"),
}

MOST_UNKNOWN: Final = 100
"""So many at most are on their way of which nobody knows yet how they end."""
LOOKED_BACK: Final = 50
"""The share of failures is that of so many that ended last."""
ENOUGH: Final = 5
"""Of fewer no share is taken."""
FASTEST: Final = 6_000
"""a minute"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What somebody wants done, and how carefully."""

    id: str
    """made by the page on which it is confirmed: whoever sends it twice begins it once"""
    verdict: Verdict
    kind: Kind
    destination: str = ""
    """only those for this one; empty: for all"""
    authorities: tuple[str, ...] = ("*",)
    """whose: those that whoever began it may see"""
    by: str
    reason: str
    rate: int = 60
    """a minute"""
    stop_share: int = 20
    """percent of failures at which it stops"""

    @property
    def interval(self) -> float:
        """Seconds between two steps."""
        return max(1.0, 60 / self.rate)

    @property
    def at_once(self) -> int:
        """So many with each step."""
        return max(1, round(self.rate * self.interval / 60))

    @property
    def scope(self) -> Scope:
        """Within which it stays."""
        return None if "*" in self.authorities else frozenset(self.authorities)


@dataclass(frozen=True, slots=True)
class Counts:
    """How those that were sent on their way did."""

    sent: int = 0
    good: int = 0
    failed: int = 0
    recent: int = 0
    """of the last `LOOKED_BACK` that ended: how many there are"""
    recent_failed: int = 0

    @property
    def unknown(self) -> int:
        """On their way."""
        return self.sent - self.good - self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A plan, and what became of it."""

    plan: Plan
    progress: Progress
    because: str
    """`canary-failed`, `failure-share`, or a human's reason; empty while it runs"""
    estimate: int
    """so many there were when it began"""
    begun_at: Micros
    ended_at: Micros | None
    counts: Counts
    passed_over: int
    """somebody else had decided on them, or they had moved"""


@dataclass(frozen=True, slots=True)
class Go:
    """Send so many, at most, and be that far then."""

    number: int
    progress: Progress


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again later."""


@dataclass(frozen=True, slots=True)
class End:
    """It is over."""

    progress: Progress
    because: str = ""


Step = Go | Wait | End


def next_step(plan: Plan, progress: Progress, counts: Counts, *, left: bool) -> Step:
    """What comes next; `left` says whether there is one more that it could send."""
    if plan.verdict is Verdict.DROP:
        return Go(plan.at_once, Progress.RUNNING) if left else End(Progress.DONE)
    if progress is Progress.CANARY and counts.failed:
        return End(Progress.STOPPED, "canary-failed")
    share = counts.recent >= ENOUGH and 100 * counts.recent_failed >= plan.stop_share * counts.recent
    if counts.recent_failed and share:
        return End(Progress.STOPPED, "failure-share")
    if not left:
        return Wait() if counts.unknown else End(Progress.DONE)
    if not counts.sent:
        return Go(1, Progress.CANARY)
    if progress is Progress.CANARY and counts.unknown:
        return Wait()
    room = min(plan.at_once, MOST_UNKNOWN - counts.unknown)
    return Go(room, Progress.RUNNING) if room > 0 else Wait()


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a campaign would do, before it does anything."""

    number: int
    by_destination: Sequence[tuple[str, int]]
    first: Micros | None
    last: Micros | None

    def seconds(self, plan: Plan) -> float:
        """About how long it would take, if nothing fails."""
        return 60 * self.number / plan.rate


@dataclass(frozen=True, slots=True)
class Advanced:
    """A campaign took a step: how many were sent or dropped by it, and where it stands."""

    campaign: Campaign
    moved: Sequence[SubmissionId]


class CampaignBook(Protocol):
    """The part of the journal with campaigns. All of it raises `JournalUnavailable` as the journal does."""

    async def estimate(self, kind: Kind, destination: str, scope: Scope) -> Estimate:
        """What is parked of a kind, for a destination or all. Changes nothing."""
        ...

    async def begin_campaign(self, plan: Plan) -> Campaign:
        """
        Begin one; the same plan again is the same campaign.

        Raises:
            NotResponsible: one for the same runs already.
        """
        ...

    async def cancel_campaign(self, campaign: str, by: str, reason: str) -> Campaign:
        """
        End one; what it sent goes its way.

        Raises:
            NotFound, NotResponsible: there is none, or it is over.
        """
        ...

    async def campaigns(self, scope: Scope, most: int = 50) -> Sequence[Campaign]:
        """The latest first; those that stay within the scope."""
        ...

    async def campaign(self, campaign: str, scope: Scope) -> Campaign | None:
        """One of them; None where there is none within the scope."""
        ...

    async def advance_campaigns(self) -> Sequence[Advanced]:
        """
        See how those on their way did, and let every campaign that is due take its step.

        Each step is one transaction under a lock of its campaign: of several gateways one takes it.
        """
        ...


def due_after(plan: Plan, now: Micros) -> Micros:
    """When the step after this one comes."""
    return Micros(now + int(plan.interval * SECOND))
