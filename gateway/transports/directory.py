"""
A directory as a transport: a set of files appears in it complete, and once.

    inbox/                            where the Fachverfahren looks
    inbox/.antragsgateway/            ours; made when the directory is set up, never by this code
    inbox/.antragsgateway/drafts/     sets being written; what a dead process left is swept
    inbox/.antragsgateway/receipts/   one folder for each set that was ever complete

A set has a key, files, and a *sign*: the one file whose appearance says that the set is complete. It travels in
renames, and the two that matter can happen only once each:

1. *sealing*, `drafts/<key>.<nonce>` → `receipts/<key>`, after everything in it is synced. A receipt is never empty
   (`receipt`, a second name of the sign, stays in it), so the kernel refuses to put another folder in its place.
2. *releasing*, `receipts/<key>/<file>` → `inbox/<file>`, the sign last. What was moved away cannot be moved again.

Hence the one rule by which this code knows what happened, after any crash and however often it is asked: **a set was
handed over exactly if its receipt exists and the sign is no longer in it.** What the Fachverfahren did with the files
since then does not matter, and two deliveries of one set at the same time complete each other instead of doubling it.

The receipt is synced before the first file leaves it, and the inbox before anybody is told that the set arrived. All
that is asked of the disk is that a power cut leaves a rename done or not done, which journaling file systems promise.

An inbox without `.antragsgateway` is refused: it is a share that is not mounted, or one whose receipts were thrown
away. There, "it was never handed over" would be a guess.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
import shutil
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from gateway.adapter import NotThere, Unclear, Unreachable

WORKSPACE: Final = ".antragsgateway"
STALE_AFTER: Final = 3_600.0
"""seconds without a write after which a draft is a dead process's; also the time between two sweeps"""

_RECEIPT: Final = "receipt"
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_MORE: Final = os.O_WRONLY | os.O_APPEND

