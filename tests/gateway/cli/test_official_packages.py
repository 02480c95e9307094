"""The command line, on official packages and messages: installed, listed, judged, and what is planted is found."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import run
from tests.gateway.cli.calling import A_VALID_ONE, Call

XBAU = ("xoev-common", "xbau-kernmodul-1.2.2", "xbau-2.5")
OTHERS = ("xwasser-1.0.0", "xhochschule-1.2", "xbildung-1.2")


@pytest.fixture(scope="module")
def official(shared_data: Path) -> Path:
    return shared_data / "xoev"


@pytest.fixture(scope="module")
def store(official: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with all of them."""
    folder = tmp_path_factory.mktemp("official") / "store"
    assert run(["schemas", "install", "--store", str(folder), *(str(official / name) for name in XBAU + OTHERS)]) == 0
    return folder


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


# ── installed and listed ─────────────────────────────────────────────────────────────────────────────────────────────


def test_xbau_is_installed_and_listed_with_its_roots(gateway: Call, official: Path, tmp_path: Path) -> None:
    """The roots of both namespaces are exactly the published ones; libraries have neither standard nor roots."""
    put_in = gateway("schemas", "install", "--store", tmp_path / "S", *(official / name for name in XBAU))
    listed = gateway("schemas", "list", "--store", tmp_path / "S", "--json")

    expected = json.loads((official / "xbau-2.5/expected-roots.json").read_text())
    found = {one["namespace"]: one for one in listed.json}
    assert (put_in.code, listed.code) == (0, 0)
    assert {name: sorted(found[name]["roots"]) for name in expected} == {
        name: sorted(expected[name]) for name in expected
    }
    assert {found[name]["standard"] for name in expected} == {"XBau", "XBau-Kernmodul"}
    assert {found[name]["version"] for name in expected} == {"2.5", "1.2.2"}
    libraries = [one for name, one in found.items() if name not in expected]
    assert {(one["standard"], tuple(one["roots"])) for one in libraries} == {(None, ())}
    assert len(listed.json) == len(found)


@pytest.mark.parametrize(
    "calls",
    [
        [["xhochschule-1.2", "xbildung-1.2", "xoev-common"]],
        [["packages/xhochschule_1.2.zip", "packages/xbildung_1.2.zip", "xoev-common"]],
        [["xoev-common"], ["xbildung-1.2"], ["packages/xhochschule_1.2.zip"]],
        [["xoev-common"], ["packages/xbildung_1.2.zip"], ["xhochschule-1.2"]],
    ],
    ids=["folders in one call", "zips in one call", "a folder and then a zip", "a zip and then a folder"],
)
def test_xhochschule_goes_in_with_xbildung(
    gateway: Call, official: Path, tmp_path: Path, calls: list[list[str]]
) -> None:
    """As folder and ZIP, in one call with what it needs or after it: the same messages, and the rules with them."""
    for call in calls:
        assert gateway("schemas", "install", "--store", tmp_path / "S", *(official / name for name in call)).code == 0

    (standard,) = [one for one in gateway("schemas", "list", "--store", tmp_path / "S", "--json").json if one["roots"]]
    shown = gateway("schemas", "show", "XHochschule", "--store", tmp_path / "S", "--json").json
    assert (standard["standard"], standard["version"], len(standard["roots"])) == ("XHochschule", "1.2", 8)
    assert "xhochschule-schematron.sch" in shown["rules"]


def test_schemas_show_tells_what_the_list_tells(gateway: Call, store: Path) -> None:
    """Roots and titles are the same in both, and beside them stand code lists and rules."""
    listed = {one["namespace"]: one for one in gateway("schemas", "list", "--store", store, "--json").json}

    for name in ("XBau", "XHochschule"):
        shown = gateway("schemas", "show", name, "--store", store, "--json").json
        assert shown.items() >= listed[shown["namespace"]].items()
        assert {"codeLists", "rules"} <= shown.keys()


# ── judged ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["xwasser-1.0.0", "xhochschule-1.2"])
def test_published_messages_are_judged_as_expected(gateway: Call, official: Path, store: Path, name: str) -> None:
    """One line for each file: the verdict of the reference engine, and the ids of rules that are broken."""
    with (official / name / "expected.tsv").open() as table:
        rows = list(csv.DictReader(table, delimiter="\t"))

    heard = gateway("check", "--store", store, "--json", *(official / name / row["file"] for row in rows))

    for row, told in zip(rows, lines(heard.out), strict=True):
        assert told["file"] == str(official / name / row["file"])
        assert told["valid"] is (row["xsd_reference(Xerces)"] == "valid")
        assert f"{{{told['schema']['namespace']}}}{told['schema']['root']}" == row["root"]
        expected = set(re.split(r"[,;\s]+", row["schematron_failed_ids"] or "")) - {"", "-"}
        assert {finding["rule"] for finding in told["findings"] if finding["code"] == "rule-violated"} == expected
    assert heard.code == 0


