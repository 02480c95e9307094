"""The worker's side: letters in, reports out, with a user that may configure nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Self

from aio_pika.abc import AbstractIncomingMessage
from aio_pika.connection import make_url

from gateway.dispatch import Letter, Post, Report, TakeLetter
from gateway.drivers.rabbitmq import topology
from gateway.drivers.rabbitmq.consumer import Consumer
from gateway.drivers.rabbitmq.link import Links
from gateway.drivers.rabbitmq.publisher import Publisher, Sent, message
from gateway.drivers.wire import read_letter, write_report
from gateway.errors import BrokerUnavailable


class RabbitPost:
    """
    Dispatch over RabbitMQ, for the workers of one adapter.

    Enter it and it connects in the background and keeps connecting. Nothing is declared here, so a queue that does not
    exist yet is waited for. Reports are signed with the user in `url`, or with `user` where a certificate says who we
    are; the broker checks it.
    """

    def __init__(
        self, url: str, adapter: str, *, user: str | None = None, patience: float = 5.0, look_every: float = 10.0
    ) -> None:
        self._user = user or make_url(url).user
        self._look_every = look_every
        self._links = Links(url, f"worker {adapter}", found=lambda: "")
        self._publisher = Publisher(topology.OUTCOMES, patience)
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._open.enter_async_context(self._links.kept("reports", self._publisher.session))
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

    @asynccontextmanager
    async def letters(self, adapter: str, take: TakeLetter, at_once: int) -> AsyncIterator[None]:
        consumer = Consumer(topology.letters_of(adapter), at_once, _read, take, self._look_every)
        async with self._links.kept(f"letters for {adapter}", consumer.session):
            try:
                yield
            finally:
                await consumer.finish()

    async def report(self, report: Report) -> None:
        body = message(write_report(report), report.traceparent, user=self._user)
        [sent] = await self._publisher.send([(topology.report_key(report.adapter), body)])
        if sent is not Sent.CONFIRMED:
            raise BrokerUnavailable(
                "Die Meldung einer Zustellung wurde nicht bestätigt; sie wird noch einmal gesendet.",
                "The report of a delivery was not confirmed; it will be sent again.",
            )


def _read(message: AbstractIncomingMessage) -> Letter:
    return read_letter(message.body, message.headers.get("traceparent"))


def _keeps_the_port(driver: RabbitPost) -> Post:
    return driver
