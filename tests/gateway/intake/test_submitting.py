"""What a portal is told when it submits, and when it submits again."""

import re
import uuid

import httpx2
import pytest

from gateway.events import SubmissionAccepted, SubmissionReplayed
from gateway.receipt import shapes
from gateway.submission import State, SubmissionId
from tests.gateway.intake.documents import XML, antrag, trial
from tests.gateway.intake.house import NARROW_TOKEN, House
from tests.gateway.intake.shaped import fits


def submit(portal: httpx2.Client, document: bytes, path: str = "/v1/submissions", **headers: str) -> httpx2.Response:
    return portal.post(path, content=document, headers={**XML, **headers})


def test_a_valid_antrag(house: House, portal: httpx2.Client) -> None:
    """A valid Antrag with an open door is answered 202, says where its status is, and is in the journal."""
    answer = submit(portal, antrag())

    body = answer.json()
    assert answer.status_code == 202
    assert fits(shapes.Accepted, body)
    assert answer.headers["location"] == f"/v1/submissions/{body['submissionId']}" == body["links"]["self"]
    assert body["authority"] == {"ars": "09761", "name": "Stadt Augsburg"}
    assert body["stateLabel"] == "angenommen"
    assert body["sandbox"] is True
    standing = house.run(house.gateway.journal.standing(SubmissionId(body["submissionId"])))
    assert standing is not None
    assert standing.state is State.ACCEPTED


def test_the_same_sending_again(house: House, portal: httpx2.Client) -> None:
    """The same bytes under the same nachrichtenUUID get the first answer again, marked as a replay."""
    document = antrag()
    first = submit(portal, document).json()

    again = submit(portal, document)

    assert again.status_code == 202
    assert again.json() == {**first, "replay": True}
    assert house.heard(SubmissionReplayed)[-1].submission == first["submissionId"]


def test_another_content_under_the_same_uuid(portal: httpx2.Client) -> None:
    """Other content under the same nachrichtenUUID is a conflict, with the standard's code for it."""
    message = str(uuid.uuid4())
    submit(portal, antrag(message))

    answer = submit(portal, antrag(message).replace(b"Neutraubling", b"Regenstauf"))

    assert answer.status_code == 409
    assert answer.json()["code"] == "uuid-conflict"
    assert answer.json()["xoev"] == "S999"
    assert "nachrichtenUUID" in answer.json()["detail"]


def test_another_content_under_the_same_key(portal: httpx2.Client) -> None:
    """Other content under the same Idempotency-Key is a conflict, even with a nachrichtenUUID of its own."""
    key = {"Idempotency-Key": str(uuid.uuid4())}
    assert submit(portal, antrag(), **key).status_code == 202

    answer = submit(portal, antrag(), **key)

    assert answer.status_code == 409
    assert "Idempotency-Key" in answer.json()["detail"]


def test_two_clients_with_the_same_uuid(house: House, portal: httpx2.Client) -> None:
    """A nachrichtenUUID is one sender's: another client may use it without ever hearing of the first."""
    document = antrag()
    first = submit(portal, document).json()

    with house.client("ag_beispiel-portal-zwei") as other:
        answer = submit(other, document)

    assert answer.status_code == 202
    assert answer.json()["submissionId"] != first["submissionId"]
    assert "replay" not in answer.json()


def test_a_test_message(portal: httpx2.Client) -> None:
    """A test message is taken and named as one."""
    answer = submit(portal, trial())

    assert answer.status_code == 202
    assert answer.json()["test"] is True


def test_a_client_outside_its_scope(house: House) -> None:
    """A client that may send Bauanträge only is told so when it sends something else, and nothing is counted."""
    before = house.ledger().received

    with house.client(NARROW_TOKEN) as narrow:
        answer = submit(narrow, antrag())

    assert answer.status_code == 403
    assert answer.json()["code"] == "not-allowed"
    assert house.ledger().received == before


@pytest.mark.parametrize(
    "asked, language, label",
    [
        ("", "de", "angenommen"),
        ("en", "en", "accepted"),
        ("en-GB,de;q=0.5", "en", "accepted"),
        ("de,en;q=0.9", "de", "angenommen"),
        ("fr", "de", "angenommen"),
        ("en;q=0", "de", "angenommen"),
        ("nonsense;q=?,,;", "de", "angenommen"),
    ],
)
def test_the_language_asked_for(portal: httpx2.Client, asked: str, language: str, label: str) -> None:
    """People are answered in German unless they prefer English, and told which it is."""
    answer = submit(portal, antrag(), **{"Accept-Language": asked})

    assert answer.headers["content-language"] == language
    assert answer.json()["stateLabel"] == label


def test_a_trace_that_began_elsewhere(house: House, portal: httpx2.Client) -> None:
    """A valid traceparent is taken over."""
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    answer = submit(portal, antrag(), traceparent=trace)

    told = [event for event in house.heard(SubmissionAccepted) if event.submission == answer.json()["submissionId"]]
    assert [event.trace for event in told] == [trace]


@pytest.mark.parametrize(
    "trace",
    [
        "",
        "nonsense",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01",
    ],
)
def test_a_trace_that_is_none(house: House, portal: httpx2.Client, trace: str) -> None:
    """Where there is no valid traceparent, a new trace begins."""
    submit(portal, antrag(), traceparent=trace)

    begun = house.heard(SubmissionAccepted)[-1].trace
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", begun)
    assert begun != trace


def test_a_charset_in_the_media_type(portal: httpx2.Client) -> None:
    """The charset of the media type counts: UTF-8 is right, and a document in UTF-8 that is called Latin-1 is not."""
    right = portal.post("/v1/submissions", content=antrag(), headers={"Content-Type": 'Text/XML; charset="utf-8"'})
    wrong = portal.post(
        "/v1/submissions", content=antrag(), headers={"Content-Type": "application/xml; charset=iso-8859-1"}
    )

    assert right.status_code == 202
    assert wrong.status_code == 400
    assert wrong.json()["code"] == "wrong-encoding"


def test_place_and_service_in_the_query(portal: httpx2.Client) -> None:
    """Service and place may be given beside the document, as long as they agree with it."""
    right = submit(portal, antrag(), "/v1/submissions?ars=09761&leistung=99115005104000")
    wrong = submit(portal, antrag(), "/v1/submissions?ars=09661")

    assert right.status_code == 202
    assert wrong.status_code == 422
    assert wrong.json()["code"] == "place-contradiction"
