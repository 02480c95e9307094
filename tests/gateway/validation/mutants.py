"""
A corpus of mutants: real messages and grown ones, each changed in one way, the same ones every time.

What is right about a mutant nobody has written down. Engines are asked, and have to agree: xmlschema in `make test`,
Xerces in `make drill`.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import xmlschema
from lxml import etree
from xmlschema.validators import XsdElement, XsdSimpleType

from gateway.errors import GatewayError, NotXml, WrongEncoding
from gateway.validation import Outcome, Package, Schemas
from gateway.validation.installing import install
from tests.conftest import ROOT
from tests.gateway.validation import probe
from tests.gateway.validation.conftest import MANIFEST, SCHEMA
from tests.gateway.validation.grown import Growing
from tests.gateway.validation.mutations import MUTATIONS, Specimen, simple, written
from tests.gateway.validation.spellings import SPELLINGS
from tests.gateway.validation.values import AROUND, at_facets, values_of

OFFICIAL: Final = (
    "xoev-common",
    "xbau-kernmodul-1.2.2",
    "xbau-2.5",
    "xwasser-1.0.0",
    "xhochschule-1.2",
    "xbildung-1.2",
)
"""folders of the shared data; XBildung declares no messages and is judged as a part of those of XHochschule"""

PUBLISHED: Final = {"XWasser 1.0.0": "xwasser-1.0.0/samples", "XHochschule 1.2": "xhochschule-1.2/xml"}
"""where messages come along; those of XBau are grown"""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A document, the package it is judged by, and what was done to it."""

    package: str
    change: str
    document: bytes


@dataclass(frozen=True, slots=True)
class Difference:
    """A case in which another engine answers otherwise, and why that is right, or known."""

    changes: str
    """what was done to the document: a regular expression for the whole of it"""
    ours: str
    theirs: str
    because: str

    def explains(self, change: str, ours: str, theirs: str) -> bool:
        """Whether it is this case."""
        return (self.ours, self.theirs) == (ours, theirs) and re.fullmatch(self.changes, change) is not None


# ── the documents ────────────────────────────────────────────────────────────────────────────────────────────────────


def installed(official: Path, store: Path) -> Schemas:
    """The official packages and our own."""
    install(store, [official / name for name in OFFICIAL])
    return Schemas.load(store, ROOT / "xsd")


def stock(package: Package, official: Path, *, grown: int) -> Stock:
    """A package with its published messages or our examples, and two grown ones for so many of its roots."""
    if package.ours:
        folder = ROOT / "xsd" / package.standard.lower() / package.version / "examples" / "valid"
    else:
        folder = official / PUBLISHED.get(package.label, "none")
    return Stock(package, [path.read_bytes() for path in sorted(folder.glob("*.xml"))], grown=grown)


class Stock:
    """One package, its schema as xmlschema knows it, and valid messages to start from."""

    def __init__(self, package: Package, published: Sequence[bytes], *, grown: int) -> None:
        self.package: Final = package
        self.schema: Final = compiled(package)
        dice = random.Random(package.label)
        growing = Growing(self.schema, dice)
        roots = sorted(package.roots)
        trees = [
            growing.document(package.namespace, root, wealth)
            for root in dice.sample(roots, min(grown, len(roots)))
            for wealth in (0.2, 0.8)
        ]
        self.specimens: Final = [self._specimen(document) for document in (*published, *map(written, trees))]

    def mutants(self, each: int, share: float = 1.0) -> Iterator[Mutant]:
        """At most `each` mutants of every kind; of only a share of the kinds where that is asked for."""
        dice = random.Random(self.package.label)
        for change, mutation in (MUTATIONS | SPELLINGS).items():
            if dice.random() < share:
                own = random.Random(f"{self.package.label}: {change}")
                made = (mutation(own.choice(self.specimens), own) for _ in range(each))
                yield from (Mutant(self.package.label, change, document) for document in made if document is not None)
        places = _by_type(self.specimens)
        for name in sorted(places):
            if dice.random() < share:
                yield from self._with_other_values(places[name], each, random.Random(f"{self.package.label}: {name}"))

    def _with_other_values(self, places: list[Place], each: int, dice: random.Random) -> Iterator[Mutant]:
        """Values that were put in the place of others, by the type of that place."""
        for specimen, at, attribute, type_ in dice.sample(places, min(each, len(places))):
            builtin, values = values_of(type_)
            was = _value(list(specimen.tree.iter("*"))[at], attribute)
            facets = at_facets(type_, was)
            around = dice.choice(AROUND)
            others = {f"{value[:40]!r}": value for value in dice.sample(values, min(3, len(values)))}
            others |= {facet: facets[facet] for facet in dice.sample(sorted(facets), min(3, len(facets)))}
            others[f"in {around!r}"] = around.format(was)
            for change, value in others.items():
                where = f"{builtin} @" if attribute else builtin
                yield Mutant(self.package.label, f"{where} {change}", _put(specimen, at, attribute, value))

    def _specimen(self, document: bytes) -> Specimen:
        tree: Any = etree.fromstring(document, etree.XMLParser(remove_comments=True))
        declared: list[XsdElement] = []

        def seen(_: object, element: Any) -> bool:
            declared.append(element)
            return False

        faults = list(self.schema.iter_errors(tree, use_location_hints=False, validation_hook=seen))
        assert not faults, f"{self.package.label}: {faults[0]}"
        return Specimen(document, tree, declared)


