"""The schema: how it comes to be, how it is recognised, and what a worker's narrow role may do with it."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it has no types
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.drivers.sql import tables
from gateway.drivers.sql.columns import metadata
from gateway.drivers.sql.journal import SqlJournal, open_journal
from gateway.drivers.sql.schema import newest, upgrade
from gateway.errors import BadSettings, JournalUnavailable, WrongJournal
from gateway.journal import Claim, Client, Limits
from gateway.reply import Arrival, Origin
from gateway.submission import Attachment
from gateway.testing import FakeClock
from tests.gateway.drivers.journal_rig import (
    LEASE,
    Database,
    PostgresDatabase,
    Rig,
    SqliteDatabase,
    accept,
    begin,
    conclude,
    hand_over,
    on_postgres,
    report,
    standing,
)
from tests.services import PostgresServer

pytestmark = pytest.mark.anyio


@pytest.fixture
def bare(tmp_path: Path) -> SqliteDatabase:
    """A SQLite database that is not there yet, nor its folder."""
    return SqliteDatabase(tmp_path / "data" / "journal.db")


@pytest.fixture
def bare_postgres(postgres: PostgresServer, database_url: str) -> PostgresDatabase:
    """An empty PostgreSQL database."""
    return PostgresDatabase(postgres, database_url)


# ── coming to be ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_sqlite_makes_and_upgrades_itself(bare: SqliteDatabase) -> None:
    """The embedded journal needs no set-up: opened the first time it is there, opened again it is the same."""
    rig = Rig(bare)
    async with rig.open() as journal:
        [id_] = await accept(journal, rig.entry())

    async with rig.open() as journal:
        await standing(journal, id_)


async def test_sqlite_is_made_durable(bare: SqliteDatabase) -> None:
    """The file is in WAL mode, also for whoever opens it with another tool."""
    await upgrade(bare.url)

    assert bare.sql("PRAGMA journal_mode") == [("wal",)]


@pytest.mark.parametrize("times", [2, 3])
async def test_upgrading_again_changes_nothing(bare: SqliteDatabase, times: int) -> None:
    """A second upgrade finds nothing to do."""
    for _ in range(times):
        await upgrade(bare.url)

    assert bare.sql("SELECT version_num FROM alembic_version") == [(newest(),)]


async def test_postgres_is_upgraded_by_hand_and_as_often_as_one_likes(bare_postgres: PostgresDatabase) -> None:
    """`db upgrade` twice leaves one schema, and what was in it."""
    await upgrade(bare_postgres.url)
    rig = Rig(bare_postgres)
    async with rig.open() as journal:
        [id_] = await accept(journal, rig.entry())
        await upgrade(bare_postgres.url)
        await standing(journal, id_)

    assert bare_postgres.sql("SELECT version_num FROM alembic_version") == [(newest(),)]


async def test_two_upgrades_at_once_wait_for_each_other(tmp_path: Path, bare_postgres: PostgresDatabase) -> None:
    """Whoever comes second finds the work done; nobody fails, and nothing is made twice."""
    databases: list[Database] = [bare_postgres, *(SqliteDatabase(tmp_path / f"{n}.db") for n in range(10))]
    for database in databases:
        await asyncio.gather(*(upgrade(database.url) for _ in range(4)))

        assert database.sql("SELECT version_num FROM alembic_version") == [(newest(),)]


async def test_a_folder_may_be_called_anything(tmp_path: Path) -> None:
    """Blanks, umlauts and signs that mean something in addresses are part of the name."""
    rig = Rig(SqliteDatabase(tmp_path / "Anträge 100 %20?x=1&y#z" / "journal.db"))

    async with rig.open() as journal:
        await accept(journal, rig.entry())

    assert rig.count("submissions") == 1


async def test_a_migration_that_fails_leaves_nothing(bare: SqliteDatabase, bare_postgres: PostgresDatabase) -> None:
    """A schema is there whole or not at all: where a table is in the way, no other was made."""
    bare.file.parent.mkdir()
    for database in (bare, bare_postgres):
        database.sql("CREATE TABLE words (id text)")

        with pytest.raises(JournalUnavailable):
            await upgrade(database.url)

    assert bare.sql("SELECT name FROM sqlite_master WHERE type = 'table'") == [("words",)]
    assert bare_postgres.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == [("words",)]


# ── being recognised ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_empty_postgres_is_refused(bare_postgres: PostgresDatabase) -> None:
    """A gateway does not start on a database without a schema; it says which command makes one."""
    with pytest.raises(WrongJournal, match="gateway db upgrade"):
        async with Rig(bare_postgres).open():
            pass


async def test_another_version_is_refused(bare: SqliteDatabase, bare_postgres: PostgresDatabase) -> None:
    """A journal that is newer than this software is left alone by both, and by `db upgrade`."""
    for database in (bare, bare_postgres):
        await upgrade(database.url)
        database.sql("UPDATE alembic_version SET version_num = '9999'")

        with pytest.raises(WrongJournal, match="9999"):
            async with Rig(database).open():
                pass
        with pytest.raises(WrongJournal, match="9999"):
            await upgrade(database.url)


@pytest.mark.real
async def test_a_database_that_is_not_there_is_unavailable(postgres: PostgresServer) -> None:
    """A wrong address, name or account is told as such, not as a traceback."""
    nobody, nowhere = postgres.url("postgres", role="nobody"), postgres.url("nowhere")
    unanswered = "postgresql://gateway@127.0.0.1:1/journal"

    for url in (nobody, nowhere, unanswered):
        with pytest.raises(JournalUnavailable):
            async with open_journal(url, limits=lambda _: Limits(), clock=FakeClock(), kind="sandbox"):
                pass
        with pytest.raises(JournalUnavailable):
            await upgrade(url)


async def test_a_file_that_is_no_database_is_unavailable(bare: SqliteDatabase) -> None:
    """A journal file with something else in it is refused, and stays as it is."""
    bare.file.parent.mkdir()
    bare.file.write_text("Das ist kein Journal. " * 100)

    with pytest.raises(JournalUnavailable):
        async with Rig(bare).open():
            pass

    assert bare.file.read_text().startswith("Das ist kein Journal.")


async def test_the_tables_are_what_the_migrations_make(bare: SqliteDatabase, bare_postgres: PostgresDatabase) -> None:
    """The statements are written for the very tables, columns and indexes that the migrations leave behind."""
    await upgrade(bare.url)
    await upgrade(bare_postgres.url)

    engine = create_engine(bare.url)
    with engine.connect() as connection:
        assert _drift(connection) == []
    engine.dispose()
    engine_there = create_async_engine(bare_postgres.url.replace("postgresql:", "postgresql+asyncpg:"))
    async with engine_there.connect() as connection_there:
        assert await connection_there.run_sync(_drift) == []
    await engine_there.dispose()


def _drift(connection: Connection) -> list[object]:
    """What the comparison of alembic finds, and the conditions of indexes, which it does not look at."""
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    found = list(compare_metadata(context, metadata))
    inspector = inspect(connection)
    dialect = connection.dialect.name
    for table in metadata.tables.values():
        there = {index["name"]: index for index in inspector.get_indexes(table.name)}
        for index in table.indexes:
            wanted = index.dialect_options[dialect]["where"]
            has = there[index.name]["dialect_options"].get(f"{dialect}_where")
            if _plain(wanted) != _plain(has):
                found.append((index.name, wanted, has))
    return found


def _plain(condition: object) -> str:
    return re.sub(r"::text|[\s()]", "", str(condition))


@pytest.mark.real
async def test_text_is_compared_byte_by_byte(bare_postgres: PostgresDatabase) -> None:
    """All text is of collation C: everybody locks in one order, and no index depends on the system's locale."""
    await upgrade(bare_postgres.url)

    others = bare_postgres.sql(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
        "AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'"
    )

    assert others == []


