"""`gateway submit` and `gateway status`, against a gateway that serves."""

import threading
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import pytest

from gateway.demo.samples import PDF
from tests.gateway.cli.calling import A_VALID_ONE, AN_INVALID_ONE, BAU, Call, Serving, a_new, soon

VORBESCHEID = BAU / "valid" / "regensburg-vorbescheid.xml"
"""names one attachment, `lageplan-1`"""


@pytest.fixture(autouse=True)
def _known_to_the_gateway(served: Serving, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Address and token come from the environment, as in a portal developer's shell."""
    monkeypatch.setenv("GATEWAY_URL", served.url)
    monkeypatch.setenv("GATEWAY_TOKEN", token)


def test_a_valid_document_is_followed_to_its_end(gateway: Call, tmp_path: Path) -> None:
    """With `--wait` each step is shown until it is delivered."""
    heard = gateway("submit", "--wait", a_new(A_VALID_ONE, tmp_path))

    assert heard.code == 0
    assert [line.split("  ")[-1] for line in heard.out.splitlines()[1:]] == [
        "angenommen",
        "in der Warteschlange",
        "übergeben",
    ]


def test_attachments_go_with_their_ids(gateway: Call, tmp_path: Path) -> None:
    """`--attach KENNUNG=DATEI` sends the files that the document names."""
    plan = tmp_path / "plan.pdf"
    plan.write_bytes(PDF)

    heard = gateway("submit", "--wait", a_new(VORBESCHEID, tmp_path), "--attach", f"lageplan-1={plan}")

    assert heard.code == 0, heard.out
    assert "übergeben" in heard.out


def test_a_missing_attachment_is_the_documents_fault(gateway: Call, tmp_path: Path) -> None:
    """A document whose attachment was not sent is not valid, and the answer names the id."""
    heard = gateway("submit", a_new(VORBESCHEID, tmp_path))

    assert heard.code == 1
    assert "lageplan-1" in heard.out or "Anlage" in heard.out


@pytest.mark.parametrize("attached", ["lageplan-1", "=plan.pdf", "lageplan-1=fehlt.pdf", "lageplan-1="])
def test_an_attachment_is_an_id_and_a_file(attached: str, gateway: Call) -> None:
    """Anything else is a slip, and nothing is sent."""
    heard = gateway("submit", VORBESCHEID, "--attach", attached)

    assert heard.code == 2
    assert "KENNUNG=DATEI" in heard.err


def test_an_invalid_document_shows_its_findings(gateway: Call) -> None:
    """A 422 is shown with every finding and its line, and the exit code is 1; the valid one beside it is sent."""
    heard = gateway("submit", AN_INVALID_ONE, A_VALID_ONE)

    assert heard.code == 1
    assert "422" in heard.out
    assert "Zeile 36" in heard.out
    assert "│ <w:einzugsdatum>heute</w:einzugsdatum>" in heard.out
    assert "✓" in heard.out


def test_machines_get_status_and_answer(gateway: Call, tmp_path: Path) -> None:
    """`--json` prints one line for each file: what the gateway answered."""
    heard = gateway("submit", "--json", a_new(A_VALID_ONE, tmp_path))

    assert heard.json["status"] == 202
    assert heard.json["answer"]["state"] == "accepted"
    assert heard.err == ""


def test_sending_again_is_said_to_be_that(gateway: Call, tmp_path: Path) -> None:
    """The same file twice is one submission, and the second answer says so."""
    file = a_new(A_VALID_ONE, tmp_path)
    first, second = (gateway("submit", file).out.split() for _ in range(2))

    assert first[2] == second[2]
    assert "schon einmal angenommen" in " ".join(second)


def test_a_token_that_does_not_count_asks_nothing(gateway: Call) -> None:
    """401 is not about the document: the exit code is 2."""
    heard = gateway("submit", A_VALID_ONE, "--token", "ag_falsch")

    assert heard.code == 2
    assert "401" in heard.out


def test_a_gateway_that_is_not_there_is_nobodys_fault(gateway: Call) -> None:
    """Where nobody answers, the sentence names the address."""
    heard = gateway("submit", A_VALID_ONE, "--url", "http://127.0.0.1:9")

    assert heard.code == 2
    assert "Unter http://127.0.0.1:9 antwortet kein Gateway" in heard.err


def test_something_else_that_answers_is_no_gateway(gateway: Call) -> None:
    """Where a web page answers instead of a gateway, that is said, and there is no traceback."""
    with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as page:
        threading.Thread(target=page.serve_forever, daemon=True).start()

        heard = gateway("status", "1", "--url", f"http://127.0.0.1:{page.server_port}")
        page.shutdown()

    assert heard.code == 2
    assert "aber kein Antragsgateway (HTTP 404)" in heard.err


def test_the_status_is_the_same_from_both_sides(gateway: Call, served: Serving, tmp_path: Path) -> None:
    """Over HTTP with a portal's token, and from the journal beside the serving gateway: the same state and events."""
    sent = gateway("submit", "--json", a_new(A_VALID_ONE, tmp_path)).json["answer"]["submissionId"]
    gateway("submit", "--wait", a_new(A_VALID_ONE, tmp_path))

    outside = gateway("status", sent, "--json").json
    inside = gateway("status", sent, "--json", "--data", served.data).json

    assert outside["state"] == inside["state"] == "delivered"
    assert outside["events"] == inside["events"]
    assert "in der Warteschlange" in gateway("status", sent).out


def test_a_submission_on_its_way_is_waited_for(gateway: Call, tmp_path: Path) -> None:
    """`status --wait` shows every step until the end; for machines the last word is the status."""
    sent, other = (
        gateway("submit", "--json", a_new(A_VALID_ONE, tmp_path)).json["answer"]["submissionId"] for _ in range(2)
    )

    shown, told = gateway("status", "--wait", sent), gateway("status", "--wait", "--json", other)

    assert (shown.code, told.code) == (0, 0)
    assert shown.out.splitlines()[-1].endswith("übergeben")
    assert told.json["state"] == "delivered"


def test_the_journal_is_not_waited_for(gateway: Call, served: Serving) -> None:
    """Whoever wants to wait asks the gateway; with `--data` that is refused in a sentence."""
    heard = gateway("status", "--wait", "01990000-0000-7000-8000-000000000000", "--data", served.data)

    assert heard.code == 2
    assert "--wait fragt das Gateway" in heard.err


@pytest.mark.parametrize("where", [[], ["--data"]], ids=["over HTTP", "in the journal"])
def test_an_unknown_submission_is_not_found(where: list[str], gateway: Call, served: Serving) -> None:
    """An id that means nothing here ends with 1."""
    heard = gateway("status", "01990000-0000-7000-8000-000000000000", *where, *([served.data] if where else []))

    assert heard.code == 1
    assert "gibt es" in heard.err


def test_a_revoked_token_ends_within_two_seconds(gateway: Call, served: Serving, tmp_path: Path) -> None:
    """What `clients revoke` does beside a serving gateway takes effect there."""
    token = gateway("clients", "add", "portal-auf-zeit", "--data", served.data).out.strip()
    document = a_new(A_VALID_ONE, tmp_path)
    assert soon(lambda: gateway("submit", document, "--token", token).code == 0)

    gateway("clients", "revoke", "portal-auf-zeit", "--data", served.data)

    assert soon(lambda: gateway("submit", document, "--token", token).code == 2)
