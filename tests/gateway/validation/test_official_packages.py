"""Official packages, installed as they were published."""

import csv
import json
from pathlib import Path

import pytest

from gateway.errors import BadPackage
from gateway.validation import Schemas, Valid
from gateway.validation.installing import install

XBAU = ("xoev-common", "xbau-kernmodul-1.2.2", "xbau-2.5")
"""the folders that together hold XBau and all it needs"""


@pytest.fixture(scope="module")
def official(shared_data: Path) -> Path:
    return shared_data / "xoev"


@pytest.fixture(scope="module")
def everything(official: Path, tmp_path_factory: pytest.TempPathFactory) -> Schemas:
    store = tmp_path_factory.mktemp("store")
    install(store, [official / name for name in (*XBAU, "xwasser-1.0.0", "xhochschule-1.2", "xbildung-1.2")])
    return Schemas.load(store)


def roots(schemas: Schemas) -> dict[str, list[str]]:
    return {package.namespace: sorted(package.roots) for package in schemas.packages}


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "one after the other"])
def test_xbau_has_the_messages_it_declares(official: Path, tmp_path: Path, at_once: bool) -> None:
    """109 messages and the 16 of its core module, whichever way they come; the modules they use judge nothing."""
    paths = [official / name for name in XBAU]
    for group in [paths] if at_once else [[path] for path in paths]:
        install(tmp_path, group)

    expected = json.loads((official / "xbau-2.5/expected-roots.json").read_text())
    assert roots(Schemas.load(tmp_path)) == {namespace: sorted(names) for namespace, names in expected.items()}


def test_xbau_alone_brings_what_it_needs(official: Path, tmp_path: Path) -> None:
    """Its ZIP holds a second variant with all dependencies, which later turns out to be the same as the first."""
    alone = install(tmp_path, [official / "xbau-2.5"])
    again = install(tmp_path, [official / name for name in XBAU])

    assert "xsd_dev/ is taken" in alone.warnings[0].en
    assert not {"XBau 2.5", "XBau-Kernmodul 1.2.2", "xoev-code 1.0"} & {label for label, _ in again.installed}


def test_other_standards_have_theirs(everything: Schemas) -> None:
    """Messages with numbers and documents without; XBildung declares none and is a part of others."""
    counts = {package.label: len(package.roots) for package in everything.packages}

    assert counts == {"XBau 2.5": 109, "XBau-Kernmodul 1.2.2": 16, "XHochschule 1.2": 8, "XWasser 1.0.0": 12}
    assert "XBildung 1.2" in [library.label for library in everything.libraries]
    assert all(library.standard in {None, "XBildung"} for library in everything.libraries)


@pytest.mark.parametrize("name", ["xwasser-1.0.0", "xhochschule-1.2"])
def test_published_samples_are_judged_as_expected(everything: Schemas, official: Path, name: str) -> None:
    """Each sample gets the verdict of the reference engine."""
    with (official / name / "expected.tsv").open() as table:
        expected = {row["file"]: row["xsd_reference(Xerces)"] for row in csv.DictReader(table, delimiter="\t")}

    judged = {
        file: "valid" if isinstance(everything.judge((official / name / file).read_bytes()), Valid) else "invalid"
        for file in expected
    }

    assert judged == expected


def test_a_standard_asks_for_the_one_it_uses(official: Path, tmp_path: Path) -> None:
    """XHochschule without XBildung is refused with the namespace, the address and the file; then it goes in."""
    install(tmp_path, [official / "xoev-common"])

    with pytest.raises(BadPackage, match=r"namespace http://xbildung\.de/def/xbildung/1\.2/xsd \(imported as http"):
        install(tmp_path, [official / "packages/xhochschule_1.2.zip"])

    install(tmp_path, [official / "packages/xbildung_1.2.zip"])
    install(tmp_path, [official / "packages/xhochschule_1.2.zip"])
    assert [package.label for package in Schemas.load(tmp_path).packages] == ["XHochschule 1.2"]


def test_a_zip_and_its_folder_are_the_same(official: Path, tmp_path: Path) -> None:
    """The folder has one more file, the compiled rules, which the version gets then."""
    install(tmp_path, [official / "xoev-common", official / "packages"])
    report = install(tmp_path, [official / "xhochschule-1.2", official / "xbildung-1.2"])

    assert (report.installed, [label for label, _ in report.supplemented]) == ((), ["XHochschule 1.2"])
    assert Schemas.load(tmp_path).packages[0].rules.keys() == {
        "xhochschule-schematron.sch",
        "xhochschule-schematron-compiled.xsl",
    }


def test_lists_of_a_package_are_found(everything: Schemas) -> None:
    """The lists that a standard publishes along with its documents are there for the asking."""
    found = everything.packages[0].code_lists.find("urn:xhochschule-de:xhochschule:codeliste:leistungsstatus", "1.0")

    assert found is not None
    assert found.codes(None)
