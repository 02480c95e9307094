"""What a sender is told, from the values of the journey."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import receipt
from gateway.errors import (
    BadTables,
    GatewayError,
    HostileXml,
    JournalUnavailable,
    Language,
    NotChecked,
    NotXml,
    Sentence,
    TooLarge,
    UuidConflict,
)
from gateway.journal import Entry, Event, Standing
from gateway.receipt import Receipt, shapes, words
from gateway.submission import Finding, Grade, Micros, Severity, State, SubmissionId
from gateway.testing import a_submission
from tests.gateway.intake.shaped import fits

DE, EN = Language.GERMAN, Language.ENGLISH
AT = Micros(1_793_350_800_123_456)
WARNING = Finding("geschmack", Sentence("Na ja.", "Well."), Severity.WARNING)
ERROR = Finding("schema-invalid", Sentence("Falsch.", "Wrong."), path="/a/b[2]", line=7, xoev="X001")
OTHER = Finding("place-missing", Sentence("Wo?", "Where?"))


def first(state: Any = State.ACCEPTED, *findings: Finding, seen_before: bool = False, **changes: Any) -> Receipt:
    entry = Entry(submission=a_submission(**changes), state=state, digest="00", size=1, findings=findings)
    return Receipt.first(entry, sandbox=False, authority="Stadt Beispiel", seen_before=seen_before)


def standing(state: State = State.ACCEPTED, *findings: Finding, **changes: Any) -> Standing:
    facts: dict[str, Any] = {
        "submission": a_submission(received_at=AT),
        "grade": None,
        "concluded_at": None,
        "updated_at": AT,
        "due_at": None,
        "attempts": 0,
        "cause": "",
        "reference": None,
        "version": 1,
    }
    return Standing(state=state, findings=findings, **{**facts, **changes})


def test_a_receipt_in_json() -> None:
    """The body of a 202 has what the portal needs, and nothing about sandbox or replay where there is none."""
    body = receipt.accepted(first(received_at=AT), DE)

    assert fits(shapes.Accepted, body)
    assert body["receivedAt"] == "2026-10-30T09:00:00.123456Z"
    assert body["authority"] == {"ars": "096610000000", "name": "Stadt Beispiel"}
    assert not {"sandbox", "replay", "warnings"} & set(body)


def test_warnings_travel_with_the_receipt() -> None:
    """Warnings of the check stand in the receipt; what was seen before is one of them."""
    body = receipt.accepted(first(State.ACCEPTED, WARNING, seen_before=True), EN)

    assert [one["code"] for one in body["warnings"]] == ["geschmack", "seen-before"]
    assert {one["severity"] for one in body["warnings"]} == {"warning"}
    assert body["warnings"][0]["text"] == "Well."


def test_a_replay_is_the_first_answer() -> None:
    """Whatever has happened since, a repetition is told that its submission was accepted, and that it is a replay."""
    again = Receipt.again(standing(State.REFUSED), sandbox=True, authority="Stadt Beispiel")

    body = receipt.accepted(again, DE)
    assert (body["state"], body["replay"], body["sandbox"]) == ("accepted", True, True)


@pytest.mark.parametrize(
    "findings, code, xoev, detail",
    [
        ((ERROR,), "schema-invalid", "X001", "Falsch."),
        ((WARNING, ERROR), "schema-invalid", "X001", "Falsch."),
        ((OTHER, ERROR), "place-missing", None, "Wo? Ein weiterer Befund steht in findings."),
        ((ERROR, OTHER, OTHER), "schema-invalid", "X001", "Falsch. 2 weitere Befunde stehen in findings."),
    ],
)
def test_a_rejection_in_json(findings: tuple[Finding, ...], code: str, xoev: str | None, detail: str) -> None:
    """The first error gives the problem its code; warnings never do, and all findings stand behind it."""
    body = receipt.rejected(first(State.REJECTED, *findings), DE)

    assert fits(shapes.Problem, body)
    assert (body["status"], body["code"], body.get("xoev"), body["detail"]) == (422, code, xoev, detail)
    assert body["type"] == receipt.PROBLEM + code
    assert [one["code"] for one in body["findings"]] == [one.code for one in findings]


def test_a_rejection_nobody_is_responsible_for() -> None:
    """Where no authority could be named, none is."""
    body = receipt.rejected(first(State.REJECTED, ERROR, authority=""), DE)

    assert "authority" not in body


def test_a_finding_says_where() -> None:
    """Path, line and the standard's code stand in a finding where there are any, and not as empty ones otherwise."""
    one, other = receipt.rejected(first(State.REJECTED, ERROR, OTHER), DE)["findings"]

    assert one == {
        "code": "schema-invalid",
        "severity": "error",
        "text": "Falsch.",
        "message": {"de": "Falsch.", "en": "Wrong."},
        "actor": "portal",
        "path": "/a/b[2]",
        "line": 7,
        "xoev": "X001",
    }
    assert other.keys() == {"code", "severity", "text", "message", "actor"}


