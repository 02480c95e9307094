"""
Operation: what one month was like for each connection, as proof that it ran.

Counted are events that happened in the month, whenever the submission came. Test messages are counted apart. Everything
is computed from rows that never change, so that a closed month comes out the same however often it is printed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from gateway.connection import AdapterInUse, Connection, ConnectionState, Preflight, Step
from gateway.errors import Sentence
from gateway.evidence.month import Month
from gateway.journal import Happened
from gateway.submission import SECOND, Micros, State

HOUR: Final = 3_600 * SECOND

AVAILABILITY: Final = Sentence(
    "Verfügbarkeit: Anteil der Stunden, in denen die Anbindung in Betrieb war und nicht jeder Zustellversuch "
    "scheiterte. Eine Stunde ohne Zustellversuch zählt als verfügbar.",
    "Availability: share of the hours in which the connection was live and not every attempt to deliver failed. "
    "An hour without an attempt counts as available.",
)
WAITING: Final = Sentence(
    "Wartezeit auf das Fachverfahren: vom ersten gescheiterten Versuch bis zur Übergabe, über alle im Monat "
    "übergebenen Anträge zusammengezählt.",
    "Time waiting for the Fachverfahren: from the first failed attempt to the delivery, added up over all that were "
    "delivered in the month.",
)
_ARRIVED: Final = frozenset({State.DELIVERED, State.CONFIRMED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One connection in one month."""

    connection: Connection
    """as it was at the month's end"""
    service: str
    """its title"""
    authority: str
    accepted: int
    delivered: int
    """handed over to the transport or better, for the first time"""
    confirmed: int
    refused: int
    tests: int
    """test messages accepted"""
    in_time: int
    """of the delivered ones, those delivered within the target time"""
    waiting: int
    """microseconds spent waiting for the Fachverfahren"""
    live_hours: int
    """hours begun in which it was live or paused"""
    lost_hours: int
    """of these, those in which every attempt failed"""
    schemas: tuple[str, ...]
    """standard and version of what was accepted"""
    adapters: tuple[str, ...]
    """adapters it went by, with the versions in use in the month; of an idle one, what the last pre-flight found"""

    @property
    def share_in_time(self) -> float | None:
        """Between 0 and 1; None where nothing was delivered."""
        return self.in_time / self.delivered if self.delivered else None

    @property
    def availability(self) -> float | None:
        """Between 0 and 1; None where it was not live."""
        return 1 - self.lost_hours / self.live_hours if self.live_hours else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """All connections in one month."""

    month: Month
    closed: bool
    target: int
    """seconds within which a delivery is in time"""
    lines: tuple[Line, ...]
    digest: str
    """hex SHA-256 over the events it was computed from"""
    sandbox: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What people call services and authorities, by short name and by ARS."""

    service: Callable[[str], str]
    authority: Callable[[str], str]


def operation(
    month: Month,
    *,
    happened: Sequence[Happened],
    steps: Sequence[Step],
    preflights: Sequence[Preflight],
    adapters: Sequence[AdapterInUse],
    names: Names,
    target: int,
    now: Micros,
    sandbox: bool = False,
) -> Operation:
    """
    The month's account. `happened` are its events; `steps`, `preflights` and `adapters` everything since the beginning.

    `target` is in seconds.
    """
    until = min(now, month.end)
    known = [step for step in steps if step.at < month.end]
    looked = [one for one in preflights if one.at < month.end]
    books = {id_: _Book(id_, target) for id_ in sorted({step.connection.id for step in known})}
    for event in happened:
        books.setdefault(event.connection, _Book(event.connection, target)).add(event)
    lives = _lives(known)
    versions = _Versions(adapters, month.start, month.end)
    lines = [
        book.line(lives[id_], month.start, until, versions.of(book.adapters, _last(looked, id_)), names)
        for id_, book in sorted(books.items())
        if id_ in lives
    ]
    return Operation(
        month=month,
        closed=month.closed(now),
        target=target,
        lines=tuple(line for line in lines if _is_worth_a_line(line)),
        digest=_digest(happened, known, looked, versions.known),
        sandbox=sandbox,
    )


class _Versions:
    """Which version of an adapter was in use in a month: the last that was there before it, and those that came."""

    def __init__(self, known: Iterable[AdapterInUse], start: Micros, end: Micros) -> None:
        self.known: Final = sorted((one for one in known if one.since < end), key=lambda one: (one.since, one.version))
        self._start = start

    def of(self, adapters: Collection[str], seen: Preflight | None) -> tuple[str, ...]:
        """These adapters with their versions; where there are none, the one that the pre-flight saw."""
        if not adapters:
            return (f"{seen.adapter} {seen.adapter_version}".strip(),) if seen else ()
        return tuple(f"{name} {version}".strip() for name in sorted(adapters) for version in self._in_use(name))

    def _in_use(self, adapter: str) -> Sequence[str]:
        ours = [one for one in self.known if one.adapter == adapter]
        before = [one for one in ours if one.since <= self._start][-1:]
        came = [one for one in ours if one.since > self._start]
        return [one.version for one in (*before, *came)] or [""]


def _is_worth_a_line(line: Line) -> bool:
    """What was retired before the month and did nothing in it is history."""
    moved = line.accepted or line.delivered or line.confirmed or line.refused or line.tests
    return bool(moved or line.live_hours or line.connection.state is not ConnectionState.RETIRED)


@dataclass(slots=True)
class _Book:
    """What is counted for one connection."""

    connection: str
    target: int
    accepted: int = 0
    delivered: int = 0
    confirmed: int = 0
    refused: int = 0
    tests: int = 0
    in_time: int = 0
    waiting: int = 0
    schemas: set[str] = field(default_factory=set)
    adapters: set[str] = field(default_factory=set)
    failed_in: set[int] = field(default_factory=set)
    worked_in: set[int] = field(default_factory=set)

    def add(self, event: Happened) -> None:
        if event.test:
            self.tests += event.before is None and event.after is State.ACCEPTED
            return
        if event.before is event.after:
            return
        hour = event.at // HOUR
        if event.before is None and event.after is State.ACCEPTED:
            self.accepted += 1
            self.schemas.add(f"{event.standard} {event.version}".strip())
            self.adapters.add(event.adapter)
        if event.after in _ARRIVED and event.before is State.HANDED_OVER:
            self.delivered += 1
            self.in_time += event.at - event.received_at <= self.target * SECOND
            self.waiting += event.at - event.first_failed if event.first_failed is not None else 0
            self.worked_in.add(hour)
        if event.after is State.CONFIRMED:
            self.confirmed += 1
        if event.after is State.REFUSED:
            self.refused += 1
            if event.before is State.HANDED_OVER:
                self.worked_in.add(hour)
        if event.name == "attempt.failed":
            self.failed_in.add(hour)

    def line(self, life: Sequence[Step], start: Micros, until: Micros, adapters: tuple[str, ...], names: Names) -> Line:
        live = _open_hours(life, start, until)
        connection = life[-1].connection
        return Line(
            connection=connection,
            service=names.service(connection.service),
            authority=names.authority(connection.authority),
            accepted=self.accepted,
            delivered=self.delivered,
            confirmed=self.confirmed,
            refused=self.refused,
            tests=self.tests,
            in_time=self.in_time,
            waiting=self.waiting,
            live_hours=len(live),
            lost_hours=len(live & (self.failed_in - self.worked_in)),
            schemas=tuple(sorted(self.schemas)),
            adapters=adapters,
        )


def _lives(steps: Iterable[Step]) -> Mapping[str, Sequence[Step]]:
    lives: dict[str, list[Step]] = {}
    for step in steps:
        lives.setdefault(step.connection.id, []).append(step)
    return lives


def _open_hours(life: Sequence[Step], start: Micros, until: Micros) -> set[int]:
    """Hours begun, counted from 1970, in which Anträge were taken."""
    hours: set[int] = set()
    ends = [*(step.at for step in life[1:]), until]
    for step, end in zip(life, ends, strict=True):
        first, last = max(step.at, start), min(end, until)
        if step.connection.state.open and first < last:
            hours.update(range(first // HOUR, (last - 1) // HOUR + 1))
    return hours


def _last(preflights: Sequence[Preflight], connection: str) -> Preflight | None:
    return next((one for one in reversed(preflights) if one.connection == connection and one.adapter), None)


def _digest(
    happened: Sequence[Happened],
    steps: Sequence[Step],
    preflights: Sequence[Preflight],
    adapters: Sequence[AdapterInUse],
) -> str:
    digest = hashlib.sha256()
    for event in happened:
        told = (event.id, event.submission, event.at, event.name, event.before, event.after, event.connection)
        digest.update(("|".join(map(str, told)) + "\n").encode())
    for step in steps:
        digest.update(f"{step.connection}|{step.before}|{step.at}|{step.by}\n".encode())
    for one in preflights:
        digest.update(f"{one.connection}|{one.at}|{one.adapter}|{one.adapter_version}|{one.good}\n".encode())
    for used in adapters:
        digest.update(f"{used.adapter}|{used.version}|{used.since}\n".encode())
    return digest.hexdigest()


def day_of(moment: date | None) -> str:
    """A day as tables and pages write it; empty where it is not known."""
    return moment.isoformat() if moment else ""
