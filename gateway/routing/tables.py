"""Who gets it: first who is responsible, then whether exactly that authority has a connection (DESIGN §2.8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from gateway.adapter import Endpoint
from gateway.connection import CaseHome, Connection, ConnectionState
from gateway.errors import BadTables
from gateway.journal import Lane, Limits
from gateway.routing import absence
from gateway.routing.door import Door, NoDoor, Question
from gateway.routing.facts import (
    Authority,
    AuthorityKind,
    Destination,
    Facts,
    Message,
    Responsibility,
    Service,
)
from gateway.routing.loading import load
from gateway.routing.regions import KREIS, LEVELS, Region, Regions
from gateway.routing.scope import in_scope
from gateway.submission import Micros

_USUAL: Final = Limits()


class Tables:
    """The routing tables, read once and indexed; never changed afterwards."""

    def __init__(self, facts: Facts) -> None:
        self.digest: Final = facts.digest
        """hex SHA-256 over the files these tables were read from"""
        self.directory: Final = facts.directory
        self.regions: Final = Regions(facts.directory.regions, facts.directory.former)
        self.services: Final = facts.services
        self.authorities: Final = facts.authorities
        self.responsibilities: Final = facts.responsibilities
        self._authorities = {it.ars: it for it in facts.authorities}
        self._by_root = _by_root(facts)
        self._by_leistung = {key: service for service in facts.services for key in service.leistungen}
        self._by_kennung = {kennung: it for it in facts.authorities for kennung in it.kennungen}
        self._lead_to(facts.destinations)
        self._rows: dict[tuple[str, str], list[Responsibility]] = defaultdict(list)
        self._rows_of: dict[str, list[Responsibility]] = defaultdict(list)
        for row in facts.responsibilities:
            self._rows[row.subject, row.ars].append(row)
            self._rows_of[row.subject].append(row)
        self._connect(facts.connections)

    def _lead_to(self, destinations: tuple[Destination, ...]) -> None:
        self.destinations = destinations
        self._destinations = {it.name: it for it in destinations}
        self._with_maintenance = tuple(it for it in destinations if it.maintenance.windows)
        self._endpoints = _endpoints(destinations)
        self._at_site = _at_site(destinations)
        self.at_sites = frozenset[str]().union(*self._at_site.values())
        """the destinations that are picked up at a site"""

    def leading_to(self, destination: Destination) -> Tables:
        """The same tables, with this destination instead of the one of its name."""
        there = copy(self)
        there._lead_to(tuple(destination if it.name == destination.name else it for it in self.destinations))  # noqa: SLF001 - a copy of our own
        return there

    def _connect(self, connections: Iterable[Connection]) -> None:
        self.connections = tuple(connections)
        known = (it for it in self.connections if not it.destination or it.destination in self._destinations)
        self._connections = {(it.service, it.authority): it for it in known}
        self._paused = tuple(it.id for it in self.connections if it.state is ConnectionState.PAUSED)

    def connected_by(self, connections: Iterable[Connection]) -> Tables:
        """
        The same tables, with these connections instead of those of the order list.

        One whose destination is not in the tables any more leads nowhere: for those who ask, it is not there.
        """
        there = copy(self)
        there._connect(connections)  # noqa: SLF001 - a copy of our own
        return there

    @property
    def paused(self) -> tuple[str, ...]:
        """Ids of the connections whose submissions are taken and wait."""
        return self._paused

    @classmethod
    def load(cls, folder: Path, data: Path) -> Tables:
        """
        Read the tables in `folder`.

        `data` is the gateway's data directory: it takes the place of `{data}` in the settings of endpoints.

        Raises:
            BadTables: a table contradicts itself or the rest; the sentence names file and line.
        """
        return cls(load(folder, data))

    # ── finding the door ─────────────────────────────────────────────────────────────────────────────────────────────

    def find(self, question: Question) -> Door | NoDoor:
        """
        The door for it, or why there is none. Reads nothing but what it is given.

        Never answers with another authority than the one responsible: a missing connection is an answer, too.
        """
        return self.trace(question).found

    def trace(self, question: Question) -> Trace:
        """The answer that `find` gives, and the way to it."""
        asked = self._what(question)
        if isinstance(asked, NoDoor):
            return Trace(asked)
        addressee = self._addressee(question.reader, asked.service)
        if isinstance(addressee, NoDoor):
            return Trace(addressee)
        home = self._home(question.case, asked.service)
        if home:
            return Trace(self._at_home(asked, home, addressee, test=question.test))
        place = self._where(question, asked, addressee)
        if isinstance(place, NoDoor):
            return Trace(place)
        row = self._decisive(asked.subject, place, question.day)
        if row is None:
            found: Door | NoDoor = self._no_single_authority(asked, place, question.day)
        elif addressee and not _answers_for(row.authority, addressee):
            found = absence.not_responsible(asked.service, self._called(addressee), row)
        else:
            found = self._connected(asked, row.authority, row, test=question.test)
        return Trace(found, asked.subject, place)

    def rows_for(self, subject: str, place: Region) -> tuple[Responsibility, ...]:
        """Every row whose area holds the place, in force or not; the longest ARS first."""
        lengths = [length for length in LEVELS if length <= len(place.ars)]
        return tuple(row for length in lengths for row in self._rows.get((subject, place.ars[:length]), ()))

    def connection(self, service: str, authority: str) -> Connection | None:
        """The connection of an authority for a service, whatever its state."""
        return self._connections.get((service, authority))

    def _what(self, question: Question) -> _Asked | NoDoor:
        """The service, from message root and keys, which must agree."""
        named: list[Service] = []
        message: Message | None = None
        if question.root is not None:
            known = self._by_root.get((question.namespace or "", question.root))
            if known is None:
                return absence.unknown_root()
            message = known.message
            named.append(known.service)
        for key in (question.document_leistung, question.leistung):
            if key:
                if key not in self._by_leistung:
                    return absence.unknown_leistung()
                named.append(self._by_leistung[key])
        if not named:
            return absence.service_missing()
        service = named[0]
        if any(other is not service for other in named):
            return absence.service_contradiction(tuple(dict.fromkeys(named)))
        return _Asked(service, message, question.document_leistung or question.leistung or "")

    def _addressee(self, reader: str | None, service: Service) -> Region | NoDoor | None:
        """The area of the authority addressed in the head, which must be of a kind that the service goes to."""
        if not reader:
            return None
        prefix, _, digits = reader.partition(":")
        if prefix not in service.prefixes or not (digits.isascii() and digits.isdigit()):
            return absence.wrong_reader(service)
        if known := self._by_kennung.get(reader):
            return self.regions[known.ars]
        return self.regions.addressed(digits) or absence.unknown_reader(service)

    def _where(self, question: Question, asked: _Asked, addressee: Region | None) -> Region | NoDoor:
        """The place that decides; of two that lie in one another, the narrower one."""
        said = question.region
        if said is None and asked.message and asked.message.place:
            said = question.place(asked.message.place)
        place: Region | None = None
        for key in (question.ars, said):
            if not key:
                continue
            region = self.regions.find(key.strip())
            if region is None:
                return self._unknown_place(key.strip(), asked.service)
            if place is None or place.contains(region):
                place = region
            elif not region.contains(place):
                return absence.place_contradiction(asked.service)
        return place or addressee or absence.place_missing(asked.service)

    def responsible(self, service: str, place: Region, day: date) -> Responsibility | None:
        """The row that names who answers for a service at a place on a day; None where none does for it as a whole."""
        return self._decisive(service, place, day)

    def _unknown_place(self, key: str, service: Service) -> NoDoor:
        if gone := self.regions.former(key):
            return absence.place_gone(service, gone)
        if _is_key(key) and key[:2] not in self.directory.laender:
            return absence.another_land(service, [self.regions[ars].name for ars in sorted(self.directory.laender)])
        return absence.unknown_place(service)

    def _decisive(self, subject: str, place: Region, day: date) -> Responsibility | None:
        """The row with the longest ARS prefix of the place, among those in force."""
        for length in LEVELS:
            if length <= len(place.ars):
                for row in self._rows.get((subject, place.ars[:length]), ()):
                    if row.holds_on(day):
                        return row
        return None

    def _home(self, case: CaseHome | None, service: Service) -> Authority | None:
        """The authority that has the case already, as long as there is such an authority."""
        if case is None or case.service != service.name:
            return None
        return self._authorities.get(case.authority)

    def _at_home(self, asked: _Asked, home: Authority, addressee: Region | None, *, test: bool) -> Door | NoDoor:
        """The door of the authority that accepted the case, wherever its place would lead today."""
        if addressee and not _answers_for(home, addressee):
            return absence.case_elsewhere(asked.service, self._called(addressee), home)
        return self._connected(asked, home, None, test=test)

    def _no_single_authority(self, asked: _Asked, place: Region, day: date) -> NoDoor:
        """Nobody answers for the place as a whole: its parts have an authority each, or none is known."""
        within = dict.fromkeys(
            row.authority for row in self._rows_of[asked.subject] if row.ars.startswith(place.ars) and row.holds_on(day)
        )
        if not within:
            return absence.nobody_listed(asked.service, place)
        if len(place.ars) < KREIS:
            return absence.place_too_wide(asked.service, place)
        return absence.many_responsible(asked.service, place, tuple(within))

    def _called(self, region: Region) -> str:
        """The authority of an area, by its name; the area itself where it has none."""
        return str(self._authorities.get(region.ars, region))

    def _connected(
        self, asked: _Asked, authority: Authority, row: Responsibility | None, *, test: bool
    ) -> Door | NoDoor:
        """The connection of exactly that authority, if it takes this now."""
        connection = self.connection(asked.service.name, authority.ars)
        if connection is None:
            return absence.not_connected(asked.service, authority, row)
        if not connection.state.takes(test=test):
            return absence.not_live(asked.service, authority, row, connection)
        destination = self._destinations[connection.destination]
        return Door(asked.service, asked.leistung, authority, connection, destination, row)

    in_scope = staticmethod(in_scope)

    def authority_name(self, ars: str) -> str:
        """What people call an authority; its ARS where the tables no longer know it, empty for none."""
        known = self._authorities.get(ars)
        return known.name if known else ars

    # ── what a destination is ────────────────────────────────────────────────────────────────────────────────────────

    def destination(self, name: str) -> Destination:
        """
        The destination of that name.

        Raises:
            BadTables: it was removed from the tables while submissions still go there.
        """
        if name in self._destinations:
            return self._destinations[name]
        raise BadTables(
            f"destinations.toml: den Zustellpunkt „{name}“ gibt es nicht, aber Sendungen sind dorthin unterwegs.",
            f"destinations.toml: there is no destination “{name}”, but submissions are on their way to it.",
        )

    def endpoint(self, name: str, test: bool) -> Endpoint:  # noqa: FBT001 - as the lane has it: live or test
        """
        Where exactly a destination is reached, live or for test messages.

        Raises:
            BadTables: there is no such destination.
        """
        return self._endpoints.get((name, test)) or self._endpoints[self.destination(name).name, test]

    def at_site(self, site: str) -> frozenset[str]:
        """The destinations that are picked up at this site."""
        return self._at_site.get(site, frozenset())

    def site_of(self, destination: str) -> str:
        """The site where a destination is picked up; empty where it is none, or not in the tables any more."""
        known = self._destinations.get(destination)
        return known.site if known else ""

    def resting(self, moment: Micros) -> frozenset[str]:
        """Names of the destinations that are in maintenance at that moment."""
        return frozenset(it.name for it in self._with_maintenance if it.maintenance.until(moment) is not None)

    def rests_until(self, name: str, moment: Micros) -> Micros | None:
        """When a destination takes deliveries again, if it is in maintenance at that moment."""
        known = self._destinations.get(name)
        return known.maintenance.until(moment) if known else None

    def limits(self, lane: Lane) -> Limits:
        """How much the lane's destination bears; the usual limits where the tables no longer know it."""
        known = self._destinations.get(lane.destination)
        return known.limits if known else _USUAL


