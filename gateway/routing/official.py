"""
The municipality directory as the statistical offices publish it, read into ours.

Two forms are known, both of the Statistisches Bundesamt (Destatis), Gemeindeverzeichnis GV-ISys:

GV100AD
    The quarterly text file: lines of 220 characters, fields at fixed columns. The columns are those that two public
    readers agree on, openpotato/gv100ad-py and jgraef/gv100ad: 1-2 Satzart (10 Land, 20 Regierungsbezirk, 30 Region,
    40 Kreis, 50 Gemeindeverband, 60 Gemeinde), 3-10 Gebietsstand as YYYYMMDD, 11-12 Land, 13 Regierungsbezirk,
    14-15 Kreis, 16-18 Gemeinde, 19-22 Gemeindeverband, 23-72 name, 123-124 Textkennzeichen, 140-150 inhabitants,
    166-170 postcode; UTF-8 [F]. That a line may come without its trailing blanks, and that a Land's line stands before
    those of its Kreise and theirs before the Gemeinden, is assumed [A].
the table
    A comma-separated extract `ars,ags,ebene,textkennzeichen,name,einwohner,plz`, which says neither its day nor its
    source: whoever reads it has to.

A name's additions (`, St`, `, GKSt`, ` (VGem)`, `Reg.-Bez. `) repeat the kind and are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from gateway.errors import BadTables
from gateway.routing.directory import Directory
from gateway.routing.regions import Region, RegionKind
from gateway.routing.strict import FirstSeen, Where, decoded, read_csv

TABLE_COLUMNS: Final = ("ars", "ags", "ebene", "textkennzeichen", "name", "einwohner", "plz")

GV100AD: Final = "Statistisches Bundesamt (Destatis), Gemeindeverzeichnis GV-ISys (GV100AD)"
"""what a text file says of its source by being one"""

_WIDTH: Final = 220
_SATZARTEN: Final = {"10": "land", "20": "regierungsbezirk", "40": "kreis", "50": "verband", "60": "gemeinde"}
_PASSED_OVER: Final = "30"
"""Regionen of Baden-Württemberg: not part of any key"""

_DIGITS: Final = {"land": 2, "regierungsbezirk": 3, "kreis": 5, "verband": 9, "gemeinde": 12}
_VERBANDSFREI: Final = "50"
_NO_KREIS: Final = "000"
"""the deutsch-luxemburgisches Hoheitsgebiet lies in none"""

_KINDS: Final = {
    ("land", ""): RegionKind.LAND,
    ("regierungsbezirk", ""): RegionKind.REGIERUNGSBEZIRK,
    ("kreis", "41"): RegionKind.KREISFREIE_STADT,
    ("kreis", "42"): RegionKind.STADTKREIS,
    ("kreis", "43"): RegionKind.KREIS,
    ("kreis", "44"): RegionKind.LANDKREIS,
    ("kreis", "45"): RegionKind.REGIONALVERBAND,
    ("verband", "51"): RegionKind.AMT,
    ("verband", "52"): RegionKind.SAMTGEMEINDE,
    ("verband", "53"): RegionKind.VERBANDSGEMEINDE,
    ("verband", "54"): RegionKind.VERWALTUNGSGEMEINSCHAFT,
    ("verband", "55"): RegionKind.KIRCHSPIELSLANDGEMEINDE,
    ("verband", "56"): RegionKind.VERWALTUNGSVERBAND,
    ("verband", "58"): RegionKind.ERFUELLENDE_GEMEINDE,
    ("gemeinde", "60"): RegionKind.MARKT,
    ("gemeinde", "61"): RegionKind.KREISFREIE_STADT,
    ("gemeinde", "62"): RegionKind.STADTKREIS,
    ("gemeinde", "63"): RegionKind.STADT,
    ("gemeinde", "64"): RegionKind.GEMEINDE,
    ("gemeinde", "65"): RegionKind.GEMEINDEFREI,
    ("gemeinde", "66"): RegionKind.GEMEINDEFREI,
    ("gemeinde", "67"): RegionKind.GROSSE_KREISSTADT,
}
_CITIES: Final = frozenset({RegionKind.KREISFREIE_STADT, RegionKind.STADTKREIS})


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of either form."""

    where: Where
    level: str
    mark: str
    """Textkennzeichen"""
    ars: str
    name: str
    inhabitants: str
    plz: str


