"""Concluding: what the end of an attempt does to its submission, its claim and its destination's breaker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, assert_never

from sqlalchemy import bindparam, literal_column, select, update

from gateway.adapter import Broken, Delivered, Ending, Refused, Unclear, Unreachable
from gateway.delivery import Breaker
from gateway.dispatch import Report
from gateway.drivers.sql.cases import HOLDS, go_on_after
from gateway.drivers.sql.claiming import Words, hash_of, in_order, keep_words, lock_lane
from gateway.drivers.sql.rows import (
    OPEN_CLAIM_COLUMNS,
    event_values,
    insert_event,
    submission_columns,
    submission_from,
)
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
from gateway.journal import Attempt, Conclude, Decide, Ignored, Lane, Limits, Moved, Park, TryAgain
from gateway.submission import SECOND, Micros, State, SubmissionId


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt ended: who says so, and what follows from it. A lapsed lease needs no key."""

    report: Report
    decide: Decide
    lapsed: bool = False


_STATE: Final = ("state", "attempt", "tries", "ask", "concluded_at")
_locked = sized(
    lambda size: (
        select(*submission_columns(), *(submissions.c[name] for name in _STATE))
        .where(among(submissions.c.id, size))
        .order_by(submissions.c.id)
        .with_for_update()
    )
)
_claims_of = sized(lambda size: select(*OPEN_CLAIM_COLUMNS).where(among(claims.c.submission, size)))
_move: Final = Statement(
    update(submissions)
    .where(submissions.c.id == bindparam("submission"))
    .values(
        {
            "state": bindparam("to_state"),
            "grade": bindparam("to_grade"),
            "concluded_at": bindparam("to_concluded"),
            "due_at": bindparam("to_due"),
            "tries": bindparam("to_tries"),
            "ask": bindparam("to_ask"),
            "cause": bindparam("to_cause"),
            "version": submissions.c.version + 1,
            "updated_at": bindparam("now"),
            "handed_over_at": None,
            "confirmed_at": None,
        }
    )
)
_end_claim: Final = Statement(
    update(claims)
    .where(claims.c.submission == bindparam("of"), claims.c.attempt == bindparam("number"))
    .values(ended_at=bindparam("now"), outcome=bindparam("ended_as"), code=bindparam("ended_code"))
)
_lapsed: Final = Statement(
    select(claims.c.submission, claims.c.attempt, claims.c.worker, claims.c.adapter)
    .where(literal_column("claims.ended_at IS NULL"), claims.c.leased_until < bindparam("now"))
    .order_by(claims.c.leased_until)
    .limit(500)
)
_failures: Final = Statement(
    select(destinations.c.failures).where(
        destinations.c.name == bindparam("destination"), destinations.c.test == bindparam("test")
    )
)
_set_lane: Final = Statement(
    update(destinations)
    .where(destinations.c.name == bindparam("destination"), destinations.c.test == bindparam("lane"))
    .values(failures=bindparam("to_failures"), open_until=bindparam("to_open"), probe=bindparam("to_probe"))
)


def conclude(limits: Callable[[Lane], Limits]) -> Operation[Ended, Moved | Ignored]:
    """The operation, for destinations with these limits."""

    def run(ended: Sequence[Ended]) -> Steps[Sequence[Moved | Ignored]]:
        now: Micros = yield Now()
        return (yield from _conclude(ended, now, limits))

    return Operation("conclude", run)


def _over(_: None) -> Steps[Sequence[Report]]:
    """What would be reported of the claims whose lease has ended, if somebody did; the longest over come first."""
    now: Micros = yield Now()
    rows: Sequence[Row] = yield Ask(_lapsed, {"now": now})
    return [
        Report(SubmissionId(id_), attempt, "", worker, adapter, Unclear("lease-ended"))
        for id_, attempt, worker, adapter in rows
    ]


OVER: Final = each("lapse", _over)


