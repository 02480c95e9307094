"""
The documents of a package and of those it uses, made into one closed set that every engine reads the same way.

Official packages import several documents of one foreign namespace, by addresses on the network. Every engine takes the
first import of a namespace and skips the others, so that message types go missing without a word. Here, each namespace
gets one generated document that includes all of its documents, every import leads there, and a generated entry imports
them all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from lxml import etree

from gateway.errors import BadPackage
from gateway.validation.documents import IMPORT, INCLUDE, XSD, Reference, SchemaDocument
from gateway.validation.redirecting import redirected

ENTRY: Final = "bundle.xsd"


@dataclass(frozen=True, slots=True)
class Bundle:
    """Documents by file name, each `schemaLocation` among them; `entry` leads to all."""

    entry: str
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Part:
    """The documents of one package, as far as they go into a bundle."""

    owner: str
    """what to call the package in an error"""
    documents: Sequence[SchemaDocument]
    entry: str | None = None
    """the one document that includes the others of its namespace; None where there is no such"""
    absent: Collection[str] = ()
    """namespaces that may be missing, because their import serves nothing"""


def bundle(parts: Sequence[Part]) -> Bundle:
    """
    All documents of all parts, bundled.

    Raises BadPackage, naming document and line, where an include or import leads to nothing.
    """
    return _Bundling(parts).done()


class _Bundling:
    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._taken = {ENTRY}
        self._names = {id(document): self._free(document.name) for part in parts for document in part.documents}
        self._members = self._members_by_namespace()
        self._gathering = {namespace: self._free(f"namespace-{n}.xsd") for n, namespace in enumerate(self._members, 1)}

    def done(self) -> Bundle:
        files = {ENTRY: _driver(self._gathering)}
        for namespace, name in self._gathering.items():
            files[name] = _gathered(namespace, self._members[namespace])
        for part in self._parts:
            for document in part.documents:
                files[self._names[id(document)]] = self._rewritten(part, document)
        return Bundle(ENTRY, files)

    def _free(self, name: str) -> str:
        """Two packages may call different documents the same."""
        path, n, free = PurePath(name), 1, name
        while free in self._taken:
            n += 1
            free = f"{path.stem}~{n}{path.suffix}"
        self._taken.add(free)
        return free

    def _members_by_namespace(self) -> dict[str, list[str]]:
        """A document that another one redefines comes in through that one, and so does one without a namespace."""
        members: defaultdict[str, list[str]] = defaultdict(list)
        for part in self._parts:
            redefined = {
                reference.file_name
                for document in part.documents
                for reference in document.references
                if reference.redefines
            }
            led = {document.namespace for document in part.documents if document.name == part.entry}
            for document in part.documents:
                entered = document.namespace not in led or document.name == part.entry
                if document.namespace is not None and document.name not in redefined and entered:
                    members[document.namespace].append(self._names[id(document)])
        return members

    def _rewritten(self, part: Part, document: SchemaDocument) -> bytes:
        return redirected(document, [self._leads(part, document, reference) for reference in document.references])

    def _leads(self, part: Part, document: SchemaDocument, reference: Reference) -> str | None:
        """Where a reference leads in the bundle; None where an import serves nothing and may be missing."""
        if not reference.imports:
            return self._included(part, document, reference)
        if reference.namespace in self._gathering:
            return self._gathering[reference.namespace]
        if reference.namespace in part.absent:
            return None
        raise dangling(part.owner, document, reference)

    def _included(self, part: Part, document: SchemaDocument, reference: Reference) -> str:
        for other in part.documents:
            if other.name == reference.file_name and other.namespace in {document.namespace, None}:
                return self._names[id(other)]
        raise dangling(part.owner, document, reference)


def dangling(owner: str, document: SchemaDocument, reference: Reference) -> BadPackage:
    """An include or import leads to nothing."""
    what = reference.location or "?"
    of = f" (Namensraum {reference.namespace})" if reference.imports else ""
    of_en = f" (namespace {reference.namespace})" if reference.imports else ""
    return BadPackage(
        f"{owner}: {document.name}:{reference.element.sourceline} verweist auf {what}{of}; "
        "das Paket enthält kein solches Dokument.",
        f"{owner}: {document.name}:{reference.element.sourceline} refers to {what}{of_en}; "
        "the package holds no such document.",
    )


def _gathered(namespace: str, members: Sequence[str]) -> bytes:
    schema = _schema(targetNamespace=namespace)
    for name in members:
        etree.SubElement(schema, INCLUDE, schemaLocation=name)
    return etree.tostring(schema)


def _driver(gathering: Mapping[str, str]) -> bytes:
    schema = _schema()
    for namespace, name in gathering.items():
        etree.SubElement(schema, IMPORT, namespace=namespace, schemaLocation=name)
    return etree.tostring(schema)


def _schema(**attributes: str) -> etree._Element:
    return etree.Element(XSD + "schema", attributes, nsmap={"xs": XSD[1:-1]})
