"""
Taking stock: who does it for all replicas, and what workers saw of each destination.

Revision: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_WRITTEN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make both tables; an older gateway beside this one does without them."""
    op.create_table(
        "leases",
        sa.Column("name", _WRITTEN, primary_key=True),
        sa.Column("holder", _WRITTEN, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "glances",
        sa.Column("destination", _WRITTEN, primary_key=True),
        sa.Column("test", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("adapter", _WRITTEN, nullable=False),
        sa.Column("because", _WRITTEN, nullable=False),
        sa.Column("certificate_until", sa.BigInteger, nullable=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
