"""Two books are kept, they agree, and nobody can quietly change either."""

import asyncio
import sqlite3

import pytest

from gateway.adapter import Broken, Delivered, Refused
from gateway.drivers.sql.journal import SqlJournal
from gateway.journal import Conclude, Ledger, Limits, TryAgain
from gateway.submission import Grade, State
from tests.gateway.drivers.journal_rig import (
    TOWN,
    Rig,
    accept,
    begin,
    claim,
    conclude,
    hand_over,
    park,
    report,
)
from tests.services import ServerFailed

pytestmark = pytest.mark.anyio


async def some_of_everything(rig: Rig, journal: SqlJournal) -> None:
    """One submission in each place it can be."""
    rig.limits[TOWN] = Limits(window=20, concurrency=20)
    await accept(journal, rig.refusal(), rig.refusal(service="bau"))
    await conclude(journal, report(await begin(journal, rig.entry())))
    taken = report(await begin(journal, rig.entry(authority="091780124124")), Delivered("", Grade.TAKEN))
    await conclude(journal, taken, Conclude(State.CONFIRMED, final=True, grade=Grade.TAKEN))
    transport = report(await begin(journal, rig.entry()))
    await conclude(journal, transport, Conclude(State.DELIVERED, final=False, grade=Grade.TRANSPORT))
    refused = report(await begin(journal, rig.entry()), Refused("duplicate"))
    await conclude(journal, refused, Conclude(State.REFUSED, final=True, code="duplicate"))
    again = report(await begin(journal, rig.entry()), Broken("ValueError"))
    await conclude(journal, again, TryAgain(99.0, "connection-refused"))
    await park(journal, rig.entry())
    await journal.drop(await park(journal, rig.entry(test=True)), "b.beispiel", "")
    await journal.release(await park(journal, rig.entry()), "b.beispiel", "")
    await hand_over(journal)
    await accept(journal, rig.entry())


async def test_an_empty_journal_is_in_balance(journal: SqlJournal) -> None:
    """Nothing received, nothing missing."""
    assert await journal.ledger() == Ledger(0, 0, 0, 0, 0, 0, {})


async def test_both_books_agree_on_everything(rig: Rig, journal: SqlJournal) -> None:
    """Whatever was received is rejected, in flight, parked or concluded, and each is counted where it is."""
    await some_of_everything(rig, journal)

    assert await journal.ledger() == Ledger(
        received=11,
        rejected=2,
        in_flight=4,
        parked=1,
        concluded=4,
        imbalance=0,
        states={
            State.REJECTED: 2,
            State.ACCEPTED: 2,
            State.HANDED_OVER: 1,
            State.DELIVERED: 2,
            State.CONFIRMED: 1,
            State.REFUSED: 2,
            State.PARKED: 1,
        },
    )


async def test_a_row_deleted_by_hand_shows(rig: Rig, journal: SqlJournal) -> None:
    """Each submission that vanishes from the rows is missing in the ledger, wherever it stood."""
    await some_of_everything(rig, journal)
    missing = 0

    for state in State:
        missing += rig.count("submissions", f"state = '{state}'")
        rig.change(f"DELETE FROM submissions WHERE state = '{state}'")

        ledger = await journal.ledger()
        assert ledger.imbalance == missing
        assert ledger.received == ledger.rejected + ledger.in_flight + ledger.parked + ledger.concluded + missing

    assert missing == 11


CHANGES = [
    ("state = 'parked'", "state = 'accepted'"),
    ("state = 'handed_over'", "state = 'accepted'"),
    ("state = 'delivered' AND concluded_at IS NULL", "state = 'confirmed'"),
    ("state = 'delivered' AND concluded_at IS NULL", "concluded_at = 1"),
    ("state = 'confirmed'", "concluded_at = NULL"),
    ("state = 'confirmed'", "state = 'refused'"),
    ("state = 'confirmed'", "authority = '091780145145'"),
    ("state = 'parked'", "service = 'bau'"),
    ("state = 'parked'", "test = 1"),
]


