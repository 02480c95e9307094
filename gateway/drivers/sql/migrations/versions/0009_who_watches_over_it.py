"""
Accounts for the console, their sessions, and what was done there; indexes for what it shows.

Revision: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_WRITTEN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_COUNTED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_OPEN = "concluded_at IS NULL AND state <> 'rejected'"
_ENDED_BADLY = "state = 'rejected' OR state = 'refused' OR state = 'expired'"

_SQLITE_KEEPS = """
CREATE TRIGGER deeds_are_not_{verb} BEFORE {deed}
BEGIN SELECT RAISE(ABORT, 'deeds are append-only'); END
"""

_POSTGRES_KEEPS = (
    """
    CREATE FUNCTION deeds_are_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'deeds are append-only'; END $$
    """,
    """
    CREATE TRIGGER deeds_are_not_changed BEFORE UPDATE OR DELETE ON deeds
    FOR EACH ROW EXECUTE FUNCTION deeds_are_append_only()
    """,
    """
    CREATE TRIGGER deeds_are_not_emptied BEFORE TRUNCATE ON deeds
    FOR EACH STATEMENT EXECUTE FUNCTION deeds_are_append_only()
    """,
)


def upgrade() -> None:
    """Make the tables; what was done can be added to and never be changed."""
    op.create_table(
        "accounts",
        *_texts("name", "role", "authorities", "password"),
        *_numbers("created_at"),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "sessions",
        *_texts("secret_hash", "account"),
        *_numbers("began_at", "seen_at"),
        sa.PrimaryKeyConstraint("secret_hash"),
    )
    op.create_index("sessions_account", "sessions", ["account"], unique=False)
    op.create_table(
        "knocks",
        *_texts("name_hash"),
        *_numbers("failures", "closed_until", "at"),
        sa.PrimaryKeyConstraint("name_hash"),
    )
    op.create_table(
        "deeds",
        sa.Column("id", _COUNTED, autoincrement=True, nullable=False),
        *_numbers("at"),
        *_texts("by", "name", "subject"),
        sa.Column("submission", _WRITTEN, nullable=True),
        *_texts("authority", "reason"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("deeds_submission", "deeds", ["submission", "id"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(_SQLITE_KEEPS.format(verb="changed", deed="UPDATE ON deeds"))
        op.execute(_SQLITE_KEEPS.format(verb="deleted", deed="DELETE ON deeds"))
        # INSERT OR REPLACE deletes without firing the trigger for DELETE.
        there = "INSERT ON deeds WHEN EXISTS (SELECT 1 FROM deeds WHERE id = NEW.id)"
        op.execute(_SQLITE_KEEPS.format(verb="replaced", deed=there))
    else:
        for statement in _POSTGRES_KEEPS:
            op.execute(statement)

    _indexes()


def _indexes() -> None:
    """By these those who watch find theirs: what is open, what ended badly, what belongs to whom, what came when."""
    op.create_index("submissions_of_authority", "submissions", ["authority", "sequence"], unique=False)
    _index("submissions_open", "submissions", ["authority", "sequence"], _OPEN)
    _index("submissions_ended_badly", "submissions", ["state", "sequence"], _ENDED_BADLY)
    _index("events_arrived", "events", ["at"], "before IS NULL")


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, _WRITTEN, nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]
