"""Of all who hold a letter one gets the claim, and the document with it."""

import asyncio
from dataclasses import replace

import pytest

from gateway.adapter import Broken, Unclear
from gateway.drivers.sql.journal import SqlJournal
from gateway.journal import Claim, Lane, Limits, NoClaim, Park, TryAgain
from gateway.submission import Attachment, Micros
from tests.gateway.drivers.journal_rig import (
    LEASE,
    TOWN,
    WORKER,
    Rig,
    accept,
    begin,
    claim,
    conclude,
    fail,
    hand_over,
    letter_of,
    report,
    standing,
)

pytestmark = pytest.mark.anyio


async def test_a_claim_brings_everything_needed(rig: Rig, journal: SqlJournal) -> None:
    """Who claims a letter gets the submission, the document, a key, and until when."""
    entry = rig.entry(document="<antrag>ä</antrag>".encode())
    await accept(journal, entry)
    [letter] = await hand_over(journal)

    got = await journal.claim(letter, WORKER, 180.0)

    assert isinstance(got, Claim)
    assert (got.submission, got.document) == (entry.submission, entry.document)
    assert (got.attempt, got.worker, got.ask) == (1, WORKER, False)
    assert got.until == rig.clock() + 180_000_000
    assert len(got.key) >= 32


async def test_attachments_come_along_in_order(rig: Rig, journal: SqlJournal) -> None:
    """A claim names the attachments in the order in which they came, each submission its own."""

    def attachment(name: str) -> Attachment:
        return Attachment(id=name * 32, name=name, media_type="application/pdf", size=3, digest="00" * 32)

    with_two = rig.entry(attachments=(attachment("b"), attachment("a")))
    with_one = rig.entry(attachments=(attachment("c"),))
    with_none = rig.entry()
    await accept(journal, with_two, with_one, with_none)

    claims = await asyncio.gather(*(claim(journal, letter) for letter in await hand_over(journal)))

    assert [one.submission for one in claims] == [entry.submission for entry in (with_two, with_one, with_none)]


async def test_one_of_twenty_wins(rig: Rig, journal: SqlJournal) -> None:
    """However many workers hold the same letter, one of them delivers."""
    await accept(journal, rig.entry())
    [letter] = await hand_over(journal)

    answers = await asyncio.gather(*(journal.claim(letter, f"worker-{n}", LEASE) for n in range(20)))

    assert sum(isinstance(answer, Claim) for answer in answers) == 1
    assert answers.count(NoClaim("taken")) == 19


async def test_a_claimed_letter_is_taken(rig: Rig, journal: SqlJournal) -> None:
    """A letter that comes again, to another worker or to the same, is void."""
    await accept(journal, rig.entry())
    [letter] = await hand_over(journal)
    await claim(journal, letter)

    assert await journal.claim(letter, "worker-2", LEASE) == NoClaim("taken")
    assert await journal.claim(letter, WORKER, LEASE) == NoClaim("taken")


async def test_a_letter_of_an_earlier_attempt_is_void(rig: Rig, journal: SqlJournal) -> None:
    """When the submission has moved on, an old letter leads to nothing, and so does one from the future."""
    claimed = await begin(journal, rig.entry())
    await conclude(journal, report(claimed), TryAgain(0.0, "connection-refused"))
    [second] = await hand_over(journal)

    assert await journal.claim(replace(second, attempt=1), WORKER, LEASE) == NoClaim("moved-on")
    assert await journal.claim(replace(second, attempt=3), WORKER, LEASE) == NoClaim("moved-on")
    await claim(journal, second)


