"""Bad days: servers that vanish, connections cut at the worst moment, full disks, killed processes, poisoned items."""

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import pytest
from anyio.to_thread import run_sync

from gateway.drivers.sql.journal import SqlJournal
from gateway.drivers.sql.sqlite import SqliteRunner
from gateway.errors import JournalUnavailable
from gateway.events import Event, JournalFailed, watched
from gateway.journal import Claim, Entry, Limits, NoClaim, Recorded, Replayed, TryAgain
from gateway.submission import State, SubmissionId
from tests.conftest import ROOT
from tests.gateway.drivers.journal_rig import (
    LEASE,
    WORKER,
    Rig,
    accept,
    always,
    claim,
    conclude,
    hand_over,
    on_postgres,
    on_sqlite,
    report,
    standing,
    state,
)
from tests.services import PostgresServer

pytestmark = pytest.mark.anyio


# ── items that spoil their batch ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("bad", ["unwritable text", "unwritable number", "id twice"])
async def test_a_bad_item_harms_nobody_else(rig: Rig, journal: SqlJournal, bad: str) -> None:
    """Whatever shares a commit with something unwritable is written; the bad one alone is told, and as a bug."""
    place = 7
    entries = [rig.entry() for _ in range(20)]
    match bad:
        case "unwritable text":
            entries[place] = _with(entries[place], traceparent="\ud800")
        case "unwritable number":
            entries[place] = replace(entries[place], size=2**70)
        case _:
            [known] = await accept(journal, rig.entry())
            entries[place] = _with(entries[place], id=known)

    answers = await asyncio.gather(*(journal.record(entry) for entry in entries), return_exceptions=True)

    wrong = answers.pop(place)
    assert isinstance(wrong, Exception)
    assert not isinstance(wrong, JournalUnavailable), "waiting would not help"
    assert answers == [Recorded()] * 19
    assert (await journal.ledger()).imbalance == 0


def _with(entry: Entry, **changes: Any) -> Entry:
    return replace(entry, submission=replace(entry.submission, **changes))


async def test_a_caller_that_leaves_harms_nobody_else(rig: Rig, journal: SqlJournal) -> None:
    """A request that is cancelled while it waits does not take those along that share its commit."""
    tasks = [asyncio.create_task(journal.record(rig.entry())) for _ in range(20)]
    await asyncio.sleep(0)
    tasks[3].cancel()

    answers = await asyncio.gather(*tasks, return_exceptions=True)

    assert isinstance(answers.pop(3), asyncio.CancelledError)
    assert answers == [Recorded()] * 19


async def test_a_closed_journal_says_so(rig: Rig) -> None:
    """Whoever comes after the end is told at once, instead of waiting for ever; who came before is served."""
    async with rig.open() as journal:
        before = asyncio.gather(*(journal.record(rig.entry()) for _ in range(20)))
        await asyncio.sleep(0)

    assert await before == [Recorded()] * 20
    with pytest.raises(JournalUnavailable):
        await journal.record(rig.entry())
    with pytest.raises(JournalUnavailable):
        await journal.ledger()


async def test_a_log_that_cannot_be_written_leaves_nobody_waiting(rig: Rig, journal: SqlJournal) -> None:
    """Where even telling of a failure fails, callers learn of it, and the next call is served as if nothing were."""
    await accept(journal, rig.entry())
    rig.change("ALTER TABLE documents RENAME TO mislaid")

    def closed(_: Event) -> None:
        raise BrokenPipeError

    with watched(closed):
        answers = await asyncio.gather(*(journal.record(rig.entry()) for _ in range(5)), return_exceptions=True)

    assert {type(answer) for answer in answers} == {BrokenPipeError}
    rig.change("ALTER TABLE mislaid RENAME TO documents")
    assert await journal.record(rig.entry()) == Recorded()


# ── PostgreSQL vanishes ──────────────────────────────────────────────────────────────────────────────────────────────


