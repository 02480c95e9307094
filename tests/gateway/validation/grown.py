"""Documents grown from a schema: a valid message of each kind where a standard publishes none."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, Final

import xmlschema
from lxml import etree
from xmlschema.validators import XsdAnyElement, XsdElement, XsdGroup, XsdSimpleType

XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"

MOST_LEVELS: Final = 12
"""below which only what is required grows"""

_TEXTS: Final = (
    *("Muster", "Musterstadt", "1", "01", "0100", "2024", "86150", "12345678", "097610000000", "DE", "de", "a", "A1"),
    *("0b7c2f3e-5a51-4d1c-9a3e-1f2d3c4b5a69", "psw:01002110", "bab:09761000", "urn:muster:a:b", "true", "1.0", "0.5"),
    *("2024-02-29", "2024-02-29T12:00:00Z", "12:00:00", "2024-02", "--02-29", "P1D", "AAAA", "a@example.org", "+49 1"),
    *("https://example.org/a", "DE02120300000000202051", "10.5", "100", "-1", "0", "x/y", "1,2 3,4", "012345678901"),
    *("BYBDFAAA", "01002110", "99012070006000", "a.b", "text/xml", "application/pdf", "MUSTERXX", "abcdef0123456789"),
    *("0" * 40, "0" * 64, "1 2 3 4", "0 0", "00", "000", "12345", "123456", "1234567", "123456789", "12-34", "A", "M"),
)
"""tried one after the other for a type that has patterns"""


class Growing:
    """Grows documents of one schema; the same dice give the same documents."""

    def __init__(self, schema: xmlschema.XMLSchema10, dice: random.Random) -> None:
        self._schema: Final = schema
        self._dice: Final = dice
        self._texts: Final[dict[int, tuple[str, ...]]] = {}
        self._ids: list[str] = []
        self._references: list[tuple[etree._Element, str | None]] = []

    def document(self, namespace: str, root: str, wealth: float) -> etree._Element:
        """A document with what is required, and each optional thing with the probability `wealth`."""
        self._ids, self._references = [], []
        element = self._element(self._schema.maps.elements[f"{{{namespace}}}{root}"], wealth, 0)
        for referring, attribute in self._references:
            target = self._dice.choice(self._ids or [""])
            if attribute is None:
                referring.text = target
            else:
                referring.set(attribute, target)
        return element

    def _element(self, declared: XsdElement, wealth: float, level: int) -> etree._Element:
        element = etree.Element(declared.name)
        type_ = declared.type
        if type_.abstract:
            type_ = next(one for one in self._schema.maps.types.values() if one is not type_ and one.is_derived(type_))
            element.set(f"{{{XSI}}}type", str(type_.name).rpartition("}")[2])
        for name, attribute in declared.attributes.items():
            if name is None or attribute.type is None or attribute.use == "prohibited":
                continue
            if attribute.use == "required" or self._dice.random() < wealth:
                text = attribute.fixed or self._text(attribute.type, element, name)
                if text is not None:
                    element.set(name, text)
        content = type_ if isinstance(type_, XsdSimpleType) else type_.content
        if isinstance(content, XsdGroup):
            element.extend(self._children(content, wealth, level))
        elif isinstance(content, XsdSimpleType):
            element.text = declared.fixed or self._text(content, element, None)
        return element

    def _children(self, group: XsdGroup, wealth: float, level: int) -> Iterator[etree._Element]:
        for _ in range(self._times(group, wealth, level)):
            parts = list(group)
            if group.model == "choice":
                known = [part for part in parts if not isinstance(part, XsdAnyElement)]
                parts = [self._dice.choice(known)] if known else []
            for part in parts:
                if isinstance(part, XsdGroup):
                    yield from self._children(part, wealth, level)
                elif isinstance(part, XsdElement):
                    for _ in range(self._times(part, wealth, level)):
                        if (one := self._one_of(part)) is not None:
                            yield self._element(one, wealth * 0.9, level + 1)

    def _one_of(self, declared: XsdElement) -> XsdElement | None:
        """The element itself, or one that may stand in its place."""
        real = self._schema.maps.elements[declared.name] if declared.ref is not None else declared
        if not real.abstract:
            return declared
        others = sorted(self._schema.maps.substitution_groups.get(real.name, ()), key=lambda one: str(one.name))
        return others[0] if others else None

    def _times(self, part: XsdElement | XsdGroup, wealth: float, level: int) -> int:
        least, most = part.min_occurs, part.max_occurs
        if level >= MOST_LEVELS or self._dice.random() >= wealth:
            return least
        wanted = least + (self._dice.random() < 0.2) + (least == 0)
        return wanted if most is None else min(wanted, most)

    def _text(self, type_: XsdSimpleType, element: etree._Element, attribute: str | None) -> str | None:
        if _is(type_, "ID"):
            self._ids.append(f"id-{len(self._ids) + 1}")
            return self._ids[-1]
        if _is(type_, "IDREF"):
            self._references.append((element, attribute))
            return ""
        key = id(type_)
        if key not in self._texts:
            self._texts[key] = tuple(_some_texts(type_))
        return self._dice.choice(self._texts[key]) if self._texts[key] else None


def _is(type_: XsdSimpleType, builtin: str) -> bool:
    of: Any = type_
    while of is not None:
        if of.name == f"{{http://www.w3.org/2001/XMLSchema}}{builtin}":
            return True
        of = of.base_type
    return False


def _some_texts(type_: XsdSimpleType) -> Iterator[str]:
    if type_.enumeration:
        yield from map(str, type_.enumeration)
        return
    found = 0
    for text in _TEXTS:
        if _fits(type_, text):
            yield text
            found += 1
            if found == 5:
                return


def _fits(type_: XsdSimpleType, text: str) -> bool:
    try:
        return type_.is_valid(text)
    except (ArithmeticError, ValueError):  # out of numbers that are too large for it
        return False
