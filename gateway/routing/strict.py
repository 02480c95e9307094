"""Reads TOML and CSV so strictly that every fault has a file and a line."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar

from gateway.errors import BadTables

Choice = TypeVar("Choice", bound=StrEnum)
Step = str | int


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a file, for whoever has to mend it."""

    file: str
    line: int = 0
    """counted from 1; 0 means the whole file"""

    def fault(self, de: str, en: str) -> BadTables:
        """The error to raise: this place, and what is wrong there."""
        if self.line:
            fault = BadTables(f"{self.file}, Zeile {self.line}: {de}", f"{self.file}, line {self.line}: {en}")
        else:
            fault = BadTables(f"{self.file}: {de}", f"{self.file}: {en}")
        fault.place = f"{self.file}:{self.line}" if self.line else self.file
        return fault


class FirstSeen:
    """Remembers where a key came first, and refuses it a second time."""

    def __init__(self) -> None:
        self._lines: dict[str, int] = {}

    def note(self, where: Where, key: str, de: str, en: str) -> None:
        """
        It comes here.

        Raises:
            BadTables: and it came before; the sentence calls it as `de` and `en` do.
        """
        if key in self._lines:
            line = self._lines[key]
            raise where.fault(f"{de} {key} steht schon in Zeile {line}.", f"{en} {key} is in line {line} already.")
        self._lines[key] = where.line


def read_bytes(path: Path) -> bytes:
    """
    The bytes of a table.

    Raises:
        BadTables: there is no such file, or it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        de, en = "Die Datei fehlt oder ist nicht lesbar.", "The file is missing or cannot be read."
        raise Where(path.name).fault(de, en) from error


def decoded(name: str, content: bytes) -> str:
    """
    The text of a file in UTF-8, with or without its mark.

    Raises:
        BadTables: it is in another encoding.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Where(name, line).fault("Die Datei ist nicht in UTF-8 gespeichert.", "The file is not UTF-8.") from error


# ── CSV ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a CSV file, with its column names."""

    where: Where
    values: Mapping[str, str]

    def optional(self, column: str) -> str:
        """The field, which may be empty."""
        return self.values[column]

    def text(self, column: str) -> str:
        """The field, which must not be empty."""
        if value := self.values[column]:
            return value
        raise self.where.fault(f"Die Spalte „{column}“ ist leer.", f"Column “{column}” is empty.")

    def date(self, column: str) -> date | None:
        """The day in the field, or None where it is empty."""
        value = self.values[column]
        try:
            return date.fromisoformat(value) if value else None
        except ValueError as error:
            raise self.where.fault(
                f"In der Spalte „{column}“ steht kein Datum der Form JJJJ-MM-TT.",
                f"Column “{column}” holds no date of the form YYYY-MM-DD.",
            ) from error

    def number(self, column: str) -> int | None:
        """The whole number in the field, or None where it is empty."""
        value = self.values[column]
        if value and not (value.isascii() and value.isdigit()):
            raise self.where.fault(f"In der Spalte „{column}“ steht keine Zahl.", f"Column “{column}” holds no number.")
        return int(value) if value else None

    def one_of(self, column: str, choices: type[Choice]) -> Choice:
        """The field as one of the choices."""
        try:
            return choices(self.values[column])
        except ValueError as error:
            allowed = ", ".join(choices)
            raise self.where.fault(
                f"In der Spalte „{column}“ darf nur eines hiervon stehen: {allowed}.",
                f"Column “{column}” must be one of: {allowed}.",
            ) from error


def read_csv(name: str, content: bytes, columns: Sequence[str]) -> list[Row]:
    """
    The rows of a comma-separated table with exactly these columns, in this order; empty lines are passed over.

    Raises:
        BadTables: other columns, a line with too few or too many fields, or broken quoting.
    """
    reader = csv.reader(decoded(name, content).splitlines(keepends=True), strict=True)
    rows: list[Row] = []
    try:
        head = next(reader, [])
        if head != list(columns):
            raise _wrong_head(Where(name, 1), head, columns)
        for fields in reader:
            if not any(fields):
                continue
            where = Where(name, reader.line_num)
            if len(fields) != len(columns):
                raise where.fault(
                    f"Die Zeile hat {len(fields)} Felder statt {len(columns)}.",
                    f"The line has {len(fields)} fields instead of {len(columns)}.",
                )
            rows.append(Row(where, dict(zip(columns, map(str.strip, fields), strict=True))))
    except csv.Error as error:
        raise Where(name, reader.line_num).fault(
            "Die Anführungszeichen gehen nicht auf.", "The quotation marks do not match."
        ) from error
    return rows


def _wrong_head(where: Where, head: Sequence[str], columns: Sequence[str]) -> BadTables:
    expected = ",".join(columns)
    if unknown := [column for column in head if column not in columns]:
        names = ", ".join(unknown)
        return where.fault(
            f"Unbekannte Spalte: {names}. Erwartet wird {expected}.",
            f"Unknown column: {names}. Expected: {expected}.",
        )
    return where.fault(
        f"Die Spalten stimmen nicht. Erwartet wird {expected}.", f"The columns are wrong. Expected: {expected}."
    )


# ── TOML ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([\w.-]+)\s*\]")
_KEY: Final = re.compile(r"\s*([\w.-]+)\s*=")
_QUOTED_KEY: Final = re.compile(r'\s*"([^"\\]+)"\s*=')
_POSITION: Final = re.compile(r"\(at line (\d+)")