@dataclass(frozen=True, slots=True)
class Trace:
    """An answer, and how it came about."""

    found: Door | NoDoor
    subject: str = ""
    """whose rows were looked at, if it came to that"""
    place: Region | None = None
    """where, if it came to that"""


@dataclass(frozen=True, slots=True)
class _Asked:
    """The service asked for, and the message it came with, if one did."""

    service: Service
    message: Message | None
    leistung: str

    @property
    def subject(self) -> str:
        """Whose rows decide: those of the root where it has its own, else those of the service."""
        return self.message.root if self.message and self.message.own_rows else self.service.name


@dataclass(frozen=True, slots=True)
class _Known:
    """A message root and the service it belongs to."""

    service: Service
    message: Message


def _by_root(facts: Facts) -> dict[tuple[str, str], _Known]:
    return {
        (message.namespace, message.root): _Known(service, message)
        for service in facts.services
        for message in service.messages
    }


def _at_site(destinations: tuple[Destination, ...]) -> dict[str, frozenset[str]]:
    sites = {it.site for it in destinations if it.site}
    return {site: frozenset(it.name for it in destinations if it.site == site) for site in sites}


def _endpoints(destinations: tuple[Destination, ...]) -> dict[tuple[str, bool], Endpoint]:
    return {(it.name, test): it.endpoint(test=test) for it in destinations for test in (False, True)}


def _is_key(text: str) -> bool:
    """Whether it may be a regional key of Germany, from Land 01 to 16."""
    return text.isascii() and text.isdigit() and len(text) in (*LEVELS, 8) and "01" <= text[:2] <= "16"


def _answers_for(authority: Authority, addressee: Region) -> bool:
    """
    Whether addressing this area means this authority.

    A Verwaltungsgemeinschaft is addressed by its members' keys: an AGS has no digits for the Verband.
    """
    if authority.kind is AuthorityKind.VERWALTUNGSGEMEINSCHAFT:
        return addressee.ars.startswith(authority.ars)
    return addressee.ars == authority.ars
