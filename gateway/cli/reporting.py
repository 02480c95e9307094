"""`report`: coverage and evidence, for the terminal, for spreadsheets, and for paper."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Group
from rich.table import Table

from gateway.cli.connections.choosing import desk
from gateway.cli.files import write_file
from gateway.cli.german import Commands
from gateway.cli.options import Config, Data, JournalUrl, Json, settings_from
from gateway.cli.running import carry_out, terminal
from gateway.errors import BadSettings, Sentence
from gateway.submission import SECOND, Micros
from gateway.terminal import GOOD

if TYPE_CHECKING:
    from gateway.evidence import Coverage, Operation
    from gateway.settings import Settings

report = Commands(help="Berichte: Flächendeckung, und was im Monat betrieben wurde.")


_SANDBOX: Final = "Sandbox · "
_SHOWN: Final = 20
"""What is due, at a terminal."""


class Form(StrEnum):
    """In which form a report is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    PAGE = "page"


AsForm = Annotated[
    Form, typer.Option("--format", help="table, json, csv oder page (HTML zum Drucken auf A4).", metavar="FORM")
]
Out = Annotated[Path | None, typer.Option(help="In diese Datei; sonst auf die Standardausgabe.", metavar="DATEI")]


@report.command("coverage")
def coverage(
    *,
    form: AsForm = Form.TABLE,
    out: Out = None,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
    json: Json = False,
) -> int:
    """Zeigt je Leistung, für wie viele Behörden und Einwohner sie angebunden ist, in Betrieb ist, liefert."""
    settings = settings_from(config, data=data, journal=journal)
    return carry_out(_coverage(settings, Form.JSON if json else form, out))


async def _coverage(settings: Settings, form: Form, out: Path | None) -> int:
    from gateway.drivers.clock import clock
    from gateway.evidence import coverage as covered
    from gateway.evidence.coverage import DELIVERING_DAYS
    from gateway.evidence.month import BERLIN
    from gateway.evidence.pages import coverage_page
    from gateway.evidence.tables import coverage_csv, coverage_json

    now = clock()
    async with desk(settings) as at:
        tables = at.tables.connected_by(await at.journal.connections())
        delivering = await at.journal.delivering(Micros(now - DELIVERING_DAYS * 86_400 * SECOND))
    today = datetime.fromtimestamp(now / SECOND, BERLIN).date()
    found = covered(tables, delivering, today, sandbox=at.kind == "sandbox")
    forms: dict[Form, Callable[[], Any]] = {
        Form.TABLE: lambda: Group(_coverage_table(found), *_due(found)),
        Form.JSON: lambda: coverage_json(found),
        Form.CSV: lambda: coverage_csv(found),
        Form.PAGE: lambda: coverage_page(found),
    }
    return await _write(form, forms[form](), out)


@report.command("operation")
def operation(
    *,
    month: Annotated[str, typer.Option(help="Monat als JJJJ-MM; Europe/Berlin.", metavar="MONAT")],
    target: Annotated[
        int, typer.Option(help="Minuten, binnen derer eine Übergabe im Ziel liegt.", metavar="MINUTEN", min=1)
    ] = 60,
    form: AsForm = Form.TABLE,
    out: Out = None,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
    json: Json = False,
) -> int:
    """
    Zeigt je Anbindung, was in einem Monat angenommen, übergeben und verweigert wurde, und wie lange es dauerte.

    Ein abgeschlossener Monat kommt immer gleich heraus und nennt die Prüfsumme der Ereignisse; ein laufender heißt
    „vorläufig“.
    """
    settings = settings_from(config, data=data, journal=journal)
    return carry_out(_operation(settings, month, 60 * target, Form.JSON if json else form, out))


