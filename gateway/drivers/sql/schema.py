"""The journal's schema: which version is there, and how it is brought to this one."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from gateway.drivers.sql.tables import WORKERS_MAY
from gateway.errors import BadSettings, JournalUnavailable, WrongJournal

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_UPGRADE_LOCK: Final = 0x416E7472
"""Key of the advisory lock under which PostgreSQL is upgraded: two at once wait for one another."""


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
    engine = create_async_engine(_asyncpg(url), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            found = await connection.run_sync(_version)
    except (OSError, SQLAlchemyError) as error:
        raise _unreachable() from error
    finally:
        await engine.dispose()
    if found != newest():
        raise WrongJournal(
            f"Das Journal hat die Schemaversion „{found or 'keine'}“, diese Software braucht „{newest()}“. "
            "Bitte `gateway db upgrade` ausführen, oder die passende Softwareversion starten.",
            f"The journal has schema version '{found or 'none'}', this software needs '{newest()}'. "
            "Run `gateway db upgrade`, or start the software version that fits.",
        )


def _upgrade_sqlite(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool, connect_args={"timeout": 30})

    # The driver would commit DDL step by step; begun by hand, a migration happens whole or not at all.
    @event.listens_for(engine, "connect")
    def _by_hand(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")

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
