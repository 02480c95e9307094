"""What a site brings back: kept before it is acknowledged, to its own letters only, and however often it is brought."""

from typing import Any

import httpx2
import pytest

from gateway import journey
from gateway.adapter import Delivered
from gateway.dispatch import Report
from gateway.events import ReplyBoxed, RequestRefused
from gateway.journal import Claim
from gateway.reply import Kind
from gateway.site import Reach
from gateway.submission import Grade, State, SubmissionId
from gateway.testing import CANARIES, Correspondence, an_answer
from gateway.testing.answers import Message
from tests.evil.documents import quadratic
from tests.gateway.pickup.post_office import KELHEIM, REGENSBURG, PostOffice

pytestmark = pytest.mark.anyio

MESSAGE = "0199c0de-0012-7000-8000-000000000012"
ABOUT = Correspondence(message=MESSAGE)
XML = {"Content-Type": "application/xml"}
DELIVERED: dict[str, str] = {"outcome": "delivered", "grade": "transport"}


async def delivered(office: PostOffice, site: str = "kelheim", token: str = KELHEIM, **changes: Any) -> SubmissionId:
    """A letter that was picked up and delivered, long ago."""
    [letter] = await office.put(site=site, **{"message_uuid": MESSAGE, **changes})
    lease = await office.lease(letter, site=site, token=token)
    path = f"/letters/{letter}/outcome"
    await office.ask("POST", path, key=lease["key"], json=DELIVERED, site=site, token=token)
    office.clock.advance(86_400 * 30)
    return letter


async def bring(
    office: PostOffice, path: str, message: Message | bytes, *, token: str = KELHEIM, site: str = "kelheim"
) -> httpx2.Response:
    """As a site sends it: alone, or with its files."""
    if isinstance(message, bytes):
        return await office.ask("POST", path, content=message, headers=XML, token=token, site=site)
    if not message.files:
        return await office.ask("POST", path, content=message.document, headers=XML, token=token, site=site)
    parts = [("document", ("antwort.xml", message.document, "application/xml"))]
    parts += [(name, (f"{name}.pdf", content, "application/pdf")) for name, content in message.files.items()]
    return await office.ask("POST", path, files=parts, token=token, site=site)


async def test_a_reply_comes_long_after_the_lease(office: PostOffice) -> None:
    """Without a key: the site may answer what it delivered. Kept, matched, and the submission is confirmed."""
    letter = await delivered(office)
    decision = an_answer(Kind.DECISION, ABOUT, files={"bescheid-1": b"%PDF Bescheid"})

    answer = await bring(office, f"/letters/{letter}/replies", decision)

    assert answer.status_code == 202
    body = answer.json()
    assert (body["result"], body["kind"], body["letter"], body["repeated"]) == ("kept", "decision", letter, False)
    assert await office.state(letter) is State.CONFIRMED
    [stored] = await office.journal.replies(letter)
    assert (stored.id, stored.origin.by, stored.files[0].name) == (body["replyId"], "site:kelheim", "bescheid-1")
    assert await office.journal.reply_document(stored.id) == decision.document


async def test_a_lost_answer_is_asked_for_again_and_changes_nothing(office: PostOffice) -> None:
    """However often it is sent: the same reply, marked as a repetition; its files are stored once."""
    letter = await delivered(office)
    message = an_answer(Kind.STATUS, ABOUT, files={"anlage": b"%PDF"})
    first = (await bring(office, f"/letters/{letter}/replies", message)).json()
    before = await office.journal.standing(letter)

    again = [(await bring(office, f"/letters/{letter}/replies", message)).json() for _ in range(3)]

    assert again == [{**first, "repeated": True}] * 3
    assert await office.journal.standing(letter) == before
    assert len(await office.journal.replies(letter)) == 1
    assert await office.gateway.attachments.sweep(await office.journal.attachment_ids(), -1.0) == 0


