"""
Messages of one case reach a destination in the order of their acceptance; sites pick letters up.

Revision: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_WRITTEN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

_HELD = "state = 'accepted' AND due_at IS NULL AND behind = 0"


def upgrade() -> None:
    """Whom a submission follows, and whether it has been set aside for that; sites, and what is heard from them."""
    _order()
    _sites()


def _order() -> None:
    """What is there already follows nobody."""
    op.add_column("submissions", sa.Column("follows", _WRITTEN, nullable=True))
    op.add_column("submissions", sa.Column("behind", sa.BigInteger(), nullable=False, server_default="0"))
    op.drop_index("submissions_held", "submissions")
    _index("submissions_held", ["connection", "sequence"], _HELD)
    _index("submissions_behind", ["follows"], "behind = 1")
    _index("submissions_case", ["case_key", "client", "destination", "test", "sequence"], "follows IS NOT NULL")


def _sites() -> None:
    op.create_table(
        "sites",
        *_texts("name", "token_hash", "authorities", "adapters"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index("sites_token", "sites", ["token_hash"], unique=True)
    op.create_table(
        "heartbeats",
        *_texts("site", "worker", "version", "certificates"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", "worker"),
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, _WRITTEN, nullable=False) for name in names]


def _index(name: str, columns: list[str], where: str) -> None:
    op.create_index(
        name, "submissions", columns, unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )
