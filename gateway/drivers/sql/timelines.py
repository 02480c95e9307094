"""Timelines: all that is known of one submission, and its content for those who say why they read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import bindparam, literal_column, select

from gateway.account import Deed, Scope
from gateway.drivers.sql import looking
from gateway.drivers.sql.accounts import deed_from, note_deed
from gateway.drivers.sql.operating_tables import deeds
from gateway.drivers.sql.scoping import scoped
from gateway.drivers.sql.steps import Ask, Now, Row, Statement, Steps, each
from gateway.drivers.sql.tables import claims, documents, events, submissions, words
from gateway.operating import Content, Given, Timeline, Try
from gateway.submission import Micros, SubmissionId

_facts = scoped(
    lambda seen: select(
        submissions.c.authority,
        submissions.c.connection,
        submissions.c.package_digest,
        submissions.c.digest,
        submissions.c.size,
    ).where(submissions.c.id == bindparam("submission"), seen)
)
_tries: Final = Statement(
    select(claims.c.attempt, claims.c.worker, claims.c.claimed_at, claims.c.ended_at, claims.c.outcome, claims.c.code)
    # Without those that won an attempt to take its letter back.
    .where(claims.c.submission == bindparam("submission"), literal_column("claims.worker <> ''"))
    .order_by(claims.c.attempt)
)
_given: Final = Statement(
    select(words.c.stored_at, words.c.said_by, words.c.reason)
    .where(
        words.c.submission == bindparam("submission"),
        literal_column("words.reason <> ''"),
        words.c.said_by.in_(select(events.c.by).where(events.c.submission == bindparam("submission"))),
    )
    .order_by(words.c.stored_at)
)
_said: Final = Statement(
    select(words.c.reference, words.c.reason)
    .where(words.c.submission == bindparam("submission"), words.c.said_by == bindparam("adapter"))
    .order_by(words.c.stored_at)
)
_deeds: Final = Statement(select(*deeds.c).where(deeds.c.submission == bindparam("submission")).order_by(deeds.c.id))
_document: Final = Statement(select(documents.c.content).where(documents.c.id == bindparam("submission")))
_is_there: Final = Statement(select(documents.c.id).where(documents.c.id == bindparam("submission")))


@dataclass(frozen=True, slots=True)
class Which:
    """One submission, if it is within the scope."""

    submission: SubmissionId
    scope: Scope


@dataclass(frozen=True, slots=True)
class Reading:
    """Somebody wants to read the content of one, and says why."""

    submission: SubmissionId
    scope: Scope
    by: str
    reason: str


def _told(which: Which) -> Steps[Timeline | None]:
    statement, values = _facts(which.scope)
    asked = {"submission": which.submission}
    rows: Sequence[Row] = yield Ask(statement, {**values, **asked})
    if not rows:
        return None
    [standing] = yield from looking.LOOK.run([which.submission])
    [history] = yield from looking.HISTORY.run([which.submission])
    assert standing is not None
    _, connection, package_digest, digest, size = rows[0]
    tries: Sequence[Row] = yield Ask(_tries, asked)
    given: Sequence[Row] = yield Ask(_given, asked)
    done: Sequence[Row] = yield Ask(_deeds, asked)
    there: Sequence[Row] = yield Ask(_is_there, asked)
    return Timeline(
        standing=replace(standing, reference=None),
        connection=connection,
        package_digest=package_digest,
        digest=digest,
        size=size,
        events=history,
        tries=[
            Try(
                attempt=attempt,
                worker=worker,
                began_at=Micros(began_at),
                ended_at=ended_at,
                outcome=outcome,
                code=code,
            )
            for attempt, worker, began_at, ended_at, outcome, code in tries
        ],
        given=[Given(at=Micros(at), by=by, reason=reason) for at, by, reason in given],
        deeds=[deed_from(row) for row in done],
        has_document=bool(there),
    )


def _read(wish: Reading) -> Steps[Content | None]:
    statement, values = _facts(wish.scope)
    asked = {"submission": wish.submission}
    rows: Sequence[Row] = yield Ask(statement, {**values, **asked})
    content: Sequence[Row] = (yield Ask(_document, asked)) if rows else ()
    if not rows or not content:
        return None
    now: Micros = yield Now()
    yield from note_deed(
        Deed(
            by=wish.by,
            name="document.read",
            submission=wish.submission,
            authority=rows[0][0],
            reason=wish.reason,
        ),
        now,
    )
    [standing] = yield from looking.LOOK.run([wish.submission])
    adapter = standing.submission.adapter if standing else ""
    said: Sequence[Row] = yield Ask(_said, {**asked, "adapter": adapter})
    return Content(bytes(content[0][0]), tuple(word for row in said for word in row if word))


TIMELINE: Final = each("timeline", _told)
READ_DOCUMENT: Final = each("read_document", _read)
