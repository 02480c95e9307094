"""
The global components of a set of XSD documents, by kind and name.

This is where XSD's ways of naming things end: includes that lend their namespace, references by prefix, defaults of
qualification. What the components mean is the business of `declarations`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from gateway.errors import BadPackage
from gateway.xml.gate import HARDENED

XSD: Final = "{http://www.w3.org/2001/XMLSchema}"

_PARSER: Final[dict[str, Any]] = HARDENED | {"encoding": None, "remove_pis": True}
"""What a package holds is sealed, and in the encoding it declares."""

_KINDS: Final = ("element", "attribute", "complexType", "simpleType", "group", "attributeGroup")
_TYPES: Final = ("complexType", "simpleType")


@dataclass(frozen=True, slots=True)
class Home:
    """What a document gives to everything that is declared in it."""

    namespace: str
    """empty where there is none; that of the including document where this one names none itself"""
    borrowed: bool
    """whether the namespace came from an include: then references without a prefix mean it, too"""
    qualified_elements: bool
    qualified_attributes: bool


@dataclass(frozen=True, slots=True)
class Node:
    """An XSD element where it stands, so that the names in it can be understood."""

    xsd: etree._Element
    home: Home

    def get(self, name: str) -> str | None:
        """An attribute of the XSD element."""
        return self.xsd.get(name)

    def name_in(self, attribute: str) -> str | None:
        """The Clark name that an attribute refers to."""
        value = self.xsd.get(attribute)
        return self.resolved(value) if value else None

    def resolved(self, name: str) -> str:
        """The Clark name meant by a name with or without a prefix."""
        prefix, _, local = name.strip().rpartition(":")
        namespace = self.xsd.nsmap.get(prefix or None)
        if namespace is None and not prefix and self.home.borrowed:
            namespace = self.home.namespace
        return clark(namespace or "", local)

    def own_name(self, *, qualified: bool) -> str:
        """The Clark name that this declaration gives."""
        return clark(self.home.namespace if qualified else "", self.xsd.get("name") or "")

    def qualifies(self, *, attribute: bool = False) -> bool:
        """Whether a local declaration is in the namespace of its document."""
        form = self.xsd.get("form")
        default = self.home.qualified_attributes if attribute else self.home.qualified_elements
        return form == "qualified" if form else default

    def children(self, *kinds: str) -> Iterator[Node]:
        """The XSD elements below this one; of the given kinds only, where there are any."""
        tags = [XSD + kind for kind in kinds] or [XSD + "*"]
        return (Node(child, self.home) for child in self.xsd.iterchildren(*tags))

    def child(self, *kinds: str) -> Node | None:
        """The first XSD element below this one of one of the given kinds."""
        return next(self.children(*kinds), None)

    @property
    def kind(self) -> str:
        """The local name of the XSD element: `element`, `restriction`, …"""
        return str(self.xsd.tag).rpartition("}")[2]


def clark(namespace: str, name: str) -> str:
    """A name as lxml writes it."""
    return f"{{{namespace}}}{name}" if namespace else name


class Components:
    """
    What the documents reachable from `entry` declare globally.

    Documents that `files` does not hold are passed over: whether a package is complete is judged where it is compiled.

    Raises BadPackage where a document is not well-formed.
    """

    def __init__(self, files: Mapping[str, bytes], entry: str) -> None:
        self._files = files
        self._documents: dict[str, etree._Element] = {}
        self._tables: dict[str, dict[str, Node]] = {kind: {} for kind in _KINDS}
        self._redefined: dict[str, Node] = {}
        waiting, seen = [(entry, "")], set[tuple[str, str]]()
        redefinitions: list[Node] = []
        while waiting:
            name, lender = waiting.pop()
            document = self._document(name)
            home = _home(document, lender)
            if (name, home.namespace) in seen:
                continue
            seen.add((name, home.namespace))
            for node in Node(document, home).children():
                if node.kind in self._tables:
                    self._tables[node.kind].setdefault(node.own_name(qualified=True), node)
                elif (location := node.get("schemaLocation")) in files and location is not None:
                    waiting.append((location, "" if node.kind == "import" else home.namespace))
                    redefinitions += node.children(*_KINDS)
        self._redefine(redefinitions)

    def all(self, kind: str) -> Mapping[str, Node]:
        """Every global component of a kind, by Clark name."""
        return self._tables[kind]

    def type(self, name: str) -> Node | None:
        """The global type of that Clark name, complex or simple."""
        return self._tables["complexType"].get(name) or self._tables["simpleType"].get(name)

    def before_redefinition(self, name: str) -> Node | None:
        """What a redefined type was before; its redefinition refers to it by its own name."""
        return self._redefined.get(name)

    def _redefine(self, redefinitions: list[Node]) -> None:
        for node in redefinitions:
            table, name = self._tables[node.kind], node.own_name(qualified=True)
            if name in table and node.kind in _TYPES:
                self._redefined.setdefault(name, table[name])
            table[name] = node

    def _document(self, name: str) -> etree._Element:
        if name not in self._documents:
            parser: etree.XMLParser = etree.XMLParser(**_PARSER)
            try:
                self._documents[name] = etree.fromstring(self._files[name], parser)
            except etree.XMLSyntaxError as refusal:
                raise BadPackage(
                    f"{name} ist kein wohlgeformtes XML ({refusal}).", f"{name} is not well-formed XML ({refusal})."
                ) from None
        return self._documents[name]


def _home(document: etree._Element, lender: str) -> Home:
    own = document.get("targetNamespace")
    return Home(
        namespace=own or lender,
        borrowed=own is None and bool(lender),
        qualified_elements=document.get("elementFormDefault") == "qualified",
        qualified_attributes=document.get("attributeFormDefault") == "qualified",
    )
