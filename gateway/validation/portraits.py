"""
Who published these documents, and which of their elements are messages: read from the documents themselves.

XÖV documents name their standard and its version in an `appinfo`; some only fix the root attributes `standard` and
`version`. Documents that name none are a library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from gateway.errors import BadPackage
from gateway.validation.documents import XSD, SchemaDocument

_NUMBERED: Final = re.compile(r".*\.\d{3,7}")
_LEISTUNG: Final = re.compile(r"(?<!\d)99\d{12}(?!\d)", re.ASCII)
_LONGEST_TITLE: Final = 160


@dataclass(frozen=True, slots=True)
class Portrait:
    """What the documents of one namespace say of themselves."""

    standard: str | None
    name: str
    """the standard, or what a library is called after its documents"""
    version: str | None
    title: str
    source: str
    roots: Mapping[str, str]
    """local names of the messages, each with its title"""
    parts: frozenset[str]
    """the other elements that stand on the top level"""
    leistungen: Mapping[str, tuple[str, ...]]
    """the keys of services (99…, 14 digits) that a message's annotation names"""


def portrait(owner: str, namespace: str, documents: Sequence[SchemaDocument]) -> Portrait:
    """Raises BadPackage where documents of one namespace name different standards or versions."""
    told = [found for document in documents if (found := _appinfo(document)) is not None]
    standard = _one(owner, namespace, "nameKurz", (one.standard for one in told)) or _fixed(documents, "standard")
    version = _one(owner, namespace, "version", (one.version for one in told)) or _fixed(documents, "version")
    elements = {element.get("name", ""): element for document in documents for element in _elements(document)}
    if standard is None or version is None:
        name, version = _library(documents)
        return Portrait(None, name, version, name, namespace, {}, frozenset(elements), {})
    messages = _messages(elements, documents)
    return Portrait(
        standard=standard,
        name=standard,
        version=version,
        title=next((one.title for one in told if one.title), standard),
        source=next((f"{one.urn}_{version}" for one in told if one.urn), namespace),
        roots={name: _title(elements[name]) for name in messages},
        parts=frozenset(elements.keys() - messages),
        leistungen={name: keys for name in messages if (keys := _leistungen(elements[name]))},
    )


@dataclass(frozen=True, slots=True)
class _Told:
    standard: str | None
    version: str | None
    title: str | None
    urn: str | None


def _appinfo(document: SchemaDocument) -> _Told | None:
    for appinfo in document.root.iterfind(f"{XSD}annotation/{XSD}appinfo"):
        if (standard := _text(appinfo, "standard", "nameKurz")) is not None:
            return _Told(
                standard,
                _text(appinfo, "versionStandard", "version"),
                _text(appinfo, "standard", "nameLang"),
                _text(appinfo, "standard", "kennung"),
            )
    return None


def _text(element: etree._Element, *path: str) -> str | None:
    """The text at a path of local names: the profile's elements have had namespaces, and none."""
    for name in path:
        found = next((child for child in element.iterchildren("{*}" + name)), None)
        if found is None:
            return None
        element = found
    return " ".join("".join(element.itertext()).split()) or None


def _one(owner: str, namespace: str, what: str, values: Iterable[str | None]) -> str | None:
    found = sorted({value for value in values if value})
    if len(found) > 1:
        raise BadPackage(
            f"{owner}: Die Dokumente des Namensraums {namespace} nennen Verschiedenes als {what}: {', '.join(found)}.",
            f"{owner}: the documents of namespace {namespace} disagree about {what}: {', '.join(found)}.",
        )
    return found[0] if found else None


def _fixed(documents: Iterable[SchemaDocument], name: str) -> str | None:
    """The value that a root attribute is fixed to, where all declarations of it agree."""
    values = {
        attribute.get("fixed")
        for document in documents
        for attribute in document.root.iter(XSD + "attribute")
        if attribute.get("name") == name
    }
    return values.pop() if len(values) == 1 else None


def _library(documents: Sequence[SchemaDocument]) -> tuple[str, str | None]:
    """Called after the document that no other includes; the version is the schema's own attribute."""
    included = {reference.file_name for document in documents for reference in document.references}
    first = min(documents, key=lambda document: (document.name in included, len(document.name), document.name))
    return first.name.removesuffix(".xsd"), first.root.get("version") or None


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _elements(document: SchemaDocument) -> Iterator[etree._Element]:
    for element in document.root.iterchildren(XSD + "element"):
        if element.get("abstract") not in {"true", "1"}:
            yield element


def _messages(elements: Mapping[str, etree._Element], documents: Iterable[SchemaDocument]) -> list[str]:
    """
    A message's name ends in its number, or its `appinfo` has a title or a legal base, as the XÖV profile gives it.

    In a standard that numbers none, elements without either are messages too, unless another element refers to them.
    """
    marked = {name for name, element in elements.items() if _NUMBERED.fullmatch(name) or _is_marked(element)}
    if any(map(_NUMBERED.fullmatch, elements)):
        return sorted(marked)
    parts = {
        (element.get("ref") or "").rpartition(":")[2]
        for document in documents
        for element in document.root.iter(XSD + "element")
    }
    return sorted(marked | (elements.keys() - parts))


def _is_marked(element: etree._Element) -> bool:
    appinfo = element.find(f"{XSD}annotation/{XSD}appinfo")
    return appinfo is not None and any(
        appinfo.find(f"{{*}}{name}") is not None for name in ("title", "rechtsgrundlage")
    )


def _title(element: etree._Element) -> str:
    annotation = element.find(f"{XSD}annotation")
    if annotation is not None:
        appinfo = annotation.find(f"{XSD}appinfo")
        if appinfo is not None and (title := _text(appinfo, "title")):
            return title
        if documentation := _text(annotation, "documentation"):
            return _first_sentence(documentation)
    return element.get("name", "")


def _first_sentence(text: str) -> str:
    sentence = re.split(r"(?<=[a-zäöüß)]\.)\s", text, maxsplit=1)[0]
    return sentence if len(sentence) <= _LONGEST_TITLE else sentence[: _LONGEST_TITLE - 1].rsplit(" ", 1)[0] + " …"


def _leistungen(element: etree._Element) -> tuple[str, ...]:
    annotation = element.find(f"{XSD}annotation")
    said = "" if annotation is None else "".join(annotation.itertext())
    return tuple(dict.fromkeys(_LEISTUNG.findall(said)))
