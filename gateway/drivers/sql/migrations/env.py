"""Runs migrations on the connection it is given, inside the caller's transaction."""

from __future__ import annotations

from alembic import context

from gateway.drivers.sql.columns import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,
)
context.run_migrations()