Place = tuple[Specimen, int, str | None, XsdSimpleType]
"""a specimen, the number of an element in it, an attribute or None for the text, and its type"""


def _by_type(specimens: Sequence[Specimen]) -> dict[str, list[Place]]:
    """All places of simple values, by built-in type, type and attribute."""
    places: dict[str, list[Place]] = {}
    for specimen in specimens:
        for at, (element, declared) in enumerate(zip(specimen.tree.iter("*"), specimen.declared, strict=True)):
            for attribute, type_ in simple(element, declared):
                key = f"{values_of(type_)[0]} {type_.name or declared.name} {attribute or ''}"
                places.setdefault(key, []).append((specimen, at, attribute, type_))
    return places


def _value(element: etree._Element, attribute: str | None) -> str:
    return str(element.get(attribute) if attribute else element.text or "")


def _put(specimen: Specimen, at: int, attribute: str | None, value: str) -> bytes:
    tree = deepcopy(specimen.tree)
    one = list(tree.iter("*"))[at]
    if attribute:
        one.set(attribute, value)
    else:
        one.text = value
    return written(tree)


# ── the probe ────────────────────────────────────────────────────────────────────────────────────────────────────────


def probed(folder: Path) -> Schemas:
    """The schema of `probe` as a package, written to a folder."""
    package = folder / "t" / "1"
    package.mkdir(parents=True)
    schema = SCHEMA.format(namespace=probe.NAMESPACE, body=probe.BODY)
    (package / "t.xsd").write_text(schema)
    facts = {"standard": "T", "version": "1", "namespace": probe.NAMESPACE, "entry": "t.xsd"}
    facts |= {"facts": 'parts = ["datum", "zahl"]', "roots": '"a.b.0100" = "Probe"'}
    sealed = f'"t.xsd" = "{hashlib.sha256(schema.encode()).hexdigest()}"'
    (package / "manifest.toml").write_text(MANIFEST.format(files=sealed, **facts))
    return Schemas.load(folder)


def questions(*, facets: bool) -> Iterator[Mutant]:
    """Every value in every place of the probe, with or without those of types that facets restrict."""
    asked = [*probe.values(facets=facets), *probe.attributes(), *probe.shapes()]
    for change, body in asked:
        yield Mutant("T 1", change, f'<x:a.b.0100 xmlns:x="{probe.NAMESPACE}">{body}</x:a.b.0100>'.encode())


# ── the answers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def ours(schemas: Schemas, document: bytes) -> str:
    """What the gateway says of a document and its schema: valid, invalid, undecided, or why it refuses to say."""
    try:
        verdict = schemas.judge(document)
    except (NotXml, WrongEncoding):
        return "invalid"
    except GatewayError as refusal:
        return refusal.code
    schema = next(stage for stage in verdict.stages if stage.name == "schema")
    return {Outcome.PASSED: "valid", Outcome.FAILED: "invalid"}.get(schema.outcome, "undecided")


def of_xmlschema(schema: xmlschema.XMLSchema10, document: bytes) -> str:
    """What xmlschema says of it; an exception of any kind is a no."""
    try:
        faults = schema.iter_errors(BytesIO(document), use_location_hints=False)
        return "valid" if next(iter(faults), None) is None else "invalid"
    except Exception:  # noqa: BLE001 - it raises whatever comes
        return "invalid"


def compiled(package: Package) -> xmlschema.XMLSchema10:
    """A package as xmlschema knows it, from the same bundle."""
    with TemporaryDirectory(prefix="xsd-") as folder:
        unpacked(package, Path(folder))
        entry = str(Path(folder, package.entry))
        return xmlschema.XMLSchema10(entry, base_url=folder, allow="sandbox", defuse="never")


def unpacked(package: Package, folder: Path) -> None:
    """The documents of a package as files."""
    for name, content in package.files.items():
        (folder / name).write_bytes(content)


def unexplained(answers: Iterable[tuple[Mutant, str, str]], known: Sequence[Difference]) -> list[str]:
    """Where two engines differ and no known case says why."""
    return [
        f"{mutant.package}: {mutant.change}: we say {one}, they say {other}"
        for mutant, one, other in answers
        if one != other and not any(case.explains(mutant.change, one, other) for case in known)
    ]


def outdated(answers: Sequence[tuple[Mutant, str, str]], known: Sequence[Difference]) -> list[Difference]:
    """Known cases that no longer occur."""
    return [case for case in known if not any(case.explains(mutant.change, *two) for mutant, *two in answers)]
