"""Which letters may leave, and how they are taken back."""

import asyncio
from dataclasses import replace

import pytest

from gateway.drivers.sql.journal import SqlJournal
from gateway.journal import Lane, Limits, NoClaim, TryAgain
from gateway.submission import State, SubmissionId
from tests.gateway.drivers.journal_rig import (
    LEASE,
    TOWN,
    Rig,
    accept,
    always,
    claim,
    conclude,
    fail,
    hand_over,
    ignored,
    report,
    standing,
    state,
    story,
)

pytestmark = pytest.mark.anyio


async def waiting(
    rig: Rig, journal: SqlJournal, number: int, destination: str = TOWN.destination
) -> list[SubmissionId]:
    """So many submissions for one destination, accepted one second after the other."""
    ids = []
    for _ in range(number):
        ids += await accept(journal, rig.entry(destination=destination))
        rig.clock.advance(1)
    return ids


async def test_nothing_leaves_an_empty_journal(journal: SqlJournal) -> None:
    """Where nothing waits, no letter leaves."""
    assert not await journal.hand_over()


async def test_a_letter_leaves_once(rig: Rig, journal: SqlJournal) -> None:
    """What was handed over is not handed over again; its row says so and counts the letter."""
    [id_] = await waiting(rig, journal, 1)

    [letter] = await journal.hand_over()

    assert (letter.submission, letter.attempt) == (id_, 1)
    assert not await journal.hand_over()
    assert await state(journal, id_) is State.HANDED_OVER
    assert await story(journal, id_) == ["submission.accepted", "letter.handed_over"]


async def test_the_oldest_leave_first(rig: Rig, journal: SqlJournal) -> None:
    """Letters leave in the order in which they became due, and those of one moment as they were accepted."""
    early = await waiting(rig, journal, 2)
    together = [rig.entry() for _ in range(3)]
    await asyncio.gather(*(journal.record(entry) for entry in together))
    rig.limits[TOWN] = Limits(window=10)

    letters = await journal.hand_over()

    assert [letter.submission for letter in letters] == [*early, *(entry.submission.id for entry in together)]


async def test_no_more_leave_than_the_window_holds(rig: Rig, journal: SqlJournal) -> None:
    """A destination has so many letters in flight, the others wait for one of them to end."""
    rig.limits[TOWN] = Limits(window=2)
    ids = await waiting(rig, journal, 4)

    first, second = await hand_over(journal)
    assert not await journal.hand_over()
    await conclude(journal, report(await claim(journal, first)))
    [third] = await hand_over(journal)

    assert [first.submission, second.submission, third.submission] == ids[:3]


async def test_each_destination_has_a_window_of_its_own(rig: Rig, journal: SqlJournal) -> None:
    """A destination that is full holds up nobody but itself."""
    rig.limits[TOWN] = Limits(window=1)
    rig.limits[Lane("bad-beispiel")] = Limits(window=3)
    await waiting(rig, journal, 5)
    await waiting(rig, journal, 5, "bad-beispiel")

    letters = await journal.hand_over()

    places = [(await standing(journal, letter.submission)).submission.destination for letter in letters]
    assert sorted(places) == ["bad-beispiel"] * 3 + [TOWN.destination]


async def test_test_messages_have_a_window_of_their_own(rig: Rig, journal: SqlJournal) -> None:
    """Test messages and real ones for one destination do not wait for each other."""
    rig.limits[TOWN] = rig.limits[replace(TOWN, test=True)] = Limits(window=1)
    real, also_real = await waiting(rig, journal, 2)
    tests = await accept(journal, rig.entry(test=True), rig.entry(test=True))

    letters = await hand_over(journal)

    assert {letter.submission for letter in letters} == {real, tests[0]}
    assert await state(journal, also_real) is await state(journal, tests[1]) is State.ACCEPTED


async def test_no_more_leave_than_asked_for(rig: Rig, journal: SqlJournal) -> None:
    """The caller says how many letters it can publish at once."""
    rig.limits[TOWN] = Limits(window=10)
    await waiting(rig, journal, 5)

    assert len(await journal.hand_over(most=3)) == 3
    assert len(await journal.hand_over(most=3)) == 2


async def test_a_full_hand_is_shared_among_destinations(rig: Rig, journal: SqlJournal) -> None:
    """However large one destination's backlog and window, another's letter leaves in the same hand."""
    rig.limits[Lane("anton")] = Limits(window=1000)
    await waiting(rig, journal, 30, "anton")
    [late] = await waiting(rig, journal, 1, "zeppelin")

    letters = await journal.hand_over(most=10)

    assert len(letters) == 10
    assert late in {letter.submission for letter in letters}


