"""
Destinations that somebody paused, and when each took something last.

Revision: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_WRITTEN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

_DELIVERED = "outcome = 'delivered'"


def upgrade() -> None:
    """None is paused to begin with."""
    op.add_column("destinations", sa.Column("paused_at", sa.BigInteger(), nullable=True))
    for name in ("paused_by", "paused_because"):
        op.add_column("destinations", sa.Column(name, _WRITTEN, nullable=True))
    op.create_index(
        "claims_delivered",
        "claims",
        ["destination", "test", "ended_at"],
        unique=False,
        sqlite_where=sa.text(_DELIVERED),
        postgresql_where=sa.text(_DELIVERED),
    )
