"""The noun: what was sent, the few facts read from it, and where it stands."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NewType

from gateway.errors import Sentence

SubmissionId = NewType("SubmissionId", str)
"""UUIDv7, lower case, 36 characters; sorts by time of receipt to the millisecond, and nothing relies on that."""

Micros = NewType("Micros", int)
"""Microseconds since 1970-01-01T00:00:00Z."""

SECOND: Final = 1_000_000


class State(StrEnum):
    """Where a submission stands. There are no others; `transitions.TRANSITIONS` says which may follow which."""

    REJECTED = "rejected"
    ACCEPTED = "accepted"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    PARKED = "parked"
    EXPIRED = "expired"


class Grade(StrEnum):
    """
    How good the proof of a delivery is, weakest first.

    `transport` makes a submission `delivered`; `taken` and `answered` make it `confirmed`.
    """

    TRANSPORT = "transport"
    """handed to the transport: a directory, a mailbox, an XTA server"""
    TAKEN = "taken"
    """taken by the Fachverfahren"""
    ANSWERED = "answered"
    """answered by the Fachverfahren"""

    @property
    def state(self) -> State:
        """The state a delivery of this grade reaches."""
        return State.DELIVERED if self is Grade.TRANSPORT else State.CONFIRMED

    def reaches(self, best: Grade) -> bool:
        """Whether this grade is at least `best`."""
        order = tuple(Grade)
        return order.index(self) >= order.index(best)


class Severity(StrEnum):
    """Errors refuse a document; warnings travel with the receipt."""

    ERROR = "error"
    WARNING = "warning"


class Actor(StrEnum):
    """Who can mend what was found."""

    PORTAL = "portal"
    """the online service that made the document"""
    APPLICANT = "applicant"
    """the person who filled in the form"""
    OPERATOR = "operator"
    """whoever runs this gateway"""


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing found while judging a document, without any value from it.

    `code` is ours and language-free (`schema-invalid`, `unknown-schema`, `not-responsible`, …); `xoev` is the code of
    the standard's own list where it has one. `path` names elements with the document's own prefixes
    (`/x:a/x:b[2]/c`), `line` counts from 1. `rule` is what was broken, where it has a name: a clause of XML Schema
    (`cvc-pattern-valid`), the id of a Schematron assert. `label` is what people call the element: its annotation in
    the schema, else its name. `expected` says what would have been right, where that helps and is short.
    """

    code: str
    text: Sentence
    severity: Severity = Severity.ERROR
    path: str | None = None
    line: int | None = None
    xoev: str | None = None
    rule: str | None = None
    label: str | None = None
    expected: Sentence | None = None
    actor: Actor = Actor.PORTAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """
    The facts read from a document's root and head, found by local name (DOMAIN, XÖV conventions).

    Nothing here is personal: identifiers, codes and names of authorities' kinds only.
    """

    root: str
    """local name of the root element, e.g. `wohnsitz.anmeldung.0100`"""
    namespace: str
    standard: str = ""
    """name of the package that judged it, empty where none fits"""
    version: str = ""
    package_digest: str = ""
    """hex SHA-256 over the package's files, as in its manifest"""
    message_uuid: str | None = None
    message_type: str | None = None
    created_at: str | None = None
    reference_uuid: str | None = None
    case_id: str | None = None
    reader: str | None = None
    """`leser/kennung`, e.g. `ags:09661000…`"""
    author: str | None = None
    leistung: str | None = None
    """the 14-digit key, where the document names one"""
    attachments: tuple[str, ...] = ()
    """ids of the attachments the document refers to"""
    checksums: tuple[str, ...] = ()
    """what the document says their checksums are, one for each; none where it does not say so for all"""
    test: bool = False

    @property
    def case_key(self) -> str | None:
        """What ties messages of one case together: the case id, else the message referred to, else this message."""
        return self.case_id or self.reference_uuid or self.message_uuid


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that came with a submission; its bytes lie in the document store under `id`."""

    id: str
    name: str
    """the part's name or Content-ID: the attachment's id in the XML"""
    media_type: str
    size: int
    digest: str
    """hex SHA-256 of the bytes"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A submission as adapters and doors see it: identifiers and facts, never content."""

    id: SubmissionId
    client: str
    service: str
    leistung: str
    authority: str
    """ARS of the responsible authority, without trailing zeros below its level"""
    destination: str
    adapter: str
    root: str
    standard: str
    version: str
    message_uuid: str | None
    reference_uuid: str | None
    case_key: str | None
    test: bool
    received_at: Micros
    case_id: str | None = None
    """the id of the case, where the message named one"""
    message_type: str | None = None
    """code of the message's type, as its head has it"""
    created_at: str | None = None
    """when the message was made, as its head has it"""
    reader: str | None = None
    """`leser/kennung`"""
    author: str | None = None
    """`autor/kennung`"""
    traceparent: str = ""
    attachments: tuple[Attachment, ...] = field(default=())


def new_id(now: Micros) -> SubmissionId:
    """A fresh UUIDv7 (RFC 9562 §5.7) for the given moment."""
    # Unique, not secret: who may see a submission follows from its client, never from knowing its id.
    noise = random.getrandbits(74)
    bits = ((now // 1000) << 80) | (0x7 << 76) | ((noise >> 62) << 64) | (0b10 << 62) | (noise & _LOW_62)
    whole = f"{bits:032x}"
    return SubmissionId(f"{whole[:8]}-{whole[8:12]}-{whole[12:16]}-{whole[16:20]}-{whole[20:]}")


_LOW_62: Final = (1 << 62) - 1


def storable(text: str) -> str:
    """Without what no database takes: nothing that arrives is to be lost over somebody's stray byte in a name."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def content_digest(document: bytes, attachments: Iterable[str] = ()) -> str:
    """
    What "same content" means for idempotency: SHA-256 over the raw bytes and the sorted attachment digests.

    `attachments` are hex SHA-256 digests; their order does not matter.
    """
    parts = sorted(attachments)
    digest = hashlib.sha256(document)
    if parts:
        digest = hashlib.sha256(digest.digest() + b"".join(bytes.fromhex(part) for part in parts))
    return digest.hexdigest()
