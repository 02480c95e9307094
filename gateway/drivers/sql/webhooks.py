"""Webhooks as records: added, rotated, switched off and on again, forgotten."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from gateway.drivers.sql.steps import Ask, Do, Now, Row, Statement, Steps, each
from gateway.drivers.sql.tables import clients, notices, webhook_secrets, webhooks
from gateway.errors import NotFound, NotResponsible
from gateway.notice import Answer, Health, Webhook
from gateway.submission import SECOND, Micros

_client: Final = Statement(select(clients.c.revoked_at).where(clients.c.name == bindparam("of")))
_at_this_address: Final = Statement(
    select(webhooks.c.id).where(webhooks.c.client == bindparam("of"), webhooks.c.url == bindparam("address"))
)
_insert: Final = Statement(insert(webhooks).values({c.name: bindparam(c.name) for c in webhooks.c}))
_insert_secret: Final = Statement(
    insert(webhook_secrets).values({c.name: bindparam(c.name) for c in webhook_secrets.c})
)
_waiting: Final = select(func.count()).select_from(notices).where(notices.c.webhook == webhooks.c.id).scalar_subquery()
_valid: Final = (
    select(func.count())
    .select_from(webhook_secrets)
    .where(
        webhook_secrets.c.webhook == webhooks.c.id,
        or_(webhook_secrets.c.valid_until.is_(None), webhook_secrets.c.valid_until > bindparam("now")),
    )
    .scalar_subquery()
)
_all: Final = Statement(
    select(*webhooks.c, _waiting, _valid).order_by(webhooks.c.client, webhooks.c.created_at, webhooks.c.id)
)
_one: Final = Statement(select(*webhooks.c, _waiting, _valid).where(webhooks.c.id == bindparam("webhook")))
_locked: Final = Statement(select(webhooks.c.id).where(webhooks.c.id == bindparam("webhook")).with_for_update())
_secrets: Final = Statement(
    select(webhook_secrets.c.id, webhook_secrets.c.secret, webhook_secrets.c.valid_until)
    .where(webhook_secrets.c.webhook == bindparam("webhook"))
    .order_by(webhook_secrets.c.made_at.desc(), webhook_secrets.c.valid_until.is_(None).desc())
)
_limit_secret: Final = Statement(
    update(webhook_secrets).where(webhook_secrets.c.id == bindparam("secret_id")).values(valid_until=bindparam("until"))
)
_forget_secret: Final = Statement(delete(webhook_secrets).where(webhook_secrets.c.id == bindparam("secret_id")))
_resume: Final = Statement(
    update(webhooks)
    .where(webhooks.c.id == bindparam("webhook"))
    .values(failures=0, failing_since=None, rests_until=0, missed=0, missed_from=None, off_at=None, off_because="")
)
_due_now: Final = Statement(update(notices).where(notices.c.webhook == bindparam("of")).values(due_at=bindparam("now")))
_forget: Final = tuple(
    Statement(delete(table).where(column == bindparam("of")))
    for table, column in (
        (notices, notices.c.webhook),
        (webhook_secrets, webhook_secrets.c.webhook),
        (webhooks, webhooks.c.id),
    )
)
_of_client: Final = Statement(
    select(webhooks.c.id).where(webhooks.c.client == bindparam("client")).order_by(webhooks.c.id).with_for_update()
)


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """What a portal's address is called, whose it is, and the first secret."""

    webhook: str
    client: str
    url: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewSecret:
    """Another secret; the earlier ones are valid for so many seconds yet."""

    webhook: str
    secret: bytes = field(repr=False)
    overlap: float


def _add(new: NewWebhook) -> Steps[None]:
    rows: Sequence[Row] = yield Ask(_client, {"of": new.client})
    if not rows:
        raise NotFound(
            f"Einen Client namens „{new.client}“ gibt es nicht.", f"There is no client named '{new.client}'."
        )
    if rows[0][0] is not None:
        raise NotResponsible(f"Der Zugang „{new.client}“ ist gesperrt.", f"The client '{new.client}' is revoked.")
    rows = yield Ask(_at_this_address, {"of": new.client, "address": new.url})
    if rows:
        raise NotResponsible(
            f"Unter dieser Adresse hat „{new.client}“ schon einen Webhook: {rows[0][0]}.",
            f"'{new.client}' has a webhook at this address already: {rows[0][0]}.",
        )
    now: Micros = yield Now()
    values: dict[str, Any] = {column.name: 0 for column in webhooks.c}
    values |= dict.fromkeys(("failing_since", "told_at", "missed_from", "off_at"))
    values |= dict.fromkeys(("lease", "last_because", "off_because"), "")
    yield Do(_insert, [{**values, "id": new.webhook, "client": new.client, "url": new.url, "created_at": now}])
    yield from _keep(new.webhook, new.secret, now)


