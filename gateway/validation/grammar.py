"""
The types of a schema and the places where its elements may stand, as a graph that can be walked beside a document.

Types point to the places of their children and places to their types, so that a schema that contains itself is a small
circle and not an endless path.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from gateway.validation.components import XSD, Components, Node

XOEV_TEXT: Final = re.compile(
    r"\{urn:xoev-de:kosit:xoev:datentyp:din-(?:spec-)?91379_\d{4}-\d\d\}datatype([A-E])"
    r"|\{http://xoev\.de/latinchars/1_1/datatypes\}(String\.Latin)"
)
"""the datatypes of DIN 91379, of the DIN SPEC before it, and their forerunner"""

MOST_OF_A_LABEL: Final = 120


class Kind(StrEnum):
    """What an element or one of its attributes can hold that is worth a second look."""

    ID = "id"
    IDREF = "idref"
    BASE64 = "base64"
    TEMPORAL = "temporal"
    """dates, times and durations"""
    DURATION = "duration"
    FLOAT = "float"
    URI = "uri"
    """addresses that the schema does not fix"""
    FIXED = "fixed"
    """attributes whose value is fixed where they are referred to"""
    LIST = "list"
    """lists of names that must not be empty"""
    CODE = "code"
    """codes that the schema itself does not list"""
    CHARACTERS = "characters"
    """text of a datatype of DIN 91379 that only an annotation tells of, so that no pattern has looked at it"""
    NAMES = "names"
    """such text of datatype A, which has the fewest characters, or in an attribute"""


_KIND_OF: Final = {
    "ID": Kind.ID,
    "IDREF": Kind.IDREF,
    "IDREFS": Kind.IDREF,
    "base64Binary": Kind.BASE64,
    "float": Kind.FLOAT,
    "double": Kind.FLOAT,
    "NMTOKENS": Kind.LIST,
    "ENTITIES": Kind.LIST,
    "anyURI": Kind.URI,
} | dict.fromkeys(
    ("date", "dateTime", "time", "gYear", "gYearMonth", "gMonth", "gMonthDay", "gDay", "duration"), Kind.TEMPORAL
)


def _kinds_of(atoms: frozenset[str]) -> set[Kind]:
    kinds = {_KIND_OF[atom] for atom in atoms & _KIND_OF.keys()}
    return kinds | {Kind.DURATION} if "duration" in atoms else kinds


@dataclass(frozen=True, slots=True)
class Attribute:
    """What the schema says of one attribute."""

    label: str | None
    type_name: str | None
    """Clark name of its type, None where that has no name"""
    builtin: str | None
    """local name of the nearest built-in type"""
    item: str | None
    """where it is a list: local name of the nearest built-in type of its items"""
    kinds: frozenset[Kind]
    required: bool
    fixed: str | None
    characters: str | None


@dataclass(frozen=True, slots=True)
class CodeUse:
    """
    Which code list an element refers to.

    An element of such a type has the code in its child `child`. `uri` and `version` are what the schema says; where
    they are None, the message has to name them in its attributes `listURI` and `listVersionID`.
    """

    child: str
    """Clark name"""
    uri: str | None
    version: str | None
    column: str | None
    """the key column of the list that the codes are from, where the standard names it (`genutzteCodeSpalte`)"""
    enumerated: bool
    """whether the schema lists the codes itself, so that it has judged them already"""

    @property
    def type(self) -> int:
        """The code type as XÖV counts them: 1 all in the schema, 2 list fixed, 3 version open, 4 all open."""
        if self.uri is None:
            return 4
        if self.version is None:
            return 3
        return 1 if self.enumerated else 2


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Where elements of other origin may stand."""

    namespaces: str
    target: str
    skip: bool
    """whether nobody asks what is declared of them"""

    def admits(self, namespace: str) -> bool:
        """Whether an element of that namespace may stand here."""
        match self.namespaces:
            case "##any":
                return True
            case "##other":
                return namespace not in {"", self.target}
            case several:
                names = {"##targetNamespace": self.target, "##local": ""}
                return namespace in {names.get(name, name) for name in several.split()}


