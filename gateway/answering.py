"""
A submission answered in the standard that it speaks: with the message that this standard has for it, or with the
reason why there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.errors import GatewayError, Sentence
from gateway.events import AnswerUnfit
from gateway.receipt.message import Answered, Letterhead, Unknown, message
from gateway.rejections import Table
from gateway.submission import State
from gateway.validation import Package, Schemas, Valid


@dataclass(frozen=True, slots=True)
class NoMessage:
    """The standard has no message for it, or one cannot be written; the answer is JSON."""

    because: Sentence


def in_its_standard(answered: Answered, state: State, *, schemas: Schemas, letterhead: Letterhead) -> bytes | NoMessage:
    """
    The Rückweisung of a rejected submission, else its Quittung, as a message that is valid by the installed package.

    Takes the caller's thread for some milliseconds.
    """
    submission = answered.submission
    table = schemas.rejections.get(submission.standard)
    if table is None:
        return NoMessage(_unknown_standard(submission.standard))
    form = table.rejection if state is State.REJECTED else table.receipt
    if form is None:
        return NoMessage(_NO_FORM)
    package = answering_package(table, schemas.package(submission.standard, submission.version), schemas)
    if package is None:
        return NoMessage(_not_installed(table))
    try:
        content = message(
            answered,
            form,
            table,
            standard=package.standard,
            version=package.version,
            namespace=package.namespace,
            letterhead=letterhead,
        )
    except Unknown as unknown:
        return NoMessage(_unknown_fact(unknown.fact))
    return content if _fit(content, answered, schemas) else NoMessage(_UNFIT)


def answering_package(table: Table, judged_by: Package | None, schemas: Schemas) -> Package | None:
    """The one that has the answers: that which the judging package is or uses, else the newest by its name."""
    named = [one for one in schemas.packages if one.standard == table.package]
    near = [one for one in named if judged_by and (one is judged_by or one.label in judged_by.uses)]
    return max(near or named, key=lambda one: (one.valid_from is not None, one.valid_from, one.version), default=None)


def _fit(content: bytes, answered: Answered, schemas: Schemas) -> bool:
    """Nothing leaves that the gateway itself would not take."""
    try:
        verdict = schemas.judge(content)
        codes = () if isinstance(verdict, Valid) else tuple(dict.fromkeys(one.code for one in verdict.findings))
    except GatewayError as error:
        verdict, codes = None, (error.code,)
    if isinstance(verdict, Valid):
        return True
    AnswerUnfit(submission=answered.submission.id, standard=answered.submission.standard, codes=codes).tell()
    return False


def _unknown_standard(standard: str) -> Sentence:
    if not standard:
        return Sentence(
            "Zu welchem Standard das Dokument gehört, war nicht zu erkennen.",
            "Which standard the document belongs to could not be told.",
        )
    return Sentence(
        f"Wie {standard} auf Nachrichten antwortet, ist hier nicht hinterlegt.",
        f"How {standard} answers messages is not laid down here.",
    )


def _not_installed(table: Table) -> Sentence:
    return Sentence(
        f"Das Schemapaket {table.package}, das die Nachricht enthält, ist nicht eingespielt.",
        f"The schema package {table.package}, which has the message, is not installed.",
    )


def _unknown_fact(fact: str) -> Sentence:
    return Sentence(
        f"Für eine Nachricht des Standards fehlt eine Angabe, die der Kopf des Dokuments hätte nennen müssen ({fact}).",
        f"A message of the standard needs something that the document's head should have said ({fact}).",
    )


_NO_FORM = Sentence(
    "Der Standard hat dafür keine Nachricht, die ein Gateway senden darf.",
    "The standard has no message for it that a gateway may send.",
)
_UNFIT = Sentence(
    "Eine Nachricht des Standards ließe sich aus den Angaben im Kopf des Dokuments nur ungültig bilden.",
    "From what the document's head says, a message of the standard could only be made invalid.",
)
