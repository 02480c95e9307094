"""A destination that is away is left alone, and tried again with one probe."""

from dataclasses import replace

import pytest

from gateway.adapter import Broken, Ending, Refused, Unclear, Unreachable
from gateway.dispatch import Letter
from gateway.drivers.sql.journal import SqlJournal
from gateway.journal import Limits, Park
from gateway.submission import State
from tests.gateway.drivers.journal_rig import (
    AWAY,
    TOWN,
    Rig,
    accept,
    claim,
    conclude,
    fail,
    hand_over,
    report,
    state,
)

pytestmark = pytest.mark.anyio

LIMITS = Limits(window=4, concurrency=4, trip_after=3, open_for=30.0)


@pytest.fixture(autouse=True)
def limits(rig: Rig) -> None:
    rig.limits[TOWN] = LIMITS


async def tripped(rig: Rig, journal: SqlJournal) -> list[Letter]:
    """Three deliveries of six failed, the breaker has just opened; one letter is still on its way."""
    await accept(journal, *(rig.entry() for _ in range(6)))
    letters = await hand_over(journal)
    for letter in letters[:3]:
        await fail(journal, letter)
    return letters[3:]


async def the_probe(rig: Rig, journal: SqlJournal, after: float = 30.0) -> Letter:
    """The one letter that leaves when the time is over."""
    rig.clock.advance(after)
    [letter] = await hand_over(journal)
    return letter


async def test_few_failures_stop_nothing(rig: Rig, journal: SqlJournal) -> None:
    """Below its limit of failures a destination gets letters as before."""
    await accept(journal, *(rig.entry() for _ in range(4)))
    letters = await hand_over(journal)
    for letter in letters[:2]:
        assert (await fail(journal, letter, after=99)).breaker_open is None

    await conclude(journal, report(await claim(journal, letters[2])))
    assert (await fail(journal, letters[3], after=99)).breaker_open is None
    await accept(journal, rig.entry())

    assert len(await journal.hand_over()) == 1


async def test_failures_in_a_row_open_the_breaker(rig: Rig, journal: SqlJournal) -> None:
    """Nothing leaves for a destination that failed so often in a row, and the last failure says so."""
    await accept(journal, *(rig.entry() for _ in range(6)))
    letters = await hand_over(journal)

    opened = [(await fail(journal, letter)).breaker_open for letter in letters[:3]]

    assert opened == [None, None, True]
    assert not await journal.hand_over()
    rig.clock.advance(29.9)
    assert not await journal.hand_over()


@pytest.mark.parametrize("ending", [AWAY, Unclear("time-limit")], ids=["unreachable", "unclear"])
async def test_whoever_does_not_answer_has_failed(rig: Rig, journal: SqlJournal, ending: Ending) -> None:
    """Unreachable and unclear count as failures."""
    await accept(journal, *(rig.entry() for _ in range(4)))

    opened = [(await fail(journal, letter, ending)).breaker_open for letter in await hand_over(journal)]

    assert opened == [None, None, True, None]


@pytest.mark.parametrize("ending", [Refused("duplicate"), Broken("ValueError")], ids=["refused", "broken"])
async def test_whoever_answers_has_not_failed(rig: Rig, journal: SqlJournal, ending: Ending) -> None:
    """A refusal is an answer, and a bug of the adapter says nothing about the destination."""
    await accept(journal, *(rig.entry() for _ in range(5)))

    for letter in await hand_over(journal):
        moved = await conclude(journal, report(await claim(journal, letter), ending), Park("adapter-bug"))
        assert moved.breaker_open is None

    assert len(await journal.hand_over()) == 1


async def test_recovery_starts_with_one_probe(rig: Rig, journal: SqlJournal) -> None:
    """When the time is over one letter leaves, and no second one while it is on its way."""
    await tripped(rig, journal)

    probe = await the_probe(rig, journal)

    assert not await journal.hand_over()
    rig.clock.advance(3600)
    assert not await journal.hand_over()
    assert await state(journal, probe.submission) is State.HANDED_OVER


async def test_a_probe_that_arrives_closes_the_breaker(rig: Rig, journal: SqlJournal) -> None:
    """After a delivery the destination gets as many letters as its window holds."""
    await tripped(rig, journal)

    moved = await conclude(journal, report(await claim(journal, await the_probe(rig, journal))))

    assert moved.breaker_open is False
    assert len(await journal.hand_over()) == LIMITS.window - 1, "one letter is still on its way"


async def test_a_refusal_closes_the_breaker_too(rig: Rig, journal: SqlJournal) -> None:
    """A destination that refuses is there."""
    await tripped(rig, journal)

    probe = await claim(journal, await the_probe(rig, journal))
    moved = await conclude(journal, report(probe, Refused("duplicate")))

    assert moved.breaker_open is False


