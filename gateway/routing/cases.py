"""Examples of the clerks' own: "this Antrag goes there", told in `cases.toml` and tried on the tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from gateway.errors import Sentence
from gateway.routing.door import Absence, Door, NoDoor, Question
from gateway.routing.strict import Section, read_bytes, read_toml
from gateway.routing.tables import Tables

CASES: Final = "cases.toml"
KEYS: Final = (
    "says",
    "root",
    "namespace",
    "leistung",
    "document_leistung",
    "ars",
    "place",
    "reader",
    "test",
    "day",
    "answer",
    "authority",
    "authorities",
)
ANSWERS: Final = ("open", "paused", *Absence)


@dataclass(frozen=True, slots=True)
class Case:
    """One example: the question, and the answer it must have."""

    says: str
    """the example in one sentence"""
    question: Question
    answer: str
    """`open`, `paused`, or the code of an absence"""
    authority: str | None
    """ARS of the one authority that is responsible, where the example names one"""
    authorities: int | None
    """how many are responsible, where the example counts them"""
    line: int

    def tried_on(self, tables: Tables) -> Sentence | None:
        """What came out differently; None where it goes as the example says."""
        found = tables.find(self.question)
        named = (found.authority,) if isinstance(found, Door) else found.authorities
        wrong = (
            _code(found) != self.answer
            or (self.authority is not None and [it.ars for it in named] != [self.authority])
            or (self.authorities is not None and len(named) != self.authorities)
        )
        return self._told(found) if wrong else None

    def _told(self, found: Door | NoDoor) -> Sentence:
        heard = found.because[-1]
        return Sentence(
            f"{CASES}, Zeile {self.line}: „{self.says}“ stimmt nicht. Erwartet war {self.answer}, "
            f"die Antwort ist {_code(found)}: {heard.de}",
            f"{CASES}, line {self.line}: “{self.says}” does not hold. Expected was {self.answer}, "
            f"the answer is {_code(found)}: {heard.en}",
        )


def read_cases(folder: Path, today: date) -> tuple[Case, ...]:
    """
    The examples in `folder`; one without a `day` is asked for today.

    Raises:
        BadTables: the file is missing or breaks its form.
    """
    document = read_toml(CASES, read_bytes(folder / CASES))
    document.only("case")
    return tuple(_case(section, today) for section in document.sections("case"))


def failing(cases: Iterable[Case], tables: Tables) -> tuple[Sentence, ...]:
    """What came out differently, one sentence per example."""
    tried = (case.tried_on(tables) for case in cases)
    return tuple(sentence for sentence in tried if sentence is not None)


def _case(section: Section, today: date) -> Case:
    section.only(*KEYS)

    def said(key: str) -> str | None:
        return section.text(key) if key in section.names() else None

    answer = section.text("answer")
    if answer not in ANSWERS:
        allowed = ", ".join(ANSWERS)
        raise section.where_is("answer").fault(f"Erlaubt sind: {allowed}.", f"Allowed are: {allowed}.")
    question = Question(
        day=section.day("day", today),
        root=said("root"),
        namespace=said("namespace"),
        leistung=said("leistung"),
        document_leistung=said("document_leistung"),
        ars=said("ars"),
        region=said("place"),
        reader=said("reader"),
        test=section.yes("test"),
    )
    authorities = section.whole("authorities", 1) if "authorities" in section.names() else None
    return Case(section.text("says"), question, answer, said("authority"), authorities, section.where.line)


def _code(found: Door | NoDoor) -> str:
    if isinstance(found, Door):
        return "paused" if found.paused else "open"
    return found.code
