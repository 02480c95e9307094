"""`clients`: the portals that may send."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from gateway.cli.german import Commands
from gateway.cli.moments import local
from gateway.cli.options import Config, Data, JournalUrl, Json, settings_from
from gateway.cli.running import carry_out, journal_of, terminal
from gateway.errors import BadSettings, Sentence
from gateway.terminal import GOOD

if TYPE_CHECKING:
    from gateway.journal import Client
    from gateway.settings import Settings

clients = Commands(help="Zugänge der Portale: anlegen, zeigen, sperren.")

Name = Annotated[str, typer.Argument(help="Name des Portals.", metavar="NAME")]


@clients.command("add")
def add(
    name: Name,
    *,
    services: Annotated[
        str, typer.Option(help="Leistungen nach Kurznamen, durch Komma getrennt.", metavar="NAMEN")
    ] = "*",
    regions: Annotated[str, typer.Option(help="Gebiete als ARS, durch Komma getrennt.", metavar="ARS")] = "*",
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
    json: Json = False,
) -> int:
    """Legt einen Zugang an und zeigt sein Token: nur jetzt, denn gespeichert wird nur dessen SHA-256."""
    settings = settings_from(config, data=data, journal=journal)
    return carry_out(_add(settings, name, _parts(services), _parts(regions), json=json))


async def _add(
    settings: Settings, name: str, services: tuple[str, ...], regions: tuple[str, ...], *, json: bool
) -> int:
    from gateway.portal import new_client

    _insist_on_known(settings, services, regions)
    client, token = new_client(name, services, regions)
    async with journal_of(settings, begin=True) as journal:
        await journal.add_client(client)
    if json:
        terminal().hand_out({"name": name, "token": token, "services": services, "regions": regions})
        return GOOD
    terminal().tell(
        Sentence(
            f"Der Zugang „{name}“ ist angelegt. Sein Token wird nur dieses eine Mal gezeigt:",
            f"The client '{name}' is added. Its token is shown this once only:",
        )
    )
    terminal().show(Text(token))
    return GOOD


@clients.command("list")
def show(*, config: Config = None, data: Data = None, journal: JournalUrl = None, json: Json = False) -> int:
    """Zeigt alle Zugänge, auch gesperrte."""
    return carry_out(_show(settings_from(config, data=data, journal=journal), json=json))


async def _show(settings: Settings, *, json: bool) -> int:
    async with journal_of(settings) as journal:
        known = await journal.clients()
    if json:
        terminal().hand_out([_as_json(client) for client in known])
    elif known:
        terminal().show(_table(known))
    else:
        terminal().tell(
            Sentence(
                "Es gibt noch keinen Zugang. `gateway clients add NAME` legt einen an.",
                "There is no client yet. `gateway clients add NAME` adds one.",
            )
        )
    return GOOD


@clients.command("revoke")
def revoke(name: Name, *, config: Config = None, data: Data = None, journal: JournalUrl = None) -> int:
    """Sperrt einen Zugang. Das wirkt überall binnen zwei Sekunden und lässt sich nicht zurücknehmen."""
    return carry_out(_revoke(settings_from(config, data=data, journal=journal), name))


async def _revoke(settings: Settings, name: str) -> int:
    async with journal_of(settings) as journal:
        await journal.revoke_client(name)
    terminal().tell(
        Sentence(
            f"Der Zugang „{name}“ ist gesperrt. Was er schon eingereicht hat, geht seinen Weg.",
            f"The client '{name}' is revoked. What it has submitted goes its way.",
        )
    )
    return GOOD


def _parts(listed: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in listed.split(",") if part.strip()))


def _insist_on_known(settings: Settings, services: Sequence[str], regions: Sequence[str]) -> None:
    """A slip in a scope would show only when the portal's first Antrag is refused."""
    from gateway.routing import Tables

    tables = Tables.load(settings.routing, settings.data.resolve())
    known = [service.name for service in tables.services]
    wrong = [one for one in services if one != "*" and one not in known]
    wrong += [one for one in regions if one != "*" and tables.regions.find(one) is None]
    if wrong or not services or not regions:
        raise BadSettings(
            f"Unbekannt: {', '.join(wrong) or 'ein leerer Umfang'}. Leistungen sind: {', '.join(known)}; "
            "Gebiete werden als ARS angegeben, etwa 09761; * heißt alle.",
            f"Unknown: {', '.join(wrong) or 'an empty scope'}. Services are: {', '.join(known)}; "
            "regions are given as ARS, such as 09761; * means all.",
        )


def _as_json(client: Client) -> dict[str, object]:
    from gateway.receipt import moment

    return {
        "name": client.name,
        "services": client.services,
        "regions": client.regions,
        "createdAt": moment(client.created_at),
        "revokedAt": None if client.revoked_at is None else moment(client.revoked_at),
    }


def _table(known: Iterable[Client]) -> Table:
    words = terminal().words
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="quiet")
    for heading in (
        Sentence("Name", "Name"),
        Sentence("Leistungen", "Services"),
        Sentence("Gebiete", "Regions"),
        Sentence("angelegt", "added"),
        Sentence("gesperrt", "revoked"),
    ):
        table.add_column(words(heading))
    for client in known:
        revoked = "" if client.revoked_at is None else local(client.revoked_at)
        table.add_row(
            client.name, " ".join(client.services), " ".join(client.regions), local(client.created_at), revoked
        )
    return table
