"""The pages on paper: printed by a browser, A4 on every sheet, nothing cut off, the head of a table on each."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateway.connection import Connection, ConnectionState
from gateway.evidence import Month, Operation, coverage
from gateway.evidence.operation import Line
from gateway.evidence.pages import coverage_page, operation_page
from gateway.routing import Tables
from gateway.submission import SECOND
from tests.services.printer import Printed, print_page

ROUTING = Path(__file__).parents[3] / "routing"
DAY = date(2026, 11, 25)
LONG_NAME = "Verwaltungsgemeinschaft Hohenschambach-Unterpfraundorf-Neukirchen vorm Wald"
MARGIN = 11.5
"""millimetres: nothing is printed nearer to an edge"""


@pytest.fixture(scope="module")
def tables() -> Tables:
    return Tables.load(ROUTING, Path("/var/lib/gateway"))


def a_line(number: int, tables: Tables, **changes: object) -> Line:
    """A connection with a busy month, as wide as figures get."""
    authority = tables.authorities[number]
    connection = Connection(
        "wohnsitz",
        authority.ars,
        "",
        ConnectionState.LIVE,
        f"DM-2026-{number:08}",
        date(2026, 3, 1),
        date(2026, 10, 1),
    )
    facts: dict[str, object] = {
        "connection": connection,
        "service": "Elektronische Wohnsitzmeldung (eWA)" if number < 60 else "Führerscheinantrag",
        "authority": authority.name,
        "accepted": 123_456,
        "delivered": 123_456,
        "confirmed": 123_456,
        "refused": 12_345,
        "tests": 1_234,
        "in_time": 123_455,
        "waiting": 12_345 * 3_600 * SECOND,
        "live_hours": 744,
        "lost_hours": 1,
        "schemas": ("AG-Wohnsitz 1.0", "AG-Wohnsitz 1.1"),
        "adapters": ("filedrop 0.1.0",),
    }
    return Line(**{**facts, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def operated(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> Printed:
    """A month of a hundred connections; one authority has a very long name."""
    lines = [a_line(number, tables) for number in range(100)]
    lines[3] = replace(lines[3], authority=LONG_NAME)
    account = Operation(
        month=Month(2026, 10),
        closed=True,
        target=3_600,
        lines=tuple(lines),
        digest="0123456789abcdef" * 4,
        sandbox=True,
    )
    return print_page(operation_page(account), tmp_path_factory.mktemp("operation"))


@pytest.fixture(scope="module")
def covered(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> Printed:
    """The six pilots, and sixty orders on their way."""
    ordered = [
        Connection("bau", one.ars, "", ConnectionState.ORDERED, f"DM-2026-{number:08}", date(2026, 3, 1))
        for number, one in enumerate(one for one in tables.authorities if len(one.ars) == 5)
        if number > 35
    ]
    connected = tables.connected_by([*tables.connections, *ordered])
    return print_page(coverage_page(coverage(connected, ["bau/09273"], DAY)), tmp_path_factory.mktemp("coverage"))


@pytest.fixture(params=["operated", "covered"])
def printed(request: pytest.FixtureRequest) -> Printed:
    found: Printed = request.getfixturevalue(request.param)
    return found


def test_every_sheet_is_a4(operated: Printed, covered: Printed) -> None:
    """Operation lies on its side, coverage stands."""
    for printed, width, height in ((operated, 297, 210), (covered, 210, 297)):
        assert set(printed.papers) == {"A4"}
        assert len(printed.sheets) == len(printed.papers) > 2
        for sheet in printed.sheets:
            assert (sheet.width, sheet.height) == pytest.approx((width, height), abs=1)


def test_nothing_is_cut_off_or_printed_over_anything(printed: Printed) -> None:
    """Every word lies within the margins, and no two of them touch: columns are as wide as what is in them."""
    for number, sheet in enumerate(printed.sheets, 1):
        outside = [
            word
            for word in sheet.words
            if word.left < MARGIN or word.right > sheet.width - MARGIN or word.bottom > sheet.height - 4 or word.top < 4
        ]
        assert not outside, f"sheet {number}"
        words = sorted(sheet.words, key=lambda word: (word.top, word.left))
        touching = [
            (one.text, other.text)
            for at, one in enumerate(words)
            for other in words[at + 1 : at + 40]
            if one.touches(other)
        ]
        assert not touching, f"sheet {number}"


def test_every_sheet_with_rows_has_the_head_of_their_table(operated: Printed, covered: Printed) -> None:
    """Whoever holds a single sheet knows what its columns are, and which sheet it is."""
    for number, sheet in enumerate(operated.sheets, 1):
        assert f"Seite {number} von {len(operated.sheets)}" in sheet.text
        assert "Betriebsnachweis Oktober 2026" in sheet.text
        if "DM-2026-" in sheet.text:
            for heading in ("Behörde", "Bestellung", "verweigert", "Verfügbarkeit", "Schema und Adapter"):
                assert heading in sheet.text
    rows = re.compile(r"Landkreis [A-ZÄÖÜ]\w+ 0/\d+")
    with_kreise = [sheet.text for sheet in covered.sheets if rows.search(sheet.text)]
    assert len(with_kreise) > 1
    assert all("Kreis" in text and "eWaffe" in text for text in with_kreise)
    due = [sheet.text for sheet in covered.sheets if "DM-2026-" in sheet.text]
    assert len(due) > 1
    assert all("Tage seither" in text for text in due)


def test_everything_is_on_the_paper(operated: Printed, covered: Printed, tables: Tables) -> None:
    """Every connection with its order number, the long name, the digest whole; every Kreis of the directory."""
    text = " ".join(sheet.text for sheet in operated.sheets)
    assert set(re.findall(r"DM-2026-\d{8}", text)) == {f"DM-2026-{number:08}" for number in range(100)}
    assert set(LONG_NAME.split()) <= set(text.split())
    assert "0123456789abcdef" * 4 in text
    assert "Sandbox: Nichts davon betrifft eine echte Behörde." in text
    text = " ".join(sheet.text for sheet in covered.sheets)
    for kreis in tables.regions:
        if len(kreis.ars) == 5:
            assert str(kreis).partition(" ")[2].split()[0] in text


def test_a_page_loads_nothing_from_anywhere(tables: Tables) -> None:
    """It opens in a browser as it is, wherever it was copied to."""
    page = coverage_page(coverage(tables, (), DAY))

    assert not re.search(r"https?:|src=|<script|@import|url\(", page)
