"""One suite for every driver of dispatch: what letters and reports may rely on, with a broker and without."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import pytest

from gateway.adapter import Broken, Delivered, Ending, Refused, Unclear, Unreachable
from gateway.dispatch import Dispatch, Letter, Post, Report
from gateway.drivers.hands import TRIES
from gateway.drivers.in_process import InProcess
from gateway.errors import BrokerUnavailable, JournalUnavailable
from gateway.events import TaskFailed
from gateway.submission import Grade
from tests.gateway.drivers.dispatch_rig import Broker, Desk, a_letter, a_report, eventually, letters, listening

pytestmark = pytest.mark.anyio


@dataclass
class Rig:
    """Both sides of one driver, for the adapters `filedrop` and `other`."""

    gateway: Dispatch
    worker: Post
    other_worker: Post


@pytest.fixture(params=["in process", pytest.param("RabbitMQ", marks=pytest.mark.real)])
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    if request.param == "in process":
        driver = InProcess(["filedrop", "other"])
        yield Rig(driver, driver, driver)
        return
    broker = Broker(request.getfixturevalue("rabbit"), request.getfixturevalue("rabbit_vhost"))
    async with AsyncExitStack() as stack:
        stack.callback(broker.remove_users)
        gateway = await stack.enter_async_context(broker.dispatch("filedrop", "other"))
        worker = await stack.enter_async_context(broker.post("filedrop"))
        yield Rig(gateway, worker, await stack.enter_async_context(broker.post("other")))


async def test_letters_arrive(rig: Rig) -> None:
    """A confirmed letter reaches a worker of its adapter, with everything that is in it."""
    desk = Desk[Letter]()
    sent = letters(3)

    async with rig.worker.letters("filedrop", desk.take, at_once=2):
        confirmed = await rig.gateway.publish(sent)
        await desk.has_taken(3)

    assert sent == list(confirmed)
    assert sorted(sent, key=str) == sorted(desk.taken, key=str)


async def test_letters_wait_for_a_worker(rig: Rig) -> None:
    """A letter that was published before anybody took letters is kept."""
    sent = letters(3)
    await rig.gateway.publish(sent)

    desk = Desk[Letter]()
    async with rig.worker.letters("filedrop", desk.take, at_once=1):
        await desk.has_taken(3)

    assert sent == desk.taken


async def test_an_unknown_adapter_is_not_confirmed(rig: Rig) -> None:
    """A letter for an adapter that has no queue is not confirmed; the letters around it are."""
    first, lost, last = a_letter(), a_letter("nobody"), a_letter()

    confirmed = await rig.gateway.publish([first, lost, last])

    assert [first, last] == list(confirmed)


async def test_nothing_to_publish(rig: Rig) -> None:
    """Publishing no letters confirms none."""
    assert list(await rig.gateway.publish([])) == []


async def test_adapters_do_not_see_each_others_letters(rig: Rig) -> None:
    """Each adapter's workers get its own letters only."""
    ours, theirs = letters(3), letters(3, "other")
    desk, other_desk = Desk[Letter](), Desk[Letter]()

    async with (
        rig.worker.letters("filedrop", desk.take, at_once=1),
        rig.other_worker.letters("other", other_desk.take, at_once=1),
    ):
        await rig.gateway.publish(ours + theirs)
        await desk.has_taken(3)
        await other_desk.has_taken(3)

    assert ours == desk.taken
    assert theirs == other_desk.taken


async def test_workers_share_the_letters(rig: Rig) -> None:
    """Two workers of one adapter take each letter once between them."""
    sent = letters(10)
    one, two = Desk[Letter](holding=True), Desk[Letter](holding=True)

    async with (
        rig.worker.letters("filedrop", one.take, at_once=5),
        rig.worker.letters("filedrop", two.take, at_once=5),
    ):
        await rig.gateway.publish(sent)
        await one.was_offered(5)
        await two.was_offered(5)
        one.release()
        two.release()

    assert sorted(sent, key=str) == sorted(one.taken + two.taken, key=str)