@dataclass(eq=False, slots=True)
class Type:
    """A type, simple or complex; what it inherits is in it. Filled once, then left alone."""

    name: str | None
    waiting: Node | None = None
    """where it is written, until it is filled"""
    builtin: str | None = None
    item: str | None = None
    atoms: frozenset[str] = frozenset()
    """the built-in types that its text can consist of: several for lists and unions"""
    enumerated: bool = False
    characters: str | None = None
    told: bool = False
    """whether only an annotation says which characters it has"""
    attributes: dict[str, Attribute] = field(default_factory=dict)
    children: dict[str, Place] = field(default_factory=dict)
    wildcards: tuple[Wildcard, ...] = ()
    list_uri: str | None = None
    list_version: str | None = None
    list_column: str | None = None

    @property
    def code(self) -> CodeUse | None:
        """The use of a code list, where the type is built like XÖV's `Code`, of whichever namespace."""
        uri, version = self.attributes.get("listURI"), self.attributes.get("listVersionID")
        child = next((tag for tag in self.children if tag.rpartition("}")[2] == "code"), None)
        if child is None or not (uri or version):
            return None
        return CodeUse(
            child=child,
            uri=(uri and uri.fixed) or (None if uri and uri.required else self.list_uri),
            version=(version and version.fixed) or (None if version and version.required else self.list_version),
            column=self.list_column,
            enumerated=self.children[child].type.enumerated,
        )

    @property
    def kinds(self) -> frozenset[Kind]:
        """What an element of this type or one of its attributes can hold."""
        return frozenset(self.own_kinds.union(*(attribute.kinds for attribute in self.attributes.values())))

    @property
    def own_kinds(self) -> frozenset[Kind]:
        """What an element of this type can hold, apart from its attributes."""
        own = _kinds_of(self.atoms)
        if self.told:
            own |= {Kind.CHARACTERS, Kind.NAMES} if self.characters == "A" else {Kind.CHARACTERS}
        if (code := self.code) and code.type > 1:
            own.add(Kind.CODE)
        return frozenset(own)


@dataclass(eq=False, slots=True)
class Place:
    """An element as declared at one place of the schema."""

    tag: str
    type: Type
    label: str | None
    fixed: str | None


