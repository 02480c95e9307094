"""
MTOM (SOAP 1.2 with XOP): the envelope is one part of a package, each content another, byte for byte.

The package goes out in a stream. What comes in is written to files that go away with whoever asked for it: a message
names its parts in any order, and none is held whole.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from python_multipart.multipart import parse_options_header

from gateway.transports.https import BadAnswer, Body, Head, Part, multipart, within
from gateway.transports.https.parts import Kept, Received, collected, kept, parts
from gateway.transports.xta.requests import part_id

MOST_ENVELOPE: Final = 16 << 20
"""bytes of an envelope; contents that are not parts of their own stand in it"""

_ROOT: Final = "envelope@antragsgateway"


def packed(envelope: bytes, action: str, contents: Sequence[Body] = ()) -> Body:
    """The package: the envelope first, then the contents as the parts that it refers to."""
    root = Part(
        Body.of('application/xop+xml; charset=UTF-8; type="application/soap+xml"', envelope),
        {"Content-Transfer-Encoding": "binary", "Content-ID": f"<{_ROOT}>"},
    )
    others = [
        Part(content, {"Content-Transfer-Encoding": "binary", "Content-ID": f"<{part_id(number)}>"})
        for number, content in enumerate(contents)
    ]
    return multipart(
        "related",
        [root, *others],
        type="application/xop+xml",
        start=f"<{_ROOT}>",
        start_info="application/soap+xml",
        action=action,
    )


@dataclass(frozen=True, slots=True)
class AtHand:
    """A content that stood in the envelope."""

    content: bytes

    async def chunks(self, size: int = 65_536) -> AsyncIterator[bytes]:
        """The bytes in order, in pieces of at most `size`."""
        for start in range(0, len(self.content), size):
            yield self.content[start : start + size]


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What came in: the envelope, and its other parts by their ids."""

    envelope: bytes
    parts: Mapping[str, Kept]


async def unpacked(head: Head, pieces: AsyncIterator[bytes], folder: Path | None, most: int) -> Unpacked:
    """
    An answer, as a package or as a bare envelope. Parts are kept in `folder`, thrown away where it is None.

    Raises:
        BadAnswer: it is neither, or larger than `most` bytes.
    """
    media_type, options = parse_options_header(head.headers.get("content-type", ""))
    bounded = within(pieces, most)
    if media_type in {b"application/soap+xml", b"text/xml", b"application/xml"}:
        return Unpacked(await collected(within(bounded, MOST_ENVELOPE)), {})
    boundary = options.get(b"boundary", b"")
    if media_type != b"multipart/related" or not boundary:
        raise BadAnswer("answer-not-understood")
    start = options.get(b"start", b"").decode("latin-1")
    return await _taken_apart(parts(bounded, boundary), _bare(start), folder)


def decoded(text: str) -> bytes:
    """
    A content that stands in the envelope itself.

    Raises:
        BadAnswer: it is not base64.
    """
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise BadAnswer("answer-not-understood") from None


def referred(href: str) -> str:
    """The id of the part that an address `cid:…` means (RFC 2392)."""
    return unquote(href.removeprefix("cid:"))


async def _taken_apart(received: AsyncIterator[Received], start: str, folder: Path | None) -> Unpacked:
    envelope: bytes | None = None
    contents: dict[str, Kept] = {}
    number = 0
    async for part in received:
        id_ = _bare(part.headers.get("content-id", ""))
        number += 1
        if envelope is None and (not start or id_ == start):
            envelope = await collected(within(part.content, MOST_ENVELOPE))
        elif folder is not None:
            contents[id_] = await kept(part.content, folder / f"part-{number}")
    if envelope is None:
        raise BadAnswer("answer-not-understood")
    return Unpacked(envelope, contents)


def _bare(content_id: str) -> str:
    return content_id.strip().removeprefix("<").removesuffix(">")
