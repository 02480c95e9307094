"""Overlooking: what those who watch see at a glance, what they look for, and what waits for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, case, distinct, func, literal_column, select

from gateway.account import Scope
from gateway.drivers.sql.scoping import scoped, sized_for, within
from gateway.drivers.sql.steps import Ask, Row, Statement, Steps, each
from gateway.drivers.sql.tables import destinations, events, submissions
from gateway.operating import Arrived, Found, Group, Kind, Page, Tally, Wanted
from gateway.submission import SECOND, Micros, State, SubmissionId

# The states stand in the text, not in parameters: only so do both databases use a partial index.
_open: ColumnElement[bool] = literal_column("submissions.concluded_at IS NULL AND submissions.state <> 'rejected'")
_parked: ColumnElement[bool] = literal_column("submissions.state = 'parked'")
_real: ColumnElement[bool] = literal_column("submissions.test = 0")

_open_now = scoped(
    lambda seen: (
        select(
            submissions.c.service,
            submissions.c.adapter,
            submissions.c.state,
            func.count(),
            func.min(submissions.c.received_at),
        )
        .where(_open, _real, seen)
        .group_by(submissions.c.service, submissions.c.adapter, submissions.c.state)
        .order_by(submissions.c.service, submissions.c.adapter, submissions.c.state)
    )
)
# Asked of the events: each arrival is one, and never changes.
_span = events.c.at // bindparam("step")
_arrived = scoped(
    lambda seen: (
        select(
            _span.label("span"),
            events.c.service,
            func.count(),
            func.sum(case((literal_column("events.after = 'rejected'"), 1), else_=0)),
        )
        .where(literal_column("events.before IS NULL AND events.test = 0"), events.c.at >= bindparam("since"), seen)
        .group_by(literal_column("span"), events.c.service)
        .order_by(literal_column("span"), events.c.service)
    ),
    events.c.authority,
)
_groups = scoped(
    lambda seen: (
        select(
            submissions.c.cause,
            submissions.c.adapter,
            submissions.c.service,
            submissions.c.test,
            func.count().label("number"),
            func.count(distinct(submissions.c.destination)),
            func.count(distinct(submissions.c.authority)),
            func.min(submissions.c.updated_at),
            func.max(submissions.c.updated_at),
        )
        .where(_parked, seen)
        .group_by(submissions.c.cause, submissions.c.adapter, submissions.c.service, submissions.c.test)
        .order_by(literal_column("number").desc(), submissions.c.cause, submissions.c.adapter, submissions.c.service)
    )
)


@dataclass(frozen=True, slots=True)
class Span:
    """Since when, in steps of how many seconds, within which scope."""

    since: Micros
    step: float
    scope: Scope


def _tallies(scope: Scope) -> Steps[Sequence[Tally]]:
    statement, values = _open_now(scope)
    rows: Sequence[Row] = yield Ask(statement, values)
    return [
        Tally(service, adapter, State(state), count, Micros(oldest)) for service, adapter, state, count, oldest in rows
    ]


def _arrivals(span: Span) -> Steps[Sequence[Arrived]]:
    step = int(span.step * SECOND)
    statement, values = _arrived(span.scope)
    rows: Sequence[Row] = yield Ask(statement, {**values, "since": span.since, "step": step})
    return [
        Arrived(Micros(int(start) * step), service, number, int(rejected)) for start, service, number, rejected in rows
    ]


def _grouped(scope: Scope) -> Steps[Sequence[Group]]:
    statement, values = _groups(scope)
    rows: Sequence[Row] = yield Ask(statement, values)
    return [
        Group(Kind(cause, adapter, service, bool(test)), number, places, authorities, Micros(first), Micros(last))
        for cause, adapter, service, test, number, places, authorities, first, last in rows
    ]


# ── searching ────────────────────────────────────────────────────────────────────────────────────────────────────────

_LINE: Final = (
    *("sequence", "id", "state", "concluded_at", "received_at", "updated_at", "service", "authority", "adapter"),
    *("destination", "test", "tries", "cause", "version"),
)
_lines: Final = [submissions.c[name] for name in _LINE]

_arrival = (
    select(submissions.c.sequence)
    .select_from(events)
    .join(submissions, submissions.c.id == events.c.submission)
    .where(literal_column("events.before IS NULL"))
    .limit(literal_column("1"))
)
_came_after: Final = Statement(_arrival.where(events.c.at >= bindparam("moment")).order_by(events.c.at))
_came_before: Final = Statement(_arrival.where(events.c.at < bindparam("moment")).order_by(events.c.at.desc()))

_SLACK: Final = 3_600 * SECOND
"""A submission is recorded so long after it was received at most, however slowly it came."""

_CONDITIONS: Final[Mapping[str, ColumnElement[bool]]] = {
    "service": submissions.c.service == bindparam("service"),
    "authority": submissions.c.authority == bindparam("authority"),
    "adapter": submissions.c.adapter == bindparam("adapter"),
    "destination": submissions.c.destination == bindparam("destination"),
    "cause": submissions.c.cause == bindparam("cause"),
    "since": submissions.c.received_at >= bindparam("since"),
    "until": submissions.c.received_at < bindparam("until"),
}


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, within which scope, from where on."""

    wanted: Wanted
    scope: Scope
    after: int | None
    most: int


