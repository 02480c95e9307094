"""Taking stock: what lies in the journal is counted where it is, by one replica for all."""

import pytest

from gateway.adapter import Delivered
from gateway.drivers.sql.journal import SqlJournal
from gateway.journal import Conclude, Lane, Limits, TryAgain
from gateway.site import Certificate, Heartbeat, Site
from gateway.stock import Glance, Heap, Outbox
from gateway.submission import SECOND, Grade, Micros, State
from tests.gateway.drivers.journal_rig import (
    AWAY,
    TOWN,
    Rig,
    accept,
    begin,
    claim,
    conclude,
    hand_over,
    park,
    report,
)

pytestmark = pytest.mark.anyio

LATER = Micros(1_900_000_000 * SECOND)


async def heap(journal: SqlJournal, state: State, **facts: object) -> Heap:
    """The only heap with this state and these facts."""
    [found] = [
        one
        for one in (await journal.stock()).heaps
        if one.state is state and all(getattr(one, name) == value for name, value in facts.items())
    ]
    return found


async def test_an_empty_journal_has_nothing_in_stock(journal: SqlJournal) -> None:
    """Nothing is counted, nothing waits, nothing is out of balance."""
    stock = await journal.stock()

    assert (stock.heaps, stock.outbox, stock.imbalance) == ([], Outbox(0, None), {})
    assert not stock.delivered
    assert not stock.breakers


async def test_submissions_are_counted_where_they_stand(rig: Rig, journal: SqlJournal) -> None:
    """By state, adapter, service, authority and whether they are tests; each heap knows its oldest and its newest."""
    first = rig.clock()
    await accept(journal, rig.entry(), rig.entry(test=True), rig.refusal(adapter=""))
    rig.clock.advance(60)
    await accept(journal, rig.entry())

    waiting = await heap(journal, State.ACCEPTED, test=False)

    assert (waiting.number, waiting.oldest, waiting.newest) == (2, first, rig.clock())
    assert (waiting.adapter, waiting.service, waiting.concluded) == ("filedrop", "wohnsitz", False)
    assert (await heap(journal, State.ACCEPTED, test=True)).number == 1
    assert (await heap(journal, State.REJECTED)).number == 1


async def test_parked_ones_are_counted_by_their_cause(rig: Rig, journal: SqlJournal) -> None:
    """Each cause is a heap of its own; a cause that was overcome counts no longer."""
    await park(journal, rig.entry(), "adapter-bug")
    await park(journal, rig.entry(), "adapter-bug")
    freed = await park(journal, rig.entry(), "unclear-time-limit")
    await journal.release(freed, "b.beispiel", "")

    parked = {one.cause: one.number for one in (await journal.stock()).heaps if one.state is State.PARKED}

    assert parked == {"adapter-bug": 2}


async def test_last_successes_outlive_what_follows(rig: Rig, journal: SqlJournal) -> None:
    """When a letter was claimed and a delivery succeeded last; failures and tests afterwards change nothing of it."""
    await conclude(journal, report(await begin(journal, rig.entry())))
    delivered_at = rig.clock()
    rig.clock.advance(60)
    await conclude(journal, report(await begin(journal, rig.entry()), AWAY), TryAgain(3_600, "connection-refused"))
    claimed_at = rig.clock()
    rig.clock.advance(60)
    tested = report(await begin(journal, rig.entry(test=True)), Delivered("", Grade.TRANSPORT))
    await conclude(journal, tested, Conclude(State.DELIVERED, final=True, grade=Grade.TRANSPORT))

    stock = await journal.stock()

    assert stock.delivered == {"filedrop": delivered_at}
    assert stock.claimed == {"filedrop": claimed_at}
    assert (await heap(journal, State.DELIVERED, test=False)).last_concluded == delivered_at


async def test_the_outbox_holds_what_could_leave(rig: Rig, journal: SqlJournal) -> None:
    """What is due and has room waits in it, since it was due; what has left does not."""
    since = rig.clock()
    await accept(journal, rig.entry(), rig.entry())
    rig.clock.advance(5)

    assert (await journal.stock()).outbox == Outbox(2, since)

    await hand_over(journal)
    assert (await journal.stock()).outbox == Outbox(0, None)


