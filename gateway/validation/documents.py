"""One document of a schema package, read as if a stranger had written it: nothing is resolved, nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final
from urllib.parse import unquote

from lxml import etree

from gateway.errors import BadPackage
from gateway.validation.doctypes import without_document_type
from gateway.xml.gate import HARDENED

XSD: Final = "{http://www.w3.org/2001/XMLSchema}"
INCLUDE: Final = XSD + "include"
IMPORT: Final = XSD + "import"
REDEFINE: Final = XSD + "redefine"

SCHEMA_PARSER: Final = HARDENED | {"encoding": None, "remove_comments": False}
"""A package holds what is sealed, in the encoding it declares; comments stay, so that lines keep their numbers."""

_NAMING: Final = ("type", "base", "ref", "itemType", "memberTypes", "substitutionGroup", "refer")
"""the attributes of XML Schema that hold qualified names"""


@dataclass(frozen=True, slots=True)
class Reference:
    """An include, import or redefine: what it points to, as written, and the element that does it."""

    element: etree._Element
    location: str | None

    @property
    def imports(self) -> bool:
        """Whether it points into another namespace."""
        return self.element.tag == IMPORT

    @property
    def redefines(self) -> bool:
        """Whether it replaces parts of what it points to."""
        return self.element.tag == REDEFINE

    @property
    def namespace(self) -> str | None:
        """The namespace of an import."""
        return self.element.get("namespace")

    @property
    def file_name(self) -> str | None:
        """The last part of the location: an address is a name, and this is the part that files keep."""
        return file_name_of(self.location) if self.location else None


@dataclass(frozen=True, eq=False)
class SchemaDocument:
    """An XSD document, parsed. `name` is the file name that the other documents know it by."""

    name: str
    content: bytes = field(repr=False)
    root: etree._Element = field(repr=False)

    @classmethod
    def read(cls, owner: str, name: str, content: bytes) -> SchemaDocument:
        """Raises BadPackage, naming `owner` and `name`, where it is no XML or more than a schema needs."""
        root = read_xml(owner, name, content)
        if root.tag != XSD + "schema":
            raise BadPackage(
                f"{owner}: {name} ist kein XML-Schema; sein Wurzelelement ist ein anderes.",
                f"{owner}: {name} is no XML schema; its root element is another one.",
            )
        return cls(name, content, root)

    @property
    def plain(self) -> bytes:
        """The content without a document type."""
        return without_document_type("", self.name, self.content)

    @property
    def namespace(self) -> str | None:
        """The target namespace; None for a document that takes the namespace of whoever includes it."""
        return self.root.get("targetNamespace")

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """All includes, imports and redefines."""
        return tuple(
            Reference(element, element.get("schemaLocation"))
            for element in self.root.iterchildren(INCLUDE, IMPORT, REDEFINE)
        )

    @cached_property
    def namespaces_named(self) -> frozenset[str]:
        """The namespaces to which a name in this document refers, its own and that of XML Schema included."""
        return frozenset(self._namespaces_named())

    def _namespaces_named(self) -> Iterator[str]:
        for element in self.root.iter(XSD + "*"):
            for attribute in _NAMING:
                for name in (element.get(attribute) or "").split():
                    prefix, colon, _ = name.partition(":")
                    if colon and prefix == "xml":
                        yield "http://www.w3.org/XML/1998/namespace"
                    elif (namespace := element.nsmap.get(prefix if colon else None)) is not None:
                        yield namespace


def read_xml(owner: str, name: str, content: bytes) -> etree._Element:
    """
    The root of any XML file of a package, with no external entity and no document type.

    Raises BadPackage, naming `owner` and `name`.
    """
    parser: etree.XMLParser = etree.XMLParser(**SCHEMA_PARSER)
    try:
        root = etree.fromstring(without_document_type(owner, name, content), parser)
    except etree.XMLSyntaxError as refusal:
        raise BadPackage(
            f"{owner}: {name} ist kein wohlgeformtes XML ({refusal}).",
            f"{owner}: {name} is not well-formed XML ({refusal}).",
        ) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadPackage(
            f"{owner}: {name} hat eine Dokumenttyp-Deklaration; bitte ohne sie einspielen.",
            f"{owner}: {name} has a document type declaration; please install it without.",
        )
    return root


_SEPARATORS: Final = re.compile(r"[/\\]")
_UNFIT: Final = re.compile(r"^\.+|[\x00-\x1f\x7f:*?\"<>|]")
_LONGEST_NAME: Final = 120


def file_name_of(location: str) -> str:
    """The last part of a path or an address, as a name that every file system takes."""
    last = unquote(_SEPARATORS.split(re.split(r"[?#]", location, maxsplit=1)[0])[-1])
    return _UNFIT.sub("_", last)[-_LONGEST_NAME:]


def same_content(one: SchemaDocument, other: SchemaDocument) -> bool:
    """Whether both declare the same, apart from annotations, comments, blanks, addresses and the order of imports."""
    return one.content == other.content or canonical(one.root) == canonical(other.root)


def canonical(root: etree._Element) -> bytes:
    """What a document declares, as bytes that are equal where the declarations are."""
    bare = etree.fromstring(etree.tostring(root), etree.XMLParser(remove_blank_text=True, remove_comments=True))
    for annotation in list(bare.iter(XSD + "annotation")):
        parent = annotation.getparent()
        if parent is not None:
            annotation.tail = None
            parent.remove(annotation)
    for element in bare.iter(XSD + "*"):
        element.text = element.tail = None
        location: str | None = element.attrib.get("schemaLocation")
        if location is not None:
            element.set("schemaLocation", file_name_of(location))
    led = sorted(bare.iterchildren(INCLUDE, IMPORT), key=lambda one: sorted(one.attrib.items()))
    for place, reference in enumerate(led):  # in which order they stand means nothing
        bare.insert(place, reference)
    return etree.tostring(bare, method="c14n", exclusive=True, inclusive_ns_prefixes=_prefixes(bare))


def _prefixes(root: etree._Element) -> list[str]:
    """Prefixes of qualified names in attributes count; a declaration that nobody uses does not."""
    used = {
        name.partition(":")[0]
        for element in root.iter(XSD + "*")
        for attribute in _NAMING
        for name in (element.get(attribute) or "").split()
        if ":" in name
    }
    return sorted(used)
