"""Handing over: which letters may leave, and taking back those that did not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, exists, func, literal_column, or_, select, update
from sqlalchemy.sql import ColumnElement

from gateway.delivery import Breaker
from gateway.dispatch import Letter
from gateway.drivers.sql.cases import HOLDS, set_aside, state_before
from gateway.drivers.sql.claiming import Resting, in_order, insert_claim, lock_lane, never
from gateway.drivers.sql.holding import AT_ONCE, hold, resume
from gateway.drivers.sql.rows import RELEASED, event_values, insert_event, submission_columns, submission_from
from gateway.drivers.sql.steps import (
    Ask,
    Do,
    Now,
    Operation,
    Row,
    Statement,
    Steps,
    Values,
    among,
    each,
    sized,
)
from gateway.drivers.sql.tables import claims, destinations, submissions
from gateway.journal import Lane, Limits
from gateway.submission import SECOND, Micros, State, Submission

# The states stand in the text, not in parameters, and without a type: only so do both databases use a partial index.
_waiting: ColumnElement[bool] = literal_column("submissions.state = 'accepted' AND submissions.due_at IS NOT NULL")
_on_the_way: ColumnElement[bool] = literal_column("submissions.state = 'handed_over'")

_first_due = (
    select(submissions.c.due_at)
    .where(_waiting, submissions.c.destination == destinations.c.name, submissions.c.test == destinations.c.test)
    .order_by(submissions.c.due_at, submissions.c.sequence)
    .limit(literal_column("1"))
    .scalar_subquery()
)
_lanes_with_due: Final = Statement(
    select(
        destinations.c.name,
        destinations.c.test,
        destinations.c.failures,
        destinations.c.open_until,
        destinations.c.probe,
        _first_due,
    )
    .where(
        destinations.c.paused_at.is_(None),
        or_(
            destinations.c.open_until.is_(None),
            (destinations.c.open_until <= bindparam("now")) & destinations.c.probe.is_(None),
        ),
        _first_due <= bindparam("now"),
    )
    .order_by(destinations.c.name, destinations.c.test)
    .with_for_update()
)
_in_flight: Final = Statement(
    select(submissions.c.destination, submissions.c.test, func.count())
    .where(_on_the_way)
    .group_by(submissions.c.destination, submissions.c.test)
)
_due: Final = Statement(
    select(
        *submission_columns(),
        *(submissions.c[name] for name in ("cause", "connection", "attempt", "follows")),
        state_before,
    )
    .where(
        _waiting,
        submissions.c.destination == bindparam("destination"),
        submissions.c.test == bindparam("test"),
        submissions.c.due_at <= bindparam("now"),
    )
    .order_by(submissions.c.due_at, submissions.c.sequence)
    .limit(bindparam("room"))
    .with_for_update(skip_locked=True, of=submissions)
)
_mark_handed_over: Final = Statement(
    update(submissions)
    .where(submissions.c.id == bindparam("submission"))
    .values(
        state=State.HANDED_OVER,
        attempt=bindparam("attempt"),
        version=submissions.c.version + 1,
        updated_at=bindparam("now"),
        handed_over_at=bindparam("now"),
        confirmed_at=None,
    )
)
_mark_probe: Final = Statement(
    update(destinations)
    .where(destinations.c.name == bindparam("destination"), destinations.c.test == bindparam("lane"))
    .values(probe=bindparam("submission"))
)
_mark_confirmed: Final = Statement(
    update(submissions)
    .where(submissions.c.id == bindparam("submission"), submissions.c.attempt == bindparam("letter"), _on_the_way)
    .values(confirmed_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True)
class HandOver:
    """How many letters may leave at most, and whether only those that wait at the door of a site."""

    most: int
    only_sites: bool = False


@dataclass(frozen=True, slots=True)
class _Able:
    """A lane in which something is due, and room for so many letters."""

    name: str
    test: int
    room: int
    first_due: Micros
    probes: bool


@dataclass(frozen=True, slots=True)
class _Due:
    """A submission whose time has come."""

    submission: Submission
    connection: str
    attempt: int
    """number of its last letter"""
    follows: str
    held: bool
    """whether the one it follows holds it"""
    by_hand: bool
    """whether a human let it go on"""

    @classmethod
    def of(cls, row: Row) -> _Due:
        cause, connection, attempt, follows, state = row[-5:]
        held, by_hand = state in HOLDS, cause == RELEASED
        return cls(submission_from(row), connection, attempt, follows or "", held=held, by_hand=by_hand)


@dataclass(frozen=True, slots=True)
class _Stay:
    """What does not leave although it is due."""

    paused: Collection[str]
    """connections that wait"""
    unordered: Collection[str]
    """adapters to which order does not matter"""

    def paused_now(self, one: _Due) -> bool:
        return one.connection in self.paused and not one.submission.test

    def behind(self, one: _Due) -> bool:
        return one.held and one.submission.adapter not in self.unordered

    def holds(self, one: _Due) -> bool:
        return self.paused_now(one) or self.behind(one)


@dataclass(frozen=True, slots=True)
class _Leaving:
    letter: Letter
    submission: Submission
    probe: bool

    @classmethod
    def of(cls, due: _Due, lane: _Able) -> _Leaving:
        one = due.submission
        letter = Letter(one.id, due.attempt + 1, one.adapter, one.traceparent, one.destination, due.by_hand)
        return cls(letter, one, lane.probes)


def hand_over(
    limits: Callable[[Lane], Limits],
    paused: Callable[[], Sequence[str]] = tuple,
    unordered: Collection[str] = frozenset(),
    at_sites: Callable[[], Collection[str]] = frozenset,
    resting: Resting = never,
) -> Operation[HandOver, Sequence[Letter]]:
    """
    The operation, for destinations with these limits; what belongs to a paused connection stays, tests apart, and what
    follows another of its case, unless it is for one of the `unordered` adapters; so does what is for a destination
    that is `resting`.
    """

    def run(wanted: HandOver) -> Steps[Sequence[Letter]]:
        most = wanted.most
        now: Micros = yield Now()
        stay = _Stay(frozenset(paused()), unordered)
        yield from resume(stay.paused, now)
        able = yield from _with_room(now, limits, resting(now))
        if wanted.only_sites:
            near = at_sites()
            able = [one for one in able if one.name in near]
        chosen = sorted(able, key=lambda one: one.first_due)[:most]
        leaving: list[_Leaving] = []
        ahead = AT_ONCE
        # An even share for each; who has waited longest comes last, and can use what the others leave of theirs.
        for left, one in zip(range(len(chosen), 0, -1), reversed(chosen), strict=True):
            share = min(one.room, (most - len(leaving)) // left)
            free, aside = yield from _free(one, share, now, stay, ahead)
            ahead = max(0, ahead - aside)
            leaving += [_Leaving.of(due, one) for due in free]
        yield from _leave(leaving, now)
        return [one.letter for one in leaving]

    return each("hand_over", run, durable=False)


def _free(lane: _Able, share: int, now: Micros, stay: _Stay, ahead: int) -> Steps[tuple[list[_Due], int]]:
    """
    The next that may leave. What stands in their way is set aside: for a paused connection, or behind another of its
    case; how much was. Where there is any, so many more are looked at.
    """
    wanted = {"destination": lane.name, "test": lane.test, "now": now}
    rows: Sequence[Row] = yield Ask(_due, {**wanted, "room": share})
    due = [_Due.of(row) for row in rows]
    if not any(stay.holds(one) for one in due):
        return due, 0
    rows = yield Ask(_due, {**wanted, "room": share + ahead})
    due = [_Due.of(row) for row in rows]
    waits = [one.submission.id for one in due if stay.paused_now(one)]
    yield from hold(waits)
    behind = yield from set_aside(
        {one.submission.id: one.follows for one in due if stay.behind(one) and not stay.paused_now(one)}
    )
    return [one for one in due if not stay.holds(one)][:share], len(waits) + behind


def _with_room(now: Micros, limits: Callable[[Lane], Limits], resting: Collection[str]) -> Steps[list[_Able]]:
    lanes: Sequence[Row] = yield Ask(_lanes_with_due, {"now": now})
    if not lanes:
        return []
    counted: Sequence[Row] = yield Ask(_in_flight, {})
    in_flight = {(name, test): count for name, test, count in counted}
    able: list[_Able] = []
    for name, test, failures, open_until, probe, first_due in lanes:
        if name in resting:
            continue
        breaker = Breaker(failures, open_until, probe)
        room = breaker.room(now, in_flight.get((name, test), 0), limits(Lane(name, bool(test))))
        if room > 0:
            able.append(_Able(name, test, room, first_due, probes=open_until is not None))
    return able


def _leave(leaving: Sequence[_Leaving], now: Micros) -> Steps[None]:
    if not leaving:
        return
    yield Do(
        _mark_handed_over,
        [{"submission": one.submission.id, "attempt": one.letter.attempt, "now": now} for one in leaving],
    )
    yield Do(
        insert_event,
        [
            event_values(
                one.submission,
                now,
                "letter.handed_over",
                State.ACCEPTED,
                State.HANDED_OVER,
                attempt=one.letter.attempt,
            )
            for one in leaving
        ],
    )
    if probes := [
        {
            "destination": one.submission.destination,
            "lane": int(one.submission.test),
            "submission": one.submission.id,
        }
        for one in leaving
        if one.probe
    ]:
        yield Do(_mark_probe, probes)


def _confirm(batches: Sequence[Sequence[Letter]]) -> Steps[Sequence[None]]:
    now: Micros = yield Now()
    letters = [letter for batch in batches for letter in batch]
    if letters:
        yield Do(
            _mark_confirmed,
            [
                {"submission": letter.submission, "letter": letter.attempt, "now": now}
                for letter in sorted(letters, key=lambda letter: letter.submission)
            ],
        )
    return [None for _ in batches]


CONFIRM: Final = Operation("confirm", _confirm, durable=False)


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Letters to take back, why, and after how many seconds they are due again."""

    letters: Sequence[Letter]
    because: str
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """Which letters to take back: older than these seconds, by whether the broker confirmed them."""

    unconfirmed: float
    confirmed: float


