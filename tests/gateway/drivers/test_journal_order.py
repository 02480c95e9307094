"""Messages of one case leave one after the other, in the order in which they were accepted."""

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from gateway.drivers.sql.journal import SqlJournal
from gateway.journal import Conclude, Entry, Limits, Park, Recorded, TryAgain
from gateway.submission import State, SubmissionId
from tests.gateway.drivers.journal_rig import (
    TOWN,
    Rig,
    accept,
    claim,
    conclude,
    hand_over,
    on_postgres,
    report,
    standing,
    state,
)

pytestmark = pytest.mark.anyio

REFUSED = Conclude(State.REFUSED, final=True, code="not-taken")


def message(rig: Rig, refers_to: Entry | str | None = None, *, case_id: str | None = None, **changes: Any) -> Entry:
    """A message as intake would record it: with a UUID of its own, and perhaps a reference and a case id."""
    own = str(uuid.uuid4())
    reference = refers_to.submission.message_uuid if isinstance(refers_to, Entry) else refers_to
    facts = {"keys": (f"uuid:{own}",), "reference_uuid": reference, "case_key": case_id or reference or own, **changes}
    return rig.entry(**facts)


async def left(journal: SqlJournal) -> list[SubmissionId]:
    """Who leaves now; they stay on their way."""
    return [letter.submission for letter in await hand_over(journal)]


async def delivered_one_by_one(journal: SqlJournal) -> list[SubmissionId]:
    """Deliver whatever leaves until nothing does; each round has at most one of a case."""
    order: list[SubmissionId] = []
    while letters := await hand_over(journal):
        for letter in letters:
            await conclude(journal, report(await claim(journal, letter)))
            order.append(letter.submission)
    return order


# ── what belongs together ────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_message_waits_for_the_one_it_refers_to(rig: Rig, journal: SqlJournal) -> None:
    """It leaves when that one has arrived, and not before, however long it is due."""
    first = message(rig)
    later = message(rig, first)
    ids = await accept(journal, first, later)

    [letter] = await hand_over(journal)
    assert letter.submission == ids[0]
    rig.clock.advance(1e6)
    assert not await hand_over(journal)
    await conclude(journal, report(await claim(journal, letter)))

    assert await left(journal) == [ids[1]]


async def test_a_chain_of_references_is_one_case(rig: Rig, journal: SqlJournal) -> None:
    """Each refers to the one before it only, and still the last waits for the first."""
    entries = [message(rig)]
    for _ in range(4):
        entries.append(message(rig, entries[-1]))
    ids = await accept(journal, *entries)

    assert await delivered_one_by_one(journal) == ids


async def test_branches_of_a_case_are_one_line(rig: Rig, journal: SqlJournal) -> None:
    """Several messages that refer to the same one keep the order of their acceptance."""
    first = message(rig)
    entries = [first, *(message(rig, first) for _ in range(3))]
    entries.append(message(rig, entries[1]))
    ids = await accept(journal, *entries)

    assert await delivered_one_by_one(journal) == ids


async def test_a_case_id_ties_without_a_reference(rig: Rig, journal: SqlJournal) -> None:
    """Messages that name the same case belong together, and with those that they refer to."""
    first = message(rig)
    entries = [first, message(rig, first, case_id="AZ-1"), message(rig, case_id="AZ-1"), message(rig, first)]
    ids = await accept(journal, *entries)

    assert await delivered_one_by_one(journal) == ids


async def test_a_message_that_comes_before_the_one_it_refers_to_was_accepted_first(
    rig: Rig, journal: SqlJournal
) -> None:
    """The order is that of acceptance: what is referred to follows, if it comes later."""
    first = message(rig)
    ids = await accept(journal, message(rig, first), first, message(rig, first))

    assert await delivered_one_by_one(journal) == ids


async def test_messages_of_one_commit_keep_their_order(rig: Rig, journal: SqlJournal) -> None:
    """Members of a case that are written down together follow one another as they came."""
    first = message(rig)
    entries = [first]
    for _ in range(5):
        entries.append(message(rig, entries[-1]))
    answers = await asyncio.gather(*(journal.record(entry) for entry in entries))
    assert all(isinstance(answer, Recorded) for answer in answers)

    assert await delivered_one_by_one(journal) == [entry.submission.id for entry in entries]


async def test_cases_do_not_wait_for_each_other(rig: Rig, journal: SqlJournal) -> None:
    """Others of the same destination leave, also those that came later than what waits."""
    rig.limits[TOWN] = Limits(window=20, concurrency=20)
    firsts = [message(rig) for _ in range(3)]
    laters = [message(rig, first) for first in firsts]
    alone = [message(rig) for _ in range(3)]
    ids = await accept(journal, *firsts, *laters, *alone)

    assert set(await left(journal)) == {*ids[:3], *ids[6:]}