@on_postgres
async def test_a_power_cut_loses_nothing_that_was_answered(
    rig: Rig, journal: SqlJournal, postgres: PostgresServer
) -> None:
    """The server is killed under load: callers are told, work goes on when it is back, every answer holds."""
    sender = Sender(rig, journal)
    async with sender.sending():
        await sender.has_sent(100)
        await run_sync(postgres.kill)
        await sender.was_told_to_wait()
        await run_sync(postgres.start)
        await sender.has_sent(sender.answered + 100)

    await nothing_is_lost(rig, journal, sender)


@on_postgres
async def test_a_restart_is_a_pause(rig: Rig, journal: SqlJournal, postgres: PostgresServer) -> None:
    """After a clean restart the next call works, reading and writing; nobody has to reconnect by hand."""
    [id_] = await accept(journal, rig.entry())
    await journal.ledger()

    await run_sync(postgres.stop)
    with pytest.raises(JournalUnavailable):
        await journal.ready()
    with pytest.raises(JournalUnavailable):
        await journal.standing(id_)
    await run_sync(postgres.start)

    await journal.ready()
    assert await state(journal, id_) is State.ACCEPTED


@on_postgres
async def test_connections_that_are_ended_again_and_again_lose_nothing(rig: Rig, journal: SqlJournal) -> None:
    """Whoever ends the backends at random moments causes repetitions, and neither losses nor doubles."""
    sender = Sender(rig, journal)
    async with sender.sending():
        for _ in range(12):
            await sender.has_sent(sender.answered + 30)
            await run_sync(
                rig.change,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid()",
            )

    assert sender.refused > 0
    await nothing_is_lost(rig, journal, sender)


@pytest.mark.parametrize("where", ["on the way there", "on the way back"])
@on_postgres
async def test_a_connection_cut_at_the_commit_doubles_nothing(rig: Rig, where: str) -> None:
    """Cut on its way there nothing was written, on its way back it was; a resend under the same key finds out."""
    entry, again = (rig.entry(keys=("key:1",), document=b"<a/>") for _ in range(2))
    async with CommitCutter(rig.database.url) as cutter, rig.open(url=cutter.url) as journal:
        cutter.cuts = where

        with pytest.raises(JournalUnavailable):
            await journal.record(entry)
        answer = await journal.record(again)

    if where == "on the way there":
        assert answer == Recorded()
    else:
        assert isinstance(answer, Replayed)
        assert answer.first.submission.id == entry.submission.id
    assert rig.count("submissions") == rig.count("events") == 1


@on_postgres
async def test_a_claim_whose_answer_was_cut_off_lapses(rig: Rig, journal: SqlJournal) -> None:
    """It belongs to nobody: its lease ends, and the Fachverfahren is asked before anybody delivers again."""
    await accept(journal, rig.entry())
    [letter] = await hand_over(journal)
    async with CommitCutter(rig.database.url) as cutter, rig.open(url=cutter.url) as worker:
        cutter.cuts = "on the way back"
        with pytest.raises(JournalUnavailable):
            await worker.claim(letter, WORKER, LEASE)
        assert await worker.claim(letter, WORKER, LEASE) == NoClaim("taken")

    rig.clock.advance(LEASE + 1)
    await journal.lapse(always(TryAgain(0.0, "lease-ended", ask=True)))
    [again] = await hand_over(journal)
    assert (await claim(journal, again)).ask


