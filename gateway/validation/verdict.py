"""What came of judging a document: one of four endings, each with the stages that led to it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from gateway.errors import AmbiguousSchema, NotChecked, Sentence
from gateway.submission import Finding, Reading, Severity
from gateway.validation.packages import Package
from gateway.validation.reading import read
from gateway.validation.stages import Outcome, Stage
from gateway.xml import Document

MOST_SHOWN: Final = 50
"""findings of one document; the others are counted"""

MORE_FINDINGS: Final = "more-findings"


@dataclass(frozen=True)
class Valid:
    """One package knows the document and has nothing against it; `findings` are warnings only."""

    document: Document
    package: Package
    stages: tuple[Stage, ...] = ()
    findings: tuple[Finding, ...] = ()
    omitted: int = 0

    __match_args__ = ("reading", "document", "findings")

    @cached_property
    def reading(self) -> Reading:
        """What root and head tell; read when somebody asks."""
        return read(self.document, self.package)

    @property
    def valid(self) -> Literal[True]:
        return True


@dataclass(frozen=True, slots=True)
class Objected:
    """The document is valid by schema and rules, and something beyond them is wrong: it is turned away all the same."""

    reading: Reading
    findings: tuple[Finding, ...]
    stages: tuple[Stage, ...] = ()
    omitted: int = 0

    @property
    def valid(self) -> Literal[True]:
        return True


@dataclass(frozen=True, slots=True)
class Invalid:
    """No package knows the document, or the one that does rejects it; the reading goes as far as it could."""

    reading: Reading
    findings: tuple[Finding, ...]
    stages: tuple[Stage, ...] = ()
    omitted: int = 0

    @property
    def valid(self) -> Literal[False]:
        return False


@dataclass(frozen=True, slots=True)
class Undecided:
    """Nobody can say: several packages know the document, or an engine broke down."""

    reading: Reading
    findings: tuple[Finding, ...]
    stages: tuple[Stage, ...] = ()
    omitted: int = 0

    @property
    def valid(self) -> None:
        return None

    @property
    def error(self) -> NotChecked:
        """What stood in the way, to be raised."""
        broken = next(stage for stage in self.stages if stage.outcome is Outcome.ERROR)
        text = broken.findings[0].text if broken.findings else broken.detail
        ambiguous = any(finding.code == AmbiguousSchema.code for finding in broken.findings)
        return AmbiguousSchema(text.de, text.en) if ambiguous else NotChecked(text.de, text.en)


Verdict = Valid | Objected | Invalid | Undecided


def concluded(document: Document, package: Package, stages: tuple[Stage, ...], decisive: Collection[str]) -> Verdict:
    """
    What follows from the stages.

    A stage that broke down leaves the question open, unless one of the `decisive` ones has already failed: what is
    wrong stays wrong. Findings come in document order; beyond 50 they are counted in a last one.
    """
    found: list[Finding] = []
    failed = broke_down = False
    for stage in stages:
        found += stage.findings
        if stage.outcome is _FAILED:
            failed = failed or stage.name in decisive
        elif stage.outcome is _ERROR:
            broke_down = True
    if not (found or failed or broke_down):
        return Valid(document, package, stages)
    findings, omitted = _shown(found)
    if failed:
        return Invalid(read(document, package), findings, stages, omitted)
    if broke_down:
        return Undecided(read(document, package), findings, stages, omitted)
    if any(finding.severity is Severity.ERROR for finding in found):
        return Objected(read(document, package), findings, stages, omitted)
    return Valid(document, package, stages, findings, omitted)


_FAILED: Final = Outcome.FAILED
_ERROR: Final = Outcome.ERROR


def _shown(found: list[Finding]) -> tuple[tuple[Finding, ...], int]:
    found.sort(key=lambda finding: finding.line or 0)
    omitted = found[MOST_SHOWN:]
    if not omitted:
        return tuple(found), 0
    return (*found[:MOST_SHOWN], _more(omitted)), len(omitted)


def _more(omitted: Sequence[Finding]) -> Finding:
    number = len(omitted)
    errors = any(finding.severity is Severity.ERROR for finding in omitted)
    return Finding(
        MORE_FINDINGS,
        Sentence(
            f"Mindestens {number} weitere Befunde sind hier nicht aufgeführt.",
            f"At least {number} more findings are not listed here.",
        ),
        severity=Severity.ERROR if errors else Severity.WARNING,
    )
