"""`replies`: the box of answers that fit nothing, and what a human decides about each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from gateway.cli.deciding import By, Reason, account, insist_on_reason
from gateway.cli.german import Commands
from gateway.cli.moments import local
from gateway.cli.options import Config, Data, JournalUrl, Json, settings_from
from gateway.cli.running import carry_out, journal_of, terminal
from gateway.errors import BadSettings, NotFound, Sentence
from gateway.submission import SubmissionId
from gateway.terminal import GOOD

if TYPE_CHECKING:
    from gateway.reply import StoredReply
    from gateway.settings import Settings

replies = Commands(
    help="Antworten der Behörden, die zu nichts passen: zeigen, ansehen, zuordnen, ablegen.",
)

Id = Annotated[str, typer.Argument(help="Kennung der Antwort.", metavar="ANTWORT")]
Answered = Annotated[str, typer.Argument(help="Kennung der Einreichung, die sie beantwortet.", metavar="EINREICHUNG")]
Save = Annotated[Path | None, typer.Option(help="Ihr Dokument in diese neue Datei schreiben.", metavar="DATEI")]


@replies.command("list")
def show_all(*, config: Config = None, data: Data = None, journal: JournalUrl = None, json: Json = False) -> int:
    """Zeigt, welche Antworten auf einen Menschen warten, die älteste zuerst."""
    return carry_out(_show_all(settings_from(config, data=data, journal=journal), json=json))


async def _show_all(settings: Settings, *, json: bool) -> int:
    async with journal_of(settings) as journal:
        waiting = await journal.box(most=1_000_000)
    if json:
        terminal().hand_out([_as_json(one) for one in waiting])
    elif waiting:
        terminal().show(_table(waiting))
    else:
        terminal().tell(Sentence("Keine Antwort wartet auf einen Menschen.", "No reply waits for a human."))
    return GOOD


@replies.command("show")
def show(
    reply: Id,
    *,
    save: Save = None,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
    json: Json = False,
) -> int:
    """Zeigt, was von einer Antwort bekannt ist und was gegen sie spricht; ihr Dokument nur mit --save."""
    return carry_out(_show(settings_from(config, data=data, journal=journal), reply, save, json=json))


async def _show(settings: Settings, id_: str, save: Path | None, *, json: bool) -> int:
    async with journal_of(settings) as journal:
        reply = await journal.reply(id_)
        if reply is None:
            raise NotFound("Eine Antwort mit dieser Kennung gibt es nicht.", "There is no reply with this identifier.")
        document = await journal.reply_document(id_) if save else None
    if json:
        terminal().hand_out({**_as_json(reply), "findings": [_said(one.text) for one in reply.findings]})
    else:
        terminal().show(_facts(reply))
    if save:
        _save(document, save)
    return GOOD


def _facts(reply: StoredReply) -> Table:
    facts = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    state = Sentence("wartet auf einen Menschen", "waits for a human")
    if reply.submission:
        state = Sentence(f"beantwortet {reply.submission}", f"answers {reply.submission}")
    elif not reply.waits:
        state = Sentence("ist abgelegt", "was dropped")
    facts.add_row(_said(Sentence("Antwort", "Reply")), f"{reply.id}, {_said(state)}")
    for told, value in (
        (Sentence("angekommen", "arrived"), local(reply.received_at)),
        (Sentence("von", "from"), f"{reply.origin.destination} ({reply.origin.adapter}, {reply.origin.by})"),
        (Sentence("Nachricht", "message"), " ".join(filter(None, (reply.standard, reply.version, reply.root)))),
        (Sentence("nachrichtenUUID", "nachrichtenUUID"), reply.message_uuid or ""),
        (Sentence("bezieht sich auf", "refers to"), reply.answers or ""),
        (Sentence("Anlagen", "attachments"), str(len(reply.files) or "")),
        (Sentence("Grund", "reason"), reply.box),
    ):
        if value:
            facts.add_row(_said(told), value)
    for finding in reply.findings:
        where = f"{_said(Sentence('Zeile', 'line'))} {finding.line}" if finding.line else ""
        facts.add_row(where, _said(finding.text))
    return facts


def _save(document: bytes | None, file: Path) -> None:
    if document is None:
        raise NotFound(
            "Das Dokument dieser Antwort wird nicht mehr aufbewahrt.",
            "The document of this reply is not kept any more.",
        )
    try:
        with file.open("xb") as opened:
            file.chmod(0o600)
            opened.write(document)
    except OSError as error:
        raise BadSettings(
            f"{file} lässt sich nicht neu anlegen ({error.strerror}).", f"{file} cannot be made ({error.strerror})."
        ) from error


@replies.command("assign")
def assign(
    reply: Id,
    submission: Answered,
    *,
    reason: Reason,
    by: By = None,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
) -> int:
    """Ordnet eine gültige Antwort der Einreichung zu, die sie beantwortet; das Portal sieht sie dann."""
    insist_on_reason(reason)
    settings = settings_from(config, data=data, journal=journal)
    return carry_out(_assign(settings, reply, SubmissionId(submission), by or account(), reason))


async def _assign(settings: Settings, reply: str, submission: SubmissionId, by: str, reason: str) -> int:
    async with journal_of(settings) as journal:
        settled = await journal.assign(reply, submission, by, reason)
    from gateway.receipt.words import STATES

    terminal().tell(f"✓ {reply} → {submission}: {_said(STATES[settled.after])}")
    return GOOD


@replies.command("drop")
def drop(
    reply: Id,
    *,
    reason: Reason,
    by: By = None,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
) -> int:
    """Legt eine Antwort ab, die keine ist: ihr Dokument und ihre Anlagen werden vergessen."""
    insist_on_reason(reason)
    settings = settings_from(config, data=data, journal=journal)
    return carry_out(_drop(settings, reply, by or account(), reason))


async def _drop(settings: Settings, reply: str, by: str, reason: str) -> int:
    async with journal_of(settings) as journal:
        await journal.drop_reply(reply, by, reason)
    terminal().tell(f"✓ {reply} {_said(Sentence('ist abgelegt', 'was dropped'))}")
    return GOOD


def _said(sentence: Sentence) -> str:
    return terminal().words(sentence)


def _as_json(one: StoredReply) -> dict[str, object]:
    from gateway.receipt import moment

    return {
        "replyId": one.id,
        "cause": one.box,
        "waits": one.waits,
        "submissionId": one.submission,
        "kind": one.kind,
        "adapter": one.origin.adapter,
        "destination": one.origin.destination,
        "test": one.origin.test,
        "broughtBy": one.origin.by,
        "receivedAt": moment(one.received_at),
        "root": one.root,
        "standard": one.standard,
        "standardVersion": one.version,
        "messageUuid": one.message_uuid,
        "answers": one.answers,
        "size": one.size,
    }


def _table(waiting: Iterable[StoredReply]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="quiet")
    for heading in (
        Sentence("Antwort", "Reply"),
        Sentence("Zustellpunkt", "Destination"),
        Sentence("Grund", "Reason"),
        Sentence("Nachricht", "Message"),
        Sentence("seit", "since"),
    ):
        table.add_column(_said(heading))
    for one in waiting:
        table.add_row(one.id, one.origin.destination, one.box, one.root, local(one.received_at))
    return table
