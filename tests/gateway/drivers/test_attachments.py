"""Attachments on a disk: whole or not at all, streamed in and out, found by id only."""

import asyncio
import hashlib
import os
import resource
import stat
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.drivers.attachment_folder import AttachmentFolder
from gateway.errors import JournalUnavailable, TooLarge
from gateway.events import JournalFailed, watched
from gateway.submission import Attachment, Micros
from gateway.testing import CANARIES, LargeStream, MemoryAttachments

MB = 1024 * 1024


@pytest.fixture
def folder(tmp_path: Path) -> AttachmentFolder:
    return AttachmentFolder(tmp_path / "attachments", now)


def now() -> Micros:
    return Micros(time.time_ns() // 1000)


async def chunks(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def read(folder: AttachmentFolder, attachment: Attachment, size: int = 65_536) -> bytes:
    return b"".join([piece async for piece in folder.open(attachment).chunks(size)])


def files(tmp_path: Path) -> list[str]:
    return sorted(file.name for file in (tmp_path / "attachments").iterdir())


async def test_kept_and_read_again(folder: AttachmentFolder) -> None:
    """What went in comes out, as often as it is wanted, with size and digest of what it was."""
    kept = await folder.keep("wgb-1", "application/pdf", chunks(b"eins", b"", b"zwei"), 100)

    assert (kept.name, kept.media_type, kept.size) == ("wgb-1", "application/pdf", 8)
    assert kept.digest == hashlib.sha256(b"einszwei").hexdigest()
    assert [await read(folder, kept), await read(folder, kept)] == [b"einszwei", b"einszwei"]


async def test_a_name_that_no_database_takes(folder: AttachmentFolder) -> None:
    """It is kept without what no journal could write down; in memory as on disk."""
    for store in (folder, MemoryAttachments()):
        kept = await store.keep("plan-\ud83d\0ü", "image/png", chunks(b"x"), 1)

        assert kept.name == "plan-?\N{REPLACEMENT CHARACTER}ü"


async def test_an_empty_one(folder: AttachmentFolder) -> None:
    """An attachment without bytes is one, too."""
    kept = await folder.keep("leer", "text/plain", chunks(), 0)

    assert (kept.size, await read(folder, kept)) == (0, b"")


@pytest.mark.parametrize("size", [1000, 65_536, 300_000, 2 * MB])
async def test_pieces_of_any_size(folder: AttachmentFolder, size: int) -> None:
    """Pieces are never larger than asked for, and together are everything."""
    stream = LargeStream(3 * MB + 17)
    kept = await folder.keep("plan", "image/png", stream.chunks(100_000), 4 * MB)

    pieces = [piece async for piece in folder.open(kept).chunks(size)]

    assert max(map(len, pieces)) <= size
    assert hashlib.sha256(b"".join(pieces)).hexdigest() == stream.digest == kept.digest


async def test_its_name_never_touches_the_disk(folder: AttachmentFolder, tmp_path: Path) -> None:
    """A file is named by its id alone, however the sender called it."""
    kept = await folder.keep(f"../{CANARIES[0]}.pdf", "application/pdf", chunks(b"x"), 1)

    assert files(tmp_path) == [kept.id]
    assert len(kept.id) == 32
    assert set(kept.id) <= set("0123456789abcdef")


async def test_an_id_that_is_none_of_ours(folder: AttachmentFolder) -> None:
    """An id that could lead out of the folder opens nothing."""
    kept = await folder.keep("a", "text/plain", chunks(b"x"), 1)

    with pytest.raises(ValueError, match=r"^$"):
        folder.open(replace(kept, id="../journal.db"))


async def test_too_large(folder: AttachmentFolder, tmp_path: Path) -> None:
    """One byte too many is refused, and nothing is left; the limit itself is fine."""
    with pytest.raises(TooLarge):
        await folder.keep("a", "text/plain", chunks(b"x" * 10, b"x"), 10)
    assert files(tmp_path) == []

    assert (await folder.keep("a", "text/plain", chunks(b"x" * 10), 10)).size == 10


async def test_a_source_that_fails(folder: AttachmentFolder, tmp_path: Path) -> None:
    """Where the bytes stop coming, the error passes and nothing is left."""

    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * MB
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await folder.keep("a", "text/plain", broken(), 10 * MB)

    assert files(tmp_path) == []


async def test_cancelled_half_way(folder: AttachmentFolder, tmp_path: Path) -> None:
    """Who is cancelled while a file arrives leaves nothing."""
    half = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"x" * MB
        half.set()
        await asyncio.Event().wait()

    keeping = asyncio.create_task(folder.keep("a", "text/plain", endless(), 10 * MB))
    await half.wait()
    assert len(files(tmp_path)) == 1
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping

    assert files(tmp_path) == []


async def test_a_disk_that_is_full(folder: AttachmentFolder, tmp_path: Path) -> None:
    """A disk that takes no more is nobody's fault: operators are told, and nothing is left. The limit is a real one."""
    told: list[Any] = []

    with watched(told.append), files_of_at_most(MB), pytest.raises(JournalUnavailable):
        await folder.keep("a", "text/plain", chunks(*[b"x" * MB] * 3), 10 * MB)

    assert files(tmp_path) == []
    assert [(event.operation, event.error) for event in told if isinstance(event, JournalFailed)] == [
        ("keep_attachment", "OSError")
    ]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The system's own limit for this process."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


async def test_a_folder_that_went_away(folder: AttachmentFolder, tmp_path: Path) -> None:
    """A file in the folder's place (or a mount that is gone) is nobody's fault, too."""
    (tmp_path / "attachments").rmdir()
    (tmp_path / "attachments").write_text("")

    with pytest.raises(JournalUnavailable):
        await folder.keep("a", "text/plain", chunks(b"x"), 10)


async def test_on_disk_before_it_has_its_name(
    folder: AttachmentFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes are synced before the file gets its name, and the name is synced before the id is given out."""
    done: list[str] = []
    sync, rename = os.fsync, Path.rename

    def synced(handle: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        sync(handle)

    def renamed(path: Path, target: Path) -> Path:
        done.append("name")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)

    await folder.keep("a", "text/plain", chunks(b"x"), 1)

    assert done == ["file", "name", "folder"]


async def test_discarding(folder: AttachmentFolder, tmp_path: Path) -> None:
    """What is discarded is gone; discarding it again, or nothing, changes nothing."""
    one, two = [await folder.keep(name, "text/plain", chunks(b"x"), 1) for name in "ab"]

    await folder.discard([one])
    await folder.discard([one])
    await folder.discard([])

    assert files(tmp_path) == [two.id]


async def test_the_sweep_takes_old_orphans(tmp_path: Path) -> None:
    """Files of no submission go when they are old enough, those that never became whole too; everything else stays."""
    clock = [now()]
    folder = AttachmentFolder(tmp_path / "attachments", lambda: clock[0])
    known, orphan = [await folder.keep(name, "text/plain", chunks(b"x"), 1) for name in "ab"]
    (tmp_path / "attachments" / f"{'0' * 32}.arriving").write_bytes(b"x")
    (tmp_path / "attachments" / "README").write_bytes(b"x")

    assert await folder.sweep(frozenset({known.id}), 60.0) == 0
    clock[0] = Micros(clock[0] + 120_000_000)
    assert await folder.sweep(frozenset({known.id}), 60.0) == 2

    assert files(tmp_path) == sorted([known.id, "README"])
    assert orphan.id not in files(tmp_path)


async def test_enclosures(folder: AttachmentFolder) -> None:
    """Adapters get name, digest and a stream, in the order of the attachments."""
    kept = [await folder.keep(name, "text/plain", chunks(name.encode()), 1) for name in "ab"]

    enclosures = folder.enclose(kept)

    assert [enclosure.attachment for enclosure in enclosures] == kept
    assert [[piece async for piece in enclosure.stream.chunks()] for enclosure in enclosures] == [[b"a"], [b"b"]]


@pytest.mark.slow
async def test_a_large_one_is_never_held_whole(folder: AttachmentFolder) -> None:
    """200 MB go in and out with less than 50 MB of memory, and others get their turn meanwhile."""
    stream = LargeStream(200 * MB)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.001)
            turns += 1

    watching = asyncio.create_task(others())
    tracemalloc.start()
    try:
        kept = await folder.keep("plan", "application/pdf", stream.chunks(256 * 1024), 500 * MB)
        digest = hashlib.sha256()
        async for piece in folder.open(kept).chunks(256 * 1024):
            digest.update(piece)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        watching.cancel()

    assert digest.hexdigest() == kept.digest == stream.digest
    assert most < 50 * MB
    assert turns > 100
