"""Accounting: what happened in a month, connection by connection, and where something is delivered at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import and_, bindparam, func, or_, select

from gateway.drivers.sql.steps import Ask, Row, Statement, Steps, each
from gateway.drivers.sql.tables import events, submissions
from gateway.journal import Happened
from gateway.submission import Micros, State, SubmissionId

_failed = events.alias("failed")
_first_failed = (
    select(func.min(_failed.c.at))
    .where(_failed.c.submission == events.c.submission, _failed.c.name == "attempt.failed")
    .scalar_subquery()
)
_happened: Final = Statement(
    select(
        events.c.id,
        events.c.submission,
        submissions.c.connection,
        events.c.at,
        events.c.name,
        events.c.before,
        events.c.after,
        events.c.test,
        submissions.c.received_at,
        _first_failed,
        submissions.c.standard,
        submissions.c.schema_version,
        submissions.c.adapter,
    )
    .join(submissions, submissions.c.id == events.c.submission)
    .where(events.c.at >= bindparam("start"), events.c.at < bindparam("end"), submissions.c.connection != "")
    .order_by(events.c.id)
)
_delivering: Final = Statement(
    select(submissions.c.connection)
    .join(events, and_(events.c.submission == submissions.c.id, events.c.at >= bindparam("since")))
    .where(
        or_(events.c.after == State.DELIVERED, events.c.after == State.CONFIRMED),
        submissions.c.test == 0,
        submissions.c.connection != "",
    )
    .distinct()
    .order_by(submissions.c.connection)
)


def _events_of(span: tuple[Micros, Micros]) -> Steps[Sequence[Happened]]:
    start, end = span
    rows: Sequence[Row] = yield Ask(_happened, {"start": start, "end": end})
    return [_happening(row) for row in rows]


def _happening(row: Row) -> Happened:
    (
        id_,
        submission,
        connection,
        at,
        name,
        before,
        after,
        test,
        received_at,
        first_failed,
        standard,
        version,
        adapter,
    ) = row
    return Happened(
        id=id_,
        submission=SubmissionId(submission),
        connection=connection,
        at=Micros(at),
        name=name,
        before=State(before) if before is not None else None,
        after=State(after),
        test=bool(test),
        received_at=Micros(received_at),
        first_failed=Micros(first_failed) if first_failed is not None else None,
        standard=standard,
        version=version,
        adapter=adapter,
    )


def _delivering_since(since: Micros) -> Steps[Sequence[str]]:
    rows: Sequence[Row] = yield Ask(_delivering, {"since": since})
    return [str(row[0]) for row in rows]


HAPPENED: Final = each("happened", _events_of)
DELIVERING: Final = each("delivering", _delivering_since)
