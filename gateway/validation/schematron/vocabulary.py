"""The names of Schematron and XSLT, and how a fault in a rule set is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml import etree

from gateway.errors import BadPackage

SCH: Final = "{http://purl.oclc.org/dsdl/schematron}"
XSL: Final = "{http://www.w3.org/1999/XSL/Transform}"
SVRL: Final = "{http://purl.oclc.org/dsdl/svrl}"
XML: Final = "{http://www.w3.org/XML/1998/namespace}"

OURS: Final = "urn:antragsgateway:schematron"
"""namespace of what we add to a stylesheet"""


def children(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """The Schematron elements of these names directly below."""
    return element.iterchildren(*(f"{SCH}{name}" for name in names))


def elements(element: etree._Element) -> Iterator[etree._Element]:
    """All elements directly below, without comments and processing instructions."""
    return element.iterchildren("*")


def local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def at_line_of(copy: etree._Element, original: etree._Element) -> etree._Element:
    """The copy, which counts as standing where its original stands."""
    copy.sourceline = original.sourceline  # type: ignore[misc]  # lxml can set it, its types do not know
    return copy


def broken(name: str, element: etree._Element | None, de: str, en: str) -> BadPackage:
    """A rule set that cannot be used: the file, the line where there is one, and the reason."""
    line = "" if element is None or element.sourceline is None else f":{element.sourceline}"
    return BadPackage(f"{name}{line}: {de}", f"{name}{line}: {en}")
