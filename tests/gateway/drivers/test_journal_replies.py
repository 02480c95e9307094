"""Replies: each finds the one submission it answers, once, and does to it what follows; or it waits for a human."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from gateway.drivers.sql.journal import SqlJournal
from gateway.journal import Conclude, TryAgain
from gateway.reply import Arrival, Effect, Kept, Kind, Origin, Repeated
from gateway.submission import Grade, State, new_id
from tests.gateway.drivers.journal_rig import (
    AWAY,
    Rig,
    accept,
    begin,
    claim,
    conclude,
    hand_over,
    park,
    report,
    standing,
    state,
    story,
)
from tests.gateway.drivers.reply_rig import A_FILE, ANSWER, ANTRAG, REJECTION, TOWN, boxed, delivered, incoming, kept

pytestmark = pytest.mark.anyio

# ── what a reply does ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_answer_confirms_what_was_handed_to_the_transport(rig: Rig, journal: SqlJournal) -> None:
    """`delivered` becomes `confirmed`, answered by the Fachverfahren; its story had ended, so the ledger stays."""
    submission = await delivered(rig, journal)
    before = await journal.ledger()

    taken = await kept(journal, incoming(rig))

    now, after = await standing(journal, submission.id), await journal.ledger()
    assert (now.state, now.grade) == (State.CONFIRMED, Grade.ANSWERED)
    assert (taken.settled.after, taken.settled.concluded) == (State.CONFIRMED, False)
    assert await story(journal, submission.id) == [
        "submission.accepted",
        "letter.handed_over",
        "submission.delivered",
        "reply.received",
        "submission.confirmed",
    ]
    assert (after.concluded, after.imbalance) == (before.concluded, 0)


async def test_an_answer_ends_a_story_that_waited_for_one(rig: Rig, journal: SqlJournal) -> None:
    """Where handing it to the transport was not the end, the answer is; the ledger moves with it, once."""
    begun = await begin(journal, rig.entry(message_uuid=ANTRAG))
    await conclude(journal, report(begun), Conclude(State.DELIVERED, final=False, grade=Grade.TRANSPORT))
    in_flight = (await journal.ledger()).in_flight

    await kept(journal, incoming(rig))
    await kept(journal, incoming(rig, b"<status/>", message_uuid=ANSWER.replace("60", "61"), kind=Kind.STATUS))

    ledger = await journal.ledger()
    assert (in_flight, ledger.in_flight, ledger.concluded, ledger.imbalance) == (1, 0, 1, 0)
    assert (await story(journal, begun.submission.id)).count("submission.confirmed") == 1


async def test_a_late_rejection_refuses_and_moves_no_ledger(rig: Rig, journal: SqlJournal) -> None:
    """`confirmed` becomes `refused` with the code of the Rückweisung; it was counted as concluded, and stays so."""
    submission = await delivered(rig, journal)
    await kept(journal, incoming(rig))
    before = await journal.ledger()

    await kept(journal, incoming(rig, b"<rueckweisung/>", message_uuid=ANSWER.replace("60", "67"), **REJECTION))

    now, after = await standing(journal, submission.id), await journal.ledger()
    assert (now.state, now.cause) == (State.REFUSED, "rejection-S999")
    assert (after.concluded, after.imbalance) == (before.concluded, 0) == (1, 0)


async def test_nothing_follows_a_refusal(rig: Rig, journal: SqlJournal) -> None:
    """What was refused stays so, whatever else the authority says; the reply is kept for the portal."""
    submission = await delivered(rig, journal)
    await kept(journal, incoming(rig, **REJECTION))

    await kept(journal, incoming(rig, b"<status/>", message_uuid=ANSWER.replace("60", "61"), kind=Kind.STATUS))

    assert await state(journal, submission.id) is State.REFUSED
    assert [one.kind for one in await journal.replies(submission.id)] == [Kind.REJECTION, Kind.STATUS]


async def test_every_reply_is_news(rig: Rig, journal: SqlJournal) -> None:
    """A reply that moves nothing still makes the submission's version grow and leaves a row without content."""
    submission = await delivered(rig, journal)
    await kept(journal, incoming(rig))
    before = await standing(journal, submission.id)

    await kept(journal, incoming(rig, b"<s/>", message_uuid=ANSWER.replace("60", "61"), kind=Kind.STATUS, code="ruht"))

    after, last = await standing(journal, submission.id), (await journal.events(submission.id))[-1]
    assert (after.version, after.state) == (before.version + 1, before.state)
    assert (last.name, last.code, last.before, last.after) == (
        "reply.received",
        "status",
        State.CONFIRMED,
        State.CONFIRMED,
    )


