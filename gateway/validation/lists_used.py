"""Which code lists the documents of a package refer to, and whether they are installed."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from gateway.validation.documents import XSD, SchemaDocument
from gateway.validation.packages import Package


@dataclass(frozen=True, slots=True, order=True)
class ListUse:
    """A list whose values are not in the schema itself."""

    uri: str
    version: str | None
    """None where each message says which version it means"""
    installed: bool | None
    """None where that depends on the message"""


def lists_used(package: Package) -> tuple[ListUse, ...]:
    """By URI. Lists that a schema enumerates are judged by it, and are not among them."""
    found: set[tuple[str, str | None]] = set()
    for name, content in package.files.items():
        for kind in SchemaDocument.read(package.label, name, content).root.iter(XSD + "complexType"):
            if next(kind.iter(XSD + "enumeration"), None) is None and (uri := _fixed(kind, "listURI")):
                found.add((uri, _fixed(kind, "listVersionID")))
    return tuple(
        ListUse(uri, version, None if version is None else package.code_lists.find(uri, version) is not None)
        for uri, version in sorted(found, key=lambda one: (one[0], one[1] or ""))
    )


def _fixed(kind: etree._Element, name: str) -> str | None:
    values = (one.get("fixed") for one in kind.iter(XSD + "attribute") if one.get("name") == name)
    return next(values, None)
