"""What a portal may ask before it submits: is this valid, and who would get it?"""

import httpx2
import pytest

from gateway.receipt import shapes
from tests.gateway.intake.documents import LEISTUNG, XML, antrag, antrag_with_attachment, invalid_antrag
from tests.gateway.intake.house import SCHEMAS, House
from tests.gateway.intake.shaped import fits


@pytest.mark.parametrize(
    "valid, standard, codes, document",
    [
        (True, "AG-Wohnsitz", [], antrag()),
        (False, "AG-Wohnsitz", ["schema-invalid"], invalid_antrag()),
        (False, "", ["unknown-schema"], b"<unbekannt/>"),
    ],
)
def test_a_verdict(
    house: House, portal: httpx2.Client, valid: bool, standard: str, codes: list[str], document: bytes
) -> None:
    """A verdict is an answer, also a bad one, and nothing of it is stored."""
    before = house.ledger()

    answer = portal.post("/v1/validations", content=document, headers=XML)

    body = answer.json()
    assert answer.status_code == 200
    assert fits(shapes.Verdict, body)
    assert (body["valid"], body["standard"]) == (valid, standard)
    assert [finding["code"] for finding in body["findings"]] == codes
    assert house.ledger() == before


def test_a_finding_says_where(portal: httpx2.Client) -> None:
    """A finding names element, line and the standard's code, in the language asked for."""
    answer = portal.post("/v1/validations", content=invalid_antrag(), headers={**XML, "Accept-Language": "en"})

    (finding,) = answer.json()["findings"]
    assert finding["path"] == "/x:wohnsitz.anmeldung.0100/x:anmeldung/x:person/geburtsdatum"
    assert invalid_antrag().splitlines()[finding["line"] - 1].strip().startswith(b"<geburtsdatum>")
    assert finding["xoev"] == "X001"
    assert "date" in finding["text"]


@pytest.mark.parametrize(
    "status, code, document, headers",
    [
        (400, "not-well-formed", b"<a>", XML),
        (413, "too-large", b"<a>" + b" " * (25 * 1024 * 1024), XML),
        (415, "wrong-media-type", antrag(), {"Content-Type": "multipart/form-data; boundary=x"}),
    ],
)
def test_the_same_limits(
    portal: httpx2.Client, status: int, code: str, document: bytes, headers: dict[str, str]
) -> None:
    """What could not be submitted cannot be judged."""
    answer = portal.post("/v1/validations", content=document, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    "ars, responsible, connected, code",
    [
        ("097610000000", ["09761"], True, None),
        ("09761", ["09761"], True, None),
        ("092735215121", ["092735215"], False, "not-connected"),
        ("09", [], False, "place-too-wide"),
        ("99", [], False, "unknown-place"),
    ],
)
def test_a_route(portal: httpx2.Client, ars: str, responsible: list[str], connected: bool, code: str | None) -> None:
    """Who is responsible, connected or not, and the row that says so."""
    answer = portal.get("/v1/routes", params={"leistung": LEISTUNG, "ars": ars})

    body = answer.json()
    assert answer.status_code == 200
    assert fits(shapes.Route, body)
    assert [one["ars"] for one in body["authorities"]] == responsible
    assert (body["open"], body["state"], body.get("code")) == (connected, "live" if connected else "none", code)
    assert body["because"]


def test_a_route_for_a_landkreis(portal: httpx2.Client) -> None:
    """Where each Gemeinde answers for itself, all of them are named, and none of them as the one."""
    body = portal.get("/v1/routes", params={"leistung": LEISTUNG, "ars": "09273"}).json()

    assert body["code"] == "not-responsible"
    assert body["authority"] is None
    assert len(body["authorities"]) == 13


def test_a_route_names_its_row_and_those_that_lost(portal: httpx2.Client) -> None:
    """The answer names the line that decided, its law, and the line of the Kreis that did not."""
    body = portal.get("/v1/routes", params={"leistung": "99012070006000", "ars": "09178124"}).json()

    assert (body["row"]["ars"], body["row"]["law"]) == ("091780124124", "Art. 53 Abs. 1 BayBO mit GrKrV")
    assert [(row["ars"], row["authority"]["ars"]) for row in body["lost"]] == [("09178", "09178")]
    assert any(f"Zeile {body['lost'][0]['line']}" in sentence for sentence in body["because"])


def test_the_services_say_what_can_be_sent(portal: httpx2.Client) -> None:
    """Keys, messages, which place decides and who can be addressed; and whether a schema is there to judge by."""
    body = portal.get("/v1/services").json()

    assert fits(shapes.Services, body)
    found = {one["service"]: one for one in body["services"]}
    assert set(found) == {"wohnsitz", "fuehrerschein", "aufenthalt", "waffen", "bau"}
    assert (found["bau"]["decides"], found["bau"]["recipientPrefixes"]) == ("das Baugrundstück", ["bab", "gba", "ubb"])
    installed = {(one["namespace"], one["installed"]) for one in found["bau"]["messages"]}
    assert ("urn:antragsgateway:xsd:bau:1.0", True) in installed
    assert ("http://www.xleitstelle.de/xbau/2/5", False) in installed
    assert portal.get("/v1/services?x=1").status_code == 400


def test_the_schemas_say_what_is_judged_by(portal: httpx2.Client) -> None:
    """Each version with its messages and dates; what only serves others judges nothing and says so."""
    body = portal.get("/v1/schemas").json()

    assert fits(shapes.Packages, body)
    found = {one["name"]: one for one in body["schemas"]}
    assert found["AG-Wohnsitz"]["roots"] == ["wohnsitz.anmeldung.0100"]
    assert found["AG-Wohnsitz"]["uses"] == ["AG-Basis 1.0"]
    assert (found["AG-Basis"]["standard"], found["AG-Basis"]["roots"]) == (None, [])
    assert body["digest"] == SCHEMAS.digest
    assert portal.get("/v1/schemas?x=1").status_code == 400


@pytest.mark.parametrize(
    "query", ["", f"leistung={LEISTUNG}", "ars=09", "leistung=1&ars=09", f"leistung={LEISTUNG}&ars="]
)
def test_half_a_question(portal: httpx2.Client, query: str) -> None:
    """A route needs a service and a place, both well-formed."""
    assert portal.get(f"/v1/routes?{query}").status_code == 400


def test_an_antrag_with_attachments_can_be_judged_alone(portal: httpx2.Client) -> None:
    """Attachments that a document names need not come along when only the document is judged."""
    body = portal.post("/v1/validations", content=antrag_with_attachment(), headers=XML).json()

    assert (body["valid"], body["findings"]) == (True, [])
