"""`gateway connections import`: an order list of a whole Land, with everything that can be wrong in one."""

import csv
import io
import os
import pty
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.gateway.cli.calling import ROOT, Call, surroundings

HEAD = ["Artikel", "Regionalschlüssel", "Bestellnummer", "Bestelldatum", "Ansprechstelle", "Preis"]
ARTICLES = {
    "wohnsitz": "Anbindung Wohnsitzmeldung",
    "fuehrerschein": "Anbindung Führerschein",
    "aufenthalt": "Anbindung Aufenthalt",
    "waffen": "Anbindung Waffen",
    "bau": "Anbindung Bauantrag",
}
WRONG = {
    "an article nobody knows": ["Anbindung Jagdschein", "09178", "B-1", "01.09.2026", "", ""],
    "a key without its leading zero": ["Anbindung Waffen", "9178", "B-1", "01.09.2026", "", ""],
    "a key of no place": ["Anbindung Waffen", "09199", "B-1", "01.09.2026", "", ""],
    "a name instead of a key": ["Anbindung Waffen", "Freising", "B-1", "01.09.2026", "", ""],
    "an authority that is not responsible": ["Anbindung Wohnsitzmeldung", "09178", "B-1", "01.09.2026", "", ""],
    "no number": ["Anbindung Waffen", "09178", "", "01.09.2026", "", ""],
    "a day that does not exist": ["Anbindung Waffen", "09178", "B-1", "31.02.2026", "", ""],
    "a day of another form": ["Anbindung Waffen", "09178", "B-1", "2026-09-01", "", ""],
    "a day to come": ["Anbindung Waffen", "09178", "B-1", f"{datetime.now(UTC) + timedelta(days=90):%d.%m.%Y}", "", ""],
    "too few fields": ["Anbindung Waffen", "09178"],
}
"""Each is planted four times; together they are forty."""


def orders(folder: Path) -> tuple[Path, list[int]]:
    """An order list of 2,000 rows, and the lines of those that are wrong."""
    with (ROOT / "routing" / "responsibility.csv").open(encoding="utf-8", newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["subject"] in ARTICLES]
        table.seek(0)
        own = [row for row in csv.DictReader(table) if row["subject"] not in ARTICLES]
    pairs = [(row["subject"], row["authority"]) for row in rows] + [("bau", row["authority"]) for row in own]
    there = dict.fromkeys(pair for pair in pairs if pair[1] not in {"09178", "09199"})
    right = [
        [ARTICLES[service], ars, f"DM-{number:05}", "01.09.2026", "", "100"]
        for number, (service, ars) in enumerate([*there][:1_960])
    ]
    listed, wrong = list(right), []
    for number, row in enumerate([*WRONG.values()] * 4):
        place = 40 + 47 * number
        listed.insert(place, row)
        wrong.append(place + 2)
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\n").writerows([HEAD, *listed])
    file = folder / "bestellungen.csv"
    file.write_text(text.getvalue(), encoding="utf-8")
    return file, wrong


def watched(command: list[str | Path]) -> tuple[int, str, str]:
    """Exit code, results, and what somebody saw at the keyboard while it ran."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "gateway", *map(str, command)],
        cwd=ROOT,
        env=surroundings(TERM="xterm"),
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    ) as process:
        os.close(theirs)
        seen = b""
        with suppress(OSError):  # what Linux says when the other side is closed
            while piece := os.read(ours, 65_536):
                seen += piece
        os.close(ours)
        results, _ = process.communicate(timeout=30)
    return process.returncode, results, seen.decode(errors="replace")


@pytest.mark.slow
def test_of_two_thousand_rows_the_forty_wrong_ones_are_reported_and_the_rest_is_taken(
    tmp_path: Path, gateway: Call
) -> None:
    """In seconds, with progress to watch; read again, the list changes nothing and reports the same forty."""
    file, wrong = orders(tmp_path)
    began = os.times()
    code, results, seen = watched(["connections", "import", file, "--data", tmp_path / "var"])
    ended = os.times()
    took = ended.children_user + ended.children_system - began.children_user - began.children_system

    assert code == 1
    reported = [line for line in results.splitlines() if line.startswith("✗")]
    assert [int(line.split("Zeile ")[1].split(":")[0]) for line in reported] == sorted(wrong)
    assert len(reported) == 40
    assert results.splitlines()[-1] == "2000 Zeilen: 1960 neu, 0 geändert, 0 unverändert, 40 fehlerhaft."
    assert "1960/1960" in seen
    assert took < 60

    listed = gateway("connections", "list", "--data", tmp_path / "var", "--json").json
    assert len(listed) == 1_960
    assert {one["orderedThrough"] for one in listed} == {"DigitalMarkt"}
    assert {one["state"] for one in listed} == {"ordered"}

    again = gateway("connections", "import", file, "--data", tmp_path / "var", "--json")
    assert (again.code, again.json["new"], again.json["changed"], again.json["same"]) == (1, [], [], 1_960)
    assert [fault["line"] for fault in again.json["faults"]] == sorted(wrong)
    assert gateway("connections", "list", "--data", tmp_path / "var", "--json").json == listed


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A short list as a shop writes it."""
    file = tmp_path / "shop.csv"
    file.write_text(
        ";".join([*HEAD, "Rabatt"])
        + "\nAnbindung Bauantrag;09178;B-1;01.09.2026;Bauamt;1;5\n99115005104000;09178145;B-2;01.09.2026;;1;5\n",
        encoding="utf-8",
    )
    return file