async def test_a_reply_overtakes_the_outcome(office: PostOffice) -> None:
    """Sent while the lease is open it waits, and takes effect when the outcome counts."""
    [letter] = await office.put(message_uuid=MESSAGE)
    lease = await office.lease(letter)

    early = await bring(office, f"/letters/{letter}/replies", an_answer(Kind.ACKNOWLEDGEMENT, ABOUT))
    in_hand = await office.state(letter)
    await office.ask("POST", f"/letters/{letter}/outcome", key=lease["key"], json=DELIVERED)
    await office.journal.settle_replies()

    assert early.json()["result"] == "kept"
    assert in_hand is State.HANDED_OVER
    assert await office.state(letter) is State.CONFIRMED


@pytest.mark.parametrize("site, token", [("regensburg", REGENSBURG), ("kelheim", REGENSBURG)])
async def test_another_sites_letter_cannot_be_answered(office: PostOffice, site: str, token: str) -> None:
    """Under its own name or the other's: 404, told to operators, and nothing is kept."""
    letter = await delivered(office)

    answer = await bring(office, f"/letters/{letter}/replies", an_answer(Kind.REJECTION, ABOUT), token=token, site=site)

    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert any(isinstance(event, RequestRefused) and event.status == 404 for event in office.told)
    assert await office.journal.replies(letter) == []
    assert await office.journal.boxed() == 0
    assert await office.state(letter) is State.DELIVERED


async def test_what_was_never_picked_up_cannot_be_answered(office: PostOffice) -> None:
    """A letter that waits has reached nobody: the reply goes into the box."""
    [letter] = await office.put(message_uuid=MESSAGE)

    answer = await bring(office, f"/letters/{letter}/replies", an_answer(Kind.STATUS, ABOUT))

    assert (answer.status_code, answer.json()["result"], answer.json()["code"]) == (202, "boxed", "never-sent")
    assert await office.listed() == [letter]


@pytest.mark.parametrize(
    "document, code",
    [
        (quadratic(), "forbidden-xml"),
        (f"<{CANARIES[0]}".encode(), "not-well-formed"),
        (an_answer(Kind.STATUS, ABOUT).document.replace(b"<pn:zeitpunkt>", b"<pn:zeit>"), "not-well-formed"),
        (an_answer(Kind.STATUS, ABOUT, said=CANARIES[0]).document, "unknown-code"),
        (an_answer(Kind.STATUS, Correspondence(message=CANARIES[0])).document, "schema-invalid"),
        (an_answer(Kind.STATUS, Correspondence(message=MESSAGE.replace("12", "99"))).document, "contradiction"),
    ],
    ids=["hostile", "no XML", "cut", "unknown status", "not valid", "about another message"],
)
async def test_what_fits_nothing_is_kept_for_a_human(office: PostOffice, document: bytes, code: str) -> None:
    """202 all the same: it need not be sent again. The answer says why, an event alarms, and nothing moves."""
    letter = await delivered(office)

    answer = await bring(office, f"/letters/{letter}/replies", document)
    again = await bring(office, f"/letters/{letter}/replies", document)

    body = answer.json()
    assert (answer.status_code, body["result"], body["code"]) == (202, "boxed", code)
    assert again.json() == {**body, "repeated": True}
    assert [event.cause for event in office.told if isinstance(event, ReplyBoxed)] == [code]
    assert await office.state(letter) is State.DELIVERED
    assert not [canary for canary in CANARIES if canary in answer.text + repr(office.told)]


async def test_other_content_under_the_same_uuid_is_boxed(office: PostOffice) -> None:
    """It replaces nothing."""
    letter = await delivered(office)
    first = an_answer(Kind.STATUS, ABOUT)
    await bring(office, f"/letters/{letter}/replies", first)

    answer = await bring(office, f"/letters/{letter}/replies", an_answer(Kind.REJECTION, ABOUT, uuid_=first.uuid))

    assert (answer.json()["result"], answer.json()["code"]) == ("boxed", "uuid-conflict")
    assert await office.state(letter) is State.CONFIRMED


async def test_a_reply_that_names_no_letter_finds_its_own(office: PostOffice) -> None:
    """The site knows only which Fachverfahren said it; the message says whom it answers."""
    letter = await delivered(office)

    answer = await bring(office, "/replies?destination=landkreis-kelheim-bau", an_answer(Kind.FILE_NUMBER, ABOUT))

    assert (answer.status_code, answer.json()["letter"]) == (202, letter)
    assert await office.state(letter) is State.CONFIRMED


