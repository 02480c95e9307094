"""
Operations without I/O: a generator yields what it wants from the database and is sent what came back.

One text of each operation serves both databases; a `Runner` answers the steps, in a thread on `sqlite3` or in the event
loop on `asyncpg`. All operations of one batch share one transaction.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Generic, Protocol, TypeVar

from sqlalchemy import Column, bindparam
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ClauseElement

from gateway.submission import Micros

Row = Sequence[Any]
Values = Mapping[str, Any]
Item = TypeVar("Item")
Result = TypeVar("Result")
T_co = TypeVar("T_co", covariant=True)


_VALUES: Final = re.compile(r"(INSERT .*?VALUES )(\([^()]*\))(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A statement as one database takes it: its text, and which value stands at which mark."""

    sql: str
    names: tuple[str, ...]
    constants: Values
    texts: dict[int, str] = field(default_factory=dict)

    @property
    def adds_rows(self) -> bool:
        """Whether this inserts the row its marks stand for."""
        return self.sql.startswith("INSERT")

    def for_rows(self, size: int) -> str:
        """The text that inserts so many rows at once, their values one after the other."""
        known = self.texts.get(size)
        if known is None:
            head, marks, tail = _VALUES.fullmatch(self.sql).groups()  # type: ignore[union-attr]  # see adds_rows
            known = self.texts[size] = f"{head}{', '.join([marks] * size)}{tail}"
        return known

    def row(self, values: Values) -> list[Any]:
        """The values in the order of their marks."""
        if self.constants:
            values = {**self.constants, **values}
        return [values[name] for name in self.names]


class Statement:
    """A Core statement, rendered once per dialect."""

    __slots__ = ("_core", "_rendered")

    def __init__(self, core: Executable) -> None:
        assert isinstance(core, ClauseElement)
        self._core: ClauseElement = core
        self._rendered: dict[str, Rendered] = {}

    def on(self, dialect: Dialect) -> Rendered:
        """What this database takes."""
        known = self._rendered.get(dialect.name)
        if known is None:
            compiled: Any = self._core.compile(dialect=dialect)
            names = tuple(compiled.positiontup or ())
            constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
            known = self._rendered[dialect.name] = Rendered(str(compiled), names, constants)
        return known


@dataclass(frozen=True, slots=True)
class Ask:
    """Rows, please; sent back as a list."""

    statement: Statement
    values: Values


@dataclass(frozen=True, slots=True)
class Do:
    """Do this once for each set of values; sent back nothing."""

    statement: Statement
    values: Sequence[Values]


@dataclass(frozen=True, slots=True)
class Now:
    """The time that counts for leases: the database's own on PostgreSQL; sent back as `Micros`."""


@dataclass(frozen=True, slots=True)
class Lock:
    """
    Wait until nobody else has one of these names (SHA-256 in hex), and have them to the end of the transaction.

    For what no row stands for yet. On SQLite one writes at a time anyway.
    """

    names: Sequence[str]


Step = Ask | Do | Now | Lock
Steps = Generator[Step, Any, Result]


@dataclass(frozen=True, slots=True)
class Operation(Generic[Item, Result]):
    """
    What to do with many items at once: `run` gets the items that wait and returns one result each, in order.

    `durable` is False where losing the commit in a crash of PostgreSQL costs nothing, because a later commit that
    depends on it takes it along (its log is written in order).

    On PostgreSQL every operation locks rows in the same order: submissions by id, destinations by name, claims by
    submission. Two in one transaction would begin again at the top, so each has a transaction of its own, and one for
    each item if `alone`. What only `adds` rows comes after all locks, and shares the transaction of another.
    """

    name: str
    run: Callable[[Sequence[Item]], Steps[Sequence[Result]]]
    durable: bool = True
    alone: bool = False
    adds: bool = False


def each(name: str, run: Callable[[Item], Steps[Result]], *, durable: bool = True) -> Operation[Item, Result]:
    """An operation that treats its items one after the other."""

    def one_by_one(items: Sequence[Item]) -> Steps[Sequence[Result]]:
        results: list[Result] = []
        for item in items:
            results.append((yield from run(item)))  # noqa: PERF401 - a comprehension cannot yield
        return results

    return Operation(name, one_by_one, durable, alone=True)


class Runner(Protocol):
    """Runs operations: those that wait together share a transaction."""

    async def write(self, operation: Operation[Item, Result], item: Item) -> Result:
        """Run it for this item; on return it is committed. Raises `JournalUnavailable`."""
        ...

    async def read(self, operation: Operation[Item, Result], item: Item) -> Result:
        """Run it for this item in a snapshot of its own. Raises `JournalUnavailable`."""
        ...

    async def close(self) -> None:
        """Finish what waits and let go of the database."""
        ...


Clock = Callable[[], Micros]


def among(column: Column[Any] | ColumnElement[Any], size: int) -> ColumnElement[bool]:
    """`column IN (…)` with `size` marks, filled by `marks`."""
    return column.in_([bindparam(f"among_{n}") for n in range(size)])


def marks(values: Sequence[Any], size: int) -> dict[str, Any]:
    """Values for `among`, the last one repeated to fill all marks."""
    return {f"among_{n}": values[min(n, len(values) - 1)] for n in range(size)}


def sized(make: Callable[[int], Executable]) -> Callable[[Sequence[Any]], tuple[Statement, dict[str, Any]]]:
    """
    A statement with an `among` of varying length, in a few sizes, so that databases meet few different texts.

    The result takes the list (not empty) and gives the statement and its values.
    """

    @lru_cache(maxsize=32)
    def of(size: int) -> Statement:
        return Statement(make(size))

    def fitted(values: Sequence[Any]) -> tuple[Statement, dict[str, Any]]:
        size = 1 << (len(values) - 1).bit_length()
        return of(size), marks(values, size)

    return fitted
