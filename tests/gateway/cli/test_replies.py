"""`gateway replies`: answers that fit nothing, and what a human decides about each."""

from pathlib import Path

import pytest

from gateway.drivers.sql.journal import SqlJournal
from gateway.reply import Arrival, Effect, Incoming, Kind, Origin
from gateway.submission import State, SubmissionId, content_digest, new_id
from gateway.testing.clock import BEGINNING
from tests.gateway.cli.calling import Call, in_journal
from tests.gateway.drivers.journal_rig import an_entry, begin, conclude, report, state

TOWN = Origin(adapter="filedrop", destination="musterstadt-wohnsitz", test=False, by="worker-1")
DOCUMENT = b"<antwort>von Kanaria Beispielvogel</antwort>"


def a_reply(document: bytes = DOCUMENT, **changes: object) -> Incoming:
    said: dict[str, object] = {
        "id": new_id(BEGINNING),
        "origin": TOWN,
        "received_at": BEGINNING,
        "document": document,
        "digest": content_digest(document),
        "kind": Kind.STATUS,
        "effect": Effect.CONFIRM,
        "root": "prozessnachricht.status.1170",
    }
    return Incoming(**{**said, **changes})  # type: ignore[arg-type]  # a test says what it means


async def two(journal: SqlJournal) -> tuple[list[str], SubmissionId]:
    """A valid reply that fits nothing, one that is not valid; and a submission that was delivered."""
    begun = await begin(journal, an_entry())
    await conclude(journal, report(begun))
    valid, invalid = a_reply(), a_reply(b"<kaputt/>", kind=None, box="schema-invalid", effect=Effect.NONE)
    for one in (valid, invalid):
        await journal.receive(one)
    return [valid.id, invalid.id], begun.submission.id


def test_the_list_shows_what_waits_and_why(gateway: Call, tmp_path: Path) -> None:
    """Both are there with their reasons, the oldest first; no word of what they say."""
    (valid, invalid), _ = in_journal(tmp_path, two)

    listed = gateway("replies", "list", "--json", "--data", tmp_path).json
    shown = gateway("replies", "list", "--data", tmp_path).out

    assert [(one["replyId"], one["cause"]) for one in listed] == [
        (valid, "no-submission"),
        (invalid, "schema-invalid"),
    ]
    assert valid in shown
    assert "Beispielvogel" not in shown


def test_an_empty_box_says_so(gateway: Call, tmp_path: Path) -> None:
    """Nothing waits: a sentence, or an empty list, and the code for good."""
    in_journal(tmp_path, lambda journal: journal.leave(Arrival(id="x", origin=TOWN, submission=None, document=b"<a/>")))

    heard = gateway("replies", "list", "--data", tmp_path)

    assert (heard.code, "Keine Antwort wartet" in heard.err) == (0, True)
    assert gateway("replies", "list", "--json", "--data", tmp_path).json == []


def test_one_reply_is_shown_and_its_document_only_into_a_file(gateway: Call, tmp_path: Path) -> None:
    """What is known of it on the terminal; the document into a new file that only its owner can read."""
    (valid, _), _ = in_journal(tmp_path, two)
    file = tmp_path / "antwort.xml"

    heard = gateway("replies", "show", valid, "--save", file, "--data", tmp_path)
    again = gateway("replies", "show", valid, "--save", file, "--data", tmp_path)

    assert (heard.code, again.code) == (0, 2)
    assert "musterstadt-wohnsitz" in heard.out
    assert "Beispielvogel" not in heard.out + heard.err
    assert file.read_bytes() == DOCUMENT
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_reply_is_assigned(gateway: Call, tmp_path: Path) -> None:
    """It answers that submission from now on, which is confirmed; the box has one less."""
    (valid, invalid), submission = in_journal(tmp_path, two)

    heard = gateway("replies", "assign", valid, submission, "--reason", "Telefonat", "--data", tmp_path)

    assert (heard.code, "vom Fachverfahren angenommen" in heard.err) == (0, True)
    assert in_journal(tmp_path, lambda journal: state(journal, submission)) is State.CONFIRMED
    listed = gateway("replies", "list", "--json", "--data", tmp_path).json
    assert [one["replyId"] for one in listed] == [invalid]
    assert "beantwortet" in gateway("replies", "show", valid, "--data", tmp_path).out


def test_what_is_not_valid_is_not_passed_on(gateway: Call, tmp_path: Path) -> None:
    """The sentence says who mends it, and what to do with this one."""
    (_, invalid), submission = in_journal(tmp_path, two)

    heard = gateway("replies", "assign", invalid, submission, "--reason", "eilt", "--data", tmp_path)

    assert heard.code == 1
    assert "gateway replies drop" in heard.err


def test_a_reply_is_dropped(gateway: Call, tmp_path: Path) -> None:
    """It leaves the box, and its document is gone."""
    (valid, _), _ = in_journal(tmp_path, two)

    heard = gateway("replies", "drop", valid, "--reason", "Irrläufer", "--data", tmp_path)
    gone = gateway("replies", "show", valid, "--save", tmp_path / "weg.xml", "--data", tmp_path)

    assert heard.code == 0
    assert (gone.code, (tmp_path / "weg.xml").exists()) == (1, False)
    assert "ist abgelegt" in gateway("replies", "show", valid, "--data", tmp_path).out


@pytest.mark.parametrize("verb", [("drop", "x"), ("assign", "x", "y")], ids=lambda verb: verb[0])
def test_a_decision_needs_a_reason(gateway: Call, tmp_path: Path, verb: tuple[str, ...]) -> None:
    """Without words of why, nothing is done."""
    in_journal(tmp_path, two)

    assert gateway("replies", *verb, "--reason", " ", "--data", tmp_path).code == 2


def test_an_id_nobody_knows(gateway: Call, tmp_path: Path) -> None:
    """It could be asked, and the answer is no."""
    in_journal(tmp_path, two)

    for verb in (("show",), ("drop", "--reason", "weil")):
        assert gateway("replies", verb[0], "nirgends", *verb[1:], "--data", tmp_path).code == 1
