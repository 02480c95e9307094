"""From a submission to the names and the sidecar of its files; pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from gateway.adapter import Consignment
from gateway.submission import Attachment, Micros, Submission

SIDECAR_FORMAT: Final = 1
"""What a reader of sidecars has to know before it reads on; grows when a field changes its meaning."""

EXTENSIONS: Final = {
    "application/pdf": "pdf",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/xml": "xml",
    "application/zip": "zip",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "text/csv": "csv",
    "text/plain": "txt",
    "text/xml": "xml",
}
"""Everything else is `bin`. JSON is left out on purpose: what ends in `.json` is a sidecar."""

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Names:
    """What the files of a submission are called: its id, and nothing a person wrote."""

    document: str
    attachments: tuple[str, ...]
    sidecar: str

    @classmethod
    def of(cls, submission: Submission) -> Names:
        numbered = enumerate(submission.attachments, start=1)
        return cls(
            document=f"{submission.id}.xml",
            attachments=tuple(f"{submission.id}.{n}.{_extension(item.media_type)}" for n, item in numbered),
            sidecar=f"{submission.id}.json",
        )


def sidecar(consignment: Consignment) -> bytes:
    """
    The file that completes a set: what belongs to it, and the facts by which a Fachverfahren sorts it.

    Identifiers, codes, sizes and digests only; whatever is personal stays in the files it speaks of.
    """
    submission = consignment.submission
    return _json(
        {
            "format": SIDECAR_FORMAT,
            "submissionId": submission.id,
            "service": submission.service,
            "leistung": submission.leistung,
            "authority": submission.authority,
            "root": submission.root,
            "standard": submission.standard,
            "version": submission.version,
            "messageUuid": submission.message_uuid,
            "receivedAt": _rfc3339(submission.received_at),
            "test": submission.test,
            "files": [_document(consignment.document, submission), *_attachments(submission)],
        }
    )


def _document(document: bytes, submission: Submission) -> dict[str, Any]:
    return {
        "name": Names.of(submission).document,
        "mediaType": "application/xml",
        "size": len(document),
        "sha256": hashlib.sha256(document).hexdigest(),
    }


def _attachments(submission: Submission) -> Iterable[dict[str, Any]]:
    named = zip(Names.of(submission).attachments, submission.attachments, strict=True)
    return [_attachment(name, attachment) for name, attachment in named]


def _attachment(name: str, attachment: Attachment) -> dict[str, Any]:
    return {
        "name": name,
        "mediaType": attachment.media_type,
        "size": attachment.size,
        "sha256": attachment.digest,
        "attachment": attachment.name,
    }


def _extension(media_type: str) -> str:
    return EXTENSIONS.get(media_type.partition(";")[0].strip().lower(), "bin")


def _rfc3339(at: Micros) -> str:
    moment = _BEGINNING + timedelta(microseconds=at)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"
