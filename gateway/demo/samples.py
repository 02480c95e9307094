"""Anträge to show: the schema packages' own examples, made fresh for every sending."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Self

from gateway.journal import Client
from gateway.journey import Gateway, find_door
from gateway.parcel import Parcel
from gateway.portal import Enclosed
from gateway.routing import Door, NoDoor, Tables
from gateway.submission import Finding, Reading
from gateway.validation import Valid

_UUID: Final = re.compile(rb"(<(?:\w+:)?nachrichtenUUID>)[^<]*(?=<)")

PDF: Final = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj
trailer<</Root 1 0 R>>
%%EOF
"""
"""An empty page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Antrag:
    """A document with its attachments, ready to be sent, and what the gateway will make of it."""

    file: Path
    title: str
    """what the message is called"""
    document: bytes
    reading: Reading
    findings: tuple[Finding, ...] = ()
    found: Door | NoDoor | None = None
    """None where that is open, or the document not valid"""
    attachments: Mapping[str, bytes] = field(default_factory=dict)
    """by their id in the document"""

    @property
    def enclosed(self) -> tuple[Enclosed, ...]:
        """The attachments as a portal sends them."""
        return tuple(Enclosed(name, f"{name}.pdf", content) for name, content in self.attachments.items())

    @property
    def door(self) -> Door:
        """Where it goes; only for those that go somewhere."""
        assert isinstance(self.found, Door)
        return self.found

    def fresh(self) -> Self:
        """The same as a new message: with a nachrichtenUUID of its own."""
        return replace(self, document=_UUID.sub(rb"\g<1>" + str(uuid.uuid4()).encode(), self.document))

    def saying(self, *changes: tuple[str, str]) -> Self:
        """With other words in it, under the same nachrichtenUUID; what the gateway makes of that is open."""
        document = self.document
        for old, new in changes:
            document = document.replace(old.encode(), new.encode())
        return replace(self, document=document, found=None)

    def enclosing(self, size: int) -> Self:
        """With attachments of so many bytes each, and their checksums."""
        content = PDF + b"%" * max(0, size - len(PDF))
        document = self.document.replace(_checksum(PDF), _checksum(content))
        return replace(self, document=document, attachments=dict.fromkeys(self.attachments, content))


def read_samples(folder: Path, gateway: Gateway) -> list[Antrag]:
    """Every example of every schema package in `folder`, valid or not, by file name; test messages included."""
    return [_judged(file, gateway) for file in sorted(folder.glob("*/*/examples/*valid/*.xml"))]


def live(samples: Iterable[Antrag], tables: Tables) -> list[Antrag]:
    """One for each connection that can be reached, in the tables' order: the first that refers to nothing earlier."""
    chosen: dict[str, Antrag] = {}
    for one in samples:
        if isinstance(one.found, Door) and not one.reading.test and not one.reading.reference_uuid:
            chosen.setdefault(one.found.connection.id, one)
    return [chosen[connection.id] for connection in tables.connections if connection.id in chosen]


def worst(samples: Iterable[Antrag]) -> Antrag:
    """The invalid one with the most findings."""
    return max(samples, key=lambda one: len(one.findings))


def _judged(file: Path, gateway: Gateway) -> Antrag:
    document = file.read_bytes()
    verdict = gateway.schemas.judge(document)
    title = _title(verdict.reading, gateway)
    if not isinstance(verdict, Valid):
        return Antrag(file=file, title=title, document=document, reading=verdict.reading, findings=verdict.findings)
    parcel = Parcel(document=document, client=Client("", ""), received_at=gateway.clock(), started=0.0)
    found = find_door(parcel, verdict.reading, verdict.document.text, tables=gateway.tables)
    attachments = dict.fromkeys(verdict.reading.attachments, PDF)
    return Antrag(
        file=file, title=title, document=document, reading=verdict.reading, found=found, attachments=attachments
    )


def _checksum(content: bytes) -> bytes:
    """As the examples say it."""
    return hashlib.sha256(content).hexdigest().encode()


def _title(reading: Reading, gateway: Gateway) -> str:
    titles = (
        package.roots[reading.root]
        for package in gateway.schemas.packages
        if package.namespace == reading.namespace and reading.root in package.roots
    )
    return next(titles, reading.root)