async def test_a_row_changed_by_hand_shows(rig: Rig, journal: SqlJournal) -> None:
    """A state, an end, an authority or a service that no event tells of is an imbalance."""
    await some_of_everything(rig, journal)
    rig.change("CREATE TABLE untouched AS SELECT * FROM submissions")

    for where, change in CHANGES:
        rig.change(f"UPDATE submissions SET {change} WHERE {where}")
        assert (await journal.ledger()).imbalance > 0, change
        rig.change("DELETE FROM submissions")
        rig.change("INSERT INTO submissions SELECT * FROM untouched")

    rig.change("DROP TABLE untouched")
    assert (await journal.ledger()).imbalance == 0


async def test_two_errors_do_not_cancel_out(rig: Rig, journal: SqlJournal) -> None:
    """A row too few in one place and one too many in another are two errors, not none."""
    await some_of_everything(rig, journal)

    rig.change("UPDATE submissions SET state = 'parked' WHERE state = 'handed_over'")
    rig.change("UPDATE submissions SET state = 'accepted', authority = '1' WHERE state = 'parked'")

    assert (await journal.ledger()).imbalance > 0


async def test_an_invented_row_shows(rig: Rig, journal: SqlJournal) -> None:
    """A submission that no event tells of is an imbalance too."""
    await some_of_everything(rig, journal)
    columns = "state, version, received_at, updated_at, client, service, leistung, authority, connection, destination"
    more = (
        "adapter, test, root, standard, schema_version, package_digest, digest, size, attachments, traceparent, "
        "attempt, tries, ask, cause"
    )

    rig.change(
        f"INSERT INTO submissions (id, {columns}, {more}) "
        f"SELECT 'invented', {columns}, {more} FROM submissions WHERE state = 'parked'"
    )

    assert (await journal.ledger()).imbalance == 1


DEEDS = """
UPDATE events SET code = 'x'
UPDATE events SET id = id + 100
DELETE FROM events
DELETE FROM events WHERE id IN (SELECT min(id) FROM events)
INSERT INTO events SELECT * FROM events
INSERT INTO events SELECT * FROM events WHERE true ON CONFLICT (id) DO UPDATE SET code = 'x'
"""
POSTGRES_ONLY = """
TRUNCATE events
TRUNCATE events, submissions
"""
SQLITE_ONLY = """
INSERT OR REPLACE INTO events SELECT * FROM events
REPLACE INTO events SELECT * FROM events
UPDATE OR REPLACE events SET id = id + 100
"""


async def test_the_database_itself_refuses_to_change_events(rig: Rig, journal: SqlJournal) -> None:
    """What happened stays written, even for the owner of the database."""
    await accept(journal, rig.entry(), rig.entry())
    before = rig.database.sql("SELECT * FROM events")
    more = SQLITE_ONLY if rig.database.url.startswith("sqlite") else POSTGRES_ONLY

    for deed in (DEEDS + more).split("\n"):
        if deed:
            with pytest.raises((ServerFailed, sqlite3.IntegrityError)):
                rig.change(deed)

    assert rig.database.sql("SELECT * FROM events") == before


async def test_a_ledger_is_one_moment(rig: Rig, journal: SqlJournal) -> None:
    """However much moves while it is counted, both books are of the same moment."""
    rig.limits[TOWN] = Limits(window=50, concurrency=50)

    stop = asyncio.Event()

    async def keep_moving() -> None:
        while not stop.is_set():
            await accept(journal, *(rig.entry(document=b"<a/>") for _ in range(5)))
            claims = [await claim(journal, letter) for letter in await hand_over(journal)]
            await asyncio.gather(*(conclude(journal, report(one)) for one in claims))

    moving = asyncio.create_task(keep_moving())
    ledgers = [await journal.ledger()]
    while len(ledgers) < 20 or ledgers[-1].received < 50:
        ledgers.append(await journal.ledger())
    stop.set()
    await moving

    assert {ledger.imbalance for ledger in ledgers} == {0}
