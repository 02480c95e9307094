"""What one adapter's user may do on the broker: its own work, and nothing else. The broker itself says no."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import AMQPError, ChannelClosed, ChannelPreconditionFailed

from gateway.dispatch import Letter, Report
from gateway.drivers.rabbitmq import gateway_permissions, permissions
from gateway.drivers.rabbitmq.publisher import message
from gateway.drivers.wire import write_report
from gateway.errors import BrokerUnavailable
from gateway.events import BrokerLost
from tests.gateway.drivers.dispatch_rig import Broker, Desk, a_letter, a_report, eventually, listening
from tests.services import RabbitServer

pytestmark = pytest.mark.anyio


@pytest.fixture
def broker(rabbit: RabbitServer, rabbit_vhost: str) -> Iterator[Broker]:
    broker = Broker(rabbit, rabbit_vhost)
    yield broker
    broker.remove_users()


@pytest.fixture
async def intruder(broker: Broker) -> AsyncIterator[AbstractChannel]:
    """A channel of `filedrop`'s user, in somebody else's hands; `other` has a letter waiting."""
    async with broker.dispatch("filedrop", "other") as driver:
        await driver.publish([a_letter("other")])
        async with await aio_pika.connect(broker.worker_url("filedrop")) as connection:
            yield await connection.channel(on_return_raises=True)


def _report(adapter: str, user: str | None) -> aio_pika.Message:
    return message(write_report(a_report(adapter)), "", user=user)


async def _publish(channel: AbstractChannel, exchange: str, key: str, user: str | None = None) -> None:
    there = await channel.get_exchange(exchange, ensure=False)
    await there.publish(_report("filedrop", user), key)


async def _read(channel: AbstractChannel, queue: str) -> None:
    await (await channel.get_queue(queue, ensure=False)).get()


async def _consume(channel: AbstractChannel, queue: str) -> None:
    async def take(_: object) -> None: ...

    await (await channel.get_queue(queue, ensure=False)).consume(take)


FORBIDDEN: dict[str, Callable[[AbstractChannel], Awaitable[object]]] = {
    "reporting for another adapter": lambda channel: _publish(channel, "gateway.outcomes", "other.outcome"),
    "reporting for nobody": lambda channel: _publish(channel, "gateway.outcomes", "outcome"),
    "reporting for an adapter whose name starts alike": lambda channel: _publish(
        channel, "gateway.outcomes", "filedrop2.outcome"
    ),
    "writing letters": lambda channel: _publish(channel, "gateway.letters", "filedrop"),
    "writing dead letters": lambda channel: _publish(channel, "gateway.dead", ""),
    "writing to a queue past the exchanges": lambda channel: channel.default_exchange.publish(
        _report("filedrop", None), "gateway.outcomes"
    ),
    "reading another adapter's letters": lambda channel: _read(channel, "gateway.letters.other"),
    "consuming another adapter's letters": lambda channel: _consume(channel, "gateway.letters.other"),
    "reading reports": lambda channel: _read(channel, "gateway.outcomes"),
    "reading dead letters": lambda channel: _read(channel, "gateway.dead"),
    "declaring a queue": lambda channel: channel.declare_queue("gateway.letters.filedrop.mine"),
    "declaring an exchange": lambda channel: channel.declare_exchange("gateway.mine"),
    "deleting its own queue": lambda channel: channel.queue_delete("gateway.letters.filedrop"),
    "deleting the marker": lambda channel: channel.queue_delete("gateway.epoch.epoch-1"),
    "emptying another adapter's queue": lambda channel: _purge(channel, "gateway.letters.other"),
    "having reports copied to its own queue": lambda channel: _bind(channel, "gateway.letters.filedrop"),
}


async def _purge(channel: AbstractChannel, queue: str) -> None:
    await (await channel.get_queue(queue, ensure=False)).purge()


async def _bind(channel: AbstractChannel, queue: str) -> None:
    await (await channel.get_queue(queue, ensure=False)).bind("gateway.outcomes", "#")


@pytest.mark.parametrize("deed", FORBIDDEN)
async def test_the_broker_refuses(intruder: AbstractChannel, deed: str) -> None:
    """Whatever is not an adapter's own work is refused by the broker."""
    with pytest.raises(ChannelClosed, match="ACCESS_REFUSED"):
        await FORBIDDEN[deed](intruder)


