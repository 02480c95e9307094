"""Receipts and rejections as messages of the standard, where a portal asks for XML."""

import base64
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.events import RequestRefused
from gateway.intake.parameters import Kind, wanted
from gateway.journal import Entry, Recorded
from gateway.receipt import shapes
from gateway.submission import Reading, State, new_id
from gateway.testing import CANARIES, a_submission
from gateway.validation import Schemas, Valid
from gateway.xml import Document, parse
from tests.gateway.intake.documents import XML, antrag, invalid_antrag
from tests.gateway.intake.house import OTHER_TOKEN, House, clock, open_house
from tests.gateway.intake.shaped import fits

IN_XML = {"Accept": "application/xml"}
REASONS = "//rueckweisungsgrund/grund/code"

XBAU = """<b:baugenehmigung.antrag.0200 xmlns:b="http://www.xleitstelle.de/xbau/2/5" produkt="P" produkthersteller="H"
  standard="XBau" version="2.5">
  <nachrichtenkopf.g2g>
    <identifikation.nachricht>
      <nachrichtenUUID>{uuid}</nachrichtenUUID>
      <nachrichtentyp><code>0200</code></nachrichtentyp>
      <erstellungszeitpunkt>2026-11-02T08:05:00+01:00</erstellungszeitpunkt>
    </identifikation.nachricht>
    <leser><verzeichnisdienst listVersionID="3"><code>DVDV</code></verzeichnisdienst>
      <kennung>bab:09661000</kennung><name>Bauaufsicht</name></leser>
    <autor><verzeichnisdienst listVersionID="3"><code>DVDV</code></verzeichnisdienst>
      <kennung>bap:09000001</kennung><name>Bauportal</name></autor>
  </nachrichtenkopf.g2g>
</b:baugenehmigung.antrag.0200>"""