class Grammar:
    """
    The graph of one package.

    Raises BadPackage where a document is not well-formed.
    """

    def __init__(self, files: Mapping[str, bytes], entry: str) -> None:
        self._components: Final = Components(files, entry)
        self._locals: Final[dict[tuple[object, str], Place]] = {}
        self._originals: Final[dict[str, Type]] = {}
        self._waiting: Final[list[Type]] = []
        self._members: Final = _substitutes(self._components)
        self.types: Final[dict[str, Type]] = {XSD + name: _builtin(name) for name in _BUILTINS}
        """every named type by Clark name, the built-in ones included"""
        self.types[XSD + "anyType"].wildcards = (Wildcard("##any", "", skip=False),)
        self.roots: Final[dict[str, Place]] = {}
        """every globally declared element by Clark name"""
        for name in self._components.all("element"):
            self._root(name)
        for kind in ("complexType", "simpleType"):
            for name in self._components.all(kind):
                self._type(name)
        while self._waiting:
            self._fill(self._waiting.pop())

    @property
    def places(self) -> Iterator[Place]:
        """Every place of an element in the schema, global ones first."""
        yield from self.roots.values()
        yield from self._locals.values()

    def child(self, place: Place, tag: str) -> Place | None:
        """Where a child of that Clark name stands; None where none is declared, or nobody asks for a declaration."""
        if found := place.type.children.get(tag):
            return found
        namespace = tag[1:].partition("}")[0] if tag.startswith("{") else ""
        for wildcard in place.type.wildcards:
            if wildcard.admits(namespace):
                return None if wildcard.skip else self.roots.get(tag)
        return None

    # ── elements ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _root(self, name: str) -> Place | None:
        if name not in self.roots and (node := self._components.all("element").get(name)):
            self.roots[name] = place = Place(name, self.types[XSD + "anyType"], _label(node), node.get("fixed"))
            place.type = self._type_of(node)
        return self.roots.get(name)

    def _local(self, node: Node) -> Place:
        key = (node.xsd, node.home.namespace)
        if key not in self._locals:
            tag = node.own_name(qualified=node.qualifies())
            self._locals[key] = Place(tag, self._type_of(node), _label(node), node.get("fixed"))
        return self._locals[key]

    def _type_of(self, node: Node) -> Type:
        """The type of an element or attribute: named, written in place, that of the head it replaces, or any."""
        if name := node.name_in("type"):
            return self._type(name)
        if inline := node.child("complexType", "simpleType"):
            return self._anonymous(inline)
        if (head := node.name_in("substitutionGroup")) and (place := self._root(head)):
            return place.type
        return self.types[XSD + ("anyType" if node.kind == "element" else "anySimpleType")]

    # ── types ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _type(self, name: str) -> Type:
        if name not in self.types:
            node = self._components.type(name)
            self.types[name] = Type(name, node)
            self._waiting.append(self.types[name])
        return self.types[name]

    def _anonymous(self, node: Node) -> Type:
        type_ = Type(None, node)
        self._waiting.append(type_)
        return type_

    def _base(self, type_: Type, derivation: Node) -> Type:
        """The type that another is derived from, filled."""
        name = derivation.name_in("base")
        if name is None:
            inline = derivation.child("simpleType")
            base = self._anonymous(inline) if inline else self.types[XSD + "anyType"]
        elif name == type_.name and (original := self._components.before_redefinition(name)):
            base = self._originals.setdefault(name, Type(None, original))
        else:
            base = self._type(name)
        self._fill(base)
        return base

    def _fill(self, type_: Type) -> None:
        node, type_.waiting = type_.waiting, None
        if node is None:
            return
        if node.kind == "simpleType":
            self._fill_simple(type_, node)
        else:
            self._fill_complex(type_, node)

    def _fill_simple(self, type_: Type, node: Node) -> None:
        if restriction := node.child("restriction"):
            self._inherit_text(type_, self._base(type_, restriction))
            type_.enumerated |= restriction.child("enumeration") is not None
        elif (variety := node.child("list", "union")) is not None:
            parts = [self._type(name) for name in _listed(variety)]
            parts += [self._anonymous(inline) for inline in variety.children("simpleType")]
            for part in parts:
                self._fill(part)
                type_.atoms |= part.atoms
            type_.item = parts[0].builtin if variety.kind == "list" and parts else None
        if official := XOEV_TEXT.fullmatch(type_.name or ""):
            type_.characters, type_.told = official[1] or official[2], False
        elif told := _told(node, "din91379"):
            type_.characters, type_.told = told, True

    def _fill_complex(self, type_: Type, node: Node) -> None:
        content = node.child("simpleContent", "complexContent")
        derivation = content.child("extension", "restriction") if content else None
        if content is None or derivation is None:
            self._model(type_, node, set())
        else:
            base = self._base(type_, derivation)
            type_.attributes.update(base.attributes)
            type_.list_uri, type_.list_version = base.list_uri, base.list_version
            type_.list_column = base.list_column
            self._inherit_text(type_, base)
            if derivation.kind == "extension":
                type_.children.update(base.children)
                type_.wildcards = base.wildcards
            elif content.kind == "simpleContent" and (inline := derivation.child("simpleType")):
                narrower = self._anonymous(inline)
                self._fill(narrower)
                self._inherit_text(type_, narrower)
            self._model(type_, derivation, set())
        self._list_facts(type_, node)

    def _inherit_text(self, type_: Type, base: Type) -> None:
        type_.builtin, type_.item, type_.atoms = base.builtin, base.item, base.atoms
        type_.enumerated, type_.characters, type_.told = base.enumerated, base.characters, base.told

    def _model(self, type_: Type, node: Node, inside: set[str]) -> None:
        """Children, wildcards and attributes below a node; `inside` are the groups it stands in."""
        for part in node.children():
            match part.kind:
                case "element":
                    self._add(type_, part)
                case "any":
                    skip = part.get("processContents") == "skip"
                    wildcard = Wildcard(part.get("namespace") or "##any", part.home.namespace, skip)
                    type_.wildcards = (*type_.wildcards, wildcard)
                case "sequence" | "choice" | "all":
                    self._model(type_, part, inside)
                case "group" | "attributeGroup":
                    name = part.name_in("ref")
                    group = self._components.all(part.kind).get(name or "")
                    if group and name and name not in inside:
                        self._model(type_, group, inside | {name})
                case "attribute":
                    self._attribute(type_, part)

    def _add(self, type_: Type, node: Node) -> None:
        name = node.name_in("ref")
        if name is None:
            place = self._local(node)
            type_.children[place.tag] = place
            return
        for substitute in (name, *self._members[name]):
            if place_ := self._root(substitute):
                type_.children.setdefault(substitute, place_)

    def _attribute(self, type_: Type, node: Node) -> None:
        name = node.name_in("ref")
        declared = self._components.all("attribute").get(name) if name else node
        name = name or node.own_name(qualified=node.qualifies(attribute=True))
        if node.get("use") == "prohibited":
            type_.attributes.pop(name, None)
            return
        value = self._type_of(declared) if declared else self.types[XSD + "anySimpleType"]
        self._fill(value)
        fixed = node.get("fixed") or (declared.get("fixed") if declared else None)
        kinds = _kinds_of(value.atoms) - ({Kind.URI} if fixed else set())
        if node.name_in("ref") and node.get("fixed"):
            kinds.add(Kind.FIXED)
        type_.attributes[name] = Attribute(
            label=_label(node) or (_label(declared) if declared else None),
            type_name=value.name,
            builtin=value.builtin,
            item=value.item,
            kinds=frozenset(kinds | ({Kind.CHARACTERS, Kind.NAMES} if value.told else set())),
            required=node.get("use") == "required",
            fixed=fixed,
            characters=value.characters,
        )

    def _list_facts(self, type_: Type, node: Node) -> None:
        """What XÖV writes beside a type that carries codes, for machines."""
        type_.list_uri = _told(node, "codeliste/kennung") or type_.list_uri
        type_.list_version = _told(node, "versionCodeliste/version") or type_.list_version
        type_.list_column = _told(node, "genutzteCodeSpalte") or type_.list_column


