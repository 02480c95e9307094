"""Looking: where submissions stand, what happened to them, and whether the two books agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import and_, bindparam, func, literal_column, select

from gateway.drivers.sql.cases import HOLDS
from gateway.drivers.sql.reply_rows import arrived_files, files_from
from gateway.drivers.sql.rows import (
    ATTACHMENT_COLUMNS,
    EVENT_COLUMNS,
    attachments_by_submission,
    event_from,
    standing_from,
    standings,
)
from gateway.drivers.sql.steps import Ask, Row, Statement, Steps, among, each, sized
from gateway.drivers.sql.tables import attachments, events, submissions
from gateway.journal import Event, Ledger, Standing
from gateway.submission import State, SubmissionId

MOST_HELD_BACK: Final = 100
"""So many of those that wait behind another are named."""

_one: Final = Statement(standings().where(submissions.c.id == bindparam("submission")))
_enclosed: Final = Statement(
    select(*ATTACHMENT_COLUMNS)
    .where(attachments.c.submission == bindparam("submission"))
    .order_by(attachments.c.position)
)
_versions = sized(lambda size: select(submissions.c.id, submissions.c.version).where(among(submissions.c.id, size)))
_events: Final = Statement(
    select(*EVENT_COLUMNS).where(events.c.submission == bindparam("submission")).order_by(events.c.id)
)
_parked: Final = Statement(
    standings()
    .where(literal_column("submissions.state = 'parked'"))
    .order_by(submissions.c.sequence)
    .limit(bindparam("most"))
)
_first = submissions.alias("first")
_later = submissions.alias("later")
_waits_for: Final = Statement(
    select(submissions.c.follows).where(submissions.c.id == bindparam("submission"), submissions.c.behind == 1)
)
_set_aside_after = (
    select(_first.c.id, _later.c.id)
    .select_from(_first)
    .join(
        _later,
        and_(
            _later.c.case_key == _first.c.case_key,
            _later.c.client == _first.c.client,
            _later.c.destination == _first.c.destination,
            _later.c.test == _first.c.test,
            _later.c.sequence > _first.c.sequence,
            literal_column("later.follows IS NOT NULL"),
            _later.c.behind == 1,
        ),
    )
    .order_by(_later.c.sequence)
)
_held_back: Final = Statement(
    _set_aside_after.where(_first.c.id == bindparam("submission")).limit(literal_column(str(MOST_HELD_BACK)))
)
_held_back_by_parked: Final = Statement(_set_aside_after.where(literal_column("first.state = 'parked'")))
_last_test: Final = Statement(
    standings()
    .where(literal_column("submissions.test = 1"), submissions.c.connection == bindparam("connection"))
    .order_by(submissions.c.sequence.desc())
    .limit(literal_column("1"))
)
_attachment_ids: Final = Statement(select(attachments.c.id))
MOVES: Final = Statement(
    select(
        events.c.service,
        events.c.authority,
        events.c.test,
        events.c.before,
        events.c.after,
        events.c.concludes,
        func.count(),
    ).group_by(
        events.c.service,
        events.c.authority,
        events.c.test,
        events.c.before,
        events.c.after,
        events.c.concludes,
    )
)
_standing_counts: Final = Statement(
    select(
        submissions.c.service,
        submissions.c.authority,
        submissions.c.test,
        submissions.c.state,
        submissions.c.concluded_at.is_not(None).label("ended"),
        func.count(),
    ).group_by(submissions.c.service, submissions.c.authority, submissions.c.test, submissions.c.state, "ended")
)


def _look(submission: SubmissionId) -> Steps[Standing | None]:
    rows: Sequence[Row] = yield Ask(_one, {"submission": submission})
    if not rows:
        return None
    standing = standing_from(rows[0])
    enclosed = attachments_by_submission((yield Ask(_enclosed, {"submission": submission})))
    standing = replace(
        standing, submission=replace(standing.submission, attachments=tuple(enclosed.get(submission, ())))
    )
    if standing.state not in HOLDS:
        return standing
    before: Sequence[Row] = yield Ask(_waits_for, {"submission": submission})
    behind: Sequence[Row] = yield Ask(_held_back, {"submission": submission})
    return replace(
        standing,
        waits_for=SubmissionId(before[0][0]) if before else None,
        held_back=tuple(SubmissionId(row[1]) for row in behind),
    )


def _versions_of(ids: Sequence[SubmissionId]) -> Steps[Mapping[SubmissionId, int]]:
    found: dict[SubmissionId, int] = {}
    for begin in range(0, len(ids), _AT_ONCE):
        statement, values = _versions(ids[begin : begin + _AT_ONCE])
        rows: Sequence[Row] = yield Ask(statement, values)
        found |= {SubmissionId(id_): int(version) for id_, version in rows}
    return found


_AT_ONCE: Final = 1_024
"""Submissions of one question: far below SQLite's 32,766 marks."""


