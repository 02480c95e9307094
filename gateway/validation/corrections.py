"""
Where libxml2 is wrong about a document, by what the schema declares.

The reference is Xerces 2.12. Each rule here was found by giving both the same documents, with
`tests/drills/Xerces.java`. libxml2 is too lenient with identifiers, Base64, empty lists and a few numbers and
addresses, and too strict with white space around dates, times and infinite numbers. What is left has its reasons in
`tests/drills/verdicts.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from copy import deepcopy
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from lxml import etree

from gateway.validation.catalogue import ID_MISSING, ID_TWICE
from gateway.validation.declarations import Attribute, Caught, Declaration, Declarations, Kind
from gateway.validation.places import Fault, place_of

BLANK: Final = " \t\r\n"
_BLANK: Final = re.compile(f"[{BLANK}]+")
_NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"

_BASE64: Final = re.compile(
    r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?", re.ASCII
)
_BLANKS: Final = str.maketrans("", "", BLANK)
_FLOAT: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)?|-?INF|NaN", re.ASCII)
_BOOLEANS: Final = {"1": "true", "0": "false"}
_NUMBERS: Final = frozenset({"decimal", "integer", "int", "long", "short", "nonNegativeInteger", "positiveInteger"})
_ODD_ADDRESS: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.\-]*:(?:\#|$) | [^/?#]*//[^/?#]*\[(?!(?:[0-9A-Fa-f.]*:){2,7}[0-9A-Fa-f.]*\])",
    re.ASCII | re.VERBOSE,
)
"""nothing behind the scheme, or something else than numbers in brackets"""


class Value(NamedTuple):
    """One value in a document: the element, the attribute where it stands in one, its text and its built-in type."""

    element: etree._Element
    attribute: str | None
    text: str
    builtin: str


def overlooked(doubtful: Iterable[Caught]) -> list[Fault]:
    """What is wrong with the identifiers, Base64 data, lists and numbers among these elements."""
    look = _Look()
    for element, declared in doubtful:
        if declared.doubtful_text and element.get(_NIL) not in {"true", "1"}:
            look.at(element, None, element.text or "", declared)
        if declared.doubtful_attributes:
            for name, text in element.items():
                if attribute := declared.doubtful_attributes.get(str(name)):
                    look.at(element, str(name), str(text), attribute)
    return look.found()


class _Look:
    """Over the values of one document."""

    def __init__(self) -> None:
        self._faults: Final[list[Fault]] = []
        self._known: Final[set[str]] = set()
        self._references: Final[list[tuple[Value, str]]] = []

    def at(self, element: etree._Element, attribute: str | None, text: str, declared: Declaration | Attribute) -> None:
        """At a text, or at each item of a list of the schema's own; of a union nobody says which type is meant."""
        if declared.builtin:
            fixed = declared.fixed if attribute and Kind.FIXED in declared.kinds else None
            self._value(element, attribute, text, declared.builtin, fixed)
        elif declared.item:
            for item in _BLANK.split(text.strip(BLANK)):
                if item:
                    self._value(element, attribute, item, declared.item)

    def _value(
        self, element: etree._Element, attribute: str | None, text: str, builtin: str, fixed: str | None = None
    ) -> None:
        fits = _FITS.get(builtin)
        if builtin == "ID":
            self._identifier(Value(element, attribute, text.strip(BLANK), builtin))
        elif builtin in _REFERRING:
            value = Value(element, attribute, text, builtin)
            self._references.extend((value, name) for name in text.split())
        if fits is not None and not fits(text):
            self._faults.append(_not_of_type(Value(element, attribute, text, builtin)))
        elif fixed is not None and not _same(text, fixed, builtin):
            fault = _fault(Value(element, attribute, text, builtin), etree.ErrorTypes.SCHEMAV_CVC_AU, "SCHEMAV_CVC_AU")
            self._faults.append(fault)

    def _identifier(self, value: Value) -> None:
        if value.text in self._known:
            self._faults.append(_fault(value, ID_TWICE, "ID_TWICE"))
        self._known.add(value.text)

    def found(self) -> list[Fault]:
        """The faults: those of references last, because what they refer to may come after them."""
        missing = (
            _fault(value, ID_MISSING, "ID_MISSING") for value, name in self._references if name not in self._known
        )
        return [*self._faults, *missing]


_REFERRING: Final = frozenset({"IDREF", "IDREFS"})


def _is_base64(text: str) -> bool:
    return _BASE64.fullmatch(text.translate(_BLANKS)) is not None


def _is_filled(text: str) -> bool:
    return bool(text.strip(BLANK))


def _is_number(text: str) -> bool:
    return _FLOAT.fullmatch(text.strip(BLANK)) is not None


def _is_duration(text: str) -> bool:
    return not text.strip(BLANK).endswith(".S")


def _is_address(text: str) -> bool:
    return not _ODD_ADDRESS.match(text.strip(BLANK))


_FITS: Final[dict[str, Callable[[str], bool]]] = {
    "base64Binary": _is_base64,
    "NMTOKENS": _is_filled,
    "IDREFS": _is_filled,
    "ENTITIES": _is_filled,
    "float": _is_number,
    "double": _is_number,
    "duration": _is_duration,
    "anyURI": _is_address,
}
"""whether a value that libxml2 takes is one of its built-in type, as far as libxml2 is too lenient"""


def _same(text: str, fixed: str, builtin: str) -> bool:
    if builtin == "string":
        return text == fixed
    one, other = " ".join(text.split()), " ".join(fixed.split())
    if builtin == "boolean":
        return _BOOLEANS.get(one, one) == _BOOLEANS.get(other, other)
    if one == other or builtin not in _NUMBERS:
        return one == other
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return False


