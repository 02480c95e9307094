"""The private RabbitMQ keeps the promises that the other tests rely on."""

import os
from collections.abc import Iterator

import aio_pika
import pytest
from aio_pika.abc import FieldValue
from aiormq.exceptions import ChannelAccessRefused
from anyio.to_thread import run_sync

from tests.services.processes import answers
from tests.services.rabbit import EVERYTHING, RabbitServer

QUORUM: dict[str, FieldValue] = {"x-queue-type": "quorum"}


@pytest.fixture(scope="module")
def own_rabbit() -> Iterator[RabbitServer]:
    """A server of these tests' own: they kill and wipe it, and the last one closes it."""
    with RabbitServer() as server:
        yield server


async def put(url: str, queue: str, text: str) -> None:
    """Leave one confirmed, persistent message in a quorum queue."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        await channel.declare_queue(queue, durable=True, arguments=QUORUM)
        message = aio_pika.Message(text.encode(), delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, queue)


async def take(url: str, queue: str) -> str | None:
    """The first message of the queue, or None; the queue is declared if it is not there."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        declared = await channel.declare_queue(queue, durable=True, arguments=QUORUM)
        message = await declared.get(fail=False, no_ack=True)
        return message.body.decode() if message else None


async def test_a_vhost_of_ones_own_takes_and_gives_messages(rabbit_vhost: str) -> None:
    """A test's vhost starts empty, and its user may declare, publish and read there."""
    await put(rabbit_vhost, "letters", "one")

    assert await take(rabbit_vhost, "letters") == "one"
    assert await take(rabbit_vhost, "letters") is None


async def test_a_user_may_do_what_was_permitted_and_no_more(rabbit: RabbitServer, rabbit_vhost: str) -> None:
    """Permissions and topic permissions are those of the broker itself, not of the fixture."""
    vhost = rabbit_vhost.rpartition("/")[2]
    rabbit.add_user("narrow")
    rabbit.set_permissions("narrow", vhost, write=r"^gateway\.outcomes$")
    rabbit.set_topic_permissions("narrow", vhost, exchange="gateway.outcomes", write=r"^mine\.")
    async with await aio_pika.connect(rabbit_vhost) as connection:
        channel = await connection.channel()
        await channel.declare_exchange("gateway.outcomes", aio_pika.ExchangeType.TOPIC)

    async with await aio_pika.connect(rabbit.url("narrow", vhost)) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange("gateway.outcomes", ensure=False)
        await exchange.publish(aio_pika.Message(b""), "mine.outcome", mandatory=False)
        with pytest.raises(ChannelAccessRefused):
            await exchange.publish(aio_pika.Message(b""), "yours.outcome", mandatory=False)

    rabbit.delete_user("narrow")


async def test_a_confirmed_message_survives_a_kill(own_rabbit: RabbitServer) -> None:
    """What the broker has confirmed is there after SIGKILL and a new start on the same port, for the same user."""
    own_rabbit.add_vhost("here")
    own_rabbit.add_user("anybody")
    own_rabbit.set_permissions("anybody", "here", configure=EVERYTHING, write=EVERYTHING, read=EVERYTHING)
    await put(own_rabbit.url("anybody", "here"), "kept", "still here")

    await run_sync(own_rabbit.kill)
    assert not answers(own_rabbit.port)
    await run_sync(own_rabbit.start)

    assert await take(own_rabbit.url("anybody", "here"), "kept") == "still here"


async def test_a_wiped_broker_has_its_users_and_nothing_else(own_rabbit: RabbitServer) -> None:
    """After a wipe the messages are gone; vhosts, users and permissions are declared anew."""
    own_rabbit.add_vhost("elsewhere")
    own_rabbit.add_user("somebody")
    own_rabbit.set_permissions("somebody", "elsewhere", configure=EVERYTHING, write=EVERYTHING, read=EVERYTHING)
    await put(own_rabbit.url("somebody", "elsewhere"), "lost", "not for long")

    await run_sync(own_rabbit.stop)
    own_rabbit.wipe()
    await run_sync(own_rabbit.start)

    assert await take(own_rabbit.url("somebody", "elsewhere"), "lost") is None


def test_rabbitmqctl_talks_to_the_private_node(own_rabbit: RabbitServer) -> None:
    """`ctl` reaches this node and no other one on the machine."""
    own_rabbit.add_vhost("listed")

    assert "listed" in own_rabbit.ctl("list_vhosts", "name").splitlines()


def test_nothing_is_left_of_a_closed_server(own_rabbit: RabbitServer) -> None:
    """Node, port mapper and ports are gone when the server is closed, and so is its folder."""
    pid = own_rabbit.pid
    assert pid
    assert answers(own_rabbit.port)
    assert answers(own_rabbit.mapper_port)

    own_rabbit.close()

    assert not answers(own_rabbit.port)
    assert not answers(own_rabbit.mapper_port)
    assert not own_rabbit.folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
