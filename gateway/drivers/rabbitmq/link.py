"""
Connections to the broker that come back after every loss, with everything that was set up on them.

aio-pika can reconnect by itself; this does it over its plain connections instead, because order matters here: the
journal's marker is looked for before anything is published, a link counts as up when its consumers are there, and every
change is told once.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, Final, TypeVar

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.connection import make_url
from aio_pika.exceptions import CONNECTION_EXCEPTIONS

from gateway.errors import NobodysFault
from gateway.events import BrokerConnected, BrokerLost, TaskFailed, frames_of

TROUBLE: Final = CONNECTION_EXCEPTIONS
"""What is raised when the broker, or the way to it, is in trouble; running out of time is an OSError, too."""

_HEARTBEAT: Final = 10
"""Seconds. RabbitMQ gives up a silent client after two of them, aiormq a silent broker after three."""

_CONNECTING: Final = 10.0
_OPENING: Final = 10.0
_CLOSING: Final = 3.0
_LOOKING: Final = 0.25
_SHORTEST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 5.0

T = TypeVar("T")

Endings = Sequence["asyncio.Future[str]"]
"""Whatever ends a session, each with the name of the reason."""

Session = Callable[[AbstractConnection], AbstractAsyncContextManager[Endings]]
"""Sets up what a connection is for; left when the connection is lost or not wanted any more."""


class Links:
    """
    All connections of one side, the gateway's or a worker's, and what is told of them.

    `found` is asked when they are all up: what the broker knew of the journal.
    """

    def __init__(self, url: str, name: str, found: Callable[[], str]) -> None:
        self._url = url
        self._name = name
        self._found = found
        self._links: list[_Link] = []
        self._told: bool | None = None
        self._all_up = asyncio.Event()

    @property
    def up(self) -> bool:
        """Whether every one of them serves now."""
        return self._all_up.is_set()

    async def reached(self, within: float) -> bool:
        """Wait until all are up; whether that happened within so many seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._all_up.wait(), within)
        return self.up

    @asynccontextmanager
    async def kept(self, purpose: str, session: Session) -> AsyncIterator[None]:
        """Keep a connection for a purpose while the context is open, from now on, in the background."""
        link = _Link(self._url, f"{self._name}: {purpose}", session, self._changed)
        self._links.append(link)
        self._changed()
        keeping = asyncio.create_task(link.keep())
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            self._links.remove(link)
            self._changed()

    def _changed(self) -> None:
        if self._links and all(link.up for link in self._links):
            self._all_up.set()
        else:
            self._all_up.clear()
        trouble = next((link.trouble for link in self._links if link.trouble), None)
        if trouble and self._told is not False:
            self._told = False
            BrokerLost(error=trouble).tell()
        elif self.up and self._told is not True:
            self._told = True
            BrokerConnected(found=self._found()).tell()


class _Link:
    """One connection: new, up, or in trouble."""

    def __init__(self, url: str, name: str, session: Session, changed: Callable[[], None]) -> None:
        self._url = make_url(url)
        if "heartbeat" not in self._url.query:
            self._url = self._url.update_query(heartbeat=_HEARTBEAT)
        self._name = name
        self._session = session
        self._changed = changed
        self.up = False
        self.trouble = ""

    async def keep(self) -> None:
        """Connect, serve, and start over, until cancelled."""
        pause = _SHORTEST_PAUSE
        while True:
            try:
                trouble = await self._serve()
            except NobodysFault as error:
                trouble = error.code
            except TROUBLE as error:
                trouble = type(error).__name__
            except Exception as error:  # noqa: BLE001  a bug in a session must not end the reconnecting
                TaskFailed(task=self._name, error=type(error).__name__, frames=frames_of(error)).tell()
                trouble = type(error).__name__
            pause = _SHORTEST_PAUSE if self.up else min(2 * pause, _LONGEST_PAUSE)
            self._become(trouble)
            await asyncio.sleep(random.uniform(pause / 2, pause))  # noqa: S311  spreads reconnects, hides nothing

    async def _serve(self) -> str:
        """Serve on one connection; the reason why it ended."""
        async with self._connected() as connection, self._session(connection) as endings:
            over = {end_of(connection), *endings}
            while True:
                self._become("blocked" if await is_blocked(connection) else "")
                done, _ = await asyncio.wait(over, timeout=_LOOKING, return_when=asyncio.FIRST_COMPLETED)
                if done:
                    return done.pop().result()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AbstractConnection]:
        connection = await within(
            _CONNECTING, aio_pika.connect(self._url, client_properties={"connection_name": self._name})
        )
        try:
            yield connection
        finally:
            with suppress(*TROUBLE):
                await within(_CLOSING, connection.close())

    def _become(self, trouble: str) -> None:
        if (self.up, self.trouble) != (not trouble, trouble):
            self.up, self.trouble = not trouble, trouble
            self._changed()


async def within(seconds: float, work: Awaitable[T]) -> T:
    """
    What `work` returns or raises, after so many seconds at most.

    In a task of its own that is let go and not waited for, because aiormq answers a cancelled call with a farewell to
    the broker, and that waits for as long as the socket is full. When a connection ends it also cancels calls that wait
    on it: here that becomes an error and is not mistaken for our own cancellation.

    Raises:
        TimeoutError, ConnectionResetError: no answer in time; the connection ended meanwhile.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        let_go(task)
    if not task.done():
        raise TimeoutError
    if task.cancelled():
        raise ConnectionResetError
    return task.result()


def let_go(task: asyncio.Future[Any]) -> None:
    """Cancel a task that may be done, without waiting for it; however it ends, nobody needs to hear of it."""
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    task.cancel()


async def open_channel(connection: AbstractConnection, *, confirms: bool = False) -> AbstractChannel:
    """A channel that lives as long as its connection; with `confirms`, what cannot be routed raises."""
    channel = connection.channel(publisher_confirms=confirms, on_return_raises=confirms)
    await within(_OPENING, channel.initialize())
    return channel


@asynccontextmanager
async def passing_channel(connection: AbstractConnection) -> AsyncIterator[AbstractChannel]:
    """A channel for a question or two; the broker closes it when the answer is no."""
    channel = await open_channel(connection)
    try:
        yield channel
    finally:
        with suppress(*TROUBLE):
            await within(_CLOSING, channel.close())


def end_of(thing: AbstractConnection | AbstractChannel) -> asyncio.Future[str]:
    """
    Done when it has closed, with the name of the reason.

    `closed()` of a plain connection answers only to our own `close()`, so this listens to the callbacks.
    """
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def tell(_: object, error: BaseException | None) -> None:
        if not ended.done():
            ended.set_result(type(error).__name__ if error else "closed")

    thing.close_callbacks.add(tell)
    if thing.is_closed:
        tell(thing, None)
    return ended


async def is_blocked(connection: AbstractConnection) -> bool:
    """Whether RabbitMQ has stopped reading from us: an alarm about memory or disk (Connection.Blocked)."""
    if connection.transport is None:
        return False
    try:
        async with asyncio.timeout(0):  # ready() only waits while blocked
            await connection.transport.ready()
    except TimeoutError:
        return True
    return False
