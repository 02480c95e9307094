"""What a portal reads of the authority's answers: its own, whole, and nobody else's."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway import way_back
from gateway.adapter import Delivered
from gateway.dispatch import Report
from gateway.journal import Conclude, NoClaim
from gateway.receipt import reply_shapes
from gateway.reply import Kind, Origin
from gateway.submission import Attachment, Grade, State, SubmissionId, new_id
from gateway.testing import CANARIES, Correspondence, an_answer
from gateway.testing.answers import Message
from tests.gateway.intake.documents import XML, antrag
from tests.gateway.intake.house import OTHER_TOKEN, House, clock, open_house
from tests.gateway.intake.shaped import fits

ANTRAG = antrag()
ABOUT = Correspondence.about(ANTRAG)
PDF = b"%PDF-1.7 " + b"x" * 200_000
STATUS = an_answer(Kind.STATUS, ABOUT)
DECISION = an_answer(Kind.DECISION, ABOUT, files={"bescheid-1": PDF})


@pytest.fixture(scope="module")
def answered(house: House) -> str:
    """The path of a submission that was delivered and answered twice."""
    return answer(house, STATUS, DECISION)


def answer(house: House, *messages: Message) -> str:
    with house.client() as portal:
        path: str = portal.post("/v1/submissions", content=ANTRAG, headers=XML).headers["location"]
    house.run(deliver(house))
    for message in messages:
        house.run(bring(house, message))
    return path


async def deliver(house: House) -> None:
    """Take the one letter there is."""
    journal = house.gateway.journal
    (letter,) = await journal.hand_over()
    claim = await journal.claim(letter, "worker", 60.0)
    assert not isinstance(claim, NoClaim)
    delivered = Delivered("", Grade.TRANSPORT)
    report = Report(letter.submission, letter.attempt, claim.key, "worker", letter.adapter, delivered)
    await journal.conclude(report, lambda _, __: Conclude(State.DELIVERED, final=True, grade=Grade.TRANSPORT))


async def bring(house: House, message: Message) -> None:
    """The Fachverfahren answers."""
    files = [await keep(house, name, content) for name, content in message.files.items()]
    origin = Origin(adapter="filedrop", destination="augsburg-wohnsitz", test=False, by="worker")
    brought = way_back.Brought(
        id=new_id(clock()), origin=origin, document=message.document, received_at=clock(), files=tuple(files)
    )
    await way_back.take_in(brought, gateway=house.gateway)


async def keep(house: House, name: str, content: bytes) -> Attachment:
    async def pieces() -> AsyncIterator[bytes]:
        yield content

    return await house.gateway.attachments.keep(name, "application/pdf", pieces(), 1_000_000)


def listed(portal: httpx2.Client, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = portal.get(f"{path}/replies").json()["replies"]
    return found


def test_replies_are_listed_the_newest_last(portal: httpx2.Client, answered: str) -> None:
    """In the shape that OpenAPI promises, with kind, code and links; the submission says that it was answered."""
    response = portal.get(f"{answered}/replies")
    status = portal.get(answered).json()

    body = response.json()
    assert response.status_code == 200
    assert fits(reply_shapes.Replies, body)
    assert [one["kind"] for one in body["replies"]] == ["status", "decision"]
    assert [one["kindLabel"] for one in body["replies"]] == ["Bearbeitungsstand", "Bescheid"]
    assert (body["replies"][0]["code"], body["replies"][0]["messageUuid"]) == ("in-bearbeitung", STATUS.uuid)
    assert (status["state"], status["grade"]) == ("confirmed", "answered")
    assert status["links"]["replies"] == f"{answered}/replies"


def test_documents_and_files_come_byte_for_byte(portal: httpx2.Client, answered: str) -> None:
    """Behind the links, to be saved and not to be shown."""
    decision = listed(portal, answered)[1]
    [file] = decision["attachments"]

    document, attachment = portal.get(decision["document"]["href"]), portal.get(file["href"])

    assert document.content == DECISION.document
    assert attachment.content == PDF
    assert (document.headers["content-type"], attachment.headers["content-type"]) == (
        "application/xml",
        "application/pdf",
    )
    for response in (document, attachment):
        assert response.headers["content-disposition"].startswith("attachment;")
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in response.headers["content-security-policy"]
    assert int(attachment.headers["content-length"]) == file["size"] == len(PDF)


def test_a_submission_without_replies(portal: httpx2.Client) -> None:
    """An empty list, no error."""
    path = portal.post("/v1/submissions", content=antrag(), headers=XML).headers["location"]

    assert listed(portal, path) == []


def test_who_knows_the_replies_is_told_so(portal: httpx2.Client, answered: str) -> None:
    """304 for the tag of what is there."""
    tag = portal.get(f"{answered}/replies").headers["etag"]

    assert portal.get(f"{answered}/replies", headers={"If-None-Match": tag}).status_code == 304


def test_another_clients_replies_do_not_exist(house: House, portal: httpx2.Client, answered: str) -> None:
    """Neither the list nor a document nor a file, though the links are right."""
    decision = listed(portal, answered)[1]
    links = [f"{answered}/replies", decision["document"]["href"], decision["attachments"][0]["href"]]

    with house.client(OTHER_TOKEN) as other:
        answers = [other.get(link) for link in links]

    assert [one.status_code for one in answers] == [404, 404, 404]
    assert all(one.json()["code"] == "not-found" for one in answers)


def test_a_reply_belongs_to_one_submission(portal: httpx2.Client, answered: str) -> None:
    """Under another submission of the same client it is not there, nor is anything that was made up."""
    other = portal.post("/v1/submissions", content=antrag(), headers=XML).headers["location"]
    decision = listed(portal, answered)[1]
    made_up = [
        decision["document"]["href"].replace(answered, other),
        f"{answered}/replies/{answered.rsplit('/', 1)[1]}/document",
        f"{answered}/replies/..%2f..%2fetc/document",
        f"{answered}/replies/{decision['replyId']}/attachments/{'0' * 32}",
        f"{answered}/replies/{decision['replyId']}/attachments/..%2f{'0' * 32}",
    ]

    assert [portal.get(link).status_code for link in made_up] == [404] * 5


def test_a_document_that_was_forgotten(own_house: House) -> None:
    """The reply stays in the list and says that its document is gone; the old link says the same."""
    path = answer(own_house, STATUS)
    with own_house.client() as portal:
        [before] = listed(portal, path)
        own_house.run(_forget(own_house))
        [after] = listed(portal, path)
        gone = portal.get(before["document"]["href"])

    assert after["document"] is None
    assert (gone.status_code, gone.json()["code"]) == (404, "not-found")


async def _forget(house: House) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(house.folder / "journal.db", timeout=10)) as connection:
        connection.execute("DELETE FROM documents WHERE kind = 'reply'")
        connection.commit()


def test_a_reply_is_an_event_without_content(portal: httpx2.Client, answered: str) -> None:
    """What kind it was, and nothing of what it says."""
    events = portal.get(f"{answered}/events").json()["events"]

    assert [(one["name"], one["code"]) for one in events if one["name"] == "reply.received"] == [
        ("reply.received", "status"),
        ("reply.received", "decision"),
    ]


@pytest.fixture
def quiet(log: object, tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as house:
        yield house


def test_who_waits_hears_of_a_reply(quiet: House) -> None:
    """`Prefer: wait` on the list of replies is answered as soon as one comes."""
    path = answer(quiet)
    submission = SubmissionId(path.rsplit("/", 1)[1])
    with quiet.client() as portal:
        tag = portal.get(f"{path}/replies").headers["etag"]

        async def answer_when_awaited() -> None:
            assert submission in await quiet.gateway.news.awaited()
            await bring(quiet, STATUS)

        import asyncio

        answering = asyncio.run_coroutine_threadsafe(answer_when_awaited(), quiet.loop)
        heard = portal.get(f"{path}/replies", headers={"If-None-Match": tag, "Prefer": "wait=20"})
        answering.result(20)

    assert [one["kind"] for one in heard.json()["replies"]] == ["status"]
    assert heard.headers["preference-applied"] == "wait=20"


def test_what_the_authority_wrote_is_told_to_nobody_else(
    house: House, portal: httpx2.Client, answered: str, log: Any
) -> None:
    """Documents pass through the door; the log, the events and the metrics have nothing of them."""
    decision = listed(portal, answered)[1]
    portal.get(decision["document"]["href"])
    said = log.getvalue() + repr(house.told) + portal.get("/metrics").text

    assert "Beispielportal" not in said
    assert not [canary for canary in CANARIES if canary in said]
