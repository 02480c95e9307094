"""
The stock: what lies in the journal now, counted, and the part of the journal that counts it.

Taking stock reads every row there is, so one replica does it for all: whoever holds the lead. What it found becomes a
row of its own, which every replica shows (`stocktaking`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from gateway.journal import Lane, Ledger
from gateway.site import Heartbeat
from gateway.submission import Micros, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Heap:
    """Submissions that are alike in all of this."""

    service: str
    authority: str
    adapter: str
    test: bool
    state: State
    concluded: bool
    cause: str
    """why they are parked; empty where they are not"""
    number: int
    oldest: Micros
    """when the first of them was received"""
    newest: Micros
    """when the last of them was received"""
    last_concluded: Micros | None
    """when the last of them ended"""


@dataclass(frozen=True, slots=True)
class Outbox:
    """Submissions that could leave now and have not: so many, and since when the first could."""

    number: int
    since: Micros | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Everything that was counted, at one moment."""

    at: Micros
    ledger: Ledger
    imbalance: Mapping[str, int]
    """by service, how far the two books are apart; services that are in balance are left out"""
    heaps: Sequence[Heap]
    outbox: Outbox
    claimed: Mapping[str, Micros]
    """by adapter: when a letter was claimed last, test messages apart"""
    delivered: Mapping[str, Micros]
    """by adapter: when a delivery succeeded last, test messages apart"""
    answered: Mapping[str, Micros]
    """by adapter: when a reply came last, test messages apart"""
    breakers: Mapping[Lane, Literal["half-open", "open"]]
    """of those that are not closed"""
    certificates: Mapping[str, Micros]
    """by destination, live or for tests: when the first certificate on its way ends, as last seen"""
    boxed: int
    notices: int
    webhooks: Mapping[str, int]
    """by health"""
    heartbeats: Sequence[Heartbeat] = field(default=())
    """the last of every worker at every site that is not revoked"""


@dataclass(frozen=True, slots=True)
class Glance:
    """What a worker saw when it looked at a destination: why it cannot be reached, and when a certificate ends."""

    adapter: str
    destination: str
    test: bool
    because: str
    """empty where it can be reached"""
    certificate_until: Micros | None
    at: Micros = Micros(0)
    """when it was noted"""


class GlanceBook(Protocol):
    """Where workers note what they saw. Raises `JournalUnavailable`."""

    async def note_glance(self, glance: Glance) -> None:
        """Keep it; of each destination the last."""
        ...


class StockBook(GlanceBook, Protocol):
    """The part of the journal that is counted. All of it raises `JournalUnavailable` as the journal does."""

    async def lead(self, name: str, holder: str, seconds: float) -> bool:
        """
        Whether this holder has the lead of that name for the next so many seconds.

        It keeps the lead for as long as it asks in time; when it does not, whoever asks next has it.
        """
        ...

    async def stock(self) -> Stock:
        """Count everything, in one snapshot."""
        ...

    async def keep_snapshot(self, name: str, body: str) -> None:
        """Put down what every replica is to show."""
        ...

    async def snapshot(self, name: str) -> tuple[Micros, str] | None:
        """What was put down last, and when."""
        ...

    async def glances(self) -> Sequence[Glance]:
        """What workers saw of each destination last."""
        ...
