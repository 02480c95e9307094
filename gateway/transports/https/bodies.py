"""Bodies of requests: small ones at hand, large ones piece by piece, and forms of several parts."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Self
from urllib.parse import urlencode

from gateway.adapter import Enclosure
from gateway.transports.attachments import as_recorded


@dataclass(frozen=True, slots=True)
class Body:
    """
    What is sent: its media type, its size in bytes, and a way to read it from the start.

    The size travels in front, so that a body that breaks off cannot be taken for a whole one.
    """

    media_type: str
    size: int
    pieces: Callable[[], AsyncIterator[bytes]]

    @classmethod
    def of(cls, media_type: str, content: bytes) -> Self:
        """A body that is at hand."""
        return cls(media_type, len(content), partial(_at_hand, content))

    @classmethod
    def enclosed(cls, enclosure: Enclosure) -> Self:
        """An attachment; it lets go of its last bytes only if they are what came."""
        attachment = enclosure.attachment
        return cls(attachment.media_type, attachment.size, partial(as_recorded, enclosure))

    @classmethod
    def form(cls, fields: Mapping[str, str]) -> Self:
        """The fields of a form, as `application/x-www-form-urlencoded`."""
        return cls.of("application/x-www-form-urlencoded", urlencode(fields).encode())


@dataclass(frozen=True, slots=True)
class Part:
    """One of several: a body of its own, and what stands above it."""

    body: Body
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def named(cls, name: str, file_name: str, body: Body) -> Part:
        """A file in a form, as browsers send it."""
        disposition = f'form-data; name="{_quoted(name)}"; filename="{_quoted(file_name)}"'
        return cls(body, {"Content-Disposition": disposition})


def form_data(parts: Sequence[Part]) -> Body:
    """`multipart/form-data` (RFC 7578)."""
    return multipart("form-data", parts)


def multipart(kind: str, parts: Sequence[Part], **parameters: str) -> Body:
    """`multipart/…` (RFC 2046) of these parts in this order; `parameters` stand in its media type."""
    boundary = uuid.uuid4().hex
    heads = [_head(boundary, part, first=part is parts[0]) for part in parts]
    tail = f"\r\n--{boundary}--\r\n".encode()
    stated = "".join(f'; {name.replace("_", "-")}="{value}"' for name, value in parameters.items())
    size = sum(len(head) + part.body.size for head, part in zip(heads, parts, strict=True)) + len(tail)

    async def pieces() -> AsyncIterator[bytes]:
        for head, part in zip(heads, parts, strict=True):
            yield head
            async for piece in part.body.pieces():
                yield piece
        yield tail

    return Body(f'multipart/{kind}; boundary="{boundary}"{stated}', size, pieces)


def _head(boundary: str, part: Part, *, first: bool) -> bytes:
    stated = {"Content-Type": part.body.media_type, **part.headers}
    lines = "".join(f"{name}: {' '.join(value.splitlines())}\r\n" for name, value in stated.items())
    return f"{'' if first else _LINE_END}--{boundary}\r\n{lines}\r\n".encode()


def _quoted(text: str) -> str:
    """As browsers do it: only what would end the quotation or the line is escaped."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


_LINE_END: Final = "\r\n"


async def _at_hand(content: bytes) -> AsyncIterator[bytes]:
    yield content
