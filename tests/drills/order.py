"""Many cases of three messages at once: two gateways, workers in random order, and everything that can go wrong."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable, Collection, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field

from gateway.adapter import Delivered, Unclear
from gateway.dispatch import Letter, Report
from gateway.drivers.clock import clock
from gateway.drivers.sql.journal import SqlJournal, open_journal
from gateway.drivers.sql.schema import is_postgres
from gateway.errors import NotResponsible
from gateway.journal import Attempt, Claim, Conclude, Decision, Entry, Limits, Park, Recorded, TryAgain
from gateway.submission import Grade, State, SubmissionId, content_digest
from gateway.testing import a_submission, an_xml_document

LIMITS = Limits(window=24, concurrency=12, trip_after=1_000_000)
TOWNS = 5
LEASE = 0.5


@dataclass(slots=True)
class Arrivals:
    """What the Fachverfahren took, in its order; the same one more than once where an answer was lost."""

    cases: dict[SubmissionId, int] = field(default_factory=dict)
    """the case of each submission"""
    sent: dict[int, list[SubmissionId]] = field(default_factory=dict)
    """of each case, in the order of the answers to the portal"""
    came: dict[int, list[SubmissionId]] = field(default_factory=dict)
    blows: int = 0
    """attempts that failed, were lost or parked"""

    def note(self, submission: SubmissionId) -> None:
        """It was taken."""
        self.came.setdefault(self.cases[submission], []).append(submission)

    def __str__(self) -> str:
        came = sum(len(set(ids)) for ids in self.came.values())
        return (
            f"{len(self.sent)} cases, {came} messages came, {self.blows} blows: {len(self.out_of_order)} out of order"
        )

    @property
    def good(self) -> bool:
        """Everything came, in its order."""
        return self.complete and not self.out_of_order

    @property
    def complete(self) -> bool:
        """Whether every message of every case came."""
        return all(set(self.came.get(case, ())) == set(ids) for case, ids in self.sent.items())

    @property
    def out_of_order(self) -> list[int]:
        """Cases of which a message came before, or again after, one that it should not have."""
        return [case for case, ids in self.sent.items() if _repeated(self.came.get(case, [])) != ids]


def _repeated(came: Sequence[SubmissionId]) -> list[SubmissionId]:
    """Without immediate repetitions: those are lost answers, and nobody's fault."""
    return [one for n, one in enumerate(came) if n == 0 or came[n - 1] != one]


async def cases_in_order(
    url: str, *, cases: int, gateways: int, dice: random.Random, unordered: Collection[str] = ()
) -> Arrivals:
    """Send them all, deliver them all; the arrivals. Order does not matter to the `unordered` adapters."""
    async with AsyncExitStack() as stack, asyncio.timeout(600):
        journals = [
            await stack.enter_async_context(
                open_journal(
                    url,
                    limits=lambda _: LIMITS,
                    clock=clock,
                    kind="sandbox",
                    unordered=unordered,
                    database_time=is_postgres(url),
                )
            )
            for _ in range(gateways)
        ]
        return await _Rush(journals, dice).of(cases)


class _Rush:
    """Portals, gateways, workers and an operator, all at once."""

    def __init__(self, journals: Sequence[SqlJournal], dice: random.Random) -> None:
        self._journals = journals
        self._dice = dice
        self._letters: list[Letter] = []
        self._arrivals = Arrivals()
        self._left = 0
        self._done = asyncio.Event()

    async def of(self, cases: int) -> Arrivals:
        self._left = 3 * cases
        async with asyncio.TaskGroup() as group:
            for journal in self._journals:
                for act in (self._hand_over, self._look_after, *[self._deliver] * 12):
                    group.create_task(self._until_done(act, journal))
            numbers = iter(range(cases))
            for _ in range(20):
                group.create_task(self._send(numbers.__next__))
        return self._arrivals

    def _any(self) -> SqlJournal:
        return self._dice.choice(self._journals)

    async def _until_done(self, act: Callable[[SqlJournal], object], journal: SqlJournal) -> None:
        while not self._done.is_set():
            await act(journal)  # type: ignore[misc]  # each act is a coroutine function
            await asyncio.sleep(0)

    async def _send(self, next_case: Callable[[], int]) -> None:
        """A portal: one message after the other, each after the answer to the one before."""
        try:
            while True:
                case, last = next_case(), None
                for _ in range(3):
                    entry = _message(case, last)
                    self._arrivals.cases[entry.submission.id] = case
                    assert isinstance(await self._any().record(entry), Recorded)
                    self._arrivals.sent.setdefault(case, []).append(entry.submission.id)
                    last = entry
        except StopIteration:
            return

    async def _hand_over(self, journal: SqlJournal) -> None:
        letters = await journal.hand_over()
        await journal.confirm(letters)
        self._letters += letters
        self._dice.shuffle(self._letters)
        if not letters:
            await asyncio.sleep(0.01)

    async def _deliver(self, journal: SqlJournal) -> None:
        if not self._letters:
            await asyncio.sleep(0.005)
            return
        letter = self._letters.pop()
        claimed = await journal.claim(letter, "worker", LEASE)
        if not isinstance(claimed, Claim):
            if claimed.because == "busy":
                self._letters.insert(0, letter)
            return
        await asyncio.sleep(self._dice.uniform(0, 0.01))
        luck = self._dice.random()
        if luck < 0.8:
            self._arrivals.note(letter.submission)
        if luck < 0.75:
            await self._report(claimed, Conclude(State.DELIVERED, final=True, grade=Grade.TRANSPORT))
            return
        self._arrivals.blows += 1
        if luck < 0.85:
            return  # the answer is lost, with or without the vendor having taken it; the lease ends
        if luck < 0.95:
            await self._report(claimed, TryAgain(0.0, "connection-refused"))
        else:
            await self._report(claimed, Park("adapter-bug"))

    async def _report(self, claimed: Claim, decision: Decision) -> None:
        ending = Delivered("", Grade.TRANSPORT) if isinstance(decision, Conclude) else Unclear("no-answer")
        report = Report(
            claimed.submission.id, claimed.attempt, claimed.key, claimed.worker, claimed.submission.adapter, ending
        )
        await self._any().conclude(report, lambda *_: decision)

    async def _look_after(self, journal: SqlJournal) -> None:
        """Leases that ended, letters that were lost, what is parked; and whether everything is done."""
        await journal.lapse(_once_more)
        await journal.return_unclaimed(unconfirmed=5.0, confirmed=5.0)
        for parked in await journal.parked():
            with suppress(NotResponsible):  # the other operator was quicker
                await journal.release(parked.submission.id, "b.beispiel", "")
        if (await journal.ledger()).concluded == self._left:
            self._done.set()
        await asyncio.sleep(0.1)


def _once_more(_: object, __: Attempt) -> Decision:
    return TryAgain(0.0, "lease-ended", ask=True)


def _message(case: int, refers_to: Entry | None) -> Entry:
    own = str(uuid.uuid4())
    reference = refers_to.submission.message_uuid if refers_to else None
    submission = a_submission(
        destination=f"stadt-{case % TOWNS}",
        message_uuid=own,
        reference_uuid=reference,
        case_key=reference or own,
        received_at=clock(),
    )
    document = an_xml_document() + own.encode()
    return Entry(
        submission=submission,
        state=State.ACCEPTED,
        digest=content_digest(document),
        size=len(document),
        keys=(f"uuid:{own}",),
        document=document,
        connection="wohnsitz/1",
    )
