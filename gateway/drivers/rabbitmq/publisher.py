"""Publishing with confirms: many at once, each with a clear end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any

from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractConnection, AbstractExchange
from aio_pika.exceptions import DeliveryError, PublishError

from gateway.drivers.rabbitmq.link import Endings, end_of, is_blocked, let_go, open_channel


class Sent(StrEnum):
    """What is known of a message after publishing it. All but the first two may have arrived all the same."""

    CONFIRMED = "confirmed"
    """a majority of the queue's members have it on disk"""
    UNROUTABLE = "unroutable"
    """no queue wanted it (Basic.Return); it is nowhere"""
    AWAY = "away"
    """there is no connection, or it ended meanwhile"""
    BLOCKED = "blocked"
    """the broker has stopped reading: an alarm about memory or disk"""
    TIMEOUT = "timeout"
    """no confirm came in time"""
    NACK = "nack"
    """the broker said no: the queue is full, or has no majority"""


def message(body: bytes, traceparent: str, *, user: str | None = None) -> Message:
    """A message as all of ours are: JSON, persistent, with its trace; `user` is checked by the broker."""
    return Message(
        body,
        content_type="application/json",
        delivery_mode=DeliveryMode.PERSISTENT,
        headers={"traceparent": traceparent} if traceparent else {},
        user_id=user,
    )


class Publisher:
    """Publishes to one exchange over whichever connection there is, and waits `patience` seconds for confirms."""

    def __init__(self, exchange: str, patience: float) -> None:
        self._name = exchange
        self._patience = patience
        self._exchange: AbstractExchange | None = None
        self._connection: AbstractConnection | None = None
        self._stalled: asyncio.Future[str] | None = None

    @asynccontextmanager
    async def session(self, connection: AbstractConnection) -> AsyncIterator[Endings]:
        """Publish over this connection while the context is open."""
        channel = await open_channel(connection, confirms=True)
        stalled: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._exchange = await channel.get_exchange(self._name, ensure=False)
        self._connection, self._stalled = connection, stalled
        try:
            yield end_of(channel), stalled
        finally:
            self._exchange = self._connection = self._stalled = None

    async def send(self, messages: Sequence[tuple[str, Message]]) -> Sequence[Sent]:
        """Publish messages under their routing keys, all in flight together; what is known of each."""
        exchange, connection, stalled = self._exchange, self._connection, self._stalled
        if not messages or exchange is None or connection is None:
            return [Sent.AWAY] * len(messages)
        if await is_blocked(connection):
            return [Sent.BLOCKED] * len(messages)
        flights = [asyncio.create_task(_publish(exchange, key, message)) for key, message in messages]
        try:
            done, waiting = await asyncio.wait(flights, timeout=self._patience)
        finally:
            for flight in flights:
                let_go(flight)
        if not done and stalled and not stalled.done() and not await is_blocked(connection):
            stalled.set_result("no-confirm")
        return [Sent.TIMEOUT if flight in waiting else _end(flight) for flight in flights]


async def _publish(exchange: AbstractExchange, key: str, message: Message) -> None:
    await exchange.publish(message, key, mandatory=True)


def _end(flight: asyncio.Task[Any]) -> Sent:
    if flight.cancelled():
        return Sent.AWAY
    match flight.exception():
        case None:
            return Sent.CONFIRMED
        case PublishError():
            return Sent.UNROUTABLE
        case DeliveryError():
            return Sent.NACK
        case _:
            return Sent.AWAY