_locked = sized(
    lambda size: (
        select(*submission_columns(), submissions.c.attempt)
        .where(_on_the_way, among(submissions.c.id, size))
        .order_by(submissions.c.id)
        .with_for_update()
    )
)
_claimed_attempt = exists(
    select(1).where(claims.c.submission == submissions.c.id, claims.c.attempt == submissions.c.attempt)
)
_unclaimed_but = sized(
    lambda size: (
        select(submissions.c.id, submissions.c.attempt)
        .where(
            _on_the_way,
            ~among(submissions.c.destination, size),
            or_(
                submissions.c.confirmed_at.is_(None)
                & (submissions.c.handed_over_at <= bindparam("unconfirmed_before")),
                submissions.c.confirmed_at <= bindparam("confirmed_before"),
            ),
            ~_claimed_attempt,
        )
        .limit(bindparam("most"))
    )
)
_won = sized(
    lambda size: select(claims.c.submission, claims.c.attempt, claims.c.worker).where(among(claims.c.submission, size))
)
_mark_accepted: Final = Statement(
    update(submissions)
    .where(submissions.c.id == bindparam("submission"))
    .values(
        state=State.ACCEPTED,
        version=submissions.c.version + 1,
        updated_at=bindparam("now"),
        due_at=bindparam("due"),
        handed_over_at=None,
        confirmed_at=None,
    )
)
_probing: Final = Statement(
    select(destinations.c.name, destinations.c.test, destinations.c.probe).where(
        literal_column("destinations.probe IS NOT NULL")
    )
)
_forget_probe: Final = Statement(
    update(destinations)
    .where(destinations.c.name == bindparam("destination"), destinations.c.test == bindparam("lane"))
    .values(probe=None)
)