@pytest.mark.parametrize("why", ["not due", "no room", "breaker", "paused", "maintenance"])
async def test_the_outbox_is_not_where_things_wait_for_a_reason(rig: Rig, why: str) -> None:
    """Not due, a full window, an open breaker, a paused connection, maintenance: none of that is a stall."""
    rig.limits[TOWN] = Limits(window=1, concurrency=1, trip_after=1, open_for=600.0)
    async with rig.open() as journal:
        if why in {"not due", "breaker"}:
            refused = TryAgain(600.0 if why == "not due" else 0.0, "connection-refused")
            rig.limits[TOWN] = Limits(trip_after=1 if why == "breaker" else 9, open_for=600.0)
            await conclude(journal, report(await begin(journal, rig.entry()), AWAY), refused)
        if why == "no room":
            await begin(journal, rig.entry())
        await accept(journal, *([] if why == "not due" else [rig.entry(), rig.entry()]))
        if why == "paused":
            rig.paused.append("musterstadt-wohnsitz-1")
        if why == "maintenance":
            rig.resting = {TOWN.destination}
        rig.clock.advance(5)

        assert (await journal.stock()).outbox == Outbox(0, None)


async def test_breakers_that_are_not_closed(rig: Rig, journal: SqlJournal) -> None:
    """Open until its time is over, half-open while one letter tries, and not named when it is closed."""
    rig.limits[TOWN] = Limits(trip_after=1, open_for=30.0)
    claimed = await begin(journal, rig.entry())
    assert not (await journal.stock()).breakers

    await conclude(journal, report(claimed, AWAY), TryAgain(0.0, "connection-refused"))
    assert (await journal.stock()).breakers == {TOWN: "open"}

    rig.clock.advance(31)
    assert (await journal.stock()).breakers == {TOWN: "half-open"}
    [probe] = await hand_over(journal)
    assert (await journal.stock()).breakers == {TOWN: "half-open"}

    await conclude(journal, report(await claim(journal, probe)))
    assert (await journal.stock()).breakers == {}


async def test_a_tampered_row_is_missed_in_its_service(rig: Rig, journal: SqlJournal) -> None:
    """The imbalance is counted where it is: the service whose row was changed behind the journal's back."""
    await accept(journal, rig.entry(), rig.entry(service="bau"))
    rig.change("UPDATE submissions SET authority = '09999' WHERE service = 'bau'")

    stock = await journal.stock()

    assert stock.imbalance == {"bau": 2}
    assert stock.ledger.imbalance == 2


async def test_what_workers_and_sites_saw(rig: Rig, journal: SqlJournal) -> None:
    """Of each destination the last glance counts, of its certificates the first to end; revoked sites are silent."""
    soon = Micros(LATER - SECOND)
    await journal.note_glance(Glance("filedrop", "stadt", False, "connection-refused", None))
    await journal.note_glance(Glance("filedrop", "stadt", False, "", LATER))
    await journal.note_glance(Glance("filedrop", "stadt", True, "", soon))
    for name in ("da", "fort"):
        await journal.add_site(Site(name, name * 32, (), ()))
        await journal.heard_from(
            Heartbeat(site=name, worker="eins", version="1", certificates=(Certificate("client", LATER),))
        )
    await journal.revoke_site("fort")

    stock = await journal.stock()

    assert stock.certificates == {"stadt": soon}
    assert [(one.site, one.first_end) for one in stock.heartbeats] == [("da", LATER)]
    assert [(one.test, one.because, one.at) for one in await journal.glances()] == [
        (False, "", rig.clock()),
        (True, "", rig.clock()),
    ]


async def test_one_leads_until_it_stops_asking(rig: Rig, journal: SqlJournal) -> None:
    """Of two replicas one has the lead; while it asks in time the other has to wait, and has it when it does not."""
    async with rig.open() as replica:
        assert await journal.lead("stock", "eins", 45.0)
        assert not await replica.lead("stock", "zwei", 45.0)
        rig.clock.advance(40)
        assert await journal.lead("stock", "eins", 45.0)
        rig.clock.advance(44)
        assert not await replica.lead("stock", "zwei", 45.0)
        rig.clock.advance(1)

        assert await replica.lead("stock", "zwei", 45.0)
        assert not await journal.lead("stock", "eins", 45.0)
        assert await journal.lead("something else", "eins", 45.0)


async def test_lanes_of_tests_have_breakers_of_their_own(rig: Rig, journal: SqlJournal) -> None:
    """A test endpoint that is down says nothing about the live one."""
    lane = Lane(TOWN.destination, test=True)
    rig.limits[lane] = Limits(trip_after=1)

    await conclude(journal, report(await begin(journal, rig.entry(test=True)), AWAY), TryAgain(0.0, "x"))

    assert (await journal.stock()).breakers.keys() == {lane}
