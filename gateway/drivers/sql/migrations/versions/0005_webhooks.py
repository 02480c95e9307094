"""
Webhooks, their secrets, and the notices that wait for them: each comes in the commit of the event that it is about.

Revision: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_WRITTEN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

_NEWS = """
    NEW."name" IN ('parked.released', 'reply.received')
    OR (NEW."before" <> NEW."after" AND NEW."after" IN ('delivered', 'confirmed', 'refused', 'parked', 'expired'))
"""
"""
What portals are told. Not the first state, which is the answer to the request itself; not what goes on between the
journal and a worker, which with every retry begins again. `NULL <> …` is not true.
"""

_NOTICES = """
    INSERT INTO notices (webhook, event, due_at, tries)
    SELECT webhooks.id, NEW.id, NEW.at, 0
    FROM submissions JOIN webhooks ON webhooks.client = submissions.client
    WHERE submissions.id = NEW.submission AND webhooks.off_at IS NULL;
"""

_ON_SQLITE = (
    f"""
    CREATE TRIGGER events_are_told AFTER INSERT ON events WHEN {_NEWS}
    BEGIN {_NOTICES} END
    """,
)
_ON_POSTGRES = (
    f"""
    CREATE FUNCTION events_are_told() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN {_NOTICES} RETURN NULL; END $$
    """,
    f"""
    CREATE TRIGGER events_are_told AFTER INSERT ON events
    FOR EACH ROW WHEN ({_NEWS}) EXECUTE FUNCTION events_are_told()
    """,
)


def upgrade() -> None:
    """Make the tables, and let the database itself write down what is to be told: no event is overlooked."""
    _tables()
    for statement in _ON_SQLITE if op.get_bind().dialect.name == "sqlite" else _ON_POSTGRES:
        op.execute(statement)


def _tables() -> None:
    op.create_table(
        "webhooks",
        *_texts("id", "client", "url"),
        *_numbers("created_at", "failures"),
        _number("failing_since"),
        *_numbers("rests_until"),
        *_texts("lease"),
        *_numbers("leased_until", "taken_at", "told"),
        _number("told_at"),
        *_texts("last_because"),
        *_numbers("last_status", "missed"),
        _number("missed_from"),
        _number("off_at"),
        *_texts("off_because"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("webhooks_client", "webhooks", ["client"], unique=False)
    op.create_table(
        "webhook_secrets",
        *_texts("id", "webhook"),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=True),
        *_numbers("made_at"),
        _number("valid_until"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("webhook_secrets_webhook", "webhook_secrets", ["webhook", "made_at"], unique=False)
    op.create_table(
        "notices",
        *_texts("webhook"),
        *_numbers("event", "due_at", "tries"),
        _number("tried_at"),
        sa.PrimaryKeyConstraint("webhook", "event"),
    )
    op.create_index("notices_due", "notices", ["webhook", "due_at", "event"], unique=False)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, _WRITTEN, nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _number(name: str) -> sa.Column[int]:
    """One that may be missing."""
    return sa.Column(name, sa.BigInteger(), nullable=True)
