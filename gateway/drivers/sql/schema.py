"""The journal's schema: which version is there, and how it is brought to this one."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped]  # it has no types
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from gateway.errors import BadSettings, JournalUnavailable, WrongJournal

_PATIENCE: Final = 30.0
"""Seconds to wait for another process that upgrades the same SQLite file."""

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_UPGRADE_LOCK: Final = 0x416E7472
"""Key of the advisory lock under which PostgreSQL is upgraded: two at once wait for one another."""


WORKERS_MAY: Final = {
    "submissions": ("SELECT",),
    "documents": ("SELECT",),
    "attachments": ("SELECT",),
    "claims": ("SELECT", "INSERT"),
    "destinations": ("SELECT", "UPDATE"),
    "words": ("INSERT",),
    "arrivals": ("INSERT",),
    "glances": ("SELECT", "INSERT", "UPDATE"),
    "facts": ("SELECT",),
    "alembic_version": ("SELECT",),
}
"""
The narrow role of workers beside the gateway on PostgreSQL: claim, read what is claimed, keep the vendor's words, leave
replies to be judged, note what was seen of destinations.
"""


def is_postgres(url: str) -> bool:
    """Whether the URL names a PostgreSQL database."""
    return url.startswith(("postgresql://", "postgres://"))


def sqlite_file(url: str) -> Path:
    """The file that a `sqlite:///…` URL names."""
    return Path(url.removeprefix("sqlite:///"))


def newest() -> str:
    """The schema version of this software."""
    head = ScriptDirectory(str(_MIGRATIONS)).get_current_head()
    assert head is not None
    return head


async def upgrade(url: str, worker_roles: Iterable[str] = ()) -> None:
    """
    Bring the schema to this version; on PostgreSQL under a lock, and with the rights of these worker roles.

    Raises:
        JournalUnavailable: the database cannot be reached.
        WrongJournal: it is newer than this software.
        BadSettings: the database knows no such role; nothing was changed.
    """
    if not is_postgres(url):
        await asyncio.to_thread(_upgrade_sqlite, sqlite_file(url))
        return
    engine = create_async_engine(_asyncpg(url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})"))
            await connection.run_sync(_migrate)
            for role in worker_roles:
                await connection.run_sync(_grant, role)
    except (OSError, SQLAlchemyError) as error:
        raise _unreachable() from error
    finally:
        await engine.dispose()


async def check_version(url: str) -> None:
    """
    Return if the PostgreSQL schema is at this version.

    Raises:
        WrongJournal: it is older or newer; the sentence says what to do.
        JournalUnavailable: the database cannot be reached.
    """
    found = await _postgres_version(url)
    if found != newest():
        raise WrongJournal(
            f"Das Journal hat die Schemaversion „{found or 'keine'}“, diese Software braucht „{newest()}“. "
            "Bitte `gateway db upgrade` ausführen, oder die passende Softwareversion starten.",
            f"The journal has schema version '{found or 'none'}', this software needs '{newest()}'. "
            "Run `gateway db upgrade`, or start the software version that fits.",
        )


async def _postgres_version(url: str) -> str | None:
    try:
        connection = await asyncpg.connect(url, timeout=5)
        try:
            found: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        except asyncpg.UndefinedTableError:
            found = None
        finally:
            await connection.close()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise _unreachable() from error
    return found


def _upgrade_sqlite(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    place = URL.create("sqlite", database=str(file))
    engine = create_engine(place, poolclass=NullPool, connect_args={"timeout": _PATIENCE})

    # The driver would commit DDL step by step; begun by hand, a migration happens whole or not at all.
    @event.listens_for(engine, "connect")
    def _by_hand(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None
        _into_wal(connection)

    @event.listens_for(engine, "begin")
    def _immediate(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            _migrate(connection)
    except (OSError, SQLAlchemyError) as error:
        raise _unreachable() from error
    finally:
        engine.dispose()


def _into_wal(connection: sqlite3.Connection) -> None:
    """Of two that open a new file together one is refused here at once, however patient it is; so it tries again."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _migrate(connection: Connection) -> None:
    found = _version(connection)
    if found == newest():
        return
    known = {script.revision for script in ScriptDirectory(str(_MIGRATIONS)).walk_revisions()}
    if found is not None and found not in known:
        raise WrongJournal(
            f"Das Journal ist neuer (Schemaversion „{found}“) als diese Software („{newest()}“).",
            f"The journal is newer (schema version '{found}') than this software ('{newest()}').",
        )
    settings = Config()
    settings.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _grant(connection: Connection, role: str) -> None:
    known = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).first()
    if known is None:
        raise BadSettings(
            f"Eine Rolle „{role}“ kennt die Datenbank nicht. Bitte anlegen: CREATE ROLE … LOGIN.",
            f"The database knows no role '{role}'. Create it: CREATE ROLE … LOGIN.",
        )
    quoted = connection.dialect.identifier_preparer.quote(role)
    for table, rights in WORKERS_MAY.items():
        connection.execute(text(f"GRANT {', '.join(rights)} ON {table} TO {quoted}"))


def _asyncpg(url: str) -> str:
    return "postgresql+asyncpg://" + url.split("://", 1)[1]


def _unreachable() -> JournalUnavailable:
    return JournalUnavailable(
        "Die Datenbank des Journals ist nicht erreichbar oder nicht beschreibbar. Adresse, Rechte und Platz prüfen.",
        "The journal's database cannot be reached or written. Check its address, rights and space.",
    )
