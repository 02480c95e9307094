"""What intake writes down is there, once, and a repetition is recognised."""

import asyncio

import pytest

from gateway.dispatch import Letter
from gateway.drivers.sql.journal import SqlJournal
from gateway.errors import Sentence
from gateway.journal import Conflicting, Recorded, Replayed
from gateway.submission import Attachment, Finding, Severity, State
from tests.gateway.drivers.journal_rig import A_FINDING, Rig, accept, begin, conclude, report, standing, story

pytestmark = pytest.mark.anyio

KEY = "key:7d1e"
UUID = "uuid:4f3c1a52-7a0e-4d0f-9d1b-6d7f9a1e2b3c"


async def test_an_accepted_submission_is_there(rig: Rig, journal: SqlJournal) -> None:
    """What was recorded stands there as it came, accepted and due at once."""
    entry = rig.entry()

    assert await journal.record(entry) == Recorded()

    found = await standing(journal, entry.submission.id)
    assert found.submission == entry.submission
    assert (found.state, found.due_at, found.attempts, found.version) == (State.ACCEPTED, rig.clock(), 0, 1)
    assert (found.grade, found.concluded_at, found.reference, found.cause) == (None, None, None, "")
    assert await story(journal, entry.submission.id) == ["submission.accepted"]


async def test_every_field_of_a_submission_comes_back(rig: Rig, journal: SqlJournal) -> None:
    """No fact about a submission is lost or changed on its way through the database."""
    entry = rig.entry(
        client="portal-ä",
        message_uuid=None,
        reference_uuid="9c1f7a52-7a0e-4d0f-9d1b-6d7f9a1e2b3c",
        case_key="fall-4711",
        case_id="fall-4711",
        message_type="0100",
        created_at="2026-11-02T08:05:00.125+01:00",
        reader="ags:09663000",
        author="mbp:090000000001",
        test=True,
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        attachments=(
            Attachment(id="b" * 32, name="anlage-2", media_type="image/png", size=0, digest="00" * 32),
            Attachment(id="a" * 32, name="anlage-1", media_type="application/pdf", size=2**40, digest="ff" * 32),
        ),
    )

    await accept(journal, entry)

    assert (await standing(journal, entry.submission.id)).submission == entry.submission
    assert await journal.attachment_ids() == {"a" * 32, "b" * 32}


async def test_a_rejection_keeps_a_row_and_no_document(rig: Rig, journal: SqlJournal) -> None:
    """A rejected document leaves its findings and its digest, and nothing of its content."""
    warning = Finding("code-retired", Sentence("Ä", "A"), Severity.WARNING, xoev="X042")
    entry = rig.refusal(findings=(A_FINDING, warning))

    assert await journal.record(entry) == Recorded()

    found = await standing(journal, entry.submission.id)
    assert (found.state, found.due_at, found.cause) == (State.REJECTED, None, "schema-invalid")
    assert found.findings == (A_FINDING, warning)
    assert rig.count("documents") == rig.count("attachments") == 0
    assert [event.code for event in await journal.events(entry.submission.id)] == ["schema-invalid"]


async def test_what_was_never_recorded_is_not_there(rig: Rig, journal: SqlJournal) -> None:
    """An unknown id has neither a standing nor a history."""
    unknown = rig.entry().submission.id

    assert await journal.standing(unknown) is None
    assert await journal.events(unknown) == []


@pytest.mark.parametrize("keys", [(KEY,), (UUID,), (KEY, UUID)], ids=["key", "uuid", "both"])
async def test_a_repetition_gets_the_first_answer(rig: Rig, journal: SqlJournal, keys: tuple[str, ...]) -> None:
    """The same content under the same key is answered with the first submission, and nothing is stored."""
    first, again = (rig.entry(keys=keys, document=b"<a/>") for _ in range(2))
    await accept(journal, first)

    assert await journal.record(again) == Replayed(await standing(journal, first.submission.id))

    assert rig.count("submissions") == rig.count("documents") == 1
    assert await journal.standing(again.submission.id) is None


