"""Places found by what people write: ARS, AGS, postcode or name; every place that it may mean."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.routing.directory import Directory
from gateway.routing.regions import KREIS, Former, Region, Regions


class By(StrEnum):
    """How a query names a place."""

    ARS = "ars"
    AGS = "ags"
    PLZ = "plz"
    NAME = "name"
    PART = "part of a name"
    FORMER = "former key"


@dataclass(frozen=True, slots=True)
class Found:
    """One place that a query may mean."""

    region: Region
    by: By


@dataclass(frozen=True, slots=True)
class Answer:
    """Every place that a query may mean, and the place of earlier times that it names."""

    found: tuple[Found, ...]
    former: Former | None = None


_FOLDED: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "-": None, ".": None, " ": None, "/": None})


def search(query: str, directory: Directory, regions: Regions) -> Answer:
    """
    The places that the query may mean: by key and by postcode alike, or by name.

    Whole names go before parts of names; parts are looked for only where no name fits as a whole.
    """
    query = query.strip()
    if query.isascii() and query.isdigit():
        former = regions.former(query)
        return Answer(tuple(_by_digits(query, directory, regions, former)), former)
    folded = _fold(query)
    if not folded:
        return Answer(())
    whole = [Found(it, By.NAME) for it in directory.regions if folded in (_fold(it.name), _fold(str(it)))]
    if whole:
        return Answer(tuple(whole))
    return Answer(tuple(Found(it, By.PART) for it in directory.regions if folded in _fold(str(it))))


def above(region: Region, regions: Regions) -> tuple[Region, ...]:
    """The Verband, Kreis, Regierungsbezirk and Land that a place lies in, narrowest first."""
    return tuple(
        regions[region.ars[:digits]]
        for digits in (9, KREIS, 3, 2)
        if digits < len(region.ars) and region.ars[:digits] in regions
    )


def _by_digits(query: str, directory: Directory, regions: Regions, former: Former | None) -> list[Found]:
    found = []
    if keyed := regions.find(query):
        by = By.FORMER if former else By.AGS if query == keyed.ags else By.ARS
        found.append(Found(keyed, by))
    if len(query) == 5:
        found.extend(Found(it, By.PLZ) for it in directory.regions if it.plz == query)
    return found


def _fold(text: str) -> str:
    return text.casefold().translate(_FOLDED)
