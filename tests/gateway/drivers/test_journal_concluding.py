"""An outcome counts for the claim it answers, once; a lease that ends without one is an outcome too."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from gateway.adapter import Broken, Delivered, Ending, Refused, Unclear, Unreachable
from gateway.dispatch import Report
from gateway.drivers.sql.journal import SqlJournal
from gateway.events import Event, JournalFailed, watched
from gateway.journal import Attempt, Conclude, Decision, Ignored, Limits, Moved, Park, TryAgain
from gateway.submission import Grade, Micros, State, SubmissionId
from tests.gateway.drivers.journal_rig import (
    DELIVERED,
    DONE,
    LEASE,
    TOWN,
    WORKER,
    Rig,
    accept,
    always,
    begin,
    claim,
    conclude,
    hand_over,
    ignored,
    letter_of,
    report,
    standing,
    state,
)

pytestmark = pytest.mark.anyio

LAPSED = Park("unclear-lease-ended", ask=True)


@pytest.mark.parametrize(
    ("ending", "decision", "shows"),
    [
        (
            Delivered("", Grade.TRANSPORT),
            Conclude(State.DELIVERED, final=True, grade=Grade.TRANSPORT),
            {"state": State.DELIVERED, "grade": Grade.TRANSPORT, "ends": True, "event": "submission.delivered"},
        ),
        (
            Delivered("", Grade.TRANSPORT),
            Conclude(State.DELIVERED, final=False, grade=Grade.TRANSPORT),
            {"state": State.DELIVERED, "grade": Grade.TRANSPORT, "ends": False, "event": "submission.delivered"},
        ),
        (
            Delivered("", Grade.TAKEN),
            Conclude(State.CONFIRMED, final=True, grade=Grade.TAKEN),
            {"state": State.CONFIRMED, "grade": Grade.TAKEN, "ends": True, "event": "submission.confirmed"},
        ),
        (
            Refused("duplicate"),
            Conclude(State.REFUSED, final=True, code="duplicate"),
            {"state": State.REFUSED, "cause": "duplicate", "ends": True, "event": "submission.refused"},
        ),
        (
            Unreachable("connection-refused"),
            TryAgain(90.5, "connection-refused"),
            {"state": State.ACCEPTED, "cause": "connection-refused", "due": 90.5, "event": "attempt.failed"},
        ),
        (
            Unclear("time-limit"),
            TryAgain(1.0, "time-limit", ask=True),
            {"state": State.ACCEPTED, "cause": "time-limit", "due": 1.0, "event": "attempt.failed"},
        ),
        (
            Broken("ValueError"),
            Park("adapter-bug"),
            {"state": State.PARKED, "cause": "adapter-bug", "event": "submission.parked"},
        ),
    ],
    ids=["delivered", "not the end yet", "confirmed", "refused", "try again", "ask again", "parked"],
)
async def test_a_decision_takes_effect(
    rig: Rig, journal: SqlJournal, ending: Ending, decision: Decision, shows: dict[str, Any]
) -> None:
    """What was decided shows in the standing and in one event, and only what was decided."""
    claimed = await begin(journal, rig.entry())
    before = await standing(journal, claimed.submission.id)
    rig.clock.advance(10)
    now = rig.clock()

    moved = await conclude(journal, report(claimed, ending), decision)

    ends = shows.get("ends", False)
    assert moved == Moved(claimed.submission, State.HANDED_OVER, shows["state"], ends, decision, 1, now, took=10.0)
    assert await standing(journal, claimed.submission.id) == replace(
        before,
        state=shows["state"],
        grade=shows.get("grade"),
        concluded_at=now if ends else None,
        updated_at=now,
        due_at=Micros(now + int(shows["due"] * 1_000_000)) if "due" in shows else None,
        attempts=1,
        cause=shows.get("cause", ""),
        version=before.version + 1,
    )
    event = (await journal.events(claimed.submission.id))[-1]
    assert (event.name, event.before, event.after) == (shows["event"], State.HANDED_OVER, shows["state"])
    assert (event.at, event.attempt, event.by) == (now, 1, "")
    assert event.code == shows.get("cause", shows.get("grade", ""))


async def test_the_decision_is_told_what_it_needs(rig: Rig, journal: SqlJournal) -> None:
    """A policy learns how the attempt ended, which try it was, how old the submission is, and whose adapter."""
    asked: list[tuple[Ending, Attempt]] = []

    def remember(ending: Ending, attempt: Attempt) -> Decision:
        asked.append((ending, attempt))
        return TryAgain(0.0, "connection-refused")

    await accept(journal, rig.entry(adapter="musterhaus"))
    for _ in range(2):
        rig.clock.advance(100.5)
        [letter] = await hand_over(journal)
        await journal.conclude(report(await claim(journal, letter), Unreachable("connection-refused")), remember)

    assert asked == [
        (Unreachable("connection-refused"), Attempt(1, 100.5, "musterhaus")),
        (Unreachable("connection-refused"), Attempt(2, 201.0, "musterhaus")),
    ]


async def test_a_letter_that_was_taken_back_is_no_try(rig: Rig, journal: SqlJournal) -> None:
    """Only attempts that a worker began count as tries."""
    await accept(journal, rig.entry())
    for _ in range(3):
        await journal.take_back(await journal.hand_over(), "not-confirmed")

    [letter] = await hand_over(journal)
    moved = await conclude(journal, report(await claim(journal, letter)))

    assert (letter.attempt, moved.tries) == (4, 1)


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"key": "guessed"}, "wrong-key"),
        ({"key": ""}, "wrong-key"),
        ({"worker": "worker-2"}, "wrong-key"),
        ({"worker": ""}, "wrong-key"),
        ({"attempt": 2}, "no-claim"),
        ({"attempt": 0}, "no-claim"),
        ({"submission": "019b796d-d600-7000-8000-000000000000"}, "unknown"),
    ],
    ids=["forged key", "no key", "another worker", "no worker", "next attempt", "attempt zero", "unknown submission"],
)
async def test_a_report_that_answers_no_claim_changes_nothing(
    rig: Rig, journal: SqlJournal, change: dict[str, Any], because: str
) -> None:
    """Forged and misled reports are ignored, and the true one counts afterwards."""
    claimed = await begin(journal, rig.entry())
    before, history = await standing(journal, claimed.submission.id), await journal.events(claimed.submission.id)

    assert await ignored(journal, report(claimed, **change)) == because

    assert await standing(journal, claimed.submission.id) == before
    assert await journal.events(claimed.submission.id) == history
    await conclude(journal, report(claimed))


async def test_a_key_opens_its_own_claim_only(rig: Rig, journal: SqlJournal) -> None:
    """A worker that holds one claim cannot conclude another with it."""
    await accept(journal, rig.entry(), rig.entry())
    mine, other = [await claim(journal, letter) for letter in await hand_over(journal)]

    assert await ignored(journal, report(other, key=mine.key)) == "wrong-key"

    assert await state(journal, other.submission.id) is State.HANDED_OVER


async def test_a_letter_nobody_claimed_has_no_outcome(rig: Rig, journal: SqlJournal) -> None:
    """A report without a claim is ignored, while the letter is out and after it was taken back."""
    await accept(journal, rig.entry())
    letters = await hand_over(journal)
    forged = Report(letters[0].submission, letters[0].attempt, "", "", letters[0].adapter, DELIVERED)

    assert await ignored(journal, forged) == "no-claim"
    await journal.take_back(letters, "not-confirmed")
    assert await ignored(journal, forged) == "already-answered"

    assert await state(journal, letters[0].submission) is State.ACCEPTED


async def test_a_doubled_report_counts_once(rig: Rig, journal: SqlJournal) -> None:
    """The second copy of a report is ignored, whatever the first one led to."""
    claimed = await begin(journal, rig.entry())
    await conclude(journal, report(claimed))
    before = await standing(journal, claimed.submission.id)

    assert await ignored(journal, report(claimed)) == "already-answered"
    assert await ignored(journal, report(claimed, Refused("late"))) == "already-answered"

    assert await standing(journal, claimed.submission.id) == before


async def test_copies_that_arrive_together_count_once(rig: Rig, journal: SqlJournal) -> None:
    """Twenty copies of one report in one batch move the submission once."""
    claimed = await begin(journal, rig.entry())

    answers = await asyncio.gather(*(journal.conclude(report(claimed), always(DONE)) for _ in range(20)))

    assert sum(isinstance(answer, Moved) for answer in answers) == 1
    assert answers.count(Ignored("already-answered")) == 19
    assert rig.count("events", "name = 'submission.delivered'") == 1


async def test_a_late_report_does_not_speak_for_the_next_attempt(rig: Rig, journal: SqlJournal) -> None:
    """After a lease has ended and another worker has begun, the first worker's outcome changes nothing."""
    first = await begin(journal, rig.entry())
    rig.clock.advance(LEASE + 1)
    await journal.lapse(always(TryAgain(0.0, "lease-ended", ask=True)))
    [letter] = await hand_over(journal)
    second = await claim(journal, letter, "worker-2")

    assert await ignored(journal, report(first)) == "already-answered"

    assert await state(journal, first.submission.id) is State.HANDED_OVER
    await conclude(journal, report(second))


