"""
Order lists: what municipalities ordered, read from a table of somebody else's making.

Each row is judged by itself: a faulty one is reported with its line and stops no other, and reading the same list twice
plans nothing the second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from gateway.connection import Connection, ConnectionState, first_state
from gateway.errors import BadTables, Sentence
from gateway.routing.facts import Authority, Service
from gateway.routing.order_form import Columns, OrderList
from gateway.routing.regions import Region
from gateway.routing.strict import Where
from gateway.routing.tables import Tables


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one row; `line` as in the file, from 1."""

    line: int
    said: Sentence


@dataclass(frozen=True, slots=True)
class Change:
    """A connection as it is, and as it shall be."""

    before: Connection
    after: Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an order list would do."""

    new: tuple[Connection, ...]
    changed: tuple[Change, ...]
    same: int
    faults: tuple[Fault, ...]
    unknown_columns: tuple[str, ...]
    """which nobody has told us what they mean; their contents are not read"""
    held_back: int = 0
    """new ones for which the list says a state that production does not take from a list"""

    @property
    def rows(self) -> int:
        """How many rows the list has."""
        return len(self.new) + len(self.changed) + self.same + len(self.faults)


def plan(
    content: bytes,
    name: str,
    columns: Columns,
    *,
    tables: Tables,
    known: Mapping[str, Connection],
    kind: Literal["sandbox", "production"],
    today: date,
) -> Plan:
    """
    What the list would do to the connections there are (`known`, by id).

    Raises:
        BadTables: it is no such table at all: not UTF-8, broken quoting, or a needed column is missing.
    """
    listed = OrderList(name, content, columns)
    orders, faults = _orders(listed, _Judge(tables, columns, today))
    new: list[Connection] = []
    changed: list[Change] = []
    same = 0
    for order in orders:
        there = known.get(order.id)
        if there is None:
            new.append(_first(order, kind))
        elif (after := _amended(there, order)) != there:
            changed.append(Change(there, after))
        else:
            same += 1
    said = {order.id: order.state for order in orders}
    return Plan(
        new=tuple(new),
        changed=tuple(changed),
        same=same,
        faults=faults,
        unknown_columns=listed.unknown_columns,
        held_back=sum(one.state is not said[one.id] for one in new),
    )


def _first(order: Connection, kind: Literal["sandbox", "production"]) -> Connection:
    """A record as it begins; a day in operation belongs to a state that has one."""
    state = first_state(order.state, kind)
    return order if state is order.state else replace(order, state=state, live_since=None)


def _amended(there: Connection, order: Connection) -> Connection:
    """
    What an order says of a connection that exists: its state is earned elsewhere, and nothing is unsaid.

    One that was retired begins anew with another order number, and with the same one stays as it is.
    """
    if there.state is ConnectionState.RETIRED and order.order_number not in {"", there.order_number}:
        there = replace(there, state=ConnectionState.ORDERED, order_date=None, live_since=None)
    return replace(
        there,
        order_number=order.order_number or there.order_number,
        order_date=order.order_date or there.order_date,
        contact=order.contact or there.contact,
        ordered_through=order.ordered_through or there.ordered_through,
        destination=there.destination or order.destination,
    )


def _orders(listed: OrderList, judge: _Judge) -> tuple[list[Connection], tuple[Fault, ...]]:
    orders: list[Connection] = []
    faults: list[Fault] = []
    first: dict[str, int] = {}
    for line, row in listed.rows():
        try:
            order = judge.order(Where(listed.name, line), row)
            if order.id in first:
                raise _twice(Where(listed.name, line), first[order.id])
        except BadTables as fault:
            faults.append(Fault(line, fault.detail))
        else:
            first[order.id] = line
            orders.append(order)
    return orders, tuple(faults)


def _twice(where: Where, line: int) -> BadTables:
    return where.fault(
        f"Diese Leistung dieser Behörde steht schon in Zeile {line}.",
        f"This service of this authority is in line {line} already.",
    )


class _Judge:
    """Whether one row is an order that can be taken."""

    def __init__(self, tables: Tables, columns: Columns, today: date) -> None:
        self._tables = tables
        self._columns = columns
        self._today = today
        self._services = _called(tables.services)
        self._authorities = {authority.ars: authority for authority in tables.authorities}
        self._destinations = {destination.name for destination in tables.destinations}
        self._responsible = set(_responsible(tables))

    def order(self, where: Where, row: Mapping[str, str] | None) -> Connection:
        """The connection that a row orders; raises BadTables with the first thing that is wrong."""
        if row is None:
            raise where.fault(
                "Die Zeile hat zu wenige oder zu viele Felder.", "The line has too few or too many fields."
            )
        service = self._service(where, row["service"])
        authority = self._authority(where, row["authority"], service)
        if self._columns.complete and not row["order_number"]:
            raise where.fault("Die Bestellnummer fehlt.", "The order number is missing.")
        return Connection(
            service=service,
            authority=authority,
            destination=self._destination(where, row.get("destination", ""), row.get("state", "")),
            state=self._state(where, row.get("state", "")),
            order_number=row["order_number"],
            order_date=self._day(where, row["order_date"], needed=self._columns.complete),
            live_since=self._day(where, row.get("live_since", ""), needed=False),
            contact=row.get("contact", ""),
            ordered_through=row.get("ordered_through") or self._columns.ordered_through,
        )

    def _service(self, where: Where, said: str) -> str:
        service = self._columns.services.get(said) or self._services.get(said)
        if service is None:
            names = ", ".join(sorted({*self._services.values()}))
            raise where.fault(
                f"Die Leistung „{said}“ ist nicht bekannt. Bekannt sind: {names}.",
                f"Service “{said}” is not known. Known are: {names}.",
            )
        return service

    def _authority(self, where: Where, said: str, service: str) -> str:
        region = self._tables.regions.find(said) if said.isascii() and said.isdigit() else None
        if region is None:
            raise where.fault(
                f"„{said}“ ist kein Regionalschlüssel eines bekannten Gebiets. Fehlt vorne eine Null?",
                f"“{said}” is no regional key of a known place. Is a zero missing in front?",
            )
        if (service, region.ars) not in self._responsible:
            called: Authority | Region = self._authorities.get(region.ars, region)
            instead = self._tables.responsible(service, region, self._today)
            de = f" Zuständig ist dort: {instead.authority}." if instead else ""
            en = f" Responsible there is: {instead.authority}." if instead else ""
            raise where.fault(
                f"{called} ist für „{service}“ nirgends zuständig.{de}",
                f"{called} is responsible for “{service}” nowhere.{en}",
            )
        return region.ars

    def _destination(self, where: Where, said: str, state: str) -> str:
        if said and said not in self._destinations:
            raise where.fault(f"Den Zustellpunkt „{said}“ gibt es nicht.", f"There is no destination “{said}”.")
        if not said and state not in {"", ConnectionState.ORDERED, ConnectionState.RETIRED}:
            raise where.fault(
                "In diesem Zustand gehört ein Zustellpunkt dazu.", "In this state there has to be a destination."
            )
        return said

    def _state(self, where: Where, said: str) -> ConnectionState:
        try:
            return ConnectionState(said or ConnectionState.ORDERED)
        except ValueError as error:
            raise where.fault(
                f"Einen Zustand „{said}“ gibt es nicht. Möglich sind: {', '.join(ConnectionState)}.",
                f"There is no state “{said}”. Possible are: {', '.join(ConnectionState)}.",
            ) from error

    def _day(self, where: Where, said: str, *, needed: bool) -> date | None:
        if not said and not needed:
            return None
        try:
            day = datetime.strptime(said, self._columns.days).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError as error:
            form = self._columns.days
            raise where.fault(
                f"Der Tag hat nicht die Form {form}, oder es gibt ihn nicht.",
                f"The day is not of the form {form}, or does not exist.",
            ) from error
        if day > self._today:
            raise where.fault("Der Tag liegt in der Zukunft.", "The day is in the future.")
        return day


def _responsible(tables: Tables) -> Iterable[tuple[str, str]]:
    owner = {message.root: service.name for service in tables.services for message in service.messages}
    for row in tables.responsibilities:
        yield owner.get(row.subject, row.subject), row.authority.ars


def _called(services: Iterable[Service]) -> dict[str, str]:
    """Short names by everything that a list may call a service: short name, title, or one of its keys."""
    return {said: one.name for one in services for said in (one.name, one.title, *one.leistungen)}


def exported(connections: Iterable[Connection]) -> str:
    """Connections in the form of `connections.csv`, by id."""
    lines = ["service,authority,destination,state,order_number,order_date,ordered_through,live_since,contact"]
    lines += [
        ",".join(
            _quoted(text)
            for text in (
                one.service,
                one.authority,
                one.destination,
                one.state,
                one.order_number,
                one.order_date.isoformat() if one.order_date else "",
                one.ordered_through,
                one.live_since.isoformat() if one.live_since else "",
                one.contact,
            )
        )
        for one in sorted(connections, key=lambda one: one.id)
    ]
    return "".join(f"{line}\n" for line in lines)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\n\r') else text
