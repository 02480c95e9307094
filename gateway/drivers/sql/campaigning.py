"""Campaigning: each step of a campaign in one transaction, under the lock of its row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import bindparam, case, func, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_unless
from sqlalchemy.sql import ColumnElement

from gateway.account import Deed, Scope
from gateway.campaign import (
    LOOKED_BACK,
    Advanced,
    Campaign,
    Counts,
    End,
    Estimate,
    Go,
    Plan,
    Progress,
    Verdict,
    Wait,
    due_after,
    next_step,
)
from gateway.drivers.sql.accounts import note_deed
from gateway.drivers.sql.deciding import FAILED, GOOD, give_up, let_go_on, locked, parked_in
from gateway.drivers.sql.operating_tables import campaigns, retries
from gateway.drivers.sql.scoping import scoped
from gateway.drivers.sql.steps import Ask, Do, Now, Row, Statement, Steps, each
from gateway.drivers.sql.tables import submissions
from gateway.errors import NotFound, NotResponsible
from gateway.operating import Kind
from gateway.submission import Micros

_of_a_kind: ColumnElement[bool] = (
    (submissions.c.cause == bindparam("cause"))
    & (submissions.c.adapter == bindparam("adapter"))
    & (submissions.c.service == bindparam("service"))
    & (submissions.c.test == bindparam("test"))
    & or_(bindparam("place") == literal_column("''"), submissions.c.destination == bindparam("place"))
)
_parked: ColumnElement[bool] = literal_column("submissions.state = 'parked'")
_by_destination = scoped(
    lambda seen: (
        select(
            submissions.c.destination,
            func.count().label("number"),
            func.min(submissions.c.updated_at),
            func.max(submissions.c.updated_at),
        )
        .where(_parked, _of_a_kind, seen)
        .group_by(submissions.c.destination)
        .order_by(literal_column("number").desc(), submissions.c.destination)
    )
)
_next_ones = scoped(
    lambda seen: (
        select(submissions.c.id, submissions.c.sequence)
        .where(
            _parked,
            _of_a_kind,
            seen,
            submissions.c.sequence > bindparam("above"),
            submissions.c.updated_at <= bindparam("begun"),
        )
        .order_by(submissions.c.sequence)
        .limit(bindparam("most"))
    )
)
_names: Final = tuple(campaigns.c.keys())
_insert: Final = Statement(
    insert_unless(campaigns).values({name: bindparam(name) for name in _names}).on_conflict_do_nothing()
)
_one: Final = Statement(select(*campaigns.c).where(campaigns.c.id == bindparam("campaign")))
_held: Final = Statement(select(*campaigns.c).where(campaigns.c.id == bindparam("campaign")).with_for_update())
_latest: Final = Statement(select(*campaigns.c).order_by(campaigns.c.begun_at.desc(), campaigns.c.id.desc()).limit(500))
_due: Final = Statement(
    select(campaigns.c.id)
    .where(literal_column("campaigns.ended_at IS NULL"), campaigns.c.next_at <= bindparam("now"))
    .order_by(campaigns.c.next_at)
)
_put: Final = Statement(
    update(campaigns)
    .where(campaigns.c.id == bindparam("campaign"))
    .values(
        {
            name: bindparam(f"to_{name}")
            for name in ("progress", "because", "ended_at", "next_at", "last", "sent", "passed_over")
        }
    )
)
_outcomes: Final = Statement(
    select(retries.c.outcome, func.count()).where(retries.c.campaign == bindparam("of")).group_by(retries.c.outcome)
)
_recent = (
    select(retries.c.outcome.label("outcome"))
    .where(retries.c.campaign == bindparam("of"), literal_column("retries.ended_at IS NOT NULL"))
    .order_by(retries.c.ended_at.desc(), retries.c.id.desc())
    .limit(literal_column(str(LOOKED_BACK)))
    .subquery()
)
_recently: Final = Statement(
    select(
        func.count(), func.coalesce(func.sum(case((_recent.c.outcome == literal_column("'failed'"), 1), else_=0)), 0)
    )
)
_known_by_now: Final = Statement(
    select(retries.c.id, submissions.c.state)
    .join(submissions, submissions.c.id == retries.c.submission)
    .where(
        literal_column("retries.ended_at IS NULL"),
        literal_column("submissions.state <> 'handed_over'"),
        or_(literal_column("submissions.state <> 'accepted'"), submissions.c.tries > retries.c.tries),
    )
    .order_by(retries.c.id)
    .limit(literal_column("1000"))
)
_settle: Final = Statement(
    update(retries)
    .where(retries.c.id == bindparam("which"), literal_column("retries.ended_at IS NULL"))
    .values(ended_at=bindparam("now"), outcome=bindparam("ended_as"))
)


@dataclass(frozen=True, slots=True)
class Which:
    """Parked ones of a kind, for a destination or all, within a scope."""

    kind: Kind
    destination: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class Cancelling:
    """Somebody ends a campaign, and says why."""

    campaign: str
    by: str
    reason: str


def _estimate(which: Which) -> Steps[Estimate]:
    statement, values = _by_destination(which.scope)
    rows: Sequence[Row] = yield Ask(statement, {**values, **_marks(which.kind, which.destination)})
    return Estimate(
        sum(row[1] for row in rows),
        [(row[0], row[1]) for row in rows],
        min((Micros(row[2]) for row in rows), default=None),
        max((Micros(row[3]) for row in rows), default=None),
    )


def _begin(plan: Plan) -> Steps[Campaign]:
    estimate = yield from _estimate(Which(plan.kind, plan.destination, plan.scope))
    now: Micros = yield Now()
    values: dict[str, Any] = {
        "id": plan.id,
        "verdict": plan.verdict,
        "cause": plan.kind.cause,
        "adapter": plan.kind.adapter,
        "service": plan.kind.service,
        "test": int(plan.kind.test),
        "destination": plan.destination,
        "authorities": " ".join(sorted(plan.authorities)),
        "by": plan.by,
        "reason": plan.reason,
        "rate": plan.rate,
        "stop_share": plan.stop_share,
        "progress": Progress.CANARY if plan.verdict is Verdict.RETRY else Progress.RUNNING,
        "because": "",
        "estimate": estimate.number,
        "begun_at": now,
        "ended_at": None,
        "next_at": now,
        "last": 0,
        "sent": 0,
        "passed_over": 0,
    }
    there: Sequence[Row] = yield Ask(_one, {"campaign": plan.id})
    if not there:
        yield Do(_insert, [values])
        there = yield Ask(_one, {"campaign": plan.id})
        if not there:
            raise NotResponsible(
                "Für diese Klärfälle läuft schon eine Kampagne; es wurde keine zweite begonnen.",
                "A campaign for these runs already; no second one was begun.",
            )
        yield from note_deed(Deed(by=plan.by, name="campaign.begun", subject=plan.id, reason=plan.reason), now)
    return (yield from _with_counts(there[0]))


def _cancel(wish: Cancelling) -> Steps[Campaign]:
    rows: Sequence[Row] = yield Ask(_held, {"campaign": wish.campaign})
    if not rows:
        raise NotFound("Diese Kampagne gibt es nicht.", "There is no such campaign.")
    facts = _named(rows[0])
    if facts["ended_at"] is not None:
        raise NotResponsible("Diese Kampagne ist schon zu Ende.", "This campaign is over already.")
    now: Micros = yield Now()
    yield from _write(facts, progress=Progress.CANCELLED, because=wish.reason, ended_at=now)
    yield from note_deed(Deed(by=wish.by, name="campaign.cancelled", subject=wish.campaign, reason=wish.reason), now)
    rows = yield Ask(_one, {"campaign": wish.campaign})
    return (yield from _with_counts(rows[0]))


@dataclass(frozen=True, slots=True)
class Latest:
    """So many, within a scope."""

    scope: Scope
    most: int


@dataclass(frozen=True, slots=True)
class Named:
    """One campaign, if it is within the scope."""

    campaign: str
    scope: Scope


def _listed(wanted: Latest) -> Steps[Sequence[Campaign]]:
    rows: Sequence[Row] = yield Ask(_latest, {})
    seen = [row for row in rows if _within(row, wanted.scope)]
    found: list[Campaign] = []
    for row in seen[: wanted.most]:
        found.append((yield from _with_counts(row)))  # noqa: PERF401 - a comprehension cannot yield
    return found


def _single(named: Named) -> Steps[Campaign | None]:
    rows: Sequence[Row] = yield Ask(_one, {"campaign": named.campaign})
    return (yield from _with_counts(rows[0])) if rows and _within(rows[0], named.scope) else None


def _within(row: Row, scope: Scope) -> bool:
    """Whether a campaign touches nothing beyond the scope."""
    return scope is None or set(_named(row)["authorities"].split()) <= scope


# ── steps ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _waiting_ones(_: None) -> Steps[tuple[bool, Sequence[str]]]:
    """Whether some retry's end is known by now, and which campaigns are due."""
    now: Micros = yield Now()
    known: Sequence[Row] = yield Ask(_known_by_now, {})
    due: Sequence[Row] = yield Ask(_due, {"now": now})
    return bool(known), [row[0] for row in due]


