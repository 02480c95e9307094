"""
The journal's tables.

Columns are integers, text and bytes only, so that both databases give back what was put in without conversion. Flags
are 0 or 1, times are microseconds UTC. There are no foreign keys from events: they outlive what they speak of.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, literal_column
from sqlalchemy.sql import ColumnElement

from gateway.drivers.sql.columns import COUNTED, WRITTEN, metadata, number, text

submissions: Final = Table(
    "submissions",
    metadata,
    # The acceptance sequence: the order in which messages of one case reach a destination.
    Column("sequence", COUNTED, primary_key=True, autoincrement=True),
    text("id"),
    text("state"),
    text("grade", null=True),
    number("concluded_at", null=True),
    number("version"),
    number("received_at"),
    number("updated_at"),
    number("due_at", null=True),
    text("client"),
    text("service"),
    text("leistung"),
    text("authority"),
    text("connection"),
    text("destination"),
    text("adapter"),
    number("test"),
    text("root"),
    text("standard"),
    text("schema_version"),
    text("package_digest"),
    text("message_uuid", null=True),
    text("reference_uuid", null=True),
    text("case_key", null=True),
    text("digest"),
    number("size"),
    number("attachments"),
    text("findings", null=True),
    text("traceparent"),
    # Number of the last letter; a claim answers exactly one.
    number("attempt"),
    # Attempts that a worker began and that ended.
    number("tries"),
    # 1: an attempt may have arrived, so the Fachverfahren is asked first.
    number("ask"),
    text("cause"),
    number("handed_over_at", null=True),
    number("confirmed_at", null=True),
    # What the message's head says of itself: enough to answer it when its document is gone, or never was.
    text("case_id", null=True),
    text("message_type", null=True),
    text("message_created", null=True),
    text("reader", null=True),
    text("author", null=True),
    # The one accepted before it in its case and lane; empty: the first there; NULL: no case was known.
    text("follows", null=True),
    # 1: set aside for that.
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
# Replies are looked for by the message they answer, within the destination that was brought it, and by the case where a
# case has a name of its own.
_named: ColumnElement[bool] = literal_column("message_uuid IS NOT NULL")
Index(
    "submissions_message",
    submissions.c.destination,
    submissions.c.test,
    submissions.c.message_uuid,
    sqlite_where=_named,
    postgresql_where=_named,
)
_in_named_case: ColumnElement[bool] = literal_column("case_id IS NOT NULL")
Index(
    "submissions_named_case",
    submissions.c.destination,
    submissions.c.test,
    submissions.c.case_id,
    submissions.c.sequence,
    sqlite_where=_in_named_case,
    postgresql_where=_in_named_case,
)

claims: Final = Table(
    "claims",
    metadata,
    # The key is the compare-and-set: of all who want this attempt, one row wins. Taking a letter back wins it too.
    Column("submission", WRITTEN, primary_key=True),
    Column("attempt", BigInteger, primary_key=True, autoincrement=False),
    text("key_hash"),
    text("worker"),
    text("adapter"),
    text("destination"),
    number("test"),
    number("claimed_at"),
    number("leased_until"),
    number("ended_at", null=True),
    text("outcome"),
    text("code"),
)

_open: ColumnElement[bool] = literal_column("ended_at IS NULL")
Index("claims_open", claims.c.leased_until, sqlite_where=_open, postgresql_where=_open)
Index("claims_busy", claims.c.destination, claims.c.test, sqlite_where=_open, postgresql_where=_open)

events: Final = Table(
    "events",
    metadata,
    Column("id", COUNTED, primary_key=True, autoincrement=True),
    text("submission"),
    number("at"),
    text("name"),
    text("before", null=True),
    text("after"),
    number("attempt"),
    text("code"),
    text("by"),
    text("service"),
    text("authority"),
    number("test"),
    # 1 where this event ends the story, so that the ledger moves once.
    number("concludes"),
    Index("events_submission", "submission", "id"),
    sqlite_autoincrement=True,
)

keys: Final = Table(
    "keys",
    metadata,
    # SHA-256 over client and key: what a client puts into its keys is nobody's business.
    Column("key", WRITTEN, primary_key=True),
    text("submission"),
    text("digest"),
    number("expires_at"),
    sqlite_with_rowid=False,
)

documents: Final = Table(
    "documents",
    metadata,
    Column("id", WRITTEN, primary_key=True),
    text("submission"),
    text("kind"),
    text("media_type"),
    number("size"),
    Column("content", LargeBinary, nullable=False),
    number("stored_at"),
    number("expires_at", null=True),
    Column("data_key", LargeBinary, nullable=True),
)

attachments: Final = Table(
    "attachments",
    metadata,
    Column("id", WRITTEN, primary_key=True),
    text("submission"),
    number("position"),
    text("name"),
    text("media_type"),
    number("size"),
    text("digest"),
    number("stored_at"),
    number("expires_at", null=True),
    Column("data_key", LargeBinary, nullable=True),
    Index("attachments_submission", "submission", "position"),
)

words: Final = Table(
    "words",
    metadata,
    # What vendors and operators say in free text: part of the document store, forgotten like documents.
    Column("id", WRITTEN, primary_key=True),
    text("submission"),
    number("attempt"),
    text("said_by"),
    text("reference"),
    text("reason"),
    number("stored_at"),
    number("expires_at", null=True),
    Column("data_key", LargeBinary, nullable=True),
    Index("words_submission", "submission", "attempt"),
)

arrivals: Final = Table(
    "arrivals",
    metadata,
    # Replies that workers left: on disk, not yet judged. A part of the document store that is soon empty again.
    Column("id", WRITTEN, primary_key=True),
    text("adapter"),
    text("destination"),
    number("test"),
    text("brought_by"),
    text("submission", null=True),
    Column("content", LargeBinary, nullable=False),
    text("attachments"),
    number("stored_at"),
    number("expires_at", null=True),
    Column("data_key", LargeBinary, nullable=True),
    Index("arrivals_stored", "stored_at", "id"),
)

replies: Final = Table(
    "replies",
    metadata,
    Column("sequence", COUNTED, primary_key=True, autoincrement=True),
    # Its document lies in `documents` under this id, its files in `attachments` as belonging to it.
    text("id"),
    # NULL in the box, and where a human dropped it.
    text("submission", null=True),
    text("kind"),
    text("effect"),
    # 1: the effect waits until the attempt that was under way has ended.
    number("due"),
    text("code"),
    # Why it came into the box; empty where it never was there.
    text("box"),
    number("settled_at", null=True),
    number("received_at"),
    text("adapter"),
    text("destination"),
    number("test"),
    text("brought_by"),
    text("root"),
    text("standard"),
    text("schema_version"),
    text("package_digest"),
    text("message_uuid", null=True),
    text("message_type", null=True),
    text("answers", null=True),
    text("digest"),
    number("size"),
    number("attachments"),
    text("findings", null=True),
    Index("replies_id", "id", unique=True),
    Index("replies_submission", "submission", "sequence"),
    sqlite_autoincrement=True,
)

_boxed: ColumnElement[bool] = literal_column("box <> '' AND settled_at IS NULL")
Index("replies_boxed", replies.c.sequence, sqlite_where=_boxed, postgresql_where=_boxed)
_due: ColumnElement[bool] = literal_column("due = 1")
Index("replies_due", replies.c.sequence, sqlite_where=_due, postgresql_where=_due)

reply_steps: Final = Table(
    "reply_steps",
    metadata,
    Column("id", COUNTED, primary_key=True, autoincrement=True),
    text("reply"),
    number("at"),
    text("name"),
    text("code"),
    text("by"),
    Index("reply_steps_reply", "reply", "id"),
    sqlite_autoincrement=True,
)

destinations: Final = Table(
    "destinations",
    metadata,
    Column("name", WRITTEN, primary_key=True),
    Column("test", BigInteger, primary_key=True, autoincrement=False),
    number("failures"),
    number("open_until", null=True),
    text("probe", null=True),
)

_probing: ColumnElement[bool] = literal_column("probe IS NOT NULL")
Index("destinations_probing", destinations.c.probe, sqlite_where=_probing, postgresql_where=_probing)

clients: Final = Table(
    "clients",
    metadata,
    Column("name", WRITTEN, primary_key=True),
    text("token_hash"),
    text("services"),
    text("regions"),
    number("created_at"),
    number("revoked_at", null=True),
    Index("clients_token", "token_hash", unique=True),
)

sites: Final = Table(
    "sites",
    metadata,
    Column("name", WRITTEN, primary_key=True),
    text("token_hash"),
    text("authorities"),
    text("adapters"),
    number("created_at"),
    number("revoked_at", null=True),
    Index("sites_token", "token_hash", unique=True),
)

heartbeats: Final = Table(
    "heartbeats",
    metadata,
    Column("site", WRITTEN, primary_key=True),
    Column("worker", WRITTEN, primary_key=True),
    text("version"),
    text("certificates"),
    number("at"),
)

connections: Final = Table(
    "connections",
    metadata,
    # `service/ars`
    Column("id", WRITTEN, primary_key=True),
    text("service"),
    text("authority"),
    text("destination"),
    text("state"),
    text("order_number"),
    text("order_date"),
    text("live_since"),
    text("contact"),
    number("changed_at"),
)

connection_steps: Final = Table(
    "connection_steps",
    metadata,
    Column("id", COUNTED, primary_key=True, autoincrement=True),
    text("connection"),
    number("at"),
    text("before", null=True),
    text("after"),
    text("by"),
    text("reason"),
    # What held after the step, so that a report of a past month reads what held then.
    text("destination"),
    text("order_number"),
    text("order_date"),
    text("live_since"),
    text("contact"),
    Index("connection_steps_connection", "connection", "id"),
    sqlite_autoincrement=True,
)

preflights: Final = Table(
    "preflights",
    metadata,
    Column("id", COUNTED, primary_key=True, autoincrement=True),
    text("connection"),
    text("destination"),
    number("at"),
    text("by"),
    text("adapter"),
    text("adapter_version"),
    text("schemas"),
    text("seen"),
    Index("preflights_connection", "connection", "id"),
    sqlite_autoincrement=True,
)

webhooks: Final = Table(
    "webhooks",
    metadata,
    Column("id", WRITTEN, primary_key=True),
    text("client"),
    text("url"),
    number("created_at"),
    # How it does: errands in a row in which it took nothing, since when, and until when it is left alone.
    number("failures"),
    number("failing_since", null=True),
    number("rests_until"),
    # Whoever has the lease is the only one who tells it something.
    text("lease"),
    number("leased_until"),
    number("taken_at"),
    number("told"),
    number("told_at", null=True),
    text("last_because"),
    number("last_status"),
    number("missed"),
    number("missed_from", null=True),
    number("off_at", null=True),
    text("off_because"),
    # By it the trigger on events finds whom to tell.
    Index("webhooks_client", "client"),
)

webhook_secrets: Final = Table(
    "webhook_secrets",
    metadata,
    Column("id", WRITTEN, primary_key=True),
    text("webhook"),
    # To sign with, so it cannot be a hash; `data_key` is the place for the key that it is encrypted with.
    Column("secret", LargeBinary, nullable=False),
    Column("data_key", LargeBinary, nullable=True),
    number("made_at"),
    number("valid_until", null=True),
    Index("webhook_secrets_webhook", "webhook", "made_at"),
)

notices: Final = Table(
    "notices",
    metadata,
    # What waits to be told. Rows come from a trigger on events (migration 0006), in the same commit.
    Column("webhook", WRITTEN, primary_key=True),
    Column("event", BigInteger, primary_key=True, autoincrement=False),
    number("due_at"),
    number("tries"),
    number("tried_at", null=True),
    Index("notices_due", "webhook", "due_at", "event"),
)

versions: Final = Table("versions", metadata, Column("subject", WRITTEN, primary_key=True), number("version"))

facts: Final = Table("facts", metadata, Column("name", WRITTEN, primary_key=True), text("value"))
"""What is true of this journal for good: its epoch, and whether it belongs to a sandbox or to production."""

snapshots: Final = Table("snapshots", metadata, Column("name", WRITTEN, primary_key=True), number("at"), text("body"))
"""What a leader computed for every replica to show."""
