"""`parked`: what waits for a human, and what the human decides."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from gateway.cli.deciding import By, Reason, account, insist_on_reason
from gateway.cli.german import Commands
from gateway.cli.moments import local
from gateway.cli.options import Config, Data, JournalUrl, Json, settings_from
from gateway.cli.running import carry_out, journal_of, terminal
from gateway.errors import BadSettings, NotFound, NotResponsible, Sentence
from gateway.submission import SubmissionId
from gateway.terminal import BAD, GOOD

if TYPE_CHECKING:
    from gateway.drivers.sql.journal import SqlJournal
    from gateway.journal import Moved, Standing
    from gateway.settings import Settings

parked = Commands(help="Klärfälle: zeigen, noch einmal auf den Weg bringen, aufgeben.")

Ids = Annotated[list[str] | None, typer.Argument(help="Kennungen der Einreichungen.", metavar="ID")]
Every = Annotated[bool, typer.Option("--all", help="Alle Klärfälle; mit --cause die mit dieser Ursache.")]
Cause = Annotated[str | None, typer.Option(help="Nur mit dieser Ursache.", metavar="CODE")]

Verdict = Callable[[SubmissionId, str, str], Coroutine[Any, Any, "Moved"]]
"""What is done with one of them: submission, by whom, why."""


@parked.command("list")
def show(
    *, cause: Cause = None, config: Config = None, data: Data = None, journal: JournalUrl = None, json: Json = False
) -> int:
    """Zeigt, was auf einen Menschen wartet, das Älteste zuerst."""
    return carry_out(_show(settings_from(config, data=data, journal=journal), cause, json=json))


async def _show(settings: Settings, cause: str | None, *, json: bool) -> int:
    async with journal_of(settings) as journal:
        waiting = await _waiting(journal, cause)
    if json:
        terminal().hand_out([_as_json(one) for one in waiting])
    elif waiting:
        terminal().show(_table(waiting))
    else:
        terminal().tell(Sentence("Es gibt keine Klärfälle.", "Nothing is parked."))
    return GOOD


@parked.command("retry")
def retry(
    ids: Ids = None,
    *,
    reason: Reason,
    every: Every = False,
    cause: Cause = None,
    by: By = None,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
) -> int:
    """Bringt Klärfälle noch einmal auf den Weg, sofort."""
    choice = _Choice(ids or [], every=every, cause=cause, by=by or account(), reason=reason)
    settings = settings_from(config, data=data, journal=journal)
    return carry_out(_each(settings, choice, lambda journal: journal.release, _RELEASED))


@parked.command("drop")
def drop(
    ids: Ids = None,
    *,
    reason: Reason,
    every: Every = False,
    cause: Cause = None,
    by: By = None,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
) -> int:
    """Gibt Klärfälle auf: sie enden als „Annahme verweigert“, und das Portal sieht es."""
    choice = _Choice(ids or [], every=every, cause=cause, by=by or account(), reason=reason)
    settings = settings_from(config, data=data, journal=journal)
    return carry_out(_each(settings, choice, lambda journal: journal.drop, _DROPPED))


_RELEASED = Sentence("geht noch einmal auf den Weg", "is on its way again")
_DROPPED = Sentence("ist aufgegeben", "is dropped")


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which of them, and who decides why."""

    ids: Sequence[str]
    every: bool
    cause: str | None
    by: str
    reason: str

    def __post_init__(self) -> None:
        if bool(self.ids) == self.every or (self.cause and not self.every):
            raise BadSettings(
                "Bitte entweder Kennungen nennen, oder --all, dazu vielleicht --cause.",
                "Name identifiers, or --all, perhaps with --cause.",
            )
        insist_on_reason(self.reason)


async def _each(settings: Settings, choice: _Choice, verdict: Callable[[SqlJournal], Verdict], done: Sentence) -> int:
    """The same verdict on each of them; one that cannot be moved is told, and the others are moved."""
    ended = GOOD
    async with journal_of(settings) as journal:
        chosen = [SubmissionId(one) for one in choice.ids]
        chosen += [one.submission.id for one in await _waiting(journal, choice.cause)] if choice.every else []
        for submission in dict.fromkeys(chosen):
            try:
                await verdict(journal)(submission, choice.by, choice.reason)
            except (NotFound, NotResponsible) as error:
                terminal().tell(f"✗ {submission}: {terminal().words(error.detail)}")
                ended = BAD
            else:
                terminal().tell(f"✓ {submission} {terminal().words(done)}")
    if not chosen:
        terminal().tell(Sentence("Es gibt keine solchen Klärfälle.", "Nothing like that is parked."))
    return ended


async def _waiting(journal: SqlJournal, cause: str | None) -> list[Standing]:
    everything = await journal.parked(most=1_000_000)
    return [one for one in everything if cause is None or one.cause == cause]


def _as_json(one: Standing) -> dict[str, object]:
    from gateway.receipt import moment

    submission = one.submission
    return {
        "submissionId": submission.id,
        "service": submission.service,
        "authority": submission.authority,
        "destination": submission.destination,
        "adapter": submission.adapter,
        "cause": one.cause,
        "attempts": one.attempts,
        "parkedAt": moment(one.updated_at),
        "receivedAt": moment(submission.received_at),
        "test": submission.test,
        "heldBack": list(one.held_back),
    }


def _table(waiting: Iterable[Standing]) -> Table:
    words = terminal().words
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="quiet")
    for heading in (
        Sentence("Einreichung", "Submission"),
        Sentence("Zustellpunkt", "Destination"),
        Sentence("Ursache", "Cause"),
        Sentence("Versuche", "Attempts"),
        Sentence("seit", "since"),
        Sentence("hält auf", "holds back"),
    ):
        table.add_column(words(heading))
    for one in waiting:
        submission = one.submission
        behind = "\n".join(one.held_back)
        table.add_row(
            submission.id, submission.destination, one.cause, str(one.attempts), local(one.updated_at), behind
        )
    return table
