"""
Replies, the box of those that fit nothing, and what workers left and nobody has judged yet.

Revision: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_WRITTEN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_COUNTED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_SQLITE_KEEPS = (
    """
    CREATE TRIGGER reply_steps_are_not_changed BEFORE UPDATE ON reply_steps
    BEGIN SELECT RAISE(ABORT, 'reply_steps are append-only'); END
    """,
    """
    CREATE TRIGGER reply_steps_are_not_deleted BEFORE DELETE ON reply_steps
    BEGIN SELECT RAISE(ABORT, 'reply_steps are append-only'); END
    """,
    # INSERT OR REPLACE deletes without firing the trigger for DELETE.
    """
    CREATE TRIGGER reply_steps_are_not_replaced BEFORE INSERT ON reply_steps
    WHEN EXISTS (SELECT 1 FROM reply_steps WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'reply_steps are append-only'); END
    """,
)

_POSTGRES_KEEPS = (
    """
    CREATE TRIGGER reply_steps_are_not_changed BEFORE UPDATE OR DELETE ON reply_steps
    FOR EACH ROW EXECUTE FUNCTION events_are_append_only()
    """,
    """
    CREATE TRIGGER reply_steps_are_not_emptied BEFORE TRUNCATE ON reply_steps
    FOR EACH STATEMENT EXECUTE FUNCTION events_are_append_only()
    """,
)


def upgrade() -> None:
    """Make the tables, and the indexes by which a reply finds the submission it answers."""
    _tables()
    _indexes()
    for statement in _SQLITE_KEEPS if op.get_bind().dialect.name == "sqlite" else _POSTGRES_KEEPS:
        op.execute(statement)


def _tables() -> None:
    op.create_table(
        "arrivals",
        *_texts("id", "adapter", "destination"),
        *_numbers("test"),
        *_texts("brought_by"),
        sa.Column("submission", _WRITTEN, nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        *_texts("attachments"),
        *_numbers("stored_at"),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("data_key", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "replies",
        sa.Column("sequence", _COUNTED, autoincrement=True, nullable=False),
        *_texts("id"),
        sa.Column("submission", _WRITTEN, nullable=True),
        *_texts("kind", "effect"),
        *_numbers("due"),
        *_texts("code", "box"),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        *_numbers("received_at"),
        *_texts("adapter", "destination"),
        *_numbers("test"),
        *_texts("brought_by", "root", "standard", "schema_version", "package_digest"),
        *(sa.Column(name, _WRITTEN, nullable=True) for name in ("message_uuid", "message_type", "answers")),
        *_texts("digest"),
        *_numbers("size", "attachments"),
        sa.Column("findings", _WRITTEN, nullable=True),
        sa.PrimaryKeyConstraint("sequence"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "reply_steps",
        sa.Column("id", _COUNTED, autoincrement=True, nullable=False),
        *_texts("reply"),
        *_numbers("at"),
        *_texts("name", "code", "by"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )


def _indexes() -> None:
    op.create_index("arrivals_stored", "arrivals", ["stored_at", "id"], unique=False)
    op.create_index("replies_id", "replies", ["id"], unique=True)
    op.create_index("replies_submission", "replies", ["submission", "sequence"], unique=False)
    _partial("replies_boxed", "replies", ["sequence"], "box <> '' AND settled_at IS NULL")
    _partial("replies_due", "replies", ["sequence"], "due = 1")
    op.create_index("reply_steps_reply", "reply_steps", ["reply", "id"], unique=False)
    found_by = ["destination", "test"]
    _partial("submissions_message", "submissions", [*found_by, "message_uuid"], "message_uuid IS NOT NULL")
    _partial("submissions_named_case", "submissions", [*found_by, "case_id", "sequence"], "case_id IS NOT NULL")


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, _WRITTEN, nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]
