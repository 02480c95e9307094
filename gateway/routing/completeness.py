"""Table and directory compared: has every Gemeinde one authority for everything, or is it known that it has none?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from gateway.routing.facts import Responsibility
from gateway.routing.regions import LEVELS, Region
from gateway.routing.rules import Rules
from gateway.routing.tables import Tables


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody answers for this subject at this place."""

    subject: str
    region: Region
    admitted: bool
    """whether `rules.toml` lists it as open"""


@dataclass(frozen=True, slots=True)
class Stray:
    """A row whose authority answers for a place outside its own area."""

    row: Responsibility


@dataclass(frozen=True, slots=True)
class Completeness:
    """What the comparison found, on one day."""

    day: date
    questions: int
    """places × subjects that were asked"""
    pairs: dict[str, int]
    """authorities by subject"""
    gaps: tuple[Gap, ...]
    strays: tuple[Stray, ...]

    @property
    def good(self) -> bool:
        """Whether every gap is known, and nobody answers for others."""
        return not self.strays and all(gap.admitted for gap in self.gaps)


def compare(tables: Tables, rules: Rules, day: date) -> Completeness:
    """Ask for each Gemeinde and subject who is responsible on that day."""
    rows = [row for row in tables.responsibilities if row.holds_on(day)]
    covered: dict[str, set[str]] = {subject: set() for subject in subjects(tables)}
    pairs: dict[str, set[str]] = {subject: set() for subject in covered}
    for row in rows:
        covered[row.subject].add(row.ars)
        pairs[row.subject].add(row.authority.ars)
    places = [region for region in tables.regions if region.is_gemeinde]
    gaps = tuple(_gaps(covered, places, rules))
    strays = tuple(Stray(row) for row in rows if not row.ars.startswith(row.authority.ars))
    return Completeness(day, len(covered) * len(places), {it: len(found) for it, found in pairs.items()}, gaps, strays)


def subjects(tables: Tables) -> tuple[str, ...]:
    """Everything that rows can be about: each service, and each root that has rows of its own."""
    roots = (message.root for service in tables.services for message in service.messages if message.own_rows)
    return tuple(dict.fromkeys((*(service.name for service in tables.services), *roots)))


def _gaps(covered: dict[str, set[str]], places: Iterable[Region], rules: Rules) -> Iterator[Gap]:
    for region in places:
        keys = {region.ars[:digits] for digits in LEVELS if digits <= len(region.ars)}
        for subject, areas in covered.items():
            if keys.isdisjoint(areas):
                yield Gap(subject, region, rules.admits(subject, region))
