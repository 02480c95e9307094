"""The real broker on its bad days: emptied, killed, alarmed, tampered with; work comes back by itself."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Iterator

import aio_pika
import anyio.to_thread
import pytest

from gateway.dispatch import Letter, Report
from gateway.drivers.hands import TRIES
from gateway.drivers.rabbitmq import RabbitDispatch
from gateway.errors import BadAdapter, BrokerUnavailable, JournalUnavailable
from gateway.events import BrokerConnected, BrokerFault, BrokerLost, Event, QueueSeen, ReportIgnored, watched
from tests.gateway.drivers.dispatch_rig import (
    DEADLINE,
    TRACE,
    Broker,
    Desk,
    a_letter,
    a_report,
    eventually,
    letters,
    listening,
    published,
    reported,
)
from tests.services import RabbitServer

pytestmark = pytest.mark.anyio


@pytest.fixture
def broker(rabbit: RabbitServer, rabbit_vhost: str) -> Iterator[Broker]:
    broker = Broker(rabbit, rabbit_vhost)
    yield broker
    rabbit.start()
    broker.remove_users()


@pytest.fixture
async def operator(broker: Broker) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
    """Somebody with all rights and busy fingers."""
    async with await aio_pika.connect(broker.url) as connection:
        yield await connection.channel()


# ── finding the broker ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_new_broker_is_empty_and_then_known(broker: Broker) -> None:
    """The first connection finds nothing and asks for lost letters, the second finds the marker and does not."""
    with listening() as told:
        async with broker.dispatch():
            pass
        async with broker.dispatch():
            pass

    assert [event.found for event in told.of(BrokerConnected)] == ["empty", "known"]
    assert broker.emptied == 1


async def test_another_journal_finds_the_broker_empty(broker: Broker) -> None:
    """A broker that knows another journal is an empty one: its marker carries the journal's epoch."""
    async with broker.dispatch(epoch="epoch-1"):
        pass
    async with broker.dispatch(epoch="epoch-2"):
        pass

    assert broker.emptied == 2


async def test_the_marker_comes_last(broker: Broker) -> None:
    """While lost letters cannot be returned, nothing is published and the broker stays unmarked."""
    journal_is_back = asyncio.Event()
    asked: list[bool] = []

    async def on_empty() -> None:
        asked.append(journal_is_back.is_set())
        if not journal_is_back.is_set():
            raise JournalUnavailable

    driver = RabbitDispatch(broker.url, epoch="epoch-1", adapters=["filedrop"], on_empty=on_empty)
    with listening() as told:
        async with driver:
            await told.has(BrokerLost(error="journal-unavailable"))
            assert list(await driver.publish([a_letter()])) == []
            await eventually(lambda: len(asked) >= 2)

            journal_is_back.set()

            assert await driver.reached(DEADLINE)
            assert len(await driver.publish([a_letter()])) == 1
    assert asked[-2:] == [False, True]


async def test_replicas_share_a_broker(broker: Broker) -> None:
    """Two gateways that meet an empty broker at the same moment both end up connected, and both publish."""
    async with asyncio.TaskGroup() as start:
        replicas = [start.create_task(_publish_one(broker)) for _ in range(2)]

    assert [replica.result() for replica in replicas] == [1, 1]


async def _publish_one(broker: Broker) -> int:
    async with broker.dispatch() as driver:
        return len(await driver.publish([a_letter()]))


async def test_a_worker_waits_for_its_queue(broker: Broker) -> None:
    """A worker that comes before its gateway declares nothing, and takes letters as soon as there are any."""
    desk = Desk[Letter]()
    async with broker.post() as worker, worker.letters("filedrop", desk.take, at_once=1):
        assert not await worker.reached(0.5)

        async with broker.dispatch() as driver:
            assert await worker.reached(DEADLINE)
            await driver.publish([a_letter()])
            await desk.has_taken(1)


def test_a_name_that_cannot_name_a_queue_is_refused() -> None:
    """An adapter whose name would mean more than itself in a routing key or a permission is refused at once."""

    async def on_empty() -> None: ...

    with pytest.raises(BadAdapter):
        RabbitDispatch("amqp://nowhere", epoch="epoch-1", adapters=["file.drop"], on_empty=on_empty)