async def test_an_answer_that_overtakes_the_outcome_waits_for_it(rig: Rig, journal: SqlJournal) -> None:
    """While a worker has it in hand nothing moves; when its outcome is there, the answer takes effect, once."""
    begun = await begin(journal, rig.entry(message_uuid=ANTRAG))

    early = await kept(journal, incoming(rig))
    too_early = await journal.settle_replies()
    await conclude(journal, report(begun))
    [settled] = await journal.settle_replies()

    assert early.settled.after is State.HANDED_OVER
    assert not too_early
    assert (settled.before, settled.after) == (State.DELIVERED, State.CONFIRMED)
    assert not await journal.settle_replies()


async def test_an_answer_ends_retries_of_what_had_arrived(rig: Rig, journal: SqlJournal) -> None:
    """Silence was followed by an answer: what waits for its next try has arrived, and is never brought again."""
    begun = await begin(journal, rig.entry(message_uuid=ANTRAG))
    await conclude(journal, report(begun, AWAY), TryAgain(0.0, "time-limit", ask=True))

    await kept(journal, incoming(rig))

    assert await state(journal, begun.submission.id) is State.CONFIRMED
    assert not await hand_over(journal)
    assert (await journal.ledger()).imbalance == 0


@pytest.mark.parametrize("effect, after", [(Effect.CONFIRM, State.CONFIRMED), (Effect.REFUSE, State.REFUSED)])
async def test_an_answer_settles_what_waits_for_a_human(
    rig: Rig, journal: SqlJournal, effect: Effect, after: State
) -> None:
    """Nobody has to find out any more whether a parked submission arrived."""
    submission = await park(journal, rig.entry(message_uuid=ANTRAG), "unclear-reset")

    await kept(journal, incoming(rig, effect=effect))

    ledger = await journal.ledger()
    assert await state(journal, submission) is after
    assert (ledger.parked, ledger.concluded, ledger.imbalance) == (0, 1, 0)


async def test_an_answer_lets_those_go_on_that_waited_behind(rig: Rig, journal: SqlJournal) -> None:
    """A parked message held back the next one of its case; that it arrived is known now, so the next one leaves."""
    await park(journal, rig.entry(message_uuid=ANTRAG, keys=(f"uuid:{ANTRAG}",)), "unclear-reset")
    [follower] = await accept(journal, rig.entry(reference_uuid=ANTRAG, case_key=ANTRAG))
    held = await hand_over(journal)

    await kept(journal, incoming(rig))

    assert not held
    assert [letter.submission for letter in await hand_over(journal)] == [follower]


# ── once ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_same_reply_again_changes_nothing(rig: Rig, journal: SqlJournal) -> None:
    """However often and by whomever it is brought: one reply, one event, and the first answer each time."""
    submission = await delivered(rig, journal)
    first = await kept(journal, incoming(rig))
    before = await standing(journal, submission.id), await journal.events(submission.id)

    again = [await journal.receive(incoming(rig, origin=replace(TOWN, by=f"worker-{n}"))) for n in range(3)]

    assert [one.first.id for one in again if isinstance(one, Repeated)] == [first.reply.id] * 3
    assert (await standing(journal, submission.id), await journal.events(submission.id)) == before
    assert rig.count("replies") == rig.count("reply_steps") == 1
    assert rig.count("documents", "kind = 'reply'") == 1


async def test_many_who_bring_the_same_reply_at_once_bring_one(rig: Rig, journal: SqlJournal) -> None:
    """Replicas that judge the same at the same moment agree."""
    submission = await delivered(rig, journal)

    async with rig.open() as replica:
        taken = await asyncio.gather(
            *(side.receive(incoming(rig)) for side in (journal, replica) for _ in range(4)),
        )

    assert sum(isinstance(one, Kept) for one in taken) == 1
    assert sum(isinstance(one, Repeated) for one in taken) == 7
    assert len(await journal.replies(submission.id)) == 1


async def test_other_content_under_the_same_uuid_goes_into_the_box(rig: Rig, journal: SqlJournal) -> None:
    """It replaces nothing and moves nothing; coming again it is the same one in the box."""
    submission = await delivered(rig, journal)
    await kept(journal, incoming(rig))
    before = await standing(journal, submission.id)

    cause = await boxed(journal, incoming(rig, b"<anderes/>", **REJECTION))
    again = await journal.receive(incoming(rig, b"<anderes/>", **REJECTION))

    assert cause == "uuid-conflict"
    assert isinstance(again, Repeated)
    assert again.first.waits
    assert await standing(journal, submission.id) == before
    assert await journal.boxed() == 1