async def test_more_destinations_than_hands_take_turns(rig: Rig, journal: SqlJournal) -> None:
    """Where not every destination can have a letter at once, those that waited longest come first."""
    ids = [(await waiting(rig, journal, 1, name))[0] for name in ("delta", "charlie", "bravo", "alpha")]

    hands = [{letter.submission for letter in await journal.hand_over(most=2)} for _ in range(2)]

    assert hands == [set(ids[:2]), set(ids[2:])]


async def test_a_retry_waits_until_it_is_due(rig: Rig, journal: SqlJournal) -> None:
    """A submission that is to be tried again in a minute does not leave before, and does then."""
    [id_] = await waiting(rig, journal, 1)
    [letter] = await hand_over(journal)
    await fail(journal, letter, after=60.0)

    rig.clock.advance(59.999)
    assert not await journal.hand_over()
    rig.clock.advance(0.001)
    [again] = await journal.hand_over()

    assert (again.submission, again.attempt) == (id_, 2)


async def test_a_fast_door_clock_delays_nothing(rig: Rig, journal: SqlJournal) -> None:
    """A submission is due by the journal's clock, however far ahead that of the receiving machine is."""
    await accept(journal, rig.entry(received_at=rig.clock() + 3_600_000_000))

    assert len(await journal.hand_over()) == 1


async def test_a_clock_that_goes_back_delays_and_loses_nothing(rig: Rig, journal: SqlJournal) -> None:
    """What was planned before waits for its moment to come again; what arrives afterwards leaves at once."""
    [planned] = await waiting(rig, journal, 1)
    await fail(journal, (await hand_over(journal))[0], after=60.0)
    rig.clock.advance(-3600)
    [fresh] = await accept(journal, rig.entry())

    assert [letter.submission for letter in await hand_over(journal)] == [fresh]
    rig.clock.advance(3660)

    assert [letter.submission for letter in await hand_over(journal)] == [planned]


async def test_a_clock_that_jumps_ahead_makes_nothing_arrive_twice(rig: Rig, journal: SqlJournal) -> None:
    """A lease that seems to be over is unclear, so the Fachverfahren is asked; the first worker's late word is void."""
    await waiting(rig, journal, 1)
    first = await claim(journal, (await hand_over(journal))[0])
    rig.clock.advance(3600)
    await journal.lapse(always(TryAgain(0.0, "lease-ended", ask=True)))

    [again] = await hand_over(journal)
    assert (await claim(journal, again, "worker-2")).ask
    assert await ignored(journal, report(first)) == "already-answered"


async def test_a_confirmed_letter_stays_on_its_way(rig: Rig, journal: SqlJournal) -> None:
    """The broker's confirm changes nothing that anybody outside sees."""
    [id_] = await waiting(rig, journal, 1)
    letters = await journal.hand_over()
    before = await standing(journal, id_)

    await journal.confirm(letters)
    await journal.confirm(letters)

    assert await standing(journal, id_) == before


async def test_confirming_nothing_is_nothing(journal: SqlJournal) -> None:
    """No letters, nothing to confirm and nothing to take back."""
    await journal.confirm([])

    assert await journal.take_back([], "not-confirmed") == 0


async def test_a_late_confirm_does_not_touch_the_next_letter(rig: Rig, journal: SqlJournal) -> None:
    """A confirm speaks of one letter: the next one for the same submission is still unconfirmed."""
    await waiting(rig, journal, 1)
    first = await journal.hand_over()
    await journal.take_back(first, "not-confirmed")
    await journal.hand_over()

    await journal.confirm(first)

    rig.clock.advance(31)
    assert await journal.return_unclaimed(unconfirmed=30, confirmed=900) == 1


async def test_a_letter_taken_back_leaves_again_later(rig: Rig, journal: SqlJournal) -> None:
    """What did not leave is accepted again, due when asked for, and its next letter has a number of its own."""
    [id_] = await waiting(rig, journal, 1)
    letters = await journal.hand_over()

    assert await journal.take_back(letters, "not-confirmed", after=5.0) == 1

    back = await standing(journal, id_)
    assert (back.state, back.due_at, back.attempts) == (State.ACCEPTED, rig.clock() + 5_000_000, 0)
    assert not await journal.hand_over()
    rig.clock.advance(5)
    [again] = await journal.hand_over()
    assert again.attempt == letters[0].attempt + 1
    assert (await journal.events(id_))[-2].code == "not-confirmed"


