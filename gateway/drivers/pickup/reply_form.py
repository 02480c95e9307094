"""A reply as the pickup door takes it: alone, or with its files, which are read while they are sent."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass

from gateway.adapter import Reply


@dataclass(frozen=True, slots=True)
class ReplyForm:
    """A body to send once; it ends without its last boundary where a file cannot be read to its end."""

    media_type: str
    content: bytes | AsyncIterator[bytes]


def reply_form(reply: Reply) -> ReplyForm:
    """The document first, then each file under the name that the XML has for it."""
    if not reply.files:
        return ReplyForm("application/xml", reply.document)
    boundary = uuid.uuid4().hex
    return ReplyForm(f"multipart/form-data; boundary={boundary}", _pieces(reply, boundary))


async def _pieces(reply: Reply, boundary: str) -> AsyncIterator[bytes]:
    yield _head(boundary, "document", "reply.xml", "application/xml")
    yield reply.document
    for file in reply.files:
        yield b"\r\n" + _head(boundary, file.name, file.name, file.media_type)
        async for piece in file.stream.chunks():
            yield piece
    yield f"\r\n--{boundary}--\r\n".encode()


def _head(boundary: str, name: str, file_name: str, media_type: str) -> bytes:
    lines = (
        f"--{boundary}",
        f'Content-Disposition: form-data; name="{_quoted(name)}"; filename="{_quoted(file_name)}"',
        f"Content-Type: {' '.join(media_type.split())}",
    )
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


def _quoted(text: str) -> str:
    """As browsers do it: only what would end the quotation or the line is escaped."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
