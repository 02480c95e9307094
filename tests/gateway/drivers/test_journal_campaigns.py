"""Campaigns: each step in one transaction, each submission retried once at a time, whoever else wants the same."""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from gateway.adapter import Ending
from gateway.campaign import Campaign, Plan, Progress, Verdict
from gateway.drivers.sql.journal import SqlJournal
from gateway.errors import NotFound, NotResponsible
from gateway.journal import Decision, Limits, Moved, Park, TryAgain
from gateway.operating import Kind
from gateway.submission import State, SubmissionId
from tests.gateway.drivers.journal_rig import (
    AWAY,
    DELIVERED,
    DONE,
    TOWN,
    Rig,
    accept,
    always,
    claim,
    conclude,
    hand_over,
    on_sqlite,
    park,
    report,
    state,
)

pytestmark = pytest.mark.anyio

KIND = Kind("given-up-connection-refused", "filedrop", "wohnsitz")
AGAIN = Park(KIND.cause)

Vendor = Callable[[], tuple[Ending, Decision]]


def takes() -> tuple[Ending, Decision]:
    """A vendor that is back."""
    return DELIVERED, DONE


def refuses() -> tuple[Ending, Decision]:
    """A vendor that is away."""
    return AWAY, AGAIN


def a_plan(**changes: Any) -> Plan:
    facts = {"id": uuid.uuid4().hex, "verdict": Verdict.RETRY, "kind": KIND, "by": "vera", "reason": "wieder da"}
    return Plan(**{**facts, "rate": 600, **changes})


async def parked(rig: Rig, journal: SqlJournal, number: int, **changes: Any) -> list[SubmissionId]:
    """So many of the kind; what they are about does not matter here."""
    rig.limits[TOWN] = Limits(window=1_000, concurrency=1_000, trip_after=1_000_000)
    changes = {"service": KIND.service, "adapter": KIND.adapter, **changes}
    return [await park(journal, rig.entry(message_uuid=None, **changes), KIND.cause) for _ in range(number)]


async def deliver(journal: SqlJournal, vendor: Vendor) -> int:
    """Whatever is due reaches the vendor; how many."""
    letters = await hand_over(journal, 1_000)
    for letter in letters:
        ending, decision = vendor()
        await conclude(journal, report(await claim(journal, letter), ending), decision)
    return len(letters)


async def run(rig: Rig, journal: SqlJournal, plan: Plan, vendor: Vendor, seconds: int = 100) -> Campaign:
    """Second by second, until it is over."""
    for _ in range(seconds):
        await journal.advance_campaigns()
        await deliver(journal, vendor)
        rig.clock.advance(1)
        campaign = await now(journal, plan)
        if campaign.progress.ended:
            break
    return await now(journal, plan)


async def now(journal: SqlJournal, plan: Plan) -> Campaign:
    found = await journal.campaign(plan.id, None)
    assert found is not None
    return found


async def test_everything_of_a_kind_arrives(rig: Rig, journal: SqlJournal) -> None:
    """One alone first, then the rest at its rate; another kind stays parked; the ledger balances."""
    ids = await parked(rig, journal, 25)
    other = await park(journal, rig.entry(), "adapter-bug")
    plan = a_plan()
    begun = await journal.begin_campaign(plan)

    first = await journal.advance_campaigns()
    second = await journal.advance_campaigns()
    campaign = await run(rig, journal, plan, takes)

    assert (begun.estimate, begun.progress) == (25, Progress.CANARY)
    assert [len(step.moved) for step in first] == [1]
    assert second == [], "the canary is alone"
    assert campaign.progress is Progress.DONE
    assert (campaign.counts.sent, campaign.counts.good, campaign.counts.failed) == (25, 25, 0)
    assert {await state(journal, id_) for id_ in ids} == {State.DELIVERED}
    assert await state(journal, other) is State.PARKED
    assert (await journal.ledger()).imbalance == 0


async def test_a_canary_that_fails_keeps_the_others(rig: Rig, journal: SqlJournal) -> None:
    """Nothing else was sent; the one is parked again, and not sent again by the same campaign."""
    ids = await parked(rig, journal, 5)
    plan = a_plan()
    await journal.begin_campaign(plan)

    campaign = await run(rig, journal, plan, refuses)

    assert (campaign.progress, campaign.because) == (Progress.STOPPED, "canary-failed")
    assert campaign.counts.sent == 1
    assert {await state(journal, id_) for id_ in ids} == {State.PARKED}


