"""
A directory from which sets of files are collected: the other direction of `transports.directory`.

    outbox/                            where the Fachverfahren lays sets down
    outbox/.antragsgateway/            ours; made when the directory is set up, never by this code

A set has a name without dots, files called `<name>.…`, and a *sign*, `<name>` and an ending, which appears last and
says that the set is complete. It is taken away sign first: the sign moves into `.antragsgateway`, then the files go,
then the sign. What a dead process left there is finished by the next look. So a set is whole or gone, and one that was
taken away is never seen again.

An outbox without `.antragsgateway` is refused: it is a share that is not mounted, and an empty one would say that
nobody has answered.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from gateway.adapter import Unreachable
from gateway.transports.directory import WORKSPACE, code_of

_SET: Final = r"[A-Za-z0-9][A-Za-z0-9_-]*"
_PLAIN: Final = re.compile(rf"{_SET}(\.[A-Za-z0-9_-]+)+", re.ASCII)
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
_PIECE: Final = 1 << 18

P = ParamSpec("P")
R = TypeVar("R")


def belongs_to(name: object, sign: str) -> bool:
    """Whether that is the name of a file of this set: no path, nothing hidden, and the set's name in front."""
    return (
        isinstance(name, str)
        and _PLAIN.fullmatch(name) is not None
        and name.split(".")[0] == sign.split(".", maxsplit=1)[0]
    )


class Outbox:
    """
    One outbox. Its disk is touched in threads of its own, at most `at_once`: a share that hangs holds up nobody else.

    Names that are not plain are a mistake of the caller.
    """

    def __init__(self, folder: Path, *, at_once: int = 4) -> None:
        self._folder = folder
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="outbox")

    def close(self) -> None:
        """Start nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def signs(self, ending: str) -> Sequence[str] | Unreachable:
        """The signs that lie there, the longest there first; what was begun to be taken away is gone after this."""
        try:
            return await self.aside(self._signs, ending)
        except OSError as error:
            return Unreachable(code_of(error))

    async def read(self, name: str, most: int) -> bytes | None:
        """A small file; None where it is not there, is no plain file, or is larger than `most` bytes."""
        return await self.aside(self._content, name, most)

    async def is_whole(self, name: str, size: int, sha256: str) -> bool:
        """Whether a file is there and is what its sign says."""
        return await self.aside(self._matches, name, size, sha256)

    def stream(self, name: str) -> Piecewise:
        """A file's bytes; each reading opens it anew."""
        return Piecewise(self, name)

    async def take_away(self, sign: str, names: Sequence[str]) -> None:
        """Remove a set, which may be gone already. Raises OSError where the disk says no; calling it again is right."""
        await self.aside(self._take_away, sign, [name for name in names if name != sign])

    async def open(self, name: str) -> BufferedReader:
        """The file, open for reading; whoever asked closes it."""
        return await self.aside(self._opened, name)

    async def aside(self, errand: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do something that touches this disk in one of its threads."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(errand, *args, **kwargs))

    def _signs(self, ending: str) -> list[str]:
        with self._rooms() as (outbox, workspace):
            self._finish(outbox, workspace, ending)
            found: list[tuple[int, str]] = []
            for name in _names(outbox):
                if _is_sign(name, ending):
                    with suppress(FileNotFoundError):
                        found.append((os.stat(name, dir_fd=outbox, follow_symlinks=False).st_mtime_ns, name))
            return [name for _, name in sorted(found)]

    def _finish(self, outbox: int, workspace: int, ending: str) -> None:
        """Signs that lie in our folder were acknowledged: whatever carries their name goes."""
        for sign in _names(workspace):
            if _is_sign(sign, ending):
                for name in _names(outbox):
                    if belongs_to(name, sign):
                        _remove(name, outbox)
                _remove(sign, workspace)

    def _content(self, name: str, most: int) -> bytes | None:
        try:
            with self._opened(name) as file:
                content = file.read(most + 1)
        except OSError:
            return None
        return content if len(content) <= most else None

    def _matches(self, name: str, size: int, sha256: str) -> bool:
        try:
            with self._opened(name) as file:
                there = os.fstat(file.fileno()).st_size
                return there == size and hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except OSError:
            return False

    def _take_away(self, sign: str, names: Sequence[str]) -> None:
        with self._rooms() as (outbox, workspace):
            with suppress(FileNotFoundError):
                os.rename(sign, sign, src_dir_fd=outbox, dst_dir_fd=workspace)
            os.fsync(workspace)
            for name in names:
                _remove(name, outbox)
            _remove(sign, workspace)

    def _opened(self, name: str) -> BufferedReader:
        assert _PLAIN.fullmatch(name)
        with self._rooms() as (outbox, _):
            return os.fdopen(os.open(name, _READ, dir_fd=outbox), "rb")

    @contextmanager
    def _rooms(self) -> Iterator[tuple[int, int]]:
        outbox = os.open(self._folder, _FOLDER)
        try:
            workspace = os.open(WORKSPACE, _FOLDER, dir_fd=outbox)
            try:
                yield outbox, workspace
            finally:
                os.close(workspace)
        finally:
            os.close(outbox)


class Piecewise:
    """The bytes of one file, piece by piece."""

    def __init__(self, outbox: Outbox, name: str) -> None:
        self._outbox = outbox
        self._name = name

    async def chunks(self, size: int = 65_536) -> AsyncIterator[bytes]:
        file = await self._outbox.open(self._name)
        try:
            while piece := await self._outbox.aside(file.read, max(size, _PIECE)):
                for start in range(0, len(piece), size):
                    yield piece[start : start + size]
        finally:
            file.close()


def _is_sign(name: str, ending: str) -> bool:
    return re.fullmatch(_SET, name.removesuffix(ending), re.ASCII) is not None and name.endswith(ending)


def _names(folder: int) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries]


def _remove(name: str, folder: int) -> None:
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
