"""Accounts and sessions of the console, and what was done there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from gateway.account import LONGEST_SESSION, Account, Deed, Knocking, Role, Session
from gateway.drivers.sql.operating_tables import accounts, deeds, knocks, sessions
from gateway.drivers.sql.steps import Ask, Do, Now, Row, Statement, Steps, each
from gateway.errors import NotFound, NotResponsible
from gateway.submission import SECOND, Micros, SubmissionId

_every: Final = Statement(select(*accounts.c).order_by(accounts.c.name))
_one: Final = Statement(select(*accounts.c).where(accounts.c.name == bindparam("account")))
_insert: Final = Statement(insert(accounts).values({c.name: bindparam(c.name) for c in accounts.c}))
_revoke: Final = Statement(
    update(accounts).where(accounts.c.name == bindparam("account")).values(revoked_at=bindparam("now"))
)
_begin: Final = Statement(insert(sessions).values({c.name: bindparam(c.name) for c in sessions.c}))
_session: Final = Statement(
    select(sessions.c.began_at, sessions.c.seen_at, *accounts.c)
    .join(accounts, accounts.c.name == sessions.c.account)
    .where(sessions.c.secret_hash == bindparam("secret"))
)
_seen: Final = Statement(
    update(sessions).where(sessions.c.secret_hash == bindparam("secret")).values(seen_at=bindparam("now"))
)
_end: Final = Statement(delete(sessions).where(sessions.c.secret_hash == bindparam("secret")))
_end_all_of: Final = Statement(delete(sessions).where(sessions.c.account == bindparam("of")))
_end_old: Final = Statement(delete(sessions).where(sessions.c.began_at < bindparam("long_ago")))
_knocks: Final = Statement(
    select(knocks.c.failures, knocks.c.closed_until).where(knocks.c.name_hash == bindparam("hash"))
)
_put_knocks: Final = Statement(
    insert_or(knocks)
    .values({c.name: bindparam(c.name) for c in knocks.c})
    .on_conflict_do_update(
        index_elements=["name_hash"], set_={name: bindparam(name) for name in ("failures", "closed_until", "at")}
    )
)
_forget_knocks: Final = Statement(delete(knocks).where(knocks.c.at < bindparam("long_ago")))
_latest: Final = Statement(
    select(*deeds.c).where(deeds.c.id < bindparam("below")).order_by(deeds.c.id.desc()).limit(bindparam("most"))
)
_insert_deed: Final = Statement(insert(deeds).values({c.name: bindparam(c.name) for c in deeds.c if c.name != "id"}))

_SEEN_EVERY: Final = 60.0
"""Seconds between two notes that somebody was seen: not every page has to write."""

_LONG_AGO: Final = 86_400.0
"""Seconds after which wrong passwords are forgotten."""


def note_deed(deed: Deed, now: Micros) -> Steps[None]:
    """Write down what somebody does, in the transaction that does it."""
    yield Do(
        _insert_deed,
        [
            {
                "at": now,
                "by": deed.by,
                "name": deed.name,
                "subject": deed.subject,
                "submission": deed.submission,
                "authority": deed.authority,
                "reason": deed.reason,
            }
        ],
    )


# ── accounts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Adding:
    """An account to make, and who makes it."""

    account: Account
    by: str


@dataclass(frozen=True, slots=True)
class Revoking:
    """An account to end, and who ends it."""

    name: str
    by: str


def _accounts(_: None) -> Steps[Sequence[Account]]:
    rows: Sequence[Row] = yield Ask(_every, {})
    return [_account(row) for row in rows]


def _add(wish: Adding) -> Steps[None]:
    account = wish.account
    rows: Sequence[Row] = yield Ask(_one, {"account": account.name})
    if rows:
        raise NotResponsible(
            f"Ein Konto namens „{account.name}“ gibt es schon, oder gab es: Namen werden nicht neu vergeben.",
            f"There is an account named '{account.name}' already, or there was: names are not given again.",
        )
    now: Micros = yield Now()
    yield Do(
        _insert,
        [
            {
                "name": account.name,
                "role": account.role,
                "authorities": " ".join(account.authorities),
                "password": account.password,
                "created_at": now,
                "revoked_at": None,
            }
        ],
    )
    yield from note_deed(Deed(by=wish.by, name="account.added", subject=account.name), now)


def _end_account(wish: Revoking) -> Steps[None]:
    rows: Sequence[Row] = yield Ask(_one, {"account": wish.name})
    if not rows:
        raise NotFound(f"Ein Konto namens „{wish.name}“ gibt es nicht.", f"There is no account named '{wish.name}'.")
    if rows[0][-1] is not None:
        return
    now: Micros = yield Now()
    yield Do(_revoke, [{"account": wish.name, "now": now}])
    yield Do(_end_all_of, [{"of": wish.name}])
    yield from note_deed(Deed(by=wish.by, name="account.revoked", subject=wish.name), now)


def _account(row: Row) -> Account:
    name, role, authorities, password, created_at, revoked_at = row
    return Account(
        name=name,
        role=Role(role),
        authorities=tuple(authorities.split()),
        password=password,
        created_at=Micros(created_at),
        revoked_at=revoked_at,
    )


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Beginning:
    """Somebody comes in."""

    secret_hash: str
    account: str


@dataclass(frozen=True, slots=True)
class Asking:
    """Whose session is it, if something was heard of it within so many seconds?"""

    secret_hash: str
    idle: float


def _begin_session(wish: Beginning) -> Steps[None]:
    now: Micros = yield Now()
    yield Do(_end_old, [{"long_ago": now - int(LONGEST_SESSION * SECOND)}])
    values = {"secret_hash": wish.secret_hash, "account": wish.account, "began_at": now, "seen_at": now}
    yield Do(_begin, [values])
    yield from note_deed(Deed(by=wish.account, name="session.begun"), now)


def _whose(wish: Asking) -> Steps[tuple[Session, bool] | None]:
    """The session, and whether it is time to note that somebody was seen."""
    now: Micros = yield Now()
    rows: Sequence[Row] = yield Ask(_session, {"secret": wish.secret_hash})
    if not rows:
        return None
    began_at, seen_at, *rest = rows[0]
    account = _account(rest)
    too_long = now - began_at > LONGEST_SESSION * SECOND
    too_idle = now - seen_at > wish.idle * SECOND
    if account.revoked_at is not None or too_long or too_idle:
        return None
    session = Session(wish.secret_hash, account, Micros(began_at), Micros(seen_at))
    return session, now - seen_at > _SEEN_EVERY * SECOND


def _note_seen(secret_hash: str) -> Steps[None]:
    now: Micros = yield Now()
    yield Do(_seen, [{"secret": secret_hash, "now": now}])


def _end_session(secret_hash: str) -> Steps[None]:
    yield Do(_end, [{"secret": secret_hash}])


# ── wrong passwords ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody tried a password for the name with this hash."""

    name_hash: str
    opened: bool


