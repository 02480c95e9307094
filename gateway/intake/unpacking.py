"""From a request's body to a document in memory and attachments in the store."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from gateway.attachments import AttachmentStore
from gateway.errors import BadRequest, NotXml, TooLarge, WrongMediaType
from gateway.intake.limits import Limits
from gateway.intake.multipart import Part, Parts
from gateway.intake.parameters import MULTIPART, XML, MediaType
from gateway.intake.visit import Visit
from gateway.submission import Attachment

DOCUMENT: Final = "document"
"""Name of the part that holds the XML; it comes first."""

_UNKNOWN: Final = "application/octet-stream"
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
"""RFC 6838 §4.2"""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The document's bytes, the charset its media type claims, and files that are stored and belong to nobody yet."""

    document: bytes
    charset: str | None = None
    attachments: tuple[Attachment, ...] = ()


async def unpack(visit: Visit, media_type: MediaType, limits: Limits, store: AttachmentStore) -> Unpacked:
    """
    Read all of the body. Attachments go to the store as they arrive; if it ends badly, none of them is left there.

    Raises:
        NotXml: there is no document.
        BadRequest, WrongMediaType: this is not how a submission is sent.
        TooLarge, TooSlow, ClientGone: a limit was reached, or the sender left.
        JournalUnavailable: the attachments cannot be stored.
    """
    visit.body.give_time(limits.body_seconds, limits.idle_seconds)
    if media_type.name != MULTIPART:
        return Unpacked(await read_document(visit, limits), media_type.charset)
    visit.body.check(limits.multipart)
    parts = Parts(visit.body, media_type.boundary, limits.multipart)
    document, charset = await _document(parts, limits)
    kept: list[Attachment] = []
    try:
        while part := await parts.next():
            visit.body.give_time(limits.body_seconds, limits.idle_seconds)
            kept.append(await _keep(part, parts, kept, limits, store))
    except BaseException:
        await store.discard(kept)
        raise
    return Unpacked(document, charset, tuple(kept))


async def read_document(visit: Visit, limits: Limits) -> bytes:
    """The body as the document it is. Raises as `unpack` does."""
    visit.body.give_time(limits.body_seconds, limits.idle_seconds)
    return _not_empty(await visit.body.whole(limits.document))


async def _document(parts: Parts, limits: Limits) -> tuple[bytes, str | None]:
    part = await parts.next()
    if part is None or part.field != DOCUMENT:
        raise BadRequest(
            "Der erste Teil der Anfrage muss „document“ heißen und das XML-Dokument enthalten.",
            "The first part of the request must be named 'document' and hold the XML document.",
        )
    if part.media_type.name and part.media_type.name not in XML:
        raise WrongMediaType(
            "Der Teil „document“ muss application/xml oder text/xml sein.",
            "The part 'document' must be application/xml or text/xml.",
        )
    document = bytearray()
    async for piece in parts.content():
        document += piece
        if len(document) > limits.document:
            raise _too_large("Das Dokument", "The document", limits.document)
    return _not_empty(bytes(document)), part.media_type.charset


async def _keep(part: Part, parts: Parts, kept: list[Attachment], limits: Limits, store: AttachmentStore) -> Attachment:
    if len(kept) >= limits.attachments:
        most = limits.attachments
        raise TooLarge(
            f"Mehr als {most} Anlagen nimmt das Gateway nicht mit einer Einreichung an.",
            f"The gateway does not take more than {most} attachments with one submission.",
        )
    if part.field == DOCUMENT:
        raise BadRequest(
            "Die Anfrage hat mehr als einen Teil „document“; Anlagen heißen anders.",
            "The request has more than one part 'document'; attachments have other names.",
        )
    left = limits.together - sum(other.size for other in kept)
    media_type = part.media_type.name if _MEDIA_TYPE.fullmatch(part.media_type.name) else _UNKNOWN
    try:
        return await store.keep(part.name, media_type, parts.content(), min(left, limits.attachment))
    except TooLarge:
        if left < limits.attachment:
            raise _too_large("Alle Anlagen zusammen", "All attachments together", limits.together) from None
        raise _too_large("Eine Anlage", "An attachment", limits.attachment) from None


def _not_empty(document: bytes) -> bytes:
    if not document:
        raise NotXml("Die Anfrage enthält kein Dokument.", "The request holds no document.")
    return document


def _too_large(de: str, en: str, most: int) -> TooLarge:
    return TooLarge(f"{de}: mehr als {most} Byte werden hier nicht angenommen.", f"{en}: no more than {most} bytes.")
