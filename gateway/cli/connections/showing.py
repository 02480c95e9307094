"""`connections list` and `connections export`: what there is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from gateway.cli.connections.choosing import Choice, Ids, InRegion, InState, OfService, desk
from gateway.cli.options import Config, Data, JournalUrl, Json, settings_from
from gateway.cli.running import carry_out, journal_of, terminal
from gateway.connection import Connection
from gateway.errors import BadSettings, Sentence
from gateway.terminal import GOOD

if TYPE_CHECKING:
    from gateway.cli.connections.choosing import Desk
    from gateway.settings import Settings


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
        chosen = choice.among(await at.journal.connections())
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
        "state": one.state.value,
        "destination": one.destination or None,
        "orderNumber": one.order_number or None,
        "orderDate": one.order_date.isoformat() if one.order_date else None,
        "liveSince": one.live_since.isoformat() if one.live_since else None,
        "contact": one.contact or None,
    }


def _table(chosen: Iterable[Connection], at: Desk) -> Table:
    words = terminal().words
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="quiet")
    for heading in (
        Sentence("Anbindung", "Connection"),
        Sentence("Behörde", "Authority"),
        Sentence("Zustand", "State"),
        Sentence("Zustellpunkt", "Destination"),
        Sentence("Bestellung", "Order"),
        Sentence("in Betrieb seit", "live since"),
    ):
        table.add_column(words(heading))
    for one in chosen:
        since = one.live_since.isoformat() if one.live_since else ""
        table.add_row(one.id, at.named(one), words(one.state.told), one.destination, one.order_number, since)
    return table


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
        return GOOD
    try:
        await asyncio.to_thread(file.write_text, text, encoding="utf-8")
    except OSError as error:
        raise BadSettings(
            f"{file} lässt sich nicht schreiben ({error.strerror}).", f"{file} cannot be written ({error.strerror})."
        ) from error
    return GOOD
