"""
Order lists: what municipalities ordered, read from a table of somebody else's making.

A list comes from a shop whose columns have names of their own, so a small file says which column is what. Each row is
judged by itself: a faulty one is reported with its line and stops no other, and reading the same list twice plans
nothing the second time.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Final, Literal

from gateway.connection import Connection, ConnectionState, first_state
from gateway.errors import BadTables, Sentence
from gateway.routing.strict import Section, Where, decoded, read_bytes, read_toml
from gateway.routing.tables import Tables

NEEDED: Final = ("service", "authority", "order_number", "order_date")
"""what every order says"""

KNOWN: Final = (*NEEDED, "contact", "destination", "state", "live_since")
"""what an order may say"""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a list is what, and how it writes services and days."""

    names: Mapping[str, str] = field(default_factory=lambda: {name: name for name in KNOWN})
    """by our name, theirs"""
    services: Mapping[str, str] = field(default_factory=dict)
    """by their name of an article, our short name of the service"""
    ignored: frozenset[str] = frozenset()
    """columns that are known and of no interest"""
    days: str = "%Y-%m-%d"
    """how days are written, as `strptime` has it"""
    delimiter: str = ","
    complete: bool = True
    """whether an order has to have a number and a day; our own list may leave them open"""


OWN: Final = Columns(complete=False)
"""the form of `connections.csv`, which `connections export` writes"""


def read_columns(path: Path) -> Columns:
    """
    The columns of a list, from a TOML file (its form: `schemas/orders.schema.json`).

    Raises:
        BadTables: unknown keys, or a needed column is not named.
    """
    document = read_toml(path.name, read_bytes(path))
    document.only("columns", "services", "ignored", "days", "delimiter")
    columns = document.section("columns")
    columns.only(*KNOWN)
    names = {name: columns.text(name) for name in columns.names()}
    if missing := [name for name in NEEDED if name not in names]:
        raise columns.where.fault(
            f"Es fehlt, wie diese Spalten heißen: {', '.join(missing)}.",
            f"It does not say what these columns are called: {', '.join(missing)}.",
        )
    return Columns(
        names=names,
        services=_texts(document, "services"),
        ignored=frozenset(document.texts("ignored") if "ignored" in document.names() else ()),
        days=document.text("days", "%Y-%m-%d"),
        delimiter=document.text("delimiter", ","),
    )


def _texts(document: Section, name: str) -> dict[str, str]:
    if name not in document.names():
        return {}
    section = document.section(name)
    return {key: section.text(key) for key in section.names()}


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
    reader = _Reader(name, content, columns)
    orders, faults = _orders(reader, _Judge(tables, columns, today))
    new: list[Connection] = []
    changed: list[Change] = []
    same = 0
    for order in orders:
        there = known.get(order.id)
        if there is None:
            new.append(replace(order, state=first_state(order.state, kind)))
        elif (after := _amended(there, order)) != there:
            changed.append(Change(there, after))
        else:
            same += 1
    return Plan(
        new=tuple(new), changed=tuple(changed), same=same, faults=faults, unknown_columns=reader.unknown_columns
    )


def _amended(there: Connection, order: Connection) -> Connection:
    """What an order says of a connection that exists: its state is earned elsewhere, and nothing is unsaid."""
    return replace(
        there,
        order_number=order.order_number or there.order_number,
        order_date=order.order_date or there.order_date,
        contact=order.contact or there.contact,
        destination=there.destination or order.destination,
    )


def _orders(reader: _Reader, judge: _Judge) -> tuple[list[Connection], tuple[Fault, ...]]:
    orders: list[Connection] = []
    faults: list[Fault] = []
    first: dict[str, int] = {}
    for line, row in reader.rows():
        try:
            order = judge.order(Where(reader.name, line), row)
            if order.id in first:
                raise _twice(Where(reader.name, line), first[order.id])
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


class _Reader:
    """The rows of a list, by our names of its columns."""

    def __init__(self, name: str, content: bytes, columns: Columns) -> None:
        self.name = name
        lines = decoded(name, content).splitlines(keepends=True)
        self._reader = csv.reader(lines, delimiter=columns.delimiter, strict=True)
        self._head = [one.strip() for one in self._next() or ()]
        ours = {theirs: ours for ours, theirs in columns.names.items()}
        self._ours = [ours.get(one) for one in self._head]
        if missing := [columns.names[one] for one in NEEDED if one not in self._ours]:
            raise Where(name, 1).fault(
                f"Es fehlt die Spalte: {', '.join(missing)}. Da sind: {', '.join(self._head) or 'keine'}. "
                "Heißen sie anders, sagt es eine Datei mit --columns.",
                f"A column is missing: {', '.join(missing)}. There are: {', '.join(self._head) or 'none'}. "
                "If they have other names, a file with --columns says so.",
            )
        self.unknown_columns: Final = tuple(one for one in self._head if one not in ours and one not in columns.ignored)

    def rows(self) -> Iterator[tuple[int, Mapping[str, str] | None]]:
        """Line and fields; None for a row with too few or too many."""
        while (fields := self._next()) is not None:
            if not any(field.strip() for field in fields):
                continue
            whole = len(fields) == len(self._head)
            named = {ours: text.strip() for ours, text in zip(self._ours, fields, strict=False) if ours}
            yield self._reader.line_num, named if whole else None

    def _next(self) -> list[str] | None:
        try:
            return next(self._reader, None)
        except csv.Error as error:
            raise Where(self.name, self._reader.line_num).fault(
                "Die Anführungszeichen gehen nicht auf.", "The quotation marks do not match."
            ) from error


class _Judge:
    """Whether one row is an order that can be taken."""

    def __init__(self, tables: Tables, columns: Columns, today: date) -> None:
        self._tables = tables
        self._columns = columns
        self._today = today
        self._services = {service.name for service in tables.services}
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
        )

    def _service(self, where: Where, said: str) -> str:
        service = self._columns.services.get(said, said)
        if service not in self._services:
            raise where.fault(
                f"Die Leistung „{said}“ ist nicht bekannt. Bekannt sind: {', '.join(sorted(self._services))}.",
                f"Service “{said}” is not known. Known are: {', '.join(sorted(self._services))}.",
            )
        return service

    def _authority(self, where: Where, said: str, service: str) -> str:
        region = self._tables.regions.find(said) if said.isascii() and said.isdigit() else None
        if region is None:
            raise where.fault(
                f"„{said}“ ist kein Regionalschlüssel eines bekannten Gebiets. Fehlt vorne eine Null?",
                f"“{said}” is no regional key of a known place. Is a zero missing in front?",
            )
        if region.ars not in self._authorities:
            raise where.fault(f"In {region} gibt es keine solche Behörde.", f"There is no such authority in {region}.")
        if (service, region.ars) not in self._responsible:
            raise where.fault(
                f"{self._authorities[region.ars]} ist für „{service}“ nirgends zuständig.",
                f"{self._authorities[region.ars]} is responsible for “{service}” nowhere.",
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


def exported(connections: Iterable[Connection]) -> str:
    """Connections in the form of `connections.csv`, by id."""
    lines = ["service,authority,destination,state,order_number,order_date,live_since,contact"]
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
                one.live_since.isoformat() if one.live_since else "",
                one.contact,
            )
        )
        for one in sorted(connections, key=lambda one: one.id)
    ]
    return "".join(f"{line}\n" for line in lines)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\n\r') else text
