"""`accounts`: the people who use the console."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from gateway.account import EVERY, Account, Role
from gateway.cli.deciding import account as whoever_runs_this
from gateway.cli.german import Commands
from gateway.cli.moments import local
from gateway.cli.options import Config, Data, JournalUrl, Json, settings_from
from gateway.cli.running import carry_out, journal_of, terminal
from gateway.errors import BadSettings, Sentence
from gateway.terminal import GOOD

if TYPE_CHECKING:
    from gateway.settings import Settings

accounts = Commands(help="Konten für die Konsole: anlegen, zeigen, sperren.")

Name = Annotated[str, typer.Argument(help="Name, mit dem man sich anmeldet.", metavar="NAME")]


@accounts.command("add")
def add(
    name: Name,
    *,
    role: Annotated[Role, typer.Option(help="reader liest, operator entscheidet, administrator verwaltet.")],
    authorities: Annotated[
        str, typer.Option(help="Behörden, für die es gilt, als ARS, durch Komma getrennt; * heißt alle.", metavar="ARS")
    ],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Das Passwort von der Standardeingabe lesen.")
    ] = False,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
    json: Json = False,
) -> int:
    """
    Legt ein Konto an und zeigt sein Passwort: nur jetzt, denn gespeichert wird nur, womit es sich prüfen lässt.

    Wer für benannte Behörden angelegt ist, sieht deren Einreichungen und Anbindungen und nichts sonst.
    """
    settings = settings_from(config, data=data, journal=journal)
    given = sys.stdin.readline().rstrip("\n") if password_stdin else None
    return carry_out(_add(settings, name, role, _parts(authorities), given, json=json))


async def _add(
    settings: Settings, name: str, role: Role, authorities: tuple[str, ...], given: str | None, *, json: bool
) -> int:
    from gateway.console.passwords import insist_on_length, made_up, stored

    _insist_on_known(settings, name, authorities)
    password = made_up() if given is None else given
    insist_on_length(password)
    account = Account(name=name, role=role, authorities=authorities, password=stored(password))
    async with journal_of(settings, begin=True) as journal:
        await journal.add_account(account, whoever_runs_this())
    if json:
        shown = {} if given is not None else {"password": password}
        terminal().hand_out({"name": name, "role": role, "authorities": authorities, **shown})
        return GOOD
    if given is not None:
        terminal().tell(Sentence(f"Das Konto „{name}“ ist angelegt.", f"The account '{name}' is added."))
        return GOOD
    terminal().tell(
        Sentence(
            f"Das Konto „{name}“ ist angelegt. Sein Passwort wird nur dieses eine Mal gezeigt:",
            f"The account '{name}' is added. Its password is shown this once only:",
        )
    )
    terminal().show(Text(password))
    return GOOD


@accounts.command("list")
def show(*, config: Config = None, data: Data = None, journal: JournalUrl = None, json: Json = False) -> int:
    """Zeigt alle Konten, auch gesperrte: Rolle und Behörden."""
    return carry_out(_show(settings_from(config, data=data, journal=journal), json=json))


async def _show(settings: Settings, *, json: bool) -> int:
    async with journal_of(settings) as journal:
        known = await journal.accounts()
    if json:
        terminal().hand_out([_as_json(one) for one in known])
    elif known:
        terminal().show(_table(known))
    else:
        terminal().tell(
            Sentence(
                "Es gibt noch kein Konto. `gateway accounts add NAME` legt eines an.",
                "There is no account yet. `gateway accounts add NAME` adds one.",
            )
        )
    return GOOD


@accounts.command("revoke")
def revoke(name: Name, *, config: Config = None, data: Data = None, journal: JournalUrl = None) -> int:
    """Sperrt ein Konto und beendet seine Sitzungen, sofort. Das lässt sich nicht zurücknehmen."""
    return carry_out(_revoke(settings_from(config, data=data, journal=journal), name))


async def _revoke(settings: Settings, name: str) -> int:
    async with journal_of(settings) as journal:
        await journal.revoke_account(name, whoever_runs_this())
    terminal().tell(
        Sentence(
            f"Das Konto „{name}“ ist gesperrt, seine Sitzungen sind beendet.",
            f"The account '{name}' is revoked, its sessions are over.",
        )
    )
    return GOOD


def _parts(listed: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in listed.split(",") if part.strip()))


def _insist_on_known(settings: Settings, name: str, authorities: Sequence[str]) -> None:
    """A slip in an authority would show somebody nothing, or another town's."""
    from gateway.console.passwords import ACCOUNT_NAME
    from gateway.routing import Tables

    known = {one.ars for one in Tables.load(settings.routing, settings.data.resolve()).authorities}
    wrong = [one for one in authorities if one != EVERY and one not in known]
    if EVERY in authorities and len(authorities) > 1:
        wrong.append(EVERY)
    if not ACCOUNT_NAME.fullmatch(name):
        wrong.append(name)
    if wrong or not authorities:
        raise BadSettings(
            f"Unbekannt oder unmöglich: {', '.join(wrong) or 'ein leerer Umfang'}. Behörden werden mit dem ARS aus "
            "authorities.csv genannt; * für alle steht allein; ein Konto heißt mit Buchstaben, Ziffern, Punkt, "
            "Bindestrich, Unterstrich oder @.",
            f"Unknown or impossible: {', '.join(wrong) or 'an empty scope'}. Authorities are named by the ARS that "
            "authorities.csv has; * for all stands alone; an account is named with letters, digits, dot, hyphen, "
            "underscore or @.",
        )


def _as_json(account: Account) -> dict[str, object]:
    from gateway.receipt import moment

    return {
        "name": account.name,
        "role": account.role,
        "authorities": account.authorities,
        "createdAt": moment(account.created_at),
        "revokedAt": None if account.revoked_at is None else moment(account.revoked_at),
    }


def _table(known: Iterable[Account]) -> Table:
    words = terminal().words
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="quiet")
    for heading in (
        Sentence("Name", "Name"),
        Sentence("Rolle", "Role"),
        Sentence("Behörden", "Authorities"),
        Sentence("angelegt", "added"),
        Sentence("gesperrt", "revoked"),
    ):
        table.add_column(words(heading))
    for one in known:
        revoked = "" if one.revoked_at is None else local(one.revoked_at)
        table.add_row(one.name, words(one.role.told), " ".join(one.authorities), local(one.created_at), revoked)
    return table
