"""Port: the files that come with submissions, apart from the journal that names them."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import Protocol

from gateway.adapter import Enclosure, Stream
from gateway.submission import Attachment


class Stored(Stream, Protocol):
    """A stored attachment's bytes, also from somewhere in the middle."""

    def chunks(self, size: int = 65_536, start: int = 0) -> AsyncIterator[bytes]:
        """The bytes from `start` on, in order, in pieces of at most `size`."""
        ...


class Encloses(Protocol):
    """Whoever can give adapters the files of a submission."""

    def enclose(self, attachments: Iterable[Attachment]) -> tuple[Enclosure, ...]:
        """Attachments as adapters want them."""
        ...


class AttachmentStore(Encloses, Protocol):
    """Files that came with submissions: streamed in, synced before the commit that names them, streamed out."""

    async def keep(self, name: str, media_type: str, chunks: AsyncIterable[bytes], most: int) -> Attachment:
        """
        Store a file as it arrives, never whole in memory; file and folder are synced on return.

        What no database takes of its name (NUL, half a character) is replaced.

        Raises:
            TooLarge: more than `most` bytes came; nothing is left behind.
            JournalUnavailable: the disk did not take it; nothing is left behind.
        """
        ...

    def open(self, attachment: Attachment) -> Stored:
        """The file's bytes."""
        ...

    async def discard(self, attachments: Iterable[Attachment]) -> None:
        """Forget files whose submission was not recorded."""
        ...

    async def sweep(self, known: frozenset[str], older_than: float) -> int:
        """Remove files of no submission, older than this many seconds; how many."""
        ...
