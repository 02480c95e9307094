"""The files of a rule set: a closed set of documents that refer to nothing but each other."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Final

from lxml import etree

from gateway.errors import BadPackage
from gateway.validation.schematron.vocabulary import SCH, XML, XSL, at_line_of, broken, elements
from gateway.xml.gate import HARDENED

MOST_DEPTH: Final = 16
"""includes within includes, beyond which a set of files is taken for a circle"""


class Sources:
    """Files by name, each parsed once. Raises BadPackage for one that is no XML or carries a document type."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._roots: Final = {name: _read(name, content) for name, content in sorted(files.items())}

    def __getitem__(self, name: str) -> etree._Element:
        return self._roots[name]

    def schemas(self) -> tuple[str, ...]:
        """The files that are whole rule sets; fragments that others include are not."""
        return tuple(name for name, root in self._roots.items() if root.tag == f"{SCH}schema")

    def stylesheets(self) -> tuple[str, ...]:
        return tuple(name for name, root in self._roots.items() if root.tag in {f"{XSL}stylesheet", f"{XSL}transform"})

    def referred(self, name: str, reference: etree._Element) -> tuple[str, etree._Element]:
        """
        What an `href` means: the file it names and the element in it.

        An address is a name: looked for beside the file that refers to it, then as it stands, then by its last part.
        Raises BadPackage where no file of the set answers to it, or more than one.
        """
        href, _, fragment = reference.get("href", "").partition("#")
        target = self._named(name, href, reference) if href else name
        root = self._roots[target]
        if not fragment:
            return target, root
        found = [element for element in root.iter("*") if fragment in {element.get("id"), element.get(f"{XML}id")}]
        if len(found) != 1:
            raise broken(
                name,
                reference,
                f"verweist auf „{href}#{fragment}“; diese Kennung steht dort {len(found)}-mal.",
                f'refers to "{href}#{fragment}"; that id stands there {len(found)} times.',
            )
        return target, found[0]

    def _named(self, name: str, href: str, reference: etree._Element) -> str:
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(name), href))
        for candidate in (beside, href):
            if candidate in self._roots:
                return candidate
        last = posixpath.basename(href)
        found = [each for each in self._roots if posixpath.basename(each) == last]
        if len(found) != 1:
            raise broken(
                name,
                reference,
                f"verweist auf „{href}“; unter diesem Namen liegen {len(found)} Dateien bei.",
                f'refers to "{href}"; {len(found)} files of that name are enclosed.',
            )
        return found[0]

    def included(self, name: str) -> etree._Element:
        """A copy of a schema with every `include` and every `extends href` replaced by what it names."""
        return self._filled(name, self._roots[name], 0)

    def _filled(self, name: str, element: etree._Element, depth: int) -> etree._Element:
        if depth > MOST_DEPTH:
            raise broken(name, element, "bindet sich im Kreis ein.", "includes itself in a circle.")
        copy = _bare(element)
        for child in element.iterchildren():
            copy.extend(self._replaced(name, child, depth))
        return copy

    def _replaced(self, name: str, child: etree._Element, depth: int) -> Iterator[etree._Element]:
        if not isinstance(child.tag, str):
            return
        if child.tag == f"{SCH}include":
            target, found = self.referred(name, child)
            if found.tag == f"{SCH}schema":
                raise broken(
                    name,
                    child,
                    "bindet ein ganzes Schematron-Schema ein, wo nur ein Teil stehen kann.",
                    "includes a whole Schematron schema where only a part can stand.",
                )
            yield _with_tail(self._filled(target, found, depth + 1), child)
        elif child.tag == f"{SCH}extends" and child.get("href") is not None:
            target, found = self.referred(name, child)
            if found.tag != f"{SCH}rule":
                raise broken(name, child, "erweitert etwas, das keine Regel ist.", "extends what is no rule.")
            yield from list(self._filled(target, found, depth + 1))
        elif child.tag.startswith(SCH):
            yield _with_tail(self._filled(name, child, depth), child)
        else:
            yield _with_tail(_copied(child), child)


def _bare(element: etree._Element) -> etree._Element:
    copy = etree.Element(element.tag, attrib=dict(element.attrib), nsmap=element.nsmap)
    copy.text = element.text
    return at_line_of(copy, element)


def _copied(element: etree._Element) -> etree._Element:
    copy = _bare(element)
    for child in elements(element):
        copy.append(_with_tail(_copied(child), child))
    return copy


def _with_tail(copy: etree._Element, original: etree._Element) -> etree._Element:
    copy.tail = original.tail
    return copy


def _read(name: str, content: bytes) -> etree._Element:
    parser = etree.XMLParser(**{**HARDENED, "encoding": None, "remove_pis": True})
    try:
        root: etree._Element = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as refusal:
        raise BadPackage(
            f"{name} ist kein wohlgeformtes XML ({refusal.msg}).", f"{name} is not well-formed XML ({refusal.msg})."
        ) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadPackage(
            f"{name} hat eine Dokumenttyp-Deklaration; bitte ohne sie einspielen.",
            f"{name} has a document type declaration; please install it without.",
        )
    return root
