"""Anträge of people who do not exist, to authorities that do not mind."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from gateway.adapter import Consignment, Enclosure, Endpoint, Manifest
from gateway.submission import Attachment, Grade, Submission, new_id
from gateway.testing.attachments import LargeStream, MemoryStream
from gateway.testing.clock import BEGINNING

CANARIES: Final = ("Kanaria Beispielvogel", "1902-03-04", "DE00999988887777666655")
"""A name, a birth date and an IBAN that stand in every sample document: nothing may ever repeat them."""

_SUBMISSION: Final = Submission(
    id=new_id(BEGINNING),
    client="portal-beispiel",
    service="wohnsitz",
    leistung="99115005104000",
    authority="096610000000",
    destination="musterstadt-wohnsitz",
    adapter="filedrop",
    root="wohnsitz.anmeldung.0100",
    standard="beispiel",
    version="1.0",
    message_uuid="4f3c1a52-7a0e-4d0f-9d1b-6d7f9a1e2b3c",
    reference_uuid=None,
    case_key=None,
    test=False,
    received_at=BEGINNING,
)

_MANIFEST: Final = Manifest(
    name="beispiel",
    vendor="Beispielhaus",
    product="Beispielverfahren",
    interface="published",
    services=("*",),
    schemas=("*",),
    best_grade=Grade.TRANSPORT,
    when_unclear="redeliver",
    can_ask=False,
)


def a_submission(**changes: Any) -> Submission:
    """A submission with an id of its own; every field can be changed."""
    return replace(_SUBMISSION, **{"id": new_id(BEGINNING), **changes})


def a_manifest(**changes: Any) -> Manifest:
    """The manifest of an undemanding adapter; every field can be changed."""
    return replace(_MANIFEST, **changes)


def an_xml_document(size: int = 0) -> bytes:
    """A document with all canaries in it, at least so many bytes long."""
    name, born, iban = CANARIES
    head = f"<antrag><person><name>{name}</name><geburt>{born}</geburt></person><iban>{iban}</iban><text>"
    tail = "</text></antrag>"
    return f"{head}{'ä ' * max(0, (size - len(head) - len(tail) + 2) // 3)}{tail}".encode()


def an_attachment(stream: MemoryStream | LargeStream, *, name: str, media_type: str) -> Attachment:
    """What the journal would say of these bytes."""
    id_ = uuid.uuid4().hex
    return Attachment(id=id_, name=name, media_type=media_type, size=stream.size, digest=stream.digest)


def an_enclosure(
    content: bytes | MemoryStream | LargeStream = b"%PDF-1.7 Beispiel",
    *,
    name: str = "anlage-1",
    media_type: str = "application/pdf",
) -> Enclosure:
    """An attachment on its way."""
    stream = MemoryStream(content) if isinstance(content, bytes) else content
    return Enclosure(an_attachment(stream, name=name, media_type=media_type), stream)


def a_consignment(
    document: bytes | None = None,
    enclosures: Sequence[Enclosure] = (),
    settings: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Consignment:
    """A delivery as an adapter is handed it; `changes` are the submission's."""
    submission = a_submission(attachments=tuple(item.attachment for item in enclosures), **changes)
    return Consignment(
        submission=submission,
        document=an_xml_document() if document is None else document,
        enclosures=tuple(enclosures),
        endpoint=Endpoint(submission.destination, submission.test, settings or {}),
    )