async def _operation(settings: Settings, said: str, target: int, form: Form, out: Path | None) -> int:
    from gateway.drivers.clock import clock
    from gateway.evidence import Month, Names
    from gateway.evidence import operation as operated
    from gateway.evidence.pages import operation_page
    from gateway.evidence.tables import operation_csv, operation_json

    month, now = Month.read(said), clock()
    if month.start > now:
        raise BadSettings(f"Der Monat {month} hat noch nicht begonnen.", f"The month {month} has not begun yet.")
    async with desk(settings) as at:
        titles = {one.name: one.title for one in at.tables.services}
        account = operated(
            month,
            happened=await at.journal.happened(month.start, month.end),
            steps=await at.journal.steps(),
            preflights=await at.journal.preflights(),
            adapters=await at.journal.adapters_in_use(),
            names=Names(service=lambda name: titles.get(name, name), authority=at.tables.authority_name),
            target=target,
            now=now,
            sandbox=at.kind == "sandbox",
        )
    forms: dict[Form, Callable[[], Any]] = {
        Form.TABLE: lambda: _operation_table(account),
        Form.JSON: lambda: operation_json(account),
        Form.CSV: lambda: operation_csv(account),
        Form.PAGE: lambda: operation_page(account),
    }
    return await _write(form, forms[form](), out)


async def _write(form: Form, made: Any, out: Path | None) -> int:
    import json as notation

    if form is Form.JSON and out is None:
        terminal().hand_out(made)
    elif form is Form.TABLE:
        terminal().show(made)
    else:
        text = notation.dumps(made, ensure_ascii=False, indent=1) + "\n" if form is Form.JSON else made
        if out is None:
            terminal().out.file.write(text)
            return GOOD
        await asyncio.to_thread(write_file, out, text)
        terminal().tell(Sentence(f"Geschrieben: {out}", f"Written: {out}"))
    return GOOD


def _coverage_table(found: Coverage) -> Table:
    from gateway.evidence import Stage

    words = terminal().words
    table = _columns(Sentence("Leistung", "Service"), *(stage.told for stage in Stage))
    for one in found.services:
        whole = one.counts[Stage.RESPONSIBLE].inhabitants
        cells = []
        for stage in Stage:
            count = one.counts[stage]
            share = f" ({100 * count.inhabitants / whole:.1f} %)" if whole and stage is not Stage.RESPONSIBLE else ""
            cells.append(f"{count.authorities}{share}")
        table.add_row(one.service, *cells)
    table.caption = (_SANDBOX if found.sandbox else "") + words(
        Sentence(
            "Behörden; in Klammern der Anteil der Einwohner. Landkreis für Landkreis: --format page, csv oder json.",
            "Authorities; in brackets the share of inhabitants. Kreis by Kreis: --format page, csv or json.",
        )
    )
    return table


def _due(found: Coverage) -> Iterator[str]:
    """What was ordered and takes no Anträge yet, the longest waiting first."""
    words = terminal().words
    if found.due:
        yield words(Sentence(f"Was aussteht ({len(found.due)}):", f"What is due ({len(found.due)}):"))
    for due in found.due[:_SHOWN]:
        one = due.connection
        days = "" if due.days is None else words(Sentence(f", seit {due.days} Tagen", f", for {due.days} days"))
        order = f" {one.order_number}" if one.order_number else ""
        yield f"  {one.id}  {due.authority}, {words(one.state.told)}{order}{days}"
    if len(found.due) > _SHOWN:
        yield words(Sentence("  … alle: --format page oder json.", "  … all of them: --format page or json."))


def _operation_table(account: Operation) -> Table:
    words = terminal().words
    table = _columns(
        Sentence("Anbindung", "Connection"),
        Sentence("Bestellung", "Order"),
        Sentence("angenommen", "accepted"),
        Sentence("übergeben", "delivered"),
        Sentence("bestätigt", "confirmed"),
        Sentence("verweigert", "refused"),
        Sentence("im Ziel", "in time"),
        Sentence("verfügbar", "available"),
    )
    for line in account.lines:
        table.add_row(
            line.connection.id,
            line.connection.order_number,
            *(str(number) for number in (line.accepted, line.delivered, line.confirmed, line.refused)),
            _percent(line.share_in_time),
            _percent(line.availability),
        )
    flag = "" if account.closed else words(Sentence("vorläufig · ", "provisional · "))
    table.caption = f"{_SANDBOX if account.sandbox else ''}{flag}{account.month} · SHA-256 {account.digest}"
    return table


def _columns(*headings: Sentence) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="quiet", caption_justify="left", caption_style="quiet")
    for at, heading in enumerate(headings):
        table.add_column(terminal().words(heading), justify="right" if at else "left")
    return table


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"
