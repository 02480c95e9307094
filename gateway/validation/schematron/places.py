"""From the numbers a worker answers with to a path with the document's own prefixes, and a line."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

_PLACE: Final = re.compile(r"(\d+(?:/\d+)*)?(?:([@t])(\d+))?")


def located(root: etree._Element, place: str) -> tuple[str, int | None] | None:
    """
    Path and line of a place such as `1/4/2` (the second child of the fourth child of the root).

    `@3` behind it is the third attribute by name, `t2` the second text. None where the document has no such place:
    then the answer is not about this document.
    """
    found = _PLACE.fullmatch(place)
    if found is None:
        return None
    steps = [int(step) for step in (found[1] or "").split("/") if step]
    if not steps:
        return "/", root.sourceline
    element, path = root, f"/{_name(root)}"
    if steps[0] != 1:
        return None
    for step in steps[1:]:
        if not 1 <= step <= len(element):
            return None
        element = element[step - 1]
        path += f"/{_name(element)}{_ordinal(element)}"
    if found[2] == "@":
        names = sorted(map(str, element.attrib), key=_by_namespace)
        if not 1 <= int(found[3]) <= len(names):
            return None
        path += f"/@{_prefixed(element, names[int(found[3]) - 1])}"
    elif found[2] == "t":
        path += "/text()" if found[3] == "1" else f"/text()[{found[3]}]"
    return path, element.sourceline


def _by_namespace(name: str) -> str:
    namespace, _, plain = name.rpartition("}")
    return f"{namespace.removeprefix('{')}}}{plain}"


def _name(element: etree._Element) -> str:
    plain = etree.QName(element).localname
    return f"{element.prefix}:{plain}" if element.prefix else plain


def _ordinal(element: etree._Element) -> str:
    before = sum(1 for _ in element.itersiblings(str(element.tag), preceding=True))
    alone = not before and next(element.itersiblings(str(element.tag)), None) is None
    return "" if alone else f"[{before + 1}]"


def _prefixed(element: etree._Element, name: str) -> str:
    namespace, _, plain = name.rpartition("}")
    if not namespace:
        return plain
    uri = namespace.removeprefix("{")
    prefixes = {known: prefix for prefix, known in element.nsmap.items() if prefix}
    prefix = "xml" if uri.endswith("XML/1998/namespace") else prefixes.get(uri)
    return f"{prefix}:{plain}" if prefix else plain
