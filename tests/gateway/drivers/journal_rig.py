"""What the tests of the journal share: a journal with its clock and a side door, and the moves of the story."""

import shutil
import sqlite3
from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import pytest

from gateway.adapter import Delivered, Ending, Unreachable
from gateway.dispatch import Letter, Report
from gateway.drivers.sql.columns import metadata
from gateway.drivers.sql.journal import SqlJournal, open_journal
from gateway.errors import Sentence
from gateway.journal import (
    Attempt,
    Claim,
    Conclude,
    Decide,
    Decision,
    Entry,
    Ignored,
    Journal,
    Lane,
    Limits,
    Moved,
    Park,
    Recorded,
    Standing,
    TryAgain,
)
from gateway.submission import Finding, Grade, State, SubmissionId, content_digest
from gateway.testing import FakeClock, a_submission, an_xml_document
from tests.services import PostgresServer

TOWN: Final = Lane("musterstadt-wohnsitz")
"""The lane of `a_submission`."""
LEASE: Final = 180.0
WORKER: Final = "worker-1"

DONE: Final = Conclude(State.DELIVERED, final=True, grade=Grade.TRANSPORT)
DELIVERED: Final = Delivered("", Grade.TRANSPORT)
AWAY: Final = Unreachable("connection-refused")

on_sqlite: Final = pytest.mark.parametrize("database", ["SQLite"], indirect=True)
on_postgres: Final = pytest.mark.parametrize(
    "database", [pytest.param("PostgreSQL", marks=pytest.mark.real)], indirect=True
)


class Database(Protocol):
    """A database with a journal's schema in it, and its side door."""

    @property
    def url(self) -> str: ...

    def sql(self, statement: str) -> list[tuple[str, ...]]:
        """What somebody with a database client sees and does; every column as text."""
        ...


@dataclass(frozen=True)
class SqliteDatabase:
    file: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.file}"

    def sql(self, statement: str) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(self.file, isolation_level=None, timeout=10)) as connection:
            return [tuple("" if one is None else str(one) for one in row) for row in connection.execute(statement)]

    def copied_to(self, folder: Path) -> "SqliteDatabase":
        return SqliteDatabase(Path(shutil.copy(self.file, folder / "journal.db")))


@dataclass(frozen=True)
class PostgresDatabase:
    server: PostgresServer
    url: str

    def empty(self) -> None:
        """Leave the schema and nothing else: as the owner of the server, whom no trigger stops."""
        deletions = "; ".join(f"DELETE FROM {table}" for table in metadata.tables)
        self.server.sql(f"SET session_replication_role = replica; {deletions}", url=self.url)

    def sql(self, statement: str) -> list[tuple[str, ...]]:
        return [tuple(line.split("|")) for line in self.server.sql(statement, url=self.url).splitlines()]


@dataclass
class Rig:
    """A database, a clock that stands still, limits that can be set for each lane, and connections to pause."""

    database: Database
    clock: FakeClock = field(default_factory=FakeClock)
    limits: dict[Lane, Limits] = field(default_factory=dict)
    paused: list[str] = field(default_factory=list)
    """ids of connections"""
    resting: Collection[str] = ()
    """names of destinations in maintenance"""
    unordered: frozenset[str] = frozenset()
    """adapters to which order does not matter; read when a journal is opened"""

    def open(self, *, url: str | None = None) -> AbstractAsyncContextManager[SqlJournal]:
        """A journal on this database; every further one is a replica."""
        return open_journal(
            url or self.database.url,
            limits=lambda lane: self.limits.get(lane, Limits()),
            clock=self.clock,
            kind="sandbox",
            paused=lambda: self.paused,
            resting=lambda _: self.resting,
            unordered=self.unordered,
            database_time=False,
        )

    def entry(self, **changes: Any) -> Entry:
        """A valid document that arrives now."""
        return an_entry(**{"received_at": self.clock(), **changes})

    def refusal(self, **changes: Any) -> Entry:
        """A document that arrives now and is not valid."""
        return a_refusal(**{"received_at": self.clock(), **changes})

    def change(self, statement: str) -> None:
        """Do something to the database that no journal would do."""
        self.database.sql(statement)

    def count(self, table: str, where: str = "1 = 1") -> int:
        """How many rows of a table there are."""
        return int(self.database.sql(f"SELECT count(*) FROM {table} WHERE {where}")[0][0])


A_FINDING: Final = Finding(
    code="schema-invalid", text=Sentence("Ein Pflichtfeld fehlt.", "A field is missing."), path="/a/b[2]", line=7
)