async def test_reports_of_many_submissions_conclude_together(rig: Rig, journal: SqlJournal) -> None:
    """Each of a hundred outcomes that arrive at once gets its own answer."""
    rig.limits[TOWN] = Limits(window=100, concurrency=100)
    await asyncio.gather(*(journal.record(rig.entry()) for _ in range(100)))
    claims = await asyncio.gather(*(claim(journal, letter) for letter in await hand_over(journal)))

    moves = await asyncio.gather(*(journal.conclude(report(one), always(DONE)) for one in claims))

    assert [move.submission.id for move in moves if isinstance(move, Moved)] == [one.submission.id for one in claims]
    assert (await journal.ledger()).concluded == 100


async def test_a_policy_that_raises_harms_nobody_else(rig: Rig, journal: SqlJournal) -> None:
    """A bug in one decision reaches its own caller; what shared the batch is concluded."""
    await accept(journal, *(rig.entry() for _ in range(4)))
    claims = [await claim(journal, letter) for letter in await hand_over(journal)]

    def broken(_: Ending, __: Attempt) -> Decision:
        raise ZeroDivisionError

    answers = await asyncio.gather(
        *(journal.conclude(report(one), broken if one is claims[1] else always(DONE)) for one in claims),
        return_exceptions=True,
    )

    assert [type(answer) for answer in answers] == [Moved, ZeroDivisionError, Moved, Moved]
    await conclude(journal, report(claims[1]))