async def test_a_repetition_is_recognised_after_the_end(rig: Rig, journal: SqlJournal) -> None:
    """A resend that comes when all is over is told where the first one stands by then."""
    first, again = (rig.entry(keys=(KEY,), document=b"<a/>") for _ in range(2))
    await conclude(journal, report(await begin(journal, first)))

    replay = await journal.record(again)

    assert isinstance(replay, Replayed)
    assert replay.first.state is State.DELIVERED


@pytest.mark.parametrize(("key", "kind"), [(KEY, "key"), (UUID, "uuid")])
async def test_other_content_under_a_used_key_conflicts(rig: Rig, journal: SqlJournal, key: str, kind: str) -> None:
    """A key stands for one content; another one under it is refused and leaves nothing behind."""
    await accept(journal, rig.entry(keys=(key,), document=b"<a/>"))

    assert await journal.record(rig.entry(keys=(key,), document=b"<b/>")) == Conflicting(kind)  # type: ignore[arg-type]  # one of the two

    assert rig.count("submissions") == 1


async def test_a_rejected_document_does_not_slip_past_its_key(rig: Rig, journal: SqlJournal) -> None:
    """An invalid document under a used key is a conflict too, not a second submission."""
    await accept(journal, rig.entry(keys=(KEY,), document=b"<a/>"))

    assert await journal.record(rig.refusal(keys=(KEY,), document=b"<b/>")) == Conflicting("key")


async def test_either_key_recognises(rig: Rig, journal: SqlJournal) -> None:
    """A resend may carry the UUID alone, or a new key beside it; either is enough."""
    first = rig.entry(keys=(KEY, UUID), document=b"<a/>")
    await accept(journal, first)

    for keys in [(UUID,), ("key:another", UUID), (KEY,)]:
        replay = await journal.record(rig.entry(keys=keys, document=b"<a/>"))
        assert isinstance(replay, Replayed)
        assert replay.first.submission.id == first.submission.id


async def test_a_key_that_came_with_a_repetition_is_used_too(rig: Rig, journal: SqlJournal) -> None:
    """A key under which a repetition was answered stands for that content from then on."""
    await accept(journal, rig.entry(keys=(UUID,), document=b"<a/>"))
    assert isinstance(await journal.record(rig.entry(keys=(KEY, UUID), document=b"<a/>")), Replayed)

    assert await journal.record(rig.entry(keys=(KEY,), document=b"<b/>")) == Conflicting("key")


async def test_a_rejection_frees_its_keys(rig: Rig, journal: SqlJournal) -> None:
    """What was rejected may come again under the same key, with other content and with the same."""
    await accept(journal, rig.refusal(keys=(KEY, UUID), document=b"<a/>"))

    assert await journal.record(rig.refusal(keys=(KEY, UUID), document=b"<a/>")) == Recorded()
    assert await journal.record(rig.entry(keys=(KEY, UUID), document=b"<b/>")) == Recorded()


async def test_keys_of_two_clients_do_not_touch(rig: Rig, journal: SqlJournal) -> None:
    """A key is its client's own: another client may use the same one for whatever it sends."""
    await accept(journal, rig.entry(keys=(KEY,), document=b"<a/>", client="portal-1"))

    assert await journal.record(rig.entry(keys=(KEY,), document=b"<b/>", client="portal-2")) == Recorded()
    assert await journal.record(rig.entry(keys=(KEY,), document=b"<b/>", client="portal-1")) == Conflicting("key")


async def test_a_clients_name_cannot_reach_into_anothers_keys(rig: Rig, journal: SqlJournal) -> None:
    """Name and key are kept apart: `a` with key `b-c` is not `a-b` with key `c`."""
    await accept(journal, rig.entry(keys=("key:2",), document=b"<a/>", client="portal\nkey:1"))

    assert await journal.record(rig.entry(keys=("key:1\nkey:2",), document=b"<b/>", client="portal")) == Recorded()


async def test_keys_are_not_stored_in_the_clear(rig: Rig, journal: SqlJournal) -> None:
    """What a client puts into its keys cannot be read from the database."""
    await accept(journal, rig.entry(keys=("key:Kanaria-Beispielvogel",)))

    [(stored, *_)] = rig.database.sql("SELECT key FROM keys")

    assert len(stored) == 64
    assert "Kanaria" not in stored


