"""`connections import`: an order list becomes records, as far as its rows are in order."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal
from zoneinfo import ZoneInfo

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from gateway.cli.connections.choosing import Desk, desk
from gateway.cli.connections.showing import FACTS, fact
from gateway.cli.deciding import By, account
from gateway.cli.files import read_file
from gateway.cli.options import Config, Data, JournalUrl, Json, settings_from
from gateway.cli.running import carry_out, terminal
from gateway.cli.tables import has_journal
from gateway.connection import Connection, ConnectionState
from gateway.errors import NotResponsible, Sentence
from gateway.terminal import BAD, GOOD

if TYPE_CHECKING:
    from gateway.drivers.sql.journal import SqlJournal
    from gateway.routing import Change, Plan, Tables
    from gateway.settings import Settings

_AT_ONCE: Final = 100
_SHOWN: Final = 20
"""New connections, and changed ones, that are listed at a terminal; --json lists all."""

_BERLIN: Final = ZoneInfo("Europe/Berlin")


def take_over(
    file: Annotated[Path, typer.Argument(help="Bestellliste (CSV).", metavar="DATEI")],
    *,
    columns: Annotated[
        Path | None,
        typer.Option(
            help="Wie die Spalten der Liste heißen; sonst wie in connections.csv, oder wie orders.toml sagt.",
            metavar="DATEI",
        ),
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
    wanted = _Wanted(file=file, content=read_file(file), columns=columns, dry_run=dry_run, by=by or account())
    return carry_out(_take_over(settings, wanted, json=json))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """Which list, in which form, and whether it is only looked at."""

    file: Path
    content: bytes
    columns: Path | None
    dry_run: bool
    by: str


async def _take_over(settings: Settings, wanted: _Wanted, *, json: bool) -> int:
    from gateway.routing import Tables

    if wanted.dry_run and not has_journal(settings):
        tables = Tables.load(settings.routing, settings.data.resolve())
        planned = _plan(wanted, settings, tables, {}, settings.kind)
    else:
        async with desk(settings, begin=not wanted.dry_run) as at:
            tables = at.tables
            planned = await _plan_and_write(wanted, settings, at)
    if json:
        terminal().hand_out(_as_json(planned, dry_run=wanted.dry_run))
    else:
        _show(planned, tables, dry_run=wanted.dry_run)
    return BAD if planned.faults else GOOD


async def _plan_and_write(wanted: _Wanted, settings: Settings, at: Desk) -> Plan:
    known = {one.id: one for one in await at.journal.connections()}
    planned = _plan(wanted, settings, at.tables, known, at.kind)
    if not wanted.dry_run:
        await _write(at.journal, planned, wanted.by, f"Bestellliste {wanted.file.name}")
    return planned


def _plan(
    wanted: _Wanted,
    settings: Settings,
    tables: Tables,
    known: Mapping[str, Connection],
    kind: Literal["sandbox", "production"],
) -> Plan:
    from gateway.routing import form_of, plan, read_columns

    services = {one.name for one in tables.services}
    chosen = wanted.columns
    form = read_columns(chosen, services) if chosen else form_of(wanted.content, settings.routing, services)
    today = datetime.now(_BERLIN).date()
    return plan(wanted.content, wanted.file.name, form, tables=tables, known=known, kind=kind, today=today)


async def _write(journal: SqlJournal, planned: Plan, by: str, reason: str) -> None:
    """Many at a time, so that they share their commits."""
    wanted: list[tuple[Connection, ConnectionState | None]] = [(one, None) for one in planned.new]
    wanted += [(change.after, change.before.state) for change in planned.changed]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=terminal().err, disable=not terminal().err.is_terminal) as progress:
        task = progress.add_task(terminal().words(Sentence("Übernehmen", "Taking over")), total=len(wanted))
        for start in range(0, len(wanted), _AT_ONCE):
            await _steps(journal, wanted[start : start + _AT_ONCE], by, reason)
            progress.update(task, completed=min(start + _AT_ONCE, len(wanted)))


async def _steps(
    journal: SqlJournal, wanted: Sequence[tuple[Connection, ConnectionState | None]], by: str, reason: str
) -> None:
    taken = (journal.step(one, expected=before, by=by, reason=reason) for one, before in wanted)
    for ended in await asyncio.gather(*taken, return_exceptions=True):
        if isinstance(ended, NotResponsible):  # somebody else moved it while this list was read
            terminal().warn(ended.detail)
        elif isinstance(ended, BaseException):
            raise ended


# ── showing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _as_json(planned: Plan, *, dry_run: bool) -> dict[str, object]:
    return {
        "dryRun": dry_run,
        "rows": planned.rows,
        "new": [one.id for one in planned.new],
        "changed": [
            {"id": one.after.id, "from": _differing(one)[0], "to": _differing(one)[1]} for one in planned.changed
        ],
        "same": planned.same,
        "heldBack": planned.held_back,
        "unknownColumns": planned.unknown_columns,
        "faults": [{"line": fault.line, "text": terminal().words(fault.said)} for fault in planned.faults],
    }


def _differing(change: Change) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """What is different, by name: before, and after."""
    names = [name for name in FACTS if fact(change.before, name) != fact(change.after, name)]
    before, after = ({name: fact(one, name) for name in names} for one in (change.before, change.after))
    return before, after


def _show(planned: Plan, tables: Tables, *, dry_run: bool) -> None:
    for fault in planned.faults:
        terminal().show(Text("✗ ", "bad").append(terminal().words(fault.said), "default"))
    if dry_run:
        _show_steps(planned, tables)
    if planned.unknown_columns:
        listed = ", ".join(planned.unknown_columns)
        terminal().tell(
            Sentence(f"Unbekannte Spalten, nicht gelesen: {listed}.", f"Unknown columns, not read: {listed}."), "hint"
        )
    if planned.held_back:
        terminal().tell(
            Sentence(
                f"In Produktion zählt kein Zustand aus einer Liste: {planned.held_back} beginnen als „bestellt“.",
                f"In production no state from a list counts: {planned.held_back} begin as 'ordered'.",
            ),
            "hint",
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


def _show_steps(planned: Plan, tables: Tables) -> None:
    words = terminal().words
    for one in planned.new[:_SHOWN]:
        line = f"{one.id}  {tables.authority_name(one.authority)}, {words(one.state.told)} {one.order_number}".rstrip()
        terminal().show(Text("+ ", "good").append(line, "default"))
    for change in planned.changed[:_SHOWN]:
        before, after = _differing(change)
        told = ", ".join(f"{words(FACTS[name])}: {before[name] or '–'} → {after[name] or '–'}" for name in after)
        terminal().show(Text("~ ", "hint").append(f"{change.after.id}  {told}", "default"))
    if left := max(0, len(planned.new) - _SHOWN) + max(0, len(planned.changed) - _SHOWN):
        by_service = Counter(one.service for one in planned.new)
        listed = ", ".join(f"{service} {number}" for service, number in sorted(by_service.items()))
        terminal().show(
            Sentence(
                f"… und {left} weitere (neu: {listed}); alle zeigt --json.",
                f"… and {left} more (new: {listed}); --json shows all.",
            )
        )
