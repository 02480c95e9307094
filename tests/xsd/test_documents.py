"""What the documents of the project's own packages say to those who read them, and to machines."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from tests.xsd.packages import SERVICES, XSD, called

XS = "{http://www.w3.org/2001/XMLSchema}"
DOCUMENTS = sorted(XSD.glob("*/*/*.xsd"))
CODES = "{urn:antragsgateway:xsd:basis:1.0}Code"


def named(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_element_is_explained(document: Path) -> None:
    """Every element has a German label to call it by, or a title, and a sentence that says what it is."""
    silent = [
        element.get("name")
        for element in read(document).iter(f"{XS}element")
        if not (told(element, "appinfo/label", "appinfo/title") and sentence(element).endswith("."))
    ]

    assert silent == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_type_is_explained(document: Path) -> None:
    """Every named type has a sentence that says what it is."""
    types = read(document).iterchildren(f"{XS}complexType", f"{XS}simpleType")

    assert [one.get("name") for one in types if not sentence(one).endswith(".")] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_value_is_explained(document: Path) -> None:
    """Every value that a document lists has a German label."""
    values = read(document).iter(f"{XS}enumeration")

    assert [value.get("value") for value in values if not told(value, "appinfo/label")] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_a_document_stays_short(document: Path) -> None:
    """Nobody has to scroll for long to see all of a document."""
    assert len(document.read_text().splitlines()) <= 500


@pytest.mark.parametrize("folder", SERVICES, ids=called)
def test_a_service_uses_codes_of_all_four_types(folder: Path) -> None:
    """Values in the schema; values in the list; version in the message; list and version in the message."""
    own = [type_of(code) for document in folder.glob("*.xsd") for code in codes_in(document)]

    assert set(own) == {1, 2, 3, 4}


def codes_in(document: Path) -> Iterator[etree._Element]:
    """The types of a document that restrict `Code`."""
    for restriction in read(document).iterfind(f"{XS}complexType/{XS}complexContent/{XS}restriction"):
        prefix, _, name = (restriction.get("base") or "").partition(":")
        if f"{{{restriction.nsmap[prefix]}}}{name}" == CODES:
            yield restriction


def type_of(code: etree._Element) -> int:
    """The type of a code, as XÖV counts them."""
    fixed = {attribute.get("name"): attribute.get("fixed") for attribute in code.iterfind(f"{XS}attribute")}
    if fixed["listURI"] is None:
        return 4
    if fixed["listVersionID"] is None:
        return 3
    return 2 if code.find(f".//{XS}enumeration") is None else 1


def read(document: Path) -> etree._Element:
    return etree.parse(str(document)).getroot()


def told(element: etree._Element, *paths: str) -> bool:
    """Whether the annotation of an element itself has text at one of the paths."""
    found = element.find(f"{XS}annotation")
    steps = (path.replace("appinfo", f"{XS}appinfo") for path in paths)
    return found is not None and any((found.findtext(path) or "").strip() for path in steps)


def sentence(element: etree._Element) -> str:
    """What the German documentation of an element says."""
    return " ".join((element.findtext(f"{XS}annotation/{XS}documentation") or "").split())