async def test_without_a_key_the_same_content_is_taken_and_flagged(rig: Rig, journal: SqlJournal) -> None:
    """Nothing tells two keyless sendings apart: both are taken, and the second says it looks like the first."""
    assert await journal.record(rig.entry(document=b"<a/>", message_uuid=None)) == Recorded(seen_before=False)
    assert await journal.record(rig.entry(document=b"<a/>", message_uuid=None)) == Recorded(seen_before=True)
    assert await journal.record(rig.entry(document=b"<b/>", message_uuid=None)) == Recorded(seen_before=False)


async def test_a_client_learns_nothing_of_what_others_sent(rig: Rig, journal: SqlJournal) -> None:
    """The flag speaks of the client's own sendings only."""
    await accept(journal, rig.entry(document=b"<a/>", client="portal-1", message_uuid=None))

    assert await journal.record(rig.entry(document=b"<a/>", client="portal-2", message_uuid=None)) == Recorded(
        seen_before=False
    )


async def test_a_rejected_document_was_not_seen_before(rig: Rig, journal: SqlJournal) -> None:
    """A document that was rejected and is taken later is no double."""
    await accept(journal, rig.refusal(document=b"<a/>", message_uuid=None))

    assert await journal.record(rig.entry(document=b"<a/>", message_uuid=None)) == Recorded(seen_before=False)


async def test_a_key_spares_the_flag(rig: Rig, journal: SqlJournal) -> None:
    """With a new key the sender has said that it is something new."""
    await accept(journal, rig.entry(document=b"<a/>", message_uuid=None))

    assert await journal.record(rig.entry(document=b"<a/>", keys=(KEY,), message_uuid=None)) == Recorded(
        seen_before=False
    )


async def test_fifty_at_once_under_one_key_are_one(rig: Rig, journal: SqlJournal) -> None:
    """Of fifty resends that arrive together one is recorded, and the others get its answer."""
    entries = [rig.entry(keys=(KEY, UUID), document=b"<a/>") for _ in range(50)]

    answers = await asyncio.gather(*(journal.record(entry) for entry in entries))

    assert sum(isinstance(answer, Recorded) for answer in answers) == 1
    [(id_,)] = rig.database.sql("SELECT id FROM submissions")
    assert {a.first.submission.id for a in answers if isinstance(a, Replayed)} == {id_}
    assert rig.count("events") == rig.count("documents") == 1
    assert rig.count("keys") == 2


async def test_one_batch_judges_each_entry_by_those_before_it(rig: Rig, journal: SqlJournal) -> None:
    """Entries that share a commit see one another: replay, conflict, and a key that a rejection leaves free."""
    entries = [
        rig.refusal(keys=(KEY,), document=b"<r/>"),
        rig.entry(keys=(KEY,), document=b"<a/>"),
        rig.entry(keys=(KEY,), document=b"<a/>"),
        rig.entry(keys=(KEY,), document=b"<b/>"),
        rig.entry(document=b"<n/>", message_uuid=None),
        rig.entry(document=b"<n/>", message_uuid=None),
    ]

    answers = await asyncio.gather(*(journal.record(entry) for entry in entries))

    assert [type(answer) for answer in answers] == [Recorded, Recorded, Replayed, Conflicting, Recorded, Recorded]
    assert answers[-2:] == [Recorded(seen_before=False), Recorded(seen_before=True)]


async def test_a_large_document_comes_back_byte_for_byte(rig: Rig, journal: SqlJournal) -> None:
    """What a worker fetches is what the sender sent, every byte of it."""
    document = bytes(range(256)) * 80_000
    entry = rig.entry(document=document)

    claim = await begin(journal, entry)

    assert claim.document == document


async def test_a_letter_names_what_was_recorded(rig: Rig, journal: SqlJournal) -> None:
    """A letter carries identifiers and the trace, nothing else."""
    entry = rig.entry(traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    await accept(journal, entry)

    assert await journal.hand_over() == [
        Letter(entry.submission.id, 1, entry.submission.adapter, entry.submission.traceparent)
    ]
