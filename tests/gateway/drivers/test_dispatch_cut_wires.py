"""Wires that are cut, stall or refuse: nothing counts as confirmed that was not, and everything comes back."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from gateway.dispatch import Letter, Report
from gateway.errors import BrokerUnavailable
from gateway.events import BrokerConnected, BrokerLost
from gateway.submission import SubmissionId
from tests.gateway.drivers.cutting_proxy import CuttingProxy, Direction
from tests.gateway.drivers.dispatch_rig import (
    DEADLINE,
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
    broker.remove_users()


@pytest.fixture
async def wire(broker: Broker) -> AsyncIterator[CuttingProxy]:
    """The way to the broker, in our hands."""
    async with CuttingProxy(broker.url) as proxy:
        yield proxy


async def what_arrived(broker: Broker) -> set[SubmissionId]:
    """The submissions whose letters lie in the queue; empties it."""
    last = a_letter()
    desk = Desk[Letter]()
    async with broker.dispatch() as driver, broker.post() as worker:
        await driver.publish([last])
        async with worker.letters("filedrop", desk.take, at_once=50):
            await eventually(lambda: last in desk.taken)
    return {letter.submission for letter in desk.taken} - {last.submission}


@pytest.mark.parametrize(
    "number, direction",
    [
        (1, "to_broker"),
        (500, "to_broker"),
        (2_000, "to_broker"),
        (8_000, "to_broker"),
        (1, "to_client"),
        (15, "to_client"),
        (30, "to_client"),
        (100, "to_client"),  # ten batches, so ten confirms of 21 bytes at least
    ],
)
async def test_a_cut_while_publishing(broker: Broker, wire: CuttingProxy, number: int, direction: Direction) -> None:
    """Wherever the wire is cut in a batch, every letter that counts as confirmed is in the queue."""
    batches = [letters(10) for _ in range(10)]
    sent = [letter for batch in batches for letter in batch]
    async with broker.dispatch(url=wire.url) as driver:
        wire.cut_after(number, direction)

        confirmed = [letter for batch in batches for letter in await driver.publish(batch)]

        await eventually(lambda: wire.cuts == 1)
        assert len(confirmed) < len(sent)
        assert {letter.submission for letter in confirmed} <= await what_arrived(broker)

        await published(driver, sent)

    assert {letter.submission for letter in sent} == await what_arrived(broker)


async def test_a_cut_before_the_confirm(broker: Broker, wire: CuttingProxy) -> None:
    """A letter that arrived and whose confirm did not counts as not confirmed; sent again it is there twice."""
    letter = a_letter()
    desk = Desk[Letter]()
    async with broker.dispatch(url=wire.url) as driver:
        wire.cut_after(0, "to_client")
        assert list(await driver.publish([letter])) == []

        await published(driver, [letter])

    async with broker.post() as worker, worker.letters("filedrop", desk.take, at_once=1):
        await desk.has_taken(2)
    assert [letter, letter] == desk.taken


async def test_a_cut_after_the_confirm(broker: Broker, wire: CuttingProxy) -> None:
    """What was confirmed stays confirmed when the wire is cut afterwards, and is there once."""
    sent = letters(10)
    async with broker.dispatch(url=wire.url) as driver:
        confirmed = await driver.publish(sent)
        wire.cut()
        await eventually(lambda: not driver.connected)
        assert await driver.reached(DEADLINE)

    assert sent == list(confirmed)
    assert {letter.submission for letter in sent} == await what_arrived(broker)


async def test_consumers_survive_a_cut(broker: Broker, wire: CuttingProxy) -> None:
    """After a cut both sides come back with their consumers, time after time."""
    letters_desk, reports_desk = Desk[Letter](), Desk[Report]()
    async with (
        broker.dispatch(url=wire.url) as driver,
        driver.reports(reports_desk.take),
        CuttingProxy(broker.worker_url("filedrop")) as workers_wire,
        broker.post(url=workers_wire.url) as worker,
        worker.letters("filedrop", letters_desk.take, at_once=2),
    ):
        for round_ in range(1, 4):
            assert await driver.reached(DEADLINE)
            assert await worker.reached(DEADLINE)
            assert await driver.publish([a_letter()])
            await worker.report(a_report())
            await letters_desk.has_taken(round_)
            await reports_desk.has_taken(round_)

            wire.cut()
            workers_wire.cut()
            await eventually(lambda: not driver.connected and not worker.connected)


async def test_an_acknowledgement_that_is_cut_off(broker: Broker) -> None:
    """A letter whose acknowledgement did not arrive is offered again; none is lost."""
    desk = Desk[Letter](holding=True)
    letter = a_letter()
    async with (
        broker.dispatch() as driver,
        CuttingProxy(broker.worker_url("filedrop")) as wire,
        broker.post(url=wire.url) as worker,
        worker.letters("filedrop", desk.take, at_once=1),
    ):
        await driver.publish([letter])
        await desk.was_offered(1)
        wire.cut_after(0, "to_broker")
        desk.release()
        await desk.has_taken(2)

    assert [letter, letter] == desk.taken


async def test_a_stopping_worker_takes_nothing_after_a_cut(broker: Broker) -> None:
    """A worker that is cut off while it finishes does not come back for more; another one gets the letters."""
    stopping, next_one = Desk[Letter](holding=True), Desk[Letter]()
    left = asyncio.Event()
    sent = letters(3)
    async with (
        broker.dispatch() as driver,
        CuttingProxy(broker.worker_url("filedrop")) as wire,
        broker.post(url=wire.url) as worker,
        broker.post() as other,
    ):

        async def work_until_left() -> None:
            async with worker.letters("filedrop", stopping.take, at_once=2):
                await left.wait()

        work = asyncio.create_task(work_until_left())
        await driver.publish(sent)
        await stopping.was_offered(2)
        left.set()
        await eventually(lambda: wire.wires == 2)
        wire.cut()
        await eventually(lambda: wire.wires < 2)
        await eventually(lambda: wire.wires == 2)
        async with other.letters("filedrop", next_one.take, at_once=3):
            await next_one.has_taken(3)
        stopping.release()
        await work

    assert sorted(sent, key=str) == sorted(next_one.taken, key=str)
    assert len(stopping.offered) == 2


async def test_a_report_that_may_not_have_arrived(broker: Broker) -> None:
    """A worker whose report was cut off hears of it and sends it again; the gateway has it, perhaps twice."""
    desk = Desk[Report]()
    report = a_report()
    async with (
        broker.dispatch() as driver,
        driver.reports(desk.take),
        CuttingProxy(broker.worker_url("filedrop")) as wire,
        broker.post(url=wire.url) as worker,
    ):
        wire.cut_after(0, "to_client")
        with pytest.raises(BrokerUnavailable):
            await worker.report(report)

        await reported(worker, report)
        await desk.has_taken(2)

    assert [report, report] == desk.taken


async def test_a_stalled_wire_does_not_hold_up_publishing(broker: Broker, wire: CuttingProxy) -> None:
    """When bytes vanish and nobody says so, publishing ends in time, unconfirmed, and a new connection is made."""
    with listening() as told:
        async with broker.dispatch(url=wire.url, patience=1.0) as driver:
            wire.stall()
            async with asyncio.timeout(1.5):
                assert list(await driver.publish(letters(2_000))) == []
            async with asyncio.timeout(1.5):
                assert list(await driver.publish(letters(10))) == []
            wire.flow()

            await published(driver, [a_letter()])
    assert BrokerLost(error="no-confirm") in told.events


async def test_leaving_over_a_stalled_wire(broker: Broker, wire: CuttingProxy) -> None:
    """A gateway that stops while the wire is stalled stops within seconds."""
    async with asyncio.timeout(DEADLINE):
        async with broker.dispatch(url=wire.url, patience=0.5) as driver, driver.reports(Desk[Report]().take):
            wire.stall()
            await driver.publish(letters(2_000))
            stopping = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - stopping < 15


@pytest.mark.slow
async def test_a_consumer_on_a_stalled_wire_comes_back(broker: Broker) -> None:
    """A worker that hears nothing, not even heartbeats, connects anew with its consumer."""
    desk = Desk[Letter]()
    async with (
        broker.dispatch() as driver,
        CuttingProxy(broker.worker_url("filedrop")) as wire,
        broker.post(url=f"{wire.url}?heartbeat=1") as worker,
        worker.letters("filedrop", desk.take, at_once=1),
    ):
        assert await worker.reached(DEADLINE)
        wire.stall()
        await eventually(lambda: not worker.connected)
        wire.flow()
        assert await worker.reached(DEADLINE)
        await driver.publish([a_letter()])
        await desk.has_taken(1)


@pytest.mark.parametrize("direction", ["to_broker", "to_client"])
@pytest.mark.slow
async def test_a_cut_at_any_other_time(broker: Broker, wire: CuttingProxy, direction: Direction) -> None:
    """Wherever the wire is cut while connecting, declaring and looking around, everything comes back."""
    desk = Desk[Report]()
    async with broker.dispatch(url=wire.url, look_every=0.05) as driver, driver.reports(desk.take):
        for number in range(0, 2_400, 200):
            cuts = wire.cuts
            wire.cut_after(number, direction)
            await eventually(lambda: wire.cuts > cuts)  # noqa: B023  awaited before the next round
        await published(driver, [a_letter()])


@pytest.mark.slow
async def test_a_refused_connection_is_told_once(broker: Broker, wire: CuttingProxy) -> None:
    """However often connecting fails, the broker is told as lost once, and once as connected when it is back."""
    with listening() as told:
        async with broker.dispatch(url=wire.url) as driver:
            wire.refuse()
            wire.cut()
            await eventually(lambda: wire.refused >= 4)
            assert list(await driver.publish([a_letter()])) == []

            wire.refuse(refusing=False)
            assert await driver.reached(DEADLINE)
    assert len(told.of(BrokerLost)) == 1
    assert [event.found for event in told.of(BrokerConnected)] == ["empty", "known"]