def read_official(
    name: str, content: bytes, *, laender: frozenset[str] = frozenset(), source: str = "", as_of: date | None = None
) -> Directory:
    """
    The directory in an official file; only these Länder, where some are named.

    Raises:
        BadTables: the file breaks its form, contradicts itself, or holds none of these Länder; or a table comes without
            source and day. Names the line.
    """
    text = decoded(name, content)
    if text.startswith(",".join(TABLE_COLUMNS[:2])):
        if not source or as_of is None:
            raise Where(name).fault(
                "Die Tabelle nennt weder ihre Quelle noch ihren Stand: bitte --source und --as-of angeben.",
                "The table does not say its source and its day: please give --source and --as-of.",
            )
        entries = list(_of_table(name, content))
    else:
        found, entries = _of_text(name, text)
        if as_of is not None and as_of != found:
            raise Where(name).fault(
                f"Die Datei hat den Gebietsstand {found}, nicht {as_of}.", f"The file is as of {found}, not {as_of}."
            )
        source, as_of = source or GV100AD, found
    regions = _regions(entry for entry in entries if not laender or entry.ars[:2] in laender)
    if missing := laender - {region.ars for region in regions}:
        listed = ", ".join(sorted(missing))
        raise Where(name).fault(f"Es fehlt: Land {listed}.", f"Missing: Land {listed}.")
    return Directory(source, as_of, tuple(sorted(regions, key=lambda region: region.ars)))


# ── the two forms ────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_table(name: str, content: bytes) -> Iterator[_Entry]:
    for row in read_csv(name, content, TABLE_COLUMNS):
        value = row.values
        yield _Entry(
            row.where,
            value["ebene"],
            value["textkennzeichen"],
            row.text("ars"),
            row.text("name"),
            value["einwohner"],
            value["plz"],
        )


def _of_text(name: str, text: str) -> tuple[date, list[_Entry]]:
    entries: list[_Entry] = []
    days: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        where = Where(name, number)
        satzart = line[:2]
        if satzart != _PASSED_OVER:
            entries.append(_of_line(where, satzart, line))
        days.setdefault(line[2:10], number)
        if len(days) > 1:
            raise where.fault(
                "Der Gebietsstand ist ein anderer als in den Zeilen davor.",
                "The Gebietsstand is not that of the lines before.",
            )
    if not days:
        raise Where(name).fault("Die Datei ist leer.", "The file is empty.")
    [(day, first)] = days.items()
    return _day(Where(name, first), day), entries


def _of_line(where: Where, satzart: str, line: str) -> _Entry:
    if satzart not in _SATZARTEN:
        raise where.fault(
            "Die Zeile beginnt mit keiner Satzart des GV100AD (10 bis 60). Erwartet wird die Textdatei aus dem "
            "ZIP-Archiv von Destatis.",
            "The line begins with no Satzart of GV100AD (10 to 60). Expected is the text file from the ZIP archive of "
            "Destatis.",
        )
    if len(line) > _WIDTH:
        raise where.fault(
            f"Die Zeile hat {len(line)} Zeichen; höchstens {_WIDTH} gehören dorthin.",
            f"The line has {len(line)} characters; {_WIDTH} at most belong there.",
        )
    level = _SATZARTEN[satzart]
    key = line[10:15] + line[18:22] + line[15:18]
    name = line[22:72].strip()
    if not name:
        raise where.fault("Der Name fehlt (Spalten 23 bis 72).", "The name is missing (columns 23 to 72).")
    return _Entry(
        where, level, line[122:124].strip(), key[: _DIGITS[level]], name, line[139:150].strip(), line[165:170].strip()
    )