def _settled(_: None) -> Steps[int]:
    """Retries whose end is known by now end; how many."""
    rows: Sequence[Row] = yield Ask(_known_by_now, {})
    now: Micros = yield Now()
    if rows:
        yield Do(
            _settle,
            [
                {"which": id_, "now": now, "ended_as": GOOD if state in {"delivered", "confirmed"} else FAILED}
                for id_, state in rows
            ],
        )
    return len(rows)


def _step(campaign: str) -> Steps[Advanced | None]:
    rows: Sequence[Row] = yield Ask(_held, {"campaign": campaign})
    now: Micros = yield Now()
    if not rows:
        return None
    facts = _named(rows[0])
    if facts["ended_at"] is not None or facts["next_at"] > now:
        return None
    found = yield from _with_counts(rows[0])
    plan = found.plan
    statement, values = _next_ones(plan.scope)
    marks = {**values, **_marks(plan.kind, plan.destination), "above": facts["last"], "begun": facts["begun_at"]}
    ahead: Sequence[Row] = yield Ask(statement, {**marks, "most": plan.at_once})
    moved = 0
    taken: list[Any] = []
    match next_step(plan, found.progress, found.counts, left=bool(ahead)):
        case Go(number, progress):
            taken = [row[0] for row in ahead[:number]]
            moved = yield from _send(taken, plan, facts["begun_at"], now)
            yield from _write(
                facts,
                progress=progress,
                next_at=due_after(plan, now),
                last=ahead[len(taken) - 1][1],
                sent=facts["sent"] + moved,
                passed_over=facts["passed_over"] + len(taken) - moved,
            )
        case Wait():
            yield from _write(facts, next_at=due_after(replace(plan, rate=60), now))
        case End(progress, because):
            yield from _write(facts, progress=progress, because=because, ended_at=now)
    rows = yield Ask(_one, {"campaign": campaign})
    return Advanced((yield from _with_counts(rows[0])), taken if moved else ())


