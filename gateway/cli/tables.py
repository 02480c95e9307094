"""What the commands about routing tables share: which folder is meant, and which connections go with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.options import settings_from
from gateway.cli.running import journal_of, terminal
from gateway.errors import BadSettings, Sentence

if TYPE_CHECKING:
    from gateway.routing import Tables
    from gateway.settings import Settings

TablesFolder = Annotated[
    Path | None,
    typer.Option(
        "--tables", help="Ordner der Tabellen; sonst GATEWAY_ROUTING, sonst die mitgelieferten.", metavar="ORDNER"
    ),
]


def folder_of(config: Path | None, tables: Path | None) -> Path:
    """
    The folder of routing tables that the call means.

    Raises:
        BadSettings: there is no such folder.
    """
    folder = settings_from(config, routing=tables).routing
    if not folder.is_dir():
        raise BadSettings(f"Den Ordner {folder} gibt es nicht.", f"There is no folder {folder}.")
    return folder


async def tables_of(settings: Settings, folder: Path | None) -> Tables:
    """
    The tables that the call means: those of a folder as they lie there, or the gateway's own.

    The states of connections are then the journal's; those of the order list where it knows none yet.

    Raises:
        BadTables: a table is wrong; names file and line.
        WrongJournal, JournalUnavailable: as `journal_of`.
    """
    from gateway.routing import Tables

    if folder is not None:
        return Tables.load(folder_of(None, folder), settings.data.resolve())
    known = Tables.load(settings.routing, settings.data.resolve())
    if not has_journal(settings):
        terminal().tell(
            Sentence(
                "Es gibt noch kein Journal; der Stand der Anbindungen ist der aus connections.csv.",
                "There is no journal yet; the states of connections are those of connections.csv.",
            ),
            "quiet",
        )
        return known
    async with journal_of(settings) as journal:
        connections = await journal.connections()
    return known.connected_by(connections) if connections else known


def has_journal(settings: Settings) -> bool:
    """Whether there is a journal at the place that the settings name; a server is taken to have one."""
    from gateway.drivers.sql.schema import is_postgres, sqlite_file

    return is_postgres(settings.journal_url) or sqlite_file(settings.journal_url).is_file()
