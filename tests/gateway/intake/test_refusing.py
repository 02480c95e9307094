"""Every bad sending gets an answer of its own, and leaves nothing half done."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway.drivers.in_process import InProcess
from gateway.errors import JournalUnavailable, NotChecked
from gateway.events import RequestFailed, RequestRefused, SubmissionRejected
from gateway.intake import Limits
from gateway.journal import Entry, Journal
from gateway.journey import Gateway
from gateway.receipt import shapes
from gateway.testing import CANARIES
from gateway.validation import Schemas
from tests.gateway.intake.documents import XML, antrag, invalid_antrag
from tests.gateway.intake.house import OTHER_TOKEN, TOKEN, House, open_house
from tests.gateway.intake.shaped import fits

BEYOND = b"<x>" + b"e" * 2000 + b"</x>"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, log: Any) -> Any:
    """A house with small limits."""
    with open_house(tmp_path_factory.mktemp("house"), limits=Limits(document=64_000)) as opened:
        yield opened


@pytest.mark.parametrize(
    "status, code, document, headers, query",
    [
        (400, "not-well-formed", b"", XML, ""),
        (400, "not-well-formed", b"Sehr geehrte Damen und Herren", XML, ""),
        (400, "not-well-formed", b"%PDF-1.7", XML, ""),
        (400, "not-well-formed", antrag()[:-30], XML, ""),
        (400, "wrong-encoding", "<a>ä</a>".encode("latin-1"), XML, ""),
        (400, "wrong-encoding", '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"), XML, ""),
        (400, "forbidden-xml", b"<!DOCTYPE a><a/>", XML, ""),
        (400, "bad-request", antrag(), XML, "?ort=Augsburg"),
        (400, "bad-request", antrag(), XML, "?ars=Augsburg"),
        (400, "bad-request", antrag(), XML, "?ars=0"),
        (400, "bad-request", antrag(), XML, "?ars=0961&ars=0961"),
        (400, "bad-request", antrag(), XML, "?leistung=99"),
        (400, "bad-request", antrag(), XML, "?%ff=%ff"),
        (400, "bad-request", antrag(), {**XML, "Idempotency-Key": ""}, ""),
        (400, "bad-request", antrag(), {**XML, "Idempotency-Key": "with space"}, ""),
        (400, "bad-request", antrag(), {**XML, "Idempotency-Key": "k" * 256}, ""),
        (413, "too-large", antrag() + b" " * 64_000, XML, ""),
        (415, "wrong-media-type", antrag(), {}, ""),
        (415, "wrong-media-type", antrag(), {"Content-Type": "application/json"}, ""),
        (415, "wrong-media-type", antrag(), {"Content-Type": "image/svg+xml"}, ""),
        (415, "wrong-media-type", antrag(), {**XML, "Content-Encoding": "gzip"}, ""),
    ],
)
def test_what_nobody_can_read(
    house: House, portal: httpx2.Client, status: int, code: str, document: bytes, headers: dict[str, str], query: str
) -> None:
    """Unreadable, malformed, too large or of the wrong type: a problem of its own each, and nothing is counted."""
    before = house.ledger()

    answer = portal.post(f"/v1/submissions{query}", content=document, headers=headers)

    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert fits(shapes.Problem, body)
    assert body["type"] == f"urn:antragsgateway:problem:{code}"
    assert body["detail"] != body["title"]
    assert house.ledger() == before
    told = house.heard(RequestRefused)[-1]
    assert (told.code, told.status, told.client, told.path) == (code, status, "portal-eins", "/v1/submissions")
    assert told.trace[3:35] in body["instance"]


@pytest.mark.parametrize("document", [b"<a>", "<a>ä</a>".encode("latin-1"), b"<!DOCTYPE a><a/>"])
def test_unreadable_in_the_standards_words(portal: httpx2.Client, document: bytes) -> None:
    """Whatever cannot be read is X000 in the standards' own lists."""
    answer = portal.post("/v1/submissions", content=document, headers=XML)

    assert answer.json()["xoev"] == "X000"


