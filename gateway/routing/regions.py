"""
The municipality directory: which places there are, and the ways their keys are written.

ARS: Land 2, Regierungsbezirk 3, Kreis 5, Verband 9, Gemeinde 12 digits. AGS: the ARS of a Gemeinde without the four
digits of its Verband (Destatis, Gemeindeverzeichnis GV-ISys).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Final

LEVELS: Final = (12, 9, 5, 3, 2)
"""lengths of an ARS, narrowest first"""

KREIS: Final = 5


class RegionKind(StrEnum):
    """The kinds of places, as `regions.csv` writes them; of all Länder, for the directory is that of all Länder."""

    LAND = "Land"
    REGIERUNGSBEZIRK = "Regierungsbezirk"
    LANDKREIS = "Landkreis"
    KREIS = "Kreis"
    REGIONALVERBAND = "Regionalverband"
    KREISFREIE_STADT = "kreisfreie Stadt"
    STADTKREIS = "Stadtkreis"
    VERWALTUNGSGEMEINSCHAFT = "Verwaltungsgemeinschaft"
    AMT = "Amt"
    SAMTGEMEINDE = "Samtgemeinde"
    VERBANDSGEMEINDE = "Verbandsgemeinde"
    KIRCHSPIELSLANDGEMEINDE = "Kirchspielslandgemeinde"
    VERWALTUNGSVERBAND = "Verwaltungsverband"
    ERFUELLENDE_GEMEINDE = "erfüllende Gemeinde"
    GROSSE_KREISSTADT = "Große Kreisstadt"
    STADT = "Stadt"
    MARKT = "Markt"
    GEMEINDE = "Gemeinde"
    GEMEINDEFREI = "gemeindefreies Gebiet"

    @property
    def digits(self) -> int:
        """How long the ARS of such a place is."""
        return _DIGITS[self]


_DIGITS: Final = {
    RegionKind.LAND: 2,
    RegionKind.REGIERUNGSBEZIRK: 3,
    **dict.fromkeys(
        (
            RegionKind.LANDKREIS,
            RegionKind.KREIS,
            RegionKind.REGIONALVERBAND,
            RegionKind.KREISFREIE_STADT,
            RegionKind.STADTKREIS,
        ),
        5,
    ),
    **dict.fromkeys(
        (
            RegionKind.VERWALTUNGSGEMEINSCHAFT,
            RegionKind.AMT,
            RegionKind.SAMTGEMEINDE,
            RegionKind.VERBANDSGEMEINDE,
            RegionKind.KIRCHSPIELSLANDGEMEINDE,
            RegionKind.VERWALTUNGSVERBAND,
            RegionKind.ERFUELLENDE_GEMEINDE,
        ),
        9,
    ),
    **dict.fromkeys(
        (
            RegionKind.GROSSE_KREISSTADT,
            RegionKind.STADT,
            RegionKind.MARKT,
            RegionKind.GEMEINDE,
            RegionKind.GEMEINDEFREI,
        ),
        12,
    ),
}


@dataclass(frozen=True, slots=True)
class Region:
    """A place. `ars` ends at its own level; a kreisfreie Stadt is a Kreis and has five digits."""

    ars: str
    kind: RegionKind
    name: str
    inhabitants: int | None = None
    plz: str = ""
    """postcode of the seat of its administration; a Gemeinde may have more, which the directory does not tell"""

    @property
    def ags(self) -> str:
        """The AGS of a Gemeinde or a kreisfreie Stadt; empty for other places."""
        if len(self.ars) == 12:
            return self.ars[:5] + self.ars[9:]
        return f"{self.ars}000" if self.kind in _CITIES else ""

    @property
    def is_gemeinde(self) -> bool:
        """Whether it is what people live in: a Gemeinde of any kind, a kreisfreie Stadt, a gemeindefreies Gebiet."""
        return len(self.ars) == 12 or self.kind in _CITIES

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    def contains(self, other: Region) -> bool:
        """Whether the other place is this one or lies in it."""
        return other.ars.startswith(self.ars)


_CITIES: Final = frozenset({RegionKind.KREISFREIE_STADT, RegionKind.STADTKREIS})


@dataclass(frozen=True, slots=True)
class Former:
    """A key that was a place's once: the place was dissolved or merged, or the key changed."""

    ars: str
    name: str
    until: date | None
    """the first day of whose directory it is no longer part"""
    successor: str = ""
    """ARS of the place that it became or became part of, where that is one, and known"""


class Regions:
    """Every place, found by any spelling of its key, those of former places included."""

    def __init__(self, regions: Iterable[Region], former: Iterable[Former] = ()) -> None:
        self._known = {region.ars: region for region in regions}
        self._spelled = dict(self._known)
        self._gone: dict[str, Former] = {}
        for region in self._known.values():
            for spelling in _spellings(region.ars):
                self._spelled.setdefault(spelling, region)
        for place in former:
            for spelling in (place.ars, *_spellings(place.ars)):
                if spelling not in self._spelled:
                    self._gone.setdefault(spelling, place)

    def __iter__(self) -> Iterator[Region]:
        return iter(self._known.values())

    def __getitem__(self, ars: str) -> Region:
        return self._known[ars]

    def __contains__(self, ars: str) -> bool:
        """Whether this is a place's ARS as it is written here: at its own level."""
        return ars in self._known

    def find(self, key: str) -> Region | None:
        """
        The place meant by an ARS of any level or an AGS, also where zeros fill it up.

        `09273000` is a Gemeinde only in form: it means the Landkreis, and in a kreisfreie Stadt the city.
        """
        if found := self._spelled.get(key):
            return found
        gone = self._gone.get(key)
        return self._known[gone.successor] if gone and gone.successor else None

    def former(self, key: str) -> Former | None:
        """The place that this key meant once, where it means none today."""
        return self._gone.get(key)

    def addressed(self, digits: str) -> Region | None:
        """
        The place meant by the digits of a DVDV Kennung.

        They are an ARS, an AGS, or an AGS followed by `00` and digits for the environment (DOMAIN, XÖV conventions).
        Digits that could be read as two places name none.
        """
        plain = self.find(digits)
        if digits[8:10] != "00":
            return plain
        built = self.find(digits[:8])
        if plain and built and plain is not built:
            return None
        return plain or built


def shorten(ars: str) -> str:
    """An ARS without the groups of zeros that fill it up: `096610000000` is `09661`."""
    for longer, shorter in pairwise(LEVELS):
        if len(ars) == longer and not ars[shorter:].strip("0"):
            ars = ars[:shorter]
    return ars


def _spellings(ars: str) -> Iterator[str]:
    """Other ways to write the key of a place."""
    yield ars.ljust(12, "0")
    if len(ars) <= KREIS:
        yield ars.ljust(8, "0")
    if len(ars) == KREIS:
        yield ars.ljust(9, "0")
    if len(ars) == 12:
        yield ars[:5] + ars[9:]
        # A Verband number that begins with 5 is a real one; with 0 or 9 it repeats the Gemeinde's own.
        if ars[5] != "5" and ars[6:9] == ars[9:]:
            yield ars[:9]