@on_postgres
async def test_a_server_that_only_reads_is_unavailable(rig: Rig, postgres: PostgresServer) -> None:
    """A standby, as after a failover gone wrong, answers questions and takes nothing."""
    name = urlsplit(rig.database.url).path[1:]
    async with rig.open() as journal:
        [id_] = await accept(journal, rig.entry())
        postgres.sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        rig.change("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        try:
            for _ in range(2):
                with pytest.raises(JournalUnavailable):
                    await journal.record(rig.entry())
            assert await eventually_stands(journal, id_) is State.ACCEPTED
        finally:
            postgres.sql(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
            rig.change("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")


async def eventually_stands(journal: SqlJournal, id_: SubmissionId) -> State:
    """The pool has to notice that its connections are gone."""
    while True:
        try:
            return await state(journal, id_)
        except JournalUnavailable:
            continue


@on_postgres
async def test_a_hand_over_that_a_power_cut_forgot_costs_nothing(rig: Rig, journal: SqlJournal) -> None:
    """The letter leaves again under the same number, and one of the two counts."""
    [id_] = await accept(journal, rig.entry())
    [letter] = await journal.hand_over()
    rig.change(f"UPDATE submissions SET state = 'accepted', attempt = 0, handed_over_at = NULL WHERE id = '{id_}'")

    assert await journal.claim(letter, WORKER, LEASE) == NoClaim("moved-on")
    [again] = await journal.hand_over()

    assert again == letter
    answers = await asyncio.gather(*(journal.claim(one, WORKER, LEASE) for one in (letter, again)))
    assert sum(isinstance(answer, Claim) for answer in answers) == 1


@on_postgres
async def test_whatever_depends_on_a_hand_over_makes_it_durable(
    rig: Rig, journal: SqlJournal, postgres: PostgresServer
) -> None:
    """After a power cut no claim and no outcome stands there without the letter that led to it."""
    await accept(journal, *(rig.entry() for _ in range(4)))
    letters = await hand_over(journal)
    done = await claim(journal, letters[0])
    await journal.keep_words(done, "AZ 4711", "")
    await conclude(journal, report(done))
    held = await claim(journal, letters[1])

    await run_sync(postgres.kill)
    await run_sync(postgres.start)

    async with rig.open() as afterwards:
        found = await standing(afterwards, done.submission.id)
        assert (found.state, found.reference) == (State.DELIVERED, "AZ 4711")
        assert (await afterwards.ledger()).imbalance == 0
        await conclude(afterwards, report(held))


# ── SQLite is in the way ─────────────────────────────────────────────────────────────────────────────────────────────


@on_sqlite
async def test_another_process_that_writes_is_waited_for(rig: Rig, journal: SqlJournal) -> None:
    """The command line may write beside a serving gateway: both wait for each other, and nothing fails."""
    async with rig.open() as beside:
        await asyncio.gather(*(one.record(rig.entry()) for _ in range(100) for one in (journal, beside)))

    assert rig.count("submissions") == 200


@on_sqlite
async def test_another_process_that_keeps_writing_is_told_once(rig: Rig) -> None:
    """Where the file stays locked, all who wait are told together after one patience, and work goes on afterwards."""
    told: list[Event] = []
    runner = SqliteRunner(Path(rig.database.url.removeprefix("sqlite:///")), rig.clock, patience=0.2)
    journal = SqlJournal(runner, "", limits=lambda _: Limits())
    with closing(sqlite3.connect(rig.database.url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with watched(told.append):
            answers = await asyncio.gather(*(journal.record(rig.entry()) for _ in range(50)), return_exceptions=True)
        assert time.monotonic() - began < 5 * 0.2
        assert {type(answer) for answer in answers} == {JournalUnavailable}
        assert set(told) == {JournalFailed(operation="record", error="SQLITE_BUSY")}
        assert len(told) <= 2
        assert await journal.standing(rig.entry().submission.id) is None, "reading needs no lock"
        other.execute("ROLLBACK")

    assert await journal.record(rig.entry()) == Recorded()
    await runner.close()


@on_sqlite
async def test_a_full_disk_is_survived(rig: Rig) -> None:
    """When the disk is full nothing is half written and reading goes on; with room again, so does writing."""
    *ids, full, received, last = _write("until-full", rig.database.url)

    assert full == "full"
    assert int(received) == len(ids) > 5
    assert {id_ for [id_] in rig.database.sql("SELECT id FROM submissions")} == {*ids, last}
    assert rig.database.sql("PRAGMA integrity_check") == [("ok",)]


def _write(how: str, url: str) -> list[str]:
    program = [sys.executable, "-m", "tests.gateway.drivers.journal_writer", how, url]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    return [line for line in done.stdout.splitlines() if "journal.failed" not in line]


# ── the gateway itself is killed ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_killed_gateway_has_written_down_whatever_it_answered(rig: Rig) -> None:
    """SIGKILL amid group commits: every id that was returned is there, whole, and the books agree."""
    program = [sys.executable, "-m", "tests.gateway.drivers.journal_writer", "until-killed", rig.database.url]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        answered = [process.stdout.readline().strip() for _ in range(300)]
        process.kill()
        answered += [line.strip() for line in process.stdout if line.endswith("\n")]

    async with rig.open() as journal:
        there = {id_ for [id_] in rig.database.sql("SELECT id FROM submissions")}
        assert set(answered) <= there
        assert len(there) == rig.count("events") == rig.count("documents") == rig.count("keys")
        assert (await journal.ledger()).imbalance == 0
        await accept(journal, rig.entry())


# ── what they are made of ────────────────────────────────────────────────────────────────────────────────────────────


class Sender:
    """Senders as they should be: each document has a key, and what was not answered is sent again."""

    def __init__(self, rig: Rig, journal: SqlJournal) -> None:
        self._rig = rig
        self._journal = journal
        self._stopping = False
        self.sent = 0
        self.ids: list[SubmissionId] = []
        self.refused = 0

    @property
    def answered(self) -> int:
        return len(self.ids)

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            for _ in range(10):
                group.create_task(self._send())
            yield
            self._stopping = True

    async def has_sent(self, number: int) -> None:
        while self.answered < number:
            await asyncio.sleep(0.005)

    async def was_told_to_wait(self) -> None:
        while not self.refused:
            await asyncio.sleep(0.005)

    async def _send(self) -> None:
        while not self._stopping:
            self.sent += 1
            self.ids.append(await self._insist(f"key:{self.sent}"))

    async def _insist(self, key: str) -> SubmissionId:
        while True:
            entry = self._rig.entry(keys=(key,), document=key.encode())
            try:
                answer = await self._journal.record(entry)
            except JournalUnavailable:
                self.refused += 1
                await asyncio.sleep(0.02)
                continue
            return answer.first.submission.id if isinstance(answer, Replayed) else entry.submission.id


async def nothing_is_lost(rig: Rig, journal: SqlJournal, sender: Sender) -> None:
    """Each document is there once, under the id that its sender was told."""
    there = [id_ for [id_] in rig.database.sql("SELECT id FROM submissions")]
    assert sorted(sender.ids) == sorted(there)
    assert len(there) == sender.sent == rig.count("events") == rig.count("documents") == rig.count("keys")
    assert (await journal.ledger()).imbalance == 0


class CommitCutter:
    """A wire to PostgreSQL that is cut once, at a commit: before it arrives, or before its answer does."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._awaiting_answer = False
        self.cuts: str | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = self._parts._replace(netloc=f"{self._parts.username}@127.0.0.1:{port}").geturl()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(self._parts.hostname, self._parts.port)
        with contextlib.suppress(ConnectionError):
            await asyncio.gather(self._there(reader, there[1]), self._back(there[0], writer))
        writer.transport.abort()
        there[1].transport.abort()

    async def _there(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            if self.cuts and b"COMMIT;" in data:
                if self.cuts == "on the way there":
                    self.cuts = None
                    raise ConnectionResetError
                self._awaiting_answer = True
            sink.write(data)
        raise ConnectionResetError

    async def _back(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            if self._awaiting_answer:
                self.cuts, self._awaiting_answer = None, False
                raise ConnectionResetError
            sink.write(data)
        raise ConnectionResetError