async def test_a_letter_whose_handler_breaks_is_offered_again(rig: Rig) -> None:
    """When the handler raises, the letter is handed back and comes again."""
    letter = a_letter()
    desk = Desk[Letter](refusals=[RuntimeError("a bug")])

    with listening() as told:
        async with rig.worker.letters("filedrop", desk.take, at_once=1):
            await rig.gateway.publish([letter])
            await desk.has_taken(1)

    assert [letter] == desk.taken
    assert [event.error for event in told.of(TaskFailed)] == ["RuntimeError"]


async def test_a_letter_that_always_breaks_stops_nobody(rig: Rig) -> None:
    """A letter whose handler breaks time and again is put aside after a few tries, and the next one is taken."""
    poison, good = a_letter(), a_letter()
    desk = Desk[Letter]()

    async def break_on_poison(letter: Letter) -> None:
        if letter == poison:
            desk.offered.append(letter)
            raise ZeroDivisionError
        await desk.take(letter)

    async with rig.worker.letters("filedrop", break_on_poison, at_once=1):
        await rig.gateway.publish([poison])
        await desk.was_offered(TRIES)
        await rig.gateway.publish([good])
        await desk.has_taken(1)

    assert [poison] * TRIES + [good] == desk.offered


@pytest.mark.slow
async def test_a_letter_waits_in_hand_for_the_journal(rig: Rig) -> None:
    """While the journal is away a letter stays in hand and its handler is called until it succeeds, however often."""
    letter = a_letter()
    desk = Desk[Letter](refusals=[JournalUnavailable() for _ in range(TRIES + 1)])

    with listening() as told:
        async with rig.worker.letters("filedrop", desk.take, at_once=1):
            await rig.gateway.publish([letter])
            await desk.has_taken(1)

    assert [letter] * (TRIES + 2) == desk.offered
    assert told.of(TaskFailed) == []


async def test_no_more_letters_in_hand_than_asked_for(rig: Rig) -> None:
    """At most `at_once` letters are in hand together, and that many are."""
    desk = Desk[Letter](holding=True)

    async with rig.worker.letters("filedrop", desk.take, at_once=3):
        await rig.gateway.publish(letters(10))
        await desk.was_offered(3)
        desk.release()
        await desk.has_taken(10)

    assert desk.most_in_hand == 3


async def test_stopping_finishes_what_is_in_hand_and_hands_back_the_rest(rig: Rig) -> None:
    """A worker that stops finishes its letters in hand; the others wait for the next worker, and none comes twice."""
    sent = letters(6)
    stopping, next_one = Desk[Letter](holding=True), Desk[Letter]()
    left = asyncio.Event()

    async def work_until_left() -> None:
        async with rig.worker.letters("filedrop", stopping.take, at_once=2):
            await left.wait()

    work = asyncio.create_task(work_until_left())
    await rig.gateway.publish(sent)
    await stopping.was_offered(2)
    left.set()
    async with rig.worker.letters("filedrop", next_one.take, at_once=2):
        await next_one.has_taken(4)
        assert not work.done()
        stopping.release()
        await work

    assert len(stopping.taken) == 2
    assert sorted(sent, key=str) == sorted(stopping.taken + next_one.taken, key=str)


async def test_a_stopping_worker_keeps_nothing_back(rig: Rig) -> None:
    """While a stopping worker finishes a long delivery, the letters it will not take are free for others."""
    long_one, *rest = sent = letters(5)
    long_desk, short_desk, next_one = Desk[Letter](holding=True), Desk[Letter](holding=True), Desk[Letter]()
    left = asyncio.Event()

    async def take(letter: Letter) -> None:
        await (long_desk if letter == long_one else short_desk).take(letter)

    async def work_until_left() -> None:
        async with rig.worker.letters("filedrop", take, at_once=2):
            await left.wait()

    work = asyncio.create_task(work_until_left())
    await rig.gateway.publish(sent)
    await long_desk.was_offered(1)
    await short_desk.was_offered(1)
    left.set()
    short_desk.release()
    async with rig.worker.letters("filedrop", next_one.take, at_once=2):
        # One may still have come to the first worker between its stop and the end of its taking.
        await eventually(lambda: len(short_desk.taken) + len(next_one.taken) == len(rest))
        assert not work.done()
        long_desk.release()
        await work

    assert len(next_one.taken) >= 2
    assert sorted(rest, key=str) == sorted(short_desk.taken + next_one.taken, key=str)


