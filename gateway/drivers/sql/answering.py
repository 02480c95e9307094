"""Answering: a reply finds the one submission it answers, and does to it what follows; or it goes into the box."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Select, bindparam, delete, insert, literal_column, select, update

from gateway.drivers.sql.cases import HOLDS, go_on_after, hashed_key
from gateway.drivers.sql.claiming import Words, keep_words
from gateway.drivers.sql.recording import KEYS_KEPT
from gateway.drivers.sql.reply_rows import (
    document_values,
    file_values,
    insert_attachment,
    insert_document,
    insert_reply,
    insert_step,
    look,
    reply_values,
    step_values,
)
from gateway.drivers.sql.rows import event_values, insert_event, submission_columns, submission_from
from gateway.drivers.sql.steps import Ask, Do, Now, Row, Statement, Steps, among, each, sized
from gateway.drivers.sql.tables import arrivals, claims, keys, replies, submissions
from gateway.reply import Boxed, Effect, Incoming, Kept, Origin, Repeated, Settled, StoredReply, leads_to
from gateway.submission import Grade, Micros, State, Submission, SubmissionId

_STATE: Final = ("state", "attempt", "tries", "concluded_at")


def _wide() -> Select[Any]:
    return select(*submission_columns(), *(submissions.c[name] for name in _STATE))


_locked: Final = Statement(_wide().where(submissions.c.id == bindparam("submission")).with_for_update())
_lane = (submissions.c.destination == bindparam("destination"), submissions.c.test == bindparam("lane"))
_by_message: Final = Statement(
    _wide()
    .where(
        *_lane, literal_column("submissions.message_uuid IS NOT NULL"), submissions.c.message_uuid == bindparam("uuid")
    )
    .limit(literal_column("2"))
)
_by_case: Final = Statement(
    _wide()
    .where(
        *_lane,
        literal_column("submissions.case_id IS NOT NULL"),
        submissions.c.case_id == bindparam("case"),
    )
    .order_by(submissions.c.sequence.desc())
    .limit(literal_column("100"))
)
_open_claims: Final = Statement(
    select(claims.c.attempt).where(claims.c.submission == bindparam("of"), literal_column("claims.ended_at IS NULL"))
)
_move: Final = Statement(
    update(submissions)
    .where(submissions.c.id == bindparam("submission"))
    .values(
        {
            "state": bindparam("to_state"),
            "grade": bindparam("to_grade"),
            "concluded_at": bindparam("to_concluded"),
            "due_at": None,
            "behind": literal_column("0"),
            "ask": literal_column("0"),
            "cause": bindparam("to_cause"),
            "version": submissions.c.version + 1,
            "updated_at": bindparam("now"),
        }
    )
)
_touch: Final = Statement(
    update(submissions)
    .where(submissions.c.id == bindparam("submission"))
    .values({"version": submissions.c.version + 1, "updated_at": bindparam("now")})
)
_known_keys = sized(lambda size: select(keys.c.key, keys.c.submission).where(among(keys.c.key, size)))
_insert_key: Final = Statement(insert(keys).values({c.name: bindparam(c.name) for c in keys.c}))
_judged: Final = Statement(delete(arrivals).where(arrivals.c.id == bindparam("arrived")))
_due: Final = Statement(
    select(replies.c.id, replies.c.submission)
    .where(literal_column("replies.due = 1"))
    .order_by(replies.c.sequence)
    .limit(literal_column("500"))
)
_done: Final = Statement(update(replies).where(replies.c.id == bindparam("reply")).values({"due": literal_column("0")}))


# ── receiving ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _receive(one: Incoming) -> Steps[Kept | Boxed | Repeated]:
    now: Micros = yield Now()
    if one.arrived:
        yield Do(_judged, [{"arrived": one.id}])
    first, conflict = yield from _came_before(one)
    if first is not None:
        return Repeated(first)
    row, box = (None, "uuid-conflict") if conflict else (None, one.box)
    if not box:
        row, box = yield from _match(one)
    if row is None:
        yield from _write(one, None, box, now, due=False, conflict=conflict)
        return Boxed((yield from _read(one.id)))
    submission = submission_from(row)
    waits = State(row[-4]) is State.HANDED_OVER and one.effect is not Effect.NONE
    yield from _write(one, submission.id, "", now, due=waits, conflict=False)
    settled = yield from take_effect(row, one.effect, one.code, one.file_number, now, kind=one.kind or "")
    return Kept((yield from _read(one.id)), settled)


def _came_before(one: Incoming) -> Steps[tuple[StoredReply | None, bool]]:
    """The reply of the same content; or whether other content came under its nachrichtenUUID."""
    by_content, by_uuid = _keys(one)
    statement, values = _known_keys([key for key in (by_content, by_uuid) if key])
    rows: Sequence[Row] = yield Ask(statement, values)
    known = dict(map(tuple, rows))
    if by_content in known:
        return (yield from look(known[by_content])), False
    return None, by_uuid in known


def _keys(one: Incoming) -> tuple[str, str]:
    """By what a repetition is recognised, within the destination it comes from: content, and nachrichtenUUID."""
    whose = f"{one.origin.destination} {int(one.origin.test)}"
    by_uuid = hashed_key(whose, f"reply-uuid:{one.message_uuid.lower()}") if one.message_uuid and not one.box else ""
    return hashed_key(whose, f"reply:{one.digest}"), by_uuid


def _write(
    one: Incoming, submission: SubmissionId | None, box: str, now: Micros, *, due: bool, conflict: bool
) -> Steps[None]:
    yield Do(insert_reply, [reply_values(one, submission, box, due=due)])
    yield Do(insert_document, [document_values(one, now)])
    if one.files:
        yield Do(insert_attachment, file_values(one, now))
    by_content, by_uuid = _keys(one)
    new = [by_content, by_uuid] if by_uuid and not conflict else [by_content]
    expires_at = now + KEYS_KEPT
    yield Do(
        _insert_key,
        [{"key": key, "submission": one.id, "digest": one.digest, "expires_at": expires_at} for key in sorted(new)],
    )
    name = "reply.boxed" if box else "reply.kept"
    yield Do(insert_step, [step_values(one.id, now, name, code=box or one.kind or "")])
    if one.file_number:
        yield from keep_words([Words(SubmissionId(one.id), 0, one.origin.adapter, one.file_number, "")])


def _read(reply: str) -> Steps[StoredReply]:
    found = yield from look(reply)
    assert found is not None
    return found


# ── which submission it answers ──────────────────────────────────────────────────────────────────────────────────────


def _match(one: Incoming) -> Steps[tuple[Row | None, str]]:
    """The row of the submission, locked; or why there is none that this may be told."""
    if one.submission is not None:
        chosen: str | None = one.submission
    else:
        chosen, box = yield from _search(one)
        if chosen is None:
            return None, box
    rows: Sequence[Row] = yield Ask(_locked, {"submission": chosen})
    if not rows:
        return None, "no-submission"
    box = _objection(one, submission_from(rows[0]))
    if not box and not (yield from was_sent(rows[0])):
        box = "never-sent"
    return (None, box) if box else (rows[0], "")


def _search(one: Incoming) -> Steps[tuple[str | None, str]]:
    """By the message it answers, else by the case, within the destination it comes from."""
    where = {"destination": one.origin.destination, "lane": int(one.origin.test)}
    if one.answers:
        rows: Sequence[Row] = yield Ask(_by_message, {**where, "uuid": one.answers})
        if rows:
            return (rows[0][0], "") if len(rows) == 1 else (None, "ambiguous")
    if one.case:
        rows = yield Ask(_by_case, {**where, "case": one.case})
        if len({submission_from(row).client for row in rows}) > 1:
            return None, "ambiguous"
        if rows:
            begun = [row for row in rows if row[-2] or State(row[-4]) is not State.ACCEPTED]
            return (begun or rows)[0][0], ""
    return None, "no-submission"


def _objection(one: Incoming, submission: Submission) -> str:
    """Why this reply may not answer this submission, empty where it may."""
    if not _is_the_origins(one.origin, submission):
        return "foreign"
    if one.submission is not None and one.answers and one.answers != submission.message_uuid:
        return "contradiction"
    if submission.case_id and one.case and one.case != submission.case_id:
        return "contradiction"
    return ""


def _is_the_origins(origin: Origin, submission: Submission) -> bool:
    theirs = (submission.adapter, submission.destination, submission.test)
    if origin.authorities and submission.authority not in origin.authorities:
        return False
    return theirs == (origin.adapter, origin.destination, origin.test)


def was_sent(row: Row) -> Steps[bool]:
    """Whether any worker ever had this submission in hand; `row` as locked."""
    if row[-2]:
        return True
    rows: Sequence[Row] = yield Ask(_open_claims, {"of": row[0]})
    return bool(rows)


def lock(submission: SubmissionId) -> Steps[Row | None]:
    """The submission's row, locked."""
    rows: Sequence[Row] = yield Ask(_locked, {"submission": submission})
    return rows[0] if rows else None