PLANTED: dict[str, tuple[str, Callable[[str], str], str, str]] = {
    "a moment that is a day": (
        "xwasser-1.0.0/samples/administration_receipt.xml",
        lambda text: text.replace("2024-05-28T09:00:00", "2024-05-28"),
        "cvc-datatype-valid.1.2.1",
        "/identifikation.nachricht/erstellungszeitpunkt",
    ),
    "an author too few": (
        "xwasser-1.0.0/samples/administration_receipt.xml",
        lambda text: re.sub(r"(?s)<autor>.*</autor>", "", text),
        "cvc-complex-type.2.4.a",
        "/nachrichtenkopf.g2g/referenzUUID",
    ),
    "another standard at the root": (
        "xwasser-1.0.0/samples/olb_report_minimal.xml",
        lambda text: text.replace('standard="XWasser"', 'standard="XLuft"'),
        "cvc-au",
        "/xwas:vorgang.transportieren.2010",
    ),
    "no version at the root": (
        "xwasser-1.0.0/samples/olb_report_minimal.xml",
        lambda text: text.replace(' version="1.0.0">', ">"),
        "cvc-complex-type.4",
        "/xwas:vorgang.transportieren.2010",
    ),
    "a broken attachment": (
        "xwasser-1.0.0/samples/olb_report_minimal.xml",
        lambda text: text.replace("PERVTU1ZIC8+", "PERVTU1ZIC8*"),
        "cvc-datatype-valid.1.2.1",
        "/xwas:dokumentRepraesentation/xwas:inhalt",
    ),
    "a short identifier": (
        "xwasser-1.0.0/samples/olb_report_minimal.xml",
        lambda text: text.replace("5e08e073-4e06-438d-9444-1275f6cbf061", "5e08e073"),
        "cvc-pattern-valid",
        "/xwas:identifikationVorgang/xwas:vorgangsID",
    ),
    "text beside elements": (
        "xwasser-1.0.0/samples/olb_report_minimal.xml",
        lambda text: text.replace("<xwas:vorgang>", "<xwas:vorgang>Achtung!"),
        "cvc-complex-type.2.3",
        "/xwas:vorgang.transportieren.2010/xwas:vorgang",
    ),
    "a day that does not exist": (
        "xhochschule-1.2/xml/Hochschulabschlusszeugnis.xml",
        lambda text: text.replace("2002-04-28", "2002-04-31", 1),
        "cvc-datatype-valid.1.2.1",
        "/xhs:datum/xbd:jahrMonatTag",
    ),
    "the head of another namespace": (
        "xhochschule-1.2/xml/Transcript_of_Records.xml",
        lambda text: text.replace("xhs:titel>", "xbd:titel>"),
        "cvc-complex-type.2.4.a",
        "/xhs:transcriptOfRecords/xbd:titel",
    ),
    "an attribute of our own": (
        "xhochschule-1.2/xml/Rentenbescheinigung.xml",
        lambda text: text.replace("<xhs:titel>", '<xhs:titel art="a">'),
        "cvc-complex-type.3.2.1",
        "/xhs:rentenbescheinigung/xhs:titel",
    ),
    "empty elements": (
        "xhochschule-1.2/xml/Exmatrikulationsbescheinigung.xml",
        lambda text: text.replace("<xhs:sprache", "<xhs:sprache>\n</xhs:sprache><xhs:sprache", 1),
        "cvc-complex-type.2.4.b",
        "/xhs:exmatrikulationsbescheinigung/xhs:sprache[1]",
    ),
}
"""what is planted, in which message, how, the clause that is broken, and where the path of its finding ends"""

