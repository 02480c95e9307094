"""What the Fachverfahren at a site answers comes home through its worker: at once, or collected later."""

import asyncio

import pytest

from gateway import journey
from gateway.adapter import Delivered, Reply, ReplyFile
from gateway.events import OutcomeReported, RepliesNotCollected
from gateway.reply import Kind
from gateway.submission import Grade, SubmissionId
from gateway.testing import AskableVendor, CollectingVendor, Correspondence, FakeVendor, MemoryStream, an_answer, until
from tests.gateway.pickup.at_site import arrive, at_site, the_first
from tests.gateway.pickup.post_office import PostOffice

pytestmark = pytest.mark.anyio

MESSAGE = "0199c0de-0012-7000-8000-000000000012"


def the_authority_says(kind: Kind, submission: SubmissionId | None = None, **files: bytes) -> Reply:
    """A reply as an adapter hands it on."""
    message = an_answer(kind, Correspondence(message=MESSAGE), files=files)
    enclosed = tuple(
        ReplyFile(name, "application/pdf", MemoryStream(content)) for name, content in message.files.items()
    )
    return Reply(message.document, enclosed, submission=submission, mark=message.uuid)


async def test_what_is_answered_at_once_comes_home_before_the_outcome(office: PostOffice) -> None:
    """With its files; the gateway has it before it hears that the letter arrived."""
    reply = the_authority_says(Kind.DECISION, bescheid=b"%PDF Bescheid")
    [letter] = await office.put(message_uuid=MESSAGE)

    async with at_site(office, FakeVendor(Delivered("", Grade.TRANSPORT, replies=(reply,)))) as site:
        await until(lambda: "POST outcome" in site.line.asked)
        await until(lambda: [event for event in office.told if isinstance(event, OutcomeReported)])

    assert site.line.asked.index("POST replies") < site.line.asked.index("POST outcome")
    [stored] = await office.journal.replies(letter)
    assert (stored.kind, stored.origin.by) == (Kind.DECISION, "site:kelheim")
    assert [one.name for one in stored.files] == ["bescheid"]


async def test_a_reply_that_does_not_get_through_leaves_the_outcome_unsaid(office: PostOffice) -> None:
    """The lease ends, the Fachverfahren is asked, and what it answers then comes home: once, as everything does."""
    reply = the_authority_says(Kind.DECISION, bescheid=b"%PDF Bescheid")
    taken = Delivered("", Grade.TRANSPORT, replies=(reply,))
    vendor = AskableVendor(taken, answers=[taken])
    [letter] = await office.put(message_uuid=MESSAGE)

    async with at_site(office, vendor, fault=the_first("POST replies", "lost")) as site:
        await until(lambda: "POST replies" in site.line.asked)
        office.clock.advance(40)
        assert await office.lapse() == 1
        office.clock.advance(40)
        await journey.hand_over(gateway=office.gateway)
        await until(lambda: [event for event in office.told if isinstance(event, OutcomeReported)])

    assert vendor.calls == vendor.questions == [letter]
    assert len(await office.journal.replies(letter)) == 1
    assert (await office.journal.ledger()).imbalance == 0


async def test_what_is_answered_later_is_collected(office: PostOffice) -> None:
    """Without a letter in hand: the worker knows its destinations, and the message says whom it answers."""
    [letter] = await office.put(message_uuid=MESSAGE)
    vendor = CollectingVendor()

    async with at_site(office, vendor, collects=True):
        await arrive(office, letter)
        vendor.waiting.append(the_authority_says(Kind.STATUS))
        async with asyncio.timeout(20):
            while not await office.journal.replies(letter):
                await asyncio.sleep(0.01)
        await until(lambda: not vendor.waiting)

    [stored] = await office.journal.replies(letter)
    assert stored.origin.destination == "landkreis-kelheim-bau"


async def test_a_reply_that_is_not_taken_holds_nothing_up(office: PostOffice) -> None:
    """What is too large for the gateway is told to operators, and the outcome counts."""
    reply = Reply(b"<a/>", tuple(ReplyFile(f"f-{n}", "text/plain", MemoryStream(b"x")) for n in range(101)))
    [letter] = await office.put(message_uuid=MESSAGE)

    async with at_site(office, FakeVendor(Delivered("", Grade.TRANSPORT, replies=(reply,)))):
        await arrive(office, letter)

    assert [one.because for one in office.told if isinstance(one, RepliesNotCollected)] == ["reply-not-taken"]
