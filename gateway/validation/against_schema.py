"""The stage `schema`: what libxml2 says, put right where it is wrong, and carried on where it stops."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from lxml import etree

from gateway.errors import Sentence
from gateway.submission import Actor, Finding, Severity
from gateway.validation.corrections import eased, forgivable, overlooked, stands
from gateway.validation.declarations import Caught, Declarations
from gateway.validation.engine import Engine
from gateway.validation.findings import explained
from gateway.validation.packages import Package
from gateway.validation.places import Fault, at
from gateway.validation.second import Opinion, Second
from gateway.validation.stages import SCHEMA, Outcome, Stage
from gateway.xml import Document

ENGINES_DISAGREE: Final = "engines-disagree"

_CONTENT: Final = etree.ErrorTypes.SCHEMAV_ELEMENT_CONTENT


class AgainstSchema:
    """One package's schema, and all that is known of it beyond what libxml2 checks; shared by all threads."""

    def __init__(self, package: Package, declarations: Declarations) -> None:
        self._declarations = declarations
        self._second = Second(package)
        self._judged_by = Sentence(
            f"{package.label}, Prüfsumme {package.digest[:12]}", f"{package.label}, digest {package.digest[:12]}"
        )
        self.passed: Final = Stage(SCHEMA, Outcome.PASSED, detail=self._judged_by)

    def prepare(self) -> bool:
        """Make ready what explaining takes, if it is not; whether there was something to do."""
        return self._second.prepare()

    def glance(self, document: Document, source: bytes, engine: Engine, doubtful: Sequence[Caught]) -> Stage | None:
        """The stage, passed, where that is quickly seen; None where it takes a longer look."""
        if not engine.accepts(document, source) or (doubtful and overlooked(doubtful)):
            return None
        return self.passed

    def judge(self, document: Document, source: bytes, engine: Engine, doubtful: Sequence[Caught]) -> Stage:
        """
        Whether a document is valid as Xerces sees it; `engine` is this thread's.

        `doubtful` are the document's elements at which libxml2 overlooks something.

        Raises HostileXml, NotChecked as `Engine.faults` does.
        """
        missed = overlooked(doubtful)
        faults: Sequence[Fault] = engine.faults(document, source, missed)
        if not faults and not missed:
            return self.passed
        if faults:
            faults = self._without_blanks(faults, missed, document.tree, engine)
        if not faults:
            return self._failed(missed, document, engine) if missed else self._passed_after(_BLANKS)
        return self._second_look([*faults, *missed], document, engine)

    def _without_blanks(
        self, faults: Sequence[Fault], missed: Sequence[Fault], root: etree._Element, engine: Engine
    ) -> Sequence[Fault]:
        """The faults that remain when dates and times have no white space around them."""
        other = eased(root, self._declarations)
        if other is None:
            return faults
        return engine.faults(Document(other), etree.tostring(other, encoding="utf-8"), missed)

    def _second_look(self, faults: Sequence[Fault], document: Document, engine: Engine) -> Stage:
        """
        libxml2 has complained: what the second engine says of it.

        A complaint that Xerces would not share is dropped where the second engine does not share it either.
        """
        opinion = self._second.opinion(document.tree)
        if opinion is None:
            return self._failed(faults, document, engine)
        shared = {fault.order for fault in opinion.faults}
        grave = [fault for fault in faults if fault.order in shared or not self._forgivable(fault, document.tree)]
        if not grave:
            return self._passed_after(_FORGIVEN)
        found = self._failed(_all_of(grave, opinion), document, engine)
        if not opinion.accepts or any(self._stands(fault, document.tree) for fault in grave):
            return found
        return replace(found, findings=(*found.findings, _DISAGREEMENT))

    def _forgivable(self, fault: Fault, root: etree._Element) -> bool:
        element = at(root, fault.place)
        return forgivable(fault, element, self._declarations.of(element))

    def _stands(self, fault: Fault, root: etree._Element) -> bool:
        element = at(root, fault.place)
        return stands(fault, element, self._declarations.of(element))

    def _failed(self, faults: Iterable[Fault], document: Document, engine: Engine) -> Stage:
        return Stage(SCHEMA, Outcome.FAILED, explained(faults, document, engine.names, self._label), self._judged_by)

    def _passed_after(self, correction: Sentence) -> Stage:
        by = self._judged_by
        return Stage(SCHEMA, Outcome.PASSED, detail=Sentence(f"{by.de}. {correction.de}", f"{by.en}. {correction.en}"))

    def _label(self, element: etree._Element) -> str | None:
        declared = self._declarations.of(element)
        return declared.label if declared else None


def _all_of(faults: Sequence[Fault], opinion: Opinion | None) -> list[Fault]:
    """libxml2's faults, and those of the second engine where libxml2 did not look: behind a wrong child."""
    if opinion is None:
        return list(faults)
    wrong = [fault.order for fault in faults if fault.kind == _CONTENT]
    known = {(fault.order, fault.kind) for fault in faults}
    more = [
        fault
        for fault in opinion.faults
        if (fault.order, fault.kind) not in known and any(_behind(order, fault) for order in wrong)
    ]
    return [*faults, *more]


def _behind(wrong: tuple[int, ...], fault: Fault) -> bool:
    """Whether a fault stands at or in a sibling from the wrong child on, or is what their parent lacks."""
    last = len(wrong) - 1
    if fault.order == wrong[:last]:
        return fault.kind == _CONTENT
    return len(fault.order) > last and fault.order[:last] == wrong[:last] and fault.order[last] >= wrong[last]


_BLANKS: Final = Sentence(
    "libxml2 lehnt Leerraum um Datum, Uhrzeit und manche Zahl ab, XML Schema erlaubt ihn.",
    "libxml2 rejects white space around dates, times and some numbers, XML Schema permits it.",
)
_FORGIVEN: Final = Sentence(
    "libxml2 lehnt eine Adresse oder einen festgelegten Wert ab, obwohl XML Schema ihn in dieser Schreibweise erlaubt.",
    "libxml2 rejects an address or a fixed value that XML Schema permits as it is written.",
)
_DISAGREEMENT: Final = Finding(
    ENGINES_DISAGREE,
    Sentence(
        "Zwei Prüfprogramme sind sich über dieses Dokument uneinig: libxml2 weist es zurück, xmlschema nicht. "
        "Es gilt als nicht gültig.",
        "Two engines disagree about this document: libxml2 rejects it, xmlschema does not. It counts as not valid.",
    ),
    severity=Severity.WARNING,
    actor=Actor.OPERATOR,
)
