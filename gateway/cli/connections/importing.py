"""`connections import`: an order list becomes records, as far as its rows are in order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.progress import Progress, TaskID
from rich.text import Text

from gateway.cli.connections.choosing import desk
from gateway.cli.deciding import By, account
from gateway.cli.options import Config, Data, JournalUrl, Json, settings_from
from gateway.cli.running import carry_out, terminal
from gateway.connection import Connection, ConnectionState
from gateway.errors import BadSettings, NotResponsible, Sentence
from gateway.terminal import BAD, GOOD

if TYPE_CHECKING:
    from gateway.drivers.sql.journal import SqlJournal
    from gateway.routing import Columns, Plan
    from gateway.settings import Settings

_AT_ONCE = 100
_BERLIN = ZoneInfo("Europe/Berlin")


def take_over(
    file: Annotated[Path, typer.Argument(help="Bestellliste (CSV).", metavar="DATEI")],
    *,
    columns: Annotated[
        Path | None,
        typer.Option(help="Wie die Spalten der Liste heißen (TOML); sonst wie in connections.csv.", metavar="DATEI"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Nur zeigen, was geschähe.")] = False,
    by: By = None,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
    json: Json = False,
) -> int:
    """
    Liest eine Bestellliste. Zweimal gelesen ändert sie nichts mehr.

    Fehlerhafte Zeilen werden genannt und ausgelassen, die übrigen übernommen; Exit-Code 1, wenn es welche gab.
    In Produktion beginnt jede Anbindung als „bestellt“.
    """
    settings = settings_from(config, data=data, journal=journal)
    return carry_out(_take_over(settings, file, columns, dry_run=dry_run, by=by or account(), json=json))


async def _take_over(
    settings: Settings, file: Path, columns: Path | None, *, dry_run: bool, by: str, json: bool
) -> int:
    from gateway.routing import OWN, plan, read_columns

    content = _read(file)
    form: Columns = read_columns(columns) if columns else OWN
    async with desk(settings, begin=not dry_run) as at:
        known = {one.id: one for one in await at.journal.connections()}
        planned = plan(
            content,
            file.name,
            form,
            tables=at.facts.tables,
            known=known,
            kind=at.kind,
            today=datetime.now(_BERLIN).date(),
        )
        if not dry_run:
            await _write(at.journal, planned, by, f"Bestellliste {file.name}")
    if json:
        terminal().hand_out(_as_json(planned, dry_run=dry_run))
    else:
        _show(planned, dry_run=dry_run)
    return BAD if planned.faults else GOOD


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadSettings(
            f"{file} ist nicht lesbar ({error.strerror}).", f"{file} cannot be read ({error.strerror})."
        ) from error


async def _write(journal: SqlJournal, planned: Plan, by: str, reason: str) -> None:
    """Many at a time, so that they share their commits."""
    wanted: list[tuple[Connection, ConnectionState | None]] = [(one, None) for one in planned.new]
    wanted += [(change.after, change.before.state) for change in planned.changed]
    with Progress(console=terminal().err, transient=True, disable=not terminal().err.is_terminal) as progress:
        task = progress.add_task(terminal().words(Sentence("Übernehmen", "Taking over")), total=len(wanted))
        for start in range(0, len(wanted), _AT_ONCE):
            await _steps(journal, wanted[start : start + _AT_ONCE], by, reason)
            _advance(progress, task, min(start + _AT_ONCE, len(wanted)))


async def _steps(
    journal: SqlJournal, wanted: Sequence[tuple[Connection, ConnectionState | None]], by: str, reason: str
) -> None:
    taken = (journal.step(one, expected=before, by=by, reason=reason) for one, before in wanted)
    for ended in await asyncio.gather(*taken, return_exceptions=True):
        if isinstance(ended, NotResponsible):  # somebody else moved it while this list was read
            terminal().warn(ended.detail)
        elif isinstance(ended, BaseException):
            raise ended


def _advance(progress: Progress, task: TaskID, done: int) -> None:
    progress.update(task, completed=done)


def _as_json(planned: Plan, *, dry_run: bool) -> dict[str, object]:
    return {
        "dryRun": dry_run,
        "rows": planned.rows,
        "new": [one.id for one in planned.new],
        "changed": [change.after.id for change in planned.changed],
        "same": planned.same,
        "unknownColumns": planned.unknown_columns,
        "faults": [{"line": fault.line, "text": terminal().words(fault.said)} for fault in planned.faults],
    }


def _show(planned: Plan, *, dry_run: bool) -> None:
    for fault in planned.faults:
        terminal().show(Text("✗ ", "bad").append(terminal().words(fault.said), "default"))
    if planned.unknown_columns:
        listed = ", ".join(planned.unknown_columns)
        terminal().tell(
            Sentence(f"Unbekannte Spalten, nicht gelesen: {listed}.", f"Unknown columns, not read: {listed}."), "hint"
        )
    new, changed, faults = len(planned.new), len(planned.changed), len(planned.faults)
    would = Sentence("So käme es: ", "It would be: ") if dry_run else Sentence("", "")
    terminal().show(
        Sentence(
            f"{would.de}{planned.rows} Zeilen: {new} neu, {changed} geändert, {planned.same} unverändert, "
            f"{faults} fehlerhaft.",
            f"{would.en}{planned.rows} rows: {new} new, {changed} changed, {planned.same} unchanged, {faults} faulty.",
        )
    )
