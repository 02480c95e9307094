"""A worker at a site brings home what its Fachverfahren answer, whatever the line between does."""

from collections.abc import AsyncIterator, Callable

import httpx2
import pytest

from gateway import way_back
from gateway.adapter import Delivered, Endpoint, Reply, ReplyFile, Unreachable
from gateway.drivers.pickup.door import ReplyNotTaken
from gateway.events import RepliesNotCollected
from gateway.reply import Kind, Origin
from gateway.submission import Grade, State, SubmissionId
from gateway.testing import CollectingVendor, Correspondence, FakeVendor, MemoryStream, an_answer, until
from gateway.testing.answers import Message
from tests.gateway.pickup.at_site import Line, arrive, at_site, the_first
from tests.gateway.pickup.post_office import PostOffice

pytestmark = pytest.mark.anyio

MESSAGE = "0199c0de-0012-7000-8000-000000000012"
ABOUT = Correspondence(message=MESSAGE)
KELHEIM_BAU = Origin(adapter="filedrop", destination="landkreis-kelheim-bau", test=False, by="w")


class Fachverfahren(CollectingVendor):
    """It answers from its live endpoint; `endpoints` are those that it was asked at."""

    def __init__(self, *waiting: Reply) -> None:
        super().__init__(waiting=waiting)
        self.endpoints: set[tuple[str, bool]] = set()

    async def collect(self, endpoint: Endpoint) -> AsyncIterator[Reply | Unreachable]:
        self.endpoints.add((endpoint.destination, endpoint.test))
        if not endpoint.test:
            async for found in super().collect(endpoint):
                yield found


def reply(message: Message, submission: SubmissionId | None = None) -> Reply:
    """As an adapter would bring it."""
    files = [ReplyFile(name, "application/pdf", MemoryStream(content)) for name, content in message.files.items()]
    return Reply(message.document, tuple(files), submission)


async def kinds(office: PostOffice, letter: SubmissionId) -> list[Kind | None]:
    return [one.kind for one in await office.journal.replies(letter)]


async def brought(office: PostOffice, *replies: Reply, fault: Callable[[str], str] = lambda _: "") -> SubmissionId:
    """A letter is delivered, and all that waits is collected."""
    vendor = Fachverfahren()
    [letter] = await office.put(message_uuid=MESSAGE)
    async with at_site(office, vendor, fault=fault):
        await arrive(office, letter)
        vendor.waiting += replies
        await until(lambda: not vendor.waiting)
    assert len(vendor.acknowledged) == len(replies)
    return letter


async def test_answers_come_home(office: PostOffice) -> None:
    """Collected at the site, brought over HTTPS, matched: with their files, byte for byte."""
    decision = an_answer(Kind.DECISION, ABOUT, files={"bescheid-1": b"%PDF \r\n--x--\r\n" * 50_000, "bescheid-2": b"x"})
    others = [reply(an_answer(kind, ABOUT)) for kind in (Kind.ACKNOWLEDGEMENT, Kind.FILE_NUMBER)]

    letter = await brought(office, *others, reply(decision))

    assert await kinds(office, letter) == [Kind.ACKNOWLEDGEMENT, Kind.FILE_NUMBER, Kind.DECISION]
    assert await office.state(letter) is State.CONFIRMED
    stored = (await office.journal.replies(letter))[-1]
    attachments = office.gateway.attachments
    held = {one.name: b"".join([piece async for piece in attachments.open(one).chunks()]) for one in stored.files}
    assert held == decision.files
    assert await office.journal.reply_document(stored.id) == decision.document


async def test_it_is_asked_where_the_gateway_says(office: PostOffice) -> None:
    """Live and test endpoint of the site's own destinations, before the first letter came."""
    vendor = Fachverfahren()
    async with at_site(office, vendor):
        await until(lambda: len(vendor.endpoints) == 2)

    assert vendor.endpoints == {("landkreis-kelheim-bau", False), ("landkreis-kelheim-bau", True)}


@pytest.mark.parametrize("fault", ["lost", "away"])
async def test_lost_answers_change_nothing_twice(office: PostOffice, fault: str) -> None:
    """Brought until the gateway said that it has it; the submission moved once."""
    letter = await brought(office, reply(an_answer(Kind.STATUS, ABOUT)), fault=the_first("POST replies", fault, 3))

    events = [event.name for event in await office.journal.events(letter)]
    assert await kinds(office, letter) == [Kind.STATUS]
    assert events.count("reply.received") == events.count("submission.confirmed") == 1


