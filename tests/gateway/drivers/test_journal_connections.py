"""Connections as records: every step written down for good, and one winner where two people act at once."""

import asyncio
from dataclasses import replace
from datetime import date

import pytest

from gateway.connection import Connection, ConnectionState, Look, Preflight, Seen
from gateway.drivers.sql.journal import SqlJournal
from gateway.errors import NotResponsible, Sentence
from gateway.journal import Journal
from tests.gateway.drivers.journal_rig import Rig

pytestmark = pytest.mark.anyio

ORDERED = Connection("wohnsitz", "09661", "", ConnectionState.ORDERED, "B-1", date(2026, 9, 1), contact="Bürgeramt")


async def order(journal: Journal, connection: Connection = ORDERED) -> Connection:
    step = await journal.step(connection, expected=None, by="import", reason="Bestellliste")
    assert step is not None
    return step.connection


async def test_a_connection_begins_with_its_order(rig: Rig, journal: SqlJournal) -> None:
    """It is there as it was ordered, and its first step says who, when and why."""
    await order(journal)

    assert await journal.connections() == [ORDERED]
    [step] = await journal.steps()
    assert (step.connection, step.before, step.at) == (ORDERED, None, rig.clock())
    assert (step.by, step.reason) == ("import", "Bestellliste")


async def test_every_step_is_kept(rig: Rig, journal: SqlJournal) -> None:
    """Step by step to live; the day on which it went live is noted, and the history tells all of it."""
    connection = await order(journal)
    for state in (ConnectionState.CONFIGURED, ConnectionState.TESTED, ConnectionState.LIVE):
        rig.clock.advance(1)
        moved = await journal.step(
            replace(connection, state=state, destination="musterstadt-wohnsitz"),
            expected=connection.state,
            by="b.beispiel",
            reason="geprüft",
        )
        assert moved is not None
        connection = moved.connection

    assert connection.live_since is not None
    assert await journal.connections() == [connection]
    assert [step.connection.state for step in await journal.steps(connection.id)] == [
        ConnectionState.ORDERED,
        ConnectionState.CONFIGURED,
        ConnectionState.TESTED,
        ConnectionState.LIVE,
    ]
    assert await journal.steps("bau/09661") == []


async def test_a_step_that_changes_nothing_is_none(journal: SqlJournal) -> None:
    """Said twice is done once: no step, and caches have nothing to follow."""
    await order(journal)
    version = await journal.version_of("connections")

    assert await journal.step(ORDERED, expected=ConnectionState.ORDERED, by="x", reason="noch einmal") is None

    assert await journal.version_of("connections") == version
    assert len(await journal.steps()) == 1


async def test_facts_change_without_a_step_of_the_state(journal: SqlJournal) -> None:
    """An order number that comes later is written down, and the history says so."""
    await order(journal)
    later = replace(ORDERED, order_number="B-2")

    await journal.step(later, expected=ConnectionState.ORDERED, by="x", reason="Nummer berichtigt")

    assert await journal.connections() == [later]
    assert [step.connection.order_number for step in await journal.steps()] == ["B-1", "B-2"]


async def test_what_no_life_allows_is_refused(journal: SqlJournal) -> None:
    """From ordered nothing goes live; nothing is changed."""
    await order(journal)

    with pytest.raises(NotResponsible):
        await journal.step(
            replace(ORDERED, state=ConnectionState.LIVE), expected=ConnectionState.ORDERED, by="x", reason="eilig"
        )

    assert await journal.connections() == [ORDERED]


async def test_of_two_at_once_one_wins(rig: Rig, journal: SqlJournal) -> None:
    """Two replicas take a step from the same state: one does, the other is told to look again."""
    await order(journal)
    wanted = replace(ORDERED, state=ConnectionState.CONFIGURED, destination="musterstadt-wohnsitz")
    other = replace(ORDERED, state=ConnectionState.RETIRED)

    async with rig.open() as replica:
        ends = await asyncio.gather(
            journal.step(wanted, expected=ConnectionState.ORDERED, by="eine", reason="a"),
            replica.step(other, expected=ConnectionState.ORDERED, by="andere", reason="b"),
            return_exceptions=True,
        )

    assert sorted(type(end).__name__ for end in ends) == ["NotResponsible", "Step"]
    assert len(await journal.steps()) == 2


async def test_a_step_moves_the_version_that_caches_follow(journal: SqlJournal) -> None:
    """Other processes notice a step by a number that grows."""
    before = await journal.version_of("connections")

    await order(journal)

    assert await journal.version_of("connections") > before


async def test_preflights_are_kept_and_the_latest_counts(rig: Rig, journal: SqlJournal) -> None:
    """What a pre-flight found comes back as it was, in both languages."""
    first = preflight(rig, good=False)
    await journal.keep_preflight(first)
    rig.clock.advance(60)
    second = preflight(rig, good=True)
    await journal.keep_preflight(second)

    assert await journal.latest_preflight("wohnsitz/09661") == second
    assert await journal.latest_preflight("bau/09661") is None
    assert await journal.preflights() == [first, second]


@pytest.mark.parametrize("table", ["connection_steps", "preflights"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET by = 'x'", "DELETE FROM {}"])
async def test_what_was_done_stays(rig: Rig, journal: SqlJournal, table: str, deed: str) -> None:
    """The database itself forbids changing the history of connections."""
    await order(journal)
    await journal.keep_preflight(preflight(rig, good=True))

    with pytest.raises(Exception, match="append-only"):
        rig.change(deed.format(table))

    assert rig.count(table) == 1


def preflight(rig: Rig, *, good: bool) -> Preflight:
    seen = (
        Seen(Look.ADAPTER, True, Sentence("installiert", "installed")),
        Seen(Look.CERTIFICATE, None, Sentence("keines nötig", "none needed")),
        Seen(Look.ENDPOINT, good, Sentence("Ordner fehlt", "folder is missing")),
    )
    return Preflight(
        connection="wohnsitz/09661",
        destination="musterstadt-wohnsitz",
        at=rig.clock(),
        by="b.beispiel",
        adapter="filedrop",
        adapter_version="0.1.0",
        schemas=("AG-Wohnsitz 1.0",),
        seen=seen,
    )


async def test_a_version_of_an_adapter_is_in_use_since_it_was_first_seen(rig: Rig, journal: SqlJournal) -> None:
    """Each start notes what is installed; what was seen before keeps its moment, and other facts are no adapters."""
    first = rig.clock()
    await journal.settle("adapterless", "x")
    await journal.note_adapters({"filedrop": "0.1.0", "okwohnsitz": "1.0"})
    rig.clock.advance(60)
    await journal.note_adapters({"filedrop": "0.2.0", "okwohnsitz": "1.0"})
    await journal.note_adapters({})

    assert [(one.adapter, one.version, one.since - first) for one in await journal.adapters_in_use()] == [
        ("filedrop", "0.1.0", 0),
        ("filedrop", "0.2.0", 60_000_000),
        ("okwohnsitz", "1.0", 0),
    ]
