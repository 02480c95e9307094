"""Notifying: which notices are due, who has the lease to tell them, and what came of it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, delete, exists, select, update

from gateway.drivers.sql.steps import Ask, Do, Now, Row, Statement, Steps, among, each, sized
from gateway.drivers.sql.tables import events, notices, webhooks
from gateway.drivers.sql.webhooks import valid_secrets
from gateway.notice import Answer, Errand, Health, Noted, Notice, Persistence, Topic
from gateway.submission import SECOND, Micros, State, SubmissionId

_ready = (
    webhooks.c.off_at.is_(None),
    webhooks.c.leased_until <= bindparam("now"),
    webhooks.c.rests_until <= bindparam("now"),
    exists(select(1).where(notices.c.webhook == webhooks.c.id, notices.c.due_at <= bindparam("now"))),
)
_anything: Final = Statement(select(webhooks.c.id).where(*_ready).limit(1))
_next: Final = Statement(
    select(webhooks.c.id, webhooks.c.client, webhooks.c.url, webhooks.c.failures)
    .where(*_ready)
    .order_by(webhooks.c.taken_at, webhooks.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_due: Final = Statement(
    select(
        notices.c.event,
        notices.c.tries,
        *(events.c[name] for name in ("at", "submission", "name", "after", "test")),
    )
    .join(events, events.c.id == notices.c.event)
    .where(notices.c.webhook == bindparam("webhook"), notices.c.due_at <= bindparam("now"))
    .order_by(notices.c.due_at, notices.c.event)
    .limit(bindparam("most"))
)
_lease: Final = Statement(
    update(webhooks)
    .where(webhooks.c.id == bindparam("webhook"))
    .values(lease=bindparam("key"), leased_until=bindparam("until"), taken_at=bindparam("now"))
)
_held: Final = Statement(
    select(webhooks.c.lease, webhooks.c.failures, webhooks.c.failing_since, webhooks.c.rests_until)
    .where(webhooks.c.id == bindparam("webhook"))
    .with_for_update()
)
_waiting = (
    select(notices.c.event, notices.c.tries, notices.c.tried_at, events.c.at)
    .join(events, events.c.id == notices.c.event)
    .where(notices.c.webhook == bindparam("webhook"))
)
_all_waiting: Final = Statement(_waiting)
_of_errand = sized(lambda size: _waiting.where(among(notices.c.event, size)))
_done: Final = Statement(
    delete(notices).where(notices.c.webhook == bindparam("of"), notices.c.event == bindparam("number"))
)
_again: Final = Statement(
    update(notices)
    .where(notices.c.webhook == bindparam("of"), notices.c.event == bindparam("number"))
    .values(due_at=bindparam("due"), tries=bindparam("times"), tried_at=bindparam("since"))
)
_count_told: Final = Statement(
    update(webhooks)
    .where(webhooks.c.id == bindparam("webhook"))
    .values(told=webhooks.c.told + bindparam("more"), told_at=bindparam("now"))
)
_put: Final = Statement(
    update(webhooks)
    .where(webhooks.c.id == bindparam("webhook"))
    .values(
        failures=bindparam("to_failures"),
        failing_since=bindparam("to_since"),
        rests_until=bindparam("to_rest"),
        lease="",
        leased_until=0,
        last_because=bindparam("because"),
        last_status=bindparam("status"),
        off_at=bindparam("to_off"),
        off_because=bindparam("to_off_because"),
    )
)
_count_missed: Final = Statement(
    update(webhooks)
    .where(webhooks.c.id == bindparam("webhook"))
    .values(missed=webhooks.c.missed + bindparam("more"), missed_from=bindparam("since"))
)
_missed_from: Final = Statement(select(webhooks.c.missed_from).where(webhooks.c.id == bindparam("webhook")))


@dataclass(frozen=True, slots=True)
class Wish:
    """Errands to so many webhooks at most, leased for so many seconds."""

    most: int
    lease: float


@dataclass(frozen=True, slots=True)
class Done:
    """How an errand went: an answer for each of its notices."""

    errand: Errand
    answers: Sequence[Answer]
    persistence: Persistence
    chance: float


# ── taking ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _anything_due(_: None) -> Steps[bool]:
    now: Micros = yield Now()
    rows: Sequence[Row] = yield Ask(_anything, {"now": now})
    return bool(rows)


def _take(wish: Wish) -> Steps[Sequence[Errand]]:
    now: Micros = yield Now()
    rows: Sequence[Row] = yield Ask(_next, {"now": now, "most": wish.most})
    errands = []
    for webhook, client, url, failures in rows:
        wanted = {"webhook": webhook, "now": now, "most": 1 if failures else AT_ONCE}
        due: Sequence[Row] = yield Ask(_due, wanted)
        signing = yield from valid_secrets(webhook, now)
        key = secrets.token_hex(16)
        until = now + int(wish.lease * SECOND)
        yield Do(_lease, [{"webhook": webhook, "key": key, "until": until, "now": now}])
        told = tuple(_notice(webhook, row) for row in due)
        errands.append(Errand(lease=key, webhook=webhook, client=client, url=url, secrets=signing, notices=told))
    return errands


def _notice(webhook: str, row: Row) -> Notice:
    event, tries, at, submission, name, after, test = row
    return Notice(
        webhook=webhook,
        event=event,
        topic=Topic.REPLY_RECEIVED if name == "reply.received" else Topic(f"submission.{after}"),
        at=Micros(at),
        submission=SubmissionId(submission),
        state=State(after),
        test=bool(test),
        tries=tries,
    )


AT_ONCE: Final = 8
"""Notices of one errand, which are sent side by side: as many requests as a portal gets from us at once."""


# ── noting ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _note(done: Done) -> Steps[Noted]:
    errand = done.errand
    now: Micros = yield Now()
    held: Sequence[Row] = yield Ask(_held, {"webhook": errand.webhook})
    if not held:
        return Noted()
    taken = [one.event for one, answer in zip(errand.notices, done.answers, strict=True) if answer.taken]
    if taken:
        yield Do(_done, [{"of": errand.webhook, "number": event} for event in taken])
        yield Do(_count_told, [{"webhook": errand.webhook, "more": len(taken), "now": now}])
    lease, *health = held[0]
    if lease != errand.lease:
        return Noted()
    after = Health(*health).after(done.answers, now, done.persistence, done.chance)
    missed = yield from _not_taken(done, after, now)
    last = done.answers[-1]
    yield Do(
        _put,
        [
            {
                "webhook": errand.webhook,
                "to_failures": after.failures,
                "to_since": after.failing_since,
                "to_rest": after.rests_until,
                "because": last.because,
                "status": last.status,
                "to_off": now if after.off else None,
                "to_off_because": after.off,
            }
        ],
    )
    return Noted(missed, after.off)


def _not_taken(done: Done, after: Health, now: Micros) -> Steps[int]:
    """What was not taken waits, or is given up: one by one after a long time, all of it where the webhook is off."""
    webhook = done.errand.webhook
    failed = {
        one.event: answer for one, answer in zip(done.errand.notices, done.answers, strict=True) if not answer.taken
    }
    if after.off:
        rows: Sequence[Row] = yield Ask(_all_waiting, {"webhook": webhook})
    elif failed:
        statement, values = _of_errand(list(failed))
        rows = yield Ask(statement, {**values, "webhook": webhook})
    else:
        return 0
    given_up: list[tuple[int, int]] = []
    again: list[dict[str, Any]] = []
    for event, tries, tried_at, at in rows:
        since = now if tried_at is None else tried_at
        if after.off or now - since >= done.persistence.give_up_after * SECOND:
            given_up.append((event, at))
        else:
            wait = done.persistence.wait(tries + 1, failed[event], done.chance)
            due = now + int(wait * SECOND)
            again.append({"of": webhook, "number": event, "due": due, "times": tries + 1, "since": since})
    if again:
        yield Do(_again, again)
    if given_up:
        yield Do(_done, [{"of": webhook, "number": event} for event, _ in given_up])
        yield from _missed(webhook, len(given_up), min(at for _, at in given_up))
    return len(given_up)


def _missed(webhook: str, more: int, since: int) -> Steps[None]:
    rows: Sequence[Row] = yield Ask(_missed_from, {"webhook": webhook})
    first = since if rows[0][0] is None else min(since, rows[0][0])
    yield Do(_count_missed, [{"webhook": webhook, "more": more, "since": first}])


ANYTHING_DUE: Final = each("notices_due", _anything_due)
TAKE_ERRANDS: Final = each("take_errands", _take, durable=False)
NOTE: Final = each("note_errand", _note)