def an_entry(
    *,
    document: bytes | None = None,
    keys: Sequence[str] = (),
    state: Literal[State.ACCEPTED, State.REJECTED] = State.ACCEPTED,
    findings: Sequence[Finding] = (),
    connection: str = "musterstadt-wohnsitz-1",
    **changes: Any,
) -> Entry:
    """What intake would record; `changes` are the submission's. Without a document each has one of its own."""
    named = next((key.removeprefix("uuid:") for key in keys if key.startswith("uuid:")), None)
    submission = a_submission(**{"message_uuid": named, **changes})
    content = an_xml_document() + submission.id.encode() if document is None else document
    return Entry(
        submission=submission,
        state=state,
        digest=content_digest(content, (one.digest for one in submission.attachments)),
        size=len(content),
        keys=tuple(keys),
        findings=tuple(findings),
        document=content if state is State.ACCEPTED else None,
        package_digest="ab" * 32,
        connection=connection,
    )


def a_refusal(**changes: Any) -> Entry:
    """A rejection, as intake would record it."""
    return an_entry(**{"state": State.REJECTED, "findings": (A_FINDING,), **changes})


def always(decision: Decision) -> Decide:
    """A policy that knows one answer."""

    def decided(_: Ending, __: Attempt) -> Decision:
        return decision

    return decided


def report(claim: Claim, ending: Ending = DELIVERED, **changes: Any) -> Report:
    """What a worker sends when its attempt has ended."""
    facts: dict[str, Any] = {
        "submission": claim.submission.id,
        "attempt": claim.attempt,
        "key": claim.key,
        "worker": claim.worker,
        "adapter": claim.submission.adapter,
        "ending": ending,
    }
    return Report(**{**facts, **changes})


def letter_of(claim: Claim) -> Letter:
    """The letter that led to this claim."""
    submission = claim.submission
    return Letter(submission.id, claim.attempt, submission.adapter, submission.traceparent)


async def accept(journal: Journal, *entries: Entry) -> list[SubmissionId]:
    """Record them; all are new."""
    for entry in entries:
        assert isinstance(await journal.record(entry), Recorded)
    return [entry.submission.id for entry in entries]


async def hand_over(journal: Journal, most: int = 200) -> list[Letter]:
    """Letters that left and arrived at the broker."""
    letters = list(await journal.hand_over(most))
    await journal.confirm(letters)
    return letters


async def claim(journal: Journal, letter: Letter, worker: str = WORKER, lease: float = LEASE) -> Claim:
    """The claim, which succeeds."""
    got = await journal.claim(letter, worker, lease)
    assert isinstance(got, Claim)
    return got


async def begin(journal: Journal, entry: Entry) -> Claim:
    """Record it, hand it over, claim it: an attempt is under way. It has to be the only one waiting."""
    await accept(journal, entry)
    [letter] = await hand_over(journal)
    assert letter.submission == entry.submission.id
    return await claim(journal, letter)


async def conclude(journal: Journal, report: Report, decision: Decision = DONE) -> Moved:
    """Conclude it with this decision, which takes effect."""
    moved = await journal.conclude(report, always(decision))
    assert isinstance(moved, Moved)
    return moved


async def ignored(journal: Journal, report: Report) -> str:
    """Why the report changed nothing."""
    answer = await journal.conclude(report, always(DONE))
    assert isinstance(answer, Ignored)
    return answer.because


async def park(journal: Journal, entry: Entry, cause: str = "adapter-bug") -> SubmissionId:
    """A submission that waits for a human."""
    await conclude(journal, report(await begin(journal, entry)), Park(cause))
    return entry.submission.id


async def fail(journal: Journal, letter: Letter, ending: Ending = AWAY, after: float = 0.0) -> Moved:
    """Claim a letter and fail to deliver it; it is due again `after` seconds."""
    return await conclude(journal, report(await claim(journal, letter), ending), TryAgain(after, "connection-refused"))


async def standing(journal: Journal, submission: SubmissionId) -> Standing:
    """Where it stands; it is there."""
    found = await journal.standing(submission)
    assert found is not None
    return found


async def state(journal: Journal, submission: SubmissionId) -> State:
    return (await standing(journal, submission)).state


async def story(journal: Journal, submission: SubmissionId) -> list[str]:
    """The names of its events, oldest first."""
    return [event.name for event in await journal.events(submission)]


async def nothing_happened(journal: Journal, submission: SubmissionId, since: Standing) -> bool:
    """Whether it stands where it stood."""
    return await journal.standing(submission) == since
