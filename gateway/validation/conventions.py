"""
The look at a document by the conventions that XÖV standards share and their schemas do not check.

Root attributes name standard and version; the code of the message type is the number in the root's name; whom a
directory like the DVDV knows is addressed as prefix and digits (XÖV-Basisnachricht G2G; DOMAIN, XÖV conventions).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from lxml import etree

from gateway.errors import Sentence
from gateway.submission import Finding, Severity
from gateway.validation.code_lists import Locate
from gateway.validation.declarations import Declarations
from gateway.validation.packages import Package
from gateway.validation.reading import HEAD, OLDER_HEAD, head_of
from gateway.validation.stages import CONVENTIONS, Outcome, Stage
from gateway.xml import Document

STANDARD_MISMATCH: Final = "standard-mismatch"
MESSAGE_TYPE_MISMATCH: Final = "message-type-mismatch"
KENNUNG_MALFORMED: Final = "kennung-malformed"

_NUMBER: Final = re.compile(r"\.(\d{3,7})$", re.ASCII)
_KENNUNG: Final = re.compile(r"[a-z]{3}:\d+", re.ASCII)
_DVDV: Final = "DVDV"
_PARTIES: Final = ("leser", "autor")


def stage(document: Document, package: Package, declarations: Declarations, locate: Locate, *, strict: bool) -> Stage:
    """What a valid document does otherwise than the conventions have it: errors where `strict`, else warnings."""
    found = [*_attributes(document, package, declarations), *_message_type(document), *_kennungen(document)]
    if not found:
        return _PASSED
    severity = Severity.ERROR if strict else Severity.WARNING
    return Stage(
        CONVENTIONS,
        Outcome.FAILED if strict else Outcome.PASSED,
        tuple(_finding(departure, locate, severity) for departure in found),
    )


_PASSED: Final = Stage(CONVENTIONS, Outcome.PASSED)


class _Departure(NamedTuple):
    """Where something is otherwise than the conventions have it."""

    code: str
    text: Sentence
    element: etree._Element
    label: str
    attribute: bool = False
    expected: str | None = None


def _finding(departure: _Departure, locate: Locate, severity: Severity) -> Finding:
    path, expected = locate(departure.element), departure.expected
    return Finding(
        departure.code,
        departure.text,
        severity=severity,
        path=f"{path}/@{departure.label}" if departure.attribute else path,
        line=departure.element.sourceline,
        label=departure.label,
        expected=None if expected is None else Sentence(expected, expected),
    )


def _attributes(document: Document, package: Package, declarations: Declarations) -> Iterator[_Departure]:
    """Where the schema fixes a value, it has been judged already, and may be another than the package's name."""
    for name, expected in (("standard", package.standard), ("version", package.version)):
        said = document.attribute(name)
        if said is None or said == expected or _fixes(declarations, document.tree, name):
            continue
        text = Sentence(
            f"Das Attribut „{name}“ der Wurzel nennt etwas anderes als das Paket, nach dem geprüft wurde "
            f"({package.label}).",
            f'The attribute "{name}" of the root names something else than the package that judged it '
            f"({package.label}).",
        )
        yield _Departure(STANDARD_MISMATCH, text, document.tree, name, attribute=True, expected=expected)


def _fixes(declarations: Declarations, root: etree._Element, name: str) -> bool:
    declared = declarations.of(root)
    attribute = declared.attributes.get(name) if declared else None
    return attribute is not None and attribute.fixed is not None


def _message_type(document: Document) -> Iterator[_Departure]:
    number = _NUMBER.search(document.root)
    code = head_of(document).get("identifikation.nachricht/nachrichtentyp/code")
    if number and code is not None and code != number[1]:
        text = Sentence(
            f"Der Code des Nachrichtentyps ist nicht die Nummer dieser Nachricht ({number[1]}).",
            f"The code of the message type is not the number of this message ({number[1]}).",
        )
        element = _in_head(document, "identifikation.nachricht/nachrichtentyp/code")
        yield _Departure(MESSAGE_TYPE_MISMATCH, text, element, "nachrichtentyp", expected=number[1])


def _kennungen(document: Document) -> Iterator[_Departure]:
    head = head_of(document)
    for party in _PARTIES:
        directory, kennung = head.get(f"{party}/verzeichnisdienst/code"), head.get(f"{party}/kennung")
        if directory == _DVDV and kennung is not None and not _KENNUNG.fullmatch(kennung):
            yield _Departure(KENNUNG_MALFORMED, _MALFORMED, _in_head(document, f"{party}/kennung"), "kennung")


_MALFORMED: Final = Sentence(
    "Die Kennung hat nicht die Form, die das DVDV verlangt: drei Buchstaben, Doppelpunkt, Ziffern.",
    "The Kennung is not of the form that the DVDV demands: three letters, a colon, digits.",
)


def _in_head(document: Document, path: str) -> etree._Element:
    """The element whose text is in `head_of(document)` under this path."""
    return next(element for head in (HEAD, OLDER_HEAD) for element in document.elements(f"{head}/{path}"))
