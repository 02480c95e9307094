"""What can be sent where: the connections that a portal may use, asked for by service, place and state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from gateway.connection import Connection, ConnectionState
from gateway.journal import Client
from gateway.routing.facts import Service
from gateway.routing.maintenance import BERLIN
from gateway.routing.regions import Region
from gateway.routing.scope import in_scope
from gateway.routing.tables import Tables
from gateway.submission import SECOND, Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which connections somebody asks for; None asks for any."""

    leistung: str | None = None
    """a key of the service"""
    ars: str | None = None
    """a place, as ARS of any level or as AGS: those who answer for it, or for a part of it"""
    state: ConnectionState | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """A connection, with the service it is for."""

    connection: Connection
    service: Service
    rests_until: Micros | None = None
    """when its destination takes deliveries again, if it is in maintenance; what is taken waits until then"""


def offered(tables: Tables, client: Client, wanted: Wanted, now: Micros) -> tuple[Offered, ...]:
    """
    The connections within the client's scope that are wanted, by id; none where nobody knows the key or the place.

    Who answers for a place is decided as for a submission: never the next level up.
    """
    services = {one.name: one for one in tables.services if wanted.leistung in (None, *one.leistungen)}
    today = datetime.fromtimestamp(now / SECOND, BERLIN).date()
    answering = _answering(tables, wanted.ars, today) if wanted.ars else None
    found = [
        Offered(one, services[one.service], tables.rests_until(one.destination, now))
        for one in tables.connections
        if one.service in services
        and (answering is None or (one.service, one.authority) in answering)
        and wanted.state in (None, one.state)
        and in_scope(client, one.service, one.authority)
        and tables.connection(one.service, one.authority)
    ]
    return tuple(sorted(found, key=lambda one: one.connection.id))


def asked_for(tables: Tables, client: Client, wanted: Wanted, service: str) -> bool:
    """Whether a service is among those that are wanted, and that the client may send for."""
    keys = next((one.leistungen for one in tables.services if one.name == service), ())
    return wanted.leistung in (None, *keys) and ("*" in client.services or service in client.services)


def _answering(tables: Tables, ars: str, day: date) -> frozenset[tuple[str, str]]:
    """Service and authority, for all who answer for the place as a whole, or for a part of it."""
    place = tables.regions.find(ars)
    return frozenset(_pairs(tables, place, day)) if place else frozenset()


def _pairs(tables: Tables, place: Region, day: date) -> Iterator[tuple[str, str]]:
    owners = {one.name: one.name for one in tables.services}
    owners |= {message.root: one.name for one in tables.services for message in one.messages if message.own_rows}
    for subject, service in owners.items():
        if row := tables.responsible(subject, place, day):
            yield service, row.authority.ars
    for row in tables.responsibilities:
        if row.ars.startswith(place.ars) and row.holds_on(day):
            yield owners[row.subject], row.authority.ars