@pytest.mark.parametrize(
    "code, xoev, document",
    [
        ("unknown-schema", "V000", b"<unbekannt/>"),
        ("schema-invalid", "X001", invalid_antrag()),
        ("wrong-reader", "T080", antrag(reader="bab:097610000001")),
        ("unknown-place", None, antrag(place="09999999")),
        ("not-responsible", "T080", antrag(reader="ags:096610000001")),
        ("not-connected", "T090", antrag(place="09273121", reader="ags:09273121")),
        ("unknown-authority", None, antrag(place="01001000", reader="ags:01001000")),
    ],
)
def test_what_is_readable_and_not_right(
    house: House, portal: httpx2.Client, code: str, xoev: str | None, document: bytes
) -> None:
    """Not valid, or no open door: 422 with the finding, counted as rejected, and no document is kept."""
    before = house.ledger()

    answer = portal.post("/v1/submissions", content=document, headers=XML)

    body = answer.json()
    after = house.ledger()
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert fits(shapes.Problem, body)
    assert (body["code"], body.get("xoev")) == (code, xoev)
    assert [finding["code"] for finding in body["findings"]] == [code]
    assert (after.received, after.rejected, after.imbalance) == (before.received + 1, before.rejected + 1, 0)
    assert house.heard(SubmissionRejected)[-1].codes == (code,)
    assert portal.get(body["instance"]).json()["stateLabel"] == "zurückgewiesen"


def test_the_responsible_authority_is_named(portal: httpx2.Client) -> None:
    """Who addresses the wrong authority is told the right one, by name and by ARS."""
    body = portal.post("/v1/submissions", content=antrag(reader="ags:096610000001"), headers=XML).json()

    assert body["authority"] == {"ars": "09761", "name": "Stadt Augsburg"}
    assert "Stadt Augsburg" in body["detail"]


def test_a_rejection_frees_its_key(portal: httpx2.Client) -> None:
    """The corrected document may come under the same Idempotency-Key as the rejected one."""
    key = {"Idempotency-Key": "frei-nach-zurueckweisung"}
    rejected = portal.post("/v1/submissions", content=invalid_antrag(), headers={**XML, **key})

    accepted = portal.post("/v1/submissions", content=antrag(), headers={**XML, **key})

    assert (rejected.status_code, accepted.status_code) == (422, 202)


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", f"Basic {TOKEN}", "Bearer ag_unbekannt", f"Bearer {TOKEN} {OTHER_TOKEN}", "Bearer \xff"],
)
@pytest.mark.parametrize("path", ["/v1/submissions", "/v1/validations"])
def test_a_sender_nobody_knows(house: House, authorization: str, path: str) -> None:
    """Without a token that is valid here there is 401 and how to do better, before the body is looked at."""
    before = house.ledger()

    with house.client(None) as stranger:
        answer = stranger.post(
            path,
            content=antrag(),
            headers=[(b"Content-Type", b"text/xml"), (b"Authorization", authorization.encode("latin-1"))],
        )

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "not-identified"
    assert house.ledger() == before


@pytest.mark.parametrize("name", ["Authorization", "Content-Type", "Idempotency-Key"])
def test_a_header_that_comes_twice(portal: httpx2.Client, name: str) -> None:
    """Which of two should count is not ours to guess."""
    headers = [("Content-Type", "application/xml"), (name, f"Bearer {TOKEN}"), (name, "application/xml")]

    answer = portal.post("/v1/submissions", content=antrag(), headers=headers)

    assert answer.status_code == 400
    assert name in answer.json()["detail"]


@pytest.mark.parametrize(
    "method, path, status, allow",
    [
        ("GET", "/v1/nichts", 404, None),
        ("GET", "/v1/submissions/", 404, None),
        ("GET", "/docs", 404, None),
        ("GET", "/v1/submissions", 405, "POST"),
        ("PUT", "/v1/validations", 405, "POST"),
        ("DELETE", "/v1/submissions/01999999-0000-7000-8000-000000000000", 405, "GET"),
        ("OPTIONS", "/v1/routes", 405, "GET"),
    ],
)
def test_a_path_or_method_that_is_none(
    portal: httpx2.Client, method: str, path: str, status: int, allow: str | None
) -> None:
    """Unknown paths and methods are problems, too."""
    answer = portal.request(method, path)

    assert answer.status_code == status
    assert answer.headers.get("allow") == allow
    assert answer.headers["content-type"] == "application/problem+json"
    assert fits(shapes.Problem, answer.json())


def test_head_is_get_without_a_body(house: House, portal: httpx2.Client) -> None:
    """HEAD tells what GET would, without saying it; refusals, too."""
    here, there = portal.head("/livez"), portal.head("/v1/nichts")

    assert (here.status_code, here.content, here.headers["content-type"]) == (200, b"", "application/json")
    assert (there.status_code, there.content) == (404, b"")
    assert there.headers["content-type"] == "application/problem+json"


# ── bad days ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Failing:
    """A journal that is as it was, but for what recording does."""

    def __init__(self, journal: Journal, record: Callable[[Entry], Any]) -> None:
        self._journal = journal
        self._record = record

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    async def record(self, entry: Entry) -> Any:
        return self._record(entry)


def failing(error: Exception) -> Callable[[Gateway], Gateway]:
    """A change of the house: recording fails like this."""

    def raising(_: Entry) -> Any:
        raise error

    def change(gateway: Gateway) -> Gateway:
        journal: Any = Failing(gateway.journal, raising)
        return replace(gateway, journal=journal)

    return change


