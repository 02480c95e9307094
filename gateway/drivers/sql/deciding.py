"""Deciding: what operators do with parked ones, and that each is retried by one of them at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, insert, literal_column, select, update

from gateway.drivers.sql.cases import go_on_after
from gateway.drivers.sql.claiming import Words, keep_words
from gateway.drivers.sql.operating_tables import retries
from gateway.drivers.sql.rows import event_values, insert_event, submission_columns, submission_from
from gateway.drivers.sql.steps import Ask, Do, Now, Row, Statement, Steps, among, each, sized
from gateway.drivers.sql.tables import submissions
from gateway.errors import NotFound, NotResponsible
from gateway.journal import Moved
from gateway.submission import Micros, State, Submission, SubmissionId

_STATE: Final = ("state", "attempt", "tries", "ask", "version", "updated_at", "cause")
locked = sized(
    lambda size: (
        select(*submission_columns(), *(submissions.c[name] for name in _STATE))
        .where(among(submissions.c.id, size))
        .order_by(submissions.c.id)
        .with_for_update()
    )
)
_move: Final = Statement(
    update(submissions)
    .where(submissions.c.id == bindparam("submission"))
    .values(
        {
            "state": bindparam("to_state"),
            "grade": None,
            "concluded_at": bindparam("to_concluded"),
            "due_at": bindparam("to_due"),
            "cause": bindparam("to_cause"),
            "version": submissions.c.version + 1,
            "updated_at": bindparam("now"),
            "handed_over_at": None,
            "confirmed_at": None,
        }
    )
)
_end_retry: Final = Statement(
    update(retries)
    .where(retries.c.submission == bindparam("of"), literal_column("retries.ended_at IS NULL"))
    .values(ended_at=bindparam("now"), outcome=bindparam("ended_as"))
)
_begin_retry: Final = Statement(
    insert(retries).values({c.name: bindparam(c.name) for c in retries.c if c.name != "id"})
)

GOOD: Final = "good"
FAILED: Final = "failed"


@dataclass(frozen=True, slots=True)
class ByHand:
    """An operator moves a parked submission, and says why; only as it was when they looked, where that is given."""

    submission: SubmissionId
    by: str
    reason: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Parked:
    """A parked submission, locked."""

    submission: Submission
    attempt: int
    tries: int
    updated_at: Micros


def parked_in(row: Row) -> Parked | None:
    """What a row of `locked` says, if that one waits for a human."""
    state, attempt, tries, _, _, updated_at, _ = row[-len(_STATE) :]
    return Parked(submission_from(row), attempt, tries, Micros(updated_at)) if state == State.PARKED else None


def let_go_on(these: Sequence[Parked], now: Micros, by: str, reason: str, campaign: str = "") -> Steps[list[Moved]]:
    """
    Parked ones are tried again, at once; whoever calls has locked them.

    Each has one retry that nobody knows the end of, at most: the database sees to that. One that was parked again has
    failed, and ends here.
    """
    if not these:
        return []
    yield Do(_end_retry, [{"of": one.submission.id, "now": now, "ended_as": FAILED} for one in these])
    yield Do(
        _begin_retry,
        [
            {
                "submission": one.submission.id,
                "campaign": campaign,
                "by": by,
                "began_at": now,
                "tries": one.tries,
                "ended_at": None,
                "outcome": "",
            }
            for one in these
        ],
    )
    return (yield from _decided(these, State.ACCEPTED, now, by, reason))


def give_up(these: Sequence[Parked], now: Micros, by: str, reason: str) -> Steps[list[Moved]]:
    """Parked ones end as refused; whoever calls has locked them."""
    if not these:
        return []
    yield Do(_end_retry, [{"of": one.submission.id, "now": now, "ended_as": FAILED} for one in these])
    moved = yield from _decided(these, State.REFUSED, now, by, reason)
    yield from go_on_after([one.submission.id for one in these], now)
    return moved


def _decided(these: Sequence[Parked], after: State, now: Micros, by: str, reason: str) -> Steps[list[Moved]]:
    ends = after is State.REFUSED
    code = "operator-dropped" if ends else "operator-retry"
    yield Do(
        _move,
        [
            {
                "submission": one.submission.id,
                "now": now,
                "to_state": after,
                "to_concluded": now if ends else None,
                "to_due": None if ends else now,
                "to_cause": code,
            }
            for one in these
        ],
    )
    yield Do(
        insert_event,
        [
            event_values(
                one.submission,
                now,
                "parked.dropped" if ends else "parked.released",
                State.PARKED,
                after,
                attempt=one.attempt,
                code=code,
                by=by,
                concludes=ends,
            )
            for one in these
        ],
    )
    yield from keep_words([Words(one.submission.id, one.attempt, by, "", reason) for one in these])
    return [Moved(one.submission, State.PARKED, after, ends, None, one.tries, now) for one in these]


def _one(wish: ByHand) -> Steps[Parked]:
    statement, values = locked([wish.submission])
    rows: Sequence[Row] = yield Ask(statement, values)
    if not rows:
        raise NotFound(
            "Eine Einreichung mit dieser Kennung gibt es nicht.",
            "There is no submission with this identifier.",
        )
    found = parked_in(rows[0])
    if found is None:
        state = rows[0][-len(_STATE)]
        raise NotResponsible(
            f"Die Einreichung ist kein Klärfall; ihr Stand ist „{state}“.",
            f"The submission is not parked; its state is '{state}'.",
        )
    if wish.version is not None and rows[0][-3] != wish.version:
        raise NotResponsible(
            "Mit der Einreichung ist inzwischen etwas geschehen; es wurde nichts geändert. Bitte neu nachsehen.",
            "Something happened to the submission meanwhile; nothing was changed. Please look again.",
        )
    return found


def _release(wish: ByHand) -> Steps[Moved]:
    found = yield from _one(wish)
    now: Micros = yield Now()
    [moved] = yield from let_go_on([found], now, wish.by, wish.reason)
    return moved


def _drop(wish: ByHand) -> Steps[Moved]:
    found = yield from _one(wish)
    now: Micros = yield Now()
    [moved] = yield from give_up([found], now, wish.by, wish.reason)
    return moved


RELEASE: Final = each("release", _release)
DROP: Final = each("drop", _drop)
