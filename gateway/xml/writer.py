"""XML that the gateway writes itself: elements in, a document out; what stands in them can never become markup."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from lxml import etree


@dataclass(frozen=True, slots=True)
class Element:
    """An element: its name as `prefix:local` or `local`, its attributes by name, and its text or its children."""

    name: str
    content: str | tuple[Element, ...] = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


def written(root: Element, prefixes: Mapping[str, str], *, indented: bool = True) -> bytes:
    """
    The document in UTF-8, with `prefixes` (prefix → namespace) declared at its root; a name without one has none.

    Indented for people, unless blanks between elements would mean something. Characters that XML forbids are written
    as `?`. Raises ValueError where a name is none, or its prefix is unknown.
    """
    tree = etree.Element(_qualified(root.name, prefixes), nsmap=dict(prefixes))
    _fill(tree, root, prefixes)
    return etree.tostring(tree, encoding="UTF-8", xml_declaration=True, pretty_print=indented)


def _fill(element: etree._Element, described: Element, prefixes: Mapping[str, str]) -> None:
    for name, value in described.attributes.items():
        element.set(_qualified(name, prefixes), _FORBIDDEN.sub("?", value))
    if isinstance(described.content, str):
        element.text = _FORBIDDEN.sub("?", described.content)
        return
    for child in described.content:
        _fill(etree.SubElement(element, _qualified(child.name, prefixes)), child, prefixes)


def _qualified(name: str, prefixes: Mapping[str, str]) -> str:
    prefix, colon, local = name.rpartition(":")
    if not colon:
        return name
    if prefix not in prefixes:
        raise ValueError(name)
    return f"{{{prefixes[prefix]}}}{local}"


_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""XML 1.0, production 2"""