_Named = tuple[str, int]
"""a letter: its submission and its number"""


def _take_back(wanted: TakeBack) -> Steps[int]:
    if not wanted.letters:
        return 0
    now: Micros = yield Now()
    named = {(letter.submission, letter.attempt) for letter in wanted.letters}
    return (yield from _void(named, now, wanted.because, wanted.after))


TAKE_BACK: Final = each("take_back", _take_back)


@dataclass(frozen=True, slots=True)
class Returned:
    """So many letters came back; `more` says that others may be left."""

    letters: int
    more: bool


def return_unclaimed(at_sites: Callable[[], Collection[str]] = frozenset) -> Operation[Unclaimed, Returned]:
    """The operation; what is for one of the destinations at a site stays."""

    def run(wanted: Unclaimed) -> Steps[Returned]:
        now: Micros = yield Now()
        bounds = {
            "unconfirmed_before": _before(now, wanted.unconfirmed),
            "confirmed_before": _before(now, wanted.confirmed),
        }
        statement, values = _unclaimed_but(sorted(at_sites()) or [_NOWHERE])
        found: Sequence[Row] = yield Ask(statement, {**values, **bounds, "most": _AT_ONCE})
        back = yield from _void({(id_, attempt) for id_, attempt in found}, now, "unclaimed", 0.0)
        return Returned(back, len(found) == _AT_ONCE)

    return each("return_unclaimed", run)


