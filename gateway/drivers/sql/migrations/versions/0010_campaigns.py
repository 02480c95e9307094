"""
Campaigns, and retries of which each submission has one at a time.

Revision: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_WRITTEN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_COUNTED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_RUNS = "ended_at IS NULL"
_SAME = ["cause", "adapter", "service", "test", "destination", "authorities"]


def upgrade() -> None:
    """Make both tables; what was retried before is under way in no retry."""
    op.create_table(
        "campaigns",
        *_texts("id", "verdict", "cause", "adapter", "service"),
        *_numbers("test"),
        *_texts("destination", "authorities", "by", "reason"),
        *_numbers("rate", "stop_share"),
        *_texts("progress", "because"),
        *_numbers("estimate", "begun_at"),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        *_numbers("next_at", "last", "sent", "passed_over"),
        sa.PrimaryKeyConstraint("id"),
    )
    _one_at_a_time("campaigns_running", "campaigns", _SAME)
    op.create_table(
        "retries",
        sa.Column("id", _COUNTED, autoincrement=True, nullable=False),
        *_texts("submission", "campaign", "by"),
        *_numbers("began_at", "tries"),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        *_texts("outcome"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("retries_campaign", "retries", ["campaign", "ended_at", "id"], unique=False)
    _one_at_a_time("retries_under_way", "retries", ["submission"])


def _one_at_a_time(name: str, table: str, columns: list[str]) -> None:
    op.create_index(name, table, columns, unique=True, sqlite_where=sa.text(_RUNS), postgresql_where=sa.text(_RUNS))


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, _WRITTEN, nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]