@pytest.mark.parametrize(
    "error, xoev",
    [(NotXml(), "X000"), (HostileXml(), "X000"), (UuidConflict(), "S999"), (TooLarge(), None), (BadTables(), None)],
)
def test_an_error_in_the_standards_words(error: GatewayError, xoev: str | None) -> None:
    """Errors have the code of the standards' own list where it has one, what stands below them in the tree too."""
    body = receipt.problem(error, 400, DE, instance="urn:x", sandbox=False)

    assert fits(shapes.Problem, body)
    assert body.get("xoev") == xoev


@pytest.mark.parametrize("error", [JournalUnavailable(), NotChecked()])
def test_what_to_do_where_an_error_does_not_say(error: GatewayError) -> None:
    """Where an error comes without details, the sender still learns what to do next."""
    german, english = (receipt.problem(error, 503, one, instance="urn:x", sandbox=False) for one in (DE, EN))

    assert german["detail"] != german["title"]
    assert "wiederholen" in german["detail"]
    assert "repeat" in english["detail"]


def test_an_error_says_its_own() -> None:
    """An error's own sentence is told as it is, in the language asked for."""
    error = NotXml("Zeile 3 ist offen.", "Line 3 is open.")

    assert receipt.problem(error, 400, EN, instance="urn:x", sandbox=True)["detail"] == "Line 3 is open."


def test_a_status_with_everything() -> None:
    """Grade, reference, cause and times stand in the status when there are any."""
    concluded = standing(
        State.CONFIRMED,
        WARNING,
        grade=Grade.TAKEN,
        concluded_at=Micros(AT + 5_000_000),
        attempts=2,
        cause="time-limit",
        reference="AZ-1",
        version=4,
    )

    body = receipt.status(concluded, DE, authority="Stadt Beispiel", sandbox=True)

    assert fits(shapes.Status, body)
    assert (body["grade"], body["gradeLabel"]) == ("taken", "vom Fachverfahren angenommen")
    assert (body["concluded"], body["concludedAt"]) == (True, "2026-10-30T09:00:05.123456Z")
    assert (body["attempts"], body["cause"], body["reference"], body["version"]) == (2, "time-limit", "AZ-1", 4)


@pytest.mark.parametrize(
    "state, attempts, due, shown",
    [
        (State.ACCEPTED, 1, AT, True),
        (State.ACCEPTED, 0, AT, False),
        (State.ACCEPTED, 1, None, False),
        (State.PARKED, 1, AT, False),
    ],
)
def test_the_next_attempt(state: State, attempts: int, due: Micros | None, shown: bool) -> None:
    """Only what waits for another attempt says when it comes."""
    waiting = standing(state, attempts=attempts, due_at=due)

    body = receipt.status(waiting, DE, authority="", sandbox=False)

    assert ("nextAttemptAt" in body) is shown


@pytest.mark.parametrize(
    "state, concluded_at, final",
    [
        (State.REJECTED, None, True),
        (State.ACCEPTED, None, False),
        (State.DELIVERED, None, False),
        (State.DELIVERED, AT, True),
        (State.PARKED, None, False),
    ],
)
def test_the_end(state: State, concluded_at: Micros | None, final: bool) -> None:
    """A rejection is the end, and so is whatever the journal concluded."""
    assert receipt.is_final(standing(state, concluded_at=concluded_at)) is final


def test_every_state_and_grade_has_words() -> None:
    """People are shown words for every state and grade, and never the legal act."""
    assert set(words.STATES) == set(State)
    assert set(words.GRADES) == set(Grade)
    said = " ".join(one.de for one in (*words.STATES.values(), *words.GRADES.values()))
    assert "zugestellt" not in said
    assert "abgelehnt" not in said
    assert "Eingangsbestätigung" not in said


def test_the_history_without_people() -> None:
    """Events are told in their order; who did it stays inside."""
    rows = [
        Event(
            id=1,
            submission=SubmissionId("s"),
            at=AT,
            name="submission.accepted",
            before=None,
            after=State.ACCEPTED,
            attempt=0,
            code="",
            by="",
        ),
        Event(
            id=2,
            submission=SubmissionId("s"),
            at=AT,
            name="submission.refused",
            before=State.PARKED,
            after=State.REFUSED,
            attempt=3,
            code="operator-dropped",
            by="operatorin-beispiel",
        ),
    ]

    body = receipt.events(SubmissionId("s"), rows, DE)

    assert fits(shapes.Events, body)
    assert [one["stateLabel"] for one in body["events"]] == ["angenommen", "Annahme verweigert"]
    assert body["events"][1]["code"] == "operator-dropped"
    assert "operatorin" not in str(body)


@pytest.mark.parametrize(
    "state, result, text",
    [(State.REFUSED, "accepted", "nur die Behörde"), (State.REJECTED, "rejected", "keine Behörde erreicht")],
)
def test_the_technical_receipt(state: State, result: str, text: str) -> None:
    """It says what the gateway did with the submission, and does not speak for the authority."""
    body = receipt.technical_receipt(standing(state), DE, authority="Stadt Beispiel", sandbox=False)

    assert fits(shapes.TechnicalReceipt, body)
    assert body["title"] == "Technische Quittung"
    assert body["result"] == result
    assert text in body["text"]


@given(st.integers(min_value=0, max_value=4_000_000_000_000_000))
def test_times_are_exact(at: int) -> None:
    """RFC 3339 to the microsecond, and back again."""
    moment = datetime.fromisoformat(receipt.moment(Micros(at)))

    assert (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) == at
