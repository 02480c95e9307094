"""The official directory is read as it comes, and refused with its line where it is not as it should be."""

from datetime import date
from pathlib import Path

import pytest

from gateway.errors import BadTables
from gateway.routing import RegionKind
from gateway.routing.directory import Directory
from gateway.routing.official import GV100AD, read_official

BAVARIA = frozenset({"09"})


def line(satzart: str, key: str, verband: str, name: str, mark: str = "", people: str = "", plz: str = "") -> str:
    """One line of a GV100AD file, field by field at its columns."""
    text = f"{satzart}20261231{key:<8}{verband:<4}{name:<50}{'Sitz':<50}{mark:<2}".ljust(128)
    text += f"{'00000001234':<11}{people:>11}{'00000000001':<11}".ljust(37) + plz
    return text.ljust(220)


FREISING = [
    line("10", "09", "", "Bayern"),
    line("20", "091", "", "Oberbayern"),
    line("40", "09178", "", "Freising", "44"),
    line("50", "09178", "0124", "Freising, GKSt", "50"),
    line("60", "09178124", "0124", "Freising, GKSt", "67", "00000049126", "85354"),
    line("50", "09178", "5127", "Allershausen (VGem)", "54"),
    line("60", "09178113", "5127", "Allershausen", "64", "00000005840", "85391"),
    line("50", "09178", "9451", "Ein Forst", "50"),
    line("60", "09178451", "9451", "Ein Forst", "66", "00000000000"),
    line("40", "09661", "", "Aschaffenburg", "41"),
    line("50", "09661", "0000", "Aschaffenburg", "50"),
    line("60", "09661000", "0000", "Aschaffenburg", "61", "00000071002", "63739"),
]
REGION = line("30", "0822", "", "Region Rhein-Neckar")

TABLE = """\
ars,ags,ebene,textkennzeichen,name,einwohner,plz
09,,land,,Bayern,,
09178,,kreis,44,Freising,,
091780124,,verband,50,"Freising, GKSt",,
091780124124,09178124,gemeinde,67,"Freising, GKSt",49126,85354
10,,land,,Saarland,,
"""


def read(lines: list[str], laender: frozenset[str] = BAVARIA) -> Directory:
    return read_official("GV100AD.txt", "\r\n".join(lines).encode(), laender=laender)


def test_a_text_file_says_its_places_its_day_and_its_source() -> None:
    """Keys at their level, kinds from the Textkennzeichen, names without additions, inhabitants and postcode."""
    directory = read([REGION, *FREISING])

    assert (directory.source, directory.as_of) == (GV100AD, date(2026, 12, 31))
    assert [(it.ars, it.kind, it.name, it.inhabitants, it.plz) for it in directory.regions] == [
        ("09", RegionKind.LAND, "Bayern", None, ""),
        ("091", RegionKind.REGIERUNGSBEZIRK, "Oberbayern", None, ""),
        ("09178", RegionKind.LANDKREIS, "Freising", None, ""),
        ("091780124124", RegionKind.GROSSE_KREISSTADT, "Freising", 49126, "85354"),
        ("091785127", RegionKind.VERWALTUNGSGEMEINSCHAFT, "Allershausen", None, ""),
        ("091785127113", RegionKind.GEMEINDE, "Allershausen", 5840, "85391"),
        ("091789451451", RegionKind.GEMEINDEFREI, "Ein Forst", 0, ""),
        ("09661", RegionKind.KREISFREIE_STADT, "Aschaffenburg", 71002, "63739"),
    ]


def test_lines_without_their_trailing_blanks_read_the_same() -> None:
    """What an editor or a mail program cuts off at the end means nothing."""
    assert read([one.rstrip() for one in FREISING]) == read(FREISING)


def test_a_table_is_told_its_day_and_source() -> None:
    """It names neither; with both it reads like the text file, and only the Land that was asked for."""
    content, day = TABLE.encode(), date(2020, 12, 31)
    directory = read_official("x.csv", content, laender=BAVARIA, source="Destatis", as_of=day)

    assert (directory.source, directory.as_of) == ("Destatis", day)
    assert [region.ars for region in directory.regions] == ["09", "09178", "091780124124"]
    with pytest.raises(BadTables, match="--source"):
        read_official("x.csv", content, laender=BAVARIA)


def test_the_whole_official_table_can_be_read(shared_data: Path) -> None:
    """All Länder, with every kind of place that they have."""
    content = (shared_data / "regions" / "gemeindeverzeichnis.csv").read_bytes()
    directory = read_official("x", content, source="Destatis", as_of=date(2020, 12, 31))

    assert len(directory.laender) == 16
    assert {region.kind for region in directory.regions} == set(RegionKind)


@pytest.mark.parametrize(
    "at, broken, said",
    [
        (0, "70" + FREISING[0][2:], "line 1: .*Satzart"),
        (2, line("40", "0917", "", "Freising", "44"), "line 3: .*digits"),
        (2, line("40", "09178", "", "Freising", "99"), "line 3: .*Textkennzeichen"),
        (2, line("40", "09178", "", "", "44"), "line 3: .*name"),
        (2, line("40", "10178", "", "Freising", "44"), "line 3: .*Land"),
        (2, line("40", "09179", "", "Freising", "44"), "line 4: .*Kreis"),
        (3, FREISING[2], "line 4: .*already"),
        (4, FREISING[4].replace("00000049126", "0000004912X"), "line 5: .*inhabitants"),
        (4, FREISING[4].replace("85354", "8535 "), "line 5: .*postcode"),
        (4, FREISING[4].replace("20261231", "20260930"), "line 5: .*Gebietsstand"),
        (4, FREISING[4] + "X", "line 5: .*221 characters"),
        (11, FREISING[11].replace("09661000", "09178000").replace("  61  ", "  61  "), "line 12: .*kreisfreie"),
    ],
)
def test_a_line_that_is_not_as_it_should_be_is_named(at: int, broken: str, said: str) -> None:
    """The first wrong line ends it."""
    lines = [*FREISING]
    lines[at] = broken
    with pytest.raises(BadTables, match=said):
        read(lines, frozenset())


@pytest.mark.parametrize("content", [b"", b"\r\n\r\n", FREISING[4].encode("latin-1") + "ü".encode("latin-1")])
def test_what_is_no_directory_is_refused(content: bytes) -> None:
    """Nothing, or not in UTF-8."""
    with pytest.raises(BadTables):
        read_official("x", content)


def test_a_day_that_is_none_is_refused() -> None:
    """The Gebietsstand must be a date."""
    with pytest.raises(BadTables, match="no date"):
        read([one.replace("20261231", "20261399") for one in FREISING])


def test_a_land_that_is_not_there_is_missed() -> None:
    """Whoever asks for Saarland and gets a file of Bavaria learns it."""
    with pytest.raises(BadTables, match="10"):
        read(FREISING, frozenset({"09", "10"}))


def test_a_day_that_contradicts_the_file_is_refused() -> None:
    """Who says another day than the file has the wrong file."""
    with pytest.raises(BadTables, match="2026-12-31"):
        read_official("x", "\n".join(FREISING).encode(), as_of=date(2025, 1, 1))
