"""What belongs to a paused connection waits, and is in nobody's way."""

import asyncio
from dataclasses import replace

import pytest

from gateway.drivers.sql.journal import SqlJournal
from gateway.journal import Claim, Limits, NoClaim, Park, TryAgain
from gateway.site import Reach
from gateway.submission import State, SubmissionId
from tests.gateway.drivers.journal_rig import (
    LEASE,
    TOWN,
    WORKER,
    Rig,
    accept,
    begin,
    claim,
    conclude,
    hand_over,
    report,
    standing,
    state,
)

pytestmark = pytest.mark.anyio


async def sent(rig: Rig, journal: SqlJournal, connection: str, number: int = 1) -> list[SubmissionId]:
    """So many submissions of one connection, accepted one after the other."""
    return await accept(journal, *(rig.entry(connection=connection) for _ in range(number)))


async def test_a_paused_connection_waits(rig: Rig, journal: SqlJournal) -> None:
    """Its submissions stay accepted, without a moment at which they would be tried, and leave when it goes on."""
    rig.paused = ["wohnsitz-1"]
    [id_] = await sent(rig, journal, "wohnsitz-1")

    assert not await journal.hand_over()
    rig.clock.advance(1e6)
    assert not await journal.hand_over()

    waits = await standing(journal, id_)
    assert (waits.state, waits.due_at, waits.attempts) == (State.ACCEPTED, None, 0)
    rig.paused = []
    assert [letter.submission for letter in await journal.hand_over()] == [id_]


async def test_another_connection_of_the_same_destination_does_not(rig: Rig, journal: SqlJournal) -> None:
    """However much waits for the paused one, what came later for another one leaves with the next letters."""
    rig.paused = ["wohnsitz-1"]
    await sent(rig, journal, "wohnsitz-1", 300)
    others = await sent(rig, journal, "wohnsitz-2", 3)

    assert [letter.submission for letter in await journal.hand_over()] == others


async def test_many_paused_destinations_leave_room_for_others(rig: Rig, journal: SqlJournal) -> None:
    """Destinations where all is paused do not use up the letters that may leave at once."""
    rig.paused = ["wohnsitz-1"]
    await accept(journal, *(rig.entry(destination=f"stadt-{n}", connection="wohnsitz-1") for n in range(30)))
    rig.clock.advance(1)
    [other] = await sent(rig, journal, "wohnsitz-2")

    letters = [*await journal.hand_over(most=10), *await journal.hand_over(most=10), *await journal.hand_over(most=10)]
    letters += await journal.hand_over(most=10)

    assert [letter.submission for letter in letters] == [other]


async def test_test_messages_do_not_wait(rig: Rig, journal: SqlJournal) -> None:
    """A connection is paused for what is real; its tests go on."""
    rig.limits[replace(TOWN, test=True)] = Limits()
    rig.paused = ["wohnsitz-1"]
    [test] = await accept(journal, rig.entry(connection="wohnsitz-1", test=True))

    assert [letter.submission for letter in await journal.hand_over()] == [test]


async def test_what_waited_leaves_in_its_order(rig: Rig, journal: SqlJournal) -> None:
    """When the connection goes on, the oldest leave first, however much there is."""
    rig.limits[TOWN] = Limits(window=3000)
    rig.paused = ["wohnsitz-1"]
    entries = [rig.entry(connection="wohnsitz-1", document=b"<a/>") for _ in range(1500)]
    await asyncio.gather(*(journal.record(entry) for entry in entries))
    while (await journal.hand_over()) or rig.count("submissions", "due_at IS NOT NULL"):
        pass

    rig.paused = []
    left: list[SubmissionId] = []
    while letters := await journal.hand_over(most=700):
        left += [letter.submission for letter in letters]

    assert len(left) == len(set(left)) == 1500
    assert left[:700] == [entry.submission.id for entry in entries[:700]]


async def test_only_the_connection_that_goes_on_goes_on(rig: Rig, journal: SqlJournal) -> None:
    """Of several paused connections each is resumed for itself."""
    rig.paused = ["wohnsitz-1", "wohnsitz-2", "wohnsitz-3"]
    for connection in rig.paused:
        await sent(rig, journal, connection)
    await journal.hand_over()

    rig.paused = ["wohnsitz-1", "wohnsitz-3"]

    [letter] = await journal.hand_over()
    assert rig.database.sql(f"SELECT connection FROM submissions WHERE id = '{letter.submission}'") == [("wohnsitz-2",)]


