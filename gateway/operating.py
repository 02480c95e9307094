"""
Operating: what those who watch over the gateway see of its journal.

Everything is asked within a `Scope`: what belongs to another authority is in no list, count or search, as if it did not
exist. Nothing here is content of an Antrag but what `read_document` gives, which is written down before it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from gateway.account import Deed, Scope
from gateway.journal import Event, Standing
from gateway.submission import Micros, State, SubmissionId

# ── what is happening now ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Tally:
    """So many submissions of a service, for an adapter, are in a state and not at their end."""

    service: str
    adapter: str
    state: State
    number: int
    oldest: Micros
    """when the first of them was received"""


@dataclass(frozen=True, slots=True)
class Arrived:
    """So many submissions of a service came within a span of time; so many of them were turned down."""

    start: Micros
    service: str
    number: int
    rejected: int


# ── looking for one ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for; what is empty says nothing."""

    named: str = ""
    """a submission's id, or the UUID of its message"""
    service: str = ""
    authority: str = ""
    """ARS"""
    state: State | None = None
    adapter: str = ""
    destination: str = ""
    cause: str = ""
    since: Micros | None = None
    until: Micros | None = None
    """received before"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One line of a list."""

    sequence: int
    """in the order of acceptance; where a list goes on"""
    id: SubmissionId
    state: State
    concluded: bool
    received_at: Micros
    updated_at: Micros
    service: str
    authority: str
    adapter: str
    destination: str
    test: bool
    tries: int
    cause: str
    version: int


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, and where the next one begins; None where there is none."""

    lines: Sequence[Found]
    after: int | None


# ── one of them ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """An attempt that a worker began."""

    attempt: int
    worker: str
    began_at: Micros
    ended_at: Micros | None
    outcome: str
    """`delivered`, `refused`, `unreachable`, `unclear`, `broken`; empty while it is under way"""
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The reason that somebody gave when they let a parked one go on, or dropped it."""

    at: Micros
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """All that is known of one submission, but its content."""

    standing: Standing
    connection: str
    """its id"""
    package_digest: str
    digest: str
    size: int
    events: Sequence[Event]
    tries: Sequence[Try]
    given: Sequence[Given]
    deeds: Sequence[Deed]
    has_document: bool


@dataclass(frozen=True, slots=True)
class Content:
    """The document of an Antrag, and what its Fachverfahren said of it in free text."""

    document: bytes
    words: Sequence[str] = field(default=())


# ── what waits for people ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Kind:
    """What parked ones have in common: why, with which adapter, for which service, and whether they are tests."""

    cause: str
    adapter: str
    service: str
    test: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Parked ones of a kind."""

    kind: Kind
    number: int
    destinations: int
    authorities: int
    first: Micros
    """when the longest waiting of them was parked"""
    last: Micros


# ── destinations ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Pause:
    """A destination is handed nothing, because somebody said so."""

    at: Micros
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How a destination does, live or for tests."""

    destination: str
    test: bool
    failures: int
    open_until: Micros | None
    """its breaker is open until then; None where it is closed"""
    probing: bool
    pause: Pause | None
    last_success: Micros | None
    unreachable: str
    """why a worker could not reach it when it looked last; empty where it could, or nobody looked"""
    certificate_until: Micros | None
    """when the first certificate on its way ends, as last seen"""


PAGE: Final = 50
"""Lines of one page of a list."""


class OperatingBook(Protocol):
    """The part of the journal for those who watch. All of it raises `JournalUnavailable` as the journal does."""

    async def open_now(self, scope: Scope) -> Sequence[Tally]:
        """What is not at its end: waiting, on its way, delivered and not confirmed, parked. Tests do not count."""
        ...

    async def arrived(self, since: Micros, step: float, scope: Scope) -> Sequence[Arrived]:
        """What came since then, in spans of `step` seconds, from the first. Tests do not count."""
        ...

    async def search(self, wanted: Wanted, scope: Scope, after: int | None = None, most: int = PAGE) -> Page:
        """What was received, the latest first; `after` goes on where an earlier page ended."""
        ...

    async def timeline(self, submission: SubmissionId, scope: Scope) -> Timeline | None:
        """All that is known of one submission; None where there is none within the scope."""
        ...

    async def read_document(self, submission: SubmissionId, scope: Scope, by: str, reason: str) -> Content | None:
        """
        The content of an Antrag. On return it is on disk who read it and why.

        None where there is no such submission within the scope, or its document is gone.
        """
        ...

    async def groups(self, scope: Scope) -> Sequence[Group]:
        """What is parked, by kind, the largest group first."""
        ...

    async def conditions(self) -> Sequence[Condition]:
        """How every destination does that was ever handed something, or is paused; by name."""
        ...

    async def pause_destination(self, name: str, by: str, reason: str) -> None:
        """
        Hand a destination nothing from now on, tests apart; what is for it is taken and waits.

        Raises:
            NotResponsible: it is paused already.
        """
        ...

    async def resume_destination(self, name: str, by: str, reason: str) -> None:
        """
        Hand a destination what waits for it.

        Raises:
            NotResponsible: it is not paused.
        """
        ...
