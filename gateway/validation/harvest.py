"""What of a source is of use: schema documents of one variant, code lists, rules; the rest is left where it is."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from gateway.errors import BadPackage
from gateway.validation import code_lists
from gateway.validation.documents import SCHEMA_PARSER, SchemaDocument, file_name_of, same_content
from gateway.validation.sources import Offered, Source

PUBLISHED: Final = "xsd"
SELF_CONTAINED: Final = "xsd_dev"
"""the folder of the variant that brings all its dependencies along, with other addresses in its imports"""

ADDRESSES: Final = "url-map.json"
"""a table of our own beside documents: the address by which others import one, and its file name"""

_LISTS: Final = ("code", "codelist", "genericode")
"""how folders of code lists begin"""
_RULES: Final = ".sch"
_COMPILED: Final = frozenset({".xsl", ".xslt"})


@dataclass(frozen=True, slots=True)
class Harvest:
    """The useful files of one source, by file name."""

    origin: str
    documents: tuple[SchemaDocument, ...]
    lists: Mapping[str, bytes] = field(repr=False)
    rules: Mapping[str, bytes] = field(repr=False)
    addresses: Mapping[str, str]
    """the file name for an address"""


def variants(source: Source) -> tuple[str | None, ...]:
    """The variants to choose from, the published one first; None where there is but one."""
    folders = {part for one in source.files if one.suffix == ".xsd" for part in one.path.parts[:-1]}
    return (PUBLISHED, SELF_CONTAINED) if {PUBLISHED, SELF_CONTAINED} <= folders else (None,)


def harvest(source: Source, variant: str | None) -> Harvest:
    """Raises BadPackage, naming the file, where one is broken or not what its name says."""
    chosen = [one for one in source.files if _chosen(one, variant)]
    return Harvest(
        source.origin,
        tuple(_documents(source.origin, chosen)),
        _named(source.origin, _lists(source.origin, chosen)),
        _named(source.origin, _rules(chosen)),
        dict(_addresses(source.origin, chosen)),
    )


def _chosen(one: Offered, variant: str | None) -> bool:
    other = {PUBLISHED: SELF_CONTAINED, SELF_CONTAINED: PUBLISHED, None: ""}[variant]
    return other not in one.path.parts[:-1]


def _documents(origin: str, files: Iterable[Offered]) -> Iterator[SchemaDocument]:
    """One for each name and namespace: a module often lies in several folders, and its copies may differ in layout."""
    seen: dict[tuple[str, str | None], SchemaDocument] = {}
    for one in files:
        if one.suffix != ".xsd":
            continue
        document = SchemaDocument.read(origin, file_name_of(one.path.name), one.read())
        first = seen.setdefault((document.name, document.namespace), document)
        if first is document:
            yield document
        elif not same_content(first, document):
            raise BadPackage(
                f"{origin}: Zwei Dokumente heißen {document.name} und erklären Verschiedenes ({one.path}).",
                f"{origin}: two documents are called {document.name} and declare different things ({one.path}).",
            )


def _lists(origin: str, files: Iterable[Offered]) -> Iterator[tuple[str, bytes]]:
    """Lists are known by their root; what lies among lists and is none was saved there by mistake."""
    for one in files:
        if one.suffix != ".xml":
            continue
        content = one.read()
        root = _root_of(content)
        if root == code_lists.GENERICODE + "CodeList":
            yield file_name_of(one.path.name), content
        elif _among_lists(one) or (root or "").endswith("}Fehler"):
            try:
                code_lists.read(content)
            except BadPackage as refusal:
                raise BadPackage(
                    f"{origin}: {one.path}: {refusal.detail.de}", f"{origin}: {one.path}: {refusal.detail.en}"
                ) from None


def _among_lists(one: Offered) -> bool:
    return any(part.lower().startswith(_LISTS) for part in one.path.parts[:-1])


def _root_of(content: bytes) -> str | None:
    """The name of the root element, None where not even that can be read."""
    parser: etree.XMLPullParser = etree.XMLPullParser(("start",), **SCHEMA_PARSER)
    try:
        for start in range(0, len(content), 4096):
            parser.feed(content[start : start + 4096])
            for _, element in parser.read_events():
                return str(element.tag)
    except etree.XMLSyntaxError:
        pass
    return None


def _rules(files: Iterable[Offered]) -> Iterator[tuple[str, bytes]]:
    """Schematron, and what the publisher has compiled from it, which lies beside it."""
    offered = list(files)
    folders = {one.path.parent for one in offered if one.suffix == _RULES}
    for one in offered:
        if one.suffix == _RULES or (one.suffix in _COMPILED and one.path.parent in folders):
            yield file_name_of(one.path.name), one.read()


def _named(origin: str, files: Iterable[tuple[str, bytes]]) -> dict[str, bytes]:
    contents: defaultdict[str, set[bytes]] = defaultdict(set)
    for name, content in files:
        contents[name].add(content)
        if len(contents[name]) > 1:
            raise BadPackage(
                f"{origin}: Zwei verschiedene Dateien heißen {name}.",
                f"{origin}: two different files are called {name}.",
            )
    return {name: content for name, (content, *_) in contents.items()}


def _addresses(origin: str, files: Iterable[Offered]) -> Iterator[tuple[str, str]]:
    for one in files:
        if one.path.name != ADDRESSES:
            continue
        try:
            table = json.loads(one.read())
            pairs = [(address, file_name_of(name)) for address, name in table.items()]
        except (ValueError, AttributeError, TypeError):
            raise BadPackage(
                f"{origin}: {one.path} ist keine Tabelle von Adressen und Dateinamen.",
                f"{origin}: {one.path} is no table of addresses and file names.",
            ) from None
        yield from pairs
