"""Document in, verdict out: exactly one package knows the root, and it says yes or why not."""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.errors import BadPackage
from gateway.submission import Finding, Reading
from gateway.validation.choice import ambiguous, unknown
from gateway.validation.engine import Engine
from gateway.validation.findings import explained
from gateway.validation.manifests import MANIFEST
from gateway.validation.packages import Library, Package
from gateway.validation.reading import read
from gateway.validation.store import packages_in
from gateway.xml import MOST_BYTES, Document, parse


@dataclass(frozen=True, slots=True)
class Valid:
    """One package knows the document and has nothing against it; `findings` are warnings only."""

    reading: Reading
    document: Document
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Invalid:
    """No package knows the document, or the one that does rejects it; the reading goes as far as it could."""

    reading: Reading
    findings: tuple[Finding, ...]


Verdict = Valid | Invalid


class Schemas:
    """The schema packages of this gateway, loaded once; `judge` may be called from any thread."""

    def __init__(self, packages: tuple[Package, ...], libraries: tuple[Library, ...] = ()) -> None:
        self.packages: Final = packages
        """sorted by standard and version"""
        self.libraries: Final = libraries
        """what the packages use of each other and of the common modules; sorted likewise"""
        self.digest: Final = _digest(packages)
        """hex SHA-256 over all packages: replicas that judge alike have the same"""
        self._by_root: Final = _by_root(packages)
        self._engines: Final = _Engines()

    @classmethod
    def load(cls, *folders: Path) -> Schemas:
        """
        The packages in each `folder`/<standard>/<version>/, checked against their manifests and compiled once.

        A folder may be missing or empty, but not all of them. Raises BadPackage, naming the file.
        """
        found = sorted(packages_in(*folders), key=lambda one: (one.standard or one.name, one.version or ""))
        if not found:
            where = ", ".join(map(str, folders))
            raise BadPackage(
                f"In {where} liegt kein Schemapaket (…/<Standard>/<Version>/{MANIFEST}).",
                f"There is no schema package in {where} (…/<standard>/<version>/{MANIFEST}).",
            )
        schemas = cls(
            tuple(one for one in found if isinstance(one, Package)),
            tuple(one for one in found if isinstance(one, Library)),
        )
        for package in schemas.packages:
            schemas._engines.of(package)
        return schemas

    def judge(self, document: bytes, charset: str | None = None, *, most: int = MOST_BYTES) -> Verdict:
        """
        Whether a document is valid, and what can be read from it either way.

        `charset` and `most` as for `gateway.xml.parse`, whose errors pass through. Takes the caller's thread: a fifth
        of a millisecond for 8 KB, and seconds for the worst that 25 MB can hold.

        Raises NotXml, WrongEncoding, HostileXml, TooLarge; NotChecked where the engine breaks down.
        """
        parsed = parse(document, charset=charset, most=most)
        match self._by_root.get((parsed.namespace, parsed.root), ()):
            case (package,):
                return self._judged_by(package, parsed, document)
            case ():
                return Invalid(read(parsed, None), (unknown(parsed, self.packages),))
            case several:
                return Invalid(read(parsed, None), (ambiguous(several),))

    def _judged_by(self, package: Package, parsed: Document, document: bytes) -> Verdict:
        engine = self._engines.of(package)
        faults = engine.faults(parsed, document)
        reading = read(parsed, package)
        if faults:
            return Invalid(reading, explained(faults, parsed, engine.names))
        return Valid(reading, parsed)


class _Engines(threading.local):
    """The packages as this thread has compiled them."""

    def __init__(self) -> None:
        self._compiled: dict[Package, Engine] = {}

    def of(self, package: Package) -> Engine:
        engine = self._compiled.get(package)
        if engine is None:
            engine = self._compiled[package] = Engine(package)
        return engine


def _by_root(packages: tuple[Package, ...]) -> dict[tuple[str, str], tuple[Package, ...]]:
    known: defaultdict[tuple[str, str], tuple[Package, ...]] = defaultdict(tuple)
    for package in packages:
        for root in package.roots:
            known[package.namespace, root] += (package,)
    return dict(known)


def _digest(packages: tuple[Package, ...]) -> str:
    lines = "".join(f"{package.digest}  {package.label}\n" for package in packages)
    return hashlib.sha256(lines.encode()).hexdigest()
