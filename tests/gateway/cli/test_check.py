"""`gateway check`: documents judged without a gateway."""

from pathlib import Path

import pytest

from tests.gateway.cli.calling import A_VALID_ONE, AN_INVALID_ONE, WOHNSITZ, Call

STAGES = ["well-formed", "schema", "schematron", "conventions", "code-lists", "characters"]


def test_valid_documents_end_with_0(gateway: Call) -> None:
    """Each valid document is named with the package that judged it."""
    files = sorted((WOHNSITZ / "valid").glob("*.xml"))

    heard = gateway("check", *files)

    assert heard.code == 0
    assert heard.out.count("gültig nach AG-Wohnsitz 1.0") == len(files)


def test_an_invalid_document_is_explained(gateway: Call) -> None:
    """Findings name line and path in German, and one bad document among good ones makes the exit code 1."""
    heard = gateway("check", A_VALID_ONE, AN_INVALID_ONE)

    assert heard.code == 1
    assert "nicht gültig" in heard.out
    assert "Zeile 36 /w:wohnsitz.anmeldung.0100/w:anmeldung/w:einzugsdatum  [schema-invalid, X001, cvc-" in heard.out
    assert "kein Datum der Form JJJJ-MM-TT" in heard.out


@pytest.mark.parametrize("command", ["check", "explain"])
def test_the_line_is_shown(gateway: Call, command: str) -> None:
    """Whoever has the file sees where in it each finding is."""
    line = AN_INVALID_ONE.read_text().splitlines()[35].strip()

    assert f"│ {line}\n" in gateway(command, AN_INVALID_ONE).out


def test_english_is_at_hand(gateway: Call) -> None:
    """`--lang en` gives the same findings in English."""
    heard = gateway("check", AN_INVALID_ONE, "--lang", "en")

    assert "not valid" in heard.out
    assert "contains no date of the form" in heard.out


def test_machines_get_one_line_each(gateway: Call) -> None:
    """`--json` prints the verdict in the shape of the API, with the file's name."""
    verdict = gateway("check", "--json", AN_INVALID_ONE).json

    assert verdict["file"] == str(AN_INVALID_ONE)
    assert verdict["valid"] is False
    assert {"valid", "schema", "stages", "findings"} <= verdict.keys()
    assert verdict["schema"]["root"] == "wohnsitz.anmeldung.0100"
    assert [stage["name"] for stage in verdict["stages"]] == STAGES
    assert {stage["outcome"] for stage in verdict["stages"]} <= {"passed", "failed", "skipped"}
    finding = verdict["findings"][0]
    assert {"code", "severity", "message", "actor", "path", "line", "label", "rule", "xoev"} <= finding.keys()
    assert finding["text"] == finding["message"]["de"] != finding["message"]["en"]


@pytest.mark.parametrize(
    "content, code",
    [
        (b"kein XML", "not-well-formed"),
        (b"", "not-well-formed"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "forbidden-xml"),
        (b"<unbekannt/>", "unknown-schema"),
    ],
)
def test_whatever_it_is_it_is_only_not_valid(content: bytes, code: str, gateway: Call, tmp_path: Path) -> None:
    """Unreadable and hostile documents get a verdict too, and no traceback."""
    file = tmp_path / "dokument.xml"
    file.write_bytes(content)

    heard = gateway("check", "--json", file)

    assert heard.code == 1
    assert heard.json["findings"][0]["code"] == code


def test_a_file_that_is_not_there_cannot_be_judged(gateway: Call) -> None:
    """The exit code is 2, and the documents that are there are judged all the same."""
    heard = gateway("check", "fehlt.xml", A_VALID_ONE)

    assert heard.code == 2
    assert "fehlt.xml ist nicht lesbar" in heard.err
    assert "gültig nach" in heard.out


def test_without_packages_nothing_can_be_judged(gateway: Call, tmp_path: Path) -> None:
    """A folder without schema packages is said to be one."""
    heard = gateway("check", "--xsd", tmp_path, A_VALID_ONE)

    assert heard.code == 2
    assert "kein Schemapaket" in heard.err
