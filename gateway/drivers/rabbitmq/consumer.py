"""Consuming with acknowledgement: a message is gone from the broker when its handler has returned, not before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final, Generic, TypeVar, assert_never

from aio_pika.abc import AbstractConnection, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import ChannelClosed

from gateway.drivers.hands import TRIES, Ended, Hands, offer
from gateway.drivers.rabbitmq.link import TROUBLE, Endings, end_of, open_channel, within
from gateway.drivers.rabbitmq.topology import Lookout
from gateway.drivers.wire import NotUnderstood
from gateway.events import BrokerFault

Thing = TypeVar("Thing")

Read = Callable[[AbstractIncomingMessage], Thing | None]
"""What a message says, or None if it is to be dropped. Raises NotUnderstood."""

_ANSWERING: Final = 5.0


class Consumer(Generic[Thing]):
    """
    Takes what arrives in one queue, at most `at_once` in hand, over whichever connection there is.

    A message that nobody understands, or whose handler broke `TRIES` times, goes to the dead letters.
    """

    def __init__(
        self,
        queue: str,
        at_once: int,
        read: Read[Thing],
        take: Callable[[Thing], Awaitable[object]],
        look_every: float,
    ) -> None:
        self._queue = queue
        self._at_once = at_once
        self._read = read
        self._take = take
        self._look_every = look_every
        self._hands = Hands(at_once)
        self._consuming: tuple[AbstractQueue, str] | None = None

    @asynccontextmanager
    async def session(self, connection: AbstractConnection) -> AsyncIterator[Endings]:
        """Consume over this connection while the context is open, unless asked to finish."""
        if self._hands.stopping.is_set():
            yield ()
            return
        channel = await open_channel(connection)
        cancelled: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        beneath = await channel.get_underlay_channel()
        beneath.on_consumer_cancel_callbacks.add(lambda _: _end(cancelled, "consumer-cancelled"))
        await within(_ANSWERING, channel.set_qos(prefetch_count=self._at_once))
        queue = await channel.get_queue(self._queue, ensure=False)
        self._consuming = queue, await within(_ANSWERING, queue.consume(self._arrived))
        looking = asyncio.create_task(self._until_forgotten(connection))
        try:
            yield end_of(channel), cancelled, looking
        finally:
            self._consuming = None
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    async def finish(self) -> None:
        """Take nothing more and wait for what is in hand; closing the connection hands the rest back."""
        self._hands.stopping.set()
        if self._consuming:
            queue, tag = self._consuming
            with suppress(*TROUBLE):
                await within(_ANSWERING, queue.cancel(tag))
        await self._hands.finish()

    async def _arrived(self, message: AbstractIncomingMessage) -> None:
        """Called by aio-pika; cancelled with its channel while it waits here, and then the broker offers it again."""
        await self._hands.free()
        if self._hands.stopping.is_set():
            # Sent before the broker heard of the stop: others shall not wait for what is in hand here.
            await _answer(message.nack(requeue=True))
        else:
            self._hands.hold(self._see_to(message))

    async def _see_to(self, message: AbstractIncomingMessage) -> None:
        try:
            thing = self._read(message)
        except NotUnderstood as fault:
            BrokerFault(queue=self._queue, because=fault.because).tell()
            await _answer(message.reject(requeue=False))
            return
        ended = Ended.TAKEN
        if thing is not None:
            ended = await offer(thing, self._take, called=self._queue, stopping=self._hands.stopping)
        match ended:
            case Ended.TAKEN:
                await _answer(message.ack())
            case Ended.LEFT:
                await _answer(message.nack(requeue=True))
            case Ended.BROKE:
                # Since 4.3 a reject counts against the message and a nack does not.
                await _answer(message.reject(requeue=_returns(message) + 1 < TRIES))
            case _:
                assert_never(ended)

    async def _until_forgotten(self, connection: AbstractConnection) -> str:
        """Look now and then whether the broker still has a consumer for the queue; it ends when there is none."""
        lookout = Lookout(connection)
        while True:
            await asyncio.sleep(self._look_every)
            try:
                fill = await lookout.at(self._queue)
            except ChannelClosed:  # a broker that does not let this user look
                fill = await asyncio.get_running_loop().create_future()
            if fill is None or not fill.consumers:
                return "no-consumer"


def _end(session: asyncio.Future[str], because: str) -> None:
    if not session.done():
        session.set_result(because)


def _returns(message: AbstractIncomingMessage) -> int:
    count = message.headers.get("x-delivery-count", 0)
    return count if isinstance(count, int) else 0


async def _answer(answer: Awaitable[None]) -> None:
    """Tell the broker; if the channel is gone it offers the message again, and that is right, too."""
    with suppress(*TROUBLE):
        async with asyncio.timeout(_ANSWERING):
            await answer
