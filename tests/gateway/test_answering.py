"""Submissions answered in the standard that they speak: Rückweisung and Quittung, valid before they leave."""

import base64
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.answering import NoMessage, in_its_standard
from gateway.errors import Sentence
from gateway.events import AnswerUnfit, watched
from gateway.receipt import Answered, Letterhead
from gateway.rejections import CODES
from gateway.submission import Finding, Severity, State, Submission
from gateway.testing import a_submission
from gateway.validation import Schemas, Valid
from gateway.xml import Document, parse

STANDARDS = {
    "XBau": ("2.5", "prozessnachrichten.rueckweisung.G2G.1100", "XBau-Kernmodul"),
    "XWasser": ("1.0.0", "administration.rueckweisung.0010", "XWasser"),
    "AG-Bau": ("1.0", "prozessnachricht.rueckweisung.1100", "AG-Prozess"),
    "AG-Wohnsitz": ("1.0", "prozessnachricht.rueckweisung.1100", "AG-Prozess"),
}
REASONS = "//rueckweisungsgrund/grund/code"
DOCUMENT = b"<antrag>Kanaria</antrag>"
CASE = "5e08e073-4e06-438d-9444-1275f6cbf061"
LETTERHEAD = Letterhead(name="Antragsgateway Beispiel", kennung="bab:090000000042", contact="gateway@example.org")
FINDING = Finding("schema-invalid", Sentence("Das Element „art“ fehlt.", "“art” is missing."), line=7, path="/b:a/c[2]")


def submitted(standard: str, **changes: Any) -> Submission:
    facts: dict[str, Any] = {
        "standard": standard,
        "version": STANDARDS[standard][0],
        "message_type": "0200",
        "created_at": "2026-11-02T08:05:00.125+01:00",
        "reader": "bab:09661000",
        "author": "bap:09000001",
        "case_id": CASE,
    }
    return a_submission(**{**facts, **changes})


def answer(
    schemas: Schemas,
    submission: Submission,
    *findings: Finding,
    state: State = State.REJECTED,
    letterhead: Letterhead = LETTERHEAD,
    **more: Any,
) -> bytes | NoMessage:
    answered = Answered(submission=submission, findings=findings or (FINDING,), **more)
    return in_its_standard(answered, state, schemas=schemas, letterhead=letterhead)


def message(schemas: Schemas, submission: Submission, *findings: Finding, **more: Any) -> Document:
    written = answer(schemas, submission, *findings, **more)
    assert isinstance(written, bytes)
    verdict = schemas.judge(written)
    assert isinstance(verdict, Valid)
    return parse(written)


def reason(schemas: Schemas, submission: Submission, *findings: Finding, **more: Any) -> str:
    refusal = answer(schemas, submission, *findings, **more)
    assert isinstance(refusal, NoMessage)
    return refusal.because.en


@pytest.mark.parametrize("kept", [None, DOCUMENT], ids=["document gone", "document at hand"])
@pytest.mark.parametrize("standard", STANDARDS)
def test_every_code_of_ours_makes_a_rejection_that_is_valid(
    official_schemas: Schemas, standard: str, kept: bytes | None
) -> None:
    """Each reason is told in the standard's own list, in the order in which it was found."""
    found = [replace(FINDING, code=code) for code in sorted(CODES)]

    written = message(official_schemas, submitted(standard), *found, document=kept)

    _, root, package = STANDARDS[standard]
    assert (written.root, written.attribute("standard")) == (root, package)
    table = official_schemas.rejections[standard]
    assert written.texts(REASONS) == tuple(table.code(code) for code in sorted(CODES))


@pytest.mark.parametrize("standard", STANDARDS)
def test_the_head_turns_author_and_reader_round(official_schemas: Schemas, standard: str) -> None:
    """The portal reads it; the gateway wrote it, under its own Kennung."""
    head = message(official_schemas, submitted(standard)).leaves("nachrichtenkopf.g2g")

    assert (head["leser/kennung"], head["leser/name"]) == ("bap:09000001", "portal-beispiel")
    assert (head["autor/kennung"], head["autor/name"]) == ("bab:090000000042", "Antragsgateway Beispiel")
    assert head["identifikation.nachricht/nachrichtentyp/code"] == STANDARDS[standard][1].rpartition(".")[2]


def test_without_a_kennung_of_its_own_the_gateway_writes_for_the_reader(official_schemas: Schemas) -> None:
    """It checks messages on the authority's behalf, and says so."""
    head = message(official_schemas, submitted("XBau"), letterhead=Letterhead()).leaves("nachrichtenkopf.g2g")

    assert (head["autor/kennung"], head["autor/name"]) == ("bab:09661000", "Antragsgateway, im Auftrag des Lesers")


