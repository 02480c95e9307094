"""How an order list is written: a small file says so, read as strictly as every table."""

from pathlib import Path

import pytest

from gateway.errors import BadTables
from gateway.routing import OWN, Columns, form_of, read_columns
from gateway.routing.order_form import ORDERS, Encoding, OrderList

SERVICES = {"bau", "wohnsitz"}
FORM = """\
delimiter = ";"
encoding = "windows-1252"
days = "%d.%m.%Y"
ordered_through = "DigitalMarkt"
ignored = ["Rabatt"]

[columns]
service = "Artikel"
authority = "Schlüssel"
order_number = "Bestellung"
order_date = "vom"
contact = "Stelle"

[services]
"Bauantrag digital" = "bau"
"""


@pytest.fixture
def form(tmp_path: Path) -> Path:
    file = tmp_path / ORDERS
    file.write_text(FORM, encoding="utf-8")
    return file


def test_the_file_says_which_column_is_what(form: Path) -> None:
    """Names, articles, what is of no interest, and how days and characters are written."""
    assert read_columns(form, SERVICES) == Columns(
        names={
            "service": "Artikel",
            "authority": "Schlüssel",
            "order_number": "Bestellung",
            "order_date": "vom",
            "contact": "Stelle",
        },
        services={"Bauantrag digital": "bau"},
        ignored=frozenset({"Rabatt"}),
        days="%d.%m.%Y",
        delimiter=";",
        encoding=Encoding.WINDOWS,
        ordered_through="DigitalMarkt",
    )


@pytest.mark.parametrize(
    "old, new, line, word",
    [
        ("delimiter", "trenner", 1, "trenner"),
        ('";"', '";;"', 1, "einzelnes Zeichen"),
        ("windows-1252", "latin-9", 2, "utf-8, windows-1252"),
        ('"%d.%m.%Y"', '"TT.MM.JJJJ"', 3, "kein Tag"),
        ('"%d.%m.%Y"', '"%d.%m."', 3, "kein Tag"),
        ('["Rabatt"]', '"Rabatt"', 5, "Liste"),
        ('order_date = "vom"\n', "", 7, "order_date"),
        ('contact = "Stelle"', 'farbe = "rot"', 12, "farbe"),
        ('contact = "Stelle"', 'contact = "vom"', 12, "schon etwas anderes"),
        ('= "bau"', '= "jagd"', 15, "jagd"),
        ("[columns]", "[columns", 7, "TOML"),
    ],
)
def test_a_fault_in_it_is_named_with_its_line(form: Path, old: str, new: str, line: int, word: str) -> None:
    """What is wrong, where, and what would be right."""
    form.write_text(FORM.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(BadTables) as caught:
        read_columns(form, SERVICES)

    assert caught.value.detail.de.startswith(f"{ORDERS}, Zeile {line}: ")
    assert word in caught.value.detail.de


def test_our_own_form_is_recognised(form: Path) -> None:
    """A list with our columns is ours; another one is read as the file in the folder says, where there is one."""
    ours = (
        b"\xef\xbb\xbfservice,authority,destination,state,order_number,order_date,ordered_through,live_since,contact\n"
    )

    assert form_of(ours, form.parent, SERVICES) == OWN
    assert form_of(b"Artikel;Bestellung\n", form.parent, SERVICES).delimiter == ";"
    form.unlink()
    assert form_of(b"Artikel;Bestellung\n", form.parent, SERVICES) == OWN


def test_a_list_of_a_spreadsheet_program_is_read(form: Path) -> None:
    """Characters as Windows stores them, lines that end as there, empty lines passed over; lines are counted right."""
    content = "Artikel;Schlüssel;Bestellung;vom;Stelle\r\n\r\nbau;09178;B-1;01.09.2026;Bürgerbüro\r\n".encode("cp1252")

    [(line, row)] = OrderList("liste.csv", content, read_columns(form, SERVICES)).rows()

    assert line == 3
    assert row is not None
    assert row["contact"] == "Bürgerbüro"


@pytest.mark.parametrize(
    "content, word",
    [
        ("Artikel;Schl\xfcssel\n".encode("cp1252"), "windows-1252"),
        ("Artikel,Schlüssel,Bestellung,vom\n".encode(), "Trennzeichen"),
        ("Artikel;Schlüssel;Bestellung;vom;vom\n".encode(), "Zweimal da: vom"),
        ('"Artikel;Schlüssel\n'.encode(), "Anführungszeichen"),
        (b"", "Da sind: keine"),
    ],
)
def test_what_is_no_such_list_is_refused(form: Path, content: bytes, word: str) -> None:
    """With what there is, and what may help."""
    form.write_text(FORM.replace("windows-1252", "utf-8"), encoding="utf-8")

    with pytest.raises(BadTables) as caught:
        OrderList("liste.csv", content, read_columns(form, SERVICES))

    assert word in caught.value.detail.de