_CODES: Final = {
    errno.ENOENT: "folder-missing",
    errno.ENOTDIR: "folder-missing",
    errno.EACCES: "no-permission",
    errno.EPERM: "no-permission",
    errno.EROFS: "read-only",
    errno.ENOSPC: "disk-full",
    errno.EDQUOT: "disk-full",
    errno.EFBIG: "file-too-large",
    errno.ESTALE: "share-away",
    errno.ENOTCONN: "share-away",
    errno.EHOSTDOWN: "share-away",
    errno.EHOSTUNREACH: "share-away",
    errno.ETIMEDOUT: "share-away",
    errno.EMFILE: "too-many-open-files",
    errno.ENFILE: "too-many-open-files",
}

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class File:
    """A small file: a plain name and its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Streamed:
    """A file of any size: a plain name and its bytes, piece by piece."""

    name: str
    pieces: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Arrived:
    """The set is in the directory, or was until somebody picked it up."""


class Directory:
    """
    One inbox.

    The disk is touched in threads of this inbox's own, at most `at_once` of them: a share that hangs holds up nobody
    else. A cancelled call leaves a thread that finishes its step, which by the rule above does no harm.
    """

    def __init__(self, inbox: Path, *, at_once: int = 8, clock: Callable[[], float] = time.monotonic) -> None:
        self._inbox = inbox
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="directory")
        self._clock = clock
        self._next_sweep = clock()

    def close(self) -> None:
        """Start nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def hand_over(
        self, key: str, files: Sequence[File | Streamed], sign: File
    ) -> Arrived | Unreachable | Unclear:
        """
        Make the set appear, unless it did before.

        On `Arrived` it is on disk; on `Unreachable` the sign did not appear. What a stream raises is raised.
        """
        insist_on_plain(key, sign.name, *(file.name for file in files))
        streamed = [file for file in files if isinstance(file, Streamed)]
        small = [file for file in files if isinstance(file, File)]
        try:
            if streamed:
                return await self._stream(key, streamed, small, sign)
            return await self._aside(self._hand_over_at_once, key, small, sign)
        except _Trouble as trouble:
            return Unreachable(trouble.because)

    async def knows(self, key: str, sign: str) -> Arrived | NotThere | Unreachable:
        """Whether the set was ever handed over, by the rule above."""
        insist_on_plain(key, sign)
        try:
            return await self._aside(self._look_up, key, sign)
        except _Trouble as trouble:
            return Unreachable(trouble.because)

    async def ready(self) -> Unreachable | None:
        """Whether a set could be begun now; tried with a draft, which goes again."""
        try:
            await self._aside(self._try_out)
        except _Trouble as trouble:
            return Unreachable(trouble.because)
        return None

    async def _stream(
        self, key: str, streamed: Sequence[Streamed], small: Sequence[File], sign: File
    ) -> Arrived | Unreachable | Unclear:
        draft = fresh_name(key)
        names = [file.name for file in streamed]
        try:
            if not await self._aside(self._begin, draft, key, names):
                return await self._aside(self._release, key, sign)
            for file in streamed:
                async for piece in file.pieces:
                    await self._aside(self._append, draft, file.name, piece)
            return await self._aside(self._finish, draft, key, names, small, sign)
        finally:  # after a success there is no draft any more, and this finds nothing
            with suppress(RuntimeError):  # closed meanwhile: a later sweep finds it
                self._threads.submit(self._discard, draft)

    async def _aside(self, errand: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, partial(errand, *args, **kwargs))
        except OSError as error:
            raise _Trouble(code_of(error)) from error

    # Errands run in a thread, one hop each. Each opens what it needs and closes it, so that one whose caller has gone
    # never holds a descriptor that somebody else thinks closed.

    def _try_out(self) -> None:
        with _rooms(self._inbox) as rooms:
            draft = fresh_name("probe")
            try:
                rooms.begin(draft, ["probe"])
            finally:
                rooms.discard(draft)

    def _hand_over_at_once(self, key: str, small: Sequence[File], sign: File) -> Arrived | Unreachable | Unclear:
        with _rooms(self._inbox) as rooms:
            if not rooms.has_receipt(key):
                draft = fresh_name(key)
                try:
                    self._begin_in(rooms, draft, ())
                    rooms.seal(draft, key, small, sign)
                except OSError:
                    rooms.discard(draft)
                    raise
            return rooms.release(key, sign.name)

    def _begin(self, draft: str, key: str, names: Sequence[str]) -> bool:
        with _rooms(self._inbox) as rooms:
            if rooms.has_receipt(key):
                return False
            self._begin_in(rooms, draft, names)
            return True

    def _begin_in(self, rooms: _Rooms, draft: str, names: Sequence[str]) -> None:
        rooms.begin(draft, names)
        if self._clock() >= self._next_sweep:
            self._next_sweep = self._clock() + STALE_AFTER
            with suppress(OSError):
                rooms.sweep(draft)

    def _append(self, draft: str, name: str, piece: bytes) -> None:
        with _rooms(self._inbox) as rooms:
            rooms.append(draft, name, piece)

    def _finish(
        self, draft: str, key: str, names: Sequence[str], small: Sequence[File], sign: File
    ) -> Arrived | Unreachable | Unclear:
        with _rooms(self._inbox) as rooms:
            for name in names:
                rooms.sync(draft, name)
            rooms.seal(draft, key, small, sign)
            return rooms.release(key, sign.name)

    def _release(self, key: str, sign: File) -> Arrived | Unreachable | Unclear:
        with _rooms(self._inbox) as rooms:
            return rooms.release(key, sign.name)

    def _look_up(self, key: str, sign: str) -> Arrived | NotThere:
        with _rooms(self._inbox) as rooms:
            return Arrived() if rooms.released(key, sign) else NotThere()

    def _discard(self, draft: str) -> None:
        with suppress(OSError), _rooms(self._inbox) as rooms:
            rooms.discard(draft)