async def test_a_letter_on_the_broker(broker: Broker, operator: aio_pika.abc.AbstractChannel) -> None:
    """What lies on the broker's disk is persistent, versioned, and identifiers only; the trace is a header."""
    letter = a_letter()
    async with broker.dispatch() as driver:
        await driver.publish([letter])
    seen = await (await operator.get_queue("gateway.letters.filedrop")).get()

    assert json.loads(seen.body) == {
        "version": 1,
        "submission": letter.submission,
        "attempt": 1,
        "adapter": "filedrop",
    }
    assert seen.delivery_mode is aio_pika.DeliveryMode.PERSISTENT
    assert seen.content_type == "application/json"
    assert seen.headers["traceparent"] == TRACE


# ── losing it ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
async def test_an_emptied_broker_is_refilled(broker: Broker) -> None:
    """A broker that comes back without its data is declared anew, lost letters are asked for, and both sides work."""
    letters_desk, reports_desk = Desk[Letter](), Desk[Report]()
    with listening() as told:
        async with (
            broker.dispatch() as driver,
            driver.reports(reports_desk.take),
            broker.post() as worker,
            worker.letters("filedrop", letters_desk.take, at_once=4),
        ):
            assert await driver.reached(DEADLINE)
            assert await worker.reached(DEADLINE)

            await anyio.to_thread.run_sync(broker.server.stop)
            await eventually(lambda: not driver.connected and not worker.connected)
            broker.server.wipe()
            await anyio.to_thread.run_sync(broker.server.start)
            assert await driver.reached(DEADLINE)
            assert await worker.reached(DEADLINE)
            await driver.publish(letters(5))
            await worker.report(a_report())
            await letters_desk.has_taken(5)
            await reports_desk.has_taken(1)

    assert broker.emptied == 2
    assert sorted(event.found for event in told.of(BrokerConnected)) == ["", "", "empty", "empty"]
    assert len(told.of(BrokerLost)) == 2


@pytest.mark.slow
async def test_a_killed_broker_keeps_what_it_confirmed(broker: Broker) -> None:
    """Letters confirmed before a kill are there afterwards; while it is away none is confirmed, and none waited for."""
    sent, lost = letters(20), a_letter()
    desk = Desk[Letter]()
    async with broker.dispatch(patience=2.0) as driver, broker.post() as worker:
        confirmed = await driver.publish(sent)
        await anyio.to_thread.run_sync(broker.server.kill)

        async with asyncio.timeout(3.0):
            assert list(await driver.publish([lost])) == []
            with pytest.raises(BrokerUnavailable):
                await worker.report(a_report())

        await anyio.to_thread.run_sync(broker.server.start)
        assert await driver.reached(DEADLINE)
        async with worker.letters("filedrop", desk.take, at_once=10):
            await desk.has_taken(20)

    assert sent == list(confirmed)
    assert {letter.submission for letter in sent} <= {letter.submission for letter in desk.taken}
    assert broker.emptied == 1


@pytest.mark.slow
async def test_a_delivery_outlives_its_broker(broker: Broker) -> None:
    """A letter in hand when the broker goes is finished, and is offered again when the broker is back."""
    desk = Desk[Letter](holding=True)
    async with (
        broker.dispatch() as driver,
        broker.post() as worker,
        worker.letters("filedrop", desk.take, at_once=1),
    ):
        await driver.publish([a_letter()])
        await desk.was_offered(1)
        await anyio.to_thread.run_sync(broker.server.kill)
        await eventually(lambda: not worker.connected)

        desk.release()
        await desk.has_taken(1)

        await anyio.to_thread.run_sync(broker.server.start)
        await desk.has_taken(2)

    assert desk.taken[0] == desk.taken[1]


async def test_memory_alarm(broker: Broker) -> None:
    """When the broker stops reading for want of memory, publishing ends in time, unconfirmed, and says why."""
    with listening() as told:
        async with broker.dispatch(patience=2.0) as driver:
            await anyio.to_thread.run_sync(broker.server.ctl, "set_vm_memory_high_watermark", "absolute", "1MB")
            try:
                async with asyncio.timeout(DEADLINE):
                    while BrokerLost(error="blocked") not in told.events:
                        await driver.publish(letters(10))
                        await asyncio.sleep(0.05)
                async with asyncio.timeout(1.0):
                    assert list(await driver.publish(letters(10))) == []
                assert not driver.connected
            finally:
                await anyio.to_thread.run_sync(broker.server.ctl, "set_vm_memory_high_watermark", "0.6")

            assert await driver.reached(DEADLINE)
            await published(driver, letters(10))
    assert len(told.of(BrokerConnected)) == len(told.of(BrokerLost)) + 1


