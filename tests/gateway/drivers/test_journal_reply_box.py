"""The box: what fits nothing waits for a human, who assigns or drops it."""

from dataclasses import replace
from typing import Any, Final

import pytest

from gateway.drivers.sql.journal import SqlJournal
from gateway.errors import NotFound, NotResponsible
from gateway.reply import Effect, Repeated
from gateway.submission import State, SubmissionId
from tests.gateway.drivers.journal_rig import (
    Rig,
    accept,
    standing,
    state,
)
from tests.gateway.drivers.reply_rig import A_FILE, TOWN, boxed, delivered, incoming, kept

pytestmark = pytest.mark.anyio


async def in_the_box(rig: Rig, journal: SqlJournal, document: bytes = b"<antwort/>", **changes: Any) -> str:
    """The id of a reply that fits nothing."""
    reply = incoming(rig, document, **changes)
    await boxed(journal, reply)
    return reply.id


INVALID: Final[dict[str, Any]] = {"kind": None, "effect": Effect.NONE, "box": "schema-invalid", "message_uuid": None}


async def test_the_box_shows_what_waits_for_a_human(rig: Rig, journal: SqlJournal) -> None:
    """Oldest first, with the reason; it is no submission, and the ledger knows nothing of it."""
    first = await in_the_box(rig, journal)
    second = await in_the_box(rig, journal, b"<kaputt/>", **INVALID)

    box = await journal.box()

    assert [(one.id, one.box) for one in box] == [(first, "no-submission"), (second, "schema-invalid")]
    assert await journal.boxed() == 2
    assert rig.count("events") == rig.count("submissions") == (await journal.ledger()).received == 0


async def test_a_human_says_what_a_reply_answers(rig: Rig, journal: SqlJournal) -> None:
    """It leaves the box, belongs to that submission, and takes effect; who said so is kept, and why."""
    submission = await delivered(rig, journal, message_uuid="0199c0de-0013-7000-8000-000000000013")
    reply = await in_the_box(rig, journal, file_number="AZ 1")

    settled = await journal.assign(reply, submission.id, "kim", "Telefonat mit dem Amt")

    [kept_now] = await journal.replies(submission.id)
    event = (await journal.events(submission.id))[-2]
    assert (kept_now.id, kept_now.box, kept_now.waits) == (reply, "no-submission", False)
    assert settled.after is await state(journal, submission.id) is State.CONFIRMED
    assert (event.name, event.by) == ("reply.received", "kim")
    assert (await standing(journal, submission.id)).reference == "AZ 1"
    assert rig.count("reply_steps", f"reply = '{reply}' AND name = 'reply.assigned'") == 1
    assert rig.count("words", "reason = 'Telefonat mit dem Amt'") == 1
    assert await journal.boxed() == 0


async def test_a_human_takes_a_reply_out_of_the_box_for_good(rig: Rig, journal: SqlJournal) -> None:
    """Its document, files and words are forgotten; that it was there, and who dropped it, is not."""
    reply = await in_the_box(rig, journal, files=(A_FILE,), file_number="AZ 1")

    await journal.drop_reply(reply, "kim", "Irrläufer")

    assert await journal.boxed() == 0
    assert await journal.reply_document(reply) is None
    assert A_FILE.id not in await journal.attachment_ids()
    assert rig.count("reply_steps", f"reply = '{reply}' AND name = 'reply.dropped'") == 1
    assert rig.count("words", "reference <> ''") == 0


async def test_what_was_dropped_does_not_come_back(rig: Rig, journal: SqlJournal) -> None:
    """The Fachverfahren brings it once more: it is known, and wakes nobody."""
    reply = await in_the_box(rig, journal)
    await journal.drop_reply(reply, "kim", "Irrläufer")

    again = await journal.receive(incoming(rig))

    assert isinstance(again, Repeated)
    assert await journal.boxed() == 0


async def test_what_does_not_fit_cannot_be_assigned(rig: Rig, journal: SqlJournal) -> None:
    """An invalid reply, another lane, a submission nobody ever sent or one that is not there: nothing changes."""
    submission = await delivered(rig, journal, message_uuid="0199c0de-0013-7000-8000-000000000013")
    [waiting] = await accept(journal, rig.entry(message_uuid=None))
    valid = await in_the_box(rig, journal)
    invalid = await in_the_box(rig, journal, b"<kaputt/>", **INVALID)
    test = await in_the_box(rig, journal, b"<t/>", origin=replace(TOWN, test=True), message_uuid=None)
    before = await journal.events(submission.id)

    for reply, target, error in (
        (invalid, submission.id, NotResponsible),
        (test, submission.id, NotResponsible),
        (valid, waiting, NotResponsible),
        (valid, SubmissionId("nirgends"), NotFound),
        ("nirgends", submission.id, NotFound),
    ):
        with pytest.raises(error):
            await journal.assign(reply, target, "kim", "weil")

    assert await journal.boxed() == 3
    assert await journal.events(submission.id) == before


async def test_what_is_not_in_the_box_stays_where_it_is(rig: Rig, journal: SqlJournal) -> None:
    """Neither a reply that found its submission nor one that was settled before can be dropped or assigned."""
    submission = await delivered(rig, journal)
    taken = await kept(journal, incoming(rig))

    with pytest.raises(NotResponsible):
        await journal.drop_reply(taken.reply.id, "kim", "weil")
    with pytest.raises(NotResponsible):
        await journal.assign(taken.reply.id, submission.id, "kim", "weil")
