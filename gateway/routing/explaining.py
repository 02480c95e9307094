"""Why a question has its answer: the place, the row that decided and its law, the rows that lost, the door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.connection import Connection
from gateway.errors import Sentence
from gateway.routing.door import Door, NoDoor, Question
from gateway.routing.facts import Authority, Responsibility, Service
from gateway.routing.maintenance import BERLIN
from gateway.routing.regions import Region
from gateway.routing.tables import Tables, Trace
from gateway.submission import SECOND, Micros

NONE = "none"
"""the state of a connection that is not there"""


@dataclass(frozen=True, slots=True)
class Lost:
    """A row that holds the place, and did not decide."""

    row: Responsibility
    why: Sentence


@dataclass(frozen=True, slots=True)
class Explanation:
    """An answer with everything that led to it."""

    found: Door | NoDoor
    place: Region | None
    row: Responsibility | None
    """the row that decided"""
    lost: tuple[Lost, ...]
    connection: Connection | None
    """of the responsible authority, where it came to that"""
    because: tuple[Sentence, ...]
    rests_until: Micros | None = None
    """when its destination takes deliveries again, if it is in maintenance; what is taken waits until then"""

    @property
    def is_open(self) -> bool:
        """Whether what was asked about would be taken."""
        return isinstance(self.found, Door)

    @property
    def state(self) -> str:
        """Of the responsible authority's connection; `none` where there is none, or no one authority."""
        return self.connection.state.value if self.connection else NONE

    @property
    def service(self) -> Service | None:
        return self.found.service

    @property
    def authorities(self) -> tuple[Authority, ...]:
        """Who is responsible: one, or each of many for its own area; none where nobody could be named."""
        return (self.found.authority,) if isinstance(self.found, Door) else self.found.authorities


def explain(tables: Tables, question: Question, now: Micros | None = None) -> Explanation:
    """The answer that `find` gives, explained; with `now`, whether the destination is in maintenance as well."""
    trace = tables.trace(question)
    found = trace.found
    row = found.responsibility
    lost = tuple(_lost(tables, trace, row, question))
    place = (_place(trace.place),) if trace.place else ()
    first, *rest = found.because
    because = (*place, first, *(one.why for one in lost), *rest) if row else (*place, first, *rest)
    rests = tables.rests_until(found.destination.name, now) if isinstance(found, Door) and now is not None else None
    if rests is not None:
        because = (*because, _resting(rests))
    return Explanation(found, trace.place, row, lost, found.connection, because, rests)


def _resting(until: Micros) -> Sentence:
    at = datetime.fromtimestamp(until / SECOND, BERLIN)
    return Sentence(
        f"Der Zustellpunkt ist in Wartung; was angenommen wird, wartet bis {at:%d.%m.%Y, %H:%M} Uhr.",
        f"The destination is in maintenance; what is taken waits until {at:%Y-%m-%d %H:%M} (Europe/Berlin).",
    )


def _place(place: Region) -> Sentence:
    said = f"{place} ({place.ars})."
    return Sentence(f"Der Ort ist: {said}", f"The place is: {said}")


def _lost(tables: Tables, trace: Trace, decided: Responsibility | None, question: Question) -> list[Lost]:
    """The rows that hold the place as well: shorter ones, those of other days, those of the service as a whole."""
    if trace.place is None or decided is None:
        return []
    rows = [row for row in tables.rows_for(trace.subject, trace.place) if row is not decided]
    lost = [Lost(row, _why(row, in_force=row.holds_on(question.day))) for row in rows]
    service = trace.found.service
    if service and trace.subject != service.name:
        lost.extend(
            Lost(row, _of_the_service(row, trace.subject)) for row in tables.rows_for(service.name, trace.place)
        )
    return lost


def _why(row: Responsibility, *, in_force: bool) -> Sentence:
    if not in_force:
        first, last = row.valid_from or "…", row.valid_until or "…"
        return Sentence(
            f"Nicht maßgeblich ist Zeile {row.line} ({row.authority}): sie gilt nur von {first} bis {last}.",
            f"Line {row.line} ({row.authority}) does not count: it holds from {first} to {last} only.",
        )
    return Sentence(
        f"Nicht maßgeblich ist Zeile {row.line} ({row.authority}): die Zeile für das engere Gebiet geht vor.",
        f"Line {row.line} ({row.authority}) does not count: the row for the narrower area goes first.",
    )


def _of_the_service(row: Responsibility, root: str) -> Sentence:
    return Sentence(
        f"Nicht maßgeblich ist Zeile {row.line} ({row.authority}): {root} hat eigene Zeilen.",
        f"Line {row.line} ({row.authority}) does not count: {root} has rows of its own.",
    )
