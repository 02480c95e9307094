"""`manifest.toml`: what a package says of itself, and the seal on each of its files."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar

from gateway.errors import BadPackage
from gateway.validation.packages import Paths

MANIFEST: Final = "manifest.toml"
RULES: Final = "sch"
"""the folder of the Schematron files in a package"""
LISTS: Final = "code"
"""the folder of the code lists in a package"""

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A manifest as written; `Package` has the meaning of most entries."""

    path: Path
    digest: str
    """hex SHA-256 of the manifest itself"""
    standard: str | None
    library: str | None
    """the name of documents that belong to no standard; a manifest has this or `standard`"""
    version: str | None
    title: str
    namespace: str
    source: str
    entry: str | None
    valid_from: date | None
    valid_until: date | None
    strict: bool
    uses: tuple[str, ...]
    absent: tuple[str, ...]
    roots: Mapping[str, str]
    parts: frozenset[str]
    reading: Paths
    files: Mapping[str, str]
    """the documents, each with its hex SHA-256"""
    rules: Mapping[str, str]
    """the files in `sch/`, likewise"""
    code_lists: Mapping[str, str]
    """the files in `code/`, likewise"""
    addresses: Mapping[str, str]
    """addresses by which others import one of the documents, each with the document's name"""
    leistungen: Mapping[str, tuple[str, ...]]
    """keys of services (99…, 14 digits) that the documents name for a message"""

    @property
    def name(self) -> str:
        """The standard, or the name of the library."""
        return self.standard or self.library or ""

    @property
    def label(self) -> str:
        """What people call it."""
        return " ".join(filter(None, (self.name, self.version)))

    @property
    def key(self) -> str:
        """What `uses` calls it: its folder, `standard/version`, in lower case."""
        return f"{self.path.parent.parent.name}/{self.path.parent.name}".casefold()

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """Raises BadPackage, naming file and entry, where one is missing, wrong or unknown."""
        try:
            text = path.read_bytes()
        except OSError as error:
            raise BadPackage(
                f"{path} ist nicht lesbar ({error.strerror}).", f"{path} cannot be read ({error.strerror})."
            ) from None
        facts = _Facts(path, text)
        manifest = cls(
            path=path,
            digest=hashlib.sha256(text).hexdigest(),
            standard=facts.find("standard", str),
            library=facts.find("library", str),
            version=facts.find("version", str),
            title=facts.take("title", str),
            namespace=facts.take("namespace", str),
            source=facts.take("source", str),
            entry=facts.find("entry", str),
            valid_from=facts.find("valid_from", date),
            valid_until=facts.find("valid_until", date),
            strict=facts.find("strict", bool) or False,
            uses=facts.find_list("uses"),
            absent=facts.find_list("absent"),
            roots=facts.find_texts("roots"),
            parts=frozenset(facts.find_list("parts")),
            reading=_paths(facts),
            files=facts.find_file_names("files"),
            rules=facts.find_file_names("rules"),
            code_lists=facts.find_file_names("code_lists"),
            addresses=facts.find_texts("addresses"),
            leistungen={root: tuple(keys.split()) for root, keys in facts.find_texts("leistungen").items()},
        )
        facts.nothing_left()
        for key, right in {
            "standard": (manifest.standard is None) is not (manifest.library is None),
            "version": manifest.version or manifest.library,
            "roots": manifest.standard or not manifest.roots,
            "entry": manifest.entry is None or manifest.entry in manifest.files,
            "files": manifest.files or manifest.code_lists,
        }.items():
            if not right:
                raise facts.wrong(key)
        return manifest

    def documents(self) -> dict[str, bytes]:
        """The XSD documents, as sealed. Raises BadPackage where one was changed, lost or slipped in."""
        return _sealed(self.path.parent, self.files, "*.xsd")

    def rule_files(self) -> dict[str, bytes]:
        """The Schematron files, as sealed. Raises BadPackage as `documents` does."""
        return _sealed(self.path.parent / RULES, self.rules)

    def list_files(self) -> dict[Path, str]:
        """Where the code lists lie, each with its seal. Raises BadPackage as `documents` does."""
        folder = self.path.parent / LISTS
        for name, digest in self.code_lists.items():
            sealed(folder / name, digest)
        return {folder / name: digest for name, digest in self.code_lists.items()}


class _Facts:
    """The entries of a manifest, taken one after the other until none is left."""

    def __init__(self, manifest: Path, text: bytes) -> None:
        self._manifest = manifest
        try:
            self._table: dict[str, Any] = tomllib.loads(text.decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
            raise BadPackage(
                f"{manifest} ist kein lesbares TOML: {broken}", f"{manifest} is no readable TOML: {broken}"
            ) from None

    def take(self, key: str, kind: type[Kind]) -> Kind:
        value = self._table.pop(key, None)
        if not isinstance(value, kind) or not value:
            raise self.wrong(key)
        return value

    def find(self, key: str, kind: type[Kind]) -> Kind | None:
        return self.take(key, kind) if key in self._table else None

    def find_list(self, key: str) -> tuple[str, ...]:
        values = self.find(key, list) or []
        for value in values:
            if not isinstance(value, str) or not value:
                raise self.wrong(key)
        return tuple(values)

    def take_texts(self, key: str) -> dict[str, str]:
        table = self.take(key, dict)
        for name, value in table.items():
            if not isinstance(value, str) or not value:
                raise self.wrong(f"{key}.{name}")
        return table

    def find_texts(self, key: str) -> dict[str, str]:
        return self.take_texts(key) if key in self._table else {}

    def take_file_names(self, key: str) -> dict[str, str]:
        table = self.take_texts(key)
        for name in table:
            if Path(name).name != name:
                raise self.wrong(f"{key}.{name}")
        return table

    def find_file_names(self, key: str) -> dict[str, str]:
        return self.take_file_names(key) if key in self._table else {}

    def nothing_left(self) -> None:
        for key in self._table:
            raise self.wrong(key)

    def wrong(self, key: str) -> BadPackage:
        return BadPackage(
            f"{self._manifest}: Der Eintrag „{key}“ fehlt, ist unzulässig oder unbekannt.",
            f'{self._manifest}: the entry "{key}" is missing, not permitted or unknown.',
        )


def _paths(facts: _Facts) -> Paths:
    paths = facts.find_texts("reading")
    try:
        return Paths(**paths)
    except TypeError:
        raise facts.wrong("reading") from None


def _sealed(folder: Path, digests: Mapping[str, str], pattern: str | None = None) -> dict[str, bytes]:
    contents = {name: sealed(folder / name, digest) for name, digest in digests.items()}
    for found in sorted(folder.glob(pattern)) if pattern else ():
        if found.name not in contents:
            raise BadPackage(
                f"{found} liegt im Schemapaket, steht aber nicht in {MANIFEST}.",
                f"{found} lies in the schema package, but {MANIFEST} does not list it.",
            )
    return contents


def sealed(path: Path, digest: str) -> bytes:
    """The bytes of a file, which are those that were sealed. Raises BadPackage where they are not."""
    try:
        content = path.read_bytes()
    except OSError:
        raise BadPackage(
            f"{path} steht in {MANIFEST}, ist aber nicht lesbar.", f"{path} is listed in {MANIFEST}, but not readable."
        ) from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise BadPackage(
            f"{path} wurde geändert: Die Prüfsumme ist eine andere als in {MANIFEST}.",
            f"{path} was changed: its checksum is not the one in {MANIFEST}.",
        )
    return content
