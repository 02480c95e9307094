"""From the door to the Fachverfahren and back into the books."""

from pathlib import Path

import pytest

from gateway import journey
from gateway.adapter import Delivered, NotThere, Refused, Unclear, Unreachable
from gateway.errors import UuidConflict
from gateway.submission import SECOND, Grade, State
from gateway.testing import AskableVendor, FakeVendor, Hangs, Raises, Secretly
from tests.drills.samples import plain
from tests.journeys.small_town import paused_tables, small_town

ANTRAG = plain("augsburg-nebenwohnung")


async def test_an_antrag_is_accepted_delivered_and_counted(tmp_path: Path) -> None:
    """One document, one delivery, one line in each book."""
    async with small_town(tmp_path, FakeVendor()) as town:
        receipt = await town.send(ANTRAG)
        standing = await town.attempt(receipt.submission)
        ledger = await town.journal.ledger()

        assert (standing.state, standing.grade, standing.attempts) == (State.DELIVERED, Grade.TRANSPORT, 1)
        assert standing.reference == "beispiel-1"
        assert town.vendor.ledger == [receipt.submission]
        assert await town.history(receipt.submission) == [
            "submission.accepted",
            "letter.handed_over",
            "submission.delivered",
        ]
        assert (ledger.received, ledger.concluded, ledger.imbalance) == (1, 1, 0)


async def test_every_move_is_news(tmp_path: Path) -> None:
    """Who waits for a submission is woken when its letter leaves, and when the outcome is in the journal."""
    async with small_town(tmp_path, FakeVendor()) as town:
        receipt = await town.send(ANTRAG)
        with town.gateway.news.listening(receipt.submission) as listener:
            heard: list[State] = []
            await journey.hand_over(gateway=town.gateway)
            while State.DELIVERED not in heard:
                assert await listener.heard(0, within=10)
                heard.append((await town.standing(receipt.submission)).state)


async def test_the_same_antrag_twice_is_one_antrag(tmp_path: Path) -> None:
    """A repetition gets the first answer again, marked, and nothing is delivered for it."""
    async with small_town(tmp_path, FakeVendor()) as town:
        first = await town.send(ANTRAG)
        again = await town.send(ANTRAG)
        await town.attempt(first.submission)

        assert (again.submission, again.replay, first.replay) == (first.submission, True, False)
        assert town.vendor.calls == [first.submission]


async def test_another_content_under_the_same_uuid_is_refused(tmp_path: Path) -> None:
    """A corrected message needs a new UUID; the first one stays as it is."""
    async with small_town(tmp_path, FakeVendor()) as town:
        await town.send(ANTRAG)

        with pytest.raises(UuidConflict):
            await town.send(ANTRAG + b"\n")
        assert (await town.journal.ledger()).received == 1


async def test_a_fachverfahren_that_is_away_is_tried_again_later(tmp_path: Path) -> None:
    """Unreachable waits, longer each time; when it answers, the Antrag arrives."""
    vendor = FakeVendor(
        Unreachable("connection-refused"), Unreachable("connection-refused"), Delivered("", Grade.TRANSPORT)
    )
    async with small_town(tmp_path, vendor) as town:
        receipt = await town.send(ANTRAG)
        waits = []
        for _ in range(2):
            standing = await town.attempt(receipt.submission)
            assert standing.state is State.ACCEPTED
            assert standing.due_at is not None
            waits.append((standing.due_at - town.clock()) / SECOND)
            town.clock.advance(waits[-1])
        standing = await town.attempt(receipt.submission)

        assert standing.state is State.DELIVERED
        assert waits == [10.0, 20.0]


async def test_a_vendors_wish_to_wait_is_honoured(tmp_path: Path) -> None:
    """Who asks for an hour is not asked again in ten seconds."""
    async with small_town(tmp_path, FakeVendor(Unreachable("busy", wait=3_600))) as town:
        receipt = await town.send(ANTRAG)
        standing = await town.attempt(receipt.submission)

        assert standing.due_at == town.clock() + 3_600 * SECOND


