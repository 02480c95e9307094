"""The project's own packages are named as such, use official keys rightly, and show no real people."""

import csv
import re
from pathlib import Path

import pytest

from gateway.validation import Schemas
from gateway.xml import parse
from tests.xsd.packages import XSD

EXAMPLES = sorted(XSD.glob("*/*/examples/*/*.xml"))
VALID = [path for path in EXAMPLES if path.parent.name == "valid"]
PLACE = re.compile(
    r"<gemeindeschluessel>(\d+)</gemeindeschluessel>\s*(?:<regionalschluessel>(\d+)</regionalschluessel>)?"
)


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    return Schemas.load(XSD)


def test_own_packages_live_in_own_namespaces(schemas: Schemas) -> None:
    """Nothing of ours is published under the namespace of an official standard."""
    targets = {
        parse(document).attribute("targetNamespace")
        for package in schemas.packages
        if package.ours
        for name, document in package.files.items()
        if name != package.entry
    }

    assert targets
    assert all(target is not None and target.startswith("urn:antragsgateway:xsd:") for target in targets)


def test_own_packages_are_named_as_ours(schemas: Schemas) -> None:
    """The name alone says that it is no official standard."""
    names = [package.standard for package in schemas.packages] + [library.name for library in schemas.libraries]

    assert len(names) == 7
    assert all(name.startswith("AG-") for name in names)


def test_what_several_packages_need_is_there_once(schemas: Schemas) -> None:
    """All of them use the same basis, and no two folders have a document of the same name."""
    documents = [path.name for path in XSD.glob("ag-*/*/*.xsd")]

    assert all(package.uses == ("AG-Basis 1.0",) for package in schemas.packages)
    assert len(documents) == len(set(documents))


def test_own_packages_are_strict(schemas: Schemas) -> None:
    """What official samples get away with is an error here."""
    assert all(package.strict for package in schemas.packages)


def test_people_are_plainly_artificial() -> None:
    """No example names anybody who could exist."""
    names = {
        name
        for path in EXAMPLES
        for name in re.findall(r"<(?:\w+:)?(?:familienname|geburtsname|fruehererName)>([^<]*)<", path.read_text())
    }

    assert names <= {"Beispiel", "Muster", "Vorbild", "Vermieter", ""}


def test_places_are_those_of_the_directory(shared_data: Path) -> None:
    """Keys of Gemeinden in valid examples are official ones, and both keys of a place belong together."""
    with (shared_data / "regions/gemeindeverzeichnis.csv").open(newline="") as directory:
        official = {row["ags"]: row["ars"] for row in csv.DictReader(directory) if row["ags"]}

    for path in VALID:
        for ags, ars in PLACE.findall(path.read_text()):
            assert official[ags] == (ars or official[ags]), path.name
