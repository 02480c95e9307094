"""
The journal as it began.

Revision: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_WRITTEN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

_SQLITE_KEEPS = """
CREATE TRIGGER events_are_not_{verb} BEFORE {deed}
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END
"""

_POSTGRES_KEEPS = (
    """
    CREATE FUNCTION events_are_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$
    """,
    """
    CREATE TRIGGER events_are_not_changed BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION events_are_append_only()
    """,
    """
    CREATE TRIGGER events_are_not_emptied BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION events_are_append_only()
    """,
)


def upgrade() -> None:
    """Make the tables, and let the database itself forbid changing events."""
    _tables()
    if op.get_bind().dialect.name == "sqlite":
        op.execute(_SQLITE_KEEPS.format(verb="changed", deed="UPDATE ON events"))
        op.execute(_SQLITE_KEEPS.format(verb="deleted", deed="DELETE ON events"))
        # INSERT OR REPLACE deletes without firing the trigger for DELETE.
        there = "INSERT ON events WHEN EXISTS (SELECT 1 FROM events WHERE id = NEW.id)"
        op.execute(_SQLITE_KEEPS.format(verb="replaced", deed=there))
    else:
        for statement in _POSTGRES_KEEPS:
            op.execute(statement)


def _tables() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", _WRITTEN, nullable=False),
        sa.Column("submission", _WRITTEN, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("name", _WRITTEN, nullable=False),
        sa.Column("media_type", _WRITTEN, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", _WRITTEN, nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("data_key", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("attachments_submission", "attachments", ["submission", "position"], unique=False)
    op.create_table(
        "claims",
        sa.Column("submission", _WRITTEN, nullable=False),
        sa.Column("attempt", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key_hash", _WRITTEN, nullable=False),
        sa.Column("worker", _WRITTEN, nullable=False),
        sa.Column("adapter", _WRITTEN, nullable=False),
        sa.Column("destination", _WRITTEN, nullable=False),
        sa.Column("test", sa.BigInteger(), nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
        sa.Column("leased_until", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", _WRITTEN, nullable=False),
        sa.Column("code", _WRITTEN, nullable=False),
        sa.PrimaryKeyConstraint("submission", "attempt"),
    )
    op.create_index(
        "claims_busy",
        "claims",
        ["destination", "test"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "claims_open",
        "claims",
        ["leased_until"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "clients",
        sa.Column("name", _WRITTEN, nullable=False),
        sa.Column("token_hash", _WRITTEN, nullable=False),
        sa.Column("services", _WRITTEN, nullable=False),
        sa.Column("regions", _WRITTEN, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index("clients_token", "clients", ["token_hash"], unique=True)
    op.create_table(
        "destinations",
        sa.Column("name", _WRITTEN, nullable=False),
        sa.Column("test", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("open_until", sa.BigInteger(), nullable=True),
        sa.Column("probe", _WRITTEN, nullable=True),
        sa.PrimaryKeyConstraint("name", "test"),
    )
    op.create_index(
        "destinations_probing",
        "destinations",
        ["probe"],
        unique=False,
        sqlite_where=sa.text("probe IS NOT NULL"),
        postgresql_where=sa.text("probe IS NOT NULL"),
    )
    op.create_table(
        "documents",
        sa.Column("id", _WRITTEN, nullable=False),
        sa.Column("submission", _WRITTEN, nullable=False),
        sa.Column("kind", _WRITTEN, nullable=False),
        sa.Column("media_type", _WRITTEN, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("data_key", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("submission", _WRITTEN, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("name", _WRITTEN, nullable=False),
        sa.Column("before", _WRITTEN, nullable=True),
        sa.Column("after", _WRITTEN, nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("code", _WRITTEN, nullable=False),
        sa.Column("by", _WRITTEN, nullable=False),
        sa.Column("service", _WRITTEN, nullable=False),
        sa.Column("authority", _WRITTEN, nullable=False),
        sa.Column("test", sa.BigInteger(), nullable=False),
        sa.Column("concludes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("events_submission", "events", ["submission", "id"], unique=False)
    op.create_table(
        "facts",
        sa.Column("name", _WRITTEN, nullable=False),
        sa.Column("value", _WRITTEN, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "keys",
        sa.Column("key", _WRITTEN, nullable=False),
        sa.Column("submission", _WRITTEN, nullable=False),
        sa.Column("digest", _WRITTEN, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "snapshots",
        sa.Column("name", _WRITTEN, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", _WRITTEN, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "submissions",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("id", _WRITTEN, nullable=False),
        sa.Column("state", _WRITTEN, nullable=False),
        sa.Column("grade", _WRITTEN, nullable=True),
        sa.Column("concluded_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("client", _WRITTEN, nullable=False),
        sa.Column("service", _WRITTEN, nullable=False),
        sa.Column("leistung", _WRITTEN, nullable=False),
        sa.Column("authority", _WRITTEN, nullable=False),
        sa.Column("connection", _WRITTEN, nullable=False),
        sa.Column("destination", _WRITTEN, nullable=False),
        sa.Column("adapter", _WRITTEN, nullable=False),
        sa.Column("test", sa.BigInteger(), nullable=False),
        sa.Column("root", _WRITTEN, nullable=False),
        sa.Column("standard", _WRITTEN, nullable=False),
        sa.Column("schema_version", _WRITTEN, nullable=False),
        sa.Column("package_digest", _WRITTEN, nullable=False),
        sa.Column("message_uuid", _WRITTEN, nullable=True),
        sa.Column("reference_uuid", _WRITTEN, nullable=True),
        sa.Column("case_key", _WRITTEN, nullable=True),
        sa.Column("digest", _WRITTEN, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("attachments", sa.BigInteger(), nullable=False),
        sa.Column("findings", _WRITTEN, nullable=True),
        sa.Column("traceparent", _WRITTEN, nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("ask", sa.BigInteger(), nullable=False),
        sa.Column("cause", _WRITTEN, nullable=False),
        sa.Column("handed_over_at", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("sequence"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "submissions_digest",
        "submissions",
        ["digest"],
        unique=False,
        sqlite_where=sa.text("message_uuid IS NULL"),
        postgresql_where=sa.text("message_uuid IS NULL"),
    )
    op.create_index("submissions_id", "submissions", ["id"], unique=True)
    op.create_index(
        "submissions_held",
        "submissions",
        ["connection", "sequence"],
        unique=False,
        sqlite_where=sa.text("state = 'accepted' AND due_at IS NULL"),
        postgresql_where=sa.text("state = 'accepted' AND due_at IS NULL"),
    )
    op.create_index(
        "submissions_on_the_way",
        "submissions",
        ["destination", "test", "handed_over_at"],
        unique=False,
        sqlite_where=sa.text("state = 'handed_over'"),
        postgresql_where=sa.text("state = 'handed_over'"),
    )
    op.create_index(
        "submissions_parked",
        "submissions",
        ["sequence"],
        unique=False,
        sqlite_where=sa.text("state = 'parked'"),
        postgresql_where=sa.text("state = 'parked'"),
    )
    op.create_index(
        "submissions_waiting",
        "submissions",
        ["destination", "test", "due_at", "sequence"],
        unique=False,
        sqlite_where=sa.text("state = 'accepted' AND due_at IS NOT NULL"),
        postgresql_where=sa.text("state = 'accepted' AND due_at IS NOT NULL"),
    )
    op.create_table(
        "versions",
        sa.Column("subject", _WRITTEN, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_table(
        "words",
        sa.Column("id", _WRITTEN, nullable=False),
        sa.Column("submission", _WRITTEN, nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("said_by", _WRITTEN, nullable=False),
        sa.Column("reference", _WRITTEN, nullable=False),
        sa.Column("reason", _WRITTEN, nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("data_key", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("words_submission", "words", ["submission", "attempt"], unique=False)
