"""`multipart/…` as it comes in (RFC 2046): part after part, none held whole; and what was kept of one in a file."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from gateway.transports.https.failures import BadAnswer

# It logs what it dislikes about a body. The error it raises says it, too.
logging.getLogger("python_multipart.multipart").disabled = True

MOST_PARTS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Received:
    """A part: its headers by names in small letters, and its bytes, which are there until the next is asked for."""

    headers: Mapping[str, str]
    content: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Kept:
    """What was written to a file; read from the start as often as needed."""

    file: Path
    size: int
    digest: str
    """hex SHA-256 of the bytes"""

    async def chunks(self, size: int = 65_536) -> AsyncIterator[bytes]:
        """The bytes in order, in pieces of at most `size`."""
        with await asyncio.to_thread(self.file.open, "rb") as file:
            while piece := await asyncio.to_thread(file.read, size):
                yield piece


async def parts(pieces: AsyncIterator[bytes], boundary: bytes) -> AsyncIterator[Received]:
    """
    The parts in their order; what nobody reads of one is skipped.

    Raises:
        BadAnswer: it is not multipart, ends too soon, is encoded for transfer, or has too many parts.
    """
    tokens = _tokens(pieces, boundary)
    number = 0
    async for token in tokens:
        if not isinstance(token, dict):
            raise BadAnswer("answer-not-understood")
        headers = {name.decode("latin-1"): value.decode("utf-8", "replace") for name, value in token.items()}
        if headers.get("content-transfer-encoding", "binary").lower() not in {"7bit", "8bit", "binary"}:
            raise BadAnswer("answer-not-understood")
        number += 1
        if number > MOST_PARTS:
            raise BadAnswer("answer-too-large")
        content = _content(tokens)
        yield Received(headers, content)
        async for _ in content:
            continue


async def collected(pieces: AsyncIterator[bytes]) -> bytes:
    """All of it, in one."""
    return b"".join([piece async for piece in pieces])


async def kept(pieces: AsyncIterator[bytes], file: Path) -> Kept:
    """All of it, in a new file."""
    digest, size = hashlib.sha256(), 0
    with await asyncio.to_thread(file.open, "xb") as open_file:
        async for piece in _gathered(pieces):
            digest.update(piece)
            size += len(piece)
            await asyncio.to_thread(_write, open_file, piece)
    return Kept(file, size, digest.hexdigest())


_Headers = dict[bytes, bytes]
_Token = _Headers | bytes | None
"""the headers of the next part, some of its content, or its end"""


async def _content(tokens: AsyncIterator[_Token]) -> AsyncIterator[bytes]:
    """What comes until the part ends; cut off before that, the whole answer is."""
    async for token in tokens:
        if not isinstance(token, bytes):
            return
        yield token
    raise BadAnswer("answer-broken")


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
