"""
MTOM (SOAP 1.2 with XOP): the envelope is one part of a package, each content another, byte for byte.

The package goes out in a stream. What comes in is written to files that go away with whoever asked for it: a message
names its parts in any order, and none is held whole.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import unquote

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from gateway.transports.https import BadAnswer, Body, Head, Part, multipart, within
from gateway.transports.xta.requests import part_id

# It logs what it dislikes about a body. The error it raises says it, too.
logging.getLogger("python_multipart.multipart").disabled = True

MOST_ENVELOPE: Final = 16 << 20
"""bytes of an envelope; contents that are not parts of their own stand in it"""

MOST_PARTS: Final = 1_000

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
class Kept:
    """A part that was written to a file; read from the start as often as needed."""

    file: Path
    size: int
    digest: str
    """hex SHA-256 of the bytes"""

    async def chunks(self, size: int = 65_536) -> AsyncIterator[bytes]:
        """The bytes in order, in pieces of at most `size`."""
        with await asyncio.to_thread(self.file.open, "rb") as file:
            while piece := await asyncio.to_thread(file.read, size):
                yield piece


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
        return Unpacked(await _collected(within(bounded, MOST_ENVELOPE)), {})
    boundary = options.get(b"boundary", b"")
    if media_type != b"multipart/related" or not boundary:
        raise BadAnswer("answer-not-understood")
    start = options.get(b"start", b"").decode("latin-1")
    return await _taken_apart(_tokens(bounded, boundary), _bare(start), folder)


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


# ── part by part ─────────────────────────────────────────────────────────────────────────────────────────────────────

_Headers = dict[bytes, bytes]
_Token = _Headers | bytes | None
"""the headers of the next part, some of its content, or its end"""


async def _taken_apart(tokens: AsyncIterator[_Token], start: str, folder: Path | None) -> Unpacked:
    envelope: bytes | None = None
    parts: dict[str, Kept] = {}
    number = 0
    async for token in tokens:
        if not isinstance(token, dict):
            raise BadAnswer("answer-not-understood")
        _insist_on_plain_bytes(token)
        id_ = _bare(token.get(b"content-id", b"").decode("latin-1"))
        number += 1
        if number > MOST_PARTS:
            raise BadAnswer("answer-too-large")
        content = _content(tokens)
        if envelope is None and (not start or id_ == start):
            envelope = await _collected(within(content, MOST_ENVELOPE))
        elif folder is None:
            async for _ in content:
                continue
        else:
            parts[id_] = await _kept(content, folder / f"part-{number}")
    if envelope is None:
        raise BadAnswer("answer-not-understood")
    return Unpacked(envelope, parts)


def _insist_on_plain_bytes(headers: _Headers) -> None:
    if headers.get(b"content-transfer-encoding", b"binary").strip().lower() not in {b"7bit", b"8bit", b"binary"}:
        raise BadAnswer("answer-not-understood")


async def _content(tokens: AsyncIterator[_Token]) -> AsyncIterator[bytes]:
    """What comes until the part ends; cut off before that, the whole answer is."""
    async for token in tokens:
        if not isinstance(token, bytes):
            return
        yield token
    raise BadAnswer("answer-broken")


async def _collected(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def _kept(pieces: AsyncIterator[bytes], file: Path) -> Kept:
    digest, size = hashlib.sha256(), 0
    with await asyncio.to_thread(file.open, "xb") as kept:
        async for piece in _gathered(pieces):
            digest.update(piece)
            size += len(piece)
            await asyncio.to_thread(_write, kept, piece)
    return Kept(file, size, digest.hexdigest())


def _write(file: BinaryIO, piece: bytes) -> None:
    file.write(piece)


async def _gathered(pieces: AsyncIterator[bytes], least: int = 1 << 18) -> AsyncIterator[bytes]:
    """The same in larger pieces, so that a disk is asked less often."""
    held = bytearray()
    async for piece in pieces:
        held += piece
        if len(held) >= least:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


async def _tokens(pieces: AsyncIterator[bytes], boundary: bytes) -> AsyncIterator[_Token]:
    seen = _Seen()
    try:
        parser = MultipartParser(boundary, seen.callbacks())  # type: ignore[arg-type]
        async for piece in pieces:
            parser.write(piece)
            while seen.tokens:
                yield seen.tokens.popleft()
    except FormParserError:
        raise BadAnswer("answer-not-understood") from None
    if not seen.ended:
        raise BadAnswer("answer-broken")


class _Seen:
    """What the parser has seen and nobody has taken yet."""

    def __init__(self) -> None:
        self.tokens: deque[_Token] = deque()
        self.ended = False
        self._headers: _Headers = {}
        self._name = self._value = b""

    def callbacks(self) -> Mapping[str, object]:
        return {
            "on_part_begin": self._part_begins,
            "on_header_field": self._name_goes_on,
            "on_header_value": self._value_goes_on,
            "on_header_end": self._header_ends,
            "on_headers_finished": lambda: self.tokens.append(self._headers),
            "on_part_data": lambda data, start, end: self.tokens.append(data[start:end]),
            "on_part_end": lambda: self.tokens.append(None),
            "on_end": self._body_ends,
        }

    def _part_begins(self) -> None:
        self._headers = {}

    def _name_goes_on(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _value_goes_on(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        self._headers[self._name.lower()] = self._value.strip()
        self._name = self._value = b""

    def _body_ends(self) -> None:
        self.ended = True


def _bare(content_id: str) -> str:
    return content_id.strip().removeprefix("<").removesuffix(">")
