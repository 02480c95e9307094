"""`gateway schemas`: packages put in, listed and looked at."""

import zipfile
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.intake.packages import listed
from gateway.validation import Schemas
from tests.conftest import ROOT
from tests.gateway.cli.calling import A_VALID_ONE, Call

XSD = ROOT / "xsd"
RULES = """<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">
<ns prefix="t" uri="urn:test:1"/>
<pattern><rule context="t:a.b.0100"><assert test="true()" id="t-1">Immer wahr.</assert></rule></pattern>
</schema>"""
SCHEMA = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:test:1"><xs:annotation>
<xs:appinfo><standard><nameKurz>XTest</nameKurz></standard><versionStandard><version>1.0</version></versionStandard>
</xs:appinfo></xs:annotation><xs:element name="a.b.0100" type="xs:int"><xs:annotation><xs:appinfo>
<title>Eine Nachricht</title></xs:appinfo></xs:annotation></xs:element>
<xs:complexType name="Farbe"><xs:sequence><xs:element name="code" type="xs:token"/></xs:sequence>
<xs:attribute name="listURI" type="xs:anyURI" fixed="urn:test:farbe"/>
<xs:attribute name="listVersionID" type="xs:string" fixed="1"/></xs:complexType></xs:schema>"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "urn:xoev-de:test:standard:xtest_1.0:xmlschema:datei:xsd.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xsd/t.xsd", SCHEMA)
        archive.writestr("sch/t.sch", RULES)
    return path


def test_a_package_is_installed_and_listed(gateway: Call, package: Path, tmp_path: Path) -> None:
    """What went in is named; the list for machines has one object for each version and namespace."""
    heard = gateway("schemas", "install", "--store", tmp_path / "s", package)
    listed = gateway("schemas", "list", "--store", tmp_path / "s", "--json")

    assert (heard.code, heard.out) == (0, "✓ XTest 1.0 eingespielt (urn:test:1)\n")
    (one,) = listed.json
    assert (one["standard"], one["version"], one["namespace"]) == ("XTest", "1.0", "urn:test:1")
    assert (one["roots"], one["messages"]) == (["a.b.0100"], [{"root": "a.b.0100", "title": "Eine Nachricht"}])


def test_the_same_again_says_so(gateway: Call, package: Path, tmp_path: Path) -> None:
    """Nothing happens, and that is no error."""
    gateway("schemas", "install", "--store", tmp_path / "s", package)
    again = gateway("schemas", "install", "--store", tmp_path / "s", package)

    assert (again.code, again.out) == (0, "✓ XTest 1.0 war schon eingespielt (urn:test:1)\n")


def test_a_broken_package_ends_with_2(gateway: Call, tmp_path: Path) -> None:
    """It is named with the reason; the store does not exist afterwards and the list is empty."""
    (tmp_path / "x.zip").write_bytes(b"nein")
    heard = gateway("schemas", "install", "--store", tmp_path / "s", tmp_path / "x.zip")
    listed = gateway("schemas", "list", "--store", tmp_path / "s", "--json")

    assert heard.code == 2
    assert "x.zip ist kein lesbares ZIP-Archiv." in heard.err
    assert not (tmp_path / "s").exists()
    assert (listed.code, listed.json) == (0, [])


def test_a_store_replaces_all_others(gateway: Call, package: Path, tmp_path: Path) -> None:
    """With --store, not even the packages that come along are known."""
    gateway("schemas", "install", "--store", tmp_path / "s", package)
    (tmp_path / "m.xml").write_text("<a.b.0100 xmlns='urn:test:1'>1</a.b.0100>")

    assert gateway("check", "--store", tmp_path / "s", tmp_path / "m.xml").code == 0
    assert gateway("check", "--store", tmp_path / "s", A_VALID_ONE).code == 1


def test_the_store_in_the_data_folder_is_used_by_itself(gateway: Call, package: Path, tmp_path: Path) -> None:
    """What is installed without --store is judged by everywhere, beside the packages that come along."""
    gateway("schemas", "install", package)
    (tmp_path / "m.xml").write_text("<a.b.0100 xmlns='urn:test:1'>1</a.b.0100>")
    listed = gateway("schemas", "list", "--json")

    assert (tmp_path / "var/schemas/xtest/1.0/manifest.toml").is_file()
    assert {"XTest", "AG-Wohnsitz"} <= {one["standard"] for one in listed.json}
    assert gateway("check", tmp_path / "m.xml", A_VALID_ONE).code == 0
    assert "XTest 1.0" in gateway("doctor").out


