"""The box: what a human does with a reply that fits nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, delete, select, update

from gateway.drivers.sql.answering import lock, take_effect, was_sent
from gateway.drivers.sql.claiming import Words, keep_words
from gateway.drivers.sql.reply_rows import insert_step, look, step_values
from gateway.drivers.sql.rows import submission_from
from gateway.drivers.sql.steps import Ask, Do, Now, Row, Statement, Steps, each
from gateway.drivers.sql.tables import attachments, documents, replies, words
from gateway.errors import NotFound, NotResponsible
from gateway.reply import Effect, Settled, StoredReply
from gateway.submission import Micros, State, SubmissionId


@dataclass(frozen=True, slots=True)
class Assignment:
    """A human says which submission a reply answers, and why."""

    reply: str
    submission: SubmissionId
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Drop:
    """A human says that a reply is none, and why."""

    reply: str
    by: str
    reason: str


_locked: Final = Statement(select(replies.c.id).where(replies.c.id == bindparam("reply")).with_for_update())
_assign: Final = Statement(
    update(replies)
    .where(replies.c.id == bindparam("reply"))
    .values({"submission": bindparam("answered"), "settled_at": bindparam("now"), "due": bindparam("waits")})
)
_settle: Final = Statement(
    update(replies).where(replies.c.id == bindparam("reply")).values({"settled_at": bindparam("now")})
)
_forget_document: Final = Statement(delete(documents).where(documents.c.id == bindparam("reply")))
_forget_files: Final = Statement(delete(attachments).where(attachments.c.submission == bindparam("reply")))
_forget_words: Final = Statement(delete(words).where(words.c.submission == bindparam("reply")))


def _assigned(wish: Assignment) -> Steps[Settled]:
    now: Micros = yield Now()
    row = yield from lock(wish.submission)
    reply = yield from _in_the_box(wish.reply)
    if row is None:
        raise NotFound(
            "Eine Einreichung mit dieser Kennung gibt es nicht.", "There is no submission with this identifier."
        )
    _insist_on_fitting(reply, row)
    if not (yield from was_sent(row)):
        raise NotResponsible(
            "Diese Einreichung hat noch kein Fachverfahren erreicht; dazu kann es keine Antwort geben.",
            "This submission has reached no Fachverfahren yet; there can be no answer to it.",
        )
    waits = State(row[-4]) is State.HANDED_OVER and reply.effect is not Effect.NONE
    yield Do(_assign, [{"reply": reply.id, "answered": wish.submission, "now": now, "waits": int(waits)}])
    yield Do(insert_step, [step_values(reply.id, now, "reply.assigned", code=reply.kind or "", by=wish.by)])
    yield from keep_words([Words(SubmissionId(reply.id), 0, wish.by, "", wish.reason)])
    return (
        yield from take_effect(
            row, reply.effect, reply.code, reply.file_number or "", now, kind=reply.kind or "", by=wish.by
        )
    )


def _insist_on_fitting(reply: StoredReply, row: Row) -> None:
    submission = submission_from(row)
    if reply.kind is None:
        raise NotResponsible(
            f"Diese Antwort ist nicht gültig ({reply.box}) und kann nicht weitergegeben werden. Das Fachverfahren muss "
            "sie berichtigt noch einmal senden; diese hier lässt sich mit `gateway replies drop` ablegen.",
            f"This reply is not valid ({reply.box}) and cannot be passed on. The Fachverfahren has to send it again, "
            "corrected; this one can be dropped with `gateway replies drop`.",
        )
    if submission.test != reply.origin.test:
        raise NotResponsible(
            "Eine Testantwort gehört nur zu einer Testeinreichung, und umgekehrt.",
            "A test reply belongs to a test submission only, and the other way round.",
        )


def _dropped(wish: Drop) -> Steps[None]:
    now: Micros = yield Now()
    reply = yield from _in_the_box(wish.reply)
    where = {"reply": reply.id}
    yield Do(_settle, [{**where, "now": now}])
    for forget in (_forget_document, _forget_files, _forget_words):
        yield Do(forget, [where])
    yield Do(insert_step, [step_values(reply.id, now, "reply.dropped", code=reply.box, by=wish.by)])
    yield from keep_words([Words(SubmissionId(reply.id), 0, wish.by, "", wish.reason)])


def _in_the_box(id_: str) -> Steps[StoredReply]:
    """The reply, locked and then read: of two humans with different wishes the second one sees what the first did."""
    yield Ask(_locked, {"reply": id_})
    reply = yield from look(id_)
    if reply is None:
        raise NotFound("Eine Antwort mit dieser Kennung gibt es nicht.", "There is no reply with this identifier.")
    if not reply.waits:
        raise NotResponsible(
            "Diese Antwort liegt nicht im Fach der ungeklärten.", "This reply does not lie in the box."
        )
    return reply


ASSIGN: Final = each("assign", _assigned)
DROP_REPLY: Final = each("drop_reply", _dropped)
