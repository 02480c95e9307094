"""`sites`: the networks where letters are picked up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from gateway.cli.conforming import examine
from gateway.cli.german import Commands
from gateway.cli.moments import local
from gateway.cli.options import Config, Data, JournalUrl, Json, settings_from
from gateway.cli.running import carry_out, journal_of, terminal
from gateway.errors import BadSettings, Sentence
from gateway.terminal import GOOD

if TYPE_CHECKING:
    from gateway.settings import Settings
    from gateway.site import Heartbeat, Site

sites = Commands(help="Standorte, die Briefe abholen: anlegen, zeigen, sperren; einen eigenen Client prüfen.")
sites.command("examine")(examine)

Name = Annotated[
    str, typer.Argument(help="Name des Standorts, wie `site` in destinations.toml ihn nennt.", metavar="NAME")
]


@sites.command("add")
def add(
    name: Name,
    *,
    authorities: Annotated[
        str, typer.Option(help="Behörden, deren Briefe er holen darf, als ARS, durch Komma getrennt.", metavar="ARS")
    ],
    adapters: Annotated[
        str, typer.Option(help="Adapter, mit denen dort zugestellt wird, durch Komma getrennt.", metavar="NAMEN")
    ],
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
    json: Json = False,
) -> int:
    """Legt einen Standort an und zeigt sein Token: nur jetzt, denn gespeichert wird nur dessen SHA-256."""
    settings = settings_from(config, data=data, journal=journal)
    return carry_out(_add(settings, name, _parts(authorities), _parts(adapters), json=json))


async def _add(
    settings: Settings, name: str, authorities: tuple[str, ...], adapters: tuple[str, ...], *, json: bool
) -> int:
    from gateway.pickup import new_site

    waits = _insist_on_known(settings, name, authorities, adapters)
    site, token = new_site(name, authorities, adapters)
    async with journal_of(settings, begin=True) as journal:
        await journal.add_site(site)
    path = f"/v1/sites/{name}"
    command = f"gateway work {' '.join(adapters)} --site https://…{path}"
    if json:
        terminal().hand_out(
            {"name": name, "token": token, "path": path, "authorities": authorities, "adapters": adapters}
        )
        return GOOD
    terminal().tell(
        Sentence(
            f"Der Standort „{name}“ ist angelegt. Sein Token wird nur dieses eine Mal gezeigt:",
            f"The site '{name}' is added. Its token is shown this once only:",
        )
    )
    terminal().show(Text(token))
    terminal().tell(
        Sentence(
            f"Dort abholen: `{command}`, das Token in GATEWAY_TOKEN.",
            f"To pick up there: `{command}`, the token in GATEWAY_TOKEN.",
        ),
        "hint",
    )
    if not waits:
        terminal().tell(
            Sentence(
                f'Noch führt kein Zustellpunkt dorthin: in destinations.toml fehlt `site = "{name}"`.',
                f'No destination leads there yet: `site = "{name}"` is missing in destinations.toml.',
            ),
            "hint",
        )
    return GOOD


@sites.command("list")
def show(*, config: Config = None, data: Data = None, journal: JournalUrl = None, json: Json = False) -> int:
    """Zeigt alle Standorte, auch gesperrte: was sie holen dürfen, wann sie sich meldeten, was dort abläuft."""
    return carry_out(_show(settings_from(config, data=data, journal=journal), json=json))


async def _show(settings: Settings, *, json: bool) -> int:
    async with journal_of(settings) as journal:
        known = await journal.sites()
        heard: dict[str, list[Heartbeat]] = {}
        for one in await journal.heartbeats():
            heard.setdefault(one.site, []).append(one)
    if json:
        terminal().hand_out([_as_json(site, heard.get(site.name, ())) for site in known])
    elif known:
        terminal().show(_table(known, heard))
    else:
        terminal().tell(
            Sentence(
                "Es gibt noch keinen Standort. `gateway sites add NAME` legt einen an.",
                "There is no site yet. `gateway sites add NAME` adds one.",
            )
        )
    return GOOD


@sites.command("revoke")
def revoke(name: Name, *, config: Config = None, data: Data = None, journal: JournalUrl = None) -> int:
    """Sperrt einen Standort. Das wirkt überall binnen zwei Sekunden und lässt sich nicht zurücknehmen."""
    return carry_out(_revoke(settings_from(config, data=data, journal=journal), name))


async def _revoke(settings: Settings, name: str) -> int:
    async with journal_of(settings) as journal:
        await journal.revoke_site(name)
    terminal().tell(
        Sentence(
            f"Der Standort „{name}“ ist gesperrt. Was er geholt und nicht beantwortet hat, kommt nach Ablauf der Frist "
            "wieder; was auf ihn wartet, wartet weiter.",
            f"The site '{name}' is revoked. What it leased and did not answer comes back when the lease ends; what "
            "waits for it goes on waiting.",
        )
    )
    return GOOD


def _parts(listed: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in listed.split(",") if part.strip()))


def _insist_on_known(settings: Settings, name: str, authorities: Sequence[str], adapters: Sequence[str]) -> bool:
    """A slip would show only when nothing is ever picked up; whether a destination leads to the site already."""
    from gateway import plugins
    from gateway.routing import Tables
    from gateway.site import SITE_NAME

    tables, installed = Tables.load(settings.routing, settings.data.resolve()), plugins.load().found
    known = {authority.ars for authority in tables.authorities}
    wrong = [one for one in authorities if one not in known] + [one for one in adapters if one not in installed]
    if not SITE_NAME.fullmatch(name):
        wrong.append(name)
    if wrong or not authorities or not adapters:
        raise BadSettings(
            f"Unbekannt oder unmöglich: {', '.join(wrong) or 'ein leerer Umfang'}. Behörden werden mit dem ARS aus "
            f"authorities.csv genannt; Adapter sind: {', '.join(sorted(installed))}; ein Standort heißt mit "
            "Kleinbuchstaben, Ziffern und Bindestrichen.",
            f"Unknown or impossible: {', '.join(wrong) or 'an empty scope'}. Authorities are named by the ARS that "
            f"authorities.csv has; adapters are: {', '.join(sorted(installed))}; a site is named with lower-case "
            "letters, digits and hyphens.",
        )
    return bool(tables.at_site(name))


def _as_json(site: Site, heard: Iterable[Heartbeat]) -> dict[str, object]:
    from gateway.receipt import moment

    return {
        "name": site.name,
        "authorities": site.authorities,
        "adapters": site.adapters,
        "createdAt": moment(site.created_at),
        "revokedAt": None if site.revoked_at is None else moment(site.revoked_at),
        "workers": [
            {
                "worker": one.worker,
                "version": one.version,
                "seenAt": moment(one.at),
                "certificates": [{"name": it.name, "until": moment(it.until)} for it in one.certificates],
            }
            for one in heard
        ],
    }


def _table(known: Iterable[Site], heard: dict[str, list[Heartbeat]]) -> Table:
    words = terminal().words
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="quiet")
    for heading in (
        Sentence("Name", "Name"),
        Sentence("Behörden", "Authorities"),
        Sentence("Adapter", "Adapters"),
        Sentence("zuletzt gehört", "last heard"),
        Sentence("Version", "Version"),
        Sentence("erstes Zertifikat endet", "first certificate ends"),
        Sentence("gesperrt", "revoked"),
    ):
        table.add_column(words(heading))
    for site in known:
        workers = heard.get(site.name, [])
        ends = [end for one in workers if (end := one.first_end) is not None]
        table.add_row(
            site.name,
            " ".join(site.authorities),
            " ".join(site.adapters),
            local(workers[0].at) if workers else "–",
            " ".join(sorted({one.version for one in workers})),
            local(min(ends)) if ends else "",
            "" if site.revoked_at is None else local(site.revoked_at),
        )
    return table
