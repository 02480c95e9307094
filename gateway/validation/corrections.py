"""
Where libxml2 is wrong about a document, by what the schema declares.

The reference is Xerces 2.12. Each rule here was found by giving both the same documents, with
`tests/drills/Xerces.java`. libxml2 is too lenient with identifiers, Base64, empty lists and a few numbers and
addresses, and too strict with white space around dates and times. One difference is left: Xerces takes `--01--` for a
gMonth, as the first edition of XML Schema did.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from typing import Final, NamedTuple

from lxml import etree

from gateway.validation.catalogue import ID_MISSING, ID_TWICE
from gateway.validation.declarations import Caught, Declaration, Declarations, Kind
from gateway.validation.places import Fault, place_of

BLANK: Final = " \t\r\n"
_NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"

_BASE64: Final = re.compile(
    r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?", re.ASCII
)
_BLANKS: Final = str.maketrans("", "", BLANK)
_FLOAT: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)?|-?INF|NaN", re.ASCII)
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:", re.ASCII)


class Value(NamedTuple):
    """One value in a document: the element, the attribute where it stands in one, its text and its built-in type."""

    element: etree._Element
    attribute: str | None
    text: str
    builtin: str


def overlooked(doubtful: Iterable[Caught]) -> list[Fault]:
    """What is wrong with the identifiers, Base64 data, lists and numbers among these elements."""
    faults: list[Fault] = []
    known: set[str] = set()
    references: list[tuple[Value, str]] = []
    for value in _values(doubtful):
        if value.builtin == "ID":
            text = value.text.strip(BLANK)
            if text in known:
                faults.append(_fault(value, ID_TWICE, "ID_TWICE"))
            known.add(text)
        elif value.builtin in _REFERRING:
            references += ((value, name) for name in value.text.split())
        if (fits := _FITS.get(value.builtin)) and not fits(value.text):
            faults.append(_not_of_type(value))
    faults += (_fault(value, ID_MISSING, "ID_MISSING") for value, name in references if name not in known)
    return faults


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
    text = text.strip(BLANK)
    return not (text.endswith(":") and _SCHEME.fullmatch(text))


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


def _values(doubtful: Iterable[Caught]) -> Iterator[Value]:
    for element, declared in doubtful:
        if declared.builtin in _DOUBTFUL and element.get(_NIL) not in {"true", "1"}:
            yield Value(element, None, element.text or "", declared.builtin)
        if not declared.attributes:
            continue
        for name, text in element.items():
            attribute = declared.attributes.get(str(name))
            if attribute and attribute.builtin in _DOUBTFUL:
                yield Value(element, str(name), str(text), attribute.builtin)


_DOUBTFUL: Final = frozenset({"ID", *_REFERRING, *_FITS})


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
    """The document without white space around its dates and times; None where there is none."""
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
    for element, declared in declarations.sift(root, Kind.TEMPORAL):
        if _holds_time(declared) and len(element) == 0:
            found.append((element, None, element.text or ""))
        for name, text in element.items():
            attribute = declared.attributes.get(str(name))
            if attribute and Kind.TEMPORAL in attribute.kinds:
                found.append((element, str(name), str(text)))
    return found


def _holds_time(declared: Declaration) -> bool:
    """Whether the text itself is or may be a date or time; of lists and unions only the kinds tell."""
    if declared.builtin:
        return declared.builtin in _TEMPORAL
    in_attributes = any(Kind.TEMPORAL in attribute.kinds for attribute in declared.attributes.values())
    return Kind.TEMPORAL in declared.kinds and not in_attributes


_TEMPORAL: Final = frozenset("date dateTime time gYear gYearMonth gMonth gMonthDay gDay duration".split())


# ── what libxml2 rejects and should not ──────────────────────────────────────────────────────────────────────────────

_PORT: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.\-]*:)?//(?:[^/?#\[\]]*:[^/?#\[\]@0-9][^/?#\[\]]*)(?:[/?#]\S*)?")
"""a port that is no number: by RFC 2396 the whole is then the name of a naming authority"""

_OF_ATTRIBUTE: Final = re.compile(r"Element '[^']*', attribute '([^']+)'")


def forgivable(fault: Fault, element: etree._Element) -> bool:
    """Whether Xerces takes what libxml2 complains of; to be heeded only where a second engine takes it, too."""
    if fault.kind != etree.ErrorTypes.SCHEMAV_CVC_DATATYPE_VALID_1_2_1:
        return False
    return _PORT.fullmatch(_text_of(fault, element)) is not None


def stands(fault: Fault, element: etree._Element, declared: Declaration | None) -> bool:
    """
    Whether Xerces shares the complaint, although xmlschema does not: a number in two pieces, an address that is none.

    What was overlooked by libxml2 stands as well: it was measured against Xerces.
    """
    if fault.kind in {ID_TWICE, ID_MISSING}:
        return True
    if fault.kind != etree.ErrorTypes.SCHEMAV_CVC_DATATYPE_VALID_1_2_1 or declared is None:
        return False
    attribute = _OF_ATTRIBUTE.match(fault.words)
    of = declared.attributes.get(attribute[1]) if attribute else declared
    return (of.builtin if of else None) in _LENIENT or len(_text_of(fault, element).split()) > 1


def _text_of(fault: Fault, element: etree._Element) -> str:
    attribute = _OF_ATTRIBUTE.match(fault.words)
    return ((element.get(attribute[1]) if attribute else element.text) or "").strip(BLANK)


_LENIENT: Final = frozenset({"anyURI", "ENTITY", "ENTITIES"})
"""of these types xmlschema takes anything"""