@pytest.mark.parametrize("how", ["waiting", "concluded", "parked", "never recorded"])
async def test_what_is_not_on_its_way_cannot_be_claimed(rig: Rig, journal: SqlJournal, how: str) -> None:
    """A claim needs a letter that is out."""
    entry = rig.entry()
    claimed = await begin(journal, entry)
    letter = letter_of(claimed)
    match how:
        case "waiting":
            await conclude(journal, report(claimed), TryAgain(60.0, "connection-refused"))
        case "concluded":
            await conclude(journal, report(claimed))
        case "parked":
            await conclude(journal, report(claimed), Park("adapter-bug"))
        case _:
            letter = replace(letter, submission=rig.entry().submission.id)

    assert await journal.claim(letter, WORKER, LEASE) == NoClaim("moved-on")


async def test_keys_are_never_the_same_and_never_stored(rig: Rig, journal: SqlJournal) -> None:
    """Each claim has a key of its own, and the database cannot tell it to anybody."""
    await accept(journal, rig.entry(), rig.entry())

    first, second = [await claim(journal, letter) for letter in await hand_over(journal)]

    assert first.key != second.key
    stored = str(rig.database.sql("SELECT * FROM claims"))
    assert first.key not in stored
    assert second.key not in stored


async def test_after_an_unclear_end_the_fachverfahren_is_asked(rig: Rig, journal: SqlJournal) -> None:
    """Where an attempt may have arrived, every later claim says so until one ends clearly."""
    claimed = await begin(journal, rig.entry())
    await conclude(journal, report(claimed, Unclear("time-limit")), TryAgain(0.0, "time-limit", ask=True))

    [second] = await hand_over(journal)
    asked = await claim(journal, second)
    await conclude(journal, report(asked), TryAgain(0.0, "connection-refused"))
    [third] = await hand_over(journal)

    assert asked.ask
    assert (await claim(journal, third)).ask


@pytest.mark.parametrize("ending", [Unclear("time-limit"), Broken("ValueError")], ids=["unclear", "broken"])
async def test_after_a_human_looked_the_fachverfahren_is_asked_too(
    rig: Rig, journal: SqlJournal, ending: Unclear | Broken
) -> None:
    """Parking does not make anybody forget that the attempt may have arrived."""
    claimed = await begin(journal, rig.entry())
    await conclude(journal, report(claimed, ending), Park("given-up-time-limit", ask=True))
    await journal.release(claimed.submission.id, "beispiel", "")

    [letter] = await hand_over(journal)

    assert (await claim(journal, letter)).ask


async def test_a_destination_bears_so_many_deliveries_at_once(rig: Rig, journal: SqlJournal) -> None:
    """Letters kept ready beyond the concurrency are busy, and free when a delivery ends."""
    rig.limits[TOWN] = Limits(window=4, concurrency=2)
    await accept(journal, *(rig.entry() for _ in range(4)))
    letters = await hand_over(journal)

    first = await claim(journal, letters[0])
    await claim(journal, letters[1])
    assert await journal.claim(letters[2], WORKER, LEASE) == NoClaim("busy")
    await conclude(journal, report(first))

    await claim(journal, letters[2])
    assert await journal.claim(letters[3], WORKER, LEASE) == NoClaim("busy")


async def test_claims_that_arrive_together_keep_the_concurrency(rig: Rig, journal: SqlJournal) -> None:
    """Twenty workers at once get as many claims as the destination bears, each destination and lane its own."""
    lanes = [TOWN, replace(TOWN, test=True), Lane("bad-beispiel")]
    for lane in lanes:
        rig.limits[lane] = Limits(window=20, concurrency=3)
    for lane in lanes:
        await accept(journal, *(rig.entry(destination=lane.destination, test=lane.test) for _ in range(20)))

    letters = await hand_over(journal)
    answers = await asyncio.gather(*(journal.claim(letter, WORKER, LEASE) for letter in letters))

    assert len(letters) == 60
    got = [Lane(one.submission.destination, one.submission.test) for one in answers if isinstance(one, Claim)]
    assert sorted(got, key=str) == sorted(lanes * 3, key=str)
    assert answers.count(NoClaim("busy")) == 51