def test_a_journal_that_is_away(tmp_path: Path, log: Any) -> None:
    """While the journal cannot be written there is 503, when to come again, and nothing is counted."""
    with open_house(tmp_path, change=failing(JournalUnavailable())) as house, house.client() as portal:
        answer = portal.post("/v1/submissions", content=antrag(), headers=XML)
        ledger = house.ledger()

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["code"] == "journal-unavailable"
    assert "wiederholen" in answer.json()["detail"]
    assert ledger.received == 0


def test_a_bug_of_ours(tmp_path: Path, log: Any) -> None:
    """A bug is 500 without a word of it; operators get its class and frames, and never its message."""
    with open_house(tmp_path, change=failing(RuntimeError(CANARIES[0]))) as house, house.client() as portal:
        answer = portal.post("/v1/submissions", content=antrag(), headers=XML)
        told = house.heard(RequestFailed)

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal-error"
    assert fits(shapes.Problem, answer.json())
    assert [event.error for event in told] == ["RuntimeError"]
    assert any("raising" in frame for frame in told[0].frames)
    assert CANARIES[0] not in answer.text


class Overtaxed(Schemas):
    """Schemas whose engine breaks down."""

    def glance(self, document: bytes, charset: str | None = None, **_: Any) -> None:
        return None

    def judge(self, document: bytes, charset: str | None = None, **_: Any) -> Any:
        raise NotChecked


def test_a_check_that_does_not_end(tmp_path: Path, log: Any) -> None:
    """A document that could not be checked is neither valid nor invalid: 503, and nothing is counted."""

    def change(gateway: Gateway) -> Gateway:
        return replace(gateway, schemas=Overtaxed(gateway.schemas.packages))

    with open_house(tmp_path, change=change) as house, house.client() as portal:
        answers = [portal.post(path, content=antrag(), headers=XML) for path in ("/v1/submissions", "/v1/validations")]
        ledger = house.ledger()

    assert [answer.status_code for answer in answers] == [503, 503]
    assert {answer.json()["code"] for answer in answers} == {"not-checked"}
    assert ledger.received == 0


def test_a_journal_that_fails_half_way(own_house: House) -> None:
    """A real SQLite that fails in the middle of a transaction: 503, nothing is half done, and later ones are taken."""
    table = "documents"
    with own_house.client() as portal, closing(sqlite3.connect(own_house.folder / "journal.db")) as outside:
        outside.execute(f"ALTER TABLE {table} RENAME TO away")
        refused = portal.post("/v1/submissions", content=antrag(), headers=XML)
        outside.execute(f"ALTER TABLE away RENAME TO {table}")
        taken = portal.post("/v1/submissions", content=antrag(), headers=XML)
    ledger = own_house.ledger()

    assert (refused.status_code, taken.status_code) == (503, 202)
    assert refused.json()["code"] == "journal-unavailable"
    assert (ledger.received, ledger.in_flight, ledger.imbalance) == (1, 1, 0)


class Unconnected(InProcess):
    """A dispatch whose broker is away."""

    connected = False


def test_a_broker_that_is_away(tmp_path: Path, log: Any) -> None:
    """A broker's outage is a delay and no refusal: 202 goes on."""

    def change(gateway: Gateway) -> Gateway:
        return replace(gateway, dispatch=Unconnected(["filedrop"]))

    with open_house(tmp_path, change=change) as house, house.client() as portal:
        answer = portal.post("/v1/submissions", content=antrag(), headers=XML)
        ready = portal.get("/readyz")

    assert answer.status_code == 202
    assert (ready.status_code, ready.json()["broker"], ready.json()["journal"]) == (503, False, True)


# ── crowds ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "limits, status, code",
    [(Limits(at_once=1), 429, "too-many-requests"), (Limits(at_once_all=1), 503, "busy")],
)
def test_more_at_once_than_is_borne(tmp_path: Path, log: Any, limits: Limits, status: int, code: str) -> None:
    """What is too many at once is sent away with the time to come again, and taken when there is room."""
    with open_house(tmp_path, limits=limits) as house, house.client() as portal, house.connect() as slow:
        head = f"POST /v1/submissions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
        slow.sendall(f"{head}Content-Type: text/xml\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n".encode())
        assert slow.recv(100).startswith(b"HTTP/1.1 100")
        refused = portal.post("/v1/submissions", content=antrag(), headers=XML)
        slow.sendall(b"<a></a>  ")
        assert slow.recv(100).startswith(b"HTTP/1.1 422")
        taken = portal.post("/v1/submissions", content=antrag(), headers=XML)

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert int(refused.headers["retry-after"]) > 0
    assert taken.status_code == 202
