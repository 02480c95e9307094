"""
Holding: what belongs to a paused connection is set aside, and becomes due again when it goes on.

A held submission is `accepted` without a due time, and behind nobody (see `cases`). It is looked at once, not every
time something is handed over: a connection may be paused over weeks, and what waits for it must cost the others
nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import bindparam, literal_column, select, update
from sqlalchemy.sql import ColumnElement

from gateway.drivers.sql.steps import Ask, Do, Row, Statement, Steps
from gateway.drivers.sql.tables import submissions
from gateway.submission import Micros

AT_ONCE: Final = 1_000
"""About so many rows one transaction sets aside, or makes due again for a connection."""

_held: ColumnElement[bool] = literal_column(
    "submissions.state = 'accepted' AND submissions.due_at IS NULL AND submissions.behind = 0"
)
_next_connection: Final = Statement(
    select(submissions.c.connection)
    .where(_held, submissions.c.connection > bindparam("last"))
    .order_by(submissions.c.connection)
    .limit(literal_column("1"))
)
_held_for: Final = Statement(
    select(submissions.c.id)
    .where(_held, submissions.c.connection == bindparam("connection"))
    .order_by(submissions.c.sequence)
    .limit(literal_column(str(AT_ONCE)))
    .with_for_update(skip_locked=True)
)
_set_due: Final = Statement(
    update(submissions)
    .where(submissions.c.id == bindparam("submission"))
    .values({"due_at": bindparam("due"), "version": submissions.c.version + 1})
)


def hold(ids: Collection[str]) -> Steps[None]:
    """Set these aside; whoever calls has locked them."""
    if ids:
        yield Do(_set_due, [{"submission": id_, "due": None} for id_ in ids])


def resume(paused: Collection[str], now: Micros) -> Steps[None]:
    """Make due what is held for connections that go on, the oldest first; not all at once where it is much."""
    last = ""
    while rows := (yield Ask(_next_connection, {"last": last})):
        last = rows[0][0]
        if last not in paused:
            held: Sequence[Row] = yield Ask(_held_for, {"connection": last})
            if held:
                yield Do(_set_due, [{"submission": row[0], "due": now} for row in held])
