"""Coverage: for how many authorities, and for how many people, a service can be reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from gateway.connection import Connection, ConnectionState
from gateway.errors import Sentence
from gateway.routing import Region, RegionKind, Tables
from gateway.routing.regions import KREIS


class Stage(StrEnum):
    """How far a connection has come, each including the next."""

    RESPONSIBLE = "responsible"
    """all authorities that are responsible for the service"""
    ORDERED = "ordered"
    """ordered, or further"""
    CONNECTED = "connected"
    """set up, or further"""
    LIVE = "live"
    """Anträge are taken"""
    DELIVERING = "delivering"
    """something was delivered within the last 30 days"""

    @property
    def told(self) -> Sentence:
        """The stage as people are told it."""
        return _TOLD[self]


_TOLD: Final = {
    Stage.RESPONSIBLE: Sentence("zuständig", "responsible"),
    Stage.ORDERED: Sentence("bestellt", "ordered"),
    Stage.CONNECTED: Sentence("angebunden", "connected"),
    Stage.LIVE: Sentence("in Betrieb", "live"),
    Stage.DELIVERING: Sentence("liefert", "delivering"),
}

DELIVERING_DAYS: Final = 30

_STAGES: Final = {
    ConnectionState.ORDERED: (Stage.ORDERED,),
    ConnectionState.CONFIGURED: (Stage.ORDERED, Stage.CONNECTED),
    ConnectionState.TESTED: (Stage.ORDERED, Stage.CONNECTED),
    ConnectionState.LIVE: (Stage.ORDERED, Stage.CONNECTED, Stage.LIVE),
    ConnectionState.PAUSED: (Stage.ORDERED, Stage.CONNECTED, Stage.LIVE),
    ConnectionState.RETIRED: (),
}


@dataclass(slots=True)
class Count:
    """So many authorities, and the people for whom they answer."""

    authorities: int = 0
    inhabitants: int = 0


Counts = Mapping[Stage, Count]


@dataclass(frozen=True, slots=True)
class ServiceCoverage:
    """One service, as far as the directory goes."""

    service: str
    title: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class KreisCoverage:
    """One Landkreis or kreisfreie Stadt: the authorities that have their area in it, and its people."""

    ars: str
    name: str
    services: Mapping[str, Counts]
    """by short name"""


@dataclass(frozen=True, slots=True)
class Due:
    """A connection that was ordered and takes no Anträge yet."""

    connection: Connection
    authority: str
    days: int | None
    """since the order; None where its day is not known"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How far the roll-in has come on a day."""

    day: date
    source: str
    """whose directory of places and inhabitants this is counted by"""
    as_of: date
    """the day of that directory"""
    services: tuple[ServiceCoverage, ...]
    kreise: tuple[KreisCoverage, ...]
    due: tuple[Due, ...]
    """the longest waiting first"""
    unlisted: Mapping[str, int] = field(default_factory=dict)
    """by service: Gemeinden for which no authority is listed"""
    sandbox: bool = False


def coverage(tables: Tables, delivering: Iterable[str], day: date, *, sandbox: bool = False) -> Coverage:
    """`delivering` are the ids of connections that delivered something within the last 30 days."""
    ledger = _Ledger(tables, frozenset(delivering), day)
    for service in tables.services:
        ledger.count(service.name)
    return Coverage(
        day=day,
        source=tables.directory.source,
        as_of=tables.directory.as_of,
        sandbox=sandbox,
        services=tuple(
            ServiceCoverage(service.name, service.title, ledger.whole[service.name]) for service in tables.services
        ),
        kreise=tuple(
            KreisCoverage(kreis.ars, str(kreis), ledger.kreise[kreis.ars])
            for kreis in sorted(tables.regions, key=lambda region: region.ars)
            if len(kreis.ars) == KREIS
        ),
        due=tuple(_due(tables, day)),
        unlisted={name: number for name, number in ledger.unlisted.items() if number},
    )


class _Ledger:
    def __init__(self, tables: Tables, delivering: frozenset[str], day: date) -> None:
        self._tables = tables
        self._delivering = delivering
        self._day = day
        self._connections = {(one.service, one.authority): one for one in tables.connections}
        self.whole: defaultdict[str, dict[Stage, Count]] = defaultdict(_nothing)
        self.kreise: defaultdict[str, defaultdict[str, dict[Stage, Count]]] = defaultdict(lambda: defaultdict(_nothing))
        self.unlisted: defaultdict[str, int] = defaultdict(int)

    def count(self, service: str) -> None:
        seen: set[str] = set()
        for gemeinde in self._tables.regions:
            if not gemeinde.is_gemeinde or gemeinde.kind is RegionKind.GEMEINDEFREI:
                continue
            row = self._tables.responsible(service, gemeinde, self._day)
            if row is None:
                self.unlisted[service] += 1
                continue
            authority = row.authority.ars
            self._add(service, authority, gemeinde, first=authority not in seen)
            seen.add(authority)

    def _add(self, service: str, authority: str, gemeinde: Region, *, first: bool) -> None:
        kreis = gemeinde.ars[:KREIS]
        for stage in self._reached(service, authority):
            for counts in (self.whole[service], self.kreise[kreis][service]):
                counts[stage].inhabitants += gemeinde.inhabitants or 0
                counts[stage].authorities += first

    def _reached(self, service: str, authority: str) -> Iterable[Stage]:
        yield Stage.RESPONSIBLE
        connection = self._connections.get((service, authority))
        if connection is None:
            return
        yield from _STAGES[connection.state]
        if connection.id in self._delivering:
            yield Stage.DELIVERING


def _nothing() -> dict[Stage, Count]:
    return {stage: Count() for stage in Stage}


def _due(tables: Tables, day: date) -> Iterable[Due]:
    waiting = [one for one in tables.connections if one.state in _ON_THE_WAY]
    for one in sorted(waiting, key=lambda one: (one.order_date or day, one.id)):
        days = (day - one.order_date).days if one.order_date else None
        yield Due(one, tables.authority_name(one.authority), days)


_ON_THE_WAY: Final = frozenset({ConnectionState.ORDERED, ConnectionState.CONFIGURED, ConnectionState.TESTED})