def test_a_dry_run_shows_what_would_happen(small: Call, shop: Path) -> None:
    """Each new connection and each change, before there is a journal and without making one."""
    shown = small("connections", "import", shop, "--dry-run")

    assert shown.code == 0
    assert "+ bau/09178  Landratsamt Freising, bestellt B-1" in shown.out
    assert shown.out.splitlines()[-1] == "So käme es: 2 Zeilen: 2 neu, 0 geändert, 0 unverändert, 0 fehlerhaft."
    assert "Unbekannte Spalten, nicht gelesen: Rabatt." in shown.err
    assert not Path("var").exists()

    small("connections", "import", shop)
    shop.write_text(shop.read_text("utf-8").replace("B-1;01.09.", "B-9;02.09."), "utf-8")
    changed = small("connections", "import", shop, "--dry-run", "--json").json
    assert changed["changed"] == [
        {
            "id": "bau/09178",
            "from": {"orderNumber": "B-1", "orderDate": "2026-09-01"},
            "to": {"orderNumber": "B-9", "orderDate": "2026-09-02"},
        }
    ]
    assert changed["unknownColumns"] == ["Rabatt"]
    told = small("connections", "import", shop, "--dry-run").out
    assert "~ bau/09178  Bestellnummer: B-1 → B-9, Bestelldatum: 2026-09-01 → 2026-09-02" in told
    assert small("connections", "list", "bau/09178", "--json").json[0]["orderNumber"] == "B-1"


def test_another_form_is_told_by_a_file(gateway: Call, tmp_path: Path) -> None:
    """What the list calls its columns, its articles and its days, and in which characters it is written."""
    (tmp_path / "form.toml").write_text(
        'delimiter = "|"\nencoding = "windows-1252"\ndays = "%Y%m%d"\n[columns]\nservice = "Wofür"\n'
        'authority = "Wo"\norder_number = "Nr"\norder_date = "Tag"\ncontact = "Büro"\n',
        encoding="utf-8",
    )
    (tmp_path / "list.csv").write_bytes("Wofür|Wo|Nr|Tag|Büro\r\nbau|09178|7|20260901|Büro 1\r\n".encode("cp1252"))

    taken = gateway("connections", "import", "list.csv", "--columns", "form.toml", "--lang", "en")

    assert (taken.code, taken.out) == (0, "1 rows: 1 new, 0 changed, 0 unchanged, 0 faulty.\n")
    [one] = gateway("connections", "list", "--json").json
    assert (one["id"], one["orderDate"], one["contact"]) == ("bau/09178", "2026-09-01", "Büro 1")


def test_production_takes_over_no_state(small: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first import settles what the journal is; the pilots are live in the list and begin as ordered."""
    monkeypatch.setenv("GATEWAY_KIND", "production")
    taken = small("connections", "import", ROOT / "routing" / "connections.csv")
    assert taken.code == 0
    assert "20 beginnen als „bestellt“" in taken.err

    monkeypatch.delenv("GATEWAY_KIND")
    assert {one["state"] for one in small("connections", "list", "--json").json} == {"ordered"}
    other = small("connections", "import", ROOT / "routing" / "connections.csv", "--json").json
    assert (other["new"], other["changed"], other["same"]) == ([], [], 20)


@pytest.mark.parametrize(
    "content, sentence",
    [
        (None, "list.csv ist nicht lesbar: gibt es nicht."),
        (b"", "list.csv, Zeile 1: Es fehlt die Spalte"),
        ("Artikel;Straße\n".encode("cp1252"), 'encoding = "windows-1252"'),
        (b"\x00\xff\xfe", "list.csv, Zeile 1: Die Datei ist nicht in UTF-8 gespeichert."),
        (b"ars,kind,name\n", "Da sind: ars,kind,name"),
        (b'Artikel;"Regional\n', "Die Anführungszeichen gehen nicht auf."),
    ],
)
def test_what_is_no_order_list_is_refused_with_a_sentence(gateway: Call, content: bytes | None, sentence: str) -> None:
    """The reason is told; nothing is taken over, not even a part."""
    if content is not None:
        Path("list.csv").write_bytes(content)

    refused = gateway("connections", "import", "list.csv", "--dry-run")

    assert refused.code == 2
    assert sentence in refused.err
    assert refused.out == ""
