"""What a simulated Fachverfahren took, on disk: it survives the process, so that drills can count afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


class Ledger:
    """A file with one id per line, in the order they were written down; a line is on disk when `write` returns."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lines = _whole_lines(file)
        self._known = set(self._lines)

    def __contains__(self, id_: str) -> bool:
        return id_ in self._known

    def lines(self) -> list[str]:
        return list(self._lines)

    def write(self, ids: Iterable[str]) -> None:
        """Add lines with one flush for all of them."""
        lines = list(ids)
        if not lines:
            return
        with self._file.open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        self._lines += lines
        self._known.update(lines)


def _whole_lines(file: Path) -> list[str]:
    """The lines so far; one that a power cut left without its end is cut off."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    content = file.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        os.truncate(file, len(whole))
    return whole.decode().splitlines()