async def test_a_document_can_be_forgotten_without_an_event(rig: Rig, journal: SqlJournal) -> None:
    """Documents, attachments and words have a lifetime and a place for a key; no event points at them."""
    for table in (tables.documents, tables.attachments, tables.words):
        assert {"expires_at", "data_key"} <= set(table.c.keys())
    assert not tables.events.foreign_keys
    claimed = await begin(journal, rig.entry())

    for name in ("documents", "attachments", "words"):
        rig.change(f"DELETE FROM {name}")

    await conclude(journal, report(claimed))
    assert len(await journal.events(claimed.submission.id)) == 3


# ── the worker's narrow role ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def role(postgres: PostgresServer, database: PostgresDatabase) -> AsyncIterator[str]:
    """A database role with the rights of a worker, for this journal."""
    name = "worker-beispiel"
    postgres.sql(f'CREATE ROLE "{name}" LOGIN')
    await upgrade(database.url, worker_roles=[name])
    yield name
    postgres.sql(f'DROP OWNED BY "{name}"', url=database.url)
    postgres.sql(f'DROP ROLE "{name}"')


def _beside(rig: Rig, role: str) -> str:
    return rig.database.url.replace("//gateway@", f"//{role}@")


@on_postgres
async def test_a_worker_role_can_do_a_workers_work(rig: Rig, journal: SqlJournal, role: str) -> None:
    """With its narrow rights a worker claims, keeps concurrency, reads the document, keeps words, leaves a reply."""
    entry = rig.entry()
    enclosed = Attachment(
        id="0199c0de0001700080000000000000aa", name="bescheid", media_type="application/pdf", size=3, digest="ab" * 32
    )
    arrival = Arrival(
        id="0199c0de-0001-7000-8000-00000000000a",
        origin=Origin.of(entry.submission, "worker-1"),
        submission=entry.submission.id,
        document=b"<antwort/>",
        files=(enclosed,),
    )
    await accept(journal, entry)
    [letter] = await hand_over(journal)

    async with open_journal(
        _beside(rig, role),
        limits=lambda _: Limits(window=4, concurrency=2),
        clock=rig.clock,
        kind=None,
        database_time=False,
    ) as beside:
        claimed = await beside.claim(letter, "worker-1", LEASE)
        assert isinstance(claimed, Claim)
        await beside.keep_words(claimed, "AZ 4711", "")
        await beside.leave(arrival)

    assert claimed.document == entry.document
    assert await journal.arrival(arrival.id) == arrival
    await conclude(journal, report(claimed))
    assert (await standing(journal, entry.submission.id)).reference == "AZ 4711"