async def test_a_page_in_between_is_not_the_gateway(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a proxy says, the reply stays at the Fachverfahren until the gateway itself has it."""
    pages = [
        httpx2.Response(200, text="<html>Bitte anmelden</html>"),
        httpx2.Response(200, json={}),
        httpx2.Response(200, json=["replyId"]),
        httpx2.Response(302, headers={"Location": "https://anderswo.example/"}),
        httpx2.Response(403, text="Zugriff verweigert"),
        httpx2.Response(429, json={"code": "too-many"}),
    ]
    through = Line.handle_async_request

    async def sometimes(self: Line, request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/replies") and pages:
            return pages.pop()
        return await through(self, request)

    monkeypatch.setattr(Line, "handle_async_request", sometimes)

    letter = await brought(office, reply(an_answer(Kind.STATUS, ABOUT)))

    assert pages == []
    assert await kinds(office, letter) == [Kind.STATUS]


async def test_what_comes_with_the_outcome_is_there_first(office: PostOffice) -> None:
    """The answer to the reply is lost again and again: no second delivery, and the outcome comes after it."""
    vendor = FakeVendor(Delivered("", Grade.TRANSPORT, (reply(an_answer(Kind.ACKNOWLEDGEMENT, Correspondence())),)))
    [letter] = await office.put(message_uuid=MESSAGE)

    async with at_site(office, vendor, fault=the_first("POST replies", "lost", 2)) as site:
        await arrive(office, letter)
        await way_back.settle(gateway=office.gateway)

    calls = [call for call in site.line.asked if call in ("POST replies", "POST outcome")]
    assert calls == ["POST replies"] * 3 + ["POST outcome"]
    assert vendor.calls == [letter]
    assert await kinds(office, letter) == [Kind.ACKNOWLEDGEMENT]
    assert await office.state(letter) is State.CONFIRMED


async def test_a_letter_that_is_not_this_sites_cannot_be_answered(office: PostOffice) -> None:
    """What an adapter says by mistake counts for nothing: the message has to say whom it answers, or a human does."""
    [foreign] = await office.put(site="regensburg")
    mistaken = reply(an_answer(Kind.REJECTION, ABOUT), foreign)

    own = await brought(office, mistaken)

    assert await kinds(office, own) == [Kind.REJECTION]
    assert await kinds(office, foreign) == []


async def test_what_the_gateway_does_not_take_stays_and_holds_up_nobody(office: PostOffice) -> None:
    """A document beyond every limit: told, and those behind it come home."""
    vendor = Fachverfahren(
        Reply(b"<a>" + b" " * 26_214_400 + b"</a>"), reply(an_answer(Kind.STATUS, Correspondence(message=MESSAGE)))
    )
    [letter] = await office.put(message_uuid=MESSAGE)

    async with at_site(office, FakeVendor()):
        await arrive(office, letter)
    async with at_site(office, vendor):
        await until(lambda: vendor.acknowledged)

    assert await kinds(office, letter) == [Kind.STATUS]
    assert len(vendor.waiting) == 1
    assert {one.because for one in office.told if isinstance(one, RepliesNotCollected)} == {"reply-not-taken"}


async def test_a_reply_that_is_not_taken_holds_no_outcome_up(office: PostOffice) -> None:
    """What is too large for the gateway is told to operators, and the outcome counts."""
    many = Reply(b"<a/>", tuple(ReplyFile(f"f-{n}", "text/plain", MemoryStream(b"x")) for n in range(101)))
    [letter] = await office.put(message_uuid=MESSAGE)

    async with at_site(office, FakeVendor(Delivered("", Grade.TRANSPORT, (many,)))):
        await arrive(office, letter)

    assert [one.because for one in office.told if isinstance(one, RepliesNotCollected)] == ["reply-not-taken"]


async def test_a_destination_that_is_not_this_sites_is_refused(office: PostOffice) -> None:
    """Not now and not later: the reply stays where it is."""
    async with at_site(office, FakeVendor()) as site:
        elsewhere = Origin(adapter="filedrop", destination="landkreis-regensburg-bau", test=False, by="w")
        with pytest.raises(ReplyNotTaken):
            await site.post.bring(reply(an_answer(Kind.STATUS, ABOUT)), elsewhere)

    assert await office.journal.boxed() == 0


async def test_nothing_is_asked_for_while_the_gateway_is_away(office: PostOffice) -> None:
    """Nothing could be brought there; the adapters are left alone until it is back."""
    vendor = Fachverfahren()
    async with at_site(office, vendor, fault=the_first("GET destinations", "away", 3)) as site:
        await until(lambda: site.line.asked.count("GET destinations") == 3)
        before = set(vendor.endpoints)
        await until(lambda: vendor.endpoints)

    assert before == set()
