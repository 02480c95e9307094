"""Registers: clients and their tokens, the versions that caches follow, the journal's own facts and snapshots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_unless

from gateway.connection import AdapterInUse
from gateway.drivers.sql.steps import Ask, Do, Now, Operation, Row, Statement, Steps, each
from gateway.drivers.sql.tables import clients, facts, snapshots, versions
from gateway.drivers.sql.webhooks import forget_of
from gateway.errors import NotFound, NotResponsible
from gateway.journal import Client
from gateway.submission import Micros

_all_clients: Final = Statement(select(*clients.c).order_by(clients.c.name))
_client: Final = Statement(select(clients.c.name, clients.c.revoked_at).where(clients.c.name == bindparam("client")))
_insert_client: Final = Statement(insert(clients).values({c.name: bindparam(c.name) for c in clients.c}))
_revoke: Final = Statement(
    update(clients).where(clients.c.name == bindparam("client")).values(revoked_at=bindparam("now"))
)
_version: Final = Statement(select(versions.c.version).where(versions.c.subject == bindparam("of")))
_bump: Final = Statement(
    insert_unless(versions)
    .values(subject=bindparam("of"), version=1)
    .on_conflict_do_update(index_elements=["subject"], set_={"version": versions.c.version + 1})
)
_fact: Final = Statement(select(facts.c.value).where(facts.c.name == bindparam("fact")))
_insert_fact: Final = Statement(
    insert_unless(facts).values(name=bindparam("name"), value=bindparam("value")).on_conflict_do_nothing()
)
_snapshot: Final = Statement(select(snapshots.c.at, snapshots.c.body).where(snapshots.c.name == bindparam("of")))
_put_snapshot: Final = Statement(
    insert_unless(snapshots)
    .values(name=bindparam("of"), at=bindparam("now"), body=bindparam("text"))
    .on_conflict_do_update(index_elements=["name"], set_={"at": bindparam("now"), "body": bindparam("text")})
)
_probe: Final = Statement(
    insert_unless(versions)
    .values(subject=bindparam("of"), version=1)
    .on_conflict_do_update(index_elements=["subject"], set_={"version": versions.c.version})
)


_ADAPTER: Final = "adapter "
_adapter_facts: Final = Statement(select(facts.c.name, facts.c.value).where(facts.c.name.like(f"{_ADAPTER}%")))


def bump(subject: str) -> Steps[None]:
    """Tell caches that something of this subject changed."""
    yield Do(_bump, [{"of": subject}])


def _clients(_: None) -> Steps[Sequence[Client]]:
    rows: Sequence[Row] = yield Ask(_all_clients, {})
    return [
        Client(name, token_hash, tuple(services.split()), tuple(regions.split()), Micros(created_at), revoked_at)
        for name, token_hash, services, regions, created_at, revoked_at in rows
    ]


def _add_client(client: Client) -> Steps[None]:
    rows: Sequence[Row] = yield Ask(_client, {"client": client.name})
    if rows:
        raise NotResponsible(
            f"Einen Client namens „{client.name}“ gibt es schon.",
            f"There is a client named '{client.name}' already.",
        )
    now: Micros = yield Now()
    values = {
        "name": client.name,
        "token_hash": client.token_hash,
        "services": " ".join(client.services),
        "regions": " ".join(client.regions),
        "created_at": now,
        "revoked_at": None,
    }
    yield Do(_insert_client, [values])
    yield from bump("clients")


def _revoke_client(name: str) -> Steps[None]:
    rows: Sequence[Row] = yield Ask(_client, {"client": name})
    if not rows:
        raise NotFound(f"Einen Client namens „{name}“ gibt es nicht.", f"There is no client named '{name}'.")
    now: Micros = yield Now()
    if rows[0][1] is None:
        yield Do(_revoke, [{"client": name, "now": now}])
        yield from forget_of(name)
        yield from bump("clients")


def _version_of(subject: str) -> Steps[int]:
    rows: Sequence[Row] = yield Ask(_version, {"of": subject})
    return int(rows[0][0]) if rows else 0


@dataclass(frozen=True, slots=True)
class Fact:
    """Something true of this journal for good; the first value stays."""

    name: str
    value: str


def _settle(fact: Fact) -> Steps[str]:
    """The journal's value: an earlier one, or this."""
    yield Do(_insert_fact, [{"name": fact.name, "value": fact.value}])
    rows: Sequence[Row] = yield Ask(_fact, {"fact": fact.name})
    return str(rows[0][0])


def _known_fact(name: str) -> Steps[str | None]:
    rows: Sequence[Row] = yield Ask(_fact, {"fact": name})
    return str(rows[0][0]) if rows else None


def _note_adapters(versions: Mapping[str, str]) -> Steps[None]:
    """Each version is a fact of its own, true since the moment at which it was first seen."""
    now: Micros = yield Now()
    if versions:
        yield Do(
            _insert_fact,
            [{"name": f"{_ADAPTER}{name} {version}", "value": str(now)} for name, version in sorted(versions.items())],
        )


def _adapters_in_use(_: None) -> Steps[Sequence[AdapterInUse]]:
    rows: Sequence[Row] = yield Ask(_adapter_facts, {})
    told = ((*name.removeprefix(_ADAPTER).split(" ", 1), since) for name, since in rows)
    found = [AdapterInUse(adapter, version, Micros(int(since))) for adapter, version, since in told]
    return sorted(found, key=lambda one: (one.adapter, one.since))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a leader computed, as text."""

    name: str
    body: str


def _keep_snapshot(snapshot: Snapshot) -> Steps[None]:
    now: Micros = yield Now()
    yield Do(_put_snapshot, [{"of": snapshot.name, "now": now, "text": snapshot.body}])


def _read_snapshot(name: str) -> Steps[tuple[Micros, str] | None]:
    rows: Sequence[Row] = yield Ask(_snapshot, {"of": name})
    return (Micros(rows[0][0]), str(rows[0][1])) if rows else None


def _write_something(_: None) -> Steps[None]:
    yield Do(_probe, [{"of": "probe"}])


CLIENTS: Final = each("clients", _clients)
ADD_CLIENT: Final = each("add_client", _add_client)
REVOKE_CLIENT: Final = each("revoke_client", _revoke_client)
VERSION_OF: Final = each("version_of", _version_of)
SETTLE: Final = each("settle", _settle)
KNOWN_FACT: Final = each("fact", _known_fact)
NOTE_ADAPTERS: Final[Operation[Mapping[str, str], None]] = each("note_adapters", _note_adapters)
ADAPTERS_IN_USE: Final = each("adapters_in_use", _adapters_in_use)
KEEP_SNAPSHOT: Final = each("keep_snapshot", _keep_snapshot, durable=False)
READ_SNAPSHOT: Final = each("read_snapshot", _read_snapshot)
PROBE: Final = each("probe", _write_something)