@lru_cache(maxsize=256)
def _listing(said: frozenset[str], state: State | None, size: int) -> Statement:
    conditions = [_CONDITIONS[name] for name in sorted(said)]
    if state is not None:
        conditions.append(literal_column(f"submissions.state = '{state}'"))
    return Statement(
        select(*_lines)
        .where(
            within(size),
            *conditions,
            submissions.c.sequence < bindparam("below"),
            submissions.c.sequence > bindparam("above"),
        )
        .order_by(submissions.c.sequence.desc())
        .limit(bindparam("most"))
    )


@lru_cache(maxsize=64)
def _by_id(size: int) -> Statement:
    return Statement(select(*_lines).where(submissions.c.id == bindparam("named"), within(size)))


@lru_cache(maxsize=64)
def _by_message(size: int) -> Statement:
    """
    By the message's UUID, asked of each destination, because so there is an index.

    UUIDs are random: an index of them alone would make every commit write more pages.
    """
    return Statement(
        select(*_lines)
        .select_from(destinations)
        .join(
            submissions,
            (submissions.c.destination == destinations.c.name)
            & (submissions.c.test == destinations.c.test)
            & (submissions.c.message_uuid == bindparam("named")),
        )
        .where(literal_column("submissions.message_uuid IS NOT NULL"), within(size))
        .order_by(submissions.c.sequence.desc())
        .limit(bindparam("most"))
    )


@lru_cache(maxsize=64)
def _turned_down(size: int) -> Statement:
    """What was turned down goes nowhere, and is found under no destination."""
    return Statement(
        select(*_lines)
        .where(
            literal_column("submissions.destination = '' AND submissions.message_uuid IS NOT NULL"),
            submissions.c.test.in_([literal_column("0"), literal_column("1")]),
            submissions.c.message_uuid == bindparam("named"),
            within(size),
        )
        .order_by(submissions.c.sequence.desc())
        .limit(bindparam("most"))
    )


def _search(search: Search) -> Steps[Page]:
    wanted = search.wanted
    size, values = sized_for(search.scope)
    if wanted.named:
        rows: Sequence[Row] = yield Ask(_by_id(size), {**values, "named": wanted.named})
        for statement in () if rows else (_by_message(size), _turned_down(size)):
            more: Sequence[Row] = yield Ask(statement, {**values, "named": wanted.named, "most": search.most})
            rows = [*rows, *more]
        return Page([_found(row) for row in rows], None)
    said: dict[str, Any] = {name: value for name in _CONDITIONS if (value := getattr(wanted, name)) not in (None, "")}
    statement = _listing(frozenset(said), wanted.state, size)
    above, below = yield from _between(wanted, search.after)
    rows = yield Ask(statement, {**values, **said, "above": above, "below": below, "most": search.most + 1})
    lines = [_found(row) for row in rows]
    goes_on = len(lines) > search.most
    return Page(lines[: search.most], lines[search.most - 1].sequence if goes_on else None)


def _between(wanted: Wanted, after: int | None) -> Steps[tuple[int, int]]:
    """Between which places of the sequence what was received in that time must lie: generously, and quickly found."""
    above, below = 0, _AFTER_ALL if after is None else after
    if wanted.since is not None:
        rows: Sequence[Row] = yield Ask(_came_before, {"moment": wanted.since - _SLACK})
        above = rows[0][0] if rows else above
    if wanted.until is not None:
        rows = yield Ask(_came_after, {"moment": wanted.until + _SLACK})
        below = min(below, rows[0][0]) if rows else below
    return above, below


def _found(row: Row) -> Found:
    facts = dict(zip(_LINE, row, strict=True))
    concluded = facts.pop("concluded_at") is not None
    return Found(
        **{
            **facts,
            "id": SubmissionId(facts["id"]),
            "state": State(facts["state"]),
            "test": bool(facts["test"]),
            "concluded": concluded,
        }
    )


_AFTER_ALL: Final = 2**62

OPEN_NOW: Final = each("open_now", _tallies)
ARRIVED: Final = each("arrived", _arrivals)
GROUPS: Final = each("groups", _grouped)
SEARCH: Final = each("search", _search)
