"""
From the Schematron that people write to the plain one: no abstract patterns, no abstract rules, one phase.

ISO/IEC 19757-3, clause 5.4: an abstract pattern is a macro whose parameters are text; an abstract rule gives its
assertions to the rules that extend it. The standard looks for an abstract rule in the same pattern. Official rule sets
extend rules of other patterns (XHochschule 0.94), so those are found too, after the pattern's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

from gateway.validation.schematron.vocabulary import SCH, XSL, at_line_of, broken, children, elements
from gateway.validation.schematron.xpath import substituted

ALL: Final = "#ALL"
DEFAULT: Final = "#DEFAULT"
MOST_RULES: Final = 20_000
"""rules and assertions of a set after expansion; one that grows beyond it is no rule set but an attack"""


@dataclass(frozen=True, slots=True)
class Rule:
    """A concrete rule: where it applies, and its content with what it extends, lets before assertions."""

    element: etree._Element
    context: str
    content: tuple[etree._Element, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A concrete pattern that is active."""

    element: etree._Element
    lets: tuple[etree._Element, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Plain:
    """A rule set, ready to be written as a stylesheet."""

    schema: etree._Element
    lets: tuple[etree._Element, ...]
    """of the schema, and of the phase that is active"""
    patterns: tuple[Pattern, ...]
    foreign: tuple[etree._Element, ...]
    """XSLT of the author's own that belongs at the top"""


def expanded(name: str, schema: etree._Element, phase: str = DEFAULT) -> Plain:
    """
    The plain form of a schema in which all includes are resolved.

    Raises BadPackage for what refers to nothing, runs in a circle or grows without bound.
    """
    return _Expansion(name, schema).run(phase)


class _Expansion:
    def __init__(self, name: str, schema: etree._Element) -> None:
        self._name = name
        self._schema = schema
        self._room = MOST_RULES

    def run(self, phase: str) -> Plain:
        chosen = self._phase(phase)
        active = None if chosen is None else {each.get("pattern") for each in children(chosen, "active")}
        written = list(children(self._schema, "pattern"))
        for each in written:
            if each.get("documents") is not None:
                raise self._broken(
                    each,
                    "will andere Dokumente prüfen (documents); die Prüfung sieht nur das eine.",
                    "wants to judge other documents (documents); judging sees the one only.",
                )
        concrete = [self._instance(each) for each in written if each.get("abstract") != "true"]
        patterns = tuple(self._pattern(each) for each in concrete if active is None or each.get("id") in active)
        if active is not None and (missing := active - {each.get("id") for each in concrete}):
            raise self._broken(chosen, f"Unbekannte Muster: {missing}.", f"Unknown patterns: {missing}.")
        lets = [*children(self._schema, "let"), *(children(chosen, "let") if chosen is not None else ())]
        foreign = [each for parent in (self._schema, *concrete) for each in elements(parent) if _is_xslt(each)]
        keys = [each for parent in (self._schema, *concrete) for each in children(parent, "key")]
        return Plain(self._schema, tuple(lets), patterns, (*foreign, *keys))

    def _phase(self, phase: str) -> etree._Element | None:
        wanted = self._schema.get("defaultPhase", ALL) if phase == DEFAULT else phase
        if wanted in {ALL, DEFAULT, ""}:
            return None
        for each in children(self._schema, "phase"):
            if each.get("id") == wanted:
                return each
        raise self._broken(self._schema, f"Die Phase „{wanted}“ gibt es nicht.", f'There is no phase "{wanted}".')

    # ── abstract patterns ────────────────────────────────────────────────────────────────────────────────────────────

    def _instance(self, pattern: etree._Element) -> etree._Element:
        wanted = pattern.get("is-a")
        if wanted is None:
            return pattern
        for each in children(self._schema, "pattern"):
            if each.get("id") == wanted and each.get("abstract") == "true":
                return self._filled(each, pattern)
        raise self._broken(
            pattern, f"Das abstrakte Muster „{wanted}“ gibt es nicht.", f'There is no abstract pattern "{wanted}".'
        )

    def _filled(self, abstract: etree._Element, instance: etree._Element) -> etree._Element:
        values = {
            param.get("name", ""): param.get("value", "")
            for source in (abstract, instance)
            for param in children(source, "param")
        }
        filled = self._with(values, abstract)
        for name in ("abstract", "is-a"):
            filled.attrib.pop(name, None)
        if identity := instance.get("id"):
            filled.set("id", identity)
        for place, own in enumerate(each for each in elements(instance) if each.tag != f"{SCH}param"):
            filled.insert(place, self._with({}, own))
        return filled

    def _with(self, values: dict[str, str], element: etree._Element) -> etree._Element:
        self._take(element)
        copy = etree.Element(element.tag, nsmap=element.nsmap)
        copy.text, copy.tail = element.text, element.tail
        at_line_of(copy, element)
        for key, value in element.attrib.items():
            copy.set(key, substituted(str(value), values) if values else value)
        for child in elements(element):
            copy.append(self._with(values, child))
        return copy

    # ── abstract rules ───────────────────────────────────────────────────────────────────────────────────────────────

    def _pattern(self, pattern: etree._Element) -> Pattern:
        rules = tuple(
            Rule(each, self._context(each), tuple(self._content(pattern, each, ())))
            for each in children(pattern, "rule")
            if each.get("abstract") != "true"
        )
        return Pattern(pattern, tuple(children(pattern, "let")), rules)

    def _context(self, rule: etree._Element) -> str:
        context = rule.get("context", "")
        if not context.strip():
            raise self._broken(rule, "Eine Regel hat keinen Kontext.", "A rule has no context.")
        return context

    def _content(
        self, pattern: etree._Element, rule: etree._Element, above: tuple[str, ...]
    ) -> Iterator[etree._Element]:
        yield from (each for each in elements(rule) if _is_let(each))
        for each in elements(rule):
            if each.tag in {f"{SCH}assert", f"{SCH}report"}:
                self._take(each)
                yield each
            elif each.tag == f"{SCH}extends":
                wanted = each.get("rule", "")
                if wanted in above:
                    raise self._broken(
                        each, f"Die Regel „{wanted}“ erweitert sich selbst.", f'The rule "{wanted}" extends itself.'
                    )
                self._take(each)
                yield from self._content(pattern, self._abstract(pattern, wanted, each), (*above, wanted))

    def _abstract(self, pattern: etree._Element, wanted: str, reference: etree._Element) -> etree._Element:
        everywhere = self._schema.iter(f"{SCH}rule")
        for rule in (*children(pattern, "rule"), *everywhere):
            if rule.get("id") == wanted and rule.get("abstract") == "true":
                return rule
        raise self._broken(
            reference, f"Die abstrakte Regel „{wanted}“ gibt es nicht.", f'There is no abstract rule "{wanted}".'
        )

    def _take(self, element: etree._Element) -> None:
        self._room -= 1
        if self._room < 0:
            raise self._broken(element, "Die Regeln wachsen ohne Grenze.", "The rules grow without bound.")

    def _broken(self, element: etree._Element | None, de: str, en: str) -> Exception:
        return broken(self._name, element, de, en)


def _is_xslt(element: etree._Element) -> bool:
    return str(element.tag).startswith(XSL)


def _is_let(element: etree._Element) -> bool:
    return element.tag in {f"{SCH}let", f"{XSL}variable"}
