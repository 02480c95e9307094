"""
The journal's tables.

Columns are integers, text and bytes only, so that both databases give back what was put in without conversion. Flags
are 0 or 1, times are microseconds UTC. There are no foreign keys from events: they outlive what they speak of.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text, literal_column
from sqlalchemy.sql import ColumnElement

metadata: Final = MetaData()

_Written: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""
Text compared byte by byte, as SQLite and Python do: whoever locks rows locks them in one order, and no index depends on
the locale of a system that will be upgraded.
"""

_Counted: Final = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit key that counts itself; SQLite does that for INTEGER only."""


def _text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, _Written, nullable=null)


def _number(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null)


submissions: Final = Table(
    "submissions",
    metadata,
    # The acceptance sequence: the order in which messages of one case reach a destination.
    Column("sequence", _Counted, primary_key=True, autoincrement=True),
    _text("id"),
    _text("state"),
    _text("grade", null=True),
    _number("concluded_at", null=True),
    _number("version"),
    _number("received_at"),
    _number("updated_at"),
    _number("due_at", null=True),
    _text("client"),
    _text("service"),
    _text("leistung"),
    _text("authority"),
    _text("connection"),
    _text("destination"),
    _text("adapter"),
    _number("test"),
    _text("root"),
    _text("standard"),
    _text("schema_version"),
    _text("package_digest"),
    _text("message_uuid", null=True),
    _text("reference_uuid", null=True),
    _text("case_key", null=True),
    _text("digest"),
    _number("size"),
    _number("attachments"),
    _text("findings", null=True),
    _text("traceparent"),
    # Number of the last letter; a claim answers exactly one.
    _number("attempt"),
    # Attempts that a worker began and that ended.
    _number("tries"),
    # 1: an attempt may have arrived, so the Fachverfahren is asked first.
    _number("ask"),
    _text("cause"),
    _number("handed_over_at", null=True),
    _number("confirmed_at", null=True),
    # The one accepted before it in its case, for the same destination; empty where it is the first there, NULL where it
    # belongs to no case that was known when it was accepted.
    _text("follows", null=True),
    # 1: set aside until the one it follows has arrived or ended.
    Column("behind", BigInteger, nullable=False, server_default="0"),
    Index("submissions_id", "id", unique=True),
    sqlite_autoincrement=True,
)

_waiting: ColumnElement[bool] = literal_column("state = 'accepted' AND due_at IS NOT NULL")
_held: ColumnElement[bool] = literal_column("state = 'accepted' AND due_at IS NULL AND behind = 0")
_behind: ColumnElement[bool] = literal_column("behind = 1")
_in_a_case: ColumnElement[bool] = literal_column("follows IS NOT NULL")
_on_the_way: ColumnElement[bool] = literal_column("state = 'handed_over'")
_stuck: ColumnElement[bool] = literal_column("state = 'parked'")

Index(
    "submissions_waiting",
    submissions.c.destination,
    submissions.c.test,
    submissions.c.due_at,
    submissions.c.sequence,
    sqlite_where=_waiting,
    postgresql_where=_waiting,
)
Index(
    "submissions_held",
    submissions.c.connection,
    submissions.c.sequence,
    sqlite_where=_held,
    postgresql_where=_held,
)
Index(
    "submissions_on_the_way",
    submissions.c.destination,
    submissions.c.test,
    submissions.c.handed_over_at,
    sqlite_where=_on_the_way,
    postgresql_where=_on_the_way,
)
Index("submissions_behind", submissions.c.follows, sqlite_where=_behind, postgresql_where=_behind)
# Most submissions are the only ones of their case, and stay out of it.
Index(
    "submissions_case",
    submissions.c.case_key,
    submissions.c.client,
    submissions.c.destination,
    submissions.c.test,
    submissions.c.sequence,
    sqlite_where=_in_a_case,
    postgresql_where=_in_a_case,
)
# Digests are asked for only where nothing else tells a repetition: the same content has no UUID each time. Others stay
# out of the index, for random values are what makes a commit write many pages.
_nameless: ColumnElement[bool] = literal_column("message_uuid IS NULL")
Index("submissions_digest", submissions.c.digest, sqlite_where=_nameless, postgresql_where=_nameless)
_for_trial: ColumnElement[bool] = literal_column("test = 1")
Index(
    "submissions_tests",
    submissions.c.connection,
    submissions.c.sequence,
    sqlite_where=_for_trial,
    postgresql_where=_for_trial,
)
Index("submissions_parked", submissions.c.sequence, sqlite_where=_stuck, postgresql_where=_stuck)

claims: Final = Table(
    "claims",
    metadata,
    # The key is the compare-and-set: of all who want this attempt, one row wins. Taking a letter back wins it too.
    Column("submission", _Written, primary_key=True),
    Column("attempt", BigInteger, primary_key=True, autoincrement=False),
    _text("key_hash"),
    _text("worker"),
    _text("adapter"),
    _text("destination"),
    _number("test"),
    _number("claimed_at"),
    _number("leased_until"),
    _number("ended_at", null=True),
    _text("outcome"),
    _text("code"),
)

_open: ColumnElement[bool] = literal_column("ended_at IS NULL")
Index("claims_open", claims.c.leased_until, sqlite_where=_open, postgresql_where=_open)
Index("claims_busy", claims.c.destination, claims.c.test, sqlite_where=_open, postgresql_where=_open)

events: Final = Table(
    "events",
    metadata,
    Column("id", _Counted, primary_key=True, autoincrement=True),
    _text("submission"),
    _number("at"),
    _text("name"),
    _text("before", null=True),
    _text("after"),
    _number("attempt"),
    _text("code"),
    _text("by"),
    _text("service"),
    _text("authority"),
    _number("test"),
    # 1 where this event ends the story, so that the ledger moves once.
    _number("concludes"),
    Index("events_submission", "submission", "id"),
    sqlite_autoincrement=True,
)

keys: Final = Table(
    "keys",
    metadata,
    # SHA-256 over client and key: what a client puts into its keys is nobody's business.
    Column("key", _Written, primary_key=True),
    _text("submission"),
    _text("digest"),
    _number("expires_at"),
    sqlite_with_rowid=False,
)

documents: Final = Table(
    "documents",
    metadata,
    Column("id", _Written, primary_key=True),
    _text("submission"),
    _text("kind"),
    _text("media_type"),
    _number("size"),
    Column("content", LargeBinary, nullable=False),
    _number("stored_at"),
    _number("expires_at", null=True),
    Column("data_key", LargeBinary, nullable=True),
)

attachments: Final = Table(
    "attachments",
    metadata,
    Column("id", _Written, primary_key=True),
    _text("submission"),
    _number("position"),
    _text("name"),
    _text("media_type"),
    _number("size"),
    _text("digest"),
    _number("stored_at"),
    _number("expires_at", null=True),
    Column("data_key", LargeBinary, nullable=True),
    Index("attachments_submission", "submission", "position"),
)

words: Final = Table(
    "words",
    metadata,
    # What vendors and operators say in free text: part of the document store, forgotten like documents.
    Column("id", _Written, primary_key=True),
    _text("submission"),
    _number("attempt"),
    _text("said_by"),
    _text("reference"),
    _text("reason"),
    _number("stored_at"),
    _number("expires_at", null=True),
    Column("data_key", LargeBinary, nullable=True),
    Index("words_submission", "submission", "attempt"),
)

destinations: Final = Table(
    "destinations",
    metadata,
    Column("name", _Written, primary_key=True),
    Column("test", BigInteger, primary_key=True, autoincrement=False),
    _number("failures"),
    _number("open_until", null=True),
    _text("probe", null=True),
)

_probing: ColumnElement[bool] = literal_column("probe IS NOT NULL")
Index("destinations_probing", destinations.c.probe, sqlite_where=_probing, postgresql_where=_probing)

clients: Final = Table(
    "clients",
    metadata,
    Column("name", _Written, primary_key=True),
    _text("token_hash"),
    _text("services"),
    _text("regions"),
    _number("created_at"),
    _number("revoked_at", null=True),
    Index("clients_token", "token_hash", unique=True),
)

sites: Final = Table(
    "sites",
    metadata,
    Column("name", _Written, primary_key=True),
    _text("token_hash"),
    _text("authorities"),
    _text("adapters"),
    _number("created_at"),
    _number("revoked_at", null=True),
    Index("sites_token", "token_hash", unique=True),
)

heartbeats: Final = Table(
    "heartbeats",
    metadata,
    # What the workers at a site said last; nobody can look there.
    Column("site", _Written, primary_key=True),
    Column("worker", _Written, primary_key=True),
    _text("version"),
    _text("certificates"),
    _number("at"),
)

connections: Final = Table(
    "connections",
    metadata,
    # `service/ars`
    Column("id", _Written, primary_key=True),
    _text("service"),
    _text("authority"),
    _text("destination"),
    _text("state"),
    _text("order_number"),
    _text("order_date"),
    _text("live_since"),
    _text("contact"),
    _number("changed_at"),
)

connection_steps: Final = Table(
    "connection_steps",
    metadata,
    Column("id", _Counted, primary_key=True, autoincrement=True),
    _text("connection"),
    _number("at"),
    _text("before", null=True),
    _text("after"),
    _text("by"),
    _text("reason"),
    # What held after the step, so that a report of a past month reads what held then.
    _text("destination"),
    _text("order_number"),
    _text("order_date"),
    _text("live_since"),
    _text("contact"),
    Index("connection_steps_connection", "connection", "id"),
    sqlite_autoincrement=True,
)

preflights: Final = Table(
    "preflights",
    metadata,
    Column("id", _Counted, primary_key=True, autoincrement=True),
    _text("connection"),
    _text("destination"),
    _number("at"),
    _text("by"),
    _text("adapter"),
    _text("adapter_version"),
    _text("schemas"),
    _text("seen"),
    Index("preflights_connection", "connection", "id"),
    sqlite_autoincrement=True,
)

versions: Final = Table("versions", metadata, Column("subject", _Written, primary_key=True), _number("version"))

facts: Final = Table("facts", metadata, Column("name", _Written, primary_key=True), _text("value"))
"""What is true of this journal for good: its epoch, and whether it belongs to a sandbox or to production."""

snapshots: Final = Table(
    "snapshots", metadata, Column("name", _Written, primary_key=True), _number("at"), _text("body")
)
"""What a leader computed for every replica to show."""

WORKERS_MAY: Final = {
    "submissions": ("SELECT",),
    "documents": ("SELECT",),
    "attachments": ("SELECT",),
    "claims": ("SELECT", "INSERT"),
    "destinations": ("SELECT", "UPDATE"),
    "words": ("INSERT",),
    "facts": ("SELECT",),
    "alembic_version": ("SELECT",),
}
"""The narrow role of workers beside the gateway on PostgreSQL: claim, read what is claimed, keep the vendor's words."""
