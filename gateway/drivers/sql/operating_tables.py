"""Tables for those who watch over the gateway: accounts, deeds, campaigns; and indexes of others, for what they see."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Table, literal_column
from sqlalchemy.sql import ColumnElement

from gateway.drivers.sql.columns import Counted, Written, metadata, number, text
from gateway.drivers.sql.tables import claims, events, submissions

accounts: Final = Table(
    "accounts",
    metadata,
    Column("name", Written, primary_key=True),
    text("role"),
    text("authorities"),
    text("password"),
    number("created_at"),
    number("revoked_at", null=True),
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("secret_hash", Written, primary_key=True),
    text("account"),
    number("began_at"),
    number("seen_at"),
    Index("sessions_account", "account"),
)

knocks: Final = Table(
    "knocks",
    metadata,
    # The hash of a name: people type passwords into the wrong field.
    Column("name_hash", Written, primary_key=True),
    number("failures"),
    number("closed_until"),
    number("at"),
)

deeds: Final = Table(
    "deeds",
    metadata,
    Column("id", Counted, primary_key=True, autoincrement=True),
    number("at"),
    text("by"),
    text("name"),
    text("subject"),
    text("submission", null=True),
    text("authority"),
    text("reason"),
    Index("deeds_submission", "submission", "id"),
    sqlite_autoincrement=True,
)

campaigns: Final = Table(
    "campaigns",
    metadata,
    Column("id", Written, primary_key=True),
    text("verdict"),
    text("cause"),
    text("adapter"),
    text("service"),
    number("test"),
    text("destination"),
    text("authorities"),
    text("by"),
    text("reason"),
    number("rate"),
    number("stop_share"),
    text("progress"),
    text("because"),
    number("estimate"),
    number("begun_at"),
    number("ended_at", null=True),
    number("next_at"),
    # Up to here in the order of acceptance it has come.
    number("last"),
    number("sent"),
    number("passed_over"),
)
_runs: ColumnElement[bool] = literal_column("ended_at IS NULL")
# One for the same at a time.
Index(
    "campaigns_running",
    campaigns.c.cause,
    campaigns.c.adapter,
    campaigns.c.service,
    campaigns.c.test,
    campaigns.c.destination,
    campaigns.c.authorities,
    unique=True,
    sqlite_where=_runs,
    postgresql_where=_runs,
)

retries: Final = Table(
    "retries",
    metadata,
    Column("id", Counted, primary_key=True, autoincrement=True),
    text("submission"),
    # Empty where somebody let this one go on by itself.
    text("campaign"),
    text("by"),
    number("began_at"),
    # Attempts that had ended when it began.
    number("tries"),
    number("ended_at", null=True),
    text("outcome"),
    Index("retries_campaign", "campaign", "ended_at", "id"),
    sqlite_autoincrement=True,
)
_under_way: ColumnElement[bool] = literal_column("ended_at IS NULL")
# One retry of a submission at a time: whoever else wants one is told no by the database itself.
Index("retries_under_way", retries.c.submission, unique=True, sqlite_where=_under_way, postgresql_where=_under_way)

# By these those who watch find theirs. On PostgreSQL each costs an entry with every move.
Index("submissions_of_authority", submissions.c.authority, submissions.c.sequence)
_not_at_its_end: ColumnElement[bool] = literal_column("concluded_at IS NULL AND state <> 'rejected'")
Index(
    "submissions_open",
    submissions.c.authority,
    submissions.c.sequence,
    sqlite_where=_not_at_its_end,
    postgresql_where=_not_at_its_end,
)
_ended_badly: ColumnElement[bool] = literal_column("state = 'rejected' OR state = 'refused' OR state = 'expired'")
Index(
    "submissions_ended_badly",
    submissions.c.state,
    submissions.c.sequence,
    sqlite_where=_ended_badly,
    postgresql_where=_ended_badly,
)

_arrival: ColumnElement[bool] = literal_column("before IS NULL")
Index("events_arrived", events.c.at, sqlite_where=_arrival, postgresql_where=_arrival)
_delivered: ColumnElement[bool] = literal_column("outcome = 'delivered'")
Index(
    "claims_delivered",
    claims.c.destination,
    claims.c.test,
    claims.c.ended_at,
    sqlite_where=_delivered,
    postgresql_where=_delivered,
)
