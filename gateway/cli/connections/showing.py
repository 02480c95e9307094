"""`connections list`, `connections show` and `connections export`: what there is, and how it came to be so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.table import Table
from rich.text import Text

from gateway.cli.connections.choosing import Choice, Ids, InRegion, InState, OfService, desk
from gateway.cli.files import write_file
from gateway.cli.moments import local
from gateway.cli.options import Config, Data, JournalUrl, Json, settings_from
from gateway.cli.running import carry_out, journal_of, terminal
from gateway.connection import Connection
from gateway.errors import Sentence
from gateway.terminal import GOOD

if TYPE_CHECKING:
    from gateway.cli.connections.choosing import Desk
    from gateway.connection import Step
    from gateway.settings import Settings

FACTS: Final = {
    "state": Sentence("Zustand", "state"),
    "destination": Sentence("Zustellpunkt", "destination"),
    "orderNumber": Sentence("Bestellnummer", "order number"),
    "orderDate": Sentence("Bestelldatum", "order date"),
    "orderedThrough": Sentence("bestellt über", "ordered through"),
    "liveSince": Sentence("in Betrieb seit", "live since"),
    "contact": Sentence("Ansprechstelle", "contact"),
}
"""What can be different from one step to the next: as JSON names it, and as people do."""


def show(
    ids: Ids = None,
    *,
    service: OfService = None,
    region: InRegion = None,
    state: InState = None,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
    json: Json = False,
) -> int:
    """Zeigt Anbindungen mit Zustand, Zustellpunkt und Bestellung."""
    settings = settings_from(config, data=data, journal=journal)
    choice = Choice(ids=ids or (), service=service, region=region, state=state)
    return carry_out(_show(settings, choice, json=json))


async def _show(settings: Settings, choice: Choice, *, json: bool) -> int:
    async with desk(settings) as at:
        chosen = await at.chosen(choice)
        if json:
            terminal().hand_out([as_json(one, at) for one in chosen])
        elif chosen:
            terminal().show(_table(chosen, at))
        else:
            terminal().tell(
                Sentence(
                    "Es gibt keine solche Anbindung. `gateway connections import DATEI` liest eine Bestellliste.",
                    "There is no such connection. `gateway connections import FILE` reads an order list.",
                )
            )
    return GOOD


def as_json(one: Connection, at: Desk) -> dict[str, Any]:
    """A connection as machines get it; days as YYYY-MM-DD."""
    return {
        "id": one.id,
        "service": one.service,
        "authority": {"ars": one.authority, "name": at.named(one)},
        **{name: fact(one, name) for name in FACTS},
    }


def fact(one: Connection, name: str) -> str | None:
    """What a connection says under one of these names; None where it says nothing."""
    said: dict[str, object] = {
        "state": one.state.value,
        "destination": one.destination,
        "orderNumber": one.order_number,
        "orderDate": one.order_date,
        "orderedThrough": one.ordered_through,
        "liveSince": one.live_since,
        "contact": one.contact,
    }
    return str(said[name]) if said[name] else None


def _table(chosen: Iterable[Connection], at: Desk) -> Table:
    words = terminal().words
    table = _columns(
        Sentence("Anbindung", "Connection"),
        Sentence("Behörde", "Authority"),
        Sentence("Zustand", "State"),
        Sentence("Zustellpunkt", "Destination"),
        Sentence("Bestellung", "Order"),
        Sentence("in Betrieb seit", "live since"),
    )
    for one in chosen:
        since = one.live_since.isoformat() if one.live_since else ""
        table.add_row(one.id, at.named(one), words(one.state.told), one.destination, one.order_number, since)
    return table


def _columns(*headings: Sentence) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="quiet")
    for heading in headings:
        table.add_column(terminal().words(heading))
    return table


# ── show ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def tell(
    ids: Annotated[
        list[str], typer.Argument(help="Anbindungen als Leistung/ARS, etwa bau/09273.", metavar="LEISTUNG/ARS")
    ],
    *,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
    json: Json = False,
) -> int:
    """Erzählt das Leben einer Anbindung: jeden Schritt, von wem, wann und warum."""
    settings = settings_from(config, data=data, journal=journal)
    return carry_out(_tell(settings, Choice(ids=ids), json=json))


async def _tell(settings: Settings, choice: Choice, *, json: bool) -> int:
    async with desk(settings) as at:
        lives = [(one, await at.journal.steps(one.id)) for one in await at.chosen(choice)]
        if json:
            terminal().hand_out([{**as_json(one, at), "steps": [*map(_step, life)]} for one, life in lives])
            return GOOD
        for one, life in lives:
            terminal().show(Text(f"{one.id}  ", "name").append(at.named(one), "default"))
            terminal().show(_life(life))
    return GOOD


def _step(step: Step) -> dict[str, object]:
    from gateway.receipt import moment

    return {
        "at": moment(step.at),
        "before": step.before.value if step.before else None,
        **{name: fact(step.connection, name) for name in FACTS},
        "by": step.by,
        "reason": step.reason,
    }


def _life(life: Sequence[Step]) -> Table:
    words = terminal().words
    table = _columns(
        Sentence("wann", "when"),
        Sentence("Zustand", "state"),
        Sentence("Zustellpunkt", "destination"),
        Sentence("Bestellung", "order"),
        Sentence("von wem", "by whom"),
        Sentence("warum", "why"),
    )
    for step in life:
        one = step.connection
        table.add_row(local(step.at), words(one.state.told), one.destination, one.order_number, step.by, step.reason)
    return table


# ── export ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def export(
    file: Annotated[Path | None, typer.Argument(help="Wohin; sonst auf die Standardausgabe.", metavar="DATEI")] = None,
    *,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
) -> int:
    """Schreibt alle Anbindungen in der Form von routing/connections.csv."""
    return carry_out(_export(settings_from(config, data=data, journal=journal), file))


async def _export(settings: Settings, file: Path | None) -> int:
    from gateway.routing import exported

    async with journal_of(settings) as journal:
        text = exported(await journal.connections())
    if file is None:
        terminal().out.file.write(text)
    else:
        await asyncio.to_thread(write_file, file, text)
        terminal().tell(Sentence(f"✓ {file} geschrieben.", f"✓ {file} written."))
    return GOOD
