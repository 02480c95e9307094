"""`gateway responsibility`: generated, compared, given away."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from tests.gateway.cli.calling import ROOT, Call


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A copy of the shipped tables."""
    shutil.copytree(ROOT / "routing", tmp_path / "routing")
    return tmp_path / "routing"


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_shipped_tables_are_complete(gateway: Call) -> None:
    """Each question has one answer or is known to be open; what is open is said."""
    heard = gateway("responsibility", "check")

    assert heard.code == 0
    assert "✓ 13380 Fragen" in heard.out
    assert "Bekannt sind Alzenau und Friedberg" in heard.out


def test_a_gemeinde_without_an_authority_is_found(gateway: Call, tables: Path) -> None:
    """A row that is missing makes the exit code 1, and names the Gemeinde; and the table is not what the rules say."""
    replace(tables / "responsibility.csv", "wohnsitz,09162,09162,Art. 1 Abs. 1 BayGMPP,,,A\n", "")
    heard = gateway("responsibility", "check", "--tables", tables, "--json")

    assert heard.code == 1
    assert [gap for gap in heard.json["gaps"] if not gap["known"]] == [
        {"subject": "wohnsitz", "ars": "09162", "name": "München", "known": False}
    ]
    assert heard.json["differing"] == ["responsibility.csv"]
    told = gateway("responsibility", "check", "--tables", tables)
    assert "Niemand ist eingetragen (1):\n  wohnsitz: kreisfreie Stadt München (09162)" in told.out


def test_a_changed_rule_changes_the_tables(gateway: Call, tables: Path) -> None:
    """A delegation becomes known: dry first, then written, then there is nothing to do."""
    replace(tables / "rules.toml", '  "097710130130", # Friedberg', '  "097710130130",\n  "097720125125",')
    before = (tables / "responsibility.csv").read_bytes()

    dry = gateway("responsibility", "generate", "--tables", tables, "--dry-run")
    assert (dry.code, (tables / "responsibility.csv").read_bytes()) == (1, before)
    assert "responsibility.csv" in gateway("responsibility", "generate", "--tables", tables).err
    assert "bau,097720125125,097720125125," in (tables / "responsibility.csv").read_text(encoding="utf-8")
    assert gateway("responsibility", "generate", "--tables", tables, "--dry-run").code == 0


def test_the_table_is_open_data(gateway: Call, tmp_path: Path) -> None:
    """CSV and JSON say the same rows, with names, law and source."""
    printed = list(csv.DictReader(io.StringIO(gateway("responsibility", "export").out)))
    assert gateway("responsibility", "export", tmp_path / "offen.json").code == 0
    document = json.loads((tmp_path / "offen.json").read_text(encoding="utf-8"))

    assert len(printed) == len(document["responsibilities"]) == 3856
    assert "Destatis" in document["directory"]["source"]
    freising = next(row for row in printed if (row["subject"], row["ars"]) == ("bau", "091780124124"))
    assert (freising["authority_name"], freising["law"]) == ("Stadt Freising", "Art. 53 Abs. 1 BayBO mit GrKrV")


def test_another_kind_of_file_is_refused(gateway: Call, tmp_path: Path) -> None:
    """Open data are CSV or JSON."""
    assert gateway("responsibility", "export", tmp_path / "offen.xlsx").code == 2