async def test_a_forged_signature_is_refused(broker: Broker, intruder: AbstractChannel) -> None:
    """A report signed with another adapter's user is refused by the broker, even under the forger's own key."""
    with pytest.raises(ChannelPreconditionFailed, match="user_id"):
        await _publish(intruder, "gateway.outcomes", "filedrop.outcome", broker.user_of("other"))


async def test_a_refused_read_leaves_the_letter(broker: Broker, intruder: AbstractChannel) -> None:
    """After an intruder was refused, the letter is still there for its own worker."""
    desk = Desk[Letter]()
    with pytest.raises(AMQPError):
        await _read(intruder, "gateway.letters.other")

    async with broker.post("other") as worker, worker.letters("other", desk.take, at_once=1):
        await desk.has_taken(1)


async def test_its_own_work_is_allowed(broker: Broker) -> None:
    """With exactly these permissions a worker takes its letters and reports, and looks after its consumer."""
    letters_desk, reports_desk = Desk[Letter](), Desk[Report]()
    report = a_report()
    with listening() as told:
        async with (
            broker.dispatch() as driver,
            driver.reports(reports_desk.take),
            broker.post(look_every=0.05) as worker,
            worker.letters("filedrop", letters_desk.take, at_once=1),
        ):
            await driver.publish([a_letter()])
            await letters_desk.has_taken(1)
            await worker.report(report)
            await reports_desk.has_taken(1)

    assert [report] == reports_desk.taken
    assert told.of(BrokerLost) == []


async def test_a_gateway_needs_no_more_than_its_names(rabbit: RabbitServer, broker: Broker) -> None:
    """The gateway's own user touches what is called `gateway.…`, and that is enough for it."""
    may = gateway_permissions(broker.user_of("gateway"))
    rabbit.add_user(may.user)
    rabbit.set_permissions(may.user, broker.vhost, configure=may.configure, write=may.write, read=may.read)
    desk = Desk[Report]()
    async with (
        broker.dispatch(url=rabbit.url(may.user, broker.vhost), look_every=0.05) as driver,
        driver.reports(desk.take),
        broker.post() as worker,
    ):
        assert len(await driver.publish([a_letter()])) == 1
        await worker.report(a_report())
        await desk.has_taken(1)
        with pytest.raises(ChannelClosed, match="ACCESS_REFUSED"):
            async with await aio_pika.connect(rabbit.url(may.user, broker.vhost)) as connection:
                await (await connection.channel()).declare_queue("somebody-elses")
    rabbit.delete_user(may.user)


async def test_a_worker_with_the_wrong_user(broker: Broker) -> None:
    """A worker set up with another adapter's user takes nothing, reports nothing, and says that it was refused."""
    desk = Desk[Letter]()
    url = broker.worker_url("other")
    with listening() as told:
        async with (
            broker.dispatch("filedrop", "other") as driver,
            broker.post("filedrop", url=url) as worker,
            worker.letters("filedrop", desk.take, at_once=1),
        ):
            await driver.publish([a_letter()])
            await eventually(lambda: BrokerLost(error="ChannelAccessRefused") in told.events)
            with pytest.raises(BrokerUnavailable):
                await worker.report(a_report("filedrop"))
            assert not await worker.reached(0.5)

    assert desk.offered == []


def test_permissions_are_commands() -> None:
    """Permissions can be read as the calls of rabbitmqctl that grant them."""
    granted, narrowed = permissions("filedrop").commands("gateway")

    assert granted[:5] == ("set_permissions", "-p", "gateway", "adapter-filedrop", "^$")
    assert granted[5:] == (r"^gateway\.outcomes$", r"^gateway\.letters\.filedrop$")
    assert narrowed[:5] == ("set_topic_permissions", "-p", "gateway", "adapter-filedrop", "gateway.outcomes")
    assert narrowed[5:] == (r"^filedrop\..+$", "^$")


async def test_the_commands_grant_what_they_say(rabbit: RabbitServer, broker: Broker) -> None:
    """What rabbitmqctl prints after those commands is what was asked for."""
    may = permissions("filedrop", broker.user_of("by-command"))
    rabbit.add_user(may.user)
    for command in may.commands(broker.vhost):
        rabbit.ctl(*command)

    listed = rabbit.ctl("list_user_permissions", may.user, "--no-table-headers")
    topics = rabbit.ctl("list_user_topic_permissions", may.user, "--no-table-headers")
    rabbit.delete_user(may.user)

    assert [broker.vhost, may.configure, may.write, may.read] == listed.split("\t")
    assert [broker.vhost, "gateway.outcomes", *may.topics["gateway.outcomes"]] == topics.split("\t")
