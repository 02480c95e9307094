"""A schema package: the facts about one version of one standard, sealed by its manifest."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar

from gateway.errors import BadPackage

MANIFEST: Final = "manifest.toml"

OWN: Final = "own"
"""what a manifest calls the source of a package that this project wrote itself"""

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Paths:
    """Where a package keeps what XÖV heads do not, as paths of `gateway.xml.Document`."""

    case: str | None = None
    """the id of the case, given by portal or authority"""
    leistung: str | None = None
    """the 14-digit key of the service"""
    attachments: str | None = None
    """the ids of the attachments referred to"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Package:
    """One version of one standard: what it is called, which messages it has, and its documents."""

    standard: str
    version: str
    title: str
    """German"""
    namespace: str
    roots: Mapping[str, str]
    """local name of each message's root element, and its German title"""
    source: str
    """`own`, or where the package was published"""
    valid_from: date
    valid_until: date | None
    reading: Paths
    entry: str
    """the document that includes and imports all others"""
    files: Mapping[str, bytes] = field(repr=False)
    """the documents by file name, as the manifest has sealed them"""
    digest: str
    """hex SHA-256 of the manifest, which holds the digest of every document"""

    @property
    def ours(self) -> bool:
        """Whether this project wrote the package itself: then it is no official standard."""
        return self.source == OWN

    @property
    def label(self) -> str:
        """What people call it: `AG-Bau 1.0`."""
        return f"{self.standard} {self.version}"


def packages_in(folder: Path) -> Iterator[Package]:
    """
    Every package below `folder`, sorted by folder name.

    Raises BadPackage, naming the file, where a manifest is wrong or a document was changed, lost or slipped in.
    """
    manifests = sorted(folder.glob(f"*/*/{MANIFEST}"))
    if not manifests:
        raise BadPackage(
            f"In {folder} liegt kein Schemapaket (…/<Standard>/<Version>/{MANIFEST}).",
            f"There is no schema package in {folder} (…/<standard>/<version>/{MANIFEST}).",
        )
    return (_sealed(manifest) for manifest in manifests)


def _sealed(manifest: Path) -> Package:
    sealed = manifest.read_bytes()
    facts = _Facts(manifest, sealed)
    package = Package(
        standard=facts.take("standard", str),
        version=facts.take("version", str),
        title=facts.take("title", str),
        namespace=facts.take("namespace", str),
        roots=facts.take_texts("roots"),
        source=facts.take("source", str),
        valid_from=facts.take("valid_from", date),
        valid_until=facts.take("valid_until", date) if facts.has("valid_until") else None,
        reading=_paths(facts),
        entry=facts.take("entry", str),
        files=_documents(manifest, facts.take_file_names("files")),
        digest=hashlib.sha256(sealed).hexdigest(),
    )
    facts.nothing_left()
    if package.entry not in package.files:
        raise facts.wrong("entry")
    return package


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

    def has(self, key: str) -> bool:
        return key in self._table

    def take(self, key: str, kind: type[Kind]) -> Kind:
        value = self._table.pop(key, None)
        if not isinstance(value, kind) or not value:
            raise self.wrong(key)
        return value

    def take_texts(self, key: str) -> dict[str, str]:
        table = self.take(key, dict)
        for name, value in table.items():
            if not isinstance(value, str) or not value:
                raise self.wrong(f"{key}.{name}")
        return table

    def take_file_names(self, key: str) -> dict[str, str]:
        table = self.take_texts(key)
        for name in table:
            if Path(name).name != name:
                raise self.wrong(f"{key}.{name}")
        return table

    def nothing_left(self) -> None:
        for key in self._table:
            raise self.wrong(key)

    def wrong(self, key: str) -> BadPackage:
        return BadPackage(
            f"{self._manifest}: Der Eintrag „{key}“ fehlt, ist unzulässig oder unbekannt.",
            f'{self._manifest}: the entry "{key}" is missing, not permitted or unknown.',
        )


def _paths(facts: _Facts) -> Paths:
    paths = facts.take_texts("reading")
    try:
        return Paths(**paths)
    except TypeError:
        raise facts.wrong("reading") from None


def _documents(manifest: Path, digests: Mapping[str, str]) -> dict[str, bytes]:
    documents = {name: _document(manifest.parent / name, digest) for name, digest in digests.items()}
    for found in sorted(manifest.parent.glob("*.xsd")):
        if found.name not in documents:
            raise BadPackage(
                f"{found} liegt im Schemapaket, steht aber nicht in {manifest.name}.",
                f"{found} lies in the schema package, but {manifest.name} does not list it.",
            )
    return documents


def _document(path: Path, digest: str) -> bytes:
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