async def test_another_portal_cannot_get_into_a_case(rig: Rig, journal: SqlJournal) -> None:
    """Who refers to somebody else's message waits for nobody, and holds nobody up."""
    first = message(rig, case_id="AZ-1")
    foreign = [message(rig, first, client="anderes"), message(rig, client="anderes", case_id="AZ-1")]
    own = message(rig, first)
    ids = await accept(journal, first, *foreign, own)

    assert set(await left(journal)) == {*ids[:3]}


async def test_what_goes_elsewhere_does_not_wait(rig: Rig, journal: SqlJournal) -> None:
    """The order is one of a destination: another one, and the tests, get theirs at once, each in its own order."""
    first = message(rig)
    there = [message(rig, first, destination="anderswo") for _ in range(2)]
    tests = [message(rig, first, test=True) for _ in range(2)]
    ids = await accept(journal, first, *there, *tests)

    assert set(await left(journal)) == {ids[0], ids[1], ids[3]}


async def test_a_rejected_message_holds_nobody(rig: Rig, journal: SqlJournal) -> None:
    """What was not accepted is nobody's predecessor."""
    rejected = message(rig, state=State.REJECTED)
    await journal.record(rejected)
    [later] = await accept(journal, message(rig, rejected))

    assert await left(journal) == [later]


async def test_without_uuids_there_is_no_order(rig: Rig, journal: SqlJournal) -> None:
    """Messages that name neither themselves nor anything else leave together."""
    ids = await accept(journal, *(rig.entry(message_uuid=None, case_key=None) for _ in range(3)))

    assert set(await left(journal)) == set(ids)


async def test_where_order_does_not_matter_nobody_waits(rig: Rig) -> None:
    """An adapter may say so in its manifest."""
    rig.unordered = frozenset({"filedrop"})
    async with rig.open() as journal:
        first = message(rig)
        ids = await accept(journal, first, message(rig, first), message(rig, first, adapter="genau"))

        assert set(await left(journal)) == set(ids[:2])


# ── how long they wait ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_retry_keeps_its_place(rig: Rig, journal: SqlJournal) -> None:
    """While the first is tried again, or its letter was taken back, the next one waits."""
    first = message(rig)
    ids = await accept(journal, first, message(rig, first))

    for lost in (False, True, False):
        [letter] = await hand_over(journal)
        assert letter.submission == ids[0]
        if lost:
            await journal.take_back([letter], "not-confirmed", after=5.0)
        else:
            await conclude(journal, report(await claim(journal, letter)), TryAgain(5.0, "connection-refused"))
        assert not await hand_over(journal)
        rig.clock.advance(6)

    assert await delivered_one_by_one(journal) == ids


@pytest.mark.parametrize("end", ["delivered", "refused", "lapsed", "dropped"])
async def test_every_end_lets_the_next_one_go(rig: Rig, journal: SqlJournal, end: str) -> None:
    """Arrived, not taken, given up by an operator: whatever ends the first frees its follower at once."""
    first = message(rig)
    ids = await accept(journal, first, message(rig, first))
    [letter] = await hand_over(journal)
    assert not await hand_over(journal)
    claimed = await claim(journal, letter)

    match end:
        case "delivered":
            await conclude(journal, report(claimed))
        case "refused":
            await conclude(journal, report(claimed), REFUSED)
        case "lapsed":
            rig.clock.advance(1e6)
            assert await journal.lapse(lambda *_: REFUSED)
        case _:
            await conclude(journal, report(claimed), Park("adapter-bug"))
            assert not await hand_over(journal)
            await journal.drop(ids[0], "b.beispiel", "")

    assert await left(journal) == [ids[1]]


async def test_a_parked_one_holds_its_case_visibly(rig: Rig, journal: SqlJournal) -> None:
    """The list of the parked and the status say who waits behind it; released, it goes first, and then they follow."""
    first = message(rig)
    entries = [first, message(rig, first), message(rig, first)]
    ids = await accept(journal, *entries)
    [letter] = await hand_over(journal)
    await conclude(journal, report(await claim(journal, letter)), Park("adapter-bug"))
    rig.clock.advance(1e6)
    assert not await hand_over(journal)

    [parked] = await journal.parked()
    assert parked.held_back == tuple(ids[1:])
    assert (await standing(journal, ids[0])).held_back == tuple(ids[1:])
    waits = await standing(journal, ids[2])
    assert (waits.state, waits.waits_for, waits.due_at) == (State.ACCEPTED, ids[1], None)
    assert (await standing(journal, ids[1])).held_back == (ids[2],)

    await journal.release(ids[0], "b.beispiel", "")
    assert await delivered_one_by_one(journal) == ids
    assert (await standing(journal, ids[2])).waits_for is None
    assert (await standing(journal, ids[0])).held_back == ()