@dataclass(frozen=True, slots=True)
class _Rooms:
    """The inbox and our folders in it, held open: whatever is renamed or mounted meanwhile, all steps mean the same."""

    inbox: int
    drafts: int
    receipts: int

    def has_receipt(self, key: str) -> bool:
        return _exists(key, self.receipts)

    def begin(self, draft: str, names: Sequence[str]) -> None:
        """A draft with empty files to append to."""
        os.mkdir(draft, 0o770, dir_fd=self.drafts)
        for name in names:
            os.close(os.open(f"{draft}/{name}", _NEW, 0o660, dir_fd=self.drafts))

    def write(self, draft: str, file: File) -> None:
        """A whole file, synced."""
        with os.fdopen(os.open(f"{draft}/{file.name}", _NEW, 0o660, dir_fd=self.drafts), "wb") as open_file:
            open_file.write(file.content)
            open_file.flush()
            os.fsync(open_file.fileno())

    def append(self, draft: str, name: str, piece: bytes) -> None:
        """More of a file; `sync` follows when it is whole."""
        with os.fdopen(os.open(f"{draft}/{name}", _MORE, dir_fd=self.drafts), "ab") as open_file:
            open_file.write(piece)

    def sync(self, draft: str, name: str) -> None:
        with _opened(f"{draft}/{name}", os.O_RDONLY, self.drafts) as descriptor:
            os.fsync(descriptor)

    def seal(self, draft: str, key: str, small: Sequence[File], sign: File) -> None:
        """Complete the draft and make it the receipt; if somebody else was quicker, theirs counts and this one goes."""
        for file in (*small, sign):
            self.write(draft, file)
        self._name_twice(draft, sign)
        with _opened(draft, _FOLDER, self.drafts) as folder:
            _sync_folder(folder)
        try:
            os.rename(draft, key, src_dir_fd=self.drafts, dst_dir_fd=self.receipts)
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                raise
            self.discard(draft)

    def _name_twice(self, draft: str, sign: File) -> None:
        try:
            os.link(f"{draft}/{sign.name}", f"{draft}/{_RECEIPT}", src_dir_fd=self.drafts, dst_dir_fd=self.drafts)
        except OSError:  # some shares have no second names; a copy does as well
            self.write(draft, File(_RECEIPT, sign.content))

    def release(self, key: str, sign: str) -> Arrived | Unreachable | Unclear:
        """Move the files out of the receipt, the sign last."""
        _sync_folder(self.receipts)
        with _opened(key, _FOLDER, self.receipts) as receipt:
            try:
                for name in {*_names(receipt)} - {_RECEIPT, sign}:
                    self._move_out(name, receipt)
                self._move_out(sign, receipt)
                _sync_folder(self.inbox)
            except OSError as error:
                with suppress(OSError):
                    if _exists(sign, receipt):
                        return Unreachable(code_of(error))
                return Unclear(code_of(error))
            return Arrived()

    def _move_out(self, name: str, receipt: int) -> None:
        with suppress(FileNotFoundError):  # somebody who delivers the same set was quicker
            os.rename(name, name, src_dir_fd=receipt, dst_dir_fd=self.inbox)

    def released(self, key: str, sign: str) -> bool:
        """Whether the set was handed over; if so, for good: a rename seen but not synced could still be undone."""
        if not self.has_receipt(key) or _exists(f"{key}/{sign}", self.receipts):
            return False
        _sync_folder(self.inbox)
        return True

    def discard(self, draft: str) -> None:
        """Remove a draft. Renaming it first takes it from an owner who is still alive and could seal half of it."""
        taken = f"{uuid.uuid4().hex}.discarded"
        with suppress(FileNotFoundError):
            os.rename(draft, taken, src_dir_fd=self.drafts, dst_dir_fd=self.drafts)
            shutil.rmtree(taken, dir_fd=self.drafts)

    def sweep(self, fresh: str) -> None:
        """Discard what nobody wrote to for long, by the clock that stamps files here: that of the draft just begun."""
        now = self._last_write(fresh)
        for draft in _names(self.drafts):
            with suppress(FileNotFoundError):
                if now - self._last_write(draft) > STALE_AFTER:
                    self.discard(draft)

    def _last_write(self, draft: str) -> float:
        with _opened(draft, _FOLDER, self.drafts) as folder:
            return max(os.stat(name, dir_fd=folder).st_mtime for name in (".", *_names(folder)))


class _Trouble(Exception):
    """The disk said no; `because` is the code that leaves this module."""

    def __init__(self, because: str) -> None:
        super().__init__(because)
        self.because = because


def code_of(error: OSError) -> str:
    """The short word for what a disk or a share refused with."""
    if isinstance(error, FileNotFoundError) and error.filename == WORKSPACE:
        return "folder-not-prepared"
    return _CODES.get(error.errno or 0, "disk-error")


@contextmanager
def _rooms(inbox: Path) -> Iterator[_Rooms]:
    with ExitStack() as doors:
        outside = doors.enter_context(_opened(str(inbox), _FOLDER, None))
        workspace = doors.enter_context(_opened(WORKSPACE, _FOLDER, outside))
        drafts, receipts = (doors.enter_context(_room(name, workspace)) for name in ("drafts", "receipts"))
        yield _Rooms(outside, drafts, receipts)


@contextmanager
def _room(name: str, workspace: int) -> Iterator[int]:
    try:
        descriptor = os.open(name, _FOLDER, dir_fd=workspace)
    except FileNotFoundError:
        with suppress(FileExistsError):
            os.mkdir(name, 0o770, dir_fd=workspace)
        _sync_folder(workspace)
        descriptor = os.open(name, _FOLDER, dir_fd=workspace)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _opened(path: str, flags: int, within: int | None) -> Iterator[int]:
    descriptor = os.open(path, flags, dir_fd=within)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _sync_folder(folder: int) -> None:
    try:
        os.fsync(folder)
    except OSError as error:  # some shares flush files only, and look after names themselves
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise


def _exists(path: str, within: int) -> bool:
    try:
        os.stat(path, dir_fd=within, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _names(folder: int) -> list[str]:
    return os.listdir(folder)


def fresh_name(key: str) -> str:
    """A draft's name that nobody else has."""
    return f"{key}.{uuid.uuid4().hex}"


def insist_on_plain(*names: str) -> None:
    """Raises ValueError where a name could leave a directory, hide in it, or mean something else."""
    for name in names:
        if name == _RECEIPT or not _PLAIN.fullmatch(name):
            raise ValueError("the name of a set or a file is made of letters, digits, dots and dashes")