async def test_a_lease_that_ends_is_unclear(rig: Rig, journal: SqlJournal) -> None:
    """When the lease is over and nobody has reported, the decision for an unclear end takes effect; not before."""
    claimed = await begin(journal, rig.entry())
    endings: list[Ending] = []

    def remember(ending: Ending, _: Attempt) -> Decision:
        endings.append(ending)
        return TryAgain(5.0, "lease-ended", ask=True)

    rig.clock.advance(LEASE)
    assert not await journal.lapse(remember)
    rig.clock.advance(0.001)
    [moved] = await journal.lapse(remember)

    assert endings == [Unclear("lease-ended")]
    assert (moved.submission, moved.after, moved.tries) == (claimed.submission, State.ACCEPTED, 1)
    assert not await journal.lapse(remember)
    rig.clock.advance(5)
    [letter] = await hand_over(journal)
    assert (await claim(journal, letter)).ask


async def test_a_lapse_moves_what_is_over_and_nothing_else(rig: Rig, journal: SqlJournal) -> None:
    """Claims that are running, or answered, or parked, are left as they are."""
    await accept(journal, *(rig.entry() for _ in range(4)))
    letters = await hand_over(journal)
    over = await claim(journal, letters[0], lease=10)
    running = await claim(journal, letters[1], lease=100)
    answered = await claim(journal, letters[2], lease=10)
    parked = await claim(journal, letters[3], lease=10)
    await conclude(journal, report(answered))
    await conclude(journal, report(parked), Park("adapter-bug"))
    rig.clock.advance(11)

    moves = await journal.lapse(always(LAPSED))

    assert [move.submission for move in moves] == [over.submission]
    assert await state(journal, running.submission.id) is State.HANDED_OVER


