"""The stage `schema`: what libxml2 says, put right where it is wrong, and carried on where it stops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lxml import etree

from gateway.errors import Sentence
from gateway.submission import Actor, Finding, Severity
from gateway.validation.engine import Engine
from gateway.validation.findings import explained
from gateway.validation.packages import Package
from gateway.validation.places import Fault
from gateway.validation.second import Opinion, Second
from gateway.validation.stages import SCHEMA, Outcome, Stage
from gateway.xml import Document

ENGINES_DISAGREE: Final = "engines-disagree"

_CONTENT: Final = etree.ErrorTypes.SCHEMAV_ELEMENT_CONTENT


class AgainstSchema:
    """One package's schema, and all that is known of it beyond what libxml2 checks; shared by all threads."""

    def __init__(self, package: Package) -> None:
        self._second = Second(package)
        self._judged_by = Sentence(
            f"{package.label}, Prüfsumme {package.digest[:12]}", f"{package.label}, digest {package.digest[:12]}"
        )
        self.passed: Final = Stage(SCHEMA, Outcome.PASSED, detail=self._judged_by)

    def judge(self, document: Document, source: bytes, engine: Engine) -> Stage:
        """
        Whether a document is valid as Xerces sees it; `engine` is this thread's.

        Raises HostileXml, NotChecked as `Engine.faults` does.
        """
        faults = engine.faults(document, source)
        if not faults:
            return self.passed
        opinion = self._second.opinion(document.tree)
        found = explained(_all_of(faults, opinion), document, engine.names, _no_label)
        if opinion is not None and opinion.accepts:
            found = (*found, _DISAGREEMENT)
        return Stage(SCHEMA, Outcome.FAILED, found, self._judged_by)


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


def _no_label(_element: etree._Element) -> str | None:
    return None


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
