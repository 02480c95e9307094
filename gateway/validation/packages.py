"""A schema package: the facts about one version of one standard, sealed by its manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from gateway.validation.code_lists import CodeList, Lists

OWN: Final = "own"
"""what a manifest calls the source of a package that this project wrote itself"""

NEAR_ITS_END: Final = timedelta(days=90)


class _NoLists:
    """Where no code list is installed."""

    def find(self, _uri: str, _version: str | None) -> CodeList | None:
        return None


NO_LISTS: Final[Lists] = _NoLists()


@dataclass(frozen=True, slots=True)
class Paths:
    """Where a package keeps what XÖV heads do not, as paths of `gateway.xml.Document`."""

    case: str | None = None
    """the id of the case, given by portal or authority"""
    leistung: str | None = None
    """the 14-digit key of the service"""
    attachments: str | None = None
    """the ids of the attachments referred to"""
    checksums: str | None = None
    """the SHA-256 that the document says each of them has; one for each id, in the same order"""


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
    parts: frozenset[str] = frozenset()
    """global elements of the namespace that are no messages, only parts of some"""
    source: str
    """`own`, or where the package was published"""
    valid_from: date | None = None
    valid_until: date | None = None
    """the last day"""
    strict: bool = False
    """whether findings beyond schema and rules (codes, characters, conventions) are errors instead of warnings"""
    reading: Paths
    uses: tuple[str, ...] = ()
    """the packages whose documents this one imports, by label"""
    entry: str
    """the document that leads to all others"""
    files: Mapping[str, bytes] = field(repr=False)
    """the documents by file name, made from what the manifest has sealed: a closed set, see `bundling`"""
    rules: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """Schematron files by name: `.sch`, and `.xsl` where the publisher has compiled them"""
    leistungen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """for a message the keys of services (99…, 14 digits) that its documents name"""
    code_lists: Lists = field(default=NO_LISTS, repr=False)
    """every code list that is installed, whichever package brought it"""
    digest: str
    """hex SHA-256 over the manifests of this package and of those it uses, which hold the digest of every document"""

    @property
    def name(self) -> str:
        """The standard, as `Library` has it."""
        return self.standard

    @property
    def ours(self) -> bool:
        """Whether this project wrote the package itself: then it is no official standard."""
        return self.source == OWN

    @property
    def label(self) -> str:
        """What people call it: `AG-Bau 1.0`."""
        return f"{self.standard} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Library:
    """Documents that others import: a namespace without messages, which therefore judges nothing."""

    name: str
    standard: str | None
    """None where the documents name no standard"""
    version: str | None
    title: str
    namespace: str
    source: str
    valid_from: date | None = None
    valid_until: date | None = None
    uses: tuple[str, ...] = ()
    digest: str

    @property
    def label(self) -> str:
        """What people call it: `xoev-code 1.0`."""
        return " ".join(filter(None, (self.name, self.version)))


def ends_soon(package: Package | Library, day: date) -> bool:
    """Whether the package is within 90 days of its last day, or past it; portals should be told by then."""
    return package.valid_until is not None and package.valid_until - day <= NEAR_ITS_END