def _fault(value: Value, kind: int, kind_name: str, words: str = "") -> Fault:
    about = f"Element '{value.element.tag!s}'"
    if value.attribute:
        about += f", attribute '{value.attribute}'"
    return Fault(kind, kind_name, f"{about}: {words}", place_of(value.element))


def _not_of_type(value: Value) -> Fault:
    kind = etree.ErrorTypes.SCHEMAV_CVC_DATATYPE_VALID_1_2_1
    words = f"'' is not a valid value of the atomic type 'xs:{value.builtin}'."
    return _fault(value, kind, "SCHEMAV_CVC_DATATYPE_VALID_1_2_1", words)


# ── white space around dates and times ───────────────────────────────────────────────────────────────────────────────


def eased(root: etree._Element, declarations: Declarations) -> etree._Element | None:
    """The document without white space around its dates, times and floating-point numbers; None where there is none."""
    if not any(text != text.strip(BLANK) for _, _, text in _temporal(root, declarations)):
        return None
    copy = deepcopy(root)
    for element, attribute, text in _temporal(copy, declarations):
        if attribute is None:
            element.text = text.strip(BLANK)
        else:
            element.set(attribute, text.strip(BLANK))
    return copy


def _temporal(root: etree._Element, declarations: Declarations) -> list[tuple[etree._Element, str | None, str]]:
    found: list[tuple[etree._Element, str | None, str]] = []
    for element, declared in declarations.sift(root, *_EASED):
        if _holds_time(declared) and len(element) == 0:
            found.append((element, None, element.text or ""))
        for name, text in element.items():
            attribute = declared.attributes.get(str(name))
            if attribute and not _EASED.isdisjoint(attribute.kinds):
                found.append((element, str(name), str(text)))
    return found


def _holds_time(declared: Declaration) -> bool:
    """Whether the text itself may be one of those; of lists and unions only the kinds tell."""
    if declared.builtin:
        return declared.builtin in _TEMPORAL
    in_attributes = any(not _EASED.isdisjoint(attribute.kinds) for attribute in declared.attributes.values())
    return not _EASED.isdisjoint(declared.kinds) and not in_attributes


_EASED: Final = frozenset({Kind.TEMPORAL, Kind.FLOAT})
_TEMPORAL: Final = frozenset("date dateTime time gYear gYearMonth gMonth gMonthDay gDay duration float double".split())


# ── what libxml2 rejects and should not ──────────────────────────────────────────────────────────────────────────────

_ADDRESS: Final = re.compile(
    r"""(?: S:(?!/)Q++ | (?:S:)?//(?:[^/?#\[\]%]|H)*+(?:/P*+)? | (?:S:)?/P*+ | (?:[^:/?#\[\]%]|H)*+(?:/P*+)? )
        (?: \?Q*+ )? (?: \#Q*+ )?""".replace("P", r"(?:[^?#\[\]%]|H)")
    .replace("Q", r"(?:[^\#%]|H)")
    .replace("S", r"[A-Za-z][A-Za-z0-9+.\-]*+")
    .replace("H", r"%[0-9A-Fa-f]{2}"),
    re.VERBOSE,
)
"""an address by RFC 2396, where anything before the path may be a naming authority, and brackets stand in a query"""

_OF_ATTRIBUTE: Final = re.compile(r"Element '[^']*', attribute '([^']+)'")


def forgivable(fault: Fault, element: etree._Element, declared: Declaration | None) -> bool:
    """Whether Xerces takes what libxml2 complains of; to be heeded only where a second engine takes it, too."""
    of = _at_fault(fault, declared)
    text = _text_of(fault, element)
    if of is not None and fault.kind == etree.ErrorTypes.SCHEMAV_CVC_ELT_5_2_2_2_2:
        return of.builtin is not None and _same(element.text or "", of.fixed or "", of.builtin)
    if of is None or fault.kind not in _NOT_OF_TYPE:
        return False
    if of.item == "anyURI":
        return all(_ADDRESS.fullmatch(item) for item in _BLANK.split(text))
    return of.builtin == "anyURI" and _ADDRESS.fullmatch(text) is not None


def stands(fault: Fault, element: etree._Element, declared: Declaration | None) -> bool:
    """
    Whether Xerces shares the complaint, although xmlschema does not: a number in two pieces, an address that is none.

    What was overlooked by libxml2 stands as well: it was measured against Xerces.
    """
    if fault.kind in {ID_TWICE, ID_MISSING}:
        return True
    of = _at_fault(fault, declared)
    if fault.kind != etree.ErrorTypes.SCHEMAV_CVC_DATATYPE_VALID_1_2_1 or declared is None:
        return False
    return (of.builtin if of else None) in _LENIENT or len(_text_of(fault, element).split()) > 1


def _at_fault(fault: Fault, declared: Declaration | None) -> Declaration | Attribute | None:
    """What is declared of the attribute that a fault is about, or else of the element."""
    attribute = _OF_ATTRIBUTE.match(fault.words)
    return declared.attributes.get(attribute[1]) if declared and attribute else declared


def _text_of(fault: Fault, element: etree._Element) -> str:
    attribute = _OF_ATTRIBUTE.match(fault.words)
    return ((element.get(attribute[1]) if attribute else element.text) or "").strip(BLANK)


_NOT_OF_TYPE: Final = frozenset(
    {etree.ErrorTypes.SCHEMAV_CVC_DATATYPE_VALID_1_2_1, etree.ErrorTypes.SCHEMAV_CVC_DATATYPE_VALID_1_2_2}
)
_LENIENT: Final = frozenset({"anyURI", "ENTITY", "ENTITIES"})
"""of these types xmlschema takes anything"""