# ── what follows ─────────────────────────────────────────────────────────────────────────────────────────────────────


def take_effect(
    row: Row, effect: Effect, code: str, file_number: str, now: Micros, *, kind: str, by: str = ""
) -> Steps[Settled]:
    """Write the reply into its submission's history, and move the submission where that follows."""
    submission = submission_from(row)
    before, attempt, _, _ = row[-4:]
    yield Do(
        insert_event,
        [
            event_values(
                submission, now, "reply.received", State(before), State(before), attempt=attempt, code=kind, by=by
            )
        ],
    )
    if file_number:
        yield from keep_words([Words(submission.id, attempt, submission.adapter, file_number, "")])
    settled = yield from _moved(row, effect, code, now)
    if settled.before is settled.after:
        yield Do(_touch, [{"submission": submission.id, "now": now}])
    return settled


def _moved(row: Row, effect: Effect, code: str, now: Micros) -> Steps[Settled]:
    submission = submission_from(row)
    before, attempt, _, concluded_at = row[-4:]
    after = leads_to(effect, State(before))
    if after is None:
        return Settled(
            submission=submission, before=State(before), after=State(before), concluded=False, code="", at=now
        )
    cause = "" if after is State.CONFIRMED else f"rejection-{code}" if code else "rejection"
    grade = Grade.ANSWERED if after is State.CONFIRMED else None
    yield Do(
        _move,
        [
            {
                "submission": submission.id,
                "to_state": after,
                "to_grade": grade,
                "to_concluded": now if concluded_at is None else concluded_at,
                "to_cause": cause,
                "now": now,
            }
        ],
    )
    if State(before) in HOLDS and after not in HOLDS:
        yield from go_on_after([submission.id], now)
    concludes = concluded_at is None
    yield Do(
        insert_event,
        [
            event_values(
                submission,
                now,
                f"submission.{after}",
                State(before),
                after,
                attempt=attempt,
                code=cause or grade or "",
                concludes=concludes,
            )
        ],
    )
    return Settled(
        submission=submission, before=State(before), after=after, concluded=concludes, code=cause or grade or "", at=now
    )


def _waiting(_: None) -> Steps[Sequence[tuple[str, str]]]:
    rows: Sequence[Row] = yield Ask(_due, {})
    return [(row[0], row[1]) for row in rows]


def _settle(due: tuple[str, str]) -> Steps[Settled | None]:
    """Let it take effect, unless a letter is still out, or somebody else was quicker."""
    now: Micros = yield Now()
    reply, submission = due
    row = yield from lock(SubmissionId(submission))
    stored = yield from _read(reply)
    if row is None or State(row[-4]) is State.HANDED_OVER or not (yield from _is_due(reply)):
        return None
    yield Do(_done, [{"reply": reply}])
    settled = yield from _moved(row, stored.effect, stored.code, now)
    return settled if settled.before is not settled.after else None


_still_due: Final = Statement(
    select(replies.c.id).where(literal_column("replies.due = 1"), replies.c.id == bindparam("reply"))
)


def _is_due(reply: str) -> Steps[bool]:
    rows: Sequence[Row] = yield Ask(_still_due, {"reply": reply})
    return bool(rows)


RECEIVE: Final = each("receive", _receive)
WAITING: Final = each("replies_due", _waiting)
SETTLE: Final = each("settle", _settle)
