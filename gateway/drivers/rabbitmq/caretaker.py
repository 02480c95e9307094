"""Keeps what lies on the broker as it should be, and tells what is not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Literal

from aio_pika.abc import AbstractConnection

from gateway.drivers.rabbitmq.link import is_blocked, passing_channel
from gateway.drivers.rabbitmq.topology import (
    DEAD,
    LETTERS,
    Lookout,
    declare,
    declare_marker,
    marker_of,
    places,
)
from gateway.events import BrokerFault, QueueSeen

Found = Literal["known", "empty"]
"""Whether a broker knew the journal when it was settled."""


class Caretaker:
    """
    Declares the gateway's queues, has lost letters sent again, and looks after both every few seconds.

    `on_empty` is awaited whenever letters that were confirmed may be gone.
    """

    def __init__(
        self, epoch: str, adapters: Iterable[str], on_empty: Callable[[], Awaitable[None]], look_every: float
    ) -> None:
        self._marker = marker_of(epoch)
        self._adapters = frozenset(adapters)
        self._places = places(sorted(self._adapters))
        self._on_empty = on_empty
        self._look_every = look_every
        self._declared: set[str] = set()
        self._in_doubt = asyncio.Event()
        self._unroutable: set[str] = set()
        self._suspected: set[tuple[str, str]] = set()
        self._told: set[tuple[str, str]] = set()

    async def settle(self, connection: AbstractConnection) -> Found:
        """
        Declare everything, after which publishing is safe; what the broker knew of the journal.

        The marker is declared last: a gateway that dies before that starts over, and replicas that settle the same
        broker together only repeat each other.
        """
        lookout = Lookout(connection)
        known = await lookout.at(self._marker) is not None
        gone = {place.queue for place in self._places if await lookout.at(place.queue) is None}
        async with passing_channel(connection) as channel:
            for place in self._places:
                await declare(channel, place)
            if not known or gone & self._declared:
                await self._on_empty()
            self._declared.update(place.queue for place in self._places)
            if not known:
                await declare_marker(channel, self._marker)
        return "known" if known else "empty"

    def note(self, returned: set[str], arrived: set[str]) -> None:
        """Take note of adapters whose letters no queue wanted, and of those whose letters arrived."""
        for adapter in sorted(returned - self._unroutable):
            BrokerFault(queue=f"{LETTERS}.{adapter}", because="unroutable").tell()
        self._unroutable = (self._unroutable | returned) - arrived
        if returned & self._adapters:
            self._in_doubt.set()

    async def keep_looking(self, connection: AbstractConnection) -> str:
        """Look at the queues now and then; settle the broker again when one is missing or a way is broken."""
        lookout = Lookout(connection)
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._in_doubt.wait(), self._look_every)
            if await is_blocked(connection):
                continue
            if self._in_doubt.is_set() or not await self._all_there(lookout):
                await self.settle(connection)
                self._in_doubt.clear()

    async def _all_there(self, lookout: Lookout) -> bool:
        faults: set[tuple[str, str]] = set()
        for place in self._places:
            fill = await lookout.at(place.queue)
            if fill is None:
                BrokerFault(queue=place.queue, because="missing").tell()
                return False
            QueueSeen(queue=place.queue, messages=fill.messages, consumers=fill.consumers).tell()
            if fill.messages and place.queue == DEAD:
                faults.add((place.queue, "dead-letters"))
            elif fill.messages and not fill.consumers:
                faults.add((place.queue, "no-consumer"))
        self._tell(faults)
        return True

    def _tell(self, faults: set[tuple[str, str]]) -> None:
        """Tell a fault when it is seen twice in a row, and again only after it was gone."""
        lasting = faults & self._suspected
        for queue, because in sorted(lasting - self._told):
            BrokerFault(queue=queue, because=because).tell()
        self._suspected, self._told = faults, lasting