async def test_another_destination_may_use_the_same_uuid(rig: Rig, journal: SqlJournal) -> None:
    """What one authority's Fachverfahren sent says nothing about another's: nobody can block a UUID for others."""
    await delivered(rig, journal)
    await kept(journal, incoming(rig))

    cause = await boxed(journal, incoming(rig, origin=replace(TOWN, destination="anderswo")))

    assert cause == "no-submission"


# ── the one submission it answers ────────────────────────────────────────────────────────────────────────────────────


async def test_the_message_it_names_is_the_one_it_answers(rig: Rig, journal: SqlJournal) -> None:
    """Of several submissions to one destination it reaches the one whose nachrichtenUUID it refers to."""
    await delivered(rig, journal, message_uuid="0199c0de-0013-7000-8000-000000000013")
    meant = await delivered(rig, journal)

    taken = await kept(journal, incoming(rig))

    assert taken.reply.submission == meant.id
    assert [one.id for one in await journal.replies(meant.id)] == [taken.reply.id]


async def test_without_a_message_the_case_decides(rig: Rig, journal: SqlJournal) -> None:
    """A reply that knows only the case answers the latest of its messages that was sent."""
    case = {"case_id": "BA-2026-00031"}
    await delivered(rig, journal, message_uuid="0199c0de-0013-7000-8000-000000000013", **case)
    latest = await delivered(rig, journal, message_uuid="0199c0de-0014-7000-8000-000000000014", **case)
    await accept(journal, rig.entry(message_uuid="0199c0de-0015-7000-8000-000000000015", **case))

    taken = await kept(journal, incoming(rig, answers=None, case="BA-2026-00031"))

    assert taken.reply.submission == latest.id


async def test_a_case_id_that_two_portals_use_decides_nothing(rig: Rig, journal: SqlJournal) -> None:
    """Portals number their cases as they like: what could be for either goes to neither."""
    for number, client in enumerate(("portal-eins", "portal-zwei"), start=13):
        message = f"0199c0de-00{number}-7000-8000-0000000000{number}"
        await delivered(rig, journal, message_uuid=message, case_id="2026-1", client=client)

    assert await boxed(journal, incoming(rig, answers=None, case="2026-1")) == "ambiguous"


@pytest.mark.parametrize(
    "origin",
    [
        replace(TOWN, destination="augsburg-wohnsitz"),
        replace(TOWN, test=True),
    ],
    ids=["another destination", "its test endpoint"],
)
async def test_nobody_answers_for_another(rig: Rig, journal: SqlJournal, origin: Origin) -> None:
    """What comes from another destination or endpoint finds nothing here, though it names the right message."""
    submission = await delivered(rig, journal)

    cause = await boxed(journal, incoming(rig, origin=origin))
    named = await boxed(journal, incoming(rig, b"<b/>", origin=origin, submission=submission.id, message_uuid=None))

    assert (cause, named) == ("no-submission", "foreign")
    assert await journal.replies(submission.id) == []
    assert await state(journal, submission.id) is State.DELIVERED


async def test_another_adapter_answers_for_nobody(rig: Rig, journal: SqlJournal) -> None:
    """The destination's name is not enough."""
    await delivered(rig, journal)

    assert await boxed(journal, incoming(rig, origin=replace(TOWN, adapter="andere"))) == "foreign"


@pytest.mark.parametrize(
    "said",
    [{"answers": "0199c0de-0099-7000-8000-000000000099"}, {"answers": None, "case": "BA-2026-00099"}],
    ids=["another message", "another case"],
)
async def test_a_reply_that_contradicts_its_bringer_is_no_answer(
    rig: Rig, journal: SqlJournal, said: dict[str, Any]
) -> None:
    """Brought as the answer to one submission, and speaking of another: a human looks."""
    submission = await delivered(rig, journal, case_id="BA-2026-00031")

    assert await boxed(journal, incoming(rig, submission=submission.id, **said)) == "contradiction"


async def test_message_and_case_must_not_contradict_each_other(rig: Rig, journal: SqlJournal) -> None:
    """The message is known, and belongs to another case than the reply says."""
    await delivered(rig, journal, case_id="BA-2026-00031")

    assert await boxed(journal, incoming(rig, case="BA-2026-00099")) == "contradiction"


async def test_what_was_never_sent_cannot_be_answered(rig: Rig, journal: SqlJournal) -> None:
    """Waiting, or on its way and in nobody's hands yet: whoever answers that has not got it from us."""
    await accept(journal, rig.entry(message_uuid=ANTRAG))
    waiting = await boxed(journal, incoming(rig, message_uuid=None))
    [letter] = await hand_over(journal)
    on_its_way = await boxed(journal, incoming(rig, b"<b/>", message_uuid=None))
    claimed = await claim(journal, letter)
    in_hand = await kept(journal, incoming(rig, b"<c/>"))

    assert (waiting, on_its_way) == ("never-sent", "never-sent")
    assert in_hand.reply.submission == claimed.submission.id


