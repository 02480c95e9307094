"""
Connections remember through which shop they were ordered, which decides what is funded.

Revision: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_WRITTEN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the shop to records and to their steps; of earlier ones nobody knows it."""
    for table in ("connections", "connection_steps"):
        op.add_column(table, sa.Column("ordered_through", _WRITTEN, nullable=True))
