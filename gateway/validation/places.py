"""Where in a document something is wrong, and how that place is called without repeating what only the sender knows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from lxml import etree

XSD: Final = "{http://www.w3.org/2001/XMLSchema}"

_SHORT_PREFIX: Final = re.compile(r"[A-Za-z][\w.\-]{0,7}", re.ASCII)
"""of which a sender's program may choose any: too short to tell anything"""


class Step(NamedTuple):
    """One step down to an element: its name, its number among all siblings from 0 and among namesakes from 1."""

    tag: str
    number: int
    nth: int


Place = tuple[Step, ...]
"""The way from the root to an element, both included."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A complaint in libxml2's terms: the kind, its words (they quote the document), and the element it stands at."""

    kind: int
    kind_name: str
    words: str
    place: Place

    @property
    def order(self) -> tuple[int, ...]:
        """Sorts faults as their elements follow one another in the document."""
        return tuple(step.number for step in self.place)


class Names:
    """What the schema itself calls things: such names may be repeated, others show as `*`."""

    def __init__(self, documents: Iterable[etree._Element]) -> None:
        names: set[str] = set()
        prefixes: set[str | None] = set()
        for document in documents:
            prefixes |= document.nsmap.keys()
            names.update(name for one in document.iter(XSD + "*") if (name := one.get("name")) is not None)
        self.known: Final = frozenset(names)
        self._prefixes: Final = frozenset(prefixes)

    def of(self, element: etree._Element) -> str | None:
        """The local name of an element, None where the schema has no such name."""
        name = str(element.tag).rpartition("}")[2]
        return name if name in self.known else None

    def step(self, element: etree._Element) -> str | None:
        """The name with the document's own prefix; None where the schema has no such name."""
        name, prefix = self.of(element), element.prefix
        if name is None or prefix is None:
            return name
        shown = prefix in self._prefixes or _SHORT_PREFIX.fullmatch(prefix)
        return f"{prefix}:{name}" if shown else f"*:{name}"


def located(root: etree._Element, place: Place, names: Names) -> tuple[etree._Element, str]:
    """The element at a place, and its path: `/x:a/x:b[2]/c`, `*` for one that the schema does not know."""
    element, path = root, ""
    for depth, step in enumerate(place):
        element = element[step.number] if depth else root
        name = names.step(element)
        path += f"/*[{step.number + 1}]" if name is None else f"/{name}{_ordinal(element, step.nth)}"
    return element, path


class Paths:
    """The same for elements of one document whose places nobody noted."""

    def __init__(self, names: Names) -> None:
        self._names: Final = names
        self._known: Final[dict[etree._Element, str]] = {}

    def of(self, element: etree._Element) -> str:
        """The path of an element; what several have in common is put together once."""
        path = self._known.get(element)
        if path is None:
            parent = element.getparent()
            above = "" if parent is None else self.of(parent)
            path = self._known[element] = f"{above}/{self._step(element, parent)}"
        return path

    def _step(self, element: etree._Element, parent: etree._Element | None) -> str:
        name = self._names.step(element)
        if name is None:
            return f"*[{1 if parent is None else parent.index(element) + 1}]"
        return name if parent is None else f"{name}{_ordinal(element, _nth(element))}"


def at(root: etree._Element, place: Place) -> etree._Element:
    """The element at a place."""
    element = root
    for step in place[1:]:
        element = element[step.number]
    return element


def place_of(element: etree._Element) -> Place:
    """The place at which an element stands."""
    steps = [_step(one) for one in (element, *element.iterancestors())]
    return tuple(reversed(steps))


def _step(element: etree._Element) -> Step:
    parent = element.getparent()
    number = parent.index(element) if parent is not None else 0
    return Step(str(element.tag), number, _nth(element))


def _nth(element: etree._Element) -> int:
    return 1 + sum(1 for _ in element.itersiblings(str(element.tag), preceding=True))


def _ordinal(element: etree._Element, nth: int) -> str:
    alone = nth == 1 and next(element.itersiblings(str(element.tag)), None) is None
    return "" if alone else f"[{nth}]"