async def test_stopping_does_not_wait_for_the_journal(rig: Rig) -> None:
    """A letter that waits in hand for the journal is handed back when the worker stops."""
    letter = a_letter()
    stopping = Desk[Letter](refusals=[JournalUnavailable() for _ in range(1_000)])
    next_one = Desk[Letter]()

    async with rig.worker.letters("filedrop", stopping.take, at_once=1):
        await rig.gateway.publish([letter])
        await stopping.was_offered(1)
    async with rig.worker.letters("filedrop", next_one.take, at_once=1):
        await next_one.has_taken(1)

    assert [letter] == next_one.taken


@pytest.mark.parametrize(
    "ending",
    [
        Delivered("", Grade.ANSWERED),
        Refused("not-responsible"),
        Unreachable("connection-refused"),
        Unreachable("busy", wait=90.5),
        Unclear("no-answer"),
        Broken("ZeroDivisionError", ("adapters.filedrop:deliver:12", "adapters.filedrop:write:40")),
    ],
    ids=["delivered", "refused", "unreachable", "asked-to-wait", "unclear", "broken"],
)
async def test_reports_arrive(rig: Rig, ending: Ending) -> None:
    """A report reaches the gateway as it was sent, whatever the end of the attempt was."""
    desk = Desk[Report]()
    report = a_report(ending=ending)

    async with rig.gateway.reports(desk.take):
        await rig.worker.report(report)
        await desk.has_taken(1)

    assert [report] == desk.taken


@pytest.mark.parametrize(
    "said, heard",
    [
        (Delivered("Beispiel, Erika, AZ 7", Grade.TAKEN), Delivered("", Grade.TAKEN)),
        (Refused("incomplete", "Frau Beispiel fehlt die Unterschrift"), Refused("incomplete")),
    ],
    ids=["reference", "reason"],
)
async def test_a_vendors_words_do_not_travel(rig: Rig, said: Ending, heard: Ending) -> None:
    """References and reasons of a Fachverfahren stay in the document store; a report carries codes."""
    desk = Desk[Report]()
    report = a_report(ending=said)

    async with rig.gateway.reports(desk.take):
        await rig.worker.report(report)
        await desk.has_taken(1)

    assert [replace(report, ending=heard)] == desk.taken


async def test_reports_wait_for_the_gateway(rig: Rig) -> None:
    """A report that nobody can conclude yet is kept, handed back when the gateway stops, and comes again."""
    report = a_report()
    stopping, next_one = Desk[Report](refusals=[JournalUnavailable() for _ in range(1_000)]), Desk[Report]()
    await rig.worker.report(report)

    async with rig.gateway.reports(stopping.take):
        await stopping.was_offered(1)
    async with rig.gateway.reports(next_one.take):
        await next_one.has_taken(1)

    assert [report] == next_one.taken


async def test_one_report_does_not_hold_up_the_others(rig: Rig) -> None:
    """While one report waits in hand, others are taken."""
    slow, quick = a_report(), a_report()
    desk = Desk[Report]()
    held = asyncio.Event()

    async def hold_the_first(report: Report) -> None:
        if report == slow:
            await held.wait()
        await desk.take(report)

    async with rig.gateway.reports(hold_the_first):
        await rig.worker.report(slow)
        await rig.worker.report(quick)
        await desk.has_taken(1)
        assert [quick] == desk.taken
        held.set()

    assert [quick, slow] == desk.taken


async def test_both_sides_are_connected(rig: Rig) -> None:
    """Each side says that it is connected."""
    assert rig.gateway.connected
    assert rig.worker.connected


async def test_what_finds_no_room_in_memory_is_not_confirmed() -> None:
    """The in-process queue is bounded: a letter beyond its room is not confirmed, a report is an error to try again."""
    driver = InProcess(["filedrop"], room=2)
    sent = letters(3)

    confirmed = await driver.publish(sent)
    await driver.report(a_report())
    await driver.report(a_report())

    assert sent[:2] == list(confirmed)
    with pytest.raises(BrokerUnavailable):
        await driver.report(a_report())