async def test_each_failed_probe_doubles_the_time(rig: Rig, journal: SqlJournal) -> None:
    """A probe that fails opens the breaker again, for twice as long, an hour at most."""
    await tripped(rig, journal)
    closed_for = 30.0

    for _ in range(10):
        moved = await fail(journal, await the_probe(rig, journal, after=closed_for))
        closed_for = min(2 * closed_for, 3600.0)
        assert moved.breaker_open is None, "it was open before"
        rig.clock.advance(closed_for - 0.1)
        assert not await journal.hand_over()
        rig.clock.advance(-closed_for + 0.1)

    assert closed_for == 3600.0


async def test_a_vendors_wish_to_wait_is_honoured(rig: Rig, journal: SqlJournal) -> None:
    """A destination that asks for an hour is left alone for an hour."""
    await accept(journal, *(rig.entry() for _ in range(4)))
    letters = await hand_over(journal)
    for letter in letters[:3]:
        await fail(journal, letter, Unreachable("maintenance", wait=3600.0))

    rig.clock.advance(3599)
    assert not await journal.hand_over()
    rig.clock.advance(1)
    assert len(await journal.hand_over()) == 1


async def test_old_letters_say_nothing_new(rig: Rig, journal: SqlJournal) -> None:
    """What was on its way when the breaker opened may fail without making it longer."""
    [late] = await tripped(rig, journal)
    rig.clock.advance(29)

    assert (await fail(journal, late)).breaker_open is None

    await the_probe(rig, journal, after=1)


async def test_an_old_letter_that_arrives_closes_the_breaker(rig: Rig, journal: SqlJournal) -> None:
    """Whatever proves that the destination answers opens the way, also before the time is over."""
    [late] = await tripped(rig, journal)

    assert (await conclude(journal, report(await claim(journal, late)))).breaker_open is False

    assert len(await journal.hand_over()) == LIMITS.window


async def test_a_probe_that_never_left_frees_its_place(rig: Rig, journal: SqlJournal) -> None:
    """A probe that the broker did not take says nothing; another one leaves, and only one."""
    await tripped(rig, journal)
    probe = await the_probe(rig, journal)

    await journal.take_back([probe], "not-confirmed")

    assert len(await journal.hand_over()) == 1
    assert not await journal.hand_over()


async def test_a_probe_that_nobody_claims_frees_its_place(rig: Rig, journal: SqlJournal) -> None:
    """A probe that was lost with its broker holds up its destination no longer than its letter."""
    await tripped(rig, journal)
    await the_probe(rig, journal)

    await journal.return_unclaimed(unconfirmed=0, confirmed=0)

    assert len(await journal.hand_over()) == 1


async def test_a_probe_on_which_the_adapter_breaks_frees_its_place(rig: Rig, journal: SqlJournal) -> None:
    """A bug says nothing about the destination: the probe is parked, and another one leaves."""
    await tripped(rig, journal)
    probe = await claim(journal, await the_probe(rig, journal))

    await conclude(journal, report(probe, Broken("ValueError")), Park("adapter-bug"))

    assert len(await journal.hand_over()) == 1
    assert not await journal.hand_over()


async def test_a_probe_whose_lease_ends_has_failed(rig: Rig, journal: SqlJournal) -> None:
    """A worker that dies with the probe in hand does not leave the destination shut for good."""
    await tripped(rig, journal)
    await claim(journal, await the_probe(rig, journal), lease=10)
    rig.clock.advance(11)

    [moved] = await journal.lapse(lambda _, __: Park("unclear-lease-ended"))

    assert moved.breaker_open is None
    rig.clock.advance(59)
    assert not await journal.hand_over()
    rig.clock.advance(1)
    assert len(await journal.hand_over()) == 1


async def test_a_limit_raised_while_it_is_open_shuts_nobody_out(rig: Rig, journal: SqlJournal) -> None:
    """A probe that fails below a new, higher limit of failures frees its place like any other."""
    await tripped(rig, journal)
    rig.limits[TOWN] = replace(LIMITS, trip_after=100)
    await fail(journal, await the_probe(rig, journal))

    rig.clock.advance(30)

    assert len(await journal.hand_over()) == 1


async def test_test_messages_trip_a_breaker_of_their_own(rig: Rig, journal: SqlJournal) -> None:
    """A test endpoint that is away does not stop the real one."""
    rig.limits[replace(TOWN, test=True)] = LIMITS
    await accept(journal, *(rig.entry(test=True) for _ in range(4)))
    for letter in (await hand_over(journal))[:3]:
        await fail(journal, letter)
    [real] = await accept(journal, rig.entry())

    assert [letter.submission for letter in await journal.hand_over()] == [real]


async def test_one_destination_that_is_away_stops_nobody_else(rig: Rig, journal: SqlJournal) -> None:
    """Letters for other destinations leave while one breaker is open."""
    await tripped(rig, journal)
    [other] = await accept(journal, rig.entry(destination="bad-beispiel"))

    assert [letter.submission for letter in await journal.hand_over()] == [other]