_held_by: Final = Statement(
    select(claims.c.submission, claims.c.attempt).where(
        literal_column("claims.ended_at IS NULL"), claims.c.worker == bindparam("name")
    )
)
_end_lease: Final = Statement(
    update(claims)
    .where(claims.c.submission == bindparam("of"), claims.c.attempt == bindparam("number"))
    .values(leased_until=0)
)


def _abandon(worker: str) -> Steps[None]:
    rows: Sequence[Row] = yield Ask(_held_by, {"name": worker})
    if rows:
        yield Do(
            _end_lease, [{"of": submission, "number": attempt} for submission, attempt in sorted(map(tuple, rows))]
        )


ABANDON: Final = each("abandon", _abandon)


def _conclude(ended: Sequence[Ended], now: Micros, limits: Callable[[Lane], Limits]) -> Steps[list[Moved | Ignored]]:
    if not ended:
        return []
    ids = [one.report.submission for one in ended]
    statement, values = _locked(ids)
    locked: Sequence[Row] = yield Ask(statement, values)
    rows = {SubmissionId(row[0]): row for row in locked}
    statement, values = _claims_of(ids)
    held: Sequence[Row] = yield Ask(statement, values)
    open_claims = {(row[0], row[1]): row for row in held}
    results: list[Moved | Ignored] = []
    moves: list[tuple[Ended, Moved, Values]] = []
    for one in ended:
        row = rows.get(one.report.submission)
        claim = open_claims.get((one.report.submission, one.report.attempt))
        if (because := _ignored(one, row, claim)) is not None:
            results.append(because)
            continue
        assert row is not None
        assert claim is not None
        open_claims[one.report.submission, one.report.attempt] = (*claim[:2], "", "", now, claim[-1])
        moved, change = _moved(one, row, claim[-1], now)
        moves.append((one, moved, change))
        results.append(moved)
    if moves:
        yield from _move_submissions(moves, now)
        breakers = yield from _breakers(moves, now, limits)
        yield from _end_claims(moves, now)
        yield from _keep_words([(one.report, moved) for one, moved, _ in moves])
        results = [
            replace(one, breaker_open=breakers.get(one.submission.id)) if isinstance(one, Moved) else one
            for one in results
        ]
    return results


def _ignored(one: Ended, row: Row | None, claim: Row | None) -> Ignored | None:
    if row is None:
        return Ignored("unknown")
    if claim is None:
        return Ignored("no-claim")
    _, _, key_hash, worker, ended_at, _ = claim
    if ended_at is not None:
        return Ignored("already-answered")
    if not one.lapsed and (key_hash != hash_of(one.report.key) or worker != one.report.worker):
        return Ignored("wrong-key")
    return None


def _moved(one: Ended, row: Row, began: Micros, now: Micros) -> tuple[Moved, Values]:
    submission = submission_from(row)
    before, _, tries, ask, _ = row[-len(_STATE) :]
    attempt = Attempt(tries + 1, (now - submission.received_at) / SECOND, submission.adapter)
    decision = one.decide(one.report.ending, attempt)
    values: dict[str, Any] = {
        "submission": submission.id,
        "now": now,
        "to_grade": None,
        "to_concluded": None,
        "to_due": None,
        "to_tries": attempt.tries,
        "to_ask": ask,
        "to_cause": "",
    }
    match decision:
        case Conclude(state, final, grade, code):
            after: State = state
            values |= {
                "to_grade": grade,
                "to_concluded": now if final else None,
                "to_ask": 0,
                "to_cause": code,
            }
        case TryAgain(wait, because, asking):
            after = State.ACCEPTED
            values |= {"to_due": now + int(wait * SECOND), "to_ask": int(ask or asking), "to_cause": because}
        case Park(cause, asking):
            after = State.PARKED
            values |= {"to_cause": cause, "to_ask": int(ask or asking)}
        case _:
            assert_never(decision)
    values["to_state"] = after
    concluded = values["to_concluded"] is not None
    took = (now - began) / SECOND
    return Moved(submission, State(before), after, concluded, decision, attempt.tries, now, took=took), values


