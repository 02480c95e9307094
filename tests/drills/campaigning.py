"""A campaign over five thousand parked Anträge, and a vendor that begins to fail again halfway."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Final

from gateway.campaign import Campaign, Plan, Progress, Verdict
from gateway.drivers.sql.journal import SqlJournal, open_journal
from gateway.drivers.sql.schema import upgrade
from gateway.errors import NotResponsible
from gateway.journal import Claim, Ledger, Limits, Park
from gateway.operating import Kind
from gateway.submission import SubmissionId
from gateway.testing import FakeClock
from tests.gateway.drivers.journal_rig import AWAY, DELIVERED, DONE, always, an_entry, report
from tests.services import PostgresServer

KIND: Final = Kind("given-up-connection-refused", "filedrop", "wohnsitz")
_TOGETHER: Final = 200


@dataclass(frozen=True, slots=True)
class Campaigning:
    """What came of it."""

    parked: int
    campaign: Campaign
    ledger: Ledger
    twice: int
    """submissions that were let go on more than once"""
    refused: int
    """clicks that came second, and were told so"""

    @property
    def good(self) -> bool:
        """It stopped by itself soon after the vendor failed again, nothing happened twice, and the books agree."""
        stopped = self.campaign.progress is Progress.STOPPED and self.campaign.because == "failure-share"
        counted = self.ledger.parked + self.ledger.concluded == self.parked and self.ledger.in_flight == 0
        return stopped and counted and self.campaign.counts.failed <= 150 and not self.twice + self.ledger.imbalance

    def __str__(self) -> str:
        counts = self.campaign.counts
        return (
            f"{self.parked} parked: {counts.sent} sent, {counts.good} arrived, {counts.failed} failed, then a stop; "
            f"{self.refused} second clicks refused, {self.twice} sent twice; parked {self.ledger.parked}, "
            f"imbalance {self.ledger.imbalance}"
        )


async def half_a_campaign(postgres: PostgresServer, *, parked: int = 5_000) -> Campaigning:
    """Two gateways and two operators at once, on PostgreSQL."""
    url, clock = postgres.create_database(), FakeClock()
    await upgrade(url)
    opened = [
        open_journal(
            url,
            limits=lambda _: Limits(window=10_000, concurrency=10_000, trip_after=1_000_000),
            clock=clock,
            kind="sandbox",
            database_time=False,
        )
        for _ in range(2)
    ]
    async with opened[0] as one, opened[1] as another:
        ids = await _fill(one, clock, parked)
        plan = Plan(
            id=uuid.uuid4().hex,
            verdict=Verdict.RETRY,
            kind=KIND,
            by="vera",
            reason="wieder da",
            rate=6_000,
            stop_share=20,
        )
        await asyncio.gather(*(journal.begin_campaign(plan) for journal in (one, another, one)))
        refused, taken, step = 0, 0, 0
        while not (await _look(one, plan)).progress.ended:
            clicks = ids[7 * step : 7 * step + 3]
            answers = await asyncio.gather(
                *(journal.advance_campaigns() for journal in (one, another)),
                *(
                    journal.release(id_, by, "auch")
                    for id_ in clicks
                    for journal, by in ((one, "vera"), (another, "jan"))
                ),
                return_exceptions=True,
            )
            refused += sum(isinstance(answer, NotResponsible) for answer in answers)
            taken = await _deliver(one, taken, until=parked // 2)
            clock.advance(1)
            step += 1
        campaign, ledger = await _look(one, plan), await one.ledger()
    released = postgres.sql("SELECT submission FROM events WHERE name = 'parked.released'", url=url).splitlines()
    postgres.drop_database(url)
    twice = sum(number > 1 for number in Counter(released).values())
    return Campaigning(parked, campaign, ledger, twice, refused)


async def _fill(journal: SqlJournal, clock: FakeClock, number: int) -> list[SubmissionId]:
    entries = [an_entry(received_at=clock(), message_uuid=None, service=KIND.service) for _ in range(number)]
    for begin in range(0, number, _TOGETHER):
        await asyncio.gather(*(journal.record(entry) for entry in entries[begin : begin + _TOGETHER]))
    while claims := await _claims(journal):
        await asyncio.gather(*(journal.conclude(report(one, AWAY), always(Park(KIND.cause))) for one in claims))
    clock.advance(1)
    return [entry.submission.id for entry in entries]


async def _deliver(journal: SqlJournal, taken: int, *, until: int) -> int:
    """What is due reaches the vendor, which takes so many and then no more; how many it took."""
    for claim in await _claims(journal):
        good = taken < until
        decision = DONE if good else Park(KIND.cause)
        await journal.conclude(report(claim, DELIVERED if good else AWAY), always(decision))
        taken += good
    return taken


async def _claims(journal: SqlJournal) -> list[Claim]:
    letters = await journal.hand_over(_TOGETHER)
    await journal.confirm(letters)
    claims = await asyncio.gather(*(journal.claim(letter, "worker-1", 60) for letter in letters))
    return [claim for claim in claims if isinstance(claim, Claim)]


async def _look(journal: SqlJournal, plan: Plan) -> Campaign:
    found = await journal.campaign(plan.id, None)
    assert found is not None
    return found