class Section:
    """One table of a TOML file. What a reader did not name in `only` is a fault."""

    def __init__(self, values: Mapping[str, object], lines: _Lines, path: tuple[Step, ...] = ()) -> None:
        self._values = values
        self._lines = lines
        self._path = path

    @property
    def where(self) -> Where:
        """Where the table begins."""
        return self._lines.where(self._path)

    def where_is(self, key: str) -> Where:
        """Where a key of it stands."""
        return self._lines.where((*self._path, key))

    def only(self, *known: str) -> None:
        """
        Refuse any other key.

        Raises:
            BadTables: there is one.
        """
        for key in self._values:
            if key not in known:
                names = ", ".join(known)
                raise self.where_is(key).fault(
                    f"Unbekannter Schlüssel „{key}“. Erlaubt sind: {names}.",
                    f"Unknown key “{key}”. Allowed are: {names}.",
                )

    def names(self) -> Iterable[str]:
        """The keys, in their order."""
        return self._values

    def text(self, key: str, default: str | None = None) -> str:
        value = self._values.get(key, default)
        if not isinstance(value, str) or (not value and default is None):
            raise self._wrong(key, "ein Text", "text")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._values.get(key)
        if not isinstance(value, list) or not value or not all(isinstance(item, str) and item for item in value):
            raise self._wrong(key, "eine Liste von Texten", "a list of texts")
        return tuple(value)

    def yes(self, key: str) -> bool:
        """A truth value, false where the key is absent."""
        value = self._values.get(key, False)
        if not isinstance(value, bool):
            raise self._wrong(key, "true oder false", "true or false")
        return value

    def whole(self, key: str, default: int) -> int:
        """A whole number, 1 at least."""
        value = self._values.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self._wrong(key, "eine ganze Zahl ab 1", "a whole number, 1 at least")
        return value

    def seconds(self, key: str, default: float) -> float:
        """A number above zero."""
        value = self._values.get(key, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < float("inf"):
            raise self._wrong(key, "eine Zahl größer als 0", "a number above 0")
        return float(value)

    def day(self, key: str, default: date | None = None) -> date:
        value = self._values.get(key, default)
        if type(value) is not date:
            raise self._wrong(key, "ein Datum (JJJJ-MM-TT)", "a date (YYYY-MM-DD)")
        return value

    def one_of(self, key: str, choices: type[Choice]) -> Choice:
        """The text as one of the choices."""
        try:
            return choices(self.text(key))
        except ValueError as error:
            allowed = ", ".join(choices)
            raise self.where_is(key).fault(f"Erlaubt sind: {allowed}.", f"Allowed are: {allowed}.") from error

    def value(self, key: str) -> object:
        """Whatever stands there."""
        return self._values[key]

    def mapping(self, key: str) -> Mapping[str, Any]:
        """A table whose keys somebody else understands; not empty."""
        value = self._values.get(key)
        if not isinstance(value, dict) or not value:
            raise self._wrong(key, "eine Tabelle", "a table")
        return value

    def section(self, key: str) -> Section:
        return Section(self.mapping(key), self._lines, (*self._path, key))

    def sections(self, key: str) -> tuple[Section, ...]:
        """A list of tables, `[[…]]`; empty where there is none."""
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self._wrong(key, f"eine Liste von Tabellen ([[…{key}]])", f"a list of tables ([[…{key}]])")
        return tuple(Section(item, self._lines, (*self._path, key, number)) for number, item in enumerate(value))

    def _wrong(self, key: str, de: str, en: str) -> BadTables:
        if key not in self._values:
            return self.where.fault(f"Es fehlt „{key}“: {de}.", f"“{key}” is missing: {en}.")
        return self.where_is(key).fault(f"„{key}“ muss {de} sein.", f"“{key}” must be {en}.")


def read_toml(name: str, content: bytes) -> Section:
    """
    The whole document.

    Raises:
        BadTables: it is not TOML, or a key comes twice.
    """
    text = decoded(name, content)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        position = _POSITION.search(str(error))
        line = int(position[1]) if position else text.count("\n") + 1
        raise Where(name, line).fault(f"Das ist kein gültiges TOML ({error}).", f"Not valid TOML ({error}).") from error
    return Section(values, _Lines(name, text))


class _Lines:
    """Where the keys of a TOML document stand, which tomllib does not tell."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._lines: dict[tuple[Step, ...], int] = {}
        counts: dict[tuple[Step, ...], int] = {}
        table: tuple[Step, ...] = ()
        for number, line in enumerate(text.splitlines(), 1):
            if header := _HEADER.match(line):
                table = tuple(header[2].split("."))
                if header[1] == "[[":
                    counts[table] = counts.get(table, -1) + 1
                    table = (*table, counts[table])
                self._note(table, number)
            elif key := _KEY.match(line):
                self._note((*table, *key[1].split(".")), number)
            elif quoted := _QUOTED_KEY.match(line):
                self._note((*table, quoted[1]), number)

    def _note(self, path: tuple[Step, ...], line: int) -> None:
        for length in range(1, len(path) + 1):
            self._lines.setdefault(path[:length], line)

    def where(self, path: tuple[Step, ...]) -> Where:
        """The line of the key, or of the nearest table around it."""
        while path and path not in self._lines:
            path = path[:-1]
        return Where(self._name, self._lines.get(path, 1))
