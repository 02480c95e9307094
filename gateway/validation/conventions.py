"""
The look at a document by the conventions that XÖV standards share and their schemas do not check.

Root attributes name standard and version; the code of the message type is the number in the root's name; whom a
directory like the DVDV knows is addressed as prefix and digits (XÖV-Basisnachricht G2G; DOMAIN, XÖV conventions).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from gateway.errors import Sentence
from gateway.submission import Finding, Severity
from gateway.validation.code_lists import Locate
from gateway.validation.declarations import Declarations
from gateway.validation.packages import Package
from gateway.validation.reading import HEAD, OLDER_HEAD
from gateway.validation.stages import CONVENTIONS, Outcome, Stage

STANDARD_MISMATCH: Final = "standard-mismatch"
MESSAGE_TYPE_MISMATCH: Final = "message-type-mismatch"
KENNUNG_MALFORMED: Final = "kennung-malformed"

_NUMBER: Final = re.compile(r"\.(\d{3,7})$", re.ASCII)
_KENNUNG: Final = re.compile(r"[a-z]{3}:\d+", re.ASCII)
_DVDV: Final = "DVDV"

_TYPE: Final = ("identifikation.nachricht", "nachrichtentyp", "code")
_PARTIES: Final = ("leser", "autor")


def stage(root: etree._Element, package: Package, declarations: Declarations, locate: Locate, *, strict: bool) -> Stage:
    """What a valid document does otherwise than the conventions have it: errors where `strict`, else warnings."""
    severity = Severity.ERROR if strict else Severity.WARNING
    head = _child(root, HEAD, OLDER_HEAD)
    found = (
        *_attributes(root, package, declarations, locate, severity),
        *(() if head is None else _message_type(root, head, locate, severity)),
        *(() if head is None else _kennungen(head, locate, severity)),
    )
    if not found:
        return _PASSED
    return Stage(CONVENTIONS, Outcome.FAILED if strict else Outcome.PASSED, found)


_PASSED: Final = Stage(CONVENTIONS, Outcome.PASSED)


def _attributes(
    root: etree._Element, package: Package, declarations: Declarations, locate: Locate, severity: Severity
) -> Iterator[Finding]:
    """Where the schema fixes a value, it has been judged already, and may be another than the package's name."""
    declared = declarations.of(root)
    for name, expected in (("standard", package.standard), ("version", package.version)):
        attribute = declared.attributes.get(name) if declared else None
        said = root.get(name)
        if said is not None and said != expected and (attribute is None or attribute.fixed is None):
            yield Finding(
                STANDARD_MISMATCH,
                Sentence(
                    f"Das Attribut „{name}“ der Wurzel nennt etwas anderes als das Paket, nach dem geprüft wurde "
                    f"({package.label}).",
                    f'The attribute "{name}" of the root names something else than the package that judged it '
                    f"({package.label}).",
                ),
                severity=severity,
                path=f"{locate(root)}/@{name}",
                line=root.sourceline,
                label=name,
                expected=Sentence(expected, expected),
            )


def _message_type(root: etree._Element, head: etree._Element, locate: Locate, severity: Severity) -> Iterator[Finding]:
    number = _NUMBER.search(str(root.tag))
    code = _below(head, *_TYPE)
    if number and code is not None and (code.text or "").strip() != number[1]:
        yield Finding(
            MESSAGE_TYPE_MISMATCH,
            Sentence(
                f"Der Code des Nachrichtentyps ist nicht die Nummer dieser Nachricht ({number[1]}).",
                f"The code of the message type is not the number of this message ({number[1]}).",
            ),
            severity=severity,
            path=locate(code),
            line=code.sourceline,
            label="nachrichtentyp",
            expected=Sentence(number[1], number[1]),
        )


def _kennungen(head: etree._Element, locate: Locate, severity: Severity) -> Iterator[Finding]:
    for party in _PARTIES:
        directory, kennung = _below(head, party, "verzeichnisdienst", "code"), _below(head, party, "kennung")
        if directory is None or kennung is None or (directory.text or "").strip() != _DVDV:
            continue
        if not _KENNUNG.fullmatch((kennung.text or "").strip()):
            yield Finding(
                KENNUNG_MALFORMED,
                Sentence(
                    "Die Kennung hat nicht die Form, die das DVDV verlangt: drei Buchstaben, Doppelpunkt, Ziffern.",
                    "The Kennung is not of the form that the DVDV demands: three letters, a colon, digits.",
                ),
                severity=severity,
                path=locate(kennung),
                line=kennung.sourceline,
                label="kennung",
            )


def _below(element: etree._Element, *names: str) -> etree._Element | None:
    """The first element down this way, by local names; heads are written in several namespaces, and in none."""
    found: etree._Element | None = element
    for name in names:
        found = None if found is None else _child(found, name)
    return found


def _child(element: etree._Element, *names: str) -> etree._Element | None:
    for child in element:
        if str(child.tag).rpartition("}")[2] in names:
            return child
    return None
