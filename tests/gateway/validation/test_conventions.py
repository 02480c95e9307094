"""What XÖV standards agree on beyond their schemas: errors in our own packages, warnings in official ones."""

from pathlib import Path

import pytest

from gateway.submission import Severity
from gateway.validation import Objected, Schemas, Valid
from gateway.validation.installing import install
from gateway.validation.stages import Outcome

ROOT = Path(__file__).parents[3]
EXAMPLE = (ROOT / "xsd/ag-wohnsitz/1.0/examples/valid/augsburg-nebenwohnung.xml").read_bytes()


@pytest.fixture(scope="module")
def own() -> Schemas:
    return Schemas.load(ROOT / "xsd")


def changed(old: bytes, new: bytes) -> bytes:
    assert EXAMPLE.count(old) >= 1
    return EXAMPLE.replace(old, new, 1)


def test_an_example_keeps_them_all(own: Schemas) -> None:
    """A valid example passes every stage, and each stage says how it ended."""
    verdict = own.judge(EXAMPLE)

    assert isinstance(verdict, Valid)
    assert {stage.name: stage.outcome for stage in verdict.stages} == {
        "well-formed": Outcome.PASSED,
        "schema": Outcome.PASSED,
        "schematron": Outcome.SKIPPED,
        "conventions": Outcome.PASSED,
        "code-lists": Outcome.PASSED,
        "characters": Outcome.PASSED,
    }


def test_another_message_type_is_an_objection(own: Schemas) -> None:
    """The code in the head is the number of the root; another one turns an own message away, valid as it is."""
    verdict = own.judge(changed(b"<code>0100</code>", b"<code>0200</code>"))

    assert isinstance(verdict, Objected)
    [finding] = [one for one in verdict.findings if one.code == "message-type-mismatch"]
    assert finding.path is not None
    assert finding.path.endswith("/nachrichtentyp/code")
    assert finding.expected is not None
    assert finding.expected.en == "0100"
    assert "0200" not in finding.text.de + finding.text.en


def test_a_kennung_of_the_dvdv_has_three_letters_and_digits(shared_data: Path, tmp_path: Path) -> None:
    """A schema that takes any text leaves a wrong Kennung to this look, which does not repeat it."""
    official = shared_data / "xoev"
    install(tmp_path, [official / "xoev-common", official / "xwasser-1.0.0"])
    sample = (official / "xwasser-1.0.0/samples/olb_report_minimal.xml").read_bytes()
    start = sample.index(b"<kennung>", sample.index(b"<leser>")) + len(b"<kennung>")
    code = sample.index(b"<code>", sample.index(b"<leser>")) + len(b"<code>")
    assert code < start
    wrong = b"".join(
        (
            sample[:code],
            b"DVDV",
            sample[sample.index(b"</code>", code) : start],
            b"Wasserwerk",
            sample[sample.index(b"</kennung>", start) :],
        )
    )

    verdict = Schemas.load(tmp_path).judge(wrong)

    found = [one for one in verdict.findings if one.code == "kennung-malformed"]
    assert [one.path and one.path.endswith("/leser/kennung") for one in found] == [True]
    assert "Wasserwerk" not in found[0].text.de + found[0].text.en


def test_official_samples_break_them_and_are_valid(shared_data: Path, tmp_path: Path) -> None:
    """A published sample whose message type is not its number: a warning, and the verdict stays what it is."""
    official = shared_data / "xoev"
    install(tmp_path, [official / "xoev-common", official / "xwasser-1.0.0"])

    verdict = Schemas.load(tmp_path).judge((official / "xwasser-1.0.0/samples/olb_report_minimal.xml").read_bytes())

    assert isinstance(verdict, Valid)
    [finding] = [one for one in verdict.findings if one.code == "message-type-mismatch"]
    assert finding.severity is Severity.WARNING