def _history(submission: SubmissionId) -> Steps[Sequence[Event]]:
    rows: Sequence[Row] = yield Ask(_events, {"submission": submission})
    return [event_from(row) for row in rows]


def _waiting_for_people(most: int) -> Steps[Sequence[Standing]]:
    rows: Sequence[Row] = yield Ask(_parked, {"most": most})
    if not rows:
        return []
    held: dict[str, list[SubmissionId]] = {}
    for first, later in (yield Ask(_held_back_by_parked, {})):
        held.setdefault(first, []).append(SubmissionId(later))
    return [replace(standing_from(row), held_back=tuple(held.get(row[0], ())[:MOST_HELD_BACK])) for row in rows]


def _last_test_of(connection: str) -> Steps[Standing | None]:
    rows: Sequence[Row] = yield Ask(_last_test, {"connection": connection})
    return standing_from(rows[0]) if rows else None


def _known_attachments(_: None) -> Steps[frozenset[str]]:
    rows: Sequence[Row] = yield Ask(_attachment_ids, {})
    left: Sequence[Row] = yield Ask(arrived_files, {})
    return frozenset(row[0] for row in rows) | {one.id for row in left for one in files_from(row[0])}


def _balance(_: None) -> Steps[Ledger]:
    moves: Sequence[Row] = yield Ask(MOVES, {})
    counted: Sequence[Row] = yield Ask(_standing_counts, {})
    return ledger_of(moves, counted)


def ledger_of(moves: Sequence[Row], counted: Sequence[Row]) -> Ledger:
    """
    The two books compared: rows of `MOVES`, and how many submissions there are by service, authority, test, state and
    whether they have ended.
    """
    states: Counter[State] = Counter()
    for row in counted:
        states[State(row[3])] += row[-1]
    received = sum(count for *_key, before, _after, _concludes, count in moves if before is None)
    concluded = sum(count for *_key, ended, count in counted if ended)
    apart = states[State.REJECTED], states[State.PARKED], concluded
    return Ledger(
        received=received,
        rejected=states[State.REJECTED],
        in_flight=states.total() - sum(apart),
        parked=states[State.PARKED],
        concluded=concluded,
        imbalance=max((found.total() for found in _differences(moves, counted)), default=0),
        states=dict(states),
    )


def imbalances(moves: Sequence[Row], counted: Sequence[Row]) -> Mapping[str, int]:
    """By service how far the two books are apart; services that are in balance are left out."""
    in_states, in_ends = _differences(moves, counted)
    return {service: max(in_states[service], in_ends[service]) for service in in_states | in_ends}


def _differences(moves: Sequence[Row], counted: Sequence[Row]) -> tuple[Counter[str], Counter[str]]:
    return (
        _difference(_states_told(moves), _states_there(counted)),
        _difference(_ends_told(moves), _ends_there(counted)),
    )


Book = Counter[tuple[Any, ...]]
"""how many, by service, authority, test, and state"""


def _difference(told: Book, there: Book) -> Counter[str]:
    """By service, for how many submissions the books differ."""
    found: Counter[str] = Counter()
    for cell in told.keys() | there.keys():
        if told[cell] != there[cell]:
            found[cell[0]] += abs(told[cell] - there[cell])
    return found


def _states_told(moves: Sequence[Row]) -> Book:
    """How many must be in each state, as the events tell it."""
    book: Book = Counter()
    for service, authority, test, before, after, _concludes, count in moves:
        book[service, authority, test, after] += count
        if before is not None:
            book[service, authority, test, before] -= count
    return book


def _states_there(counted: Sequence[Row]) -> Book:
    """How many are in each state, as their rows say."""
    book: Book = Counter()
    for service, authority, test, state, _ended, count in counted:
        book[service, authority, test, state] += count
    return book


def _ends_told(moves: Sequence[Row]) -> Book:
    """How many must have ended, as the events tell it."""
    book: Book = Counter()
    for service, authority, test, _before, _after, concludes, count in moves:
        if concludes:
            book[service, authority, test] += count
    return book


def _ends_there(counted: Sequence[Row]) -> Book:
    """How many have ended, as their rows say."""
    book: Book = Counter()
    for service, authority, test, _state, ended, count in counted:
        if ended:
            book[service, authority, test] += count
    return book


LOOK: Final = each("look", _look)
VERSIONS: Final = each("versions", _versions_of)
HISTORY: Final = each("history", _history)
WAITING_FOR_PEOPLE: Final = each("parked", _waiting_for_people)
LAST_TEST: Final = each("last_test", _last_test_of)
KNOWN_ATTACHMENTS: Final = each("attachment_ids", _known_attachments)
BALANCE: Final = each("ledger", _balance)
