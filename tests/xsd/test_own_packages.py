"""The project's own packages are named as such, use official keys rightly, and show no real people."""

import csv
import hashlib
import re
from collections import defaultdict
from pathlib import Path

import pytest

from gateway.validation import Schemas
from gateway.xml import parse

XSD = Path(__file__).parents[2] / "xsd"
EXAMPLES = sorted(XSD.glob("*/*/examples/*/*.xml"))
VALID = [path for path in EXAMPLES if path.parent.name == "valid"]
PLACE = re.compile(
    r"<gemeindeschluessel>(\d+)</gemeindeschluessel>\s*(?:<regionalschluessel>(\d+)</regionalschluessel>)?"
)
PILOTS = {
    "Aschaffenburg": "09661",
    "Augsburg": "09761",
    "Landkreis Kelheim": "09273",
    "Landkreis Regensburg": "09375",
    "Meitingen": "09772177",
    "Pullach": "09184139",
}


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
    """The name of the standard alone says that it is no official one."""
    assert all(package.standard.startswith("AG-") for package in schemas.packages if package.ours)


def test_copies_are_copies() -> None:
    """Each package is complete in itself; documents that several have are the same in all of them."""
    digests = defaultdict(set)
    for path in XSD.glob("*/*/ag-*.xsd"):
        digests[path.name].add(hashlib.sha256(path.read_bytes()).hexdigest())

    assert digests
    assert {name for name, different in digests.items() if len(different) > 1} == set()


def test_people_are_plainly_artificial() -> None:
    """No example names anybody who could exist."""
    names = {
        name
        for path in EXAMPLES
        for name in re.findall(r"<\w+:(?:familienname|geburtsname)>([^<]*)<", path.read_text())
    }

    assert names <= {"Beispiel", "Muster", "Vorbild", "Vermieter", ""}


def test_places_are_those_of_the_directory(shared_data: Path) -> None:
    """Keys of Gemeinden in valid examples are official ones, and both keys of a place belong together."""
    with (shared_data / "regions/gemeindeverzeichnis.csv").open(newline="") as directory:
        official = {row["ags"]: row["ars"] for row in csv.DictReader(directory) if row["ags"]}

    for path in VALID:
        for ags, ars in PLACE.findall(path.read_text()):
            assert official[ags] == (ars or official[ags]), path.name


def test_every_pilot_has_an_example() -> None:
    """For each of the six pilots there is a message that is meant for it."""
    places = {ags for path in VALID for ags, _ in PLACE.findall(path.read_text())}

    assert all(any(place.startswith(prefix) for place in places) for prefix in PILOTS.values())
