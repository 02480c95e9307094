"""The includes and imports of a document, led somewhere else; everything else stays on its line, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from html import escape
from typing import Final

from lxml import etree

from gateway.validation.documents import IMPORT, INCLUDE, REDEFINE, SchemaDocument

_SKIPPED: Final = rb"!--(?s:.*?)-->|!\[CDATA\[(?s:.*?)\]\]>|\?(?s:.*?)\?>"
_REFERENCE: Final = rb"(?:[\w.\-]+:)?(?:include|import|redefine)\b(?:[^>\"']|\"[^\"]*\"|'[^']*')*>"
_TAG: Final = re.compile(rb"<(?:" + _SKIPPED + rb"|(?P<tag>" + _REFERENCE + rb"))")
_LOCATION: Final = re.compile(rb"(?<=\s)schemaLocation\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_CLOSED: Final = re.compile(rb"/\s*>\Z")


def redirected(document: SchemaDocument, locations: Sequence[str | None]) -> bytes:
    """
    The document with these locations for its references, in their order; None takes one out.

    A tree that is written again has each tag on one line, and a fault in line 4711 of the published document would be
    reported elsewhere. So the text is changed where it can be told for sure which tags are meant, and else the tree.
    """
    written = _in_text(document, locations)
    return _in_tree(document, locations) if written is None else written


def _in_text(document: SchemaDocument, locations: Sequence[str | None]) -> bytes | None:
    text = document.plain
    tags = [found for found in _TAG.finditer(text) if found["tag"]]
    if len(tags) != len(locations) or any(location is None for location in locations):
        return None
    pieces, end = [], 0
    for tag, location in zip(tags, locations, strict=True):
        assert location is not None
        pieces += [text[end : tag.start()], _led(tag[0], b'"' + escape(location).encode() + b'"')]
        end = tag.end()
    return b"".join([*pieces, text[end:]])


def _led(tag: bytes, location: bytes) -> bytes:
    attribute = b"schemaLocation=" + location
    changed, times = _LOCATION.subn(lambda _: attribute, tag)
    if times:
        return changed
    end = _CLOSED.search(tag)
    at = end.start() if end else len(tag) - 1
    return tag[:at] + b" " + attribute + tag[at:]


def _in_tree(document: SchemaDocument, locations: Sequence[str | None]) -> bytes:
    root = deepcopy(document.root)
    for element, location in zip(list(_references(root)), locations, strict=True):
        if location is None:
            root.replace(element, etree.Comment(" "))
        else:
            element.set("schemaLocation", location)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _references(root: etree._Element) -> Iterator[etree._Element]:
    return root.iterchildren(INCLUDE, IMPORT, REDEFINE)
