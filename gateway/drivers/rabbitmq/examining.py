"""A look at the broker that changes nothing: what lies there before a gateway connects."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import aio_pika

from gateway.drivers.rabbitmq.link import TROUBLE, within
from gateway.drivers.rabbitmq.topology import DEAD, Lookout, places
from gateway.errors import BrokerUnavailable


@dataclass(frozen=True, slots=True)
class Examined:
    """Queues that a gateway will declare when it connects, queues whose letters nobody takes, and letters put aside."""

    missing: tuple[str, ...]
    unattended: tuple[str, ...]
    dead: int


async def examine(url: str, adapters: Iterable[str]) -> Examined:
    """
    Look without touching.

    Raises:
        BrokerUnavailable: it cannot be reached, or does not let this user in; the sentence holds no part of the URL.
    """
    try:
        connection = await within(10.0, aio_pika.connect(url))
    except TROUBLE as error:
        raise _unreachable(error) from error
    lookout = Lookout(connection)
    try:
        fills = {place.queue: await lookout.at(place.queue) for place in places(sorted(adapters))}
    except TROUBLE as error:
        raise _unreachable(error) from error
    finally:
        with suppress(*TROUBLE):
            await within(3.0, _closed(connection))
    there = {queue: fill for queue, fill in fills.items() if fill}
    return Examined(
        missing=tuple(queue for queue, fill in fills.items() if fill is None),
        unattended=tuple(
            queue for queue, fill in there.items() if queue != DEAD and fill.messages and not fill.consumers
        ),
        dead=there[DEAD].messages if DEAD in there else 0,
    )


async def _closed(connection: aio_pika.abc.AbstractConnection) -> None:
    await connection.close()


def _unreachable(error: BaseException) -> BrokerUnavailable:
    return BrokerUnavailable(
        f"RabbitMQ ist nicht erreichbar ({type(error).__name__}). Adresse, Benutzer, Passwort und Vhost in "
        "GATEWAY_BROKER prüfen. Eingänge nimmt das Gateway trotzdem an; sie warten im Journal.",
        f"RabbitMQ cannot be reached ({type(error).__name__}). Check address, user, password and vhost in "
        "GATEWAY_BROKER. The gateway takes submissions all the same; they wait in the journal.",
    )
