"""Sites and their tokens, and what the workers there said last."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_unless

from gateway.drivers.sql.registers import bump
from gateway.drivers.sql.steps import Ask, Do, Now, Row, Statement, Steps, each
from gateway.drivers.sql.tables import heartbeats, sites
from gateway.errors import NotFound, NotResponsible
from gateway.site import SITES, WORKERS_KEPT, Certificate, Heartbeat, Site
from gateway.submission import Micros

_every: Final = Statement(select(*sites.c).order_by(sites.c.name))
_one: Final = Statement(select(sites.c.revoked_at).where(sites.c.name == bindparam("site")))
_insert: Final = Statement(insert(sites).values({c.name: bindparam(c.name) for c in sites.c}))
_revoke: Final = Statement(update(sites).where(sites.c.name == bindparam("site")).values(revoked_at=bindparam("now")))
_heard: Final = Statement(select(*heartbeats.c).order_by(heartbeats.c.site, heartbeats.c.at.desc()))
_workers: Final = Statement(
    select(heartbeats.c.worker).where(heartbeats.c.site == bindparam("of")).order_by(heartbeats.c.at.desc())
)
_put: Final = Statement(
    insert_unless(heartbeats)
    .values({c.name: bindparam(c.name) for c in heartbeats.c})
    .on_conflict_do_update(
        index_elements=["site", "worker"],
        set_={name: bindparam(name) for name in ("version", "certificates", "at")},
    )
)
_forget: Final = Statement(
    delete(heartbeats).where(heartbeats.c.site == bindparam("of"), heartbeats.c.worker == bindparam("who"))
)


def _sites(_: None) -> Steps[Sequence[Site]]:
    rows: Sequence[Row] = yield Ask(_every, {})
    return [
        Site(name, token_hash, tuple(authorities.split()), tuple(adapters.split()), Micros(created_at), revoked_at)
        for name, token_hash, authorities, adapters, created_at, revoked_at in rows
    ]


def _add(site: Site) -> Steps[None]:
    rows: Sequence[Row] = yield Ask(_one, {"site": site.name})
    if rows:
        raise NotResponsible(
            f"Einen Standort namens „{site.name}“ gibt es schon.", f"There is a site named '{site.name}' already."
        )
    now: Micros = yield Now()
    values = {
        "name": site.name,
        "token_hash": site.token_hash,
        "authorities": " ".join(site.authorities),
        "adapters": " ".join(site.adapters),
        "created_at": now,
        "revoked_at": None,
    }
    yield Do(_insert, [values])
    yield from bump(SITES)


def _end(name: str) -> Steps[None]:
    rows: Sequence[Row] = yield Ask(_one, {"site": name})
    if not rows:
        raise NotFound(f"Einen Standort namens „{name}“ gibt es nicht.", f"There is no site named '{name}'.")
    now: Micros = yield Now()
    if rows[0][0] is None:
        yield Do(_revoke, [{"site": name, "now": now}])
        yield from bump(SITES)


def _keep(heartbeat: Heartbeat) -> Steps[None]:
    now: Micros = yield Now()
    certificates = json.dumps([[one.name, one.until] for one in heartbeat.certificates], ensure_ascii=False)
    values = {
        "site": heartbeat.site,
        "worker": heartbeat.worker,
        "version": heartbeat.version,
        "certificates": certificates,
        "at": now,
    }
    yield Do(_put, [values])
    rows: Sequence[Row] = yield Ask(_workers, {"of": heartbeat.site})
    if len(rows) > WORKERS_KEPT:
        yield Do(_forget, [{"of": heartbeat.site, "who": row[0]} for row in rows[WORKERS_KEPT:]])


def _last_heard(_: None) -> Steps[Sequence[Heartbeat]]:
    rows: Sequence[Row] = yield Ask(_heard, {})
    return [
        Heartbeat(
            site=site,
            worker=worker,
            version=version,
            certificates=tuple(Certificate(name, Micros(until)) for name, until in json.loads(certificates)),
            at=Micros(at),
        )
        for site, worker, version, certificates, at in rows
    ]


EVERY: Final = each("sites", _sites)
ADD: Final = each("add_site", _add)
REVOKE: Final = each("revoke_site", _end)
HEARD_FROM: Final = each("heard_from", _keep, durable=False)
HEARTBEATS: Final = each("heartbeats", _last_heard)
