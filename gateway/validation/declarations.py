"""
What a schema says of the elements of a document: how people call them, which types they have, which codes they carry.

Compiled schemas answer yes or no and keep the rest to themselves, so the documents of the package are read once more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from lxml import etree

from gateway.validation.din91379 import DATATYPES
from gateway.validation.grammar import Attribute, CodeUse, Grammar, Kind, Place

__all__ = ["Attribute", "Caught", "CodeUse", "Declaration", "Declarations", "Kind", "Sieve", "Sifted"]

XSI_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"
_RETYPED: Final = etree.XPath("boolean(//@xsi:type)", namespaces={"xsi": "http://www.w3.org/2001/XMLSchema-instance"})


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
    doubtful_text: bool = False
    """whether libxml2 overlooks something at its text"""
    doubtful_attributes: Mapping[str, Attribute] = field(default_factory=dict)
    """and those of the attributes at which it does"""
    doubtful: bool = False
    """whether it does at any of them"""
    coded: bool = False
    """whether its code is for a list to judge, and not for the schema"""
    texts: tuple[tuple[str | None, str], ...] = ()
    """what of it has a datatype of DIN 91379: an attribute, or None for its own text, and the datatype"""


Caught: TypeAlias = "tuple[etree._Element, Declaration]"  # noqa: SLF001 - lxml has no other name for it
"""an element that is worth a second look, with what the schema says of it"""


class Sifted(NamedTuple):
    """What of a document is worth a second look, in document order; an element may be in several of these."""

    doubtful: list[Caught]
    """where libxml2 overlooks something"""
    coded: list[Caught]
    """with codes that the schema itself does not list"""
    worded: list[Caught]
    """with texts of a datatype of DIN 91379"""


class Declarations:
    """
    A package's declarations; built once, may be asked from any thread.

    `files` is a closed set of XSD documents as in a `Package`, `entry` the one that reaches all others.

    Raises BadPackage where a document is not well-formed.
    """

    def __init__(self, files: Mapping[str, bytes], entry: str) -> None:
        self._grammar: Final = Grammar(files, entry)
        self._declared: Final = {place: _declaration(place) for place in self._grammar.places}
        self._unlabelled: Final = {place: replace(one, label=None) for place, one in self._declared.items()}
        self._retyped: Final[dict[tuple[Place, str], Place]] = {}
        self._sieves: Final[dict[tuple[frozenset[Kind], str | None], Sieve]] = {}

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
        return self.sieve(kind).names

    def sift(self, root: etree._Element, *kinds: Kind) -> tuple[Caught, ...]:
        """What the sieve for these kinds catches, whatever it is looked at for."""
        return tuple(self.sieve(*kinds).caught(root))

    def sieve(self, *kinds: Kind, root: str | None = None) -> Sieve:
        """
        A sieve that holds back elements of these kinds; made once.

        `root` is the Clark name of the root that all its documents have, if they do: then fewer names matter, and more
        of them tell what they mean.
        """
        key = (frozenset(kinds), root)
        sieve = self._sieves.get(key)
        if sieve is None:
            below = self._below(root) if root else None
            if root and below is None:
                sieve = self.sieve(*kinds)
            else:
                sieve = Sieve(below or [*self._grammar.places], self._unlabelled, key[0], self.of)
            self._sieves[key] = sieve
        return sieve

    def _below(self, root: str) -> list[Place] | None:
        """Every place that a document with this root can have; None where a wildcard lets any element in."""
        waiting = [place for name, place in self._grammar.roots.items() if name == root]
        found = dict.fromkeys(waiting)
        while waiting:
            type_ = waiting.pop().type
            if any(not wildcard.skip for wildcard in type_.wildcards):
                return None
            new = [child for child in type_.children.values() if child not in found]
            found |= dict.fromkeys(new)
            waiting += new
        return [*found]

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
        places: Sequence[Place],
        declared: Mapping[Place, Declaration],
        wanted: frozenset[Kind],
        of: Callable[[etree._Element], Declaration | None],
    ) -> None:
        self._wanted: Final = wanted
        self._of: Final = of
        self._known: Final = _by_name(places, declared, wanted)
        self._by_parent: Final = _by_parent(places, declared, self._known)
        self._tags: Final = tuple(self._known)
        self._worth_preparing: Final = _BYTES_FOR_A_NAME * len(self._tags)
        self.names: Final = frozenset(self._tags)
        """the Clark names that matter"""

    def sift(self, root: etree._Element, source: bytes) -> Sifted:
        """
        What of a document is worth a second look, by what it is looked at for.

        One pass over the names of all elements, and the way from the root only where neither the name nor that of the
        parent tells. `source` are the bytes the document was read from, in UTF-8; they save some questions.
        """
        doubtful: list[Caught] = []
        coded: list[Caught] = []
        worded: list[Caught] = []
        elements, known, told = self._ready(root, source)
        for one in elements:
            declared = known.get(one.tag) or told(one)
            if declared is None:
                continue
            if declared.texts:
                worded.append((one, declared))
            if declared.coded:
                coded.append((one, declared))
            if declared.doubtful:
                doubtful.append((one, declared))
        return Sifted(doubtful, coded, worded)

    def caught(self, root: etree._Element) -> Iterator[Caught]:
        """The elements of a document that are of a kind or have an attribute that is, in document order."""
        elements, known, told = self._ready(root, b"")
        for one in elements:
            declared = known.get(one.tag) or told(one)
            if declared is not None:
                yield one, declared

    def _ready(
        self, root: etree._Element, source: bytes
    ) -> tuple[Iterable[etree._Element], Mapping[Any, Declaration | None], _Told]:
        """Where to look, what the name tells by itself, and who tells else; after `xsi:type` no name tells anything."""
        if (not source or b":type" in source) and _RETYPED(root):
            return root.iter("*"), {}, self._by_the_way
        return self._named(root, len(source)), self._known, self._by_the_parent

    def _named(self, root: etree._Element, size: int) -> Iterable[etree._Element]:
        """Elements of these names; libxml2 is quicker to compare names than Python, and slower to begin."""
        if size < self._worth_preparing:
            known = self._known
            return [one for one in root.iter("*") if one.tag in known]
        return root.iter(*self._tags) if self._tags else ()

    def _by_the_parent(self, element: etree._Element) -> Declaration | None:
        parent = element.getparent()
        told = None if parent is None else self._by_parent.get((str(element.tag), str(parent.tag)))
        return self._by_the_way(element) if told is None else self._if_wanted(told)

    def _by_the_way(self, element: etree._Element) -> Declaration | None:
        return self._if_wanted(self._of(element))

    def _if_wanted(self, declared: Declaration | None) -> Declaration | None:
        return None if declared is None or self._wanted.isdisjoint(declared.kinds) else declared


_Told: TypeAlias = "Callable[[etree._Element], Declaration | None]"  # noqa: SLF001 - lxml has no other name for it

_BYTES_FOR_A_NAME: Final = 45
"""of a document, in which as much time goes by as in preparing to look for one more name"""


def _by_name(
    places: Iterable[Place], declared: Mapping[Place, Declaration], kinds: frozenset[Kind]
) -> dict[str, Declaration | None]:
    """
    The names that matter, with what the schema says of all elements of that name, where it says one thing only.

    Nowhere does it where a wildcard lets elements in of which nothing is asked: their names tell nothing.
    """
    blind = False
    by_name = defaultdict[str, list[Declaration]](list)
    for place in places:
        by_name[place.tag].append(declared[place])
        blind = blind or any(wildcard.skip for wildcard in place.type.wildcards)
    return {
        name: several[0] if not blind and all(one == several[0] for one in several) else None
        for name, several in by_name.items()
        if any(not kinds.isdisjoint(one.kinds) for one in several)
    }


def _by_parent(
    places: Iterable[Place], declared: Mapping[Place, Declaration], known: Mapping[str, Declaration | None]
) -> dict[tuple[str, str], Declaration]:
    """Where a name does not tell, but the parent's name beside it does; parents with wildcards tell nothing."""
    open_ = {place.tag for place in places if place.type.wildcards}
    by_pair = defaultdict[tuple[str, str], list[Declaration]](list)
    for place in places:
        for tag, child in place.type.children.items():
            if place.tag not in open_ and tag in known and known[tag] is None:
                by_pair[tag, place.tag].append(declared[child])
    return {pair: several[0] for pair, several in by_pair.items() if all(one == several[0] for one in several)}


def _declaration(place: Place) -> Declaration:
    type_ = place.type
    doubtful = {name: one for name, one in type_.attributes.items() if not OVERLOOKED.isdisjoint(one.kinds)}
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
        doubtful_text=not OVERLOOKED.isdisjoint(type_.own_kinds),
        doubtful_attributes=MappingProxyType(doubtful),
        coded=Kind.CODE in type_.kinds,
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
