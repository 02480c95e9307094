"""`webhooks`: the addresses at which portals are told what became of their submissions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from gateway.cli.german import Commands
from gateway.cli.moments import local
from gateway.cli.options import Config, Data, JournalUrl, Json, settings_from
from gateway.cli.running import carry_out, journal_of, terminal
from gateway.errors import NotFound, Sentence
from gateway.terminal import BAD, GOOD

if TYPE_CHECKING:
    from gateway.drivers.sql.journal import SqlJournal
    from gateway.notice import Answer, Webhook
    from gateway.settings import Settings

webhooks = Commands(help="Webhooks der Portale: anlegen, zeigen, erproben, Geheimnisse wechseln.")

Id = Annotated[str, typer.Argument(help="Kennung des Webhooks, wie `list` sie zeigt.", metavar="ID")]


@webhooks.command("add")
def add(
    client: Annotated[str, typer.Argument(help="Name des Portals (`gateway clients list`).", metavar="NAME")],
    url: Annotated[str, typer.Argument(help="Adresse, an die gesendet wird: https://…", metavar="URL")],
    *,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
    json: Json = False,
) -> int:
    """
    Meldet einem Portal unter dieser Adresse, was ab jetzt mit seinen Einreichungen geschieht.

    Zeigt das Geheimnis, mit dem das Portal die Signaturen prüft: nur dieses eine Mal.
    """
    return carry_out(_add(settings_from(config, data=data, journal=journal), client, url, json=json))


async def _add(settings: Settings, client: str, url: str, *, json: bool) -> int:
    import secrets

    from gateway.webhooks import insist_on_address, networks, new_secret, written

    async with journal_of(settings) as journal:
        sandbox = await _is_sandbox(settings, journal)
        insist_on_address(url, sandbox=sandbox, allowed=networks(settings.webhook_networks))
        webhook, secret = f"wh_{secrets.token_hex(5)}", new_secret()
        await journal.add_webhook(webhook, client, url, secret)
    if json:
        terminal().hand_out({"id": webhook, "client": client, "url": url, "secret": written(secret)})
        return GOOD
    terminal().tell(
        Sentence(
            f"Webhook {webhook} für „{client}“ ist angelegt; `gateway webhooks test {webhook}` erprobt ihn. "
            "Sein Geheimnis wird nur dieses eine Mal gezeigt:",
            f"Webhook {webhook} for '{client}' is added; `gateway webhooks test {webhook}` tries it. "
            "Its secret is shown this once only:",
        )
    )
    terminal().show(Text(written(secret)))
    return GOOD


@webhooks.command("list")
def show(*, config: Config = None, data: Data = None, journal: JournalUrl = None, json: Json = False) -> int:
    """
    Zeigt alle Webhooks, und wie es um sie steht.

    Exit-Code 1, wenn einer abgeschaltet ist oder zurzeit nichts annimmt.
    """
    return carry_out(_show(settings_from(config, data=data, journal=journal), json=json))


async def _show(settings: Settings, *, json: bool) -> int:
    async with journal_of(settings) as journal:
        known = await journal.webhooks()
    if json:
        terminal().hand_out([_as_json(one) for one in known])
    elif known:
        terminal().show(_table(known))
    else:
        terminal().tell(
            Sentence(
                "Es gibt noch keinen Webhook. `gateway webhooks add NAME URL` legt einen an.",
                "There is no webhook yet. `gateway webhooks add NAME URL` adds one.",
            )
        )
    return BAD if any(one.health.failures or one.off_at for one in known) else GOOD


@webhooks.command("rotate")
def rotate(
    webhook: Id,
    *,
    hours: Annotated[
        float, typer.Option(min=0, help="Stunden, die das alte Geheimnis noch gilt.", metavar="STUNDEN")
    ] = 24.0,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
    json: Json = False,
) -> int:
    """
    Wechselt das Geheimnis und zeigt das neue: nur dieses eine Mal.

    Bis das alte endet, ist jede Nachricht mit beiden signiert, damit das Portal in Ruhe umstellen kann.
    """
    return carry_out(_rotate(settings_from(config, data=data, journal=journal), webhook, hours, json=json))


async def _rotate(settings: Settings, webhook: str, hours: float, *, json: bool) -> int:
    from gateway.webhooks import new_secret, written

    secret = new_secret()
    async with journal_of(settings) as journal:
        await journal.rotate_secret(webhook, secret, hours * 3_600)
    if json:
        terminal().hand_out({"id": webhook, "secret": written(secret), "previousValidHours": hours})
        return GOOD
    terminal().tell(
        Sentence(
            f"Ab jetzt gilt ein neues Geheimnis, das bisherige noch {hours:g} Stunden. "
            "Das neue wird nur dieses eine Mal gezeigt:",
            f"A new secret is valid from now on, the previous one for {hours:g} hours yet. "
            "The new one is shown this once only:",
        )
    )
    terminal().show(Text(written(secret)))
    return GOOD


@webhooks.command("test")
def try_out(
    webhook: Id, *, config: Config = None, data: Data = None, journal: JournalUrl = None, json: Json = False
) -> int:
    """
    Sendet jetzt eine Nachricht vom Typ webhook.test, von dieser Maschine aus, und zeigt die Antwort.

    Exit-Code 1, wenn sie nicht angenommen wurde.
    """
    return carry_out(_test(settings_from(config, data=data, journal=journal), webhook, json=json))


async def _test(settings: Settings, webhook: str, *, json: bool) -> int:
    import secrets

    from gateway.drivers.clock import clock
    from gateway.receipt import moment
    from gateway.webhooks.message import trial
    from gateway.wiring import sender

    async with journal_of(settings) as journal:
        found = next((one for one in await journal.webhooks() if one.id == webhook), None)
        if found is None:
            raise NotFound(f"Einen Webhook „{webhook}“ gibt es nicht.", f"There is no webhook '{webhook}'.")
        keys = await journal.secrets_of(webhook)
        sandbox = await _is_sandbox(settings, journal)
    async with sender(settings, sandbox=sandbox) as sending:
        body = trial(moment(clock()), sandbox=sandbox)
        answer = await sending.send(found.url, keys, f"msg_{secrets.token_hex(16)}", body)
    if json:
        terminal().hand_out({"id": webhook, "taken": answer.taken, **_said(answer)})
    elif answer.taken:
        terminal().show(
            Text("✓ ", "good").append(
                terminal().words(Sentence(f"angenommen (HTTP {answer.status})", f"taken (HTTP {answer.status})")),
                "default",
            )
        )
    else:
        why = f"{answer.because}, HTTP {answer.status}" if answer.status else answer.because
        said = Sentence(f"nicht angenommen ({why})", f"not taken ({why})")
        terminal().show(Text("✗ ", "bad").append(terminal().words(said), "default"))
    return GOOD if answer.taken else BAD


@webhooks.command("resume")
def resume(webhook: Id, *, config: Config = None, data: Data = None, journal: JournalUrl = None) -> int:
    """Schaltet einen Webhook wieder ein, oder beendet seine Pause nach Fehlern."""
    return carry_out(_resume(settings_from(config, data=data, journal=journal), webhook))


async def _resume(settings: Settings, webhook: str) -> int:
    async with journal_of(settings) as journal:
        before = await journal.resume_webhook(webhook)
    terminal().tell(
        Sentence(
            f"Webhook {webhook} ist eingeschaltet und erfährt, was ab jetzt geschieht.",
            f"Webhook {webhook} is on and hears what happens from now on.",
        )
    )
    if before.off_at is not None or before.missed:
        since = local(before.missed_from or before.off_at or before.created_at)
        terminal().tell(
            Sentence(
                f"Was seit {since} geschah, hat das Portal nicht alles gemeldet bekommen. Es kann den Stand jeder "
                "Einreichung abfragen, die bei ihm noch offen ist: GET /v1/submissions/{id} und …/events.",
                f"Of what happened since {since} the portal was not told everything. It can ask for every submission "
                "that is open on its side: GET /v1/submissions/{id} and …/events.",
            ),
            "hint",
        )
    return GOOD


@webhooks.command("revoke")
def revoke(webhook: Id, *, config: Config = None, data: Data = None, journal: JournalUrl = None) -> int:
    """Vergisst einen Webhook mit seinen Geheimnissen. Das lässt sich nicht zurücknehmen."""
    return carry_out(_revoke(settings_from(config, data=data, journal=journal), webhook))


async def _revoke(settings: Settings, webhook: str) -> int:
    async with journal_of(settings) as journal:
        await journal.revoke_webhook(webhook)
    terminal().tell(
        Sentence(
            f"Webhook {webhook} ist vergessen; dorthin wird nichts mehr gesendet.",
            f"Webhook {webhook} is forgotten; nothing is sent there any more.",
        )
    )
    return GOOD


async def _is_sandbox(settings: Settings, journal: SqlJournal) -> bool:
    """By the journal, which knows for good; before a gateway has served from it, by the settings."""
    return (await journal.kind() or settings.kind) == "sandbox"


def _said(answer: Answer) -> dict[str, object]:
    return {"because": answer.because or None, "status": answer.status or None}


def _as_json(one: Webhook) -> dict[str, object]:
    from gateway.receipt import moment

    health = one.health
    return {
        "id": one.id,
        "client": one.client,
        "url": one.url,
        "createdAt": moment(one.created_at),
        "waiting": one.waiting,
        "told": one.told,
        "toldAt": None if one.told_at is None else moment(one.told_at),
        "lastAnswer": _said(one.last),
        "failingSince": None if health.failing_since is None else moment(health.failing_since),
        "offAt": None if one.off_at is None else moment(one.off_at),
        "offBecause": health.off or None,
        "missed": one.missed,
        "missedFrom": None if one.missed_from is None else moment(one.missed_from),
        "secrets": one.secrets,
    }


def _table(known: Iterable[Webhook]) -> Table:
    words = terminal().words
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="quiet")
    for heading in (
        Sentence("Kennung", "Id"),
        Sentence("Portal", "Portal"),
        Sentence("Adresse", "Address"),
        Sentence("Zustand", "Health"),
        Sentence("wartet", "waiting"),
        Sentence("angenommen", "taken"),
        Sentence("versäumt", "missed"),
    ):
        table.add_column(words(heading), overflow="fold")
    for one in known:
        health = Text(words(_health(one)), "good" if not one.health.failures and one.off_at is None else "bad")
        table.add_row(one.id, one.client, one.url, health, str(one.waiting), str(one.told), str(one.missed))
    return table


def _health(one: Webhook) -> Sentence:
    if one.off_at is not None:
        at = local(one.off_at)
        return Sentence(f"abgeschaltet {at} ({one.health.off})", f"switched off {at} ({one.health.off})")
    if one.health.failing_since is not None:
        since, why = local(one.health.failing_since), str(one.last.status or one.last.because)
        return Sentence(f"nimmt nichts an seit {since} ({why})", f"takes nothing since {since} ({why})")
    return Sentence("gut", "good")