@pytest.fixture(scope="module")
def building(official_schemas: Schemas, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that knows XBau and XWasser as well."""
    folder = tmp_path_factory.mktemp("building")
    with open_house(folder, change=lambda gateway: replace(gateway, schemas=official_schemas)) as opened:
        yield opened


def message(answer: httpx2.Response, schemas: Schemas) -> Document:
    assert answer.headers["content-type"] == "application/xml"
    assert answer.headers["content-language"] == "de"
    assert isinstance(schemas.judge(answer.content), Valid)
    return parse(answer.content)


def test_a_rejection_at_the_door(house: House, portal: httpx2.Client) -> None:
    """422 is the Rückweisung, with the document in it, and says where the submission is."""
    document = invalid_antrag()

    answer = portal.post("/v1/submissions", content=document, headers=XML | IN_XML)

    assert answer.status_code == 422
    written = message(answer, house.gateway.schemas)
    assert written.root == "prozessnachricht.rueckweisung.1100"
    assert written.texts(REASONS) == ("X001",)
    assert base64.b64decode(written.text("rueckweisung/nachricht/inhalt") or "") == document
    path = answer.headers["link"].partition("<")[2].partition(">")[0]
    assert portal.get(path).json()["state"] == "rejected"


def test_the_receipt_of_what_was_rejected(house: House, portal: httpx2.Client) -> None:
    """Read later it is a Rückweisung without the document, which nobody has kept, and without a word from it."""
    path = portal.post("/v1/submissions", content=invalid_antrag(), headers=XML).json()["instance"]

    answer = portal.get(f"{path}/receipt", headers=IN_XML)

    assert answer.status_code == 200
    assert (answer.headers["vary"], answer.headers["cache-control"]) == ("Accept, Accept-Language", "no-store")
    written = message(answer, house.gateway.schemas)
    assert written.text("rueckweisung/nachricht") is None
    assert not [canary for canary in CANARIES if canary in answer.text]
    assert portal.get(f"{path}/receipt", headers=IN_XML).content == answer.content


def test_what_the_standard_has_no_message_for(portal: httpx2.Client) -> None:
    """Who takes nothing but XML hears why there is none; who takes JSON too, gets the receipt in it."""
    path = portal.post("/v1/submissions", content=antrag(), headers=XML).headers["location"]

    strict = portal.get(f"{path}/receipt", headers=IN_XML)
    lenient = portal.get(f"{path}/receipt", headers={"Accept": "application/xml, application/json;q=0.5"})

    assert strict.status_code == 406
    assert fits(shapes.Problem, strict.json())
    assert strict.json()["code"] == "not-acceptable"
    assert "die ein Gateway senden darf" in strict.json()["detail"]
    assert (lenient.status_code, lenient.headers["vary"]) == (200, "Accept, Accept-Language")
    assert fits(shapes.TechnicalReceipt, lenient.json())


def test_a_document_of_no_standard_is_rejected_in_json(portal: httpx2.Client) -> None:
    """Work that is done is not answered with 406: the problem comes instead."""
    answer = portal.post("/v1/submissions", content=b"<antrag/>", headers=XML | IN_XML)

    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["code"] == "unknown-schema"


def test_a_reused_uuid(house: House, portal: httpx2.Client) -> None:
    """409 can be a Rückweisung as well; operators hear of it either way, and no submission comes to be."""
    key = str(uuid.uuid4())
    portal.post("/v1/submissions", content=antrag(key), headers=XML)
    other = antrag(key).replace(b"Olivia", b"Oliva")
    received = house.ledger().received

    told = len(house.heard(RequestRefused))
    answer = portal.post("/v1/submissions", content=other + b" ", headers=XML | IN_XML)

    assert answer.status_code == 409
    written = message(answer, house.gateway.schemas)
    assert written.texts(REASONS) == ("S060",)
    assert written.text("nachrichtenkopf.g2g/referenzUUID") == key
    assert [event.code for event in house.heard(RequestRefused)[told:]] == ["uuid-conflict"]
    assert house.ledger().received == received
    assert portal.post("/v1/submissions", content=other + b" ", headers=XML).json()["code"] == "uuid-conflict"


def test_receipts_schemas_and_messages_speak_of_the_same(building: House) -> None:
    """What a receipt says it was judged by is listed, and the listed answer is the message that comes."""
    document = XBAU.format(uuid=uuid.uuid4()).encode()
    with building.client() as portal:
        path = portal.post("/v1/submissions", content=document, headers=XML).json()["instance"]
        receipt = portal.get(f"{path}/receipt").json()
        listed = portal.get("/v1/schemas").json()
        written = message(portal.get(f"{path}/receipt", headers=IN_XML), building.gateway.schemas)

    assert fits(shapes.Packages, listed)
    (judged_by,) = [
        one
        for one in listed["schemas"]
        if (one["standard"], one["version"]) == (receipt["standard"], receipt["standardVersion"])
    ]
    answers = judged_by["answers"]
    assert receipt["root"] in judged_by["roots"]
    assert (written.root, written.namespace) == (answers["rejection"], answers["namespace"])
    assert (written.attribute("standard"), written.attribute("version")) == (answers["standard"], answers["version"])
    assert "receipt" not in answers


def test_another_portals_receipt_does_not_exist_in_xml_either(house: House, portal: httpx2.Client) -> None:
    """The form of an answer opens no door."""
    path = portal.post("/v1/submissions", content=invalid_antrag(), headers=XML).json()["instance"]

    with house.client(OTHER_TOKEN) as other:
        assert other.get(f"{path}/receipt", headers=IN_XML).status_code == 404


def test_a_document_that_cannot_be_read_has_no_rejection(portal: httpx2.Client) -> None:
    """There is nothing to name in it, so it is a problem, whatever was asked for."""
    answer = portal.post("/v1/submissions", content=b"<antrag>", headers=XML | IN_XML)

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_xbau_is_turned_down_in_xbau(building: House) -> None:
    """An application of the official standard gets the Rückweisung of its core module, at the door and later."""
    document = XBAU.format(uuid=uuid.uuid4()).encode()
    with building.client() as portal:
        now = portal.post("/v1/submissions", content=document, headers=XML | IN_XML)
        problem = portal.post("/v1/submissions", content=document, headers=XML).json()
        later = portal.get(f"{problem['instance']}/receipt", headers=IN_XML)

    for answer, kept in ((now, document), (later, b"")):
        written = message(answer, building.gateway.schemas)
        assert written.root == "prozessnachrichten.rueckweisung.G2G.1100"
        assert base64.b64decode(written.text("rueckweisungDaten/nachricht") or "") == kept
        assert set(written.texts(REASONS)) == {"X001"}
    assert {finding["xoev"] for finding in problem["findings"]} == {"X001"}


def test_xwasser_is_acknowledged_in_xwasser(building: House, shared_data: Path) -> None:
    """What was accepted has the standard's Quittung, by the facts that the journal keeps of the head."""
    sample = shared_data / "xoev/xwasser-1.0.0/samples/olb_report_minimal.xml"
    reading = building.gateway.schemas.judge(sample.read_bytes()).reading
    entry = accepted(reading)
    assert building.run(building.gateway.journal.record(entry)) == Recorded()

    with building.client() as portal:
        answer = portal.get(f"/v1/submissions/{entry.submission.id}/receipt", headers=IN_XML)

    written = message(answer, building.gateway.schemas)
    assert written.root == "administration.quittung.0020"
    assert written.text("nachrichtenkopf.g2g/referenzUUID") == reading.message_uuid
    assert written.text("nachrichtenkopf.g2g/leser/kennung") == reading.author
    assert written.text("identifikationVorgang/vorgangsID") == reading.case_id


def accepted(reading: Reading) -> Entry:
    submission = a_submission(
        id=new_id(clock()),
        client="portal-eins",
        root=reading.root,
        standard=reading.standard,
        version=reading.version,
        message_uuid=reading.message_uuid,
        case_id=reading.case_id,
        message_type=reading.message_type,
        created_at=reading.created_at,
        reader=reading.reader,
        author=reading.author,
    )
    return Entry(submission=submission, state=State.ACCEPTED, digest="00", size=1, document=b"-")


@pytest.mark.parametrize(
    ("accept", "kinds"),
    [
        ("", [Kind.JSON]),
        ("*/*", [Kind.JSON, Kind.XML]),
        ("application/*", [Kind.JSON, Kind.XML]),
        ("application/json", [Kind.JSON]),
        ("application/problem+json", [Kind.JSON]),
        ("application/xml", [Kind.XML]),
        ("text/xml", [Kind.XML]),
        ("Application/XML; charset=utf-8", [Kind.XML]),
        ("application/xml, application/json", [Kind.JSON, Kind.XML]),
        ("application/xml, */*;q=0.1", [Kind.XML, Kind.JSON]),
        ("application/json;q=0.5,application/xml;q=0.8", [Kind.XML, Kind.JSON]),
        ("*/*, application/json;q=0", [Kind.XML]),
        ("*/*, application/xml;q=0", [Kind.JSON]),
        ("application/xml;q=2", [Kind.JSON]),
        ("text/html", [Kind.JSON]),
    ],
)
def test_what_a_portal_takes(accept: str, kinds: list[Kind]) -> None:
    """JSON unless XML is preferred; the more telling range counts, and q=0 takes a form away."""
    assert list(wanted(accept)) == kinds


@given(st.text(max_size=60))
def test_there_is_always_a_form_to_answer_in(accept: str) -> None:
    """Whatever the header says, somebody gets an answer."""
    assert wanted(accept)