async def test_a_lapsed_claim_makes_room(rig: Rig, journal: SqlJournal) -> None:
    """A worker that died does not count as busy for ever."""
    rig.limits[TOWN] = Limits(window=2, concurrency=1)
    await accept(journal, rig.entry(), rig.entry())
    first, second = await hand_over(journal)
    await claim(journal, first, lease=10)
    rig.clock.advance(11)

    await journal.lapse(lambda _, __: Park("unclear-lease-ended"))

    await claim(journal, second)


async def test_a_vendors_words_are_kept_beside_the_claim(rig: Rig, journal: SqlJournal) -> None:
    """The last reference that a Fachverfahren gave is shown; free text lies in the document store only."""
    claimed = await begin(journal, rig.entry())

    await journal.keep_words(claimed, "AZ 4711/2026", "")
    await journal.keep_words(claimed, "", "Kanaria Beispielvogel hat schon einen Wohnsitz")

    found = await standing(journal, claimed.submission.id)
    assert found.reference == "AZ 4711/2026"
    assert rig.count("words", "reason LIKE 'Kanaria%'") == 1
    assert "Kanaria" not in str(rig.database.sql("SELECT * FROM events"))


async def test_the_reference_of_the_last_attempt_counts(rig: Rig, journal: SqlJournal) -> None:
    """Where two attempts brought references, the later one is the one to quote."""
    first = await begin(journal, rig.entry())
    await journal.keep_words(first, "alt", "")
    await conclude(journal, report(first), TryAgain(0.0, "connection-refused"))
    [letter] = await hand_over(journal)

    await journal.keep_words(await claim(journal, letter), "neu", "")

    assert (await standing(journal, first.submission.id)).reference == "neu"


@pytest.mark.parametrize("said", ["a\x00b", "a\udce4b"], ids=["nul", "stray byte"])
async def test_whatever_a_vendor_says_can_be_kept(rig: Rig, journal: SqlJournal, said: str) -> None:
    """No character that a vendor's answer decodes to keeps its outcome from being written down."""
    claimed = await begin(journal, rig.entry())

    await journal.keep_words(claimed, said, said)

    reference = (await standing(journal, claimed.submission.id)).reference
    assert reference is not None
    assert (reference[0], reference[-1]) == ("a", "b")


async def test_forgotten_words_are_gone_and_the_story_is_not(rig: Rig, journal: SqlJournal) -> None:
    """When a vendor's words are deleted, the reference goes with them and every event stays."""
    claimed = await begin(journal, rig.entry())
    await journal.keep_words(claimed, "AZ 4711/2026", "")
    await conclude(journal, report(claimed))
    before = await journal.events(claimed.submission.id)

    rig.change("DELETE FROM words")
    rig.change("DELETE FROM documents")

    assert (await standing(journal, claimed.submission.id)).reference is None
    assert await journal.events(claimed.submission.id) == before
    assert (await journal.ledger()).imbalance == 0


async def test_a_lease_is_counted_from_the_claim(rig: Rig, journal: SqlJournal) -> None:
    """However long a letter waited at the broker, the worker has its whole lease."""
    await accept(journal, rig.entry())
    [letter] = await hand_over(journal)
    rig.clock.advance(500)

    assert (await claim(journal, letter, lease=60)).until == Micros(rig.clock() + 60_000_000)
    assert not await journal.lapse(lambda _, __: Park("x"))


async def test_a_failed_delivery_leaves_its_claim_ended(rig: Rig, journal: SqlJournal) -> None:
    """The claims table is the history of attempts: who, how it ended, why."""
    await accept(journal, rig.entry())
    [letter] = await hand_over(journal)
    await fail(journal, letter)

    [(worker, outcome, code, ended)] = rig.database.sql("SELECT worker, outcome, code, ended_at FROM claims")

    assert (worker, outcome, code, ended) == (WORKER, "unreachable", "connection-refused", str(rig.clock()))
