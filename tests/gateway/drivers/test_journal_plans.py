"""Submissions that wait cost the next one nothing: every statement of the story finds its rows by an index."""

import sqlite3
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped]  # it has no types
import pytest

from gateway.dispatch import Letter
from gateway.drivers.sql import (
    answering,
    concluding,
    doors,
    handing_over,
    looking,
    notifying,
    postgres,
    recording,
    reply_rows,
    sqlite,
)
from gateway.drivers.sql.claiming import KEEP_WORDS, Wish, Words, claim
from gateway.drivers.sql.concluding import Ended, conclude
from gateway.drivers.sql.handing_over import HandOver, TakeBack, Unclaimed, hand_over, return_unclaimed
from gateway.drivers.sql.steps import Ask, Do, Now, Operation, Steps
from gateway.journal import Claim, Lane, Limits
from gateway.notice import Answer, Persistence
from gateway.reply import Origin
from gateway.site import Lease, Reach
from gateway.testing import FakeClock
from tests.gateway.drivers.journal_rig import DONE, LEASE, WORKER, Rig, always, on_postgres, on_sqlite, report
from tests.gateway.drivers.reply_rig import incoming

pytestmark = pytest.mark.anyio

WAITING: Final = 10_000
LANES: Final = 40
LARGE: Final = (
    *("submissions", "claims", "events", "keys", "documents", "attachments", "words"),
    *("replies", "reply_steps", "notices"),
)
"""Tables that grow; arrivals are soon judged, destinations are as many as there are towns."""


PAUSED: Final = "musterstadt-wohnsitz-2"
BEHIND: Final = "musterstadt-wohnsitz-3"


def limits(_: Lane) -> Limits:
    return Limits(window=8, concurrency=4)


def a_long_weekend(rig: Rig, waiting: int) -> None:
    """
    So many submissions wait, as many more for a connection that is paused, and behind another of their case, and as
    many attempts have ended.
    """
    town = f"'lane-' || (n % {LANES})"
    for connection, due, behind, follows in (
        ("musterstadt-wohnsitz-1", f"{rig.clock()} - {waiting} + n", "0", "NULL"),
        (PAUSED, "NULL", "0", "NULL"),
        (BEHIND, "NULL", "1", f"'{BEHIND}' || (n - 1)"),
    ):
        _fill(
            rig,
            "submissions",
            waiting,
            id=f"'{connection}' || n",
            state="'accepted'",
            due_at=due,
            behind=behind,
            follows=follows,
            case_key="'case-' || (n % 100)",
            destination=town,
            digest="'digest-' || n",
            connection=f"'{connection}'",
            **dict.fromkeys(("version", "received_at", "updated_at", "size"), "1"),
            **dict.fromkeys(("test", "attachments", "attempt", "tries", "ask"), "0"),
            **dict.fromkeys(("client", "service", "leistung", "authority", "adapter", "root", "standard"), "'x'"),
            **dict.fromkeys(("schema_version", "package_digest", "traceparent", "cause"), "''"),
        )
    _fill(
        rig,
        "documents",
        waiting,
        **dict.fromkeys(("id", "submission"), "'musterstadt-wohnsitz-1' || n"),
        **dict.fromkeys(("kind", "media_type"), "'x'"),
        **dict.fromkeys(("size", "stored_at"), "1"),
        content="x'3c612f3e'" if rig.database.url.startswith("sqlite") else r"'\x3c612f3e'::bytea",
    )
    _fill(
        rig,
        "claims",
        waiting,
        submission="'old-' || n",
        destination=town,
        worker=f"'{WORKER}'",
        test="0",
        **dict.fromkeys(("attempt", "claimed_at", "leased_until", "ended_at"), "1"),
        **dict.fromkeys(("key_hash", "adapter", "outcome", "code"), "'x'"),
    )
    _fill(rig, "keys", waiting, key="'key-' || n", submission="'w' || n", digest="'x'", expires_at="1")
    _fill(
        rig,
        "events",
        waiting,
        submission="'w' || n",
        after="'accepted'",
        **dict.fromkeys(("at", "attempt", "test", "concludes"), "0"),
        **dict.fromkeys(("name", "code", "by", "service", "authority"), "'x'"),
    )
    _fill(
        rig,
        "attachments",
        waiting,
        id="'file-' || n",
        submission="'w' || n",
        **dict.fromkeys(("position", "size", "stored_at"), "1"),
        **dict.fromkeys(("name", "media_type", "digest"), "'x'"),
    )
    _fill(
        rig,
        "words",
        waiting,
        id="'words-' || n",
        submission="'old-' || n",
        **dict.fromkeys(("attempt", "stored_at"), "1"),
        **dict.fromkeys(("said_by", "reference", "reason"), "'x'"),
    )
    _fill(
        rig,
        "webhooks",
        20,
        id="'wh_' || n",
        url="'x'",
        client="'portal'",
        **dict.fromkeys(("lease", "last_because", "off_because"), "''"),
        **dict.fromkeys(("created_at", "failures", "rests_until", "leased_until", "taken_at"), "0"),
        **dict.fromkeys(("told", "last_status", "missed"), "0"),
    )
    notice = f"'wh_' || (id % 20 + 1), id, {rig.clock()} - id, 0"
    rig.change(f"INSERT INTO notices (webhook, event, due_at, tries) SELECT {notice} FROM events")
    _fill(rig, "destinations", LANES, name=town, test="0", failures="0")


