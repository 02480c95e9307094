"""From rules and directory follow the tables of a Land; and table and directory can be compared."""

from datetime import date
from pathlib import Path

import pytest

from gateway.errors import BadTables
from gateway.routing import Tables
from gateway.routing.completeness import compare
from gateway.routing.directory import read_directory
from gateway.routing.rules import Generated, generate, read_kennungen, read_rules
from tests.gateway.routing.conftest import Write

RULES = """\
[names]
Landratsamt = "Landratsamt {name}"
"Große Kreisstadt" = "Stadt {name}"
"kreisfreie Stadt" = "Stadt {name}"
Gemeinde = "Gemeinde {name}"
Verwaltungsgemeinschaft = "VG {name}"

[[rule]]
subject = "wohnsitz"
kinds = ["Große Kreisstadt", "Gemeinde", "kreisfreie Stadt"]
without_members = true
law = "Melderecht"
grade = "A"

[[rule]]
subject = "wohnsitz"
kinds = ["Verwaltungsgemeinschaft"]
law = "Melderecht und VGemO"
grade = "A"
valid_until = 2026-12-31

[[rule]]
subject = "bau"
kinds = ["Landkreis", "kreisfreie Stadt"]
law = "Baurecht"
grade = "F"

[[rule]]
subject = "bau"
areas = ["091780145145"]
law = "Übertragung"
grade = "A"

[[open]]
subject = "genehmigungsfreistellung.anzeige.0600"
kinds = ["Große Kreisstadt"]
says = "Nicht geklärt."
"""
DAY = date(2026, 6, 1)


def made(folder: Path, rules: str = RULES) -> Generated:
    (folder / "rules.toml").write_text(rules, encoding="utf-8")
    return generate(read_rules(folder), read_directory(folder), read_kennungen(folder))


def test_rules_become_rows(write: Write) -> None:
    """Each place of a kind has its authority's row; members leave it to their Verband; single places have their own."""
    rows = [",".join(row) for row in made(write()).responsibilities]

    assert rows == [
        "wohnsitz,091780124124,091780124124,Melderecht,,,A",
        "wohnsitz,091780145145,091780145145,Melderecht,,,A",
        "wohnsitz,091785127,091785127,Melderecht und VGemO,,2026-12-31,A",
        "wohnsitz,09661,09661,Melderecht,,,A",
        "bau,09178,09178,Baurecht,,,F",
        "bau,091780145145,091780145145,Übertragung,,,A",
        "bau,09661,09661,Baurecht,,,F",
    ]


def test_authorities_have_names_and_keep_their_kennungen(write: Write) -> None:
    """Named by the rules; what somebody wrote into authorities.csv about Kennungen is kept."""
    authorities = {row[0]: row for row in made(write()).authorities}

    assert authorities["09178"] == ("09178", "Landratsamt", "Landratsamt Freising", "")
    assert authorities["091785127"] == ("091785127", "Verwaltungsgemeinschaft", "VG Allershausen", "ags:777")
    assert "091785127113" not in authorities


@pytest.mark.parametrize(
    "old, new, said",
    [
        ('areas = ["091780145145"]', 'areas = ["091780111111"]', "line 28: 091780111111 is not in"),
        ('areas = ["091780145145"]', 'areas = ["9178"]', "line 30: .*no ARS"),
        ('areas = ["091780145145"]', 'areas = ["09178"]', "line 28: .*line 22"),
        ('areas = ["091780145145"]', "", "line 28: .*either"),
        ('kinds = ["Landkreis", ', 'kinds = ["Landratsamt", ', "line 24: .*no kind of place"),
        ('Landratsamt = "Landratsamt {name}"', "", "called"),
        ('"VG {name}"', '"VG"', "name"),
        ('"Große Kreisstadt" =', '"Große Stadt" =', "no kind of authority"),
        ('grade = "F"', 'grade = "B"', "line 26: .*F, A"),
        ("law =", "gesetz =", "Unknown key"),
        ('kinds = ["Verwaltungsgemeinschaft"]', 'kinds = ["Landkreis"]', "ags:777|Kennungen"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(write: Write, old: str, new: str, said: str) -> None:
    """With the line where somebody has to look."""
    assert old in RULES
    with pytest.raises(BadTables, match=said):
        made(write(), RULES.replace(old, new, 1))


def test_gaps_are_known_or_not(write: Write) -> None:
    """A Gemeinde without an authority is found; that a rule file lists its kind as open makes the difference."""
    folder = write()
    (folder / "rules.toml").write_text(RULES, encoding="utf-8")
    found = compare(Tables.load(folder, folder), read_rules(folder), DAY)

    assert {(gap.subject, gap.region.ars, gap.admitted) for gap in found.gaps} == {
        ("genehmigungsfreistellung.anzeige.0600", "091780124124", True),
        ("genehmigungsfreistellung.anzeige.0600", "09661", False),
    }
    assert not found.good
    assert found.questions == 4 * 3


def test_rows_count_on_their_days_only(write: Write) -> None:
    """The Große Kreisstadt's own row ends with the year; then the Landratsamt's covers it."""
    folder = write()
    (folder / "rules.toml").write_text(RULES, encoding="utf-8")
    tables, rules = Tables.load(folder, folder), read_rules(folder)

    assert compare(tables, rules, DAY).pairs["bau"] == 3
    assert compare(tables, rules, date(2027, 1, 1)).pairs["bau"] == 2


def test_an_authority_outside_its_area_is_found(write: Write) -> None:
    """A row that gives a place to somebody else's authority may be right, but somebody has to look."""
    folder = write("responsibility.csv", "wohnsitz,091780145145,091780145145,", "wohnsitz,091780145145,091780124124,")
    (folder / "rules.toml").write_text(RULES, encoding="utf-8")
    found = compare(Tables.load(folder, folder), read_rules(folder), DAY)

    assert [(it.row.ars, it.row.authority.ars) for it in found.strays] == [("091780145145", "091780124124")]
