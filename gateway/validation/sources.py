"""
What an operator hands over: ZIPs and folders as they were downloaded, opened without trusting them.

Nothing is unpacked to disk. A file is read into memory when somebody asks for it, within a budget, and its name serves
to tell it from others, never as a path.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Final, Self

from gateway.errors import BadPackage

MIB: Final = 1024 * 1024

MOST_FILES: Final = 20_000
MOST_BYTES: Final = 1024 * MIB
"""of all files together: XBau publishes 600 MB of code lists"""
MOST_BYTES_OF_A_FILE: Final = 512 * MIB
MOST_BLOWN_UP: Final = 200
"""times that a file may be larger than it is in the ZIP; real schemas and lists stay below 60"""
BLOWN_UP_FROM: Final = 4 * MIB
DEEPEST: Final = 2
"""ZIPs in ZIPs: XRepository packs the files of a version once more when somebody wants them all"""


@dataclass(frozen=True, slots=True)
class Offered:
    """One file: the parts of its path within the source, and its bytes for the asking."""

    path: PurePosixPath
    read: Callable[[], bytes] = field(repr=False)

    @property
    def suffix(self) -> str:
        """`.xsd`, in lower case."""
        return self.path.suffix.lower()


@dataclass(frozen=True, slots=True)
class Source:
    """One ZIP or one folder, without the ZIPs in it: these are sources of their own."""

    origin: str
    """where it lies, for sentences"""
    files: tuple[Offered, ...]
    holds_others: bool
    """whether ZIPs lie in it"""


class Opened:
    """
    All sources below some paths, open until `close`.

    Raises BadPackage, naming the file, where one is no ZIP, escapes its folder, or would fill memory.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._open = ExitStack()
        self._budget = _Budget()
        try:
            self.sources: Final = tuple(source for path in paths for source in self._sources(path))
        except BaseException:
            self._open.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _sources(self, path: Path) -> Iterator[Source]:
        if path.is_dir():
            yield from self._folder(path)
        elif path.is_file():
            yield from self._zip(str(path), self._opened(str(path), path), 1)
        else:
            raise BadPackage(
                f"{path} gibt es nicht, oder es ist nicht lesbar.", f"{path} is not there, or not readable."
            )

    def _folder(self, folder: Path) -> Iterator[Source]:
        files: list[Offered] = []
        inner = False
        for path in sorted(folder.rglob("*")):
            if path.is_symlink():
                raise BadPackage(
                    f"{path} ist eine Verknüpfung (Symlink); bitte durch die Datei selbst ersetzen.",
                    f"{path} is a symbolic link; please replace it by the file itself.",
                )
            within = path.relative_to(folder)
            if not path.is_file() or any(part.startswith(".") for part in within.parts):
                continue
            self._budget.count(str(path), path.stat().st_size)
            if path.suffix.lower() == ".zip":
                inner = True
                yield from self._zip(str(path), self._opened(str(path), path), 1)
            else:
                files.append(Offered(PurePosixPath(within.as_posix()), partial(_read, path)))
        yield Source(str(folder), tuple(files), inner)

    def _opened(self, origin: str, file: Path | BytesIO) -> zipfile.ZipFile:
        try:
            return self._open.enter_context(zipfile.ZipFile(file))
        except (zipfile.BadZipFile, OSError, ValueError, RuntimeError):
            raise BadPackage(
                f"{origin} ist kein lesbares ZIP-Archiv.", f"{origin} is no readable ZIP archive."
            ) from None

    def _zip(self, origin: str, archive: zipfile.ZipFile, depth: int) -> Iterator[Source]:
        files: list[Offered] = []
        inner = False
        for entry in archive.infolist():
            path = _path_in(origin, entry)
            if entry.is_dir():
                continue
            self._budget.count_packed(f"{origin}: {path}", entry)
            reader = _Reader(origin, archive, entry)
            if path.suffix.lower() != ".zip":
                files.append(Offered(path, reader))
            elif depth < DEEPEST:
                nested, inner = f"{origin}: {path}", True
                yield from self._zip(nested, self._opened(nested, BytesIO(reader())), depth + 1)
            else:
                raise BadPackage(
                    f"{origin}: {path} ist ein ZIP in einem ZIP in einem ZIP; bitte einzeln einspielen.",
                    f"{origin}: {path} is a ZIP in a ZIP in a ZIP; please install it by itself.",
                )
        yield Source(origin, tuple(files), inner)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadPackage(
            f"{path} ist nicht lesbar ({error.strerror}).", f"{path} cannot be read ({error.strerror})."
        ) from None


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one entry of a ZIP: not a byte more than it declares, whatever the data would unfold to."""

    origin: str
    archive: zipfile.ZipFile
    entry: zipfile.ZipInfo

    def __call__(self) -> bytes:
        try:
            with self.archive.open(self.entry) as stream:
                content = stream.read(self.entry.file_size + 1)
        except (zipfile.BadZipFile, RuntimeError, OSError, EOFError, ValueError):
            raise self._broken() from None
        except Exception as error:  # the decompressors have errors of their own, without a common ancestor
            if type(error).__module__ not in {"zlib", "lzma", "_lzma", "bz2"}:
                raise
            raise self._broken() from None
        if len(content) != self.entry.file_size:
            raise self._broken()
        return content

    def _broken(self) -> BadPackage:
        return BadPackage(
            f"{self.origin}: {self.entry.filename} lässt sich nicht entpacken (beschädigt oder verschlüsselt).",
            f"{self.origin}: {self.entry.filename} cannot be unpacked (damaged or encrypted).",
        )


class _Budget:
    """What all sources of one call may hold together."""

    def __init__(self) -> None:
        self._files = 0
        self._bytes = 0

    def count(self, origin: str, size: int) -> None:
        self._files += 1
        self._bytes += size
        if self._files > MOST_FILES or self._bytes > MOST_BYTES or size > MOST_BYTES_OF_A_FILE:
            raise _too_much(origin)

    def count_packed(self, origin: str, entry: zipfile.ZipInfo) -> None:
        self.count(origin, entry.file_size)
        if entry.file_size > BLOWN_UP_FROM and entry.file_size > MOST_BLOWN_UP * entry.compress_size:
            raise _too_much(origin)


def _path_in(origin: str, entry: zipfile.ZipInfo) -> PurePosixPath:
    """The path of an entry, which stays inside: `zipfile` would quietly bend others, which nobody sends by accident."""
    name = entry.orig_filename
    path = PurePosixPath(name.replace("\\", "/"))
    outside = path.is_absolute() or ".." in path.parts or name[1:2] == ":" or "\0" in name or not path.parts
    if outside:
        raise BadPackage(
            f"{origin}: Ein Eintrag führt aus dem Archiv hinaus ({name!r}).",
            f"{origin}: an entry leads out of the archive ({name!r}).",
        )
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise BadPackage(f"{origin}: {name} ist eine Verknüpfung (Symlink).", f"{origin}: {name} is a symbolic link.")
    return path


def _too_much(origin: str) -> BadPackage:
    return BadPackage(
        f"{origin} ist zu groß oder entpackt sich auf ein Vielfaches (ZIP-Bombe); nichts wurde eingespielt.",
        f"{origin} is too large or unfolds to a multiple of itself (ZIP bomb); nothing was installed.",
    )
