"""Pausing: how destinations do, and that somebody lets one rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, bindparam, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert as insert_unless

from gateway.account import Deed
from gateway.drivers.sql.accounts import note_deed
from gateway.drivers.sql.steps import Ask, Do, Now, Row, Statement, Steps, each
from gateway.drivers.sql.tables import claims, destinations, glances
from gateway.errors import NotResponsible
from gateway.operating import Condition, Pause
from gateway.submission import Micros

_last_success = (
    select(func.max(claims.c.ended_at))
    .where(
        literal_column("claims.outcome = 'delivered'"),
        claims.c.destination == destinations.c.name,
        claims.c.test == destinations.c.test,
    )
    .scalar_subquery()
)
_every: Final = Statement(
    select(*destinations.c, _last_success, glances.c.because, glances.c.certificate_until)
    .outerjoin(glances, and_(glances.c.destination == destinations.c.name, glances.c.test == destinations.c.test))
    .order_by(destinations.c.name, destinations.c.test)
)
_make: Final = Statement(
    insert_unless(destinations)
    .values(name=bindparam("name"), test=0, failures=0, open_until=None, probe=None)
    .on_conflict_do_nothing()
)
_held: Final = Statement(
    select(destinations.c.paused_at)
    .where(destinations.c.name == bindparam("destination"), literal_column("destinations.test = 0"))
    .with_for_update()
)
_set: Final = Statement(
    update(destinations)
    .where(destinations.c.name == bindparam("destination"), literal_column("destinations.test = 0"))
    .values(paused_at=bindparam("at"), paused_by=bindparam("who"), paused_because=bindparam("why"))
)


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody pauses a destination, or lets it go on, and says why."""

    destination: str
    by: str
    reason: str


def _conditions(_: None) -> Steps[Sequence[Condition]]:
    rows: Sequence[Row] = yield Ask(_every, {})
    return [
        Condition(
            destination=name,
            test=bool(test),
            failures=failures,
            open_until=open_until,
            probing=probe is not None,
            pause=Pause(Micros(paused_at), paused_by, because) if paused_at is not None else None,
            last_success=last_success,
            unreachable=unreachable or "",
            certificate_until=certificate_until,
        )
        for name, test, failures, open_until, probe, paused_at, paused_by, because, *seen in rows
        for last_success, unreachable, certificate_until in [seen]
    ]


def _pause(wish: Wish) -> Steps[None]:
    yield Do(_make, [{"name": wish.destination}])
    yield from _turn(wish, paused=True)


def _resume(wish: Wish) -> Steps[None]:
    yield from _turn(wish, paused=False)


def _turn(wish: Wish, *, paused: bool) -> Steps[None]:
    rows: Sequence[Row] = yield Ask(_held, {"destination": wish.destination})
    if not rows or (rows[0][0] is not None) is paused:
        raise NotResponsible(
            f"Der Zustellpunkt „{wish.destination}“ ist {'schon' if paused else 'gar nicht'} angehalten; es wurde "
            "nichts geändert.",
            f"The destination '{wish.destination}' is {'paused already' if paused else 'not paused'}; nothing was "
            "changed.",
        )
    now: Micros = yield Now()
    values = (now, wish.by, wish.reason) if paused else (None, None, None)
    yield Do(_set, [{"destination": wish.destination, **dict(zip(("at", "who", "why"), values, strict=True))}])
    name = "destination.paused" if paused else "destination.resumed"
    yield from note_deed(Deed(by=wish.by, name=name, subject=wish.destination, reason=wish.reason), now)


CONDITIONS: Final = each("conditions", _conditions)
PAUSE: Final = each("pause_destination", _pause)
RESUME: Final = each("resume_destination", _resume)
