"""
What engines complain about, kind by kind, in sentences for people.

Their own words quote the document, and so does the text around them. A sentence here is built from names and values
that the schema declares; what only the document knows is never repeated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from gateway.errors import Sentence
from gateway.validation.places import Fault

MOST_VALUES: Final = 10
"""of an enumeration that are listed"""

ID_TWICE: Final = -1
ID_MISSING: Final = -2
"""kinds of faults that libxml2 has no number for, because it does not look"""

_ATTRIBUTE: Final = re.compile(r"Element '[^']*'(, attribute|: The attribute) '(?:\{[^{}]*\})?([^'{}]+)'")
_EXPECTED: Final = re.compile(r"Expected is (?:one of )?\( ([^()]*) \)\.$")
_TYPE: Final = re.compile(r"type '(?:xs:|\{[^{}]*\})?([^'{}]+)'\.$")
_VALUE: Final = re.compile(r"'([^']*)'")
_INCOMPLETE: Final = ": Missing child element(s)."
_NAMESPACE: Final = re.compile(r"\{[^{}]*\}|\*|##\w+")


@dataclass(frozen=True, slots=True)
class Spot:
    """What may be said about a fault: the names that the schema knows, and None or nothing for all others."""

    element: str | None
    fault: Fault
    known: frozenset[str]

    @property
    def attribute(self) -> str | None:
        """The attribute that is wrong, or missing."""
        found = _ATTRIBUTE.match(self.fault.words)
        return found[2] if found and found[2] in self.known else None

    @property
    def type(self) -> str | None:
        """The simple type the value should have, of the schema's own or of XML Schema's."""
        found = _TYPE.search(self.fault.words)
        return found[1] if found and (found[1] in self.known or found[1] in _TYPES) else None

    @property
    def expected(self) -> list[str]:
        """The elements that could stand here."""
        listed = _EXPECTED.search(self.fault.words)
        names = _NAMESPACE.sub("", listed[1]).split(", ") if listed else []
        return [name for name in names if name in self.known]

    @property
    def concerns_attribute(self) -> bool:
        """Whether an attribute is wrong, and not the element itself."""
        return _ATTRIBUTE.match(self.fault.words) is not None

    @property
    def concerns_value(self) -> bool:
        """Whether a value is wrong that a person may have typed in; what is chosen from a list was not."""
        return self.fault.kind in _TYPED

    @property
    def permitted(self) -> list[str]:
        """The values of an enumeration of the schema; its own words come last, so that no value can pose as one."""
        _, introduced, listed = self.fault.words.rpartition(" is not an element of the set {")
        return _VALUE.findall(listed) if introduced else []

    @property
    def rule(self) -> str:
        """The clause of XML Schema that was broken, as `cvc-complex-type.3.2.1`."""
        if self.fault.kind == _T.SCHEMAV_ELEMENT_CONTENT:
            return "cvc-complex-type.2.4." + self._what_is_wrong_with_content
        return _RULES.get(self.fault.kind) or _clause(self.fault.kind_name)

    @property
    def _what_is_wrong_with_content(self) -> str:
        if _INCOMPLETE in self.fault.words:
            return "b"
        return "a" if "Expected is " in self.fault.words else "d"

    @property
    def subject(self) -> Sentence:
        """What the sentence is about: the attribute where the fault is one of an attribute, else the element."""
        de, en = _named("Element", "element", self.element)
        found = _ATTRIBUTE.match(self.fault.words)
        if found is None or found[1] == ": The attribute":
            return Sentence(f"Das {de}", f"The {en}")
        of_de, of_en = _named("Attribut", "attribute", self.attribute)
        return Sentence(f"Das {of_de} am {de}", f"The {of_en} of the {en}")


def _named(de: str, en: str, name: str | None) -> tuple[str, str]:
    return (f"{de} „{name}“", f'{en} "{name}"') if name else (f"unbekannte {de}", f"unknown {en}")


def sentence_about(spot: Spot) -> Sentence:
    """What is wrong."""
    return _CATALOGUE.get(spot.fault.kind, _something)(spot)


def expected_at(spot: Spot) -> Sentence | None:
    """What would have been right, where that is short to say."""
    if names := spot.expected:
        return _listed(names)
    if values := spot.permitted:
        return _listed(values) if len(values) <= MOST_VALUES else None
    return _FORMS.get(spot.type or "")


def _listed(names: Sequence[str]) -> Sentence:
    return Sentence(", ".join(f"„{name}“" for name in names), ", ".join(f'"{name}"' for name in names))


def _clause(kind_name: str) -> str:
    """`SCHEMAV_CVC_COMPLEX_TYPE_3_2_1` is `cvc-complex-type.3.2.1`."""
    words = kind_name.removeprefix("SCHEMAV_").lower()
    numbers = _NUMBERS.search(words)
    name = words[: numbers.start()] if numbers else words
    name = _FACET.sub(lambda facet: facet[1] + facet[2].capitalize(), name.replace("_", "-"))
    return name + (numbers[0].replace("_", ".") if numbers else "")


_Explain = Callable[[Spot], Sentence]


def _says(de: str, en: str) -> _Explain:
    """A sentence about the subject, which it begins with."""
    return lambda spot: Sentence(f"{spot.subject.de} {de}", f"{spot.subject.en} {en}")


def _content(spot: Spot) -> Sentence:
    expected = spot.expected
    if _INCOMPLETE in spot.fault.words:
        de, en = "ist unvollständig.", "is incomplete."
    elif spot.element in expected:
        return _says("steht im falschen Namensraum.", "is in the wrong namespace.")(spot)
    else:
        de, en = "wird hier nicht erwartet.", "is not expected here."
    if expected:
        de += " Erwartet wird: " + ", ".join(f"„{name}“" for name in expected) + "."
        en += " Expected: " + ", ".join(f'"{name}"' for name in expected) + "."
    return _says(de, en)(spot)


def _attribute_missing(spot: Spot) -> Sentence:
    de, en = _named("Attribut", "attribute", spot.attribute)
    return _says(f"braucht das {de}.", f"needs the {en}.")(spot)


def _value(spot: Spot) -> Sentence:
    kind = spot.type
    if kind is None:
        return _says("hat keinen zulässigen Wert.", "has no permitted value.")(spot)
    de, en = _TYPES.get(kind, (f"keinen Wert der Art „{kind}“", f'no value of type "{kind}"'))
    return _says(f"enthält {de}.", f"contains {en}.")(spot)


def _something(spot: Spot) -> Sentence:
    name = spot.fault.kind_name
    return _says(f"entspricht nicht dem Schema ({name}).", f"does not conform to the schema ({name}).")(spot)


_TYPES: Final = {
    "date": ("kein Datum der Form JJJJ-MM-TT", "no date of the form YYYY-MM-DD"),
    "dateTime": ("keinen Zeitpunkt der Form JJJJ-MM-TTThh:mm:ss", "no moment of the form YYYY-MM-DDThh:mm:ss"),
    "time": ("keine Uhrzeit der Form hh:mm:ss", "no time of the form hh:mm:ss"),
    "gYear": ("kein Jahr der Form JJJJ", "no year of the form YYYY"),
    "gYearMonth": ("keinen Monat der Form JJJJ-MM", "no month of the form YYYY-MM"),
    "boolean": ("weder true noch false", "neither true nor false"),
    "integer": ("keine ganze Zahl", "no whole number"),
    "int": ("keine ganze Zahl", "no whole number"),
    "nonNegativeInteger": ("keine ganze Zahl ab 0", "no whole number from 0"),
    "positiveInteger": ("keine ganze Zahl ab 1", "no whole number from 1"),
    "decimal": ("keine Dezimalzahl mit Punkt", "no decimal number with a point"),
    "base64Binary": ("keine Base64-Daten", "no Base64 data"),
    "anyURI": ("keine URI", "no URI"),
}
"""The built-in types of XML Schema that senders get wrong."""

_FORMS: Final = {
    "date": Sentence("JJJJ-MM-TT", "YYYY-MM-DD"),
    "dateTime": Sentence("JJJJ-MM-TTThh:mm:ss", "YYYY-MM-DDThh:mm:ss"),
    "time": Sentence("hh:mm:ss", "hh:mm:ss"),
    "gYear": Sentence("JJJJ", "YYYY"),
    "gYearMonth": Sentence("JJJJ-MM", "YYYY-MM"),
    "boolean": Sentence("true oder false", "true or false"),
    "decimal": Sentence("Ziffern, höchstens ein Punkt", "digits, at most one point"),
}
"""How a value of a built-in type is written."""

_T = etree.ErrorTypes

_NUMBERS: Final = re.compile(r"(?:_\d+)+$")
_FACET: Final = re.compile(r"(min|max|total|fraction)(length|inclusive|exclusive|digits)")
_RULES: Final = {ID_TWICE: "cvc-id.2", ID_MISSING: "cvc-id.1", _T.SCHEMAV_CVC_IDC: "cvc-identity-constraint"}

_TYPED: Final = frozenset(
    {
        _T.SCHEMAV_CVC_DATATYPE_VALID_1_2_1,
        _T.SCHEMAV_CVC_PATTERN_VALID,
        _T.SCHEMAV_CVC_LENGTH_VALID,
        _T.SCHEMAV_CVC_MINLENGTH_VALID,
        _T.SCHEMAV_CVC_MAXLENGTH_VALID,
        _T.SCHEMAV_CVC_MININCLUSIVE_VALID,
        _T.SCHEMAV_CVC_MINEXCLUSIVE_VALID,
        _T.SCHEMAV_CVC_MAXINCLUSIVE_VALID,
        _T.SCHEMAV_CVC_MAXEXCLUSIVE_VALID,
        _T.SCHEMAV_CVC_TOTALDIGITS_VALID,
        _T.SCHEMAV_CVC_FRACTIONDIGITS_VALID,
    }
)

_CATALOGUE: Final[dict[int, _Explain]] = {
    # what stands where
    _T.SCHEMAV_ELEMENT_CONTENT: _content,
    _T.SCHEMAV_CVC_COMPLEX_TYPE_2_1: _says("muss leer sein.", "must be empty."),
    _T.SCHEMAV_CVC_COMPLEX_TYPE_2_2: _says("darf keine Elemente enthalten.", "must not contain elements."),
    _T.SCHEMAV_CVC_COMPLEX_TYPE_2_3: _says(
        "darf außer Elementen keinen Text enthalten.", "must not contain text besides elements."
    ),
    _T.SCHEMAV_CVC_TYPE_3_1_2: _says("darf keine Elemente enthalten.", "must not contain elements."),
    _T.SCHEMAV_CVC_ELT_1: _says("ist im Schema nicht erklärt.", "is not declared in the schema."),
    _T.SCHEMAV_CVC_WILDCARD: _says("ist im Schema nicht erklärt.", "is not declared in the schema."),
    # attributes
    _T.SCHEMAV_CVC_COMPLEX_TYPE_4: _attribute_missing,
    _T.SCHEMAV_CVC_COMPLEX_TYPE_3_2_1: _says("ist nicht erlaubt.", "is not allowed."),
    _T.SCHEMAV_CVC_COMPLEX_TYPE_3_2_2: _says("ist nicht erlaubt.", "is not allowed."),
    _T.SCHEMAV_CVC_TYPE_3_1_1: _says("ist nicht erlaubt.", "is not allowed."),
    # values
    _T.SCHEMAV_CVC_DATATYPE_VALID_1_2_1: _value,
    _T.SCHEMAV_CVC_DATATYPE_VALID_1_2_2: _value,
    _T.SCHEMAV_CVC_DATATYPE_VALID_1_2_3: _value,
    _T.SCHEMAV_CVC_PATTERN_VALID: _says(
        "hat nicht die vorgeschriebene Form oder enthält unzulässige Zeichen.",
        "does not have the prescribed form or contains characters that are not permitted.",
    ),
    _T.SCHEMAV_CVC_ENUMERATION_VALID: _says(
        "hat einen Wert, der nicht in der Liste der zulässigen Werte steht.",
        "has a value that is not in the list of permitted values.",
    ),
    _T.SCHEMAV_CVC_LENGTH_VALID: _says("hat nicht die vorgeschriebene Länge.", "does not have the prescribed length."),
    _T.SCHEMAV_CVC_MINLENGTH_VALID: _says("ist leer oder zu kurz.", "is empty or too short."),
    _T.SCHEMAV_CVC_MAXLENGTH_VALID: _says("ist zu lang.", "is too long."),
    _T.SCHEMAV_CVC_MININCLUSIVE_VALID: _says("hat einen zu kleinen Wert.", "has too small a value."),
    _T.SCHEMAV_CVC_MINEXCLUSIVE_VALID: _says("hat einen zu kleinen Wert.", "has too small a value."),
    _T.SCHEMAV_CVC_MAXINCLUSIVE_VALID: _says("hat einen zu großen Wert.", "has too large a value."),
    _T.SCHEMAV_CVC_MAXEXCLUSIVE_VALID: _says("hat einen zu großen Wert.", "has too large a value."),
    _T.SCHEMAV_CVC_TOTALDIGITS_VALID: _says("hat zu viele Ziffern.", "has too many digits."),
    _T.SCHEMAV_CVC_FRACTIONDIGITS_VALID: _says("hat zu viele Nachkommastellen.", "has too many decimal places."),
    _T.SCHEMAV_CVC_AU: _says(
        "hat nicht den Wert, den das Schema festlegt.", "does not have the value that the schema fixes."
    ),
    _T.SCHEMAV_CVC_ELT_5_2_2_2_1: _says(
        "hat nicht den Wert, den das Schema festlegt.", "does not have the value that the schema fixes."
    ),
    _T.SCHEMAV_CVC_ELT_5_2_2_2_2: _says(
        "hat nicht den Wert, den das Schema festlegt.", "does not have the value that the schema fixes."
    ),
    _T.SCHEMAV_CVC_IDC: _says("verletzt eine Bedingung der Eindeutigkeit.", "breaks a condition of uniqueness."),
    ID_TWICE: _says(
        "hat eine Kennung (xs:ID), die im Dokument schon vergeben ist.",
        "has an identifier (xs:ID) that is in use elsewhere in the document.",
    ),
    ID_MISSING: _says(
        "verweist auf eine Kennung (xs:IDREF), die es im Dokument nicht gibt.",
        "refers to an identifier (xs:IDREF) that does not exist in the document.",
    ),
    # xsi:nil and xsi:type
    _T.SCHEMAV_CVC_ELT_3_1: _says(
        "darf nicht als leer (xsi:nil) gekennzeichnet sein.", "must not be marked empty (xsi:nil)."
    ),
    _T.SCHEMAV_CVC_ELT_3_2_1: _says(
        "ist als leer (xsi:nil) gekennzeichnet und ist es nicht.", "is marked empty (xsi:nil) and is not."
    ),
    _T.SCHEMAV_CVC_ELT_4_1: _says("nennt keinen gültigen Typ.", "names no valid type."),
    _T.SCHEMAV_CVC_ELT_4_2: _says(
        "nennt einen Typ, den das Schema nicht kennt.", "names a type the schema does not know."
    ),
    _T.SCHEMAV_CVC_ELT_4_3: _says(
        "nennt einen Typ, der hier nicht erlaubt ist.", "names a type that is not allowed here."
    ),
    _T.SCHEMAV_CVC_ELT_2: _says("ist abstrakt und darf nicht vorkommen.", "is abstract and must not occur."),
    _T.SCHEMAV_CVC_TYPE_2: _says("braucht einen nicht abstrakten Typ.", "needs a type that is not abstract."),
}
