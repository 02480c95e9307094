"""The code lists that lie in the folders of packages, found by URI and version and read when somebody asks."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from lxml import etree

from gateway.errors import BadPackage
from gateway.validation.code_lists import CodeList, read
from gateway.validation.documents import SCHEMA_PARSER
from gateway.validation.manifests import sealed

_A_PIECE: Final = 8 * 1024


class InstalledLists:
    """
    Code lists in files, each with its seal. May be asked from any thread.

    A list that is damaged, or was changed since it was loaded, is not there: the look that needs it is partial then,
    and says which list it missed.
    """

    def __init__(self, files: Mapping[Path, str]) -> None:
        self._files: Final = files
        self._lock: Final = threading.Lock()
        self._index: dict[tuple[str, str], Path] | None = None
        self._read: dict[Path, CodeList | None] = {}
        self._found: dict[tuple[str, str], CodeList] = {}

    def find(self, uri: str, version: str | None) -> CodeList | None:
        """That version of the list; None where it is not installed, or where no version is asked for."""
        if version is None:
            return None
        return self._found.get((uri, version)) or self._searched(uri, version)

    def names(self) -> tuple[tuple[str, str], ...]:
        """URI and version of each list, sorted."""
        with self._lock:
            return tuple(sorted(self._indexed()))

    def _searched(self, uri: str, version: str) -> CodeList | None:
        with self._lock:
            path = self._indexed().get((uri, version))
            if path is None:
                return None
            if path not in self._read:
                self._read[path] = self._read_sealed(path)
            found = self._read[path]
            if found is not None:
                self._found[uri, version] = found
            return found

    def _indexed(self) -> dict[tuple[str, str], Path]:
        if self._index is None:
            self._index = {}
            for path in self._files:
                for name in identified(path):
                    self._index.setdefault(name, path)
        return self._index

    def _read_sealed(self, path: Path) -> CodeList | None:
        try:
            return read(sealed(path, self._files[path]))
        except BadPackage:
            return None


def identified(path: Path) -> Iterator[tuple[str, str]]:
    """URI and version that stand at the head of a list, as one pair; nothing where there are none. Reads no further."""
    parser: etree.XMLPullParser = etree.XMLPullParser(("end",), tag="Identification", **SCHEMA_PARSER)
    try:
        with path.open("rb") as file:
            while piece := file.read(_A_PIECE):
                parser.feed(piece)
                for _, found in parser.read_events():
                    uri, version = (found.findtext(name) or "" for name in ("CanonicalUri", "Version"))
                    if uri.strip() and version.strip():
                        yield uri.strip(), version.strip()
                    return
    except (OSError, etree.XMLSyntaxError):
        return
