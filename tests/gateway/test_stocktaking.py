"""From the stock to what is shown: every combination that can be foreseen, times that mislead nobody."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from gateway import stocktaking
from gateway.connection import ConnectionState
from gateway.drivers.sql.journal import SqlJournal, open_journal
from gateway.events import DECLARED, LedgerUnbalanced, Samples, watched
from gateway.journal import Lane, Ledger, Limits
from gateway.routing import Tables
from gateway.site import Certificate, Heartbeat
from gateway.stock import Heap, Outbox, Stock
from gateway.stocktaking import Leadership, snapshot_of
from gateway.submission import SECOND, Micros, State
from gateway.testing import FakeClock
from tests.gateway.drivers.journal_rig import SqliteDatabase, accept, an_entry
from tests.rig.tables import with_directories

NOW = Micros(1_790_000_000 * SECOND)
EARLIER = Micros(NOW - 3_600 * SECOND)
ADAPTERS = ("filedrop", "akdb_okkomm")

EMPTY = Stock(
    at=NOW,
    ledger=Ledger(0, 0, 0, 0, 0, 0, {}),
    imbalance={},
    heaps=(),
    outbox=Outbox(0, None),
    claimed={},
    delivered={},
    answered={},
    breakers={},
    certificates={},
    boxed=0,
    notices=0,
    webhooks={},
)


@cache
def tables() -> Tables:
    return Tables.load(with_directories(), Path("/nowhere"))


def shown(stock: Stock) -> Mapping[str, Mapping[tuple[str, ...], float]]:
    """Each family's values by their labels."""
    return {family: dict(samples) for family, samples in snapshot_of(stock, tables(), ADAPTERS).items()}


def a_heap(state: State = State.ACCEPTED, **facts: object) -> Heap:
    """Three submissions for Augsburg, an hour old."""
    heap = Heap(
        service="wohnsitz",
        authority="09761",
        adapter="filedrop",
        test=False,
        state=state,
        concluded=False,
        cause="",
        number=3,
        oldest=EARLIER,
        newest=NOW,
        last_concluded=None,
    )
    return replace(heap, **facts)  # type: ignore[arg-type]  # each is a field


def test_an_empty_journal_shows_every_combination() -> None:
    """States, adapters, services, causes: what can be foreseen is there at zero, so that a rate sees the first one."""
    found = shown(EMPTY)

    assert found["gateway_submissions_in_state"].keys() >= {
        (state.value, adapter, test) for state in State for adapter in ADAPTERS for test in ("no", "yes")
    }
    assert set(found["gateway_submissions_in_state"].values()) == {0}
    assert found["gateway_ledger_imbalance_submissions"] == dict.fromkeys(
        [(name,) for name in (*(one.name for one in tables().services), "none")], 0
    )
    assert found["gateway_outbox_unpublished_messages"] == {(): 0}


def test_the_oldest_of_nothing_is_as_old_as_the_snapshot() -> None:
    """An age computed from it is that of the snapshot, and no alarm; "never" is zero, and that is old enough."""
    found = shown(EMPTY)

    assert set(found["gateway_oldest_submission_timestamp_seconds"].values()) == {NOW / SECOND}
    assert found["gateway_outbox_oldest_unpublished_timestamp_seconds"] == {(): NOW / SECOND}
    assert set(found["gateway_stage_last_success_timestamp_seconds"].values()) == {0}


def test_ages_and_parked_ones_leave_tests_out() -> None:
    """Nobody is woken for a test message; where it stands is counted all the same, apart."""
    heaps = [a_heap(test=True), a_heap(State.PARKED, cause="adapter-bug", test=True)]

    found = shown(replace(EMPTY, heaps=heaps))

    assert found["gateway_oldest_submission_timestamp_seconds"]["accepted", "filedrop"] == NOW / SECOND
    assert found["gateway_parked_submissions"]["filedrop", "adapter-bug"] == 0
    assert found["gateway_submissions_in_state"]["accepted", "filedrop", "yes"] == 3


def test_what_has_ended_has_no_age() -> None:
    """Delivered and final is history; delivered and not confirmed yet is on its way."""
    ended, open_ = a_heap(State.DELIVERED, concluded=True), a_heap(State.DELIVERED)

    def age(heap: Heap) -> float:
        found = shown(replace(EMPTY, heaps=[heap]))["gateway_oldest_submission_timestamp_seconds"]
        return NOW / SECOND - found["delivered", "filedrop"]

    assert (age(ended), age(open_)) == (0, 3_600)


