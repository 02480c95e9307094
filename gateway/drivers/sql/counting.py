"""Taking stock: everything that the journal has, counted in one snapshot; who does it, and what workers saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import bindparam, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import insert as insert_unless
from sqlalchemy.sql import ColumnElement

from gateway.drivers.sql.claiming import Resting, never
from gateway.drivers.sql.looking import MOVES, imbalances, ledger_of
from gateway.drivers.sql.reply_rows import BOXED
from gateway.drivers.sql.sites import EVERY, HEARTBEATS
from gateway.drivers.sql.steps import Ask, Do, Now, Operation, Row, Statement, Steps, each
from gateway.drivers.sql.tables import claims, destinations, glances, leases, notices, replies, submissions, webhooks
from gateway.journal import Lane, Limits
from gateway.site import Heartbeat
from gateway.stock import Glance, Heap, Outbox, Stock
from gateway.submission import SECOND, Micros, State

_why: ColumnElement[str] = literal_column("CASE WHEN submissions.state = 'parked' THEN submissions.cause ELSE '' END")
_ended = submissions.c.concluded_at.is_not(None)
_heaps: Final = Statement(
    select(
        submissions.c.service,
        submissions.c.authority,
        submissions.c.test,
        submissions.c.state,
        _ended.label("ended"),
        submissions.c.adapter,
        _why.label("why"),
        func.min(submissions.c.received_at),
        func.max(submissions.c.received_at),
        func.max(submissions.c.concluded_at),
        func.count(),
    ).group_by(
        submissions.c.service,
        submissions.c.authority,
        submissions.c.test,
        submissions.c.state,
        "ended",
        submissions.c.adapter,
        "why",
    )
)
_attempts: Final = Statement(
    select(
        claims.c.adapter,
        func.max(claims.c.claimed_at),
        func.max(literal_column("CASE WHEN claims.outcome = 'delivered' THEN claims.ended_at END")),
    )
    .where(claims.c.test == 0, claims.c.worker != "")
    .group_by(claims.c.adapter)
)
_answers: Final = Statement(
    select(replies.c.adapter, func.max(replies.c.received_at)).where(replies.c.test == 0).group_by(replies.c.adapter)
)
_waiting: ColumnElement[bool] = literal_column("submissions.state = 'accepted' AND submissions.due_at IS NOT NULL")
_due: Final = Statement(
    select(
        submissions.c.destination,
        submissions.c.test,
        submissions.c.connection,
        func.count(),
        func.min(submissions.c.due_at),
    )
    .where(_waiting, submissions.c.due_at <= bindparam("now"))
    .group_by(submissions.c.destination, submissions.c.test, submissions.c.connection)
)
_on_the_way: Final = Statement(
    select(submissions.c.destination, submissions.c.test, func.count())
    .where(literal_column("submissions.state = 'handed_over'"))
    .group_by(submissions.c.destination, submissions.c.test)
)
_not_closed: Final = Statement(
    select(destinations.c.name, destinations.c.test, destinations.c.open_until, destinations.c.probe).where(
        destinations.c.open_until.is_not(None)
    )
)
_notices: Final = Statement(select(func.count()).select_from(notices))
_health: Final = Statement(select(webhooks.c.off_at, webhooks.c.failures))
_glances: Final = Statement(select(*glances.c).order_by(glances.c.destination, glances.c.test))
_put_glance: Final = Statement(
    insert_unless(glances)
    .values({c.name: bindparam(c.name) for c in glances.c})
    .on_conflict_do_update(
        index_elements=["destination", "test"],
        set_={name: bindparam(name) for name in ("adapter", "because", "certificate_until", "at")},
    )
)
_take_lead: Final = Statement(
    insert_unless(leases)
    .values(name=bindparam("of"), holder=bindparam("who"), until=bindparam("end"))
    .on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": bindparam("who"), "until": bindparam("end")},
        where=or_(leases.c.until <= bindparam("now"), leases.c.holder == bindparam("who")),
    )
)
_leader: Final = Statement(select(leases.c.holder).where(leases.c.name == bindparam("of")))


def take_stock(
    limits: Callable[[Lane], Limits], paused: Callable[[], Sequence[str]] = tuple, resting: Resting = never
) -> Operation[None, Stock]:
    """The operation, for destinations with these limits; `paused` and `resting` as for the hand-over."""

    def run(_: None) -> Steps[Stock]:
        now: Micros = yield Now()
        moves: Sequence[Row] = yield Ask(MOVES, {})
        heaps: Sequence[Row] = yield Ask(_heaps, {})
        counted = [(*row[:5], row[-1]) for row in heaps]
        breakers = yield from _breakers(now)
        stays = _Stays(frozenset(paused()), resting(now), breakers, limits)
        outbox = yield from _outbox(now, stays)
        attempts: Sequence[Row] = yield Ask(_attempts, {})
        answers: Sequence[Row] = yield Ask(_answers, {})
        ends = yield from _certificates()
        [boxed] = yield from BOXED.run([None])
        waiting: Sequence[Row] = yield Ask(_notices, {})
        health = yield from _healths()
        heartbeats = yield from _heartbeats()
        return Stock(
            at=now,
            ledger=ledger_of(moves, counted),
            imbalance=imbalances(moves, counted),
            heaps=[_heap(row) for row in heaps],
            outbox=outbox,
            claimed={adapter: Micros(at) for adapter, at, _ in attempts},
            delivered={adapter: Micros(at) for adapter, _, at in attempts if at is not None},
            answered={adapter: Micros(at) for adapter, at in answers},
            breakers=breakers,
            certificates=ends,
            boxed=boxed,
            notices=int(waiting[0][0]),
            webhooks=health,
            heartbeats=heartbeats,
        )

    return each("stock", run)


def _heap(row: Row) -> Heap:
    service, authority, test, state, ended, adapter, why, oldest, newest, last_concluded, number = row
    return Heap(
        service=service,
        authority=authority,
        adapter=adapter,
        test=bool(test),
        state=State(state),
        concluded=bool(ended),
        cause=why,
        number=number,
        oldest=Micros(oldest),
        newest=Micros(newest),
        last_concluded=Micros(last_concluded) if last_concluded is not None else None,
    )


@dataclass(frozen=True, slots=True)
class _Stays:
    """What does not leave although it is due."""

    paused: Collection[str]
    """connections"""
    resting: Collection[str]
    """destinations"""
    breakers: Mapping[Lane, object]
    """lanes whose breaker is not closed"""
    limits: Callable[[Lane], Limits]

    def stays(self, lane: Lane, connection: str, on_the_way: int) -> bool:
        return (
            lane.destination in self.resting
            or lane in self.breakers
            or (connection in self.paused and not lane.test)
            or on_the_way >= self.limits(lane).window
        )


def _outbox(now: Micros, reasons: _Stays) -> Steps[Outbox]:
    due: Sequence[Row] = yield Ask(_due, {"now": now})
    if not due:
        return Outbox(0, None)
    counted: Sequence[Row] = yield Ask(_on_the_way, {})
    on_the_way = {Lane(name, bool(test)): number for name, test, number in counted}
    left = [
        (number, since)
        for name, test, connection, number, since in due
        if not reasons.stays(lane := Lane(name, bool(test)), connection, on_the_way.get(lane, 0))
    ]
    return Outbox(sum(number for number, _ in left), min((Micros(since) for _, since in left), default=None))


def _breakers(now: Micros) -> Steps[Mapping[Lane, Literal["half-open", "open"]]]:
    rows: Sequence[Row] = yield Ask(_not_closed, {})
    found: dict[Lane, Literal["half-open", "open"]] = {}
    for name, test, open_until, probe in rows:
        found[Lane(name, bool(test))] = "half-open" if probe is not None or open_until <= now else "open"
    return found


def _certificates() -> Steps[Mapping[str, Micros]]:
    seen = yield from _all_glances(None)
    ends: dict[str, Micros] = {}
    for one in seen:
        if one.certificate_until is not None:
            ends[one.destination] = min(one.certificate_until, ends.get(one.destination, one.certificate_until))
    return ends


def _healths() -> Steps[Mapping[str, int]]:
    rows: Sequence[Row] = yield Ask(_health, {})
    return Counter("off" if off_at else "failing" if failures else "good" for off_at, failures in rows)


def _heartbeats() -> Steps[Sequence[Heartbeat]]:
    [sites] = yield from EVERY.run([None])
    [heard] = yield from HEARTBEATS.run([None])
    there = {site.name for site in sites if site.revoked_at is None}
    return [one for one in heard if one.site in there]


@dataclass(frozen=True, slots=True)
class Bid:
    """Somebody wants the lead of that name for so many seconds."""

    name: str
    holder: str
    seconds: float


def _lead(bid: Bid) -> Steps[bool]:
    now: Micros = yield Now()
    end = now + int(bid.seconds * SECOND)
    yield Do(_take_lead, [{"of": bid.name, "who": bid.holder, "end": end, "now": now}])
    rows: Sequence[Row] = yield Ask(_leader, {"of": bid.name})
    return bool(rows[0][0] == bid.holder)


def _note_glance(glance: Glance) -> Steps[None]:
    now: Micros = yield Now()
    values = {
        "destination": glance.destination,
        "test": int(glance.test),
        "adapter": glance.adapter,
        "because": glance.because,
        "certificate_until": glance.certificate_until,
        "at": now,
    }
    yield Do(_put_glance, [values])


def _all_glances(_: None) -> Steps[Sequence[Glance]]:
    rows: Sequence[Row] = yield Ask(_glances, {})
    return [
        Glance(adapter, name, bool(test), because, Micros(until) if until is not None else None, Micros(at))
        for name, test, adapter, because, until, at in rows
    ]


LEAD: Final = each("lead", _lead, durable=False)
NOTE_GLANCE: Final = each("note_glance", _note_glance, durable=False)
GLANCES: Final = each("glances", _all_glances)