BROKEN_RULES: dict[str, tuple[str, Callable[[str], str], str]] = {
    "a word for a mark at the end": (
        "Hochschulabschlusszeugnis",
        lambda text: re.sub(r"(<xbd:note>)[^<]*", r"\1sehr gut", text),
        "SCH-XHS-0019-BenotungsschemaGesamtnoteundAbschlussarbeit",
    ),
    "a word for a mark": (
        "Transcript_of_Records",
        lambda text: re.sub(r"(<xbd:note>)[^<]*", r"\1neun", text),
        "SCH-XHS-0018-Benotungsschema",
    ),
    "a mark for what has none": (
        "Transcript_of_Records",
        lambda text: text.replace("<xhs:benotet>true<", "<xhs:benotet>false<"),
        "SCH-XHS-0028-nurWennBenotetNote",
    ),
    "a course that is neither full-time nor part-time": (
        "ImmatrikulationsbescheinigungBaFoegP9",
        lambda text: text.replace("/lernzeitmodell/vollzeit", "/lernzeitmodell/dual-praxisintegriert"),
        "SCH-XHS-0010-LernzeitmodellVollOderTeilzeit",
    ),
    "a value that is in no list and is not told": (
        "Immatrikulationsbescheinigung",
        lambda text: re.sub(r"(?<=/immatrikulationsstatus/)\w+", "~wert_nicht_in_liste", text),
        "SCH-XHS-0016-WertNichtInListeImmatrikulationsstatus",
    ),
}


def test_what_is_planted_in_real_messages_is_found(gateway: Call, official: Path, store: Path, tmp_path: Path) -> None:
    """Each failure is found with its clause and at its place, and none of them is valid."""
    for name, (message, change, _, _) in PLANTED.items():
        text = (official / message).read_text(encoding="utf-8")
        (tmp_path / f"{name}.xml").write_text(planted := change(text), encoding="utf-8")
        assert planted != text

    heard = gateway("check", "--store", store, "--json", *(tmp_path / f"{name}.xml" for name in PLANTED))

    assert heard.code == 1
    for (name, (_, _, rule, where)), told in zip(PLANTED.items(), lines(heard.out), strict=True):
        found = {(finding["rule"], finding["path"]) for finding in told["findings"] if "path" in finding}
        assert told["valid"] is False, name
        assert any(clause == rule and path.endswith(where) for clause, path in found), (name, found)
        assert {stage["name"]: stage["outcome"] for stage in told["stages"]}["schema"] == "failed"


def test_broken_rules_are_found_by_their_ids(gateway: Call, official: Path, store: Path, tmp_path: Path) -> None:
    """Valid by the schema and invalid by a rule: the finding's `rule` is the id that the standard gave it."""
    for name, (message, change, _) in BROKEN_RULES.items():
        text = (official / f"xhochschule-1.2/xml/{message}.xml").read_text(encoding="utf-8")
        (tmp_path / f"{name}.xml").write_text(planted := change(text), encoding="utf-8")
        assert planted != text

    heard = gateway("check", "--store", store, "--json", *(tmp_path / f"{name}.xml" for name in BROKEN_RULES))

    assert heard.code == 1
    for (name, (_, _, rule)), told in zip(BROKEN_RULES.items(), lines(heard.out), strict=True):
        outcomes = {stage["name"]: stage["outcome"] for stage in told["stages"]}
        assert (told["valid"], outcomes["schema"], outcomes["schematron"]) == (False, "passed", "failed"), name
        assert rule in {finding["rule"] for finding in told["findings"] if finding["code"] == "rule-violated"}, name


# ── what is missing ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_standard_goes_in_without_lists_and_rules(gateway: Call, official: Path, tmp_path: Path) -> None:
    """Its codes are then not looked up, which is said and is no fault of the message."""
    paths = [official / "xoev-common", official / "xwasser-1.0.0/xsd"]
    message = official / "xwasser-1.0.0/samples/administration_receipt.xml"
    assert gateway("schemas", "install", "--store", tmp_path / "S", *paths).code == 0

    heard = gateway("check", "--store", tmp_path / "S", "--json", message)

    outcomes = {stage["name"]: stage["outcome"] for stage in heard.json["stages"]}
    assert (heard.code, heard.json["valid"], outcomes["code-lists"]) == (0, True, "partial")
    assert "unknown-code-list" in {finding["code"] for finding in heard.json["findings"]}
    assert {finding["severity"] for finding in heard.json["findings"]} == {"warning"}


def test_the_worst_answer_counts(gateway: Call, official: Path, tmp_path: Path) -> None:
    """0 where all are good, 1 with one that is not, 2 with one that nobody could open or judge."""
    store = tmp_path / "S"
    assert (
        gateway("schemas", "install", "--store", store, official / "xoev-common", official / "xwasser-1.0.0").code == 0
    )
    good = official / "xwasser-1.0.0/samples/olb_report_minimal.xml"
    missing = tmp_path / "fehlt.xml"

    assert gateway("check", "--store", store, "--json", good).code == 0
    assert gateway("check", "--store", store, "--json", good, A_VALID_ONE).code == 1
    heard = gateway("check", "--store", store, "--json", A_VALID_ONE, missing, good)
    assert heard.code == 2
    assert [one["valid"] for one in lines(heard.out)] == [False, True]