def _fill(rig: Rig, table: str, number: int, **columns: str) -> None:
    """So many rows; each column is an expression over `n`, which counts from 1."""
    rig.change(
        f"INSERT INTO {table} ({', '.join(columns)}) "
        f"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {number}) "
        f"SELECT {', '.join(columns.values())} FROM n"
    )


# ── the story, step by step, with somebody who looks at each plan ────────────────────────────────────────────────────


class Looking:
    """Runs operations as the drivers do, and keeps what their statements would cost."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.plans: list[tuple[str, str, str]] = []

    async def run(self, operation: Operation[Any, Any], *items: Any) -> Sequence[Any]:
        steps: Steps[Sequence[Any]] = operation.run(items)
        answer: Any = None
        try:
            while True:
                match steps.send(answer):
                    case Now():
                        answer = self.clock()
                    case Ask(statement, values):
                        answer = await self.look(operation.name, statement, [values])
                    case Do(statement, many):
                        await self.look(operation.name, statement, many)
                        answer = None
        except StopIteration as done:
            result: Sequence[Any] = done.value
            return result

    async def look(self, operation: str, statement: Any, many: Sequence[Any]) -> list[Any]:
        raise AssertionError

    def searched_row_by_row(self) -> list[tuple[str, str, str]]:
        raise AssertionError


class LookingAtSqlite(Looking):
    """A scan is one of a table, or of an index that holds all of it."""

    def __init__(self, connection: sqlite3.Connection, clock: FakeClock) -> None:
        super().__init__(clock)
        self._connection = connection

    async def look(self, operation: str, statement: Any, many: Sequence[Any]) -> list[Any]:
        rendered = statement.on(sqlite.DIALECT)
        plan = self._connection.execute(f"EXPLAIN QUERY PLAN {rendered.sql}", rendered.row(many[0])).fetchall()
        self.plans += [(operation, rendered.sql, line[3]) for line in plan]
        rows = []
        for values in many:
            rows += self._connection.execute(rendered.sql, rendered.row(values)).fetchall()
        return rows

    def searched_row_by_row(self) -> list[tuple[str, str, str]]:
        partial = {
            "submissions_held",
            "submissions_on_the_way",
            "submissions_waiting",
            "submissions_parked",
            "claims_open",
            "claims_busy",
            "replies_boxed",
            "replies_due",
        }
        return [
            plan
            for plan in self.plans
            if any(plan[2].startswith(f"SCAN {table}") for table in LARGE)
            and not any(f"USING INDEX {index}" in plan[2] for index in partial)
        ]


class LookingAtPostgres(Looking):
    """A scan is a sequential one."""

    def __init__(self, connection: asyncpg.Connection, clock: FakeClock) -> None:
        super().__init__(clock)
        self._connection = connection

    async def look(self, operation: str, statement: Any, many: Sequence[Any]) -> list[Any]:
        rendered = statement.on(postgres.DIALECT)
        plan = await self._connection.fetch(f"EXPLAIN {rendered.sql}", *rendered.row(many[0]))
        self.plans += [(operation, rendered.sql, line[0]) for line in plan]
        rows = []
        for values in many:
            rows += await self._connection.fetch(rendered.sql, *rendered.row(values))
        return rows

    def searched_row_by_row(self) -> list[tuple[str, str, str]]:
        return [plan for plan in self.plans if any(f"Seq Scan on {table}" in plan[2] for table in LARGE)]


async def tell_the_story(rig: Rig, looking_at: Looking) -> int:
    """Everything that happens to submissions, once; how many letters left."""
    run = looking_at.run
    entries = [rig.entry(destination="lane-1", keys=(f"key:{n}",)) for n in range(20)]
    entries += [rig.entry(destination="lane-2", message_uuid=None) for _ in range(20)]
    first = str(uuid.uuid4())
    entries += [rig.entry(destination="lane-3", keys=(f"uuid:{first}",), received_at=0)]
    entries += [rig.entry(destination="lane-3", reference_uuid=first, case_key=first) for _ in range(10)]
    await run(recording.RECORD, *entries)
    [letters] = await run(hand_over(limits, lambda: [PAUSED]), HandOver(200))
    await run(handing_over.CONFIRM, letters[10:])
    await run(handing_over.TAKE_BACK, TakeBack(letters[:5], "not-confirmed"))
    claims = [one for one in await run(claim(limits), *_wishes(letters[5:60])) if isinstance(one, Claim)]
    await run(KEEP_WORDS, Words(claims[0].submission.id, 1, "filedrop", "r", ""))
    await run(conclude(limits), *(Ended(report(one), always(DONE)) for one in claims[:40]))
    await run(concluding.ABANDON, WORKER)
    [over] = await run(concluding.OVER, None)
    await run(conclude(limits), *(Ended(one, always(DONE), lapsed=True) for one in over))
    await run(return_unclaimed(lambda: ["lane-7"]), Unclaimed(0, 0))
    await run(looking.LOOK, claims[0].submission.id)
    await run(looking.HISTORY, claims[0].submission.id)
    await run(looking.VERSIONS, [one.submission.id for one in claims])
    await run(looking.WAITING_FOR_PEOPLE, 100)
    await run(doors.look(), doors.Look(Reach(frozenset({"lane-1", "lane-7"}), frozenset({"x"}), frozenset({"x"})), 100))
    await run(doors.occupied(), frozenset({"lane-1", "lane-7"}))
    await run(doors.EXISTS, claims[0].submission.id)
    for also in (None, "document", "attachments"):
        await run(doors.HELD, doors.Which(claims[0].submission.id, 1, also))
    await run(doors.RENEW, doors.Renewal(Lease(claims[0].submission.id, 1, claims[0].key, WORKER), 60.0))
    await answer(rig, run, claims)
    [errands] = await run(notifying.TAKE_ERRANDS, notifying.Wish(10, LEASE))
    assert len(errands) == 10
    mixed = (Answer(status=204), *[Answer("status", 500)] * 7)
    for errand in errands:
        await run(notifying.NOTE, notifying.Done(errand, mixed, Persistence(), 0.5))
    await run(recording.RECORD, rig.entry(destination="lane-3", reference_uuid=first, case_key=first))
    await run(hand_over(limits, lambda: [PAUSED]), HandOver(1_000))
    return len(letters)


async def answer(rig: Rig, run: Callable[..., Any], claims: Sequence[Claim]) -> None:
    """Replies that name the submission, the message, the case, or nothing that is there; and what follows from them."""
    sent = claims[0].submission
    origin = Origin(adapter=sent.adapter, destination=sent.destination, test=sent.test, by=WORKER)
    told: list[dict[str, Any]] = [
        {"submission": sent.id},
        {"answers": sent.message_uuid},
        {"answers": None, "case": "AZ-1"},
        {"answers": "nirgends"},
    ]
    for number, named in enumerate(told):
        await run(answering.RECEIVE, incoming(rig, b"<%d/>" % number, origin=origin, message_uuid=None, **named))
    await run(answering.WAITING, None)
    await run(reply_rows.ANSWERS, sent.id)
    await run(reply_rows.BOX, 100)
    await run(reply_rows.BOXED, None)
    await run(reply_rows.LEFT, 100)


def _wishes(letters: Sequence[Letter]) -> list[Wish]:
    return [Wish(letter, WORKER, LEASE) for letter in letters]


@pytest.mark.parametrize("analysed", [False, True], ids=["fresh", "analysed"])
@on_sqlite
async def test_sqlite_searches_nothing_row_by_row(rig: Rig, analysed: bool) -> None:
    """No step of the story reads a whole table, whether SQLite knows how large it is or not."""
    a_long_weekend(rig, WAITING)
    if analysed:
        rig.change("ANALYZE")

    with closing(sqlite3.connect(rig.database.url.removeprefix("sqlite:///"))) as connection:
        looking_at = LookingAtSqlite(connection, rig.clock)
        assert await tell_the_story(rig, looking_at) == 200

    assert looking_at.searched_row_by_row() == []


@pytest.mark.parametrize("analysed", [False, True], ids=["fresh", "analysed"])
@on_postgres
async def test_postgres_searches_nothing_row_by_row(rig: Rig, analysed: bool) -> None:
    """No step of the story reads a whole table, whether PostgreSQL has analysed it or not, with either kind of plan."""
    a_long_weekend(rig, WAITING)
    if analysed:
        rig.change("ANALYZE")

    connection = await asyncpg.connect(rig.database.url, server_settings=postgres.SETTINGS)
    for plans in ("force_custom_plan", "force_generic_plan"):
        await connection.execute(f"SET plan_cache_mode = {plans}")
        story = connection.transaction()
        await story.start()
        looking_at = LookingAtPostgres(connection, rig.clock)
        assert await tell_the_story(rig, looking_at) == 200
        assert looking_at.searched_row_by_row() == []
        await story.rollback()
    await connection.close()


@on_sqlite
async def test_handing_over_costs_the_same_whatever_waits(rig: Rig) -> None:
    """With twenty times as many waiting, SQLite does the same work for the next two hundred, within a tenth."""
    work = []
    for waiting in (1_000, 20_000):
        for table in (*LARGE, "webhooks", "destinations"):
            if table != "events":  # which nobody can delete, and which do not count here
                rig.change(f"DELETE FROM {table}")
        a_long_weekend(rig, waiting)
        with closing(sqlite3.connect(rig.database.url.removeprefix("sqlite:///"))) as connection:
            steps = 0

            def count() -> int:
                nonlocal steps
                steps += 1
                return 0

            looking_at = LookingAtSqlite(connection, rig.clock)
            connection.set_progress_handler(count, 10)
            [letters] = await looking_at.run(hand_over(limits, lambda: [PAUSED]), HandOver(200))
            assert len(letters) == 200
            work.append(steps)

    assert 0.9 < work[1] / work[0] < 1.1