def test_submissions_are_counted_in_their_land() -> None:
    """By the first two digits of the authority, with every state that there is."""
    found = shown(replace(EMPTY, heaps=[a_heap(State.CONFIRMED)]))["gateway_land_submissions"]

    assert found["09", "wohnsitz", "confirmed"] == 3
    assert {key[0] for key in found} == {"09"}


def test_a_lands_roll_in() -> None:
    """How many authorities are responsible, and how far their connections have come."""
    found = shown(EMPTY)
    live = found["gateway_connections"]
    listed = [one for one in tables().connections if one.service == "wohnsitz" and one.state is ConnectionState.LIVE]

    assert found["gateway_responsible_authorities"]["09", "wohnsitz"] == 1_385, "DOMAIN, Regions"
    assert live["09", "wohnsitz", "live"] == len(listed) > 0
    assert {key[2] for key in live} == {state.value for state in ConnectionState}


def test_breakers_are_counted_among_all_destinations() -> None:
    """Every destination of the tables is in one state; a test lane says nothing about the live one."""
    one, other = (it.name for it in tables().destinations[:2])
    stock = replace(EMPTY, breakers={Lane(one): "open", Lane(other, test=True): "open"})

    found = shown(stock)["gateway_adapter_circuit_state"]

    everywhere = sum(1 for it in tables().destinations if it.adapter == "filedrop")
    assert found["filedrop", "open"] == 1
    assert found["filedrop", "closed"] == everywhere - 1
    assert found["akdb_okkomm", "half-open"] == 0


def test_certificates_of_ways_and_sites() -> None:
    """The first to end, by adapter or by site; destinations that are in no table any more are forgotten."""
    near = tables().destinations[0]
    said = Heartbeat(site="da", worker="eins", version="1", certificates=(Certificate("client", NOW),), at=EARLIER)
    stock = replace(EMPTY, certificates={near.name: EARLIER, "not-there": EARLIER}, heartbeats=[said])

    found = shown(stock)

    assert found["gateway_certificate_expiry_timestamp_seconds"] == {
        ("delivery", near.adapter, ""): EARLIER / SECOND,
        ("site", "", "da"): NOW / SECOND,
    }
    assert found["gateway_site_seen_timestamp_seconds"] == {("da",): EARLIER / SECOND}


def test_every_declared_family_is_filled_and_no_other() -> None:
    """What is declared as coming from the snapshot is in it, with as many labels as declared."""
    declared = {one.name: len(one.labels) for one in DECLARED if one.source == "snapshot"}

    found = snapshot_of(EMPTY, tables(), ADAPTERS)

    assert found.keys() == declared.keys()
    assert all(len(values) == declared[name] for name, samples in found.items() for values, _ in samples)


# ── whose turn it is ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqlJournal]:
    async with open_journal(
        f"sqlite:///{tmp_path / 'journal.db'}", limits=lambda _: Limits(), clock=FakeClock(), kind="sandbox"
    ) as journal:
        yield journal


def turn_of(holder: str) -> Leadership:
    return Leadership(holder=holder, every=15.0, tables=tables, adapters=ADAPTERS)


async def read(journal: SqlJournal) -> Samples:
    found = await stocktaking.latest(journal)
    assert found is not None
    return found


async def test_one_takes_stock_and_all_read_it(journal: SqlJournal) -> None:
    """The leader's snapshot is what everybody reads; who does not lead puts nothing down."""
    assert await stocktaking.latest(journal) is None

    assert await stocktaking.take_stock(journal, turn_of("eins"))
    before = await read(journal)
    await accept(journal, an_entry())
    assert not await stocktaking.take_stock(journal, turn_of("zwei"))

    assert await read(journal) == before
    assert before["gateway_submissions_in_state"] != json.loads(
        json.dumps(snapshot_of(await journal.stock(), tables(), ADAPTERS)["gateway_submissions_in_state"])
    )


async def test_an_imbalance_is_shouted(journal: SqlJournal, tmp_path: Path) -> None:
    """Two books that differ are worth the loudest line there is."""
    await accept(journal, an_entry())
    SqliteDatabase(tmp_path / "journal.db").sql("UPDATE submissions SET state = 'parked'")
    told: list[object] = []

    with watched(told.append):
        await stocktaking.take_stock(journal, turn_of("eins"))

    assert LedgerUnbalanced(imbalance=2) in told