async def test_what_is_on_its_way_is_not_called_back(rig: Rig, journal: SqlJournal) -> None:
    """Pausing stops letters from leaving; an attempt under way ends, and its next try waits."""
    claimed = await begin(journal, rig.entry(connection="wohnsitz-1"))
    rig.paused = ["wohnsitz-1"]

    await conclude(journal, report(claimed), TryAgain(0.0, "connection-refused"))

    assert not await journal.hand_over()
    rig.paused = []
    [letter] = await hand_over(journal)
    assert letter.attempt == 2


async def test_a_released_submission_waits_with_the_others(rig: Rig, journal: SqlJournal) -> None:
    """An operator who lets a parked submission go on does not get it past the pause."""
    claimed = await begin(journal, rig.entry(connection="wohnsitz-1"))
    await conclude(journal, report(claimed), Park("adapter-bug"))
    rig.paused = ["wohnsitz-1"]

    await journal.release(claimed.submission.id, "b.beispiel", "")

    assert not await journal.hand_over()
    assert await state(journal, claimed.submission.id) is State.ACCEPTED


async def test_waiting_is_no_event_and_no_imbalance(rig: Rig, journal: SqlJournal) -> None:
    """Nothing has happened to a submission that waits, so nothing is told; whoever asks sees that it was touched."""
    rig.paused = ["wohnsitz-1"]
    [id_] = await sent(rig, journal, "wohnsitz-1")
    before = await standing(journal, id_)
    await journal.hand_over()

    assert len(await journal.events(id_)) == 1
    assert (await journal.ledger()).imbalance == 0
    assert (await standing(journal, id_)).version > before.version


async def test_a_pause_for_a_connection_that_nobody_uses_stops_nothing(rig: Rig, journal: SqlJournal) -> None:
    """Other connections leave as if there were no pause."""
    rig.paused = ["bau-7"]
    ids = await sent(rig, journal, "wohnsitz-1", 3)

    letters = await hand_over(journal)

    assert [letter.submission for letter in letters] == ids
    await claim(journal, letters[0])


async def test_a_letter_that_is_out_is_not_delivered(rig: Rig, journal: SqlJournal) -> None:
    """What nobody has claimed when the pause begins is not claimed while it lasts; a test is."""
    [id_] = await sent(rig, journal, "wohnsitz-1")
    [test] = await accept(journal, rig.entry(connection="wohnsitz-1", test=True))
    letters = {letter.submission: letter for letter in await journal.hand_over()}

    rig.paused = ["wohnsitz-1"]

    assert await journal.claim(letters[id_], WORKER, LEASE) == NoClaim("paused")
    assert isinstance(await journal.claim(letters[test], WORKER, LEASE), Claim)
    rig.paused = []
    assert isinstance(await journal.claim(letters[id_], WORKER, LEASE), Claim)


@pytest.mark.parametrize("why", ["paused", "maintenance"])
async def test_what_stands_still_is_not_at_the_door(rig: Rig, journal: SqlJournal, why: str) -> None:
    """A site neither sees nor gets it while that lasts, and it stands before nobody; afterwards it is there again."""
    [id_] = await sent(rig, journal, "wohnsitz-1")
    rig.clock.advance(1)
    [other] = await accept(journal, rig.entry(connection="wohnsitz-2", destination="nachbarstadt"))
    await hand_over(journal)
    submission = await journal.exists(id_)
    assert submission is not None
    reach = Reach(
        frozenset({TOWN.destination, "nachbarstadt"}),
        frozenset({submission.authority}),
        frozenset({submission.adapter}),
    )

    rig.paused, rig.resting = (["wohnsitz-1"], set()) if why == "paused" else ([], {TOWN.destination})

    assert [one.submission.id for one in await journal.waiting(reach, 1)] == [other]
    assert await journal.occupied(reach.destinations) == {"nachbarstadt"}
    assert await journal.lease(id_, "site:rathaus", LEASE, reach) == NoClaim(why)  # type: ignore[arg-type]  # as said above
    rig.paused, rig.resting = [], set()
    assert [one.submission.id for one in await journal.waiting(reach, 1)] == [id_]
    assert isinstance(await journal.lease(id_, "site:rathaus", LEASE, reach), Claim)
