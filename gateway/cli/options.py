"""Options that several commands share, and the settings they make."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from gateway.settings import Settings

_WHERE = "Welches Gateway"

Config = Annotated[Path | None, typer.Option(help="Einstellungsdatei (TOML).", metavar="DATEI", rich_help_panel=_WHERE)]
Data = Annotated[
    Path | None,
    typer.Option(help="Ordner, in den das Gateway schreibt; sonst ./var.", metavar="ORDNER", rich_help_panel=_WHERE),
]
JournalUrl = Annotated[
    str | None,
    typer.Option(
        "--journal",
        help="Journal: postgresql://…; sonst eine SQLite-Datei im Datenordner.",
        metavar="URL",
        rich_help_panel=_WHERE,
    ),
]
BrokerUrl = Annotated[
    str | None,
    typer.Option(
        "--broker",
        help="RabbitMQ: amqp://…; sonst bleiben Briefe im Prozess.",
        metavar="URL",
        rich_help_panel=_WHERE,
    ),
]
GatewayUrl = Annotated[
    str | None,
    typer.Option(
        "--url",
        help="Adresse des Gateways; sonst GATEWAY_URL, sonst http://127.0.0.1:8420.",
        metavar="URL",
        rich_help_panel=_WHERE,
    ),
]
Token = Annotated[
    str | None,
    typer.Option(help="Zugangstoken; besser über GATEWAY_TOKEN.", metavar="TOKEN", rich_help_panel=_WHERE),
]
Json = Annotated[bool, typer.Option("--json", help="Ergebnis als JSON auf der Standardausgabe.")]


def settings_from(config: Path | None, **said: Any) -> Settings:
    """
    The settings, as the options say first, then the environment, then the file.

    Raises:
        BadSettings: one is unknown or impossible, or the file unreadable.
    """
    from gateway import settings

    return settings.read(config, **said)
