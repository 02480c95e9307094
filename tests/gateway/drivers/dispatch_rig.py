"""What the tests of dispatch share: letters and reports to send, a desk to take them, a broker with its users."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Generic, TypeVar

from gateway.adapter import Delivered, Ending
from gateway.dispatch import Dispatch, Letter, Post, Report
from gateway.drivers.rabbitmq import Permissions, RabbitDispatch, RabbitPost, permissions
from gateway.errors import BrokerUnavailable
from gateway.events import Event, watched
from gateway.submission import Grade, Micros, new_id
from tests.services import RabbitServer

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
DEADLINE = 30.0
"""Seconds within which anything has to happen; long, because machines are slow at times."""

Thing = TypeVar("Thing", Letter, Report)


def a_letter(adapter: str = "filedrop") -> Letter:
    return Letter(new_id(Micros(time.time_ns() // 1000)), 1, adapter, TRACE)


def letters(number: int, adapter: str = "filedrop") -> list[Letter]:
    return [a_letter(adapter) for _ in range(number)]


def a_report(adapter: str = "filedrop", ending: Ending | None = None) -> Report:
    submission = new_id(Micros(time.time_ns() // 1000))
    return Report(submission, 1, "one-time", "worker-1", adapter, ending or Delivered("", Grade.TAKEN), TRACE)


async def eventually(condition: Callable[[], bool], within: float = DEADLINE) -> None:
    """Wait until the condition holds; fail when it does not in time."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


async def published(dispatch: Dispatch, sent: Sequence[Letter]) -> None:
    """Publish letters until each is confirmed, as the journal would have it."""
    waiting = list(sent)
    async with asyncio.timeout(DEADLINE):
        while waiting:
            confirmed = await dispatch.publish(waiting)
            waiting = [letter for letter in waiting if letter not in confirmed]
            await asyncio.sleep(0.05 if waiting else 0)


async def reported(post: Post, report: Report) -> None:
    """Send a report until it is confirmed, as a worker would."""
    async with asyncio.timeout(DEADLINE):
        while True:
            try:
                return await post.report(report)
            except BrokerUnavailable:
                await asyncio.sleep(0.05)


class Desk(Generic[Thing]):
    """Somebody who takes letters or reports: at once, not before told to, or only after a few refusals."""

    def __init__(self, *, holding: bool = False, refusals: list[Exception] | None = None) -> None:
        self.offered: list[Thing] = []
        self.taken: list[Thing] = []
        self.in_hand = 0
        self.most_in_hand = 0
        self._refusals = refusals or []
        self._released = asyncio.Event()
        if not holding:
            self._released.set()

    async def take(self, thing: Thing) -> None:
        self.offered.append(thing)
        self.in_hand += 1
        self.most_in_hand = max(self.most_in_hand, self.in_hand)
        try:
            if self._refusals:
                raise self._refusals.pop(0)
            async with asyncio.timeout(2 * DEADLINE):  # a test that fails ends, and does not hang here
                await self._released.wait()
            self.taken.append(thing)
        finally:
            self.in_hand -= 1

    def release(self) -> None:
        """Take what is in hand, and everything from now on."""
        self._released.set()

    async def has_taken(self, number: int, within: float = DEADLINE) -> None:
        await eventually(lambda: len(self.taken) >= number, within)

    async def was_offered(self, number: int, within: float = DEADLINE) -> None:
        await eventually(lambda: len(self.offered) >= number, within)


class Told:
    """The events told while it was listening."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if type(event) is kind]

    async def has(self, event: Event, within: float = DEADLINE) -> None:
        await eventually(lambda: event in self.events, within)


@contextmanager
def listening() -> Iterator[Told]:
    told = Told()
    with watched(told.events.append):
        yield told


class Broker:
    """A virtual host of the real broker: the gateway's user, and one for each adapter."""

    def __init__(self, server: RabbitServer, url: str) -> None:
        self.server = server
        self.url = url
        self.vhost = url.rpartition("/")[2]
        self._users: set[str] = set()
        self.emptied = 0

    def user_of(self, adapter: str) -> str:
        return f"{self.vhost}-{adapter}"

    def worker_url(self, adapter: str) -> str:
        """As a user who may do what workers of this adapter may, and nothing else."""
        user = self.user_of(adapter)
        if user not in self._users:
            self._users.add(user)
            self.server.add_user(user)
            self._grant(permissions(adapter, user))
        return self.server.url(user, self.vhost)

    def _grant(self, may: Permissions) -> None:
        self.server.set_permissions(may.user, self.vhost, configure=may.configure, write=may.write, read=may.read)
        for exchange, (write, read) in may.topics.items():
            self.server.set_topic_permissions(may.user, self.vhost, exchange=exchange, write=write, read=read)

    def remove_users(self) -> None:
        for user in self._users:
            self.server.delete_user(user)

    @asynccontextmanager
    async def dispatch(
        self, *adapters: str, url: str | None = None, epoch: str = "epoch-1", **more: Any
    ) -> AsyncIterator[RabbitDispatch]:
        """A gateway's side that is connected."""

        async def on_empty() -> None:
            self.emptied += 1

        driver = RabbitDispatch(
            url or self.url,
            epoch=epoch,
            adapters=adapters or ("filedrop",),
            on_empty=on_empty,
            user_of=self.user_of,
            **more,
        )
        async with driver:
            assert await driver.reached(DEADLINE)
            yield driver

    @asynccontextmanager
    async def post(
        self, adapter: str = "filedrop", *, url: str | None = None, **more: Any
    ) -> AsyncIterator[RabbitPost]:
        """A worker's side that is connected."""
        async with RabbitPost(url or self.worker_url(adapter), adapter, **more) as driver:
            assert await driver.reached(DEADLINE)
            yield driver
