"""
What a schema says of the elements of a document: how people call them, which types they have, which codes they carry.

Compiled schemas answer yes or no and keep the rest to themselves, so the documents of the package are read once more.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, TypeAlias

from lxml import etree

from gateway.validation.din91379 import DATATYPES
from gateway.validation.grammar import Attribute, CodeUse, Grammar, Kind, Place

__all__ = ["Attribute", "CodeUse", "Declaration", "Declarations", "Kind", "Sieve", "Sifted"]

XSI_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"
_RETYPED: Final = etree.XPath(
    "boolean((//*[@xsi:type])[1])", namespaces={"xsi": "http://www.w3.org/2001/XMLSchema-instance"}
)


OVERLOOKED: Final = frozenset(
    {Kind.ID, Kind.IDREF, Kind.BASE64, Kind.LIST, Kind.FLOAT, Kind.DURATION, Kind.URI, Kind.FIXED}
)
"""the kinds of elements at which libxml2 overlooks something"""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the schema says of one element."""

    label: str | None
    """what people call it, in German, as its annotation says; None where that says nothing short enough"""
    type_name: str | None
    """Clark name of its type, None where that has no name"""
    builtin: str | None
    """local name of the nearest built-in type of its text; None where it has no text, or a list or union of them"""
    item: str | None
    """where its text is a list: local name of the nearest built-in type of the items"""
    attributes: Mapping[str, Attribute]
    """by Clark name"""
    code: CodeUse | None
    characters: str | None
    """the datatype of DIN 91379 its text has: `A` to `E`, or `String.Latin` for its forerunner"""
    fixed: str | None
    kinds: frozenset[Kind]
    """what the element itself or one of its attributes can hold"""
    doubtful: bool = False
    """whether it is of a kind at which libxml2 overlooks something"""
    texts: tuple[tuple[str | None, str], ...] = ()
    """what of it has a datatype of DIN 91379: an attribute, or None for its own text, and the datatype"""


Sifted: TypeAlias = "tuple[tuple[etree._Element, Declaration], ...]"  # noqa: SLF001 - lxml has no other name for it
"""elements that are worth a second look, with what the schema says of them"""


class Declarations:
    """
    A package's declarations; built once, may be asked from any thread.

    `files` is a closed set of XSD documents as in a `Package`, `entry` the one that reaches all others.

    Raises BadPackage where a document is not well-formed.
    """

    def __init__(self, files: Mapping[str, bytes], entry: str) -> None:
        self._grammar: Final = Grammar(files, entry)
        self._declared: Final = {place: _declaration(place) for place in self._grammar.places}
        self._retyped: Final[dict[tuple[Place, str], Place]] = {}
        by_name = defaultdict[str, list[Place]](list)
        for place in self._grammar.places:
            by_name[place.tag].append(place)
        self._by_name: Final = dict(by_name)
        self._sieves: Final[dict[frozenset[Kind], Sieve]] = {}

    def of(self, element: etree._Element) -> Declaration | None:
        """
        What the schema says of an element of a document, by the way from the root to it; `xsi:type` is heeded.

        None for an element that the schema does not declare there, and below wildcards that ask for no declaration.
        """
        way = [element, *element.iterancestors()]
        way.reverse()
        place = self._grammar.roots.get(str(way[0].tag))
        for depth, step in enumerate(way):
            if depth and place:
                place = self._grammar.child(place, str(step.tag))
            if place is None:
                return None
            if other := step.get(XSI_TYPE):
                place = self._as(place, _clark(step, other))
        return self._declared[place] if place else None

    def names_of_interest(self, kind: Kind) -> frozenset[str]:
        """
        Clark names of all elements that can be of a kind, or have an attribute that is.

        A document that uses `xsi:type` may have others, because that turns an element into anything derived from its
        type; `sift` finds those, too.
        """
        return frozenset(self._sieve(frozenset({kind})))

    def sift(self, root: etree._Element, *kinds: Kind, source: bytes = b"") -> Sifted:
        """What `Sieve.sift` finds with the sieve for these kinds."""
        return self.sieve(*kinds).sift(root, source)

    def sieve(self, *kinds: Kind) -> Sieve:
        """A sieve that holds back elements of these kinds: make one for all that is needed, and keep it."""
        wanted = frozenset(kinds)
        sieve = self._sieves.get(wanted)
        if sieve is None:
            known = self._sieve(wanted)
            sieve = self._sieves[wanted] = Sieve(known, self._by_parent(known), wanted, self.of)
        return sieve

    def _sieve(self, kinds: frozenset[Kind]) -> dict[str, Declaration | None]:
        """
        The names that matter, with what the schema says of all elements of that name, where it says one thing only.

        Nowhere does it where a wildcard lets elements in of which nothing is asked: their names tell nothing.
        """
        blind = any(wildcard.skip for place in self._declared for wildcard in place.type.wildcards)
        sieve: dict[str, Declaration | None] = {}
        for name, places in self._by_name.items():
            several = [replace(self._declared[place], label=None) for place in places]
            if any(not kinds.isdisjoint(one.kinds) for one in several):
                alike = not blind and all(one == several[0] for one in several)
                sieve[name] = several[0] if alike else None
        return sieve

    def _by_parent(self, known: Mapping[str, Declaration | None]) -> dict[tuple[str, str], Declaration]:
        """Where a name does not tell, but the parent's name beside it does; parents with wildcards tell nothing."""
        open_ = {place.tag for place in self._declared if place.type.wildcards}
        several = defaultdict[tuple[str, str], list[Declaration]](list)
        for place in self._grammar.places:
            for tag, child in place.type.children.items():
                if place.tag not in open_ and tag in known and known[tag] is None:
                    several[tag, place.tag].append(replace(self._declared[child], label=None))
        return {pair: all_[0] for pair, all_ in several.items() if all(one == all_[0] for one in all_)}

    def _as(self, place: Place, name: str) -> Place:
        """An element whose `xsi:type` names another type; a type that the schema does not know changes nothing."""
        known = self._retyped.get((place, name))
        if known is None:
            type_ = self._grammar.types.get(name)
            if type_ is None:
                return place
            known = Place(place.tag, type_, place.label, place.fixed)
            self._declared[known] = _declaration(known)
            self._retyped[place, name] = known
        return known