def _day(where: Where, digits: str) -> date:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise where.fault(
            "Der Gebietsstand (Spalten 3 bis 10) ist kein Datum.", "The Gebietsstand (columns 3 to 10) is no date."
        ) from None


# ── what they say together ───────────────────────────────────────────────────────────────────────────────────────────


def _regions(entries: Iterable[_Entry]) -> list[Region]:
    """One place per entry; a kreisfreie Stadt, told as Kreis, Verband and Gemeinde, is one; verbandsfrei is none."""
    regions: dict[str, Region] = {}
    first = FirstSeen()
    for entry in entries:
        _check(entry, regions, first)
        if (entry.level, entry.mark) == ("verband", _VERBANDSFREI):
            continue
        kind = _KINDS.get((entry.level, entry.mark))
        if kind is None:
            raise entry.where.fault(
                f"Das Textkennzeichen „{entry.mark}“ ist für diese Ebene unbekannt.",
                f"Textkennzeichen “{entry.mark}” is unknown at this level.",
            )
        if entry.level == "gemeinde" and kind in _CITIES:
            city = _city(entry, regions)
            regions[city.ars] = replace(city, inhabitants=_number(entry), plz=entry.plz)
        else:
            regions[entry.ars] = Region(entry.ars, kind, _plain(entry.name), _number(entry), entry.plz)
    return list(regions.values())


def _check(entry: _Entry, regions: dict[str, Region], first: FirstSeen) -> None:
    digits = _DIGITS.get(entry.level)
    if digits is None:
        raise entry.where.fault("Diese Ebene gibt es nicht.", "There is no such level.")
    if not (len(entry.ars) == digits and entry.ars.isascii() and entry.ars.isdigit()):
        raise entry.where.fault(
            f"Der Schlüssel hat nicht die {digits} Ziffern dieser Ebene.",
            f"The key does not have the {digits} digits of this level.",
        )
    first.note(entry.where, f"{entry.level} {entry.ars}", "Das Gebiet", "The place")
    if digits > 2 and entry.ars[:2] not in regions:
        raise _orphan(entry, "Land")
    if digits > 5 and entry.ars[:5] not in regions and entry.ars[2:5] != _NO_KREIS:
        raise _orphan(entry, "Kreis")
    if entry.plz and not (len(entry.plz) == 5 and entry.plz.isascii() and entry.plz.isdigit()):
        raise entry.where.fault("Die Postleitzahl hat nicht fünf Ziffern.", "The postcode does not have five digits.")


def _orphan(entry: _Entry, above: str) -> BadTables:
    return entry.where.fault(
        f"Vor dieser Zeile fehlt die des Gebiets darüber ({above}).",
        f"The line of the place above ({above}) is missing before this one.",
    )


def _city(entry: _Entry, regions: dict[str, Region]) -> Region:
    """The Kreis that this Gemeinde is."""
    kreis = regions[entry.ars[:5]]
    if kreis.kind not in _CITIES or entry.ars[5:].strip("0"):
        raise entry.where.fault(
            "Das Textkennzeichen sagt kreisfreie Stadt, der Kreis nicht.",
            "The Textkennzeichen says kreisfreie Stadt, the Kreis does not.",
        )
    return kreis


def _number(entry: _Entry) -> int | None:
    if entry.level != "gemeinde" or not entry.inhabitants:
        return None
    if not (entry.inhabitants.isascii() and entry.inhabitants.isdigit()):
        raise entry.where.fault("Die Einwohnerzahl ist keine Zahl.", "The number of inhabitants is no number.")
    return int(entry.inhabitants)


def _plain(name: str) -> str:
    return name.partition(", ")[0].removesuffix(" (VGem)").removeprefix("Reg.-Bez. ")
