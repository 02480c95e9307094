"""A destination in maintenance is handed nothing, and is in nobody's way."""

import pytest

from gateway.drivers.sql.journal import SqlJournal
from gateway.journal import NoClaim
from gateway.submission import State
from tests.gateway.drivers.journal_rig import LEASE, WORKER, Rig, accept, hand_over, standing

pytestmark = pytest.mark.anyio


async def test_nothing_is_handed_over_while_it_lasts(rig: Rig, journal: SqlJournal) -> None:
    """Live or test, it stays accepted and due, leaves when the window ends, and no attempt is counted for it."""
    rig.resting = {"musterstadt"}
    ids = await accept(journal, rig.entry(destination="musterstadt"), rig.entry(destination="musterstadt", test=True))
    [other] = await accept(journal, rig.entry(destination="nachbarstadt"))

    assert [letter.submission for letter in await journal.hand_over()] == [other]
    rig.clock.advance(3_600)
    assert not await journal.hand_over()
    waits = await standing(journal, ids[0])
    assert (waits.state, waits.attempts) == (State.ACCEPTED, 0)

    rig.resting = set()
    assert {letter.submission for letter in await journal.hand_over()} == set(ids)


async def test_a_letter_under_way_is_void_when_it_begins(rig: Rig, journal: SqlJournal) -> None:
    """What was not claimed before the window is not delivered in it, and is sent again afterwards."""
    [id_] = await accept(journal, rig.entry(destination="musterstadt"))
    [letter] = await hand_over(journal)
    rig.resting = {"musterstadt"}

    assert await journal.claim(letter, WORKER, LEASE) == NoClaim("maintenance")
    rig.clock.advance(901)
    assert await journal.return_unclaimed(unconfirmed=30, confirmed=900) == 1
    assert not await journal.hand_over()

    rig.resting = set()
    [again] = await hand_over(journal)
    assert (again.submission, again.attempt) == (id_, 2)
