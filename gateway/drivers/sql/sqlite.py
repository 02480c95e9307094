"""Operations on SQLite: one thread writes in groups, another reads; `sqlite3` from the standard library."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal

from sqlalchemy.dialects import sqlite as sqlite_dialect

from gateway.drivers.sql.batches import MOST_AT_ONCE, Waiting, grouped, halves
from gateway.drivers.sql.steps import Ask, Clock, Do, Item, Lock, Now, Operation, Rendered, Result, Steps
from gateway.errors import JournalUnavailable
from gateway.events import JournalFailed

DIALECT: Final = sqlite_dialect.dialect(paramstyle="qmark")

_Answers = list[tuple[Waiting, Any, BaseException | None]]

_ITS_OWN_FAULT: Final = {sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG}
"""Errors that an item brings with it; all others are the file's, and the next item would fare no better."""


class SqliteRunner:
    """
    Runs operations on one SQLite file.

    WAL with `synchronous=FULL`: what was committed is on disk. Every write transaction begins IMMEDIATE, because an
    upgrade from reading to writing fails at once where another process writes.
    """

    def __init__(self, file: Path, clock: Clock, patience: float = 10.0) -> None:
        """`patience` is how many seconds another process may write before this one gives up."""
        self._writer = _Line(file, clock, "IMMEDIATE", patience)
        self._reader = _Line(file, clock, "DEFERRED", patience)

    async def write(self, operation: Operation[Item, Result], item: Item) -> Result:
        """Run it in the next transaction; on return it is committed."""
        return await self._writer.ask(operation, item)

    async def read(self, operation: Operation[Item, Result], item: Item) -> Result:
        """Run it in a snapshot."""
        return await self._reader.ask(operation, item)

    async def close(self) -> None:
        """Finish what waits and close the file."""
        await self._writer.close()
        await self._reader.close()


class _Line:
    """
    A thread with a connection, and those who wait for it.

    The thread has one batch at a time; what is asked meanwhile is the next one.
    """

    def __init__(self, file: Path, clock: Clock, begin: Literal["IMMEDIATE", "DEFERRED"], patience: float) -> None:
        self._file = file
        self._clock = clock
        self._begin = begin
        self._patience = patience
        self._connection: sqlite3.Connection | None = None
        self._waiting: list[Waiting] = []
        self._closed = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._loop = asyncio.get_running_loop()
        self._batches: queue.SimpleQueue[list[Waiting] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name=f"journal-{begin.lower()}", daemon=True)
        self._thread.start()

    async def ask(self, operation: Operation[Item, Result], item: Item) -> Result:
        if self._closed:
            raise JournalUnavailable
        future: asyncio.Future[Result] = self._loop.create_future()
        self._waiting.append(Waiting(operation, item, future))
        if self._idle.is_set():
            # Not at once: whoever asks in the same turn of the event loop comes along.
            self._idle.clear()
            self._loop.call_soon(self._hand_on)
        return await future

    async def close(self) -> None:
        self._closed = True
        await self._idle.wait()
        self._batches.put(None)
        await asyncio.to_thread(self._thread.join)

    def _hand_on(self) -> None:
        batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
        self._batches.put(batch)

    def _answer(self, answers: _Answers) -> None:
        for waiting, result, error in answers:
            waiting.answer(result, error)
        if self._waiting:
            self._loop.call_soon(self._hand_on)
        else:
            self._idle.set()

    # ── in the thread ────────────────────────────────────────────────────────────────────────────────────────────────

    def _serve(self) -> None:
        while (batch := self._batches.get()) is not None:
            try:
                answers = self._carried_out(batch)
            except Exception as error:  # noqa: BLE001 - whatever it is, nobody is to wait for ever
                answers = [(one, None, error) for one in batch]
            self._loop.call_soon_threadsafe(self._answer, answers)
        self._disconnect()

    def _carried_out(self, batch: Sequence[Waiting]) -> _Answers:
        """One transaction for all; where one of them spoils it, smaller ones, until that one stands alone."""
        try:
            return self._together(batch)
        except Exception as error:  # noqa: BLE001 - whoever waits is told; the thread serves others
            if _is_the_files(error):
                self._disconnect()
                JournalFailed(operation=batch[0].operation.name, error=_name_of(error)).tell()
                return [(one, None, JournalUnavailable()) for one in batch]
            if len(batch) == 1:
                return [(batch[0], None, error)]
        first, second = halves(batch)
        return [*self._carried_out(first), *self._carried_out(second)]

    def _together(self, batch: Sequence[Waiting]) -> _Answers:
        connection = self._connected()
        answers: _Answers = []
        try:
            connection.execute(f"BEGIN {self._begin}")
            for operation, waiting in grouped(batch):
                results = self._run(connection, operation.run([one.item for one in waiting]))
                answers += [(one, result, None) for one, result in zip(waiting, results, strict=True)]
            connection.execute("COMMIT")
        except Exception:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return answers

    def _run(self, connection: sqlite3.Connection, steps: Steps[Sequence[Any]]) -> Sequence[Any]:
        answer: Any = None
        try:
            while True:
                match steps.send(answer):
                    case Ask(statement, values):
                        rendered = statement.on(DIALECT)
                        answer = connection.execute(rendered.sql, rendered.row(values)).fetchall()
                    case Do(statement, many):
                        rendered = statement.on(DIALECT)
                        _do(connection, rendered, [rendered.row(values) for values in many])
                        answer = None
                    case Now():
                        answer = self._clock()
                    case Lock():
                        answer = None
        except StopIteration as done:
            result: Sequence[Any] = done.value
            return result

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(self._file, timeout=self._patience, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            # An insert of many rows keeps what it may have to undo in a temporary file otherwise, one for each.
            self._connection.execute("PRAGMA temp_store=MEMORY")
            self._connection.execute("PRAGMA cache_size=-32768")
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _do(connection: sqlite3.Connection, rendered: Rendered, rows: Sequence[list[Any]]) -> None:
    """
    Once for each row; inserts of many rows in a few statements.

    `sqlite3` lets go of the interpreter at each row of `executemany`, and gets it back only when the event loop pauses.
    """
    begin = 0
    while (left := len(rows) - begin) > 1 and rendered.adds_rows:
        size = min(1 << (left.bit_length() - 1), _ROWS_TOGETHER)
        chunk = rows[begin : begin + size]
        connection.execute(rendered.for_rows(size), [value for row in chunk for value in row])
        begin += size
    if begin < len(rows):
        connection.executemany(rendered.sql, rows[begin:])


_ROWS_TOGETHER: Final = 64
"""rows of one statement at most: far below SQLite's 32,766 marks"""


def _is_the_files(error: Exception) -> bool:
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)  # not there where Python itself refused a value
        return code is not None and code & 0xFF not in _ITS_OWN_FAULT
    return isinstance(error, OSError)


def _name_of(error: Exception) -> str:
    return getattr(error, "sqlite_errorname", type(error).__name__)