def test_xbau_names_the_message_that_is_turned_down(official_schemas: Schemas) -> None:
    """UUID, type and time of the message, from its head."""
    submission = submitted("XBau")

    named = message(official_schemas, submission).leaves("rueckweisungDaten/idNachricht")

    assert named == {
        "nachrichtenUUID": submission.message_uuid,
        "nachrichtentyp/code": "0200",
        "erstellungszeitpunkt": "2026-11-02T08:05:00.125+01:00",
    }


@pytest.mark.parametrize(
    ("standard", "path"),
    [
        ("XBau", "rueckweisungDaten/nachricht"),
        ("XWasser", "rueckweisung/nachricht"),
        ("AG-Bau", "rueckweisung/nachricht/inhalt"),
    ],
)
def test_the_document_goes_back_while_it_is_at_hand(official_schemas: Schemas, standard: str, path: str) -> None:
    """A rejection keeps no document: the answer at the door has it, the receipt read later does not."""
    submission = submitted(standard)

    now, later = (message(official_schemas, submission, document=kept) for kept in (DOCUMENT, None))

    assert base64.b64decode(now.text(path) or "") == DOCUMENT
    assert later.text(path) is None


@pytest.mark.parametrize("standard", STANDARDS)
def test_a_large_document_does_not_go_back(official_schemas: Schemas, standard: str) -> None:
    """What no parser would take as one text is left out, and the rejection is as valid without."""
    small, large = (
        message(official_schemas, submitted(standard), document=b"<a>" + b" " * size + b"</a>")
        for size in (6_999_000, 7_000_001)
    )

    assert max(map(len, small.texts("//nachricht") + small.texts("//nachricht/inhalt"))) > 9_000_000
    assert not any(len(text) > 100 for text in large.texts("//nachricht") + large.texts("//nachricht/inhalt"))


def test_our_own_rejection_has_place_rule_and_checksum_apart(official_schemas: Schemas) -> None:
    """What other standards put into a text has elements of its own here."""
    written = message(official_schemas, submitted("AG-Bau"), replace(FINDING, rule="cvc-x.1"), document=DOCUMENT)

    told = written.leaves("rueckweisung/rueckweisungsgrund")
    assert told == {
        "grund/code": "X001",
        "fehlertext": 'Das Element "art" fehlt.',
        "pfad": "/b:a/c[2]",
        "zeile": "7",
        "regel": "cvc-x.1",
    }
    assert written.text("rueckweisung/nachricht/pruefsumme/wert") == hashlib.sha256(DOCUMENT).hexdigest()


@pytest.mark.parametrize(
    ("standard", "path"),
    [
        ("XBau", "//rueckweisungsgrund/fehlertext"),
        ("XWasser", "//rueckweisungsgrund/grundSpezifisch/fehlerbeschreibung"),
    ],
)
def test_a_text_says_where(official_schemas: Schemas, standard: str, path: str) -> None:
    """German, with line and path, and with characters of DIN 91379 alone."""
    odd = replace(FINDING, text=Sentence("„Größe“ – 5 ≥ 4… \x07", "x"))

    texts = message(official_schemas, submitted(standard), FINDING, odd).texts(path)

    assert texts == ('Zeile 7 /b:a/c[2]: Das Element "art" fehlt.', 'Zeile 7 /b:a/c[2]: "Größe" - 5 ? 4... ?')


def test_warnings_are_no_reasons(official_schemas: Schemas) -> None:
    """Only what refused the document stands in its Rückweisung."""
    warning = replace(FINDING, code="unknown-code", severity=Severity.WARNING)

    assert message(official_schemas, submitted("XBau"), warning, FINDING).texts(REASONS) == ("X001",)


def test_xwasser_names_the_checking_authority_where_it_can_be_reached(official_schemas: Schemas) -> None:
    """The standard wants a contact with it; without one the part is left out."""
    path = "rueckweisung/rueckweisendeStelle"

    with_contact = message(official_schemas, submitted("XWasser"))
    without = message(official_schemas, submitted("XWasser"), letterhead=replace(LETTERHEAD, contact=""))

    assert with_contact.leaves(path)["pruefinstanz"] == "Antragsgateway Beispiel"
    assert with_contact.leaves(path)["kommunikation/kennung"] == "gateway@example.org"
    assert without.leaves(path) == {}


def test_xwasser_has_a_quittung(official_schemas: Schemas) -> None:
    """It says that the message arrived, and that only the authority can acknowledge it."""
    submission = submitted("XWasser")

    written = message(official_schemas, submission, state=State.ACCEPTED)

    assert written.root == "administration.quittung.0020"
    assert written.text("nachrichtenkopf.g2g/referenzUUID") == submission.message_uuid
    assert written.text("identifikationVorgang/vorgangsID") == CASE
    assert written.text("quittung/aktuellerStatusTechnisch/code") == "1110"
    assert "kann nur die Behörde geben" in (written.text("quittung/grund") or "")


