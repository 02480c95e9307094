"""
Submissions remember what their message says of itself, so that they can be answered by a message.

Revision: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_WRITTEN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

_FACTS = ("case_id", "message_type", "message_created", "reader", "author")


def upgrade() -> None:
    """Add the facts; what was received before them has none, and is answered in JSON."""
    for name in _FACTS:
        op.add_column("submissions", sa.Column(name, _WRITTEN, nullable=True))