@on_sqlite
async def test_a_vendor_that_fails_again_halfway_stops_it(rig: Rig, journal: SqlJournal) -> None:
    """Of five hundred half arrive, then it stops by itself: few more were tried, the rest is parked as before."""
    await parked(rig, journal, 500)
    plan = a_plan(rate=1_200, stop_share=20)
    await journal.begin_campaign(plan)
    taken = 0

    def half() -> tuple[Ending, Decision]:
        nonlocal taken
        taken += 1
        return takes() if taken <= 250 else refuses()

    campaign = await run(rig, journal, plan, half)

    assert (campaign.progress, campaign.because) == (Progress.STOPPED, "failure-share")
    assert campaign.counts.good == 250
    assert 10 <= campaign.counts.failed <= 60
    ledger = await journal.ledger()
    assert (ledger.parked, ledger.concluded, ledger.in_flight, ledger.imbalance) == (250, 250, 0, 0)


async def test_begun_twice_it_is_one(rig: Rig, journal: SqlJournal) -> None:
    """A double-click begins it once; somebody else's for the same is refused while it runs."""
    await parked(rig, journal, 3)
    plan = a_plan()

    [one, same] = [await journal.begin_campaign(plan) for _ in range(2)]
    with pytest.raises(NotResponsible):
        await journal.begin_campaign(a_plan(by="jan"))

    assert one == same
    assert len(await journal.campaigns(None)) == 1
    await journal.cancel_campaign(plan.id, "jan", "lieber nicht")
    await journal.begin_campaign(a_plan(by="jan"))


async def test_two_operators_and_a_campaign_change_nothing_twice(rig: Rig, journal: SqlJournal) -> None:
    """Whoever comes second is told; each submission goes on its way once, and has one retry under way."""
    ids = await parked(rig, journal, 12)
    async with rig.open() as replica:
        await journal.begin_campaign(a_plan(rate=6_000))
        await journal.advance_campaigns()
        await deliver(journal, takes)
        rig.clock.advance(1)

        wishes = [
            *(books.release(id_, by, "auch") for id_ in ids for books, by in ((journal, "vera"), (replica, "jan"))),
            journal.advance_campaigns(),
            replica.advance_campaigns(),
        ]
        answers: Sequence[Any] = await asyncio.gather(*wishes, return_exceptions=True)

    by_hand = [one for one in answers if isinstance(one, Moved)]
    refused = [one for one in answers if isinstance(one, NotResponsible)]
    assert len(by_hand) + len(refused) == 24
    released = rig.database.sql("SELECT submission, count(*) FROM events WHERE name = 'parked.released' GROUP BY 1")
    assert {count for _, count in released} == {"1"}
    assert len(released) == 12
    assert rig.count("retries") == 12
    assert (await journal.ledger()).imbalance == 0


async def test_the_database_itself_allows_one_retry_at_a_time(rig: Rig, journal: SqlJournal) -> None:
    """A second row under way for the same submission is refused by an index, whoever writes it."""
    [id_] = await parked(rig, journal, 1)
    await journal.release(id_, "vera", "eins")
    columns = 'submission, campaign, "by", began_at, tries, ended_at, outcome'

    with pytest.raises(Exception, match=r"(?i)unique|retries_under_way"):
        rig.change(f"INSERT INTO retries ({columns}) VALUES ('{id_}', '', 'jan', 1, 0, NULL, '')")


async def test_a_page_that_has_grown_old_decides_nothing(rig: Rig, journal: SqlJournal) -> None:
    """Between looking and clicking it was tried and parked again: the click is refused, and says so."""
    [id_] = await parked(rig, journal, 1)
    seen = await journal.standing(id_)
    assert seen is not None
    await journal.release(id_, "jan", "schneller", seen.version)
    await deliver(journal, refuses)

    with pytest.raises(NotResponsible, match="meanwhile"):
        await journal.drop(id_, "vera", "zu spät", seen.version)

    assert await state(journal, id_) is State.PARKED


async def test_what_somebody_decided_meanwhile_is_passed_over(rig: Rig, journal: SqlJournal) -> None:
    """A campaign leaves alone what is not parked any more, or was parked after it began."""
    ids = await parked(rig, journal, 4)
    plan = a_plan()
    await journal.begin_campaign(plan)
    await journal.drop(ids[2], "jan", "doppelt")
    rig.clock.advance(1)
    later = await parked(rig, journal, 1)

    campaign = await run(rig, journal, plan, takes)

    assert campaign.counts.good == 3
    assert await state(journal, ids[2]) is State.REFUSED
    assert await state(journal, later[0]) is State.PARKED


