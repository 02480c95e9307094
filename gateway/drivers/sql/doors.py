"""Letters at the pickup door: which wait, who leases one, what a lease is worth; nothing leaves without its key."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import bindparam, exists, literal_column, select, update
from sqlalchemy.sql import ColumnElement

from gateway.drivers.sql.claiming import Paused, Resting, Standstill, destination_paused, hash_of, never
from gateway.drivers.sql.rows import (
    ATTACHMENT_COLUMNS,
    attachments_by_submission,
    submission_columns,
    submission_from,
)
from gateway.drivers.sql.steps import Ask, Do, Now, Operation, Row, Statement, Steps, among, each, sized
from gateway.drivers.sql.tables import attachments, claims, documents, submissions
from gateway.site import Held, Lease, Reach, Waiting
from gateway.submission import SECOND, Micros, Submission, SubmissionId

_on_the_way: ColumnElement[bool] = literal_column("submissions.state = 'handed_over'")
_claimed_attempt = exists(
    select(1).where(claims.c.submission == submissions.c.id, claims.c.attempt == submissions.c.attempt)
)
_waiting = sized(
    lambda size: (
        select(
            *submission_columns(),
            submissions.c.connection,
            destination_paused,
            submissions.c.attempt,
            submissions.c.size,
            submissions.c.handed_over_at,
        )
        .where(_on_the_way, among(submissions.c.destination, size), ~_claimed_attempt)
        .order_by(submissions.c.handed_over_at, submissions.c.sequence)
    )
)
_occupied = sized(
    lambda size: (
        select(submissions.c.destination, submissions.c.connection, submissions.c.test, destination_paused)
        .where(_on_the_way, among(submissions.c.destination, size), ~_claimed_attempt)
        .distinct()
    )
)
_one: Final = Statement(select(*submission_columns()).where(submissions.c.id == bindparam("submission")))
_CLAIM: Final = [claims.c[name] for name in ("worker", "key_hash", "leased_until", "ended_at", "outcome", "code")]
_this_claim: Any = (claims.c.submission == bindparam("of")) & (claims.c.attempt == bindparam("number"))
_held: Final = Statement(
    select(*submission_columns(), *_CLAIM).join(submissions, submissions.c.id == claims.c.submission).where(_this_claim)
)
_held_document: Final = Statement(
    select(*submission_columns(), *_CLAIM, documents.c.content)
    .join(submissions, submissions.c.id == claims.c.submission)
    .join(documents, documents.c.id == submissions.c.id)
    .where(_this_claim)
)
_enclosed: Final = Statement(
    select(*ATTACHMENT_COLUMNS).where(attachments.c.submission == bindparam("of")).order_by(attachments.c.position)
)
_locked_claim: Final = Statement(
    select(claims.c.key_hash, claims.c.worker, claims.c.leased_until, claims.c.ended_at)
    .where(_this_claim)
    .with_for_update()
)
_extend: Final = Statement(update(claims).where(_this_claim).values(leased_until=bindparam("until")))


@dataclass(frozen=True, slots=True)
class Look:
    """Who looks what waits, and how much they want to see."""

    reach: Reach
    most: int


def look(resting: Resting = never, paused: Paused = tuple) -> Operation[Look, Sequence[Waiting]]:
    """
    The operation. What nobody can lease now is not listed either: it would be asked for again and again, and stand
    before what waits for others.
    """

    def run(wanted: Look) -> Steps[Sequence[Waiting]]:
        if not wanted.reach.destinations:
            return []
        now: Micros = yield Now()
        still = Standstill(resting(now), frozenset(paused()))
        statement, values = _waiting(sorted(wanted.reach.destinations))
        rows: Sequence[Row] = yield Ask(statement, values)
        found = (
            Waiting(submission, row[-3], row[len(submission_columns()) - 1], row[-2], Micros(row[-1]))
            for row in rows
            if still.of(submission := submission_from(row), row[-5], row[-4]) is None
        )
        return [one for one in found if wanted.reach.covers(one.submission)][: wanted.most]

    return each("waiting", run)


def occupied(resting: Resting = never, paused: Paused = tuple) -> Operation[Collection[str], frozenset[str]]:
    """The operation: at which of these destinations there is something to look at."""

    def run(destinations: Collection[str]) -> Steps[frozenset[str]]:
        if not destinations:
            return frozenset()
        now: Micros = yield Now()
        rests, waits = resting(now), frozenset(paused())
        statement, values = _occupied(sorted(destinations))
        rows: Sequence[Row] = yield Ask(statement, values)
        return frozenset(
            str(name)
            for name, connection, test, paused_at in rows
            if name not in rests and paused_at is None and (test or connection not in waits)
        )

    return each("occupied", run)


def _exists(submission: SubmissionId) -> Steps[Submission | None]:
    rows: Sequence[Row] = yield Ask(_one, {"submission": submission})
    return submission_from(rows[0]) if rows else None


@dataclass(frozen=True, slots=True)
class Which:
    """A lease somebody asks about."""

    submission: SubmissionId
    attempt: int
    also: Literal["document", "attachments"] | None


def _held_by(which: Which) -> Steps[Held | None]:
    now: Micros = yield Now()
    statement = _held_document if which.also == "document" else _held
    rows: Sequence[Row] = yield Ask(statement, {"of": which.submission, "number": which.attempt})
    if not rows:
        return None
    row = rows[0]
    worker, key_hash, until, ended_at, outcome, code = row[len(submission_columns()) :][:6]
    enclosed: Sequence[Row] = ()
    if which.also == "attachments":
        enclosed = yield Ask(_enclosed, {"of": which.submission})
    return Held(
        submission_from(row, attachments_by_submission(enclosed).get(which.submission, ())),
        worker,
        key_hash,
        Micros(until),
        ended_at is not None,
        outcome,
        code,
        now,
        bytes(row[-1]) if which.also == "document" else b"",
    )


@dataclass(frozen=True, slots=True)
class Renewal:
    """Somebody needs more time."""

    lease: Lease
    seconds: float


def _renew(wish: Renewal) -> Steps[Micros | None]:
    now: Micros = yield Now()
    lease = wish.lease
    which = {"of": lease.submission, "number": lease.attempt}
    rows: Sequence[Row] = yield Ask(_locked_claim, which)
    if not rows:
        return None
    key_hash, worker, until, ended_at = rows[0]
    if key_hash != hash_of(lease.key) or worker != lease.worker or ended_at is not None or until <= now:
        return None
    # Never shorter than it was: who asked for little now may have asked for much before.
    later = Micros(max(until, now + int(wish.seconds * SECOND)))
    yield Do(_extend, [{**which, "until": later}])
    return later


EXISTS: Final[Operation[SubmissionId, Submission | None]] = each("exists", _exists)
HELD: Final[Operation[Which, Held | None]] = each("held", _held_by)
RENEW: Final[Operation[Renewal, Micros | None]] = each("renew", _renew)
