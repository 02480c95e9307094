"""
How an order list is written: which of its columns is what, and its rows by our names.

A list comes from a shop whose columns have names of their own, so a small file, `orders.toml`, says which is what.
"""

from __future__ import annotations

import csv
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from gateway.errors import BadTables
from gateway.routing.strict import Section, Where, decoded, read_bytes, read_toml

ORDERS: Final = "orders.toml"

NEEDED: Final = ("service", "authority", "order_number", "order_date")
"""what every order says"""

KNOWN: Final = (*NEEDED, "ordered_through", "contact", "destination", "state", "live_since")
"""what an order may say"""

KEYS: Final = ("delimiter", "encoding", "days", "ordered_through", "ignored", "columns", "services")


class Encoding(StrEnum):
    """How a list is stored; spreadsheet programs in Germany like to write the second."""

    UTF_8 = "utf-8"
    WINDOWS = "windows-1252"


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
    encoding: Encoding = Encoding.UTF_8
    ordered_through: str = ""
    """the shop whose list it is, where no column says so"""
    complete: bool = True
    """whether an order has to have a number and a day; our own list may leave them open"""


OWN: Final = Columns(complete=False)
"""the form of `connections.csv`, which `connections export` writes"""


def form_of(content: bytes, folder: Path, services: Container[str]) -> Columns:
    """
    In which form a list is that comes without a word: our own, or that of `orders.toml` in the folder of tables.

    Raises:
        BadTables: `orders.toml` breaks its form.
    """
    first, _, _ = content.removeprefix(b"\xef\xbb\xbf").partition(b"\n")
    is_own = set(NEEDED) <= {name.strip() for name in first.decode("ascii", "replace").split(OWN.delimiter)}
    return OWN if is_own or not (folder / ORDERS).exists() else read_columns(folder / ORDERS, services)


def read_columns(path: Path, services: Container[str]) -> Columns:
    """
    The columns of a list, from a TOML file (its form: `schemas/orders.schema.json`).

    Raises:
        BadTables: unknown keys, a needed column is not named, one column is two things, an article is none of these
            services, or nothing can be read by what it says; names the line.
    """
    document = read_toml(path.name, read_bytes(path))
    document.only(*KEYS)
    return Columns(
        names=_names(document.section("columns")),
        services=_services(document, services),
        ignored=frozenset(document.texts("ignored") if "ignored" in document.names() else ()),
        days=_days(document),
        delimiter=_delimiter(document),
        ordered_through=document.text("ordered_through", ""),
        encoding=document.one_of("encoding", Encoding) if "encoding" in document.names() else Encoding.UTF_8,
    )


def _names(columns: Section) -> dict[str, str]:
    columns.only(*KNOWN)
    names: dict[str, str] = {}
    for name in columns.names():
        theirs = columns.text(name)
        if theirs in names.values():
            raise columns.where_is(name).fault(
                f"Die Spalte „{theirs}“ ist schon etwas anderes.", f"Column “{theirs}” is something else already."
            )
        names[name] = theirs
    if missing := [name for name in NEEDED if name not in names]:
        raise columns.where.fault(
            f"Es fehlt, wie diese Spalten heißen: {', '.join(missing)}.",
            f"It does not say what these columns are called: {', '.join(missing)}.",
        )
    return names


def _services(document: Section, known: Container[str]) -> dict[str, str]:
    if "services" not in document.names():
        return {}
    section = document.section("services")
    articles = {article: section.text(article) for article in section.names()}
    for article, service in articles.items():
        if service not in known:
            raise section.where_is(article).fault(
                f"Die Leistung „{service}“ steht nicht in services.toml.",
                f"Service “{service}” is not in services.toml.",
            )
    return articles


def _days(document: Section) -> str:
    form, someday = document.text("days", "%Y-%m-%d"), date(2026, 12, 31)
    try:
        readable = datetime.strptime(someday.strftime(form), form).date() == someday  # noqa: DTZ007 - as below
    except ValueError:
        readable = False
    if not readable:
        raise document.where_is("days").fault(
            f"Mit „{form}“ lässt sich kein Tag lesen; üblich ist %d.%m.%Y.",
            f"No day can be read by “{form}”; usual is %d.%m.%Y.",
        )
    return form


def _delimiter(document: Section) -> str:
    delimiter = document.text("delimiter", ",")
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise document.where_is("delimiter").fault(
            "Das Trennzeichen ist ein einzelnes Zeichen, etwa ;.", "The delimiter is a single character, such as ;."
        )
    return delimiter


class OrderList:
    """The rows of a list, by our names of its columns."""

    def __init__(self, name: str, content: bytes, columns: Columns) -> None:
        """
        Read its first line.

        Raises:
            BadTables: another encoding, a needed column is missing, or one comes twice.
        """
        self.name = name
        self._reader = csv.reader(
            _text(name, content, columns.encoding).splitlines(keepends=True), delimiter=columns.delimiter, strict=True
        )
        self._head = [one.strip() for one in self._next() or ()]
        ours = {theirs: ours for ours, theirs in columns.names.items()}
        self._ours = [ours.get(one) for one in self._head]
        if missing := [columns.names[one] for one in NEEDED if one not in self._ours]:
            raise Where(name, 1).fault(
                f"Es fehlt die Spalte: {', '.join(missing)}. Da sind: {', '.join(self._head) or 'keine'}. "
                "Heißen sie anders, oder ist das Trennzeichen ein anderes, sagt es eine Datei wie orders.toml mit "
                "--columns.",
                f"A column is missing: {', '.join(missing)}. There are: {', '.join(self._head) or 'none'}. "
                "If they have other names, or another delimiter, a file like orders.toml says so with --columns.",
            )
        if twice := [one for one in self._head if one in ours and self._head.count(one) > 1]:
            raise Where(name, 1).fault(f"Zweimal da: {', '.join(twice[:1])}.", f"There twice: {', '.join(twice[:1])}.")
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


def _text(name: str, content: bytes, encoding: Encoding) -> str:
    if encoding is Encoding.WINDOWS:
        return content.decode(encoding, "replace")
    try:
        return decoded(name, content)
    except BadTables as fault:
        de, en = fault.detail.de, fault.detail.en
        raise BadTables(
            f'{de} Kommt sie aus einer Tabellenkalkulation, hilft encoding = "windows-1252" in {ORDERS}.',
            f'{en} If it comes from a spreadsheet program, encoding = "windows-1252" in {ORDERS} helps.',
        ) from None
