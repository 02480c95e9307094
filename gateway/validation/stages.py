"""What was looked at while judging a document, and how each look ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.errors import Sentence
from gateway.submission import Finding


class Outcome(StrEnum):
    """How one stage of judging ended."""

    PASSED = "passed"
    """looked at whole, with nothing of severity error"""
    FAILED = "failed"
    """looked at, and something of severity error was found"""
    PARTIAL = "partial"
    """looked at as far as was possible: something it needs is not installed; a warning says what"""
    SKIPPED = "skipped"
    """not looked at: the package brings nothing for it, or an earlier stage failed"""
    ERROR = "error"
    """could not be looked at: the engine broke down, or ran out of time or memory; never counts as valid"""


_NOTHING_TO_SAY: Final = Sentence("", "")


@dataclass(frozen=True, slots=True)
class Stage:
    """One look at a document: its name (`schema`, `schematron`, `code-lists`, …), how it ended, what it found."""

    name: str
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    detail: Sentence = _NOTHING_TO_SAY
    """why it was skipped, partial or broke down; what it judged by, e.g. version and hash of the rules"""


WELL_FORMED: Final = "well-formed"
SCHEMA: Final = "schema"
SCHEMATRON: Final = "schematron"
CONVENTIONS: Final = "conventions"
CODE_LISTS: Final = "code-lists"
CHARACTERS: Final = "characters"
"""the names of the stages, in the order in which they are run"""