async def test_a_letter_is_taken_back_once(rig: Rig, journal: SqlJournal) -> None:
    """Taking a letter back again, or an older one, moves nothing."""
    [id_] = await waiting(rig, journal, 1)
    letters = await journal.hand_over()
    await journal.take_back(letters, "not-confirmed")

    assert await journal.take_back(letters, "not-confirmed") == 0
    await journal.hand_over()
    assert await journal.take_back(letters, "not-confirmed") == 0

    assert await state(journal, id_) is State.HANDED_OVER


async def test_a_claimed_letter_is_not_taken_back(rig: Rig, journal: SqlJournal) -> None:
    """A letter that a worker holds has left, whatever the broker said of it."""
    claimed, waited = await waiting(rig, journal, 2)
    letters = await journal.hand_over()
    await claim(journal, letters[0])

    assert await journal.take_back(letters, "not-confirmed") == 1

    assert await state(journal, claimed) is State.HANDED_OVER
    assert await state(journal, waited) is State.ACCEPTED


async def test_a_letter_taken_back_can_never_be_claimed(rig: Rig, journal: SqlJournal) -> None:
    """Should it turn up after all, it is void: before its successor leaves, and after."""
    await waiting(rig, journal, 1)
    letters = await journal.hand_over()
    await journal.take_back(letters, "not-confirmed")

    assert isinstance(await journal.claim(letters[0], "worker-1", LEASE), NoClaim)
    [successor] = await journal.hand_over()
    assert isinstance(await journal.claim(letters[0], "worker-1", LEASE), NoClaim)
    await claim(journal, successor)


async def test_only_letters_nobody_claimed_in_time_return(rig: Rig, journal: SqlJournal) -> None:
    """Unconfirmed letters come back soon, confirmed ones late, claimed ones never."""
    rig.limits[TOWN] = Limits(window=3)
    unconfirmed, confirmed, claimed = await waiting(rig, journal, 3)
    letters = {letter.submission: letter for letter in await journal.hand_over()}
    await journal.confirm([letters[confirmed], letters[claimed]])
    await claim(journal, letters[claimed], lease=1e9)

    async def returned() -> int:
        return await journal.return_unclaimed(unconfirmed=30, confirmed=900)

    rig.clock.advance(29)
    assert await returned() == 0
    rig.clock.advance(1)
    assert await returned() == 1
    assert await state(journal, unconfirmed) is State.ACCEPTED
    rig.clock.advance(869)
    assert await returned() == 0
    rig.clock.advance(1)
    assert await returned() == 1
    assert await state(journal, confirmed) is State.ACCEPTED
    rig.clock.advance(1e6)
    assert await returned() == 0
    assert await state(journal, claimed) is State.HANDED_OVER


async def test_an_empty_broker_is_refilled(rig: Rig, journal: SqlJournal) -> None:
    """Where the broker was wiped, every letter that nobody holds comes back at once."""
    rig.limits[TOWN] = Limits(window=3)
    ids = await waiting(rig, journal, 3)
    letters = await journal.hand_over()
    await journal.confirm(letters[:2])
    held = await claim(journal, letters[0])

    assert await journal.return_unclaimed(unconfirmed=0, confirmed=0) == 2

    assert {letter.submission for letter in await journal.hand_over()} == set(ids) - {held.submission.id}


async def test_an_empty_broker_is_refilled_though_the_clock_went_back(rig: Rig, journal: SqlJournal) -> None:
    """All of them means all of them, also those that left in what is now the future."""
    await waiting(rig, journal, 2)
    await journal.confirm((await journal.hand_over())[:1])
    rig.clock.advance(-3600)

    assert await journal.return_unclaimed(unconfirmed=0, confirmed=0) == 2


async def test_any_number_of_letters_comes_back(rig: Rig, journal: SqlJournal) -> None:
    """A refill knows no limit on how many letters were lost."""
    number = 2500
    rig.limits[TOWN] = Limits(window=number)
    await asyncio.gather(*(journal.record(rig.entry(document=b"<a/>")) for _ in range(number)))
    assert len(await journal.hand_over(most=number)) == number

    assert await journal.return_unclaimed(unconfirmed=0, confirmed=0) == number

    assert (await journal.ledger()).states == {State.ACCEPTED: number}


async def test_a_new_limit_counts_at_once(rig: Rig, journal: SqlJournal) -> None:
    """A window that shrinks below what is in flight lets nothing leave, and is no error."""
    rig.limits[TOWN] = Limits(window=4)
    await waiting(rig, journal, 6)
    letters = await hand_over(journal)

    rig.limits[TOWN] = Limits(window=2)

    assert len(letters) == 4
    assert not await journal.hand_over()