def _before(now: Micros, seconds: float) -> int:
    """The moment so long ago; none at all means any moment, also one that a clock put into the future."""
    return now - int(seconds * SECOND) if seconds > 0 else _DOOMSDAY


_AT_ONCE: Final = 1_000
"""Letters per transaction: a broker can lose more than a statement has room for."""
_DOOMSDAY: Final = 2**62

_NOWHERE: Final = ""
"""No destination is called like that."""


def _void(letters: Collection[_Named], now: Micros, because: str, after: float) -> Steps[int]:
    """Win the attempt's claim, so that no worker can; whatever a worker won first stays on its way."""
    rows = yield from _still_out(letters)
    if not rows:
        return 0
    probes = yield from _locked_probes({row[0] for row in rows})
    yield Do(insert_claim, [_void_claim(submission_from(row), row[-1], now, because) for row in rows])
    statement, values = _won([row[0] for row in rows])
    held: Sequence[Row] = yield Ask(statement, values)
    ours = {(submission, attempt) for submission, attempt, worker in held if worker == ""}
    back = [row for row in rows if (row[0], row[-1]) in ours]
    if not back:
        return 0
    due = now + int(after * SECOND)
    yield Do(_mark_accepted, [{"submission": row[0], "now": now, "due": due} for row in back])
    yield Do(
        insert_event,
        [
            event_values(
                submission_from(row),
                now,
                "letter.taken_back",
                State.HANDED_OVER,
                State.ACCEPTED,
                attempt=row[-1],
                code=because,
            )
            for row in back
        ],
    )
    if freed := [probes[row[0]] for row in back if row[0] in probes]:
        yield Do(_forget_probe, [{"destination": lane.destination, "lane": int(lane.test)} for lane in freed])
    return len(back)


def _still_out(letters: Collection[_Named]) -> Steps[list[Row]]:
    """The rows of those letters that are the last ones of their submissions, locked."""
    if not letters:
        return []
    statement, values = _locked([submission for submission, _ in letters])
    rows: Sequence[Row] = yield Ask(statement, values)
    return [row for row in rows if (row[0], row[-1]) in letters]


def _locked_probes(among_these: Collection[str]) -> Steps[dict[str, Lane]]:
    """Which of these submissions are probes, and of which lane; the lanes are locked before any claim is, as always."""
    rows: Sequence[Row] = yield Ask(_probing, {})
    probes = {probe: Lane(name, bool(test)) for name, test, probe in rows if probe in among_these}
    for lane in in_order(probes.values()):
        yield Ask(lock_lane, {"destination": lane.destination, "test": int(lane.test)})
    return probes


def _void_claim(submission: Submission, attempt: int, now: Micros, because: str) -> Values:
    return {
        "submission": submission.id,
        "attempt": attempt,
        "key_hash": "",
        "worker": "",
        "adapter": submission.adapter,
        "destination": submission.destination,
        "test": int(submission.test),
        "claimed_at": now,
        "leased_until": now,
        "ended_at": now,
        "outcome": "void",
        "code": because,
    }
