"""Files that somebody named: read or written, or a sentence why not."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gateway.errors import BadSettings, Sentence

_BECAUSE: Final = {
    errno.ENOENT: Sentence("gibt es nicht", "there is none"),
    errno.EACCES: Sentence("kein Zugriff", "no access"),
    errno.EPERM: Sentence("nicht erlaubt", "not permitted"),
    errno.EISDIR: Sentence("ist ein Ordner", "it is a folder"),
    errno.ENOTDIR: Sentence("darüber liegt kein Ordner", "what is above it is no folder"),
    errno.ENOSPC: Sentence("der Datenträger ist voll", "the disk is full"),
    errno.EROFS: Sentence("der Datenträger ist schreibgeschützt", "the disk is read-only"),
}


def because(error: OSError) -> Sentence:
    """Why the system would not."""
    said = error.strerror or type(error).__name__
    return _BECAUSE.get(error.errno or 0, Sentence(said, said))


def read_file(file: Path) -> bytes:
    """
    A file that somebody named.

    Raises:
        BadSettings: it cannot be read.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        why = because(error)
        raise BadSettings(f"{file} ist nicht lesbar: {why.de}.", f"{file} cannot be read: {why.en}.") from None


def write_file(file: Path, text: str) -> None:
    """
    A file that somebody named, as UTF-8.

    Raises:
        BadSettings: it cannot be written.
    """
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        why = because(error)
        raise BadSettings(
            f"{file} lässt sich nicht schreiben: {why.de}.", f"{file} cannot be written: {why.en}."
        ) from None


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """
    Each file as a whole: a reader sees the old one or the new one.

    Raises:
        BadSettings: the folder cannot be written.
    """
    try:
        for name, content in files.items():
            beside = folder / f".{name}.new"
            beside.write_bytes(content)
            os.replace(beside, folder / name)  # noqa: PTH105 - atomic, and says so
    except OSError as error:
        why = because(error)
        raise BadSettings(
            f"In {folder} lässt sich nicht schreiben: {why.de}.", f"{folder} cannot be written: {why.en}."
        ) from None
