"""The municipality directory as this gateway keeps it: the places of its Länder, as of a day, from a named source."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from gateway.routing.regions import LEVELS, Former, Region, RegionKind, Regions, shorten
from gateway.routing.strict import FirstSeen, Row, Section, Where, read_bytes, read_csv, read_toml

REGIONS: Final = "regions.csv"
FORMER: Final = "former.csv"
DIRECTORY: Final = "directory.toml"

REGION_COLUMNS: Final = ("ars", "kind", "name", "inhabitants", "plz")
FORMER_COLUMNS: Final = ("ars", "name", "until", "successor")
DIRECTORY_KEYS: Final = ("source", "as_of")


@dataclass(frozen=True, slots=True)
class Directory:
    """What there is, what there was, as of which day, and who says so."""

    source: str
    as_of: date
    """the day whose state the source describes (Gebietsstand)"""
    regions: tuple[Region, ...]
    former: tuple[Former, ...] = ()

    @property
    def laender(self) -> frozenset[str]:
        """Keys of the Länder whose places it holds."""
        return frozenset(region.ars[:2] for region in self.regions)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_directory(folder: Path) -> Directory:
    """
    The directory in a folder of routing tables.

    Raises:
        BadTables: a file is missing or breaks its form; names file and line.
    """
    said = read_source(read_toml(DIRECTORY, read_bytes(folder / DIRECTORY)))
    regions = regions_of(read_csv(REGIONS, read_bytes(folder / REGIONS), REGION_COLUMNS))
    former = former_of(read_csv(FORMER, read_bytes(folder / FORMER), FORMER_COLUMNS), Regions(regions))
    return Directory(*said, tuple(regions), tuple(former))


def read_source(document: Section) -> tuple[str, date]:
    """Who says so, and as of which day."""
    document.only(*DIRECTORY_KEYS)
    return document.text("source"), document.day("as_of")


def regions_of(rows: Iterable[Row]) -> list[Region]:
    """The places that the rows of `regions.csv` name."""
    regions: list[Region] = []
    first = FirstSeen()
    for row in rows:
        ars, kind, plz = row.text("ars"), row.one_of("kind", RegionKind), row.optional("plz")
        check_ars(row.where, ars)
        first.note(row.where, ars, "Der ARS", "The ARS")
        if len(ars) != kind.digits:
            raise row.where.fault(
                f"{kind}: der ARS hat {kind.digits} Ziffern.", f"{kind}: the ARS has {kind.digits} digits."
            )
        if plz and not (len(plz) == 5 and plz.isascii() and plz.isdigit()):
            raise row.where.fault("Eine Postleitzahl hat fünf Ziffern.", "A postcode has five digits.")
        regions.append(Region(ars, kind, row.text("name"), row.number("inhabitants"), plz))
    return regions


def former_of(rows: Iterable[Row], regions: Regions) -> list[Former]:
    """The places that the rows of `former.csv` name; none of them may still be there."""
    former: list[Former] = []
    first = FirstSeen()
    for row in rows:
        ars, successor, until = row.text("ars"), row.optional("successor"), row.date("until")
        check_ars(row.where, ars)
        first.note(row.where, ars, "Der ARS", "The ARS")
        if ars in regions:
            raise row.where.fault(
                f"{ars} steht auch in {REGIONS}; es gibt das Gebiet also noch.",
                f"{ars} is in {REGIONS}, too; so the place still exists.",
            )
        if successor:
            place_in(row.where, successor, regions)
        former.append(Former(ars, row.text("name"), until, successor))
    return former


def place_in(where: Where, ars: str, regions: Regions) -> str:
    """The ARS of a place in the directory, as it is written there."""
    check_ars(where, ars)
    if ars not in regions:
        raise where.fault(f"{ars} steht nicht in {REGIONS}.", f"{ars} is not in {REGIONS}.")
    return ars


def check_ars(where: Where, ars: str) -> None:
    """
    Refuse what is no ARS, or one that is filled up with zeros.

    Raises:
        BadTables: with this place.
    """
    if not (ars.isascii() and ars.isdigit() and len(ars) in LEVELS):
        raise where.fault(
            f"„{ars}“ ist kein ARS: er hat 2, 3, 5, 9 oder 12 Ziffern. "
            "Fehlt vorne eine Null? Tabellenkalkulationen lassen sie weg.",
            f"“{ars}” is no ARS: it has 2, 3, 5, 9 or 12 digits. "
            "Is a zero missing in front? Spreadsheet programs drop it.",
        )
    short = shorten(ars)
    if ars != short:
        raise where.fault(
            f"{ars} endet auf aufgefüllte Nullen; hier steht der ARS seiner Ebene, also {short}.",
            f"{ars} is filled up with zeros; the ARS of its own level is written here: {short}.",
        )


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def written(directory: Directory) -> dict[str, bytes]:
    """The files of a directory, by name; the same directory is the same bytes."""
    regions = (
        (it.ars, it.kind.value, it.name, "" if it.inhabitants is None else str(it.inhabitants), it.plz)
        for it in sorted(directory.regions, key=lambda region: region.ars)
    )
    former = (
        (it.ars, it.name, it.until.isoformat() if it.until else "", it.successor)
        for it in sorted(directory.former, key=lambda place: place.ars)
    )
    source = (
        "#:schema schemas/directory.schema.json\n#\n"
        "# Woher regions.csv stammt und welchen Stand es hat. Geschrieben von `gateway regions import`.\n\n"
        f"source = {json.dumps(directory.source, ensure_ascii=False)}\n"
        f"as_of = {directory.as_of.isoformat()}\n"
    )
    return {
        REGIONS: written_csv(REGION_COLUMNS, regions),
        FORMER: written_csv(FORMER_COLUMNS, former),
        DIRECTORY: source.encode(),
    }


def written_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A table in the form that all tables have here."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(columns)
    table.writerows(rows)
    return text.getvalue().encode()