def test_asked_twice_it_is_the_same(official_schemas: Schemas) -> None:
    """A repetition keeps its UUID; what says something else has another."""
    submission = submitted("XWasser")

    receipts = [answer(official_schemas, submission) for _ in range(2)]
    others = [
        message(official_schemas, submission, document=DOCUMENT),
        message(official_schemas, submission, state=State.ACCEPTED),
        message(official_schemas, submitted("XWasser")),
    ]

    assert receipts[0] == receipts[1]
    assert isinstance(receipts[0], bytes)
    path = "nachrichtenkopf.g2g/identifikation.nachricht/nachrichtenUUID"
    assert len({one.text(path) for one in (parse(receipts[0]), *others)}) == 4


@pytest.mark.parametrize(
    ("test", "sandbox", "said"), [(False, False, None), (True, False, "true"), (False, True, "sandbox")]
)
@pytest.mark.parametrize("standard", STANDARDS)
def test_what_is_not_for_operation_says_so(
    official_schemas: Schemas, standard: str, test: bool, sandbox: bool, said: str | None
) -> None:
    """Answers to test messages are test messages, and so is all that a sandbox writes."""
    written = message(official_schemas, submitted(standard, test=test), sandbox=sandbox)

    assert written.attribute("test") == said


@pytest.mark.parametrize(
    ("standard", "changes", "because"),
    [
        ("XBau", {"message_uuid": None}, "(message_uuid)"),
        ("XBau", {"message_type": None}, "(message_type)"),
        ("XBau", {"created_at": None}, "(message_created)"),
        ("XWasser", {"author": None}, "(recipient)"),
        ("AG-Bau", {"author": None}, "(recipient)"),
        ("AG-Bau", {"standard": ""}, "could not be told"),
        ("AG-Bau", {"standard": "XFremd"}, "How XFremd answers messages is not laid down here."),
    ],
)
def test_what_the_head_does_not_say_leaves_json(
    official_schemas: Schemas, standard: str, changes: dict[str, Any], because: str
) -> None:
    """Where the standard demands what an unfit head did not tell, there is no message, and the reason is named."""
    assert because in reason(official_schemas, replace(submitted(standard), **changes))


@pytest.mark.parametrize("standard", ["XWasser", "AG-Bau"])
def test_a_message_without_uuid_is_turned_down_all_the_same(official_schemas: Schemas, standard: str) -> None:
    """Where the standard does not demand it, the answer names none."""
    written = message(official_schemas, submitted(standard, message_uuid=None))

    assert written.text("nachrichtenkopf.g2g/referenzUUID") is None


@pytest.mark.parametrize("standard", ["XBau", "AG-Bau"])
def test_an_acknowledgement_that_is_the_authoritys_is_not_written(official_schemas: Schemas, standard: str) -> None:
    """The Eingangsbestätigung is no technical receipt."""
    assert "that a gateway may send" in reason(official_schemas, submitted(standard), state=State.ACCEPTED)


def test_a_quittung_needs_the_case(official_schemas: Schemas) -> None:
    """A message that named no case has none in its Quittung, whatever else ties it to others."""
    submission = submitted("XWasser", case_id=None, case_key=CASE)

    assert "(case)" in reason(official_schemas, submission, state=State.ACCEPTED)


def test_without_the_package_there_is_no_message(official_schemas: Schemas) -> None:
    """A table alone is not enough: nothing leaves that was not judged."""
    packages = tuple(one for one in official_schemas.packages if one.standard != "XBau-Kernmodul")
    schemas = Schemas(packages, official_schemas.libraries, official_schemas.rejections)

    assert "XBau-Kernmodul, which has the message, is not installed" in reason(schemas, submitted("XBau"))


def test_a_message_that_would_be_invalid_does_not_leave(official_schemas: Schemas) -> None:
    """A day that there is not came through the shape of a time; operators hear of it."""
    told: list[object] = []
    with watched(told.append):
        said = reason(official_schemas, submitted("XBau", created_at="2026-02-31T08:05:00"))

    assert "could only be made invalid" in said
    (event,) = told
    assert isinstance(event, AnswerUnfit)
    assert (event.standard, event.codes) == ("XBau", ("schema-invalid",))


def test_of_several_versions_the_one_that_judged_counts(official_schemas: Schemas) -> None:
    """An answer comes from the package that the judging one uses, whatever newer one there is."""
    kern = next(one for one in official_schemas.packages if one.standard == "XBau-Kernmodul")
    newer = replace(kern, version="9.9", namespace="urn:nine")
    schemas = Schemas((*official_schemas.packages, newer), (), official_schemas.rejections)

    assert message(schemas, submitted("XBau")).namespace == "http://www.xleitstelle.de/xbau/kernmodul/1/2/2"


def test_real_messages_are_read_for_their_case(official_schemas: Schemas, shared_data: Path) -> None:
    """Where XWasser keeps the id of a case is known by its table, because its documents do not say."""
    sample = (shared_data / "xoev/xwasser-1.0.0/samples/olb_report_minimal.xml").read_bytes()

    assert official_schemas.judge(sample).reading.case_id == CASE