async def test_it_finds_nothing_elsewhere(office: PostOffice) -> None:
    """From its test endpoint, or from a destination of another site, or for an authority that is not the site's."""
    letter = await delivered(office)
    message = an_answer(Kind.REJECTION, ABOUT)

    test = await bring(office, "/replies?destination=landkreis-kelheim-bau&test=true", message)
    foreign = await bring(office, "/replies?destination=landkreis-regensburg-bau", message)
    other = an_answer(Kind.REJECTION, Correspondence(message=MESSAGE.replace("12", "13")))
    unknown = await bring(office, "/replies?destination=landkreis-kelheim-bau", other)

    assert (test.json()["result"], test.json()["code"]) == ("boxed", "no-submission")
    assert foreign.status_code == 404
    assert (unknown.json()["result"], unknown.json()["code"]) == ("boxed", "no-submission")
    assert await office.state(letter) is State.DELIVERED


async def test_it_answers_for_its_own_authorities_only(office: PostOffice) -> None:
    """A destination that two authorities share gives a site no right to the other's submissions."""
    [letter] = await office.put(message_uuid=MESSAGE, authority="09362")
    reach = Reach(frozenset({"landkreis-kelheim-bau"}), frozenset({"09362"}), frozenset({"filedrop"}))
    claimed = await office.journal.lease(letter, "elsewhere", 60.0, reach)
    assert isinstance(claimed, Claim)
    report = Report(letter, claimed.attempt, claimed.key, "elsewhere", "filedrop", Delivered("", Grade.TRANSPORT))
    await journey.conclude(report, gateway=office.gateway)

    answer = await bring(office, "/replies?destination=landkreis-kelheim-bau", an_answer(Kind.REJECTION, ABOUT))

    assert (answer.json()["result"], answer.json()["code"]) == ("boxed", "foreign")
    assert await office.state(letter) is State.DELIVERED


@pytest.mark.parametrize("query", ["", "?test=true", "?destination=x&name=y", "?destination=&test=true", "?test=1"])
async def test_a_reply_has_to_say_where_it_comes_from(office: PostOffice, query: str) -> None:
    """Without a destination, or with anything else than that, nothing is kept."""
    answer = await bring(office, f"/replies{query}", an_answer(Kind.STATUS, ABOUT))

    assert answer.status_code in (400, 404)
    assert await office.journal.boxed() == 0


async def test_limits_are_those_of_the_door(office: PostOffice) -> None:
    """Too large, of another type or empty: refused like everywhere, and no file is left."""
    letter = await delivered(office)
    path = f"/letters/{letter}/replies"

    large = await office.ask("POST", path, content=b"<a>" + b"x" * 26_214_400, headers=XML)
    other = await office.ask("POST", path, content=b"{}", headers={"Content-Type": "application/json"})
    empty = await office.ask("POST", path, content=b"", headers=XML)
    queried = await office.ask("POST", f"{path}?x=1", content=b"<a/>", headers=XML)

    assert [one.status_code for one in (large, other, empty, queried)] == [413, 415, 400, 400]
    assert await office.journal.boxed() == 0


async def test_a_site_learns_where_its_fachverfahren_are(office: PostOffice) -> None:
    """Live and test, with the settings of the tables; nothing of other sites."""
    answer = await office.ask("GET", "/destinations")

    told = answer.json()["destinations"]
    assert [(one["name"], one["adapter"], one["test"]) for one in told] == [
        ("landkreis-kelheim-bau", "filedrop", False),
        ("landkreis-kelheim-bau", "filedrop", True),
    ]
    assert told[0]["settings"] != told[1]["settings"]


async def test_a_lease_says_where_replies_go(office: PostOffice) -> None:
    """The link of the lease is the one that takes them."""
    [letter] = await office.put(message_uuid=MESSAGE)
    lease = await office.lease(letter)

    assert lease["links"]["replies"] == f"/v1/sites/kelheim/letters/{letter}/replies"