class Sieve:
    """Names that matter, and the quickest way to the elements that have them."""

    def __init__(
        self,
        known: Mapping[str, Declaration | None],
        by_parent: Mapping[tuple[str, str], Declaration],
        wanted: frozenset[Kind],
        of: Callable[[etree._Element], Declaration | None],
    ) -> None:
        self._known: Final = known
        self._by_parent: Final = by_parent
        self._wanted: Final = wanted
        self._of: Final = of
        self._tags: Final = tuple(known)
        self._by_local = defaultdict[bytes, tuple[str, ...]](tuple)
        for tag in known:
            self._by_local[tag.rpartition("}")[2].encode()] += (tag,)
        self._local: Final = frozenset(self._by_local)

    def sift(self, root: etree._Element, source: bytes = b"") -> Sifted:
        """
        The elements of a document that are of a kind or have an attribute that is, in document order.

        One pass over the names of all elements, and the way from the root only where a name does not tell. The bytes
        the document was read from, if they are UTF-8, save most of the time. Labels are left out; `Declarations.of` has
        them.
        """
        if (not source or b":type" in source) and _RETYPED(root):
            return self._wanted_of((element, self._of(element)) for element in root.iter("*"))
        tags = self._tags
        if 0 < len(source) < _LARGE:  # then the bytes tell which few names to look for sooner than the tree does
            found = self._local.intersection(_NAMES.findall(source))
            if not found:
                return ()
            tags = tuple(tag for name in found for tag in self._by_local[name])
        if not tags:
            return ()
        known, by_parent, of, wanted = self._known, self._by_parent, self._of, self._wanted
        caught: list[tuple[etree._Element, Declaration]] = []
        for one in root.iter(*tags):
            declared = known[one.tag]  # type: ignore[index]  # iter gives elements only, whose tags are texts
            if declared is None:  # the name alone does not tell
                parent = one.getparent()
                declared = (parent is not None and by_parent.get((str(one.tag), str(parent.tag)))) or of(one)
                if declared is None or wanted.isdisjoint(declared.kinds):
                    continue
            caught.append((one, declared))
        return tuple(caught)

    def _wanted_of(self, found: Iterable[tuple[etree._Element, Declaration | None]]) -> Sifted:
        wanted = self._wanted
        return tuple((element, one) for element, one in found if one and not wanted.isdisjoint(one.kinds))


_LARGE: Final = 10_000
_NAMES: Final = re.compile(rb"<(?:[^\s/>!?:=]+:)?([^\s/>!?:=]+)")


def _declaration(place: Place) -> Declaration:
    type_ = place.type
    return Declaration(
        label=place.label,
        type_name=type_.name,
        builtin=type_.builtin,
        item=type_.item,
        attributes=MappingProxyType(type_.attributes),
        code=type_.code,
        characters=type_.characters,
        fixed=place.fixed,
        kinds=type_.kinds,
        doubtful=not OVERLOOKED.isdisjoint(type_.kinds),
        texts=tuple(_texts(type_.characters, type_.attributes)),
    )


def _texts(own: str | None, attributes: Mapping[str, Attribute]) -> Iterator[tuple[str | None, str]]:
    if own in DATATYPES:
        yield None, own or ""
    for name, attribute in attributes.items():
        if attribute.characters in DATATYPES:
            yield name, attribute.characters or ""


def _clark(element: etree._Element, name: str) -> str:
    prefix, _, local = name.strip().rpartition(":")
    namespace = element.nsmap.get(prefix or None)
    return f"{{{namespace}}}{local}" if namespace else local
