"""`gateway regions`: the directory taken over, and looked up."""

import csv
import io
import shutil
from pathlib import Path

import pytest

from tests.gateway.cli.calling import ROOT, Call

SAID = ("--as-of", "2026-12-31", "--source", "Destatis")


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A copy of the shipped tables."""
    shutil.copytree(ROOT / "routing", tmp_path / "routing")
    return tmp_path / "routing"


@pytest.fixture
def official(tables: Path, tmp_path: Path) -> Path:
    """A table in the official form that says the same as the shipped directory."""
    mark = {"Land": "", "Regierungsbezirk": "", "Landkreis": "44", "kreisfreie Stadt": "41"}
    mark |= {"Verwaltungsgemeinschaft": "54", "Große Kreisstadt": "67", "Stadt": "63", "Markt": "60", "Gemeinde": "64"}
    level = {2: "land", 3: "regierungsbezirk", 5: "kreis", 9: "verband", 12: "gemeinde"}
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["ars", "ags", "ebene", "textkennzeichen", "name", "einwohner", "plz"])
    with (tables / "regions.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            ars, people = row["ars"], row["inhabitants"]
            table.writerow([ars, "", level[len(ars)], mark.get(row["kind"], "66"), row["name"], "", ""])
            if row["kind"] == "kreisfreie Stadt":
                table.writerow([f"{ars}0000000", "", "gemeinde", "61", row["name"], people, row["plz"]])
    path = tmp_path / "verzeichnis.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def rewrite(file: Path, *changes: tuple[str, str]) -> None:
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


def test_the_same_places_change_nothing(gateway: Call, tables: Path, official: Path) -> None:
    """A second import says so, and ends with 0."""
    heard = gateway("regions", "import", official, "--tables", tables, *SAID)

    assert heard.code == 0
    assert "Stand 2026-12-31: 2620 Gebiete" in heard.out
    assert "die Gebiete sind dieselben" in heard.err
    assert "as_of = 2026-12-31" in (tables / "directory.toml").read_text(encoding="utf-8")


def test_what_changes_and_what_breaks_is_told_before_it_is_written(gateway: Call, tables: Path, official: Path) -> None:
    """A dissolved Gemeinde with a connection: named with both, exit code 1, and nothing written in a dry run."""
    rewrite(
        official,
        ("097720177177,,gemeinde,60,Meitingen,,\n", ""),
        (",gemeinde,64,Horgau,", ",gemeinde,60,Horgau am See,"),
    )
    before = (tables / "regions.csv").read_bytes()

    heard = gateway("regions", "import", official, "--tables", tables, *SAID, "--dry-run")

    assert heard.code == 1
    assert "aufgelöst (1):\n  097720177177  Markt Meitingen" in heard.out
    assert "umbenannt (1):\n  097720159159  Horgau → Horgau am See" in heard.out
    assert "097720159159  Horgau am See: Gemeinde → Markt" in heard.out
    assert "Anbindungen, die das trifft (1):\n  wohnsitz/097720177177" in heard.out
    assert (tables / "regions.csv").read_bytes() == before


def test_the_connections_that_break_are_those_of_the_journal(
    gateway: Call, tables: Path, official: Path, tmp_path: Path
) -> None:
    """What was connected since the order list: the records of a running gateway count, where one is meant."""
    (tmp_path / "orders.csv").write_text(
        "service,authority,destination,state,order_number,order_date,live_since,contact\n"
        "wohnsitz,097720159159,,ordered,B-1,2026-01-02,,\n",
        encoding="utf-8",
    )
    assert gateway("connections", "import", tmp_path / "orders.csv", "--data", tmp_path / "var").code == 0
    rewrite(official, ("097720159159,,gemeinde,64,Horgau,,\n", ""))
    dry = ("regions", "import", official, "--tables", tables, *SAID, "--dry-run", "--json")

    assert gateway(*dry).json["brokenConnections"] == []
    assert gateway(*dry, "--data", tmp_path / "var").json["brokenConnections"] == ["wohnsitz/097720159159"]


def test_a_merger_is_taken_over_and_the_tables_follow(gateway: Call, tables: Path, official: Path) -> None:
    """Import, generate, check: the old key then leads to the Gemeinde that the place became part of."""
    rewrite(official, ("097720111111,,gemeinde,64,Adelsried,,\n", ""))
    merged = ("--successor", "097720111111=097720159159")

    assert gateway("regions", "import", official, "--tables", tables, *SAID, *merged).code == 1
    assert gateway("responsibility", "check", "--tables", tables).code == 2
    assert gateway("responsibility", "generate", "--tables", tables).code == 0
    assert gateway("responsibility", "check", "--tables", tables).code == 0
    shown = gateway("regions", "show", "09772111", "--tables", tables)
    assert "Horgau" in shown.out
    assert "gab es Adelsried" in shown.err


@pytest.mark.parametrize(
    "more, said",
    [
        ((), "--source"),
        (("--as-of", "2019-12-31", "--source", "Destatis"), "neueren"),
        ((*SAID, "--land", "10"), "Land 09"),
        ((*SAID, "--successor", "091"), "ALT=NEU"),
        ((*SAID, "--successor", "097720111111=097720159159"), "097720111111"),
    ],
)
def test_what_cannot_be_taken_over_is_refused(
    more: tuple[str, ...], said: str, gateway: Call, tables: Path, official: Path
) -> None:
    """With what to do instead; nothing is written."""
    before = {file.name: file.read_bytes() for file in tables.iterdir() if file.is_file()}
    heard = gateway("regions", "import", official, "--tables", tables, *more)

    assert heard.code == 2
    assert said in heard.err
    assert {file.name: file.read_bytes() for file in tables.iterdir() if file.is_file()} == before


def test_a_wrong_line_is_named(gateway: Call, tables: Path, official: Path) -> None:
    """File and line, for whoever opens it."""
    rewrite(official, (",gemeinde,64,Horgau,", ",gemeinde,99,Horgau,"))
    heard = gateway("regions", "import", official, "--tables", tables, *SAID)

    assert heard.code == 2
    assert "verzeichnis.csv, Zeile " in heard.err


def test_a_first_directory_needs_no_earlier_one(gateway: Call, official: Path, tmp_path: Path) -> None:
    """Into an empty folder, all Länder of the file."""
    (tmp_path / "neu").mkdir()
    heard = gateway("regions", "import", official, "--tables", tmp_path / "neu", *SAID, "--json")

    assert heard.code == 0
    assert heard.json["regions"] == 2620
    assert sorted(file.name for file in (tmp_path / "neu").iterdir()) == ["directory.toml", "former.csv", "regions.csv"]


@pytest.mark.parametrize(
    "query, expected",
    [
        ("Freising", ["09178", "091780124124"]),
        ("Landkreis freising", ["09178"]),
        ("09178124", ["091780124124"]),
        ("091780124124", ["091780124124"]),
        ("09661000", ["09661"]),
        ("85350", ["091780124124"]),
        ("VERWALTUNGSGEMEINSCHAFT Allershausen", ["091785127"]),
        ("Neufahrn b. Freising", ["091780145145"]),
        ("Muenchen", ["09162", "09184"]),
    ],
)
def test_a_place_is_found_by_whatever_names_it(query: str, expected: list[str], gateway: Call) -> None:
    """ARS, AGS, postcode or name, and every place that is meant by it."""
    heard = gateway("regions", "show", query, "--json")

    assert heard.code == 0
    assert [it["ars"] for it in heard.json] == expected


def test_a_part_of_a_name_finds_all_that_have_it(gateway: Call) -> None:
    """Where no whole name fits."""
    heard = gateway("regions", "show", "allershaus")

    assert heard.code == 0
    assert "Gemeinde Allershausen" in heard.out
    assert "Verwaltungsgemeinschaft Allershausen, Landkreis Freising" in heard.out


@pytest.mark.parametrize("query", ["Atlantis", "01001000", "-", ""])
def test_what_is_nowhere_is_not_found(query: str, gateway: Call) -> None:
    """Exit code 1, and the day of the directory that was looked into."""
    heard = gateway("regions", "show", query)

    assert heard.code == 1
    assert "Kein solches Gebiet im Verzeichnis vom 2020-12-31" in heard.err


def test_a_postcode_that_is_not_found_says_why(gateway: Call) -> None:
    """The directory has one postcode for each Gemeinde, the seat's."""
    heard = gateway("regions", "show", "85354")

    assert heard.code == 1
    assert "nur die ihres Verwaltungssitzes" in heard.err
    assert "Verwaltungssitz" not in gateway("regions", "show", "Xyzzy").err