def _knocking(name_hash: str) -> Steps[Knocking]:
    rows: Sequence[Row] = yield Ask(_knocks, {"hash": name_hash})
    return Knocking(rows[0][0], Micros(rows[0][1])) if rows else Knocking()


def _knock(knock: Knock) -> Steps[Knocking]:
    now: Micros = yield Now()
    yield Do(_forget_knocks, [{"long_ago": now - int(_LONG_AGO * SECOND)}])
    before = yield from _knocking(knock.name_hash)
    after = Knocking() if knock.opened else before.failed(now)
    if after != before:
        values = {"failures": after.failures, "closed_until": after.closed_until}
        yield Do(_put_knocks, [{"name_hash": knock.name_hash, "at": now, **values}])
    return after


# ── deeds ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Which:
    """So many, from before this number."""

    most: int
    before: int | None = None


def _deeds(wanted: Which) -> Steps[Sequence[tuple[int, Deed]]]:
    rows: Sequence[Row] = yield Ask(_latest, {"most": wanted.most, "below": wanted.before or _AFTER_ALL})
    return [(row[0], deed_from(row)) for row in rows]


def deed_from(row: Row) -> Deed:
    """A row of the table."""
    _, at, by, name, subject, submission, authority, reason = row
    return Deed(
        at=Micros(at),
        by=by,
        name=name,
        subject=subject,
        submission=SubmissionId(submission) if submission else None,
        authority=authority,
        reason=reason,
    )


_AFTER_ALL: Final = 2**62

EVERY: Final = each("accounts", _accounts)
ADD: Final = each("add_account", _add)
REVOKE: Final = each("revoke_account", _end_account)
BEGIN_SESSION: Final = each("begin_session", _begin_session)
SESSION: Final = each("session", _whose)
SEEN: Final = each("session_seen", _note_seen, durable=False)
END_SESSION: Final = each("end_session", _end_session)
KNOCKING: Final = each("knocking", _knocking)
KNOCK: Final = each("knock", _knock)
DEEDS: Final = each("deeds", _deeds)