# ── tampered with ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_deleted_queue_of_letters_comes_back(broker: Broker, operator: aio_pika.abc.AbstractChannel) -> None:
    """When somebody deletes a queue, it is declared again, what lay in it is asked for, and the worker is back."""
    desk = Desk[Letter]()
    with listening() as told:
        async with broker.dispatch(look_every=0.2) as driver, broker.post(look_every=600) as worker:
            await driver.publish(letters(3))
            await operator.queue_delete("gateway.letters.filedrop")
            await told.has(BrokerFault(queue="gateway.letters.filedrop", because="missing"))
            await eventually(lambda: broker.emptied == 2)

            async with worker.letters("filedrop", desk.take, at_once=1):
                await worker.reached(DEADLINE)
                await operator.queue_delete("gateway.letters.filedrop")
                await eventually(lambda: broker.emptied == 3)
                assert await worker.reached(DEADLINE)
                await driver.publish([a_letter()])
                await desk.has_taken(1)


async def test_a_deleted_queue_of_reports_comes_back(broker: Broker, operator: aio_pika.abc.AbstractChannel) -> None:
    """When somebody deletes the queue of reports, the gateway takes reports again shortly afterwards."""
    desk = Desk[Report]()
    async with (
        broker.dispatch(look_every=0.2) as driver,
        driver.reports(desk.take),
        broker.post() as worker,
    ):
        assert await driver.reached(DEADLINE)
        await operator.queue_delete("gateway.outcomes")
        await eventually(lambda: broker.emptied == 2)
        assert await driver.reached(DEADLINE)
        await reported(worker, a_report())
        await desk.has_taken(1)


async def test_a_removed_binding_is_not_a_delivery(broker: Broker, operator: aio_pika.abc.AbstractChannel) -> None:
    """A letter that no queue wants is not confirmed, and the way is mended at once."""
    with listening() as told:
        async with broker.dispatch() as driver:
            queue = await operator.get_queue("gateway.letters.filedrop")
            await queue.unbind("gateway.letters", "filedrop")

            assert list(await driver.publish([a_letter()])) == []

            await published(driver, [a_letter()])
    assert [BrokerFault(queue="gateway.letters.filedrop", because="unroutable")] == told.of(BrokerFault)


async def test_a_forgotten_consumer_is_noticed(broker: Broker) -> None:
    """When the broker no longer knows our consumer, though the connection stands, we consume anew."""
    desk = Desk[Letter]()
    with listening() as told:
        async with (
            broker.dispatch() as driver,
            broker.post(look_every=0.2) as worker,
            worker.letters("filedrop", desk.take, at_once=1),
        ):
            assert await worker.reached(DEADLINE)
            await anyio.to_thread.run_sync(_forget_consumers, broker, "gateway.letters.filedrop")
            await told.has(BrokerLost(error="no-consumer"))
            await driver.publish([a_letter()])
            await desk.has_taken(1)


def _forget_consumers(broker: Broker, queue: str) -> None:
    broker.server.ctl(
        "eval",
        f"""
        {{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"{broker.vhost}">>, queue, <<"{queue}">>)),
        [ra:process_command(amqqueue:get_pid(Q), rabbit_fifo:make_checkout({{Tag, Channel}}, cancel, #{{}}))
         || {{Channel, Tag, _, _, _, _, _, _}} <- rabbit_amqqueue:consumers(Q)].
        """,
    )


async def test_a_letter_held_too_long_comes_again(broker: Broker) -> None:
    """When the broker takes a letter back because its handler is slow, the handler finishes and consuming goes on."""
    desk = Desk[Letter](holding=True)
    limits = (
        "application:set_env(rabbit, consumer_timeout, {}), application:set_env(rabbit, channel_tick_interval, {})."
    )
    await anyio.to_thread.run_sync(broker.server.ctl, "eval", limits.format(500, 200))
    try:
        async with (
            broker.dispatch() as driver,
            broker.post() as worker,
            worker.letters("filedrop", desk.take, at_once=1),
        ):
            with listening() as told:
                await driver.publish([a_letter()])
                await told.has(BrokerLost(error="ChannelPreconditionFailed"))
                assert desk.in_hand == 1
                desk.release()
                await desk.has_taken(2)
    finally:
        await anyio.to_thread.run_sync(broker.server.ctl, "eval", limits.format(1_800_000, 60_000))

    assert desk.most_in_hand == 1


