"""`connections check`: the pre-flight of one connection or many."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from gateway.cli.connections.choosing import Choice, Ids, InRegion, InState, OfService, desk, insist_on_choice
from gateway.cli.deciding import By, account
from gateway.cli.files import read_file
from gateway.cli.options import Config, Data, GatewayUrl, JournalUrl, Json, Token, settings_from
from gateway.cli.running import carry_out, terminal
from gateway.errors import BadSettings, Sentence
from gateway.terminal import BAD, GOOD

if TYPE_CHECKING:
    from gateway.connection import Preflight, Seen
    from gateway.settings import Settings


def check(
    ids: Ids = None,
    *,
    service: OfService = None,
    region: InRegion = None,
    state: InState = None,
    message: Annotated[
        Path | None,
        typer.Option(help="Diese Testnachricht zuerst einreichen und ihren Weg abwarten.", metavar="DATEI"),
    ] = None,
    attach: Annotated[
        list[str] | None,
        typer.Option(
            help="Anlage der Testnachricht: ihre Kennung im Dokument, und die Datei; mehrfach möglich.",
            metavar="KENNUNG=DATEI",
        ),
    ] = None,
    patience: Annotated[float, typer.Option(help="Sekunden, die darauf gewartet wird.", metavar="SEKUNDEN")] = 120.0,
    by: By = None,
    url: GatewayUrl = None,
    token: Token = None,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
    json: Json = False,
) -> int:
    """
    Prüft Anbindungen vor: Adapter, Schemaversion, Erreichbarkeit, Zertifikat, Gegenstelle, Testnachricht.

    Was sich zeigt, steht danach im Journal; `promote` verlangt es. Exit-Code 1, wenn eine nicht gut ist.
    """
    settings = settings_from(config, data=data, journal=journal, url=url, token=token)
    choice = Choice(ids=ids or (), service=service, region=region, state=state)
    insist_on_choice(choice)
    return carry_out(_check(settings, choice, _Test(message, attach or (), patience), by or account(), json=json))


class _Test:
    """The test message to send first, if any."""

    def __init__(self, file: Path | None, attach: Sequence[str], patience: float) -> None:
        self.file = file
        self.attach = attach
        self.patience = patience

    async def send(self, settings: Settings, *, beside: bool) -> None:
        """
        Submit it and wait for its end; whatever comes of it, the pre-flight sees in the journal.

        Raises:
            BadSettings: it is no test message, and would reach the live system.
        """
        from gateway.cli.sending import send_and_watch
        from gateway.xml import parse

        if self.file is None:
            return
        document = read_file(self.file)
        if parse(document).attribute("test") is None:
            raise BadSettings(
                f"{self.file} ist keine Testnachricht: Ihrem Wurzelelement fehlt das Attribut test.",
                f"{self.file} is no test message: its root element has no attribute test.",
            )
        await send_and_watch(settings, self.file, document, self.attach, self.patience, beside=beside)


async def _check(settings: Settings, choice: Choice, test: _Test, by: str, *, json: bool) -> int:
    from gateway import plugins
    from gateway.drivers.clock import clock
    from gateway.drivers.secret_folder import SecretFolder
    from gateway.preflight import Ground, preflight
    from gateway.validation import Schemas

    await test.send(settings, beside=json)
    found: list[Preflight] = []
    async with desk(settings) as at:
        schemas = Schemas.load(*settings.schema_folders)
        ground = Ground(
            tables=at.tables,
            schemas=schemas,
            plugins=plugins.load(),
            journal=at.journal,
            vault=SecretFolder(settings.secret_folder),
        )
        for connection in await at.chosen(choice):
            seen = await preflight(connection, ground=ground, now=clock(), by=by)
            await at.journal.keep_preflight(seen)
            found.append(seen)
            if not json:
                _show(seen, at.named(connection))
    if json:
        terminal().hand_out([_as_json(one) for one in found])
    elif not found:
        terminal().tell(Sentence("Es gibt keine solche Anbindung.", "There is no such connection."))
    return GOOD if found and all(one.good for one in found) else BAD


def _show(found: Preflight, authority: str) -> None:
    sign, style = ("✓ ", "good") if found.good else ("✗ ", "bad")
    terminal().show(Text(sign, style).append(f"{found.connection}  ", "name").append(authority, "default"))
    for seen in found.seen:
        terminal().show(_line(seen))


def _line(seen: Seen) -> Text:
    sign, style = {True: ("✓", "good"), False: ("✗", "bad"), None: ("–", "quiet")}[seen.good]
    words = terminal().words
    return Text(f"    {sign} ", style).append(f"{words(seen.look.told)}: {words(seen.said)}", "default")


def _as_json(found: Preflight) -> dict[str, object]:
    from gateway.receipt import moment

    return {
        "connection": found.connection,
        "destination": found.destination or None,
        "good": found.good,
        "at": moment(found.at),
        "adapter": found.adapter or None,
        "adapterVersion": found.adapter_version or None,
        "schemas": found.schemas,
        "seen": _seen(found.seen),
    }


def _seen(seen: Sequence[Seen]) -> list[dict[str, object]]:
    return [{"look": one.look.value, "good": one.good, "text": terminal().words(one.said)} for one in seen]
