"""A look at a journal that changes nothing: what lies there before a gateway starts on it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from gateway.drivers.clock import clock
from gateway.drivers.sql.schema import is_postgres, newest, sqlite_file
from gateway.drivers.sql.tables import events, facts
from gateway.errors import JournalUnavailable
from gateway.submission import SECOND, Micros

_NOW: Final = text("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What lies there. `version` and `kind` are None where nothing does yet."""

    version: str | None
    newest: str
    """the version of this software"""
    kind: str | None
    """sandbox or production, settled at the first start"""
    ahead: float
    """seconds by which the database's clock, or the newest event, is ahead of this machine's"""


async def examine(url: str) -> Examined:
    """
    Look without touching: nothing is created and nothing upgraded.

    Raises:
        JournalUnavailable: the database cannot be reached or read.
    """
    try:
        if is_postgres(url):
            return await _postgres(url)
        return await asyncio.to_thread(_sqlite, url)
    except (OSError, SQLAlchemyError) as error:
        raise JournalUnavailable(
            "Die Datenbank des Journals ist nicht erreichbar oder nicht lesbar.",
            "The journal's database cannot be reached or read.",
        ) from error


async def _postgres(url: str) -> Examined:
    engine = create_async_engine("postgresql+asyncpg://" + url.split("://", 1)[1], poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            before = clock()
            now = (await connection.execute(_NOW)).scalar_one()
            middle = (before + clock()) // 2
            return await connection.run_sync(_look, Micros(now - middle))
    finally:
        await engine.dispose()


def _sqlite(url: str) -> Examined:
    if not sqlite_file(url).is_file():
        return Examined(version=None, newest=newest(), kind=None, ahead=0.0)
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": 5})
    try:
        with engine.connect() as connection:
            return _look(connection, None)
    finally:
        engine.dispose()


def _look(connection: Connection, ahead: Micros | None) -> Examined:
    version = MigrationContext.configure(connection).get_current_revision()
    if version is None:
        return Examined(version=None, newest=newest(), kind=None, ahead=(ahead or 0) / SECOND)
    kind = connection.execute(select(facts.c.value).where(facts.c.name == "kind")).scalar_one_or_none()
    if ahead is None:
        latest = connection.execute(select(events.c.at).order_by(events.c.id.desc()).limit(1)).scalar_one_or_none()
        ahead = Micros(max(0, (latest or 0) - clock()))
    return Examined(version=version, newest=newest(), kind=kind, ahead=ahead / SECOND)
