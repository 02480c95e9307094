"""
Connections become records, with every step of their life and what pre-flights found.

Revision: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_WRITTEN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_COUNTED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_KEPT = ("connection_steps", "preflights")

_SQLITE_KEEPS = (
    """
    CREATE TRIGGER {table}_are_not_changed BEFORE UPDATE ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} are append-only'); END
    """,
    """
    CREATE TRIGGER {table}_are_not_deleted BEFORE DELETE ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} are append-only'); END
    """,
    # INSERT OR REPLACE deletes without firing the trigger for DELETE.
    """
    CREATE TRIGGER {table}_are_not_replaced BEFORE INSERT ON {table}
    WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, '{table} are append-only'); END
    """,
)

_POSTGRES_KEEPS = (
    """
    CREATE TRIGGER {table}_are_not_changed BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION events_are_append_only()
    """,
    """
    CREATE TRIGGER {table}_are_not_emptied BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION events_are_append_only()
    """,
)


def upgrade() -> None:
    """Make the tables; what was done is kept by the database itself, like the events."""
    _tables()
    keeps = _SQLITE_KEEPS if op.get_bind().dialect.name == "sqlite" else _POSTGRES_KEEPS
    for table in _KEPT:
        for statement in keeps:
            op.execute(statement.format(table=table))


def _tables() -> None:
    op.create_table(
        "connections",
        sa.Column("id", _WRITTEN, nullable=False),
        *_texts("service", "authority", "destination", "state", *_ORDER),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "connection_steps",
        sa.Column("id", _COUNTED, autoincrement=True, nullable=False),
        *_texts("connection"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("before", _WRITTEN, nullable=True),
        *_texts("after", "by", "reason", "destination", *_ORDER),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("connection_steps_connection", "connection_steps", ["connection", "id"], unique=False)
    op.create_table(
        "preflights",
        sa.Column("id", _COUNTED, autoincrement=True, nullable=False),
        *_texts("connection", "destination"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *_texts("by", "adapter", "adapter_version", "schemas", "seen"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "submissions_tests",
        "submissions",
        ["connection", "sequence"],
        unique=False,
        sqlite_where=sa.text("test = 1"),
        postgresql_where=sa.text("test = 1"),
    )
    op.create_index("preflights_connection", "preflights", ["connection", "id"], unique=False)


_ORDER = ("order_number", "order_date", "live_since", "contact")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, _WRITTEN, nullable=False) for name in names]