async def test_a_campaign_goes_on_with_another_gateway(rig: Rig, journal: SqlJournal) -> None:
    """It has no owner: whoever looks at the journal next takes its next step."""
    await parked(rig, journal, 8)
    plan = a_plan()
    await journal.begin_campaign(plan)
    await journal.advance_campaigns()
    await deliver(journal, takes)
    rig.clock.advance(1)

    async with rig.open() as another:
        campaign = await run(rig, another, plan, takes)

    assert (campaign.progress, campaign.counts.good) == (Progress.DONE, 8)


async def test_a_cancelled_one_sends_nothing_more(rig: Rig, journal: SqlJournal) -> None:
    """What it sent goes its way; who cancelled it, and why, is kept."""
    ids = await parked(rig, journal, 4)
    plan = a_plan()
    await journal.begin_campaign(plan)
    await journal.advance_campaigns()

    cancelled = await journal.cancel_campaign(plan.id, "jan", "Anruf vom Hersteller")
    await run(rig, journal, plan, takes, 5)

    assert (cancelled.progress, cancelled.because) == (Progress.CANCELLED, "Anruf vom Hersteller")
    assert [await state(journal, id_) for id_ in ids].count(State.PARKED) == 3
    names = [(deed.name, deed.by) for _, deed in await journal.deeds()]
    assert names[:2] == [("campaign.cancelled", "jan"), ("campaign.begun", "vera")]
    with pytest.raises(NotResponsible):
        await journal.cancel_campaign(plan.id, "jan", "noch einmal")
    with pytest.raises(NotFound):
        await journal.cancel_campaign("f" * 32, "jan", "unbekannt")


async def test_a_group_is_dropped_at_its_rate(rig: Rig, journal: SqlJournal) -> None:
    """They end as refused, a step at a time, with the reason; the ledger balances."""
    ids = await parked(rig, journal, 15)
    plan = a_plan(verdict=Verdict.DROP, reason="Testdaten", rate=600)
    await journal.begin_campaign(plan)

    [step] = await journal.advance_campaigns()
    campaign = await run(rig, journal, plan, takes)

    assert len(step.moved) == 10
    assert campaign.progress is Progress.DONE
    assert {await state(journal, id_) for id_ in ids} == {State.REFUSED}
    ledger = await journal.ledger()
    assert (ledger.parked, ledger.concluded, ledger.imbalance) == (0, 15, 0)


async def test_a_campaign_stays_within_its_authorities(rig: Rig, journal: SqlJournal) -> None:
    """It counts, sends and shows nothing of another town's, and another town does not see it."""
    own = await parked(rig, journal, 2, authority="09761")
    foreign = await parked(rig, journal, 2, authority="09273")
    plan = a_plan(authorities=("09761",))
    begun = await journal.begin_campaign(plan)

    campaign = await run(rig, journal, plan, takes)

    assert (begun.estimate, campaign.counts.good) == (2, 2)
    assert {await state(journal, id_) for id_ in own} == {State.DELIVERED}
    assert {await state(journal, id_) for id_ in foreign} == {State.PARKED}
    assert (await journal.estimate(KIND, "", frozenset({"09761"}))).number == 0
    assert (await journal.estimate(KIND, "", frozenset({"09273"}))).number == 2
    assert await journal.campaign(plan.id, frozenset({"09273"})) is None
    assert await journal.campaigns(frozenset({"09273"})) == []
    assert len(await journal.campaigns(frozenset({"09761", "09273"}))) == 1


async def test_an_attempt_that_failed_counts_before_it_is_given_up(rig: Rig, journal: SqlJournal) -> None:
    """What waits for its next try has failed this time: a campaign does not wait days to learn that."""
    await parked(rig, journal, 3)
    plan = a_plan()
    await journal.begin_campaign(plan)
    await journal.advance_campaigns()
    [letter] = await hand_over(journal)

    await journal.conclude(report(await claim(journal, letter), AWAY), always(TryAgain(3_600.0, "connection-refused")))
    rig.clock.advance(1)

    campaign = await run(rig, journal, plan, takes, 3)

    assert campaign.because == "canary-failed"


async def test_nothing_of_a_kind_is_done_at_once(rig: Rig, journal: SqlJournal) -> None:
    """A campaign for what is not there any more ends without having done anything."""
    await accept(journal, rig.entry())
    plan = a_plan()
    await journal.begin_campaign(plan)

    campaign = await run(rig, journal, plan, takes, 2)

    assert (campaign.progress, campaign.counts.sent) == (Progress.DONE, 0)