async def test_silence_is_followed_by_a_question_before_anything_is_sent_again(tmp_path: Path) -> None:
    """What was taken while nobody answered is found by asking, and never brought twice."""
    vendor = AskableVendor(Secretly(Hangs()), answers=[Delivered("gefunden", Grade.TRANSPORT)])
    async with small_town(tmp_path, vendor) as town:
        receipt = await town.send(ANTRAG)
        unclear = await town.attempt(receipt.submission)
        town.clock.advance(60)
        standing = await town.attempt(receipt.submission)

        assert (unclear.state, unclear.cause) == (State.ACCEPTED, "time-limit")
        assert (standing.state, standing.reference) == (State.DELIVERED, "gefunden")
        assert vendor.calls == [receipt.submission]


async def test_what_is_certainly_not_there_is_sent_again(tmp_path: Path) -> None:
    """The answer "I do not have it" makes the second delivery right."""
    vendor = AskableVendor(Unclear("reset"), Delivered("", Grade.TRANSPORT), answers=[NotThere()])
    async with small_town(tmp_path, vendor) as town:
        receipt = await town.send(ANTRAG)
        await town.attempt(receipt.submission)
        town.clock.advance(60)
        standing = await town.attempt(receipt.submission)

        assert standing.state is State.DELIVERED
        assert len(vendor.calls) == 2


async def test_silence_parks_where_nobody_can_be_asked_and_nothing_may_be_sent_twice(tmp_path: Path) -> None:
    """The manifest's `park` leaves an unclear delivery to a human."""
    async with small_town(tmp_path, FakeVendor(Unclear("reset")), when_unclear="park") as town:
        receipt = await town.send(ANTRAG)
        standing = await town.attempt(receipt.submission)

        assert (standing.state, standing.cause) == (State.PARKED, "unclear-reset")


async def test_a_refusal_ends_the_story_with_its_code(tmp_path: Path) -> None:
    """Refused is final, is not tried again, and shows the vendor's code."""
    async with small_town(tmp_path, FakeVendor(Refused("unknown-form", "Formular unbekannt"))) as town:
        receipt = await town.send(ANTRAG)
        standing = await town.attempt(receipt.submission)

        assert (standing.state, standing.cause) == (State.REFUSED, "unknown-form")
        assert standing.concluded_at is not None


async def test_an_adapter_with_a_bug_parks_and_an_operator_can_try_again(tmp_path: Path) -> None:
    """What an adapter raises is nobody's answer: a human looks, and lets it go again."""
    vendor = FakeVendor(Raises(KeyError("aktenzeichen")), Delivered("", Grade.TRANSPORT))
    async with small_town(tmp_path, vendor) as town:
        receipt = await town.send(ANTRAG)
        parked = await town.attempt(receipt.submission)
        await town.journal.release(receipt.submission, by="kim", reason="Adapter berichtigt")
        standing = await town.attempt(receipt.submission)

        assert (parked.state, parked.cause) == (State.PARKED, "adapter-bug")
        assert standing.state is State.DELIVERED


async def test_a_weaker_proof_than_promised_keeps_the_story_open(tmp_path: Path) -> None:
    """Handed to the transport is not the end where the adapter can prove more."""
    async with small_town(tmp_path, FakeVendor(), best_grade=Grade.TAKEN) as town:
        receipt = await town.send(ANTRAG)
        standing = await town.attempt(receipt.submission)
        ledger = await town.journal.ledger()

        assert (standing.state, standing.concluded_at) == (State.DELIVERED, None)
        assert (ledger.in_flight, ledger.concluded) == (1, 0)


async def test_a_paused_connection_takes_and_waits(tmp_path: Path) -> None:
    """202 and safe, but nothing leaves before the connection goes on; a test message does."""
    folder = paused_tables(tmp_path / "routing", "augsburg-wohnsitz")
    async with small_town(tmp_path, FakeVendor(), routing=folder) as town:
        receipt = await town.send(ANTRAG)
        test = await town.send(plain("augsburg-testnachricht"))

        assert await journey.hand_over(gateway=town.gateway) == 1
        assert (await town.standing(receipt.submission)).state is State.ACCEPTED
        assert (await town.standing(test.submission)).state is not State.ACCEPTED
