"""`db`: the journal's database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.german import Commands
from gateway.cli.options import Config, Data, JournalUrl, settings_from
from gateway.cli.running import carry_out, terminal
from gateway.errors import BadSettings, Sentence
from gateway.terminal import GOOD

if TYPE_CHECKING:
    from gateway.settings import Settings

database = Commands(help="Die Datenbank des Journals.")


@database.callback()
def _() -> None:
    """Keeps `upgrade` a command of its own: Typer would merge a group of one into its parent."""


@database.command("upgrade")
def upgrade(
    *,
    worker_role: Annotated[
        list[str] | None,
        typer.Option(
            help="PostgreSQL-Rolle für Worker, die nur holen und übergeben darf; mehrfach möglich.", metavar="ROLLE"
        ),
    ] = None,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
) -> int:
    """
    Bringt das Schema auf den Stand dieser Software.

    Auf PostgreSQL vor dem Start einer neuen Version, gefahrlos auch mehrfach und gleichzeitig. SQLite bringt sich beim
    Start selbst auf den Stand.
    """
    return carry_out(_upgrade(settings_from(config, data=data, journal=journal), worker_role or []))


async def _upgrade(settings: Settings, roles: list[str]) -> int:
    from gateway.drivers.sql import schema

    url = settings.journal_url
    if roles and not schema.is_postgres(url):
        raise BadSettings(
            "SQLite kennt keine Rollen; --worker-role gilt für PostgreSQL.",
            "SQLite has no roles; --worker-role is for PostgreSQL.",
        )
    await schema.upgrade(url, roles)
    terminal().tell(
        Sentence(
            f"✓ Das Journal hat die Schemaversion {schema.newest()}.",
            f"✓ The journal has schema version {schema.newest()}.",
        )
    )
    for role in roles:
        terminal().tell(
            Sentence(
                f"✓ Die Rolle {role} darf Briefe beanspruchen und lesen, was sie übergibt, sonst nichts.",
                f"✓ The role {role} may claim letters and read what it delivers, nothing else.",
            )
        )
    return GOOD