def _keep(webhook: str, secret: bytes, now: Micros) -> Steps[None]:
    values = {"id": uuid.uuid4().hex, "webhook": webhook, "secret": secret, "data_key": None, "made_at": now}
    yield Do(_insert_secret, [{**values, "valid_until": None}])


def _every(_: None) -> Steps[Sequence[Webhook]]:
    now: Micros = yield Now()
    rows: Sequence[Row] = yield Ask(_all, {"now": now})
    return [_webhook(row) for row in rows]


def valid_secrets(webhook: str, now: Micros) -> Steps[tuple[bytes, ...]]:
    """The secrets to sign with, the newest first; those that have ended are forgotten at the next rotation."""
    rows: Sequence[Row] = yield Ask(_secrets, {"webhook": webhook})
    return tuple(bytes(secret) for _, secret, until in rows if until is None or until > now)


def _secrets_of(webhook: str) -> Steps[Sequence[bytes]]:
    now: Micros = yield Now()
    found = yield from valid_secrets(webhook, now)
    if not found:
        raise _unknown(webhook)
    return found


def _rotate(new: NewSecret) -> Steps[None]:
    yield from _insist(new.webhook)
    now: Micros = yield Now()
    rows: Sequence[Row] = yield Ask(_secrets, {"webhook": new.webhook})
    end = now + int(new.overlap * SECOND)
    until_then = {id_: end if until is None else min(until, end) for id_, _, until in rows}
    if ended := [{"secret_id": id_} for id_, until in until_then.items() if until <= now]:
        yield Do(_forget_secret, ended)
    if valid := [{"secret_id": id_, "until": until} for id_, until in until_then.items() if until > now]:
        yield Do(_limit_secret, valid)
    yield from _keep(new.webhook, new.secret, now)


def _resume_one(webhook: str) -> Steps[Webhook]:
    yield from _insist(webhook)
    now: Micros = yield Now()
    rows: Sequence[Row] = yield Ask(_one, {"webhook": webhook, "now": now})
    yield Do(_resume, [{"webhook": webhook}])
    yield Do(_due_now, [{"of": webhook, "now": now}])
    return _webhook(rows[0])


def _revoke(webhook: str) -> Steps[None]:
    yield from _insist(webhook)
    yield from _forget_all(webhook)


def forget_of(client: str) -> Steps[None]:
    """Forget a client's webhooks: whoever may not ask any more is not told either."""
    rows: Sequence[Row] = yield Ask(_of_client, {"client": client})
    for row in rows:
        yield from _forget_all(row[0])


def _forget_all(webhook: str) -> Steps[None]:
    for statement in _forget:
        yield Do(statement, [{"of": webhook}])


def _insist(webhook: str) -> Steps[None]:
    rows: Sequence[Row] = yield Ask(_locked, {"webhook": webhook})
    if not rows:
        raise _unknown(webhook)


def _unknown(webhook: str) -> NotFound:
    return NotFound(f"Einen Webhook „{webhook}“ gibt es nicht.", f"There is no webhook '{webhook}'.")


def _webhook(row: Row) -> Webhook:
    *facts, waiting, secrets = row
    found: Mapping[str, Any] = dict(zip(webhooks.c.keys(), facts, strict=True))
    return Webhook(
        id=found["id"],
        client=found["client"],
        url=found["url"],
        created_at=found["created_at"],
        health=Health(found["failures"], found["failing_since"], found["rests_until"], found["off_because"]),
        off_at=found["off_at"],
        told=found["told"],
        told_at=found["told_at"],
        last=Answer(found["last_because"], found["last_status"]),
        missed=found["missed"],
        missed_from=found["missed_from"],
        waiting=waiting,
        secrets=secrets,
    )


ADD_WEBHOOK: Final = each("add_webhook", _add)
WEBHOOKS: Final = each("webhooks", _every)
SECRETS_OF: Final = each("webhook_secrets", _secrets_of)
ROTATE_SECRET: Final = each("rotate_secret", _rotate)
RESUME_WEBHOOK: Final = each("resume_webhook", _resume_one)
REVOKE_WEBHOOK: Final = each("revoke_webhook", _revoke)
