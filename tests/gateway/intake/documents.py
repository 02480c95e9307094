"""Anträge of people who do not exist, as a portal would send them; each has a nachrichtenUUID of its own."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from pathlib import Path

from gateway.testing import CANARIES

EXAMPLES = Path(__file__).parents[3] / "xsd" / "ag-wohnsitz" / "1.0" / "examples" / "valid"

XML = {"Content-Type": "application/xml"}
LEISTUNG = "99115005104000"


@dataclass(frozen=True)
class _Sample:
    text: str
    uuid: str
    place: str
    """AGS of the deciding place"""
    reader: str


def _sample(file: str) -> _Sample:
    text = (EXAMPLES / file).read_text(encoding="utf-8")
    return _Sample(
        text=text,
        uuid=_between(text, "<nachrichtenUUID>", "</nachrichtenUUID>"),
        place=_between(text, "<gemeindeschluessel>", "</gemeindeschluessel>"),
        reader=_between(text, "<kennung>", "</kennung>"),
    )


def _between(text: str, before: str, after: str) -> str:
    return text.split(before, 1)[1].split(after, 1)[0]


_PLAIN = _sample("augsburg-nebenwohnung.xml")
_WITH_ATTACHMENT = _sample("aschaffenburg-einzelperson.xml")

PDF = b"%PDF-1.7 Beispiel"
ATTACHMENT = "wgb-1"
"""id of the one attachment that `antrag_with_attachment` names"""


def antrag(message: str | None = None, *, place: str | None = None, reader: str | None = None) -> bytes:
    """A valid Wohnsitzmeldung to Augsburg without attachments, the canaries in it where people's data belong."""
    return _written(_PLAIN, message, place, reader)


def antrag_with_attachment(message: str | None = None, *, enclosing: bytes = PDF) -> bytes:
    """A valid Wohnsitzmeldung to Aschaffenburg that names one attachment, with this content."""
    said = _between(_WITH_ATTACHMENT.text, "<wert>", "</wert>").encode()
    return _written(_WITH_ATTACHMENT, message, None, None).replace(said, hashlib.sha256(enclosing).hexdigest().encode())


def trial() -> bytes:
    """The same as a test message: the root attribute `test` counts with any value."""
    return antrag().replace(b' version="1.0">', b' version="1.0" test="true">', 1)


def invalid_antrag() -> bytes:
    """An Antrag with a fault of the schema where the canaries stand."""
    return antrag().replace(f"<geburtsdatum>{CANARIES[1]}".encode(), b"<geburtsdatum>" + _SAID)


_SAID = f"{CANARIES[0]} {CANARIES[2]}".encode()


def _written(sample: _Sample, message: str | None, place: str | None, reader: str | None) -> bytes:
    text = sample.text.replace(sample.uuid, message or str(uuid.uuid4()))
    given, _, family = CANARIES[0].partition(" ")
    for old, new in (
        ("familienname>Beispiel<", f"familienname>{family}<"),
        ("vornamen>Olivia<", f"vornamen>{given}<"),
        ("geburtsdatum>2004-05-05<", f"geburtsdatum>{CANARIES[1]}<"),
        (f"gemeindeschluessel>{sample.place}<", f"gemeindeschluessel>{place or sample.place}<"),
        (f"kennung>{sample.reader}<", f"kennung>{reader or sample.reader}<"),
    ):
        text = text.replace(old, new, 1)
    return text.encode()