def _send(ids: Sequence[Any], plan: Plan, begun: Micros, now: Micros) -> Steps[int]:
    """Those that are still parked as they were when it began; how many."""
    statement, values = locked(ids)
    rows: Sequence[Row] = yield Ask(statement, values)
    these = [one for row in rows if (one := parked_in(row)) is not None and one.updated_at <= begun]
    if plan.verdict is Verdict.DROP:
        yield from give_up(these, now, plan.by, plan.reason)
    else:
        yield from let_go_on(these, now, plan.by, plan.reason, plan.id)
    return len(these)


def _write(facts: Mapping[str, Any], **changes: Any) -> Steps[None]:
    names = ("progress", "because", "ended_at", "next_at", "last", "sent", "passed_over")
    values = {f"to_{name}": changes.get(name, facts[name]) for name in names}
    yield Do(_put, [{"campaign": facts["id"], **values}])


# ── between rows and values ──────────────────────────────────────────────────────────────────────────────────────────


def _marks(kind: Kind, destination: str) -> dict[str, Any]:
    return {
        "cause": kind.cause,
        "adapter": kind.adapter,
        "service": kind.service,
        "test": int(kind.test),
        "place": destination,
    }


def _named(row: Row) -> Mapping[str, Any]:
    return dict(zip(_names, row, strict=True))


def _with_counts(row: Row) -> Steps[Campaign]:
    facts = _named(row)
    ended: Sequence[Row] = yield Ask(_outcomes, {"of": facts["id"]})
    by_outcome: dict[str, int] = {row[0]: row[1] for row in ended}
    recent: Sequence[Row] = yield Ask(_recently, {"of": facts["id"]})
    kind = Kind(facts["cause"], facts["adapter"], facts["service"], bool(facts["test"]))
    plan = Plan(
        id=facts["id"],
        verdict=Verdict(facts["verdict"]),
        kind=kind,
        destination=facts["destination"],
        authorities=tuple(facts["authorities"].split()),
        by=facts["by"],
        reason=facts["reason"],
        rate=facts["rate"],
        stop_share=facts["stop_share"],
    )
    return Campaign(
        plan=plan,
        progress=Progress(facts["progress"]),
        because=facts["because"],
        estimate=facts["estimate"],
        begun_at=Micros(facts["begun_at"]),
        ended_at=facts["ended_at"],
        counts=Counts(
            facts["sent"], by_outcome.get(GOOD, 0), by_outcome.get(FAILED, 0), recent[0][0], int(recent[0][1])
        ),
        passed_over=facts["passed_over"],
    )


ESTIMATE: Final = each("estimate", _estimate)
BEGIN: Final = each("begin_campaign", _begin)
CANCEL: Final = each("cancel_campaign", _cancel)
LATEST: Final = each("campaigns", _listed)
ONE: Final = each("campaign", _single)
WAITING: Final = each("campaigns_due", _waiting_ones)
SETTLE: Final = each("settle_retries", _settled)
STEP: Final = each("campaign_step", _step)
