"""Journals for tests: each test gets a fresh database of its own, on SQLite and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gateway.drivers.sql.journal import SqlJournal
from gateway.drivers.sql.schema import upgrade
from tests.gateway.drivers.journal_rig import Database, PostgresDatabase, Rig, SqliteDatabase
from tests.services import PostgresServer


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabase:
    """An empty journal to copy: migrating one for each test would take most of the time."""
    template = SqliteDatabase(tmp_path_factory.mktemp("journal") / "template.db")
    asyncio.run(upgrade(template.url))
    return template


@pytest.fixture(scope="session")
def one_postgres(postgres: PostgresServer) -> Iterator[PostgresDatabase]:
    """A journal on PostgreSQL to empty again and again: making and dropping databases would take most of the time."""
    url = postgres.create_database()
    asyncio.run(upgrade(url))
    yield PostgresDatabase(postgres, url)
    postgres.drop_database(url)


@pytest.fixture(params=["SQLite", pytest.param("PostgreSQL", marks=pytest.mark.real)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A database with the journal's schema and nothing else in it."""
    if request.param == "SQLite":
        template: SqliteDatabase = request.getfixturevalue("sqlite_template")
        return template.copied_to(tmp_path)
    one: PostgresDatabase = request.getfixturevalue("one_postgres")
    one.empty()
    return one


@pytest.fixture
def rig(database: Database) -> Rig:
    """The database with a clock and limits."""
    return Rig(database)


@pytest.fixture
async def journal(rig: Rig) -> AsyncIterator[SqlJournal]:
    """A journal on this database."""
    async with rig.open() as journal:
        yield journal
