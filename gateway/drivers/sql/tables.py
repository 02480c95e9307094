"""
The journal's tables; those of connections are in `connection_tables`, and what all are made of in `columns`.

There are no foreign keys from events: they outlive what they speak of.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, literal_column
from sqlalchemy.sql import ColumnElement

from gateway.drivers.sql.columns import Counted as _Counted
from gateway.drivers.sql.columns import Written as _Written
from gateway.drivers.sql.columns import metadata
from gateway.drivers.sql.columns import number as _number
from gateway.drivers.sql.columns import text as _text

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
    # What the message's head says of itself: enough to answer it when its document is gone, or never was.
    _text("case_id", null=True),
    _text("message_type", null=True),
    _text("message_created", null=True),
    _text("reader", null=True),
    _text("author", null=True),
    # The one accepted before it in its case and lane; empty: the first there; NULL: no case was known.
    _text("follows", null=True),
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

arrivals: Final = Table(
    "arrivals",
    metadata,
    # Replies that workers left: on disk, not yet judged. A part of the document store that is soon empty again.
    Column("id", _Written, primary_key=True),
    _text("adapter"),
    _text("destination"),
    _number("test"),
    _text("brought_by"),
    _text("submission", null=True),
    Column("content", LargeBinary, nullable=False),
    _text("attachments"),
    _number("stored_at"),
    _number("expires_at", null=True),
    Column("data_key", LargeBinary, nullable=True),
    Index("arrivals_stored", "stored_at", "id"),
)

replies: Final = Table(
    "replies",
    metadata,
    Column("sequence", _Counted, primary_key=True, autoincrement=True),
    # Its document lies in `documents` under this id, its files in `attachments` as belonging to it.
    _text("id"),
    # NULL in the box, and where a human dropped it.
    _text("submission", null=True),
    _text("kind"),
    _text("effect"),
    # 1: the effect waits until the attempt that was under way has ended.
    _number("due"),
    _text("code"),
    # Why it came into the box; empty where it never was there.
    _text("box"),
    _number("settled_at", null=True),
    _number("received_at"),
    _text("adapter"),
    _text("destination"),
    _number("test"),
    _text("brought_by"),
    _text("root"),
    _text("standard"),
    _text("schema_version"),
    _text("package_digest"),
    _text("message_uuid", null=True),
    _text("message_type", null=True),
    _text("answers", null=True),
    _text("digest"),
    _number("size"),
    _number("attachments"),
    _text("findings", null=True),
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
    Column("id", _Counted, primary_key=True, autoincrement=True),
    _text("reply"),
    _number("at"),
    _text("name"),
    _text("code"),
    _text("by"),
    Index("reply_steps_reply", "reply", "id"),
    sqlite_autoincrement=True,
)

destinations: Final = Table(
    "destinations",
    metadata,
    Column("name", _Written, primary_key=True),
    Column("test", BigInteger, primary_key=True, autoincrement=False),
    _number("failures"),
    _number("open_until", null=True),
    _text("probe", null=True),
    # Somebody said that it is handed nothing.
    _number("paused_at", null=True),
    _text("paused_by", null=True),
    _text("paused_because", null=True),
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
    Column("site", _Written, primary_key=True),
    Column("worker", _Written, primary_key=True),
    _text("version"),
    _text("certificates"),
    _number("at"),
)

webhooks: Final = Table(
    "webhooks",
    metadata,
    Column("id", _Written, primary_key=True),
    _text("client"),
    _text("url"),
    _number("created_at"),
    # How it does: errands in a row in which it took nothing, since when, and until when it is left alone.
    _number("failures"),
    _number("failing_since", null=True),
    _number("rests_until"),
    # Whoever has the lease is the only one who tells it something.
    _text("lease"),
    _number("leased_until"),
    _number("taken_at"),
    _number("told"),
    _number("told_at", null=True),
    _text("last_because"),
    _number("last_status"),
    _number("missed"),
    _number("missed_from", null=True),
    _number("off_at", null=True),
    _text("off_because"),
    # By it the trigger on events finds whom to tell.
    Index("webhooks_client", "client"),
)

webhook_secrets: Final = Table(
    "webhook_secrets",
    metadata,
    Column("id", _Written, primary_key=True),
    _text("webhook"),
    # To sign with, so it cannot be a hash; `data_key` is the place for the key that it is encrypted with.
    Column("secret", LargeBinary, nullable=False),
    Column("data_key", LargeBinary, nullable=True),
    _number("made_at"),
    _number("valid_until", null=True),
    Index("webhook_secrets_webhook", "webhook", "made_at"),
)

notices: Final = Table(
    "notices",
    metadata,
    # What waits to be told. Rows come from a trigger on events (migration 0005), in the same commit.
    Column("webhook", _Written, primary_key=True),
    Column("event", BigInteger, primary_key=True, autoincrement=False),
    _number("due_at"),
    _number("tries"),
    _number("tried_at", null=True),
    Index("notices_due", "webhook", "due_at", "event"),
)

versions: Final = Table("versions", metadata, Column("subject", _Written, primary_key=True), _number("version"))

facts: Final = Table("facts", metadata, Column("name", _Written, primary_key=True), _text("value"))
"""What is true of this journal for good: its epoch, and whether it belongs to a sandbox or to production."""

leases: Final = Table("leases", metadata, Column("name", _Written, primary_key=True), _text("holder"), _number("until"))
"""Who does for all replicas what only one has to do, and for how long."""

glances: Final = Table(
    "glances",
    metadata,
    Column("destination", _Written, primary_key=True),
    Column("test", BigInteger, primary_key=True, autoincrement=False),
    _text("adapter"),
    _text("because"),
    _number("certificate_until", null=True),
    _number("at"),
)
"""What workers saw of each destination last."""

snapshots: Final = Table(
    "snapshots", metadata, Column("name", _Written, primary_key=True), _number("at"), _text("body")
)
"""What a leader computed for every replica to show."""
