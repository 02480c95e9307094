"""What a portal may ask about its own submissions, and about nobody else's."""

import time

import httpx2
import pytest

from gateway.adapter import Delivered, Unclear
from gateway.dispatch import Report
from gateway.events import RequestRefused
from gateway.intake import token_hash
from gateway.journal import Client, Conclude, NoClaim, Park
from gateway.receipt import shapes
from gateway.submission import Grade, State
from tests.gateway.intake.documents import XML, antrag, trial
from tests.gateway.intake.house import OTHER_TOKEN, House
from tests.gateway.intake.shaped import fits

NOBODYS = "/v1/submissions/01999999-0000-7000-8000-000000000000"
SHAPES = {"": shapes.Status, "/events": shapes.Events, "/receipt": shapes.TechnicalReceipt}


@pytest.fixture(scope="module")
def submission(house: House) -> str:
    """The path of a submission that waits."""
    with house.client() as portal:
        return portal.post("/v1/submissions", content=antrag(), headers=XML).headers["location"]


@pytest.mark.parametrize("rest", SHAPES)
def test_ones_own_submission(portal: httpx2.Client, submission: str, rest: str) -> None:
    """Status, events and receipt have the shapes that OpenAPI promises."""
    answer = portal.get(submission + rest)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert fits(SHAPES[rest], answer.json())


def test_a_submission_on_its_way(portal: httpx2.Client, submission: str) -> None:
    """What is not over yet says when to ask again."""
    answer = portal.get(submission)

    assert answer.json()["concluded"] is False
    assert int(answer.headers["retry-after"]) >= 1


def test_a_submission_that_arrived(own_house: House) -> None:
    """What has arrived says how well that is proven, by what name, and that this is the end."""
    journal = own_house.gateway.journal
    with own_house.client() as portal:
        path = portal.post("/v1/submissions", content=trial(), headers=XML).headers["location"]
        before = portal.get(path)
        own_house.run(deliver(own_house))
        after = portal.get(path)
        events = portal.get(f"{path}/events").json()["events"]

    body = after.json()
    assert fits(shapes.Status, body)
    assert (body["state"], body["stateLabel"]) == ("confirmed", "vom Fachverfahren angenommen")
    assert (body["grade"], body["reference"], body["concluded"], body["attempts"]) == ("taken", "AZ-1", True, 1)
    assert "retry-after" not in after.headers
    assert before.headers["etag"] != after.headers["etag"]
    assert [event["state"] for event in events] == ["accepted", "handed_over", "confirmed"]
    assert own_house.run(journal.ledger()).concluded == 1


async def deliver(house: House) -> None:
    """Take the one letter there is, and say that it was taken."""
    journal = house.gateway.journal
    (letter,) = await journal.hand_over()
    claim = await journal.claim(letter, "worker", 60.0)
    assert not isinstance(claim, NoClaim)
    await journal.keep_words(claim, "AZ-1", "")
    report = Report(
        submission=letter.submission,
        attempt=letter.attempt,
        key=claim.key,
        worker="worker",
        adapter=letter.adapter,
        ending=Delivered("", Grade.TAKEN),
    )
    await journal.conclude(report, lambda _ending, _attempt: Conclude(State.CONFIRMED, final=True, grade=Grade.TAKEN))


