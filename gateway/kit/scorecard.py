"""What came of an examination: a tier, each rule with its answer, and a page that can be filed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from gateway.adapter import Manifest
from gateway.errors import Sentence
from gateway.testing.rules import ASKED, REVIEWED


class Answer(StrEnum):
    """What became of a rule."""

    KEPT = "kept"
    BROKEN = "broken"
    EXEMPT = "exempt"
    STATED = "stated"
    """its author says it is kept; a reader has to judge"""

    @property
    def told(self) -> Sentence:
        """As people read it."""
        return _TOLD[self]


_TOLD: Final = {
    Answer.KEPT: Sentence("eingehalten", "kept"),
    Answer.BROKEN: Sentence("verletzt", "broken"),
    Answer.EXEMPT: Sentence("ausgenommen", "exempt"),
    Answer.STATED: Sentence("vom Hersteller erklärt", "stated by its author"),
}


class Tier(StrEnum):
    """How far an adapter can be trusted, as far as an examiner can see."""

    NONE = "none"
    BRONZE = "bronze"
    """nothing gets lost, doubled unseen or told"""
    SILVER = "silver"
    """and it bears what a whole Land sends"""
    GOLD = "gold"
    """and it knows the truth after a bad day, without any exemption"""

    @property
    def told(self) -> Sentence:
        """As people read it."""
        return _TIERS[self]


_TIERS: Final = {
    Tier.NONE: Sentence("keine Stufe", "no tier"),
    Tier.BRONZE: Sentence("Bronze", "bronze"),
    Tier.SILVER: Sentence("Silber", "silver"),
    Tier.GOLD: Sentence("Gold", "gold"),
}

FOR_SILVER: Final = frozenset({"recognises-repetition", "works-at-once", "streams-attachments", "forgets-what-is-done"})
FOR_GOLD: Final = frozenset({"tells-the-truth-when-asked", "survives-a-hostile-vendor"})
"""What the higher tiers ask for; bronze asks for everything else. An exemption counts as kept, but not for gold."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """One rule, what became of it, and why where that has to be said."""

    rule: str
    answer: Answer
    because: str = ""

    @property
    def says(self) -> str:
        """The rule itself."""
        return {**ASKED, **REVIEWED}[self.rule]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """An adapter's examination of one day."""

    manifest: Manifest
    version: str
    gateway: str
    day: date
    deliveries: int
    rulings: Sequence[Ruling]

    @property
    def tier(self) -> Tier:
        """The highest whose rules are all kept."""
        bad = {one.rule for one in self.rulings if one.answer is Answer.BROKEN}
        exempt = {one.rule for one in self.rulings if one.answer is Answer.EXEMPT}
        if bad - FOR_SILVER - FOR_GOLD:
            return Tier.NONE
        if bad & FOR_SILVER:
            return Tier.BRONZE
        return Tier.SILVER if bad or exempt else Tier.GOLD

    @property
    def good(self) -> bool:
        """Whether no rule is broken."""
        return all(one.answer is not Answer.BROKEN for one in self.rulings)

    def as_json(self) -> Mapping[str, Any]:
        """For machines."""
        return {
            "adapter": self.manifest.name,
            "version": self.version or None,
            "vendor": self.manifest.vendor,
            "product": self.manifest.product,
            "interface": self.manifest.interface,
            "gateway": self.gateway,
            "day": self.day.isoformat(),
            "deliveries": self.deliveries,
            "tier": self.tier.value,
            "rules": [
                {"rule": one.rule, "says": one.says, "answer": one.answer.value, "because": one.because or None}
                for one in self.rulings
            ],
        }
