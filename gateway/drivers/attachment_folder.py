"""Attachments as files of one folder, each named by its id: streamed in, synced before the commit that names them."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import uuid
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from gateway.adapter import Enclosure
from gateway.attachments import AttachmentStore
from gateway.errors import JournalUnavailable, TooLarge
from gateway.events import JournalFailed
from gateway.submission import SECOND, Attachment, Micros, storable

T = TypeVar("T")

_PIECE: Final = 512 * 1024
"""Bytes per visit to the disk: enough to be worth the way into a thread, little beside what a process holds anyway."""

_ARRIVING: Final = ".arriving"
_ID: Final = re.compile(r"[0-9a-f]{32}")


class AttachmentFolder:
    """
    The attachment store on a disk.

    A file has its final name only when it is whole and synced, so a power cut leaves arriving ones, and the sweep takes
    those. What a sender calls a file never touches the disk.
    """

    def __init__(self, folder: Path, clock: Callable[[], Micros]) -> None:
        self._folder = folder
        self._clock = clock
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def keep(self, name: str, media_type: str, chunks: AsyncIterable[bytes], most: int) -> Attachment:
        id_ = uuid.uuid4().hex
        file = await _on_disk(_Arriving, self._folder / f"{id_}{_ARRIVING}")
        try:
            async for piece in _in_pieces(_at_most(most, chunks)):
                await _on_disk(file.write, piece)
            await _on_disk(file.become, self._folder / id_)
        except BaseException:
            await _in_thread(file.abandon)
            raise
        return Attachment(
            id=id_,
            name=storable(name),
            media_type=storable(media_type),
            size=file.size,
            digest=file.digest.hexdigest(),
        )

    def open(self, attachment: Attachment) -> _StoredFile:
        return _StoredFile(self._file(attachment))

    def enclose(self, attachments: Iterable[Attachment]) -> tuple[Enclosure, ...]:
        return tuple(Enclosure(attachment, self.open(attachment)) for attachment in attachments)

    async def discard(self, attachments: Iterable[Attachment]) -> None:
        files = [self._file(attachment) for attachment in attachments]
        if files:
            await _in_thread(_remove, files)

    async def sweep(self, known: frozenset[str], older_than: float) -> int:
        return await _in_thread(self._sweep, known, self._clock() - older_than * SECOND)

    def _sweep(self, known: frozenset[str], oldest: float) -> int:
        with os.scandir(self._folder) as entries:
            orphans = [
                Path(entry.path)
                for entry in entries
                if _is_ours(entry.name) and entry.name not in known and entry.stat().st_mtime * SECOND < oldest
            ]
        return _remove(orphans)

    def _file(self, attachment: Attachment) -> Path:
        # Ids come from the journal; one that could leave the folder would not be ours.
        if not _ID.fullmatch(attachment.id):
            raise ValueError
        return self._folder / attachment.id


class _Arriving:
    """A file that is being written; all of its methods block."""

    def __init__(self, path: Path) -> None:
        self.size = 0
        self.digest = hashlib.sha256()
        self._path = path
        self._file: BinaryIO = path.open("xb", buffering=0)

    def write(self, piece: bytes) -> None:
        rest = memoryview(piece)
        while rest:
            rest = rest[self._file.write(rest) :]
        self.digest.update(piece)
        self.size += len(piece)

    def become(self, path: Path) -> None:
        """Give it its name, once its bytes are on disk; on return the name is on disk, too."""
        os.fsync(self._file.fileno())
        self._file.close()
        self._path.rename(path)
        self._path = path
        _sync_folder(path.parent)

    def abandon(self) -> None:
        self._file.close()
        with suppress(OSError):
            self._path.unlink()


class _StoredFile:
    """A stored attachment's bytes; each reading opens the file anew."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def chunks(self, size: int = 65_536, start: int = 0) -> AsyncIterator[bytes]:
        file = await _in_thread(_opened, self._path, start)
        try:
            while piece := await _in_thread(file.read, max(size, _PIECE)):
                for begin in range(0, len(piece), size):
                    yield piece[begin : begin + size]
        finally:
            file.close()


async def _at_most(most: int, chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise _over(most)
        yield chunk


async def _in_pieces(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in pieces that are worth a visit to the disk."""
    waiting: list[bytes] = []
    size = 0
    async for chunk in chunks:
        waiting.append(chunk)
        size += len(chunk)
        if size >= _PIECE:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


async def _on_disk(work: Callable[..., T], *values: object) -> T:
    """Run it in a thread; a disk that refuses is nobody's fault, and operators are told."""
    try:
        return await _in_thread(work, *values)
    except OSError as error:
        JournalFailed(operation="keep_attachment", error=type(error).__name__).tell()
        raise _disk_refuses() from error


async def _in_thread(work: Callable[..., T], *values: object) -> T:
    """Run it in a thread; cancelled or not, it has ended on return, so that nobody closes a file in use."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *values))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _opened(path: Path, start: int) -> BinaryIO:
    file = path.open("rb", buffering=0)
    file.seek(start)
    return file


def _is_ours(name: str) -> bool:
    return _ID.fullmatch(name.removesuffix(_ARRIVING)) is not None


def _remove(files: Iterable[Path]) -> int:
    """Remove what can be removed, and leave the rest to the next sweep; how many."""
    removed = 0
    for file in files:
        with suppress(OSError):
            file.unlink()
            removed += 1
    return removed


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _over(most: int) -> TooLarge:
    return TooLarge(
        f"Eine Anlage ist größer als {most} Byte; mehr wird hier nicht angenommen.",
        f"An attachment is larger than {most} bytes, the most that is taken here.",
    )


def _disk_refuses() -> JournalUnavailable:
    return JournalUnavailable(
        "Die Anlagen können zurzeit nicht gespeichert werden. Es wurde nichts angenommen; bitte später erneut senden.",
        "Attachments cannot be stored at the moment. Nothing was taken; please send again later.",
    )


def _keeps_the_port(folder: AttachmentFolder) -> AttachmentStore:
    return folder