async def test_looking_leaves_nothing_behind(broker: Broker) -> None:
    """Looking at the queues for weeks costs no memory."""
    looks = 0

    def count(event: Event) -> None:
        nonlocal looks
        looks += isinstance(event, QueueSeen)

    with watched(count):
        async with broker.dispatch(look_every=0.001):
            await eventually(lambda: looks > 60)
            gc.collect()
            before = len(gc.get_objects())
            until = looks + 600
            await eventually(lambda: looks > until)
            gc.collect()
            after = len(gc.get_objects())

    assert after - before < 600


# ── what nobody understands ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body, because",
    [
        (b'{"version":2,"submission":"of the future"}', "unknown-version"),
        (b'{"version":1,"submission":7}', "unreadable"),
        (b"not json", "unreadable"),
        (b'{"version":NaN}', "unreadable"),
        (b"[" * 60_000, "unreadable"),
        (b" " * 70_000 + b"{}", "unreadable"),
        (b"\xff\xfe", "unreadable"),
    ],
    ids=["future", "wrong-type", "no-json", "nan", "deep", "long", "no-text"],
)
async def test_what_nobody_understands_is_put_aside(
    broker: Broker, operator: aio_pika.abc.AbstractChannel, body: bytes, because: str
) -> None:
    """A message that is no letter, or of an unknown version, goes to the dead letters, and both are told."""
    desk = Desk[Letter]()
    with listening() as told:
        async with (
            broker.dispatch(look_every=0.1) as driver,
            broker.post() as worker,
            worker.letters("filedrop", desk.take, at_once=1),
        ):
            exchange = await operator.get_exchange("gateway.letters")
            await exchange.publish(aio_pika.Message(body), "filedrop")
            await told.has(BrokerFault(queue="gateway.letters.filedrop", because=because))
            await told.has(BrokerFault(queue="gateway.dead", because="dead-letters"))
            await told.has(QueueSeen(queue="gateway.dead", messages=1, consumers=0))
            await driver.publish([a_letter()])
            await desk.has_taken(1)

    assert len([event for event in told.of(BrokerFault) if event.queue == "gateway.dead"]) == 1


async def test_a_report_that_always_breaks_is_put_aside(broker: Broker) -> None:
    """A report whose handler breaks time and again lies with the dead letters afterwards, not in nowhere."""
    desk = Desk[Report](refusals=[ZeroDivisionError() for _ in range(TRIES)])
    with listening() as told:
        async with (
            broker.dispatch(look_every=0.1) as driver,
            driver.reports(desk.take),
            broker.post() as worker,
        ):
            await worker.report(a_report())
            await told.has(QueueSeen(queue="gateway.dead", messages=1, consumers=0))

    assert len(desk.offered) == TRIES
    assert desk.taken == []


async def test_letters_without_a_worker_are_noticed(broker: Broker) -> None:
    """A queue with letters and no consumer is told once while that lasts."""
    with listening() as told:
        async with broker.dispatch(look_every=0.1) as driver:
            await driver.publish([a_letter()])
            await told.has(BrokerFault(queue="gateway.letters.filedrop", because="no-consumer"))
            seen = len(told.of(QueueSeen))
            await eventually(lambda: len(told.of(QueueSeen)) > seen + 10)

    assert len(told.of(BrokerFault)) == 1


# ── who said that? ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_report_counts_only_from_its_own_adapter(
    broker: Broker, operator: aio_pika.abc.AbstractChannel
) -> None:
    """A report that the broker let pass but whose sender does not fit what it says is dropped, and told."""
    from gateway.drivers.rabbitmq.publisher import message
    from gateway.drivers.wire import write_report

    desk = Desk[Report]()
    report = a_report("filedrop")
    body = write_report(report)
    good = a_report("filedrop")
    with listening() as told:
        async with (
            broker.dispatch("filedrop", "other") as driver,
            driver.reports(desk.take),
            broker.post("other") as other,
            broker.post("filedrop") as worker,
        ):
            exchange = await operator.get_exchange("gateway.outcomes")
            await exchange.publish(message(body, ""), "filedrop.outcome")
            await exchange.publish(message(body, "", user=broker.vhost), "filedrop.outcome")
            await other._publisher.send([("other.outcome", message(body, "", user=broker.user_of("other")))])
            await worker.report(good)
            await desk.has_taken(1)

    assert [good] == desk.taken
    assert [event.adapter for event in told.of(ReportIgnored)] == ["filedrop", "filedrop", "other"]
    assert {"wrong-sender"} == {event.because for event in told.of(ReportIgnored)}
