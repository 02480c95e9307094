"""The gateway's side: letters out, reports in, and the broker kept as it should be."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Final, Self

from aio_pika.abc import AbstractConnection, AbstractIncomingMessage

from gateway.dispatch import Dispatch, Letter, Report, TakeReport
from gateway.drivers.rabbitmq import topology
from gateway.drivers.rabbitmq.caretaker import Caretaker, Found
from gateway.drivers.rabbitmq.consumer import Consumer
from gateway.drivers.rabbitmq.link import Endings, Links
from gateway.drivers.rabbitmq.publisher import Publisher, Sent, message
from gateway.drivers.wire import read_report, write_letter
from gateway.events import LettersNotPublished, ReportIgnored

_REPORTS_AT_ONCE: Final = 200
"""Reports in hand together: the journal concludes many in one transaction."""


class RabbitDispatch:
    """
    Dispatch over RabbitMQ, for the gateway; several replicas may share one broker.

    Enter it and it connects in the background and keeps connecting: a broker that is away is a delay. `epoch` names the
    journal. `on_empty` is awaited before anything is published whenever letters that were confirmed may be gone: on a
    broker that does not know this journal, and after a queue had vanished. `user_of` names the broker's user for the
    workers of an adapter; a report counts only from there. `patience` is how many seconds a confirm may take,
    `look_every` how often the queues are looked at.

    Raises on construction:
        BadAdapter: an adapter's name cannot name a queue.
    """

    def __init__(
        self,
        url: str,
        *,
        epoch: str,
        adapters: Iterable[str],
        on_empty: Callable[[], Awaitable[None]],
        user_of: Callable[[str], str] = topology.user_of,
        patience: float = 5.0,
        look_every: float = 10.0,
    ) -> None:
        self._adapters = frozenset(adapters)
        self._caretaker = Caretaker(epoch, self._adapters, on_empty, look_every)
        self._found: Found = "known"
        self._user_of = user_of
        self._look_every = look_every
        self._links = Links(url, "gateway", found=lambda: self._found)
        self._publisher = Publisher(topology.LETTERS, patience)
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._open.enter_async_context(self._links.kept("letters", self._session))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    @property
    def connected(self) -> bool:
        return self._links.up

    async def reached(self, within: float) -> bool:
        """Wait until everything is connected; whether that happened within so many seconds."""
        return await self._links.reached(within)

    async def publish(self, letters: Sequence[Letter]) -> Sequence[Letter]:
        sent = await self._publisher.send(
            [(letter.adapter, message(write_letter(letter), letter.traceparent)) for letter in letters]
        )
        confirmed = [letter for letter, end in zip(letters, sent, strict=True) if end is Sent.CONFIRMED]
        returned = {letter.adapter for letter, end in zip(letters, sent, strict=True) if end is Sent.UNROUTABLE}
        failed = Counter(
            (letter.adapter, end) for letter, end in zip(letters, sent, strict=True) if end is not Sent.CONFIRMED
        )
        for (adapter, end), count in failed.items():
            LettersNotPublished(adapter=adapter, letters=count, because=end).tell()
        self._caretaker.note(returned, {letter.adapter for letter in confirmed})
        return confirmed

    @asynccontextmanager
    async def reports(self, take: TakeReport) -> AsyncIterator[None]:
        consumer = Consumer(topology.OUTCOMES, _REPORTS_AT_ONCE, self._read, take, self._look_every)
        async with self._links.kept("reports", consumer.session):
            try:
                yield
            finally:
                await consumer.finish()

    def _read(self, message: AbstractIncomingMessage) -> Report | None:
        """
        The report in a message, if its sender may send it.

        The broker has checked that the user may use the routing key and is who the message says. That the report speaks
        of that user's adapter, nobody can check but us.
        """
        report = read_report(message.body, message.headers.get("traceparent"))
        adapter, _, _ = (message.routing_key or "").partition(".")
        if report.adapter == adapter and message.user_id == self._user_of(adapter):
            return report
        ReportIgnored(
            submission=report.submission,
            attempt=report.attempt,
            adapter=adapter if adapter in self._adapters else "unknown",
            because="wrong-sender",
            trace=report.traceparent,
        ).tell()
        return None

    @asynccontextmanager
    async def _session(self, connection: AbstractConnection) -> AsyncIterator[Endings]:
        self._found = await self._caretaker.settle(connection)
        looking = asyncio.create_task(self._caretaker.keep_looking(connection))
        try:
            async with self._publisher.session(connection) as endings:
                yield *endings, looking
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)


def _keeps_the_port(driver: RabbitDispatch) -> Dispatch:
    return driver
