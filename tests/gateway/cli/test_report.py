"""`gateway report`: coverage and operation for the terminal, for spreadsheets, for machines and for paper."""

import csv
import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateway.connection import Connection, ConnectionState
from gateway.drivers.sql.journal import SqlJournal
from gateway.journal import Conclude
from gateway.submission import Grade, State
from gateway.testing import FakeClock
from tests.gateway.cli.calling import ROOT, Call, in_journal
from tests.gateway.drivers.journal_rig import an_entry, begin, conclude, report

KELHEIM = Connection(
    "bau",
    "09273",
    "landkreis-kelheim-bau",
    ConnectionState.LIVE,
    "DM-7",
    date(2025, 11, 3),
    date(2025, 12, 1),
    ordered_through="DigitalMarkt",
)
MONTH = "2026-01"
FORMS = ("json", "csv", "page")


@pytest.fixture
def january(small: Call) -> Call:
    """The command, beside a journal in which one Antrag and one test message arrived in January 2026."""
    clock = FakeClock()

    async def happened(journal: SqlJournal) -> None:
        await journal.note_adapters({"filedrop": "0.1.0"})
        await journal.step(KELHEIM, expected=None, by="import", reason="Bestellliste")
        for test in (False, True):
            entry = an_entry(
                received_at=clock(),
                service="bau",
                authority="09273",
                destination="landkreis-kelheim-bau",
                adapter="filedrop",
                connection=KELHEIM.id,
                test=test,
            )
            claimed = await begin(journal, entry)
            clock.advance(90)
            await conclude(journal, report(claimed), Conclude(State.DELIVERED, final=True, grade=Grade.TRANSPORT))

    in_journal(Path("var"), happened, clock)
    return small


def test_a_month_is_told_in_every_form(january: Call) -> None:
    """Order, days, counts, shares, schema and adapter version; in the terminal with the digest below."""
    told = january("report", "operation", "--month", MONTH)
    assert told.code == 0
    assert "bau/09273" in told.out
    assert "vorläufig" not in told.out

    account = january("report", "operation", "--month", MONTH, "--json").json
    [line] = account["connections"]
    assert (account["provisional"], account["sandbox"]) == (False, True)
    assert (line["orderNumber"], line["orderDate"], line["liveSince"]) == ("DM-7", "2025-11-03", "2025-12-01")
    assert line["orderedThrough"] == "DigitalMarkt"
    assert (line["accepted"], line["delivered"], line["confirmed"], line["refused"], line["tests"]) == (1, 1, 0, 0, 1)
    assert (line["shareInTime"], line["availability"]) == (1.0, 1.0)
    assert line["adapters"] == ["filedrop 0.1.0"]
    assert account["eventsDigest"] in told.out

    [row] = csv.DictReader(io.StringIO(january("report", "operation", "--month", MONTH, "--format", "csv").out))
    assert (row["month"], row["provisional"], row["order_number"], row["accepted"]) == (MONTH, "", "DM-7", "1")
    page = january("report", "operation", "--month", MONTH, "--format", "page").out
    assert "Betriebsnachweis Januar 2026" in page
    assert account["eventsDigest"] in page


@pytest.mark.parametrize("form", FORMS)
def test_a_closed_month_is_the_same_byte_for_byte(january: Call, form: str) -> None:
    """Printed twice, with later events, later steps and a later version of the adapter between."""
    asked = ("report", "operation", "--month", MONTH, "--format", form, "--out")
    assert january(*asked, "first").code == 0

    async def later(journal: SqlJournal) -> None:
        await journal.note_adapters({"filedrop": "0.2.0"})
        await begin(journal, an_entry(service="bau", authority="09273", connection=KELHEIM.id))
        paused = replace(KELHEIM, state=ConnectionState.PAUSED)
        await journal.step(paused, expected=ConnectionState.LIVE, by="b.beispiel", reason="Umbau")

    in_journal(Path("var"), later)
    assert january(*asked, "second").code == 0

    assert Path("first").read_bytes() == Path("second").read_bytes()


def test_another_target_time_is_another_share(january: Call) -> None:
    """Ninety seconds are in time within two minutes, and not within one."""

    def share(target: str) -> float:
        account = january("report", "operation", "--month", MONTH, "--target", target, "--json").json
        return float(account["connections"][0]["shareInTime"])

    assert (share("2"), share("1")) == (1.0, 0.0)


@pytest.mark.parametrize(
    "month, sentence",
    [
        ("2026-13", "Ein Monat wird als JJJJ-MM angegeben"),
        ("Januar", "Ein Monat wird als JJJJ-MM angegeben"),
        ("2999-01", "Der Monat 2999-01 hat noch nicht begonnen."),
        ("0000-01", "Ein Monat wird als JJJJ-MM angegeben"),
    ],
)
def test_a_month_that_is_none_is_refused(january: Call, month: str, sentence: str) -> None:
    """With the form that is expected."""
    refused = january("report", "operation", "--month", month)

    assert refused.code == 2
    assert sentence in refused.err


def test_a_month_before_everything_is_empty(january: Call) -> None:
    """Nothing was connected then: no lines, and still a digest and a page."""
    account = january("report", "operation", "--month", "2025-06", "--json").json

    assert account["connections"] == []
    assert len(account["eventsDigest"]) == 64
    assert "0 Anbindungen" in january("report", "operation", "--month", "2025-06", "--format", "page").out


def test_coverage_is_told_in_every_form(gateway: Call) -> None:
    """Shares of authorities and inhabitants by service, each Kreis, and what is due."""
    Path("orders.csv").write_text(
        (ROOT / "routing" / "connections.csv").read_text() + "bau,09178,,ordered,B-1,2026-01-05,DigitalMarkt,,\n"
    )
    gateway("connections", "import", "orders.csv")

    told = gateway("report", "coverage")
    assert "Sandbox" in told.out
    assert [line.split()[0] for line in told.out.splitlines()[1:6]] == [
        *("wohnsitz", "fuehrerschein", "aufenthalt", "waffen", "bau")
    ]
    assert "Was aussteht (1):\n  bau/09178  Landratsamt Freising, bestellt B-1, seit " in told.out
    found = gateway("report", "coverage", "--json").json
    [bau] = [one for one in found["services"] if one["service"] == "bau"]
    assert (bau["ordered"]["authorities"], bau["live"]["authorities"]) == (5, 4)
    assert len(found["kreise"]) == 96
    assert [(one["authority"]["name"], one["orderNumber"]) for one in found["due"]] == [("Landratsamt Freising", "B-1")]
    rows = list(csv.DictReader(io.StringIO(gateway("report", "coverage", "--format", "csv").out)))
    assert len(rows) == 5 + 96 * 5
    page = gateway("report", "coverage", "--format", "page", "--out", "page.html")
    assert "page.html" in page.err
    assert "Landratsamt Freising (09178)" in Path("page.html").read_text("utf-8")
    assert json.loads(gateway("report", "coverage", "--format", "json").out) == found


def test_what_cannot_be_written_is_told(january: Call) -> None:
    """A folder that is not there; a form that does not exist."""
    refused = january("report", "coverage", "--format", "page", "--out", "none/page.html")
    assert (refused.code, "none/page.html lässt sich nicht schreiben: gibt es nicht." in refused.err) == (2, True)
    wrong = january("report", "coverage", "--format", "pdf")
    assert wrong.code == 2
    assert "table, json, csv, page" in wrong.err