# ── what is kept ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_reply_is_kept_with_its_document_and_files(rig: Rig, journal: SqlJournal) -> None:
    """Byte for byte, and apart from what came with the submission."""
    submission = await delivered(rig, journal)

    taken = await kept(journal, incoming(rig, files=(A_FILE,), file_number="41-602-BA-2026/0031"))

    stored = await journal.reply(taken.reply.id)
    assert stored == taken.reply
    assert stored.files == (A_FILE,)
    assert await journal.reply_document(taken.reply.id) == b"<antwort/>"
    assert (await standing(journal, submission.id)).submission.attachments == ()
    assert A_FILE.id in await journal.attachment_ids()


async def test_the_file_number_becomes_the_submissions_reference(rig: Rig, journal: SqlJournal) -> None:
    """What the authority calls the case goes before what the transport called the set of files."""
    begun = await begin(journal, rig.entry(message_uuid=ANTRAG))
    await journal.keep_words(begun, "antrag.json", "")
    await conclude(journal, report(begun))
    rig.clock.advance(1)

    taken = await kept(journal, incoming(rig, file_number="41-602-BA-2026/0031"))

    assert (await standing(journal, begun.submission.id)).reference == "41-602-BA-2026/0031"
    assert taken.reply.file_number == "41-602-BA-2026/0031"


async def test_documents_of_replies_can_be_forgotten(rig: Rig, journal: SqlJournal) -> None:
    """The reply stays in the books and says that its document is gone."""
    submission = await delivered(rig, journal)
    taken = await kept(journal, incoming(rig, files=(A_FILE,), file_number="AZ"))

    for table in ("documents", "attachments", "words"):
        rig.change(f"DELETE FROM {table}")

    [reply] = await journal.replies(submission.id)
    assert (reply.has_document, reply.files, reply.file_number) == (False, (), None)
    assert await journal.reply_document(taken.reply.id) is None


async def test_what_was_sent_by_a_portal_is_no_reply(rig: Rig, journal: SqlJournal) -> None:
    """A submission's own document cannot be fetched as if it were a reply's."""
    submission = await delivered(rig, journal)

    assert await journal.reply_document(submission.id) is None


async def test_steps_of_replies_cannot_be_changed(rig: Rig, journal: SqlJournal) -> None:
    """The database itself forbids it, as for events."""
    await delivered(rig, journal)
    await kept(journal, incoming(rig))

    for deed in ("UPDATE reply_steps SET name = 'x'", "DELETE FROM reply_steps"):
        with pytest.raises(Exception, match="append-only"):
            rig.change(deed)


# ── what workers leave ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_a_worker_left_is_there_until_it_is_judged(rig: Rig, journal: SqlJournal) -> None:
    """On disk with its files, oldest first; judging takes it out in the same commit."""
    submission = await delivered(rig, journal)
    left = [
        Arrival(id=new_id(rig.clock()), origin=TOWN, submission=submission.id, document=b"<antwort/>", files=(A_FILE,))
    ]
    rig.clock.advance(1)
    left.append(Arrival(id=new_id(rig.clock()), origin=TOWN, submission=None, document=b"<b/>"))
    for one in reversed(left):
        await journal.leave(one)

    assert list(await journal.arrivals()) == [one.id for one in left]
    assert await journal.arrival(left[0].id) == left[0]
    assert A_FILE.id in await journal.attachment_ids()

    await kept(journal, incoming(rig, id=left[0].id, files=(A_FILE,), arrived=True))

    assert list(await journal.arrivals()) == [left[1].id]
    assert await journal.arrival(left[0].id) is None
    assert A_FILE.id in await journal.attachment_ids()


async def test_what_was_left_twice_is_judged_twice_and_counts_once(rig: Rig, journal: SqlJournal) -> None:
    """A worker that died between leaving and acknowledging leaves it again: both arrivals end, one reply is there."""
    submission = await delivered(rig, journal)
    first, second = new_id(rig.clock()), new_id(rig.clock())
    for id_ in (first, second):
        await journal.leave(Arrival(id=id_, origin=TOWN, submission=None, document=b"<antwort/>"))

    await kept(journal, incoming(rig, id=first, arrived=True))
    again = await journal.receive(incoming(rig, id=second, arrived=True))

    assert isinstance(again, Repeated)
    assert list(await journal.arrivals()) == []
    assert [one.id for one in await journal.replies(submission.id)] == [first]