async def test_a_policy_that_raises_keeps_no_other_lease_from_lapsing(rig: Rig, journal: SqlJournal) -> None:
    """Where the policy of one adapter cannot be found, the others' claims lapse all the same, and somebody is told."""
    await accept(journal, *(rig.entry(adapter=adapter) for adapter in ("one", "gone", "two")))
    for letter in await hand_over(journal):
        await claim(journal, letter)
    rig.clock.advance(LEASE + 1)
    told: list[Event] = []

    def by_adapter(_: Ending, attempt: Attempt) -> Decision:
        return {"one": LAPSED, "two": LAPSED}[attempt.adapter]

    with watched(told.append):
        moves = await journal.lapse(by_adapter)

    assert {move.submission.adapter for move in moves} == {"one", "two"}
    assert told == [JournalFailed(operation="lapse", error="KeyError")]
    with pytest.raises(KeyError):
        await journal.lapse(by_adapter)
    assert len(await journal.lapse(always(LAPSED))) == 1


async def test_a_report_in_time_wins_over_the_lapse(rig: Rig, journal: SqlJournal) -> None:
    """An outcome that arrives before anybody noticed the end of the lease still counts."""
    claimed = await begin(journal, rig.entry())
    rig.clock.advance(LEASE + 1)

    await conclude(journal, report(claimed))

    assert not await journal.lapse(always(LAPSED))
    assert await state(journal, claimed.submission.id) is State.DELIVERED


async def test_a_report_and_the_lapse_at_one_moment_count_once(rig: Rig, journal: SqlJournal) -> None:
    """In the same batch one of the two moves the submission."""
    claimed = await begin(journal, rig.entry())
    rig.clock.advance(LEASE + 1)

    answer, moves = await asyncio.gather(journal.conclude(report(claimed), always(DONE)), journal.lapse(always(LAPSED)))

    assert isinstance(answer, Moved) is (moves == [])
    assert rig.count("events", "name IN ('submission.delivered', 'submission.parked')") == 1


async def test_a_worker_that_is_gone_need_not_be_waited_for(rig: Rig, journal: SqlJournal) -> None:
    """Whoever knows that a worker's process is gone ends its leases at once, and nobody else's."""
    await accept(journal, *(rig.entry() for _ in range(3)))
    letters = await hand_over(journal)
    answered = await claim(journal, letters[0], "worker-1")
    gone = await claim(journal, letters[1], "worker-1")
    there = await claim(journal, letters[2], "worker-2")
    await conclude(journal, report(answered))

    await journal.abandon("worker-1")

    moves = await journal.lapse(always(LAPSED))
    assert [move.submission for move in moves] == [gone.submission]
    assert await ignored(journal, report(gone)) == "already-answered"
    await conclude(journal, report(there))


async def test_the_letter_of_a_concluded_submission_is_void(rig: Rig, journal: SqlJournal) -> None:
    """A letter that the broker brings again after the end leads to no second delivery."""
    claimed = await begin(journal, rig.entry())
    await conclude(journal, report(claimed, DELIVERED))

    answer = await journal.claim(letter_of(claimed), WORKER, LEASE)

    assert not hasattr(answer, "document")
    assert not await journal.hand_over()
    assert await journal.return_unclaimed(unconfirmed=0, confirmed=0) == 0


async def test_versions_are_told_for_many_at_once(rig: Rig, journal: SqlJournal) -> None:
    """One question brings the versions of all that exist, and they grow with what happens."""
    moved, still = rig.entry(), rig.refusal()
    [moved_id] = await accept(journal, moved)
    await journal.record(still)
    ids = [moved_id, still.submission.id, SubmissionId("unbekannt")]
    before = await journal.versions(ids)

    await hand_over(journal)

    after = await journal.versions(ids)
    assert after == {moved_id: before[moved_id] + 1, still.submission.id: before[still.submission.id]}
    assert (await standing(journal, moved_id)).version == after[moved_id]
    assert await journal.versions([]) == {}