def test_what_is_known_already(portal: httpx2.Client, submission: str) -> None:
    """A status that did not change is 304, whatever else the tag stands beside."""
    tag = portal.get(submission).headers["etag"]

    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        answer = portal.get(submission, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert portal.get(submission, headers={"If-None-Match": '"x"'}).status_code == 200


def test_a_tag_belongs_to_its_language(portal: httpx2.Client, submission: str) -> None:
    """Who knows the German status does not know the English one."""
    tag = portal.get(submission).headers["etag"]

    answer = portal.get(submission, headers={"If-None-Match": tag, "Accept-Language": "en"})

    assert answer.status_code == 200
    assert answer.json()["stateLabel"] == "accepted"


def test_events_name_no_operator(own_house: House) -> None:
    """Who in the operating body did something is not a portal's business."""
    with own_house.client() as portal:
        path = portal.post("/v1/submissions", content=antrag(), headers=XML).headers["location"]
        own_house.run(park_and_drop(own_house, "operatorin-beispiel"))
        answer = portal.get(f"{path}/events")

    assert answer.json()["events"][-1]["code"] == "operator-dropped"
    assert "operatorin" not in answer.text


async def park_and_drop(house: House, by: str) -> None:
    journal = house.gateway.journal
    (letter,) = await journal.hand_over()
    claim = await journal.claim(letter, "worker", 60.0)
    assert not isinstance(claim, NoClaim)
    report = Report(letter.submission, letter.attempt, claim.key, "worker", letter.adapter, Unclear("time-limit"))
    await journal.conclude(report, lambda _ending, _attempt: Park("unclear"))
    await journal.drop(letter.submission, by, "Beispiel")


@pytest.mark.parametrize("rest", SHAPES)
def test_another_clients_submission(house: House, submission: str, rest: str) -> None:
    """Another client's submission does not exist for this one, and operators hear that it asked."""
    with house.client(OTHER_TOKEN) as other:
        foreign, nobodys = other.get(submission + rest), other.get(NOBODYS + rest)

    assert (foreign.status_code, nobodys.status_code) == (404, 404)
    assert without_instance(foreign) == without_instance(nobodys)
    told = [event for event in house.heard(RequestRefused) if event.code == "foreign-submission"]
    assert told[-1].client == "portal-zwei"
    assert told[-1].path == f"/v1/submissions/{{submission}}{rest}"


def without_instance(answer: httpx2.Response) -> dict[str, object]:
    return {name: value for name, value in answer.json().items() if name != "instance"}


@pytest.mark.parametrize("id_", ["1", "x" * 36, "%00", "..%2f..%2fetc", "01999999-0000-7000-8000-00000000000A"])
def test_an_id_that_is_none(portal: httpx2.Client, id_: str) -> None:
    """What cannot be an id is not looked for."""
    assert portal.get(f"/v1/submissions/{id_}").status_code == 404


@pytest.mark.parametrize("path", [NOBODYS, f"{NOBODYS}/events", f"{NOBODYS}/receipt", "/v1/routes?leistung=1"])
def test_a_question_from_nobody(house: House, path: str) -> None:
    """Every call of /v1 needs a token."""
    with house.client(None) as stranger:
        answer = stranger.get(path)

    assert answer.status_code == 401
    assert "www-authenticate" in answer.headers


def test_a_parameter_where_there_is_none(portal: httpx2.Client, submission: str) -> None:
    """A parameter that would change nothing is refused instead of overlooked."""
    assert portal.get(f"{submission}?verbose=1").status_code == 400


def test_a_revoked_token(own_house: House) -> None:
    """A revocation takes effect within two seconds."""
    with own_house.client() as portal:
        assert portal.get(NOBODYS).status_code == 404
        own_house.run(own_house.gateway.journal.revoke_client("portal-eins"))

        deadline = time.monotonic() + 2.0
        while portal.get(NOBODYS).status_code == 404 and time.monotonic() < deadline:
            time.sleep(0.02)

        assert portal.get(NOBODYS).status_code == 401


def test_a_token_that_was_just_issued(own_house: House) -> None:
    """A new client comes in at once, or within a second of somebody unknown having asked."""
    with own_house.client("ag_neu") as portal:
        own_house.run(own_house.gateway.journal.add_client(Client("portal-neu", token_hash("ag_neu"))))

        deadline = time.monotonic() + 2.0
        while portal.get(NOBODYS).status_code == 401 and time.monotonic() < deadline:
            time.sleep(0.02)

        assert portal.get(NOBODYS).status_code == 404
