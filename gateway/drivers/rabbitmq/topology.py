"""
What lies on the broker: exchanges, queues, the marker of the journal, and who may touch what.

    exchange gateway.letters   direct ─ <adapter> ─▶ queue gateway.letters.<adapter>
    exchange gateway.outcomes  topic  ─ #         ─▶ queue gateway.outcomes
    exchange gateway.dead      fanout             ─▶ queue gateway.dead            stays empty, alarms when it does not
                                                     queue gateway.epoch.<epoch>   says: this broker knows this journal

All queues are quorum queues, the marker too: a classic one is gone while the node it lives on is down, and the broker
would be taken for an empty one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity

from gateway.drivers.rabbitmq.link import open_channel, within
from gateway.errors import BadAdapter

LETTERS: Final = "gateway.letters"
OUTCOMES: Final = "gateway.outcomes"
DEAD: Final = "gateway.dead"

DELIVERY_LIMIT: Final = 1_000
"""
How often a message may come back before the broker puts it aside.

Far above what failures need (they count to `hands.TRIES`), because RabbitMQ before 4.3 counts every way of coming back,
lost connections and restarts included. Stated because the default differs: none before 4.0, 20 after.
"""

_DECLARING: Final = 10.0
"""seconds for one declaration; a quorum queue has to find its members first"""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
"""A name that is one word of a routing key and means itself in a regular expression."""


def letters_of(adapter: str) -> str:
    """
    The queue of an adapter's letters.

    Raises:
        BadAdapter: the name cannot be part of a routing key.
    """
    if not _NAME.fullmatch(adapter):
        raise BadAdapter(
            "Der Name eines Adapters besteht aus Kleinbuchstaben, Ziffern, - und _; er benennt seine Warteschlange.",
            "The name of an adapter consists of lower-case letters, digits, - and _; it names its queue.",
        )
    return f"{LETTERS}.{adapter}"


def marker_of(epoch: str) -> str:
    """The queue whose presence says that the broker knows the journal of this epoch."""
    return f"gateway.epoch.{epoch}"


def report_key(adapter: str) -> str:
    """The routing key of an adapter's reports; the first word is what its user is held to."""
    return f"{adapter}.outcome"


def user_of(adapter: str) -> str:
    """The broker's user for the workers of an adapter, unless the gateway is told another convention."""
    return f"adapter-{adapter}"


# ── what is declared ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Place:
    """A queue, the exchange that fills it, and the binding between them."""

    queue: str
    exchange: str
    kind: Literal["direct", "topic", "fanout"]
    key: str
    arguments: Mapping[str, str | int]


_WORKING: Final[Mapping[str, str | int]] = {
    "x-queue-type": "quorum",
    "x-delivery-limit": DELIVERY_LIMIT,
    "x-dead-letter-exchange": DEAD,
    "x-dead-letter-strategy": "at-least-once",
    # Without it at-least-once silently becomes at-most-once.
    "x-overflow": "reject-publish",
}

_RESTING: Final[Mapping[str, str | int]] = {
    "x-queue-type": "quorum",
    "x-delivery-limit": DELIVERY_LIMIT,
    "x-overflow": "reject-publish",
}

DEAD_LETTERS: Final = Place(DEAD, DEAD, "fanout", "", _RESTING)
REPORTS: Final = Place(OUTCOMES, OUTCOMES, "topic", "#", _WORKING)


def places(adapters: Iterable[str]) -> tuple[Place, ...]:
    """Every queue but the marker, in the order in which they are declared."""
    letters = (Place(letters_of(adapter), LETTERS, "direct", adapter, _WORKING) for adapter in adapters)
    return DEAD_LETTERS, REPORTS, *letters


async def declare(channel: AbstractChannel, place: Place) -> None:
    """Make a place, or find it as it should be."""
    exchange = await within(_DECLARING, channel.declare_exchange(place.exchange, place.kind, durable=True))
    queue = await within(
        _DECLARING,
        channel.declare_queue(place.queue, durable=True, arguments=dict(place.arguments)),
    )
    await within(_DECLARING, queue.bind(exchange, place.key))


async def declare_marker(channel: AbstractChannel, marker: str) -> None:
    """Leave word that the broker knows a journal."""
    await within(_DECLARING, channel.declare_queue(marker, durable=True, arguments=dict(_RESTING)))


@dataclass(frozen=True, slots=True)
class Fill:
    """What waits in a queue, without what is in hand, and how many consumers it has."""

    messages: int
    consumers: int


class Lookout:
    """
    Asks a broker how its queues are doing, over one channel kept for that.

    Not a channel for each question: aiormq 7.2 keeps some 4 KB for every channel its connection ever had.
    """

    def __init__(self, connection: AbstractConnection) -> None:
        self._connection = connection
        self._channel: AbstractChannel | None = None

    async def at(self, queue: str) -> Fill | None:
        """How a queue is doing; None when there is none of that name."""
        channel = self._channel or await open_channel(self._connection)
        self._channel = None  # the broker closes it when the answer is no
        try:
            answer = await within(_DECLARING, channel.declare_queue(queue, passive=True))
        except ChannelNotFoundEntity:
            return None
        self._channel = channel
        return Fill(answer.declaration_result.message_count or 0, answer.declaration_result.consumer_count or 0)


# ── who may touch what ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """
    What a user may do in the gateway's virtual host: regular expressions, as RabbitMQ wants them.

    `topics` maps a topic exchange to the routing keys that may be published to it and bound from it.
    """

    user: str
    configure: str
    write: str
    read: str
    topics: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def commands(self, vhost: str = "/") -> tuple[tuple[str, ...], ...]:
        """The calls of `rabbitmqctl` that grant them, as argument lists."""
        granted = ("set_permissions", "-p", vhost, self.user, self.configure, self.write, self.read)
        narrowed = (
            ("set_topic_permissions", "-p", vhost, self.user, exchange, write, read)
            for exchange, (write, read) in self.topics.items()
        )
        return granted, *narrowed


_NOTHING: Final = "^$"


def permissions(adapter: str, user: str | None = None) -> Permissions:
    """
    For the workers of one adapter: read its own letters, report under its own name, configure nothing.

    RabbitMQ itself checks that the `user_id` of a message is the user who sends it.
    """
    return Permissions(
        user=user or user_of(adapter),
        configure=_NOTHING,
        write=f"^{re.escape(OUTCOMES)}$",
        read=f"^{re.escape(letters_of(adapter))}$",
        topics={OUTCOMES: (rf"^{re.escape(adapter)}\..+$", _NOTHING)},
    )


def gateway_permissions(user: str = "gateway") -> Permissions:
    """For the gateway: everything under its own names, nothing else."""
    own = r"^gateway\."
    return Permissions(user=user, configure=own, write=own, read=own)
