"""Operations on PostgreSQL: one connection writes in groups, a few read; `asyncpg`."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped]  # it has no types
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.engine import Dialect

from gateway.drivers.sql.batches import MOST_AT_ONCE, Waiting, durable, grouped, halves, transactions
from gateway.drivers.sql.steps import Ask, Clock, Do, Item, Lock, Now, Operation, Result, Steps
from gateway.errors import GatewayError, JournalUnavailable
from gateway.events import JournalFailed

DIALECT: Final[Dialect] = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]  # its constructor has no types

_Answers = list[tuple[Waiting, Any, BaseException | None]]
_NOW: Final = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_LOCK: Final = "SELECT pg_advisory_xact_lock(name) FROM unnest($1::bigint[]) AS name"
"""Called for each name in their order, which is the same for everybody."""

_TIME_LIMIT: Final = 30.0
"""Seconds a statement may take: a server that has vanished says nothing."""

_ItsOwnFault = (ValueError, asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
"""Errors that an item brings with it (asyncpg refuses values with a `ValueError` of its own)."""

SETTINGS: Final = {"enable_seqscan": "off"}
"""
Of the connection that writes. A journal fills and empties faster than its statistics follow, and after a restore there
are none at all; each statement has its index, and the planner is not to find it cheaper to read a table.
"""

_Collision = (
    asyncpg.UniqueViolationError,
    asyncpg.exceptions.TransactionRollbackError,
    asyncpg.exceptions.LockNotAvailableError,
)
"""Somebody else did the same at the same moment. Nothing was written; seen again, it looks different."""

_COLLISIONS: Final = 5
"""How often in a row that can be bad luck."""


class PostgresRunner:
    """
    Runs operations on a PostgreSQL database.

    `clock` replaces the database's own time; tests pass it. A commit that costs nothing to lose (`Operation.durable`)
    does not wait for the disk.
    """

    def __init__(self, dsn: str, clock: Clock | None = None, readers: int = 4) -> None:
        self._dsn = dsn
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Waiting] = deque()
        self._bell = asyncio.Event()
        self._closing = False
        self._writer: asyncpg.Connection[Any] | None = None
        self._readers: asyncpg.Pool[Any] | None = None
        self._most_readers = readers
        self._opening = asyncio.Lock()
        self._task = asyncio.create_task(self._serve(), name="journal-writer")

    async def write(self, operation: Operation[Item, Result], item: Item) -> Result:
        """Run it in the next transaction; on return it is committed."""
        if self._closing:
            raise JournalUnavailable
        future: asyncio.Future[Result] = self._loop.create_future()
        self._waiting.append(Waiting(operation, item, future))
        self._bell.set()
        return await future

    async def read(self, operation: Operation[Item, Result], item: Item) -> Result:
        """Run it in a snapshot."""
        if self._closing:
            raise JournalUnavailable
        try:
            pool = await self._pool()
            async with (
                pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                results = await self._run(connection, operation.run([item]))
        except Exception as error:
            if _is_the_databases(error):
                raise _unavailable(operation.name, error) from error
            raise
        result: Result = results[0]
        return result

    async def close(self) -> None:
        """Finish what waits and close the connections."""
        self._closing = True
        self._bell.set()
        await self._task
        if self._readers is not None:
            await self._readers.close()

    async def _pool(self) -> asyncpg.Pool[Any]:
        async with self._opening:
            if self._readers is None:
                self._readers = await asyncpg.create_pool(
                    self._dsn, min_size=0, max_size=self._most_readers, timeout=5, command_timeout=_TIME_LIMIT
                )
            return self._readers

    async def _serve(self) -> None:
        while self._waiting or not self._closing:
            if not self._waiting:
                self._bell.clear()
                await self._bell.wait()
                continue
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_AT_ONCE))]
            for together in transactions(batch):
                try:
                    answers = await self._carried_out(together)
                except Exception as error:  # noqa: BLE001 - whatever it is, nobody is to wait for ever
                    answers = [(one, None, error) for one in together]
                for waiting, result, failure in answers:
                    waiting.answer(result, failure)
        await self._disconnect()

    async def _carried_out(self, batch: Sequence[Waiting], collisions: int = 0) -> _Answers:
        """One transaction for all; where one of them spoils it, smaller ones, until that one stands alone."""
        try:
            return await self._together(await self._connected(), batch)
        except Exception as error:  # noqa: BLE001 - whoever waits is told; the task serves others
            if _is_the_databases(error) or self._writer is None or self._writer.is_closed():
                await self._disconnect()
                failure = _unavailable(batch[0].operation.name, error)
                return [(one, None, failure) for one in batch]
            if isinstance(error, _Collision) and collisions < _COLLISIONS:
                return await self._carried_out(batch, collisions + 1)
            if len(batch) == 1:
                return [(batch[0], None, error)]
        first, second = halves(batch)
        return [*await self._carried_out(first), *await self._carried_out(second)]

    async def _together(self, connection: asyncpg.Connection[Any], batch: Sequence[Waiting]) -> _Answers:
        answers: _Answers = []
        async with connection.transaction(isolation="read_committed"):
            if not durable(batch):
                await connection.execute("SET LOCAL synchronous_commit = off")
            for operation, waiting in grouped(batch):
                results = await self._run(connection, operation.run([one.item for one in waiting]))
                answers += [(one, result, None) for one, result in zip(waiting, results, strict=True)]
        return answers

    async def _run(self, connection: asyncpg.Connection[Any], steps: Steps[Sequence[Any]]) -> Sequence[Any]:
        answer: Any = None
        try:
            while True:
                match steps.send(answer):
                    case Ask(statement, values):
                        rendered = statement.on(DIALECT)
                        answer = await connection.fetch(rendered.sql, *rendered.row(values))
                    case Do(statement, many):
                        rendered = statement.on(DIALECT)
                        await connection.executemany(rendered.sql, [rendered.row(values) for values in many])
                        answer = None
                    case Now():
                        answer = self._clock() if self._clock else await connection.fetchval(_NOW)
                    case Lock(names):
                        await connection.execute(_LOCK, sorted({int(name[:16], 16) - 2**63 for name in names}))
                        answer = None
        except StopIteration as done:
            result: Sequence[Any] = done.value
            return result

    async def _connected(self) -> asyncpg.Connection[Any]:
        if self._writer is None or self._writer.is_closed():
            self._writer = await asyncpg.connect(
                self._dsn, timeout=5, command_timeout=_TIME_LIMIT, server_settings=SETTINGS
            )
        return self._writer

    async def _disconnect(self) -> None:
        if self._writer is not None:
            self._writer.terminate()
            self._writer = None


def _is_the_databases(error: Exception) -> bool:
    """Whether the next item would fare no better."""
    if isinstance(error, (*_ItsOwnFault, *_Collision)):
        return False
    return isinstance(error, (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError))


def _unavailable(operation: str, error: Exception) -> GatewayError:
    JournalFailed(operation=operation, error=type(error).__name__).tell()
    return JournalUnavailable()