def test_a_package_is_shown(gateway: Call, package: Path, tmp_path: Path) -> None:
    """Messages with titles, code lists and whether they are there, rules; by any of its names."""
    gateway("schemas", "install", "--store", tmp_path / "s", package)

    for name in ("xtest", "XTest 1.0", "xtest/1.0", "urn:test:1"):
        shown = gateway("schemas", "show", name, "--store", tmp_path / "s")
        assert shown.code == 0
        for part in ("XTest 1.0", "a.b.0100", "Eine Nachricht", "urn:test:farbe 1", "nicht eingespielt", "t.sch"):
            assert part in shown.out
    full = gateway("schemas", "show", "xtest", "--store", tmp_path / "s", "--json").json
    assert full["codeLists"] == [{"uri": "urn:test:farbe", "version": "1", "installed": False}]
    assert full["rules"] == ["t.sch"]


def test_an_unknown_name_ends_with_1(gateway: Call, package: Path, tmp_path: Path) -> None:
    """The answer names what there is."""
    gateway("schemas", "install", "--store", tmp_path / "s", package)
    heard = gateway("schemas", "show", "XFremd", "--store", tmp_path / "s")

    assert heard.code == 1
    assert "Eingespielt sind: XTest 1.0." in heard.err


def test_a_version_near_its_end_is_pointed_out(gateway: Call, package: Path, tmp_path: Path) -> None:
    """In the list for people as well as in that for machines."""
    put_in = gateway("schemas", "install", "--store", tmp_path / "s", "--valid-until", "2020-12-31", package)
    shown = gateway("schemas", "list", "--store", tmp_path / "s", "--lang", "en")
    (one,) = gateway("schemas", "list", "--store", tmp_path / "s", "--json").json

    assert "Die Gültigkeit ist abgelaufen." in put_in.err
    assert "valid until 2020-12-31" in shown.out
    assert "no longer valid" in shown.out
    assert (one["validUntil"], one["endsSoon"]) == ("2020-12-31", True)


def test_the_doctor_points_out_versions_near_their_end(gateway: Call, package: Path) -> None:
    """A start is possible, and whoever prepares one is told; the new last day is told with the same command."""
    gateway("schemas", "install", package)
    before = gateway("doctor")
    dated = gateway("schemas", "install", "--valid-until", "2020-12-31", package)
    after = gateway("doctor")

    assert "✓ XTest 1.0 gilt jetzt wie angegeben" in dated.out
    assert (before.code, after.code) == (0, 0)
    assert "XTest 1.0 (2020-12-31)" not in before.out
    assert "Die Gültigkeit endet bald oder ist abgelaufen: XTest 1.0 (2020-12-31)." in after.out.replace("\n", " ")


def test_a_changed_store_is_not_listed(gateway: Call, package: Path, tmp_path: Path) -> None:
    """A file that is not the one that was installed is named, and nothing is shown."""
    gateway("schemas", "install", "--store", tmp_path / "s", package)
    document = tmp_path / "s/xtest/1.0/t.xsd"
    document.write_text(SCHEMA.replace("xs:int", "xs:long"))
    heard = gateway("schemas", "list", "--store", tmp_path / "s")

    assert heard.code == 2
    assert "t.xsd wurde geändert" in heard.err


def test_what_is_shown_here_is_what_a_gateway_tells(gateway: Call) -> None:
    """`schemas list` and `schemas show` say of each package what `GET /v1/schemas` says, to the digest."""
    schemas = Schemas.load(XSD)
    told = {one["name"]: one for one in listed(schemas, datetime.now(tz=ZoneInfo("Europe/Berlin")).date())}

    assert {one["name"]: one for one in gateway("schemas", "list", "--json").json} == told
    for name, one in told.items():
        shown = gateway("schemas", "show", name, "--json").json
        assert one.items() <= shown.items()


def test_what_a_standard_answers_with_is_shown(gateway: Call) -> None:
    """The messages of a Rückweisung and a Quittung, and the list that their codes are from."""
    shown = gateway("schemas", "show", "AG-Bau").out

    assert "Antworten als Nachricht von AG-Prozess 1.0" in shown
    assert "prozessnachricht.rueckweisung.1100" in shown
    assert "urn:antragsgateway:codeliste:rueckweisungsgrund 1" in shown
    assert "Quittung" not in shown
