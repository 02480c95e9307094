"""Rules, code lists and characters are part of the verdict: in official packages and in our own."""

from pathlib import Path

import pytest

from gateway.submission import Severity
from gateway.validation import Objected, Schemas, Undecided, Valid
from gateway.validation.installing import install
from gateway.validation.stages import SCHEMATRON, Outcome

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def own() -> Schemas:
    return Schemas.load(ROOT / "xsd")


@pytest.fixture(scope="module")
def hochschule(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Schemas:
    store = tmp_path_factory.mktemp("store")
    official = shared_data / "xoev"
    install(store, [official / "xoev-common", official / "xbildung-1.2", official / "xhochschule-1.2"])
    return Schemas.load(store)


def example(name: str) -> bytes:
    [path] = (ROOT / "xsd").glob(f"*/*/examples/valid/{name}")
    return path.read_bytes()


def test_official_samples_pass_the_rules_of_their_package(hochschule: Schemas, shared_data: Path) -> None:
    """The rules really ran: their stage names the rule set."""
    sample = (shared_data / "xoev/xhochschule-1.2/xml/Diploma_Supplement.xml").read_bytes()

    verdict = hochschule.judge(sample)

    [stage] = [one for one in verdict.stages if one.name == SCHEMATRON]
    assert isinstance(verdict, Valid)
    assert stage.outcome is Outcome.PASSED
    assert "xhochschule" in stage.detail.en


def test_a_code_that_is_in_no_list_is_an_objection(own: Schemas) -> None:
    """Valid by the schema, which knows no values; turned away, because our own packages bring their lists."""
    document = example("augsburg-nutzungsaenderung.xml")
    code = document.index(b"<code>", document.index(b"nutzung listVersionID")) + len(b"<code>")

    verdict = own.judge(document[:code] + b"9999" + document[document.index(b"</code>", code) :])

    assert isinstance(verdict, Objected)
    [finding] = verdict.findings
    assert (finding.code, finding.severity) == ("unknown-code", Severity.ERROR)
    assert "9999" not in finding.text.de + finding.text.en


def test_a_document_is_never_valid_when_its_rules_cannot_run(own: Schemas, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the engine gone, nobody can say; a glance does not pass it either."""
    closed = Schemas.load(ROOT / "xsd")
    closed._runner.close()
    document = next((ROOT / "xsd/ag-waffen/1.0/examples/valid").glob("*.xml")).read_bytes()

    assert closed.glance(document) is None
    verdict = closed.judge(document)

    assert isinstance(verdict, Undecided)
    assert [one.code for one in verdict.findings if one.severity is Severity.ERROR] == ["rules-not-checked"]
    assert isinstance(own.judge(document), Valid)
