"""What a new directory changes against the last one, and what of that concerns the tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from gateway.connection import Connection
from gateway.errors import BadTables
from gateway.routing.directory import Directory
from gateway.routing.facts import Authority, AuthorityKind
from gateway.routing.regions import KREIS, Former, Region

_GROWN: Final = 0.8
"""A Gemeinde that took in another one grew by at least this share of the other's inhabitants."""


@dataclass(frozen=True, slots=True)
class Gone:
    """A place that the new directory no longer has."""

    region: Region
    successor: str = ""
    """where it went, if that was said or follows from the AGS"""
    perhaps: tuple[Region, ...] = ()
    """where it may have gone: told to people, never written down"""


@dataclass(frozen=True, slots=True)
class Changes:
    """From one directory to the next."""

    new: tuple[Region, ...] = ()
    gone: tuple[Gone, ...] = ()
    moved: tuple[tuple[Region, Region], ...] = ()
    """Gemeinden with the same AGS and another ARS: their Verband is another one now"""
    renamed: tuple[tuple[Region, Region], ...] = ()
    rekinded: tuple[tuple[Region, Region], ...] = ()
    """the same place, of another kind: a Gemeinde became a Markt"""

    def __bool__(self) -> bool:
        return any((self.new, self.gone, self.moved, self.renamed, self.rekinded))


@dataclass(frozen=True, slots=True)
class Broken:
    """What in the tables names a place that is gone, moved, or of another kind."""

    authorities: tuple[Authority, ...] = ()
    connections: tuple[Connection, ...] = ()


def changes(old: Directory, new: Directory, successors: Mapping[str, str] | None = None) -> Changes:
    """
    What the new directory changes. `successors` are those that somebody knows: old ARS → new ARS.

    Raises:
        BadTables: a successor is none of the new places, or its predecessor is still there or never was.
    """
    before = {region.ars: region for region in old.regions}
    after = {region.ars: region for region in new.regions}
    successors = dict(successors or {})
    _check(successors, before, after)
    by_ags = {region.ags: region for region in new.regions if region.ags}
    moved, gone = [], []
    for ars in sorted(before.keys() - after.keys()):
        region = before[ars]
        if region.ags and (twin := by_ags.get(region.ags)) and ars not in successors:
            moved.append((region, twin))
        else:
            successor = successors.get(ars, "")
            gone.append(Gone(region, successor, () if successor else _perhaps(region, before, after)))
    arrived = after.keys() - before.keys() - {twin.ars for _, twin in moved}
    kept = [(before[ars], after[ars]) for ars in sorted(before.keys() & after.keys())] + moved
    return Changes(
        new=tuple(after[ars] for ars in sorted(arrived)),
        gone=tuple(gone),
        moved=tuple(moved),
        renamed=tuple((one, other) for one, other in kept if one.name != other.name),
        rekinded=tuple((one, other) for one, other in kept if one.kind is not other.kind),
    )


def succeeded(old: Directory, new: Directory, found: Changes) -> Directory:
    """The new directory with the keys of what is gone, now and earlier."""
    there = {region.ars for region in new.regions}
    gone = {one.region.ars: one for one in found.gone}
    twins = {one.ars: other.ars for one, other in found.moved}

    def followed(ars: str) -> str:
        """Where a successor of earlier times is today."""
        if ars in gone:
            return gone[ars].successor
        return twins.get(ars, ars)

    former = {place.ars: replace(place, successor=followed(place.successor)) for place in old.former}
    for one in found.gone:
        former[one.region.ars] = Former(one.region.ars, one.region.name, new.as_of, one.successor)
    for before, after in found.moved:
        former[before.ars] = Former(before.ars, before.name, new.as_of, after.ars)
    return replace(new, former=tuple(former[ars] for ars in sorted(former.keys() - there)))


def broken(found: Changes, authorities: Iterable[Authority], connections: Iterable[Connection]) -> Broken:
    """The authorities, and the connections of authorities, that the new directory leaves without their place."""
    lost = {one.region.ars for one in found.gone} | {one.ars for one, _ in found.moved}
    lost |= {one.ars for one, other in found.rekinded if AuthorityKind.of(one.kind) is not AuthorityKind.of(other.kind)}
    hit = tuple(it for it in authorities if it.ars in lost)
    return Broken(hit, tuple(it for it in connections if it.authority in lost))


def _check(successors: Mapping[str, str], before: Mapping[str, Region], after: Mapping[str, Region]) -> None:
    for old, new in successors.items():
        if old not in before or old in after:
            raise BadTables(
                f"Als aufgelöst genannt ist {old}: das Gebiet gab es nicht, oder es gibt es noch.",
                f"Named as dissolved is {old}: there was no such place, or it is still there.",
            )
        if new not in after:
            raise BadTables(
                f"Als Nachfolger genannt ist {new}: dieses Gebiet gibt es im neuen Verzeichnis nicht.",
                f"Named as successor is {new}: the new directory has no such place.",
            )


def _perhaps(gone: Region, before: Mapping[str, Region], after: Mapping[str, Region]) -> tuple[Region, ...]:
    """New Gemeinden of the same Kreis, and those that grew by nearly as many people as it had."""
    if not (gone.is_gemeinde and gone.inhabitants):
        return ()
    found = []
    for region in after.values():
        if region.is_gemeinde and region.ars[:KREIS] == gone.ars[:KREIS] and region.inhabitants:
            then = before.get(region.ars)
            grown = region.inhabitants - (then.inhabitants or 0 if then else 0)
            if then is None or grown >= _GROWN * gone.inhabitants:
                found.append(region)
    return tuple(found)
