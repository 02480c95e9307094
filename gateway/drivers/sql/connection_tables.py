"""The tables of connections: what they are, every step they took, and what pre-flights found."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Table

from gateway.drivers.sql.columns import Counted, Written, metadata, number, text

connections: Final = Table(
    "connections",
    metadata,
    # `service/ars`
    Column("id", Written, primary_key=True),
    text("service"),
    text("authority"),
    text("destination"),
    text("state"),
    text("order_number"),
    text("order_date"),
    text("live_since"),
    text("contact"),
    number("changed_at"),
    text("ordered_through", null=True),
)

connection_steps: Final = Table(
    "connection_steps",
    metadata,
    Column("id", Counted, primary_key=True, autoincrement=True),
    text("connection"),
    number("at"),
    text("before", null=True),
    text("after"),
    text("by"),
    text("reason"),
    # What held after the step, so that a report of a past month reads what held then.
    text("destination"),
    text("order_number"),
    text("order_date"),
    text("live_since"),
    text("contact"),
    text("ordered_through", null=True),
    Index("connection_steps_connection", "connection", "id"),
    sqlite_autoincrement=True,
)

preflights: Final = Table(
    "preflights",
    metadata,
    Column("id", Counted, primary_key=True, autoincrement=True),
    text("connection"),
    text("destination"),
    number("at"),
    text("by"),
    text("adapter"),
    text("adapter_version"),
    text("schemas"),
    text("seen"),
    Index("preflights_connection", "connection", "id"),
    sqlite_autoincrement=True,
)