# ── annotations ──────────────────────────────────────────────────────────────────────────────────────────────────────

_SENTENCE: Final = re.compile(r"(?<=[^\W\d_]{3}\.)\s+(?=[A-ZÄÖÜ])")


def _told(node: Node, path: str) -> str | None:
    """A fact out of the annotations of a node that are meant for machines."""
    steps = "/".join("{*}" + step for step in path.split("/"))
    found = node.xsd.findtext(f"{XSD}annotation/{XSD}appinfo/{steps}")
    return (found or "").strip() or None


def _label(node: Node) -> str | None:
    """
    What people call it: a title, where the annotation has one, else what it says first, where that is short.

    Other languages than German count where there is nothing else.
    """
    if title := _told(node, "label") or _told(node, "title"):
        return title[:MOST_OF_A_LABEL]
    texts = list(node.xsd.iterfind(f"{XSD}annotation/{XSD}documentation"))
    texts.sort(key=lambda text: (text.get("{http://www.w3.org/XML/1998/namespace}lang") or "de") != "de")
    for text in texts:
        first = _SENTENCE.split(" ".join("".join(text.itertext()).split()), maxsplit=1)[0]
        if 0 < len(first) <= MOST_OF_A_LABEL:
            return first.removesuffix(".")
    return None


# ── what is built in ─────────────────────────────────────────────────────────────────────────────────────────────────

_BUILTINS: Final = (
    "anyType anySimpleType string normalizedString token language NMTOKEN NMTOKENS Name NCName ID IDREF IDREFS ENTITY "
    "ENTITIES boolean decimal integer nonPositiveInteger negativeInteger long int short byte nonNegativeInteger "
    "unsignedLong unsignedInt unsignedShort unsignedByte positiveInteger float double duration dateTime time date "
    "gYearMonth gYear gMonthDay gDay gMonth hexBinary base64Binary anyURI QName NOTATION"
).split()


def _builtin(name: str) -> Type:
    if name == "anyType":
        return Type(XSD + name)
    return Type(XSD + name, builtin=name, atoms=frozenset({name}))


def _listed(variety: Node) -> Iterator[str]:
    for attribute in ("itemType", "memberTypes"):
        for name in (variety.get(attribute) or "").split():
            yield variety.resolved(name)


def _substitutes(components: Components) -> Mapping[str, Iterable[str]]:
    """For each element those that may stand in its place, also indirectly."""
    direct: defaultdict[str, list[str]] = defaultdict(list)
    for name, node in components.all("element").items():
        if head := node.name_in("substitutionGroup"):
            direct[head].append(name)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for head in direct:
        waiting = list(direct[head])
        while waiting:
            name = waiting.pop()
            if name not in found[head]:
                found[head].append(name)
                waiting += direct.get(name, ())
    return found
