"""Connecting: the records of connections, every step of their life, and what pre-flights found."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import bindparam, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_or

from gateway.connection import CONNECTIONS, STEPS, Connection, ConnectionState, Look, Preflight, Seen, Step
from gateway.drivers.sql.connection_tables import connection_steps, connections, preflights
from gateway.drivers.sql.registers import bump
from gateway.drivers.sql.steps import Ask, Do, Now, Operation, Row, Statement, Steps, each
from gateway.errors import NotResponsible, Sentence
from gateway.submission import SECOND, Micros

_FACTS: Final = ("destination", "order_number", "order_date", "ordered_through", "live_since", "contact")

_all: Final = Statement(select(*connections.c).order_by(connections.c.id))
_one: Final = Statement(select(*connections.c).where(connections.c.id == bindparam("connection")).with_for_update())
_put: Final = Statement(
    insert_or(connections)
    .values({c.name: bindparam(c.name) for c in connections.c})
    .on_conflict_do_update(
        index_elements=["id"],
        set_={name: bindparam(name) for name in ("state", "changed_at", *_FACTS)},
    )
)
_steps: Final = Statement(select(*connection_steps.c).order_by(connection_steps.c.id))
_steps_of: Final = Statement(
    select(*connection_steps.c).where(connection_steps.c.connection == bindparam("of")).order_by(connection_steps.c.id)
)
_insert_step: Final = Statement(
    insert(connection_steps).values({c.name: bindparam(c.name) for c in connection_steps.c if c.name != "id"})
)
_preflights: Final = Statement(select(*preflights.c).order_by(preflights.c.id))
_latest: Final = Statement(
    select(*preflights.c).where(preflights.c.connection == bindparam("of")).order_by(preflights.c.id.desc()).limit(1)
)
_insert_preflight: Final = Statement(
    insert(preflights).values({c.name: bindparam(c.name) for c in preflights.c if c.name != "id"})
)


@dataclass(frozen=True, slots=True)
class Wish:
    """A connection as it shall be from now on, if its state is still the one that was looked at."""

    connection: Connection
    expected: ConnectionState | None
    by: str
    reason: str


def _connections(_: None) -> Steps[Sequence[Connection]]:
    rows: Sequence[Row] = yield Ask(_all, {})
    return [_connection(_named(connections, row)) for row in rows]


def _step(wish: Wish) -> Steps[Step | None]:
    rows: Sequence[Row] = yield Ask(_one, {"connection": wish.connection.id})
    there = _connection(_named(connections, rows[0])) if rows else None
    before = there.state if there else None
    if before is not wish.expected:
        raise NotResponsible(*_moved_on(wish.connection, before))
    now: Micros = yield Now()
    after = _since(wish.connection, before, now)
    if after == there:
        return None
    if after.state is not before and after.state not in STEPS[before]:
        raise NotResponsible(*_moved_on(wish.connection, before))
    facts = _texts_of(after)
    yield Do(
        _put,
        [
            {
                "id": after.id,
                "service": after.service,
                "authority": after.authority,
                "state": after.state,
                "changed_at": now,
                **facts,
            }
        ],
    )
    yield Do(
        _insert_step,
        [
            {
                "connection": after.id,
                "at": now,
                "before": before,
                "after": after.state,
                "by": wish.by,
                "reason": wish.reason,
                **facts,
            }
        ],
    )
    yield from bump(CONNECTIONS)
    return Step(connection=after, before=before, at=now, by=wish.by, reason=wish.reason)


def _since(connection: Connection, before: ConnectionState | None, now: Micros) -> Connection:
    """The day on which it goes live is noted then, unless somebody knows an earlier one."""
    goes_live = (before, connection.state) == (ConnectionState.TESTED, ConnectionState.LIVE)
    if goes_live and connection.live_since is None:
        return replace(connection, live_since=datetime.fromtimestamp(now / SECOND, UTC).date())
    return connection


def _moved_on(connection: Connection, state: ConnectionState | None) -> tuple[str, str]:
    told = state.told if state else Sentence("noch nicht da", "not there yet")
    return (
        f"{connection.id} ist inzwischen im Zustand „{told.de}“; nichts wurde geändert. Bitte neu nachsehen.",
        f"{connection.id} is in state '{told.en}' meanwhile; nothing was changed. Please look again.",
    )


def _history(connection: str | None) -> Steps[Sequence[Step]]:
    ask = Ask(_steps, {}) if connection is None else Ask(_steps_of, {"of": connection})
    rows: Sequence[Row] = yield ask
    return [_step_from(_named(connection_steps, row)) for row in rows]


def _keep_preflight(preflight: Preflight) -> Steps[None]:
    yield Do(
        _insert_preflight,
        [
            {
                "connection": preflight.connection,
                "destination": preflight.destination,
                "at": preflight.at,
                "by": preflight.by,
                "adapter": preflight.adapter,
                "adapter_version": preflight.adapter_version,
                "schemas": "\n".join(preflight.schemas),
                "seen": json.dumps(
                    [[one.look, one.good, one.said.de, one.said.en] for one in preflight.seen], ensure_ascii=False
                ),
            }
        ],
    )


def _latest_preflight(connection: str) -> Steps[Preflight | None]:
    rows: Sequence[Row] = yield Ask(_latest, {"of": connection})
    return _preflight(_named(preflights, rows[0])) if rows else None


def _all_preflights(_: None) -> Steps[Sequence[Preflight]]:
    rows: Sequence[Row] = yield Ask(_preflights, {})
    return [_preflight(_named(preflights, row)) for row in rows]


# ── between rows and values ──────────────────────────────────────────────────────────────────────────────────────────


def _named(table: Any, row: Row) -> Mapping[str, Any]:
    return dict(zip(table.c.keys(), row, strict=True))


def _texts_of(connection: Connection) -> dict[str, str]:
    return {
        "destination": connection.destination,
        "order_number": connection.order_number,
        "order_date": connection.order_date.isoformat() if connection.order_date else "",
        "live_since": connection.live_since.isoformat() if connection.live_since else "",
        "contact": connection.contact,
        "ordered_through": connection.ordered_through,
    }


def _connection(row: Mapping[str, Any]) -> Connection:
    return Connection(
        service=row["service"],
        authority=row["authority"],
        destination=row["destination"],
        state=ConnectionState(row["state"]),
        order_number=row["order_number"],
        order_date=_day(row["order_date"]),
        live_since=_day(row["live_since"]),
        contact=row["contact"],
        ordered_through=row["ordered_through"] or "",
    )


def _step_from(row: Mapping[str, Any]) -> Step:
    service, _, authority = row["connection"].partition("/")
    connection = _connection({**row, "service": service, "authority": authority, "state": row["after"]})
    before = ConnectionState(row["before"]) if row["before"] is not None else None
    return Step(connection=connection, before=before, at=Micros(row["at"]), by=row["by"], reason=row["reason"])


def _preflight(row: Mapping[str, Any]) -> Preflight:
    return Preflight(
        connection=row["connection"],
        destination=row["destination"],
        at=Micros(row["at"]),
        by=row["by"],
        adapter=row["adapter"],
        adapter_version=row["adapter_version"],
        schemas=tuple(row["schemas"].splitlines()),
        seen=tuple(Seen(Look(look), good, Sentence(de, en)) for look, good, de, en in json.loads(row["seen"])),
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


EVERY: Final = each("connections", _connections)
STEP: Final[Operation[Wish, Step | None]] = each("connection_step", _step)
STEPS_TAKEN: Final = each("connection_steps", _history)
KEEP_PREFLIGHT: Final = each("keep_preflight", _keep_preflight)
LATEST_PREFLIGHT: Final = each("latest_preflight", _latest_preflight)
PREFLIGHTS: Final = each("preflights", _all_preflights)