_EVENT_NAMES: Final = {State.ACCEPTED: "attempt.failed", State.PARKED: "submission.parked"}


_Moves = Sequence[tuple[Ended, Moved, Values]]


def _move_submissions(moves: _Moves, now: Micros) -> Steps[None]:
    yield Do(_move, [values for _, _, values in moves])
    yield Do(
        insert_event,
        [
            event_values(
                moved.submission,
                now,
                _EVENT_NAMES.get(moved.after, f"submission.{moved.after}"),
                moved.before,
                moved.after,
                attempt=one.report.attempt,
                code=values["to_cause"] or (values["to_grade"] or ""),
                concludes=moved.concluded,
            )
            for one, moved, values in moves
        ],
    )
    yield from go_on_after([moved.submission.id for _, moved, _ in moves if moved.after not in HOLDS], now)


def _end_claims(moves: _Moves, now: Micros) -> Steps[None]:
    yield Do(
        _end_claim,
        [
            {
                "of": one.report.submission,
                "number": one.report.attempt,
                "now": now,
                "ended_as": type(one.report.ending).__name__.lower(),
                "ended_code": values["to_cause"],
            }
            for one, _, values in sorted(moves, key=lambda move: move[0].report.submission)
        ],
    )


def _keep_words(ended: Sequence[tuple[Report, Moved]]) -> Steps[None]:
    """What vendors said, where a report still has it: from a site it comes with the outcome."""
    said = [
        Words(report.submission, report.attempt, moved.submission.adapter, *words)
        for report, moved in ended
        if any(words := _words_of(report.ending))
    ]
    if said:
        yield from keep_words(said)


def _words_of(ending: Ending) -> tuple[str, str]:
    """Reference and reason."""
    match ending:
        case Delivered(reference, _):
            return reference, ""
        case Refused(_, reason):
            return "", reason
        case _:
            return "", ""


def _breakers(moves: _Moves, now: Micros, limits: Callable[[Lane], Limits]) -> Steps[dict[SubmissionId, bool]]:
    """Move the breakers of the destinations concerned; which submissions opened (True) or closed (False) one."""
    turned: dict[SubmissionId, bool] = {}
    by_lane: dict[Lane, list[tuple[SubmissionId, Ending]]] = {}
    for one, moved, _ in moves:
        lane = Lane(moved.submission.destination, moved.submission.test)
        by_lane.setdefault(lane, []).append((moved.submission.id, one.report.ending))
    for lane in in_order(by_lane):
        where = {"destination": lane.destination, "test": int(lane.test)}
        rows: Sequence[Row] = yield Ask(_failures, where)
        if not rows or (rows[0][0] == 0 and not any(_fails(ending) for _, ending in by_lane[lane])):
            continue
        rows = yield Ask(lock_lane, where)
        breaker = before = Breaker(*rows[0])
        for submission, ending in by_lane[lane]:
            was_open = breaker.open_until is not None
            breaker = _after(breaker, submission, ending, now, limits(lane))
            if was_open != (breaker.open_until is not None):
                turned[submission] = not was_open
        if breaker != before:
            yield Do(
                _set_lane,
                [
                    {
                        "destination": lane.destination,
                        "lane": int(lane.test),
                        "to_failures": breaker.failures,
                        "to_open": breaker.open_until,
                        "to_probe": breaker.probe,
                    }
                ],
            )
    return turned


def _fails(ending: Ending) -> bool:
    return isinstance(ending, (Unreachable, Unclear))


def _after(breaker: Breaker, submission: SubmissionId, ending: Ending, now: Micros, limits: Limits) -> Breaker:
    match ending:
        case Delivered() | Refused():
            return breaker.succeeded()
        case Unreachable(_, wait):
            return breaker.failed(submission, now, limits, wait=wait or 0.0)
        case Unclear():
            return breaker.failed(submission, now, limits)
        case Broken():
            return breaker.forgotten(submission)
        case _:
            assert_never(ending)
