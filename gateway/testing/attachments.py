"""Attachments without a disk: streams of made-up bytes, and a store that forgets everything at the end."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import Final

from gateway.adapter import Enclosure
from gateway.errors import TooLarge
from gateway.submission import SECOND, Attachment, storable
from gateway.testing.clock import FakeClock

_PATTERN: Final = bytes(range(251)) * 1024


class MemoryStream:
    """A stream of bytes that are there already."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.size = len(content)
        self.digest = hashlib.sha256(content).hexdigest()

    async def chunks(self, size: int = 65_536, start: int = 0) -> AsyncIterator[bytes]:
        for begin in range(start, self.size, size):
            yield self.content[begin : begin + size]


class LargeStream:
    """So many bytes of a pattern, made while they are read: for what must not be held whole."""

    def __init__(self, size: int) -> None:
        self.size = size
        digest = hashlib.sha256()
        for piece in _pieces(size, len(_PATTERN)):
            digest.update(piece)
        self.digest = digest.hexdigest()

    async def chunks(self, size: int = 65_536) -> AsyncIterator[bytes]:
        for piece in _pieces(self.size, min(size, len(_PATTERN))):
            yield piece


def _pieces(size: int, most: int) -> Iterable[bytes]:
    position = 0
    while position < size:
        start = position % len(_PATTERN)
        piece = _PATTERN[start : start + min(most, size - position)]
        position += len(piece)
        yield piece


class MemoryAttachments:
    """An attachment store in memory, with the promises of `attachments.AttachmentStore` except that of the disk."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        self._clock = clock or FakeClock()
        self._kept: dict[str, tuple[int, bytes]] = {}

    async def keep(self, name: str, media_type: str, chunks: AsyncIterable[bytes], most: int) -> Attachment:
        content = bytearray()
        async for chunk in chunks:
            content += chunk
            if len(content) > most:
                raise TooLarge
        stream = MemoryStream(bytes(content))
        kept = Attachment(
            id=uuid.uuid4().hex,
            name=storable(name),
            media_type=storable(media_type),
            size=stream.size,
            digest=stream.digest,
        )
        self._kept[kept.id] = (self._clock(), stream.content)
        return kept

    def open(self, attachment: Attachment) -> MemoryStream:
        return MemoryStream(self._kept[attachment.id][1])

    def enclose(self, attachments: Iterable[Attachment]) -> tuple[Enclosure, ...]:
        return tuple(Enclosure(attachment, self.open(attachment)) for attachment in attachments)

    async def discard(self, attachments: Iterable[Attachment]) -> None:
        for attachment in attachments:
            self._kept.pop(attachment.id, None)

    async def sweep(self, known: frozenset[str], older_than: float) -> int:
        oldest = self._clock() - older_than * SECOND
        orphans = [id_ for id_, (at, _) in self._kept.items() if id_ not in known and at < oldest]
        for id_ in orphans:
            del self._kept[id_]
        return len(orphans)