FORBIDDEN = """
SELECT * FROM keys
SELECT * FROM clients
SELECT * FROM webhooks
SELECT * FROM webhook_secrets
SELECT * FROM notices
SELECT * FROM events
SELECT * FROM words
SELECT * FROM arrivals
SELECT * FROM replies
SELECT * FROM reply_steps
DELETE FROM arrivals
UPDATE arrivals SET content = ''
DELETE FROM replies
INSERT INTO reply_steps (reply, name) VALUES ('x', 'dropped')
INSERT INTO events (submission, after) VALUES ('x', 'delivered')
UPDATE submissions SET state = 'delivered'
DELETE FROM submissions
UPDATE documents SET content = ''
DELETE FROM documents
UPDATE claims SET leased_until = 0
DELETE FROM claims
UPDATE words SET reference = 'x'
INSERT INTO clients VALUES ('x', 'x', '*', '*', 1, NULL)
INSERT INTO keys VALUES ('x', 'x', 'x', 1)
UPDATE facts SET value = 'production'
UPDATE alembic_version SET version_num = 'x'
CREATE TABLE mine (id int)
TRUNCATE events
"""


@on_postgres
async def test_a_worker_role_can_do_nothing_else(rig: Rig, journal: SqlJournal, role: str) -> None:
    """A worker's account can neither read who sends nor change what happened."""
    await accept(journal, rig.entry())
    connection = await asyncpg.connect(_beside(rig, role))

    for deed in FORBIDDEN.strip().splitlines():
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(deed)

    await connection.close()


@on_postgres
async def test_a_workers_journal_fails_closed(rig: Rig, journal: SqlJournal, role: str) -> None:
    """What a worker's rights do not cover is unavailable to it, and nothing is half done."""
    async with open_journal(
        _beside(rig, role), limits=lambda _: Limits(), clock=rig.clock, kind=None, database_time=False
    ) as beside:
        with pytest.raises(JournalUnavailable):
            await beside.record(rig.entry())
        with pytest.raises(JournalUnavailable):
            await beside.clients()
        with pytest.raises(JournalUnavailable):
            await beside.add_client(Client("portal", "ab" * 32))

    assert rig.count("submissions") == rig.count("events") == 0


@on_postgres
async def test_rights_for_an_unknown_role_are_refused_by_name(rig: Rig) -> None:
    """A role that the database does not know is named, instead of half an upgrade."""
    with pytest.raises(BadSettings, match="nobody-here"):
        await upgrade(rig.database.url, worker_roles=["nobody-here"])