async def test_dropping_frees_the_next_one_only(rig: Rig, journal: SqlJournal) -> None:
    """Those behind the freed one keep waiting, for it."""
    first = message(rig)
    ids = await accept(journal, first, message(rig, first), message(rig, first))
    [letter] = await hand_over(journal)
    await conclude(journal, report(await claim(journal, letter)), Park("adapter-bug"))
    assert not await hand_over(journal)

    await journal.drop(ids[0], "b.beispiel", "")

    assert await left(journal) == [ids[1]]
    assert not await hand_over(journal)


async def test_a_follower_of_a_paused_connection_waits_for_both(rig: Rig, journal: SqlJournal) -> None:
    """Going on with a connection does not let a follower pass the one before it."""
    first = message(rig, connection="wohnsitz-1")
    ids = await accept(journal, first, message(rig, first, connection="wohnsitz-1"))
    rig.paused = ["wohnsitz-1"]
    assert not await hand_over(journal)
    rig.paused = []

    [letter] = await hand_over(journal)
    assert letter.submission == ids[0]
    taken = await claim(journal, letter)
    rig.paused = ["wohnsitz-1"]
    await conclude(journal, report(taken))
    assert not await hand_over(journal)
    rig.paused = []
    assert await left(journal) == [ids[1]]


async def test_many_that_wait_are_in_nobodys_way(rig: Rig, journal: SqlJournal) -> None:
    """However many wait behind a parked one, what is free leaves with the next letters."""
    rig.limits[TOWN] = Limits(window=8, concurrency=8)
    first = message(rig)
    await accept(journal, first)
    [letter] = await hand_over(journal)
    await conclude(journal, report(await claim(journal, letter)), Park("adapter-bug"))
    await asyncio.gather(*(journal.record(message(rig, first, document=b"<a/>")) for _ in range(300)))
    others = await accept(journal, *(message(rig) for _ in range(3)))

    assert await left(journal) == others


async def test_waiting_is_no_event_and_no_imbalance(rig: Rig, journal: SqlJournal) -> None:
    """Nothing has happened to what waits; whoever asks sees that it was touched."""
    first = message(rig)
    ids = await accept(journal, first, message(rig, first))
    before = await standing(journal, ids[1])
    await hand_over(journal)
    assert not await hand_over(journal)

    assert len(await journal.events(ids[1])) == 1
    assert (await journal.ledger()).imbalance == 0
    assert (await standing(journal, ids[1])).version > before.version


# ── two replicas ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def _case(rig: Rig, replicas: Sequence[SqlJournal]) -> list[SubmissionId]:
    """Five messages of one case, sent at the same moment to two gateways; ids by their acceptance sequence."""
    first = message(rig)
    entries = [first, *(message(rig, first) for _ in range(4))]
    await asyncio.gather(*(replicas[n % 2].record(entry) for n, entry in enumerate(entries)))
    ids = ", ".join(f"'{entry.submission.id}'" for entry in entries)
    rows = rig.database.sql(f"SELECT id FROM submissions WHERE id IN ({ids}) ORDER BY sequence")
    return [SubmissionId(id_) for (id_,) in rows]


@on_postgres
async def test_two_gateways_agree_on_the_order_of_a_case(rig: Rig, journal: SqlJournal) -> None:
    """Messages of a case that reach both at the same moment have one order, and arrive in it."""
    async with rig.open() as other:
        for _ in range(10):
            ids = await _case(rig, (journal, other))
            order: list[SubmissionId] = []
            while len(order) < len(ids):
                letters = [*await hand_over(journal), *await hand_over(other)]
                assert len(letters) == 1
                await conclude(other, report(await claim(journal, letters[0])))
                order.append(letters[0].submission)
            assert order == ids


@on_postgres
async def test_an_end_and_a_setting_aside_at_one_moment_lose_nobody(rig: Rig, journal: SqlJournal) -> None:
    """While one gateway ends the first, the other may be just setting its follower aside: it leaves all the same."""
    async with rig.open() as other:
        for n in range(20):
            first = message(rig)
            await accept(journal, first)
            [letter] = await hand_over(journal)
            claimed = await claim(journal, letter)
            [later] = await accept(journal, message(rig, first))
            order = [conclude(journal, report(claimed)), other.hand_over(), other.hand_over()]
            await asyncio.gather(*(order if n % 2 else order[::-1]))

            letters = await other.hand_over()
            if letters:
                await conclude(journal, report(await claim(journal, letters[0])))
            else:
                assert await state(journal, later) is State.HANDED_OVER
                await journal.return_unclaimed(unconfirmed=0, confirmed=0)
                [letter] = await hand_over(journal)
                await conclude(journal, report(await claim(journal, letter)))
            assert await state(journal, later) is State.DELIVERED
