"""What came in at the door, and how it is written down: accepted with its document, or rejected without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from gateway.errors import NotAllowed, Sentence, UuidConflict
from gateway.journal import Client, Entry
from gateway.routing import Door, NoDoor
from gateway.submission import (
    Attachment,
    Finding,
    Micros,
    Reading,
    State,
    Submission,
    content_digest,
    new_id,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """The document's bytes, files already stored, who sent it, and what they said about it."""

    document: bytes
    client: Client
    received_at: Micros
    started: float
    """`time.perf_counter()` at the first byte"""
    attachments: tuple[Attachment, ...] = ()
    charset: str | None = None
    idempotency_key: str | None = None
    leistung: str | None = None
    ars: str | None = None
    traceparent: str = ""


def accepted(parcel: Parcel, reading: Reading, door: Door, warnings: tuple[Finding, ...]) -> Entry:
    """An entry for a valid document with an open door."""
    submission = _submission(
        parcel,
        reading,
        service=door.service.name,
        leistung=door.leistung,
        authority=door.authority.ars,
        destination=door.destination.name,
        adapter=door.destination.adapter,
    )
    return _entry(
        parcel,
        reading,
        submission,
        State.ACCEPTED,
        warnings,
        document=parcel.document,
        connection=door.connection.id,
    )


def rejected(parcel: Parcel, reading: Reading, findings: tuple[Finding, ...], absence: NoDoor | None = None) -> Entry:
    """An entry for a readable document that is not valid, or has no open door."""
    service = absence.service.name if absence and absence.service else ""
    authority = absence.authorities[0].ars if absence and len(absence.authorities) == 1 else ""
    submission = _submission(parcel, reading, service=service, authority=authority)
    return _entry(parcel, reading, submission, State.REJECTED, findings)


def not_in_scope() -> NotAllowed:
    """The client is known, but its scope does not cover this service or this region."""
    return NotAllowed(
        "Dieser Zugang darf für diese Leistung und dieses Gebiet nicht senden. "
        "Den Umfang des Zugangs ändert der Betreiber des Gateways.",
        "This client may not send this service to this region. The gateway's operator changes a client's scope.",
    )


class Reused(UuidConflict):
    """The same key or UUID came with other content; `entry` is what was not recorded for that reason."""

    def __init__(self, key: Literal["key", "uuid"], entry: Entry) -> None:
        said = _reused(key)
        self.entry: Final = entry
        super().__init__(said.de, said.en)


def _reused(key: Literal["key", "uuid"]) -> Sentence:
    if key == "key":
        return Sentence(
            "Unter diesem Idempotency-Key kam schon ein anderer Inhalt an. "
            "Für einen neuen Inhalt bitte einen neuen Schlüssel verwenden.",
            "Other content came under this Idempotency-Key before. Use a new key for new content.",
        )
    return Sentence(
        "Unter dieser nachrichtenUUID kam schon ein anderer Inhalt an. Eine berichtigte Nachricht braucht eine neue "
        "nachrichtenUUID; nur eine unveränderte Wiederholung behält sie.",
        "Other content came under this nachrichtenUUID before. A corrected message needs a new nachrichtenUUID; "
        "only an unchanged repetition keeps it.",
    )


def _submission(
    parcel: Parcel,
    reading: Reading,
    *,
    service: str = "",
    leistung: str = "",
    authority: str = "",
    destination: str = "",
    adapter: str = "",
) -> Submission:
    return Submission(
        id=new_id(parcel.received_at),
        client=parcel.client.name,
        service=service,
        leistung=leistung,
        authority=authority,
        destination=destination,
        adapter=adapter,
        root=reading.root,
        standard=reading.standard,
        version=reading.version,
        message_uuid=reading.message_uuid,
        reference_uuid=reading.reference_uuid,
        case_key=reading.case_key,
        test=reading.test,
        received_at=parcel.received_at,
        case_id=reading.case_id,
        message_type=reading.message_type,
        created_at=reading.created_at,
        reader=reading.reader,
        author=reading.author,
        traceparent=parcel.traceparent,
        attachments=parcel.attachments,
    )


def _entry(
    parcel: Parcel,
    reading: Reading,
    submission: Submission,
    state: Literal[State.ACCEPTED, State.REJECTED],
    findings: tuple[Finding, ...],
    *,
    document: bytes | None = None,
    connection: str = "",
) -> Entry:
    return Entry(
        submission=submission,
        state=state,
        digest=content_digest(parcel.document, (one.digest for one in parcel.attachments)),
        size=len(parcel.document),
        keys=_keys(parcel, reading),
        findings=findings,
        document=document,
        package_digest=reading.package_digest,
        connection=connection,
    )


def _keys(parcel: Parcel, reading: Reading) -> tuple[str, ...]:
    """By what a repetition is recognised; either of the two counts (XÖV: a technical resend keeps its UUID)."""
    keys = (
        parcel.idempotency_key and f"key:{parcel.idempotency_key}",
        reading.message_uuid and f"uuid:{reading.message_uuid.lower()}",
    )
    return tuple(key for key in keys if key)
