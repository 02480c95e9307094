"""One assertion, as people are told of it: its id, how grave it is, and its sentence without the document's values."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from lxml import etree

from gateway.errors import Sentence
from gateway.submission import Severity
from gateway.validation.schematron.vocabulary import SCH, XML, local

LEFT_OUT: Final = "…"
"""stands where the rule's author wanted a value of the document"""

_LENIENT: Final = {"warn", "warning", "info", "information", "informational", "hint", "notice"}
_VALUES: Final = {"value-of", "name"}


@dataclass(frozen=True, slots=True)
class Check:
    """What a finding says where the assertion fails, or the report succeeds."""

    rule: str
    severity: Severity
    text: Sentence


@dataclass(frozen=True)
class Compiled:
    """A rule set as a stylesheet, which writes a line with number and place for each check that objects."""

    name: str
    stylesheet: bytes
    checks: tuple[Check, ...]
    """by number"""

    @cached_property
    def digest(self) -> str:
        """Hex SHA-256 of the stylesheet"""
        return hashlib.sha256(self.stylesheet).hexdigest()


def check(element: etree._Element, context: str, around: Iterable[etree._Element], diagnostics: Diagnostics) -> Check:
    """An `assert` or `report` as it is told; role and flag may be inherited from what stands around it."""
    identity = element.get("id") or unnamed(context, element.get("test", ""))
    return Check(identity, severity(element, *around), told(identity, said(element), diagnostics.of(element)))


class Diagnostics:
    """The texts of a schema that assertions refer to."""

    def __init__(self, schema: etree._Element) -> None:
        self._by_id = {each.get("id"): each for each in schema.iter(f"{SCH}diagnostic")}

    def of(self, element: etree._Element) -> list[tuple[str, str]]:
        """Language and text of each diagnostic named; what is named and not there is passed over."""
        found = [self._by_id.get(name) for name in (element.get("diagnostics") or "").split()]
        return [(each.get(f"{XML}lang", "de"), said(each)) for each in found if each is not None]


def told(identity: str, message: str, diagnostics: list[tuple[str, str]]) -> Sentence:
    """The rule's own words in German; in English a neutral sentence with the original, or an English diagnostic."""
    de = " ".join((message, *(text for language, text in diagnostics if not language.startswith("en")))).strip()
    en = " ".join(text for language, text in diagnostics if language.startswith("en"))
    neutral = f"The document breaks the rule {identity} of its standard."
    return Sentence(
        de or f"Das Dokument verletzt die Regel {identity} seines Standards.",
        en or (f"{neutral} In the words of the standard: {de}" if de else neutral),
    )


def unnamed(context: str, test: str) -> str:
    """An id for an assertion that has none: the same as long as context and test are the same."""
    return "rule-" + hashlib.sha256(f"{context}\n{test}".encode()).hexdigest()[:10]


def severity(*elements: etree._Element) -> Severity:
    """By the first role or flag that is written, from the assertion outwards; an error where none says otherwise."""
    for element in elements:
        for word in (element.get("role"), element.get("flag")):
            if word:
                return Severity.WARNING if word.strip().lower() in _LENIENT else Severity.ERROR
    return Severity.ERROR


def said(element: etree._Element) -> str:
    """The text of a message, on one line, with `…` for each value of the document."""
    return " ".join(_words(element).split())


def _words(element: etree._Element) -> str:
    if str(element.tag).startswith(SCH) and local(element) in _VALUES:
        return LEFT_OUT
    return (element.text or "") + "".join(_words(child) + (child.tail or "") for child in element.iterchildren("*"))
