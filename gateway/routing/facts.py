"""What the routing tables say, as values. Resolved and checked: nothing here names what does not exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Protocol

from gateway.adapter import Endpoint
from gateway.connection import Connection
from gateway.journal import Limits
from gateway.routing.directory import Directory
from gateway.routing.maintenance import Maintenance
from gateway.routing.regions import RegionKind
from gateway.routing.secrets import Reference, references


@dataclass(frozen=True, slots=True)
class Message:
    """One message root that a service accepts, and where in it the deciding place stands."""

    namespace: str
    root: str
    place: str
    """path of local names, `//neueWohnung/gemeindeschluessel` or `/root/a/b`; empty where the message names none"""
    own_rows: bool = False
    """whether the rows of the root decide who is responsible, and those of the service do not (DOMAIN, Regions)"""


@dataclass(frozen=True, slots=True)
class Service:
    """A Leistung as portals and authorities know it, under our short name."""

    name: str
    title: str
    leistungen: tuple[str, ...]
    """14-digit keys, `99…`"""
    prefixes: frozenset[str]
    """kinds of authorities that may be addressed for it (DVDV prefixes)"""
    messages: tuple[Message, ...]
    decides: str = ""
    """which place decides who is responsible, as German law has it: „das Baugrundstück“"""


class AuthorityKind(StrEnum):
    """The kinds of authorities, as `authorities.csv` writes them."""

    REGIERUNG = "Regierung"
    LANDRATSAMT = "Landratsamt"
    KREISFREIE_STADT = "kreisfreie Stadt"
    GROSSE_KREISSTADT = "Große Kreisstadt"
    STADT = "Stadt"
    MARKT = "Markt"
    GEMEINDE = "Gemeinde"
    VERWALTUNGSGEMEINSCHAFT = "Verwaltungsgemeinschaft"

    @property
    def area(self) -> RegionKind:
        """The kind of place that such an authority has as its area."""
        return _AREAS[self]

    @classmethod
    def of(cls, area: RegionKind) -> AuthorityKind | None:
        """The kind of authority that has such a place as its area; None where there is none."""
        return _KINDS.get(area)


_AREAS = {
    AuthorityKind.REGIERUNG: RegionKind.REGIERUNGSBEZIRK,
    AuthorityKind.LANDRATSAMT: RegionKind.LANDKREIS,
    AuthorityKind.KREISFREIE_STADT: RegionKind.KREISFREIE_STADT,
    AuthorityKind.GROSSE_KREISSTADT: RegionKind.GROSSE_KREISSTADT,
    AuthorityKind.STADT: RegionKind.STADT,
    AuthorityKind.MARKT: RegionKind.MARKT,
    AuthorityKind.GEMEINDE: RegionKind.GEMEINDE,
    AuthorityKind.VERWALTUNGSGEMEINSCHAFT: RegionKind.VERWALTUNGSGEMEINSCHAFT,
}
_KINDS = {area: kind for kind, area in _AREAS.items()}


@dataclass(frozen=True, slots=True)
class Authority:
    """A Behörde. `ars` is that of its area, at its own level: five digits for a Landratsamt or a kreisfreie Stadt."""

    ars: str
    kind: AuthorityKind
    name: str
    kennungen: tuple[str, ...] = ()
    """its DVDV Kennungen, `prefix:digits`, where they are known and not built on the AGS"""

    def __str__(self) -> str:
        return f"{self.name} ({self.ars})"


class Grade(StrEnum):
    """How well a row is founded."""

    READ = "F"
    """read in a public source"""
    ASSUMED = "A"
    """our assumption, to be confirmed"""


@dataclass(frozen=True, slots=True)
class Responsibility:
    """One row of `responsibility.csv`: within `ars`, this authority answers for a service or a message root."""

    subject: str
    """short name of a service, or a message root"""
    ars: str
    authority: Authority
    source: str
    """the legal source"""
    valid_from: date | None
    valid_until: date | None
    """the last day on which the row holds"""
    grade: Grade
    line: int

    def holds_on(self, day: date) -> bool:
        """Whether the row is in force on that day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


class Validity(Protocol):
    """From day to day, both included; None is without end."""

    @property
    def valid_from(self) -> date | None: ...

    @property
    def valid_until(self) -> date | None: ...


def overlap(one: Validity, other: Validity) -> bool:
    """Whether there is a day on which both hold."""
    ends_before = one.valid_until and other.valid_from and one.valid_until < other.valid_from
    begins_after = other.valid_until and one.valid_from and other.valid_until < one.valid_from
    return not (ends_before or begins_after)


def filled(settings: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, Any]:
    """Settings with these names replaced in their texts; other braces stay as they are."""

    def fill(value: object) -> object:
        if not isinstance(value, str):
            return value
        for name, text in known.items():
            value = value.replace(name, text)
        return value

    return {key: fill(value) for key, value in settings.items()}


@dataclass(frozen=True, slots=True)
class Destination:
    """A Zustellpunkt: which adapter delivers, to which endpoint, and how much it bears."""

    name: str
    adapter: str
    live: Mapping[str, Any]
    test: Mapping[str, Any]
    """never the same as `live`: a test message must not reach it"""
    limits: Limits
    maintenance: Maintenance = field(default_factory=Maintenance)
    """when nothing is handed over, live or test"""
    site: str = ""
    """the site where it is picked up; empty where a worker in the data centre reaches it"""

    def endpoint(self, *, test: bool) -> Endpoint:
        """Where exactly it is reached, live or for test messages."""
        return Endpoint(self.name, test, self.test if test else self.live)

    @property
    def secrets(self) -> frozenset[Reference]:
        """The secrets that its settings refer to."""
        return frozenset(references([self.live, self.test]))


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the files of one routing folder say."""

    directory: Directory
    services: tuple[Service, ...]
    authorities: tuple[Authority, ...]
    responsibilities: tuple[Responsibility, ...]
    destinations: tuple[Destination, ...]
    connections: tuple[Connection, ...]
    digest: str
    """hex SHA-256 over names and bytes of the files"""
