"""
From what lies in the journal to what operators are shown: a snapshot, taken by one replica and shown by all.

The snapshot is a row of the journal, so that it survives restarts and is the same whichever replica is asked.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from gateway.connection import ConnectionState
from gateway.events import (
    BY_LAND,
    CERTIFICATE_END,
    CIRCUITS,
    CONNECTIONS,
    IMBALANCE,
    IN_BOX,
    IN_STATE,
    LAST_SUCCESS,
    NOTICES_WAITING,
    OLDEST,
    OLDEST_UNPUBLISHED,
    PARKED_NOW,
    RESPONSIBLE,
    SITE_SEEN,
    TAKEN,
    UNPUBLISHED,
    WEBHOOKS,
    LedgerUnbalanced,
    Sample,
    Samples,
)
from gateway.routing import BERLIN, Tables
from gateway.stock import Heap, Stock, StockBook
from gateway.submission import SECOND, Micros, State

SNAPSHOT_NAME: Final = "metrics"
"""under which the journal has it"""

NOBODY: Final = "none"
"""what a label says where there is no adapter or no service"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leadership:
    """How a replica takes its turn: under which name, how often the stock is taken, and what the tables are then."""

    holder: str
    every: float
    """seconds"""
    tables: Callable[[], Tables]
    adapters: Sequence[str]
    """names of those that are installed"""


async def take_stock(book: StockBook, turn: Leadership) -> bool:
    """
    Take stock and put the snapshot down, if it is this replica's turn; whether it was.

    The lead lasts for three rounds: a leader that is gone is followed within that time.
    """
    if not await book.lead("stock", turn.holder, 3 * turn.every):
        return False
    stock = await book.stock()
    await book.keep_snapshot(SNAPSHOT_NAME, json.dumps(dict(snapshot_of(stock, turn.tables(), turn.adapters))))
    if imbalance := stock.ledger.imbalance:
        LedgerUnbalanced(imbalance=imbalance).tell()
    return True


async def latest(book: StockBook) -> Samples | None:
    """The snapshot that was put down last; None where there is none yet."""
    found = await book.snapshot(SNAPSHOT_NAME)
    return json.loads(found[1]) if found else None


def snapshot_of(stock: Stock, tables: Tables, adapters: Iterable[str]) -> Samples:
    """Every gauge of the snapshot; combinations that can be foreseen are there, with or without a submission."""
    named = sorted({*adapters, *(one.adapter for one in tables.destinations)})
    real = [heap for heap in stock.heaps if not heap.test]
    return {
        TAKEN: [((), _seconds(stock.at))],
        IN_STATE: list(_in_state(stock.heaps, named)),
        OLDEST: list(_oldest(real, named, stock.at)),
        PARKED_NOW: list(_parked(real, named)),
        LAST_SUCCESS: list(_last_success(stock, real, named)),
        UNPUBLISHED: [((), stock.outbox.number)],
        OLDEST_UNPUBLISHED: [((), _seconds(stock.outbox.since or stock.at))],
        CIRCUITS: list(_circuits(stock, tables, named)),
        CERTIFICATE_END: list(_certificates(stock, tables)),
        IMBALANCE: [
            ((service,), stock.imbalance.get("" if service == NOBODY else service, 0))
            for service in _services(tables, (heap.service for heap in stock.heaps), stock.imbalance)
        ],
        IN_BOX: [((), stock.boxed)],
        NOTICES_WAITING: [((), stock.notices)],
        WEBHOOKS: [((health,), stock.webhooks.get(health, 0)) for health in ("good", "failing", "off")],
        SITE_SEEN: [((site,), _seconds(at)) for site, at in sorted(_sites_seen(stock).items())],
        RESPONSIBLE: [(key, number) for key, number in sorted(_responsible(tables, _day(stock.at)).items())],
        CONNECTIONS: list(_connections(tables)),
        BY_LAND: list(_by_land(real, tables)),
    }


def _seconds(at: Micros) -> float:
    return at / SECOND


def _day(at: Micros) -> date:
    return datetime.fromtimestamp(at / SECOND, BERLIN).date()


def _services(tables: Tables, *others: Iterable[str]) -> list[str]:
    found = {one.name for one in tables.services} | {service or NOBODY for some in others for service in some}
    return sorted(found | {NOBODY})


def _in_state(heaps: Iterable[Heap], adapters: Sequence[str]) -> Iterator[Sample]:
    counted: Counter[tuple[State, str, bool]] = Counter()
    for heap in heaps:
        counted[heap.state, heap.adapter or NOBODY, heap.test] += heap.number
    foreseen = {(state, adapter, test) for state in State for adapter in adapters for test in (False, True)}
    foreseen |= {(State.REJECTED, NOBODY, test) for test in (False, True)}
    for state, adapter, test in sorted(foreseen | counted.keys()):
        yield (state.value, adapter, "yes" if test else "no"), counted[state, adapter, test]


_OPEN: Final = (State.ACCEPTED, State.HANDED_OVER, State.DELIVERED, State.PARKED)
"""states in which a story has not ended, or need not have"""


def _oldest(heaps: Iterable[Heap], adapters: Sequence[str], now: Micros) -> Iterator[Sample]:
    oldest: dict[tuple[State, str], Micros] = dict.fromkeys(
        ((state, adapter) for state in _OPEN for adapter in adapters), now
    )
    for heap in heaps:
        if heap.state in _OPEN and not heap.concluded:
            key = heap.state, heap.adapter
            oldest[key] = min(oldest.get(key, now), heap.oldest)
    for (state, adapter), at in sorted(oldest.items()):
        yield (state.value, adapter), _seconds(at)


def _parked(heaps: Iterable[Heap], adapters: Sequence[str]) -> Iterator[Sample]:
    counted: Counter[tuple[str, str]] = Counter(dict.fromkeys(((adapter, "adapter-bug") for adapter in adapters), 0))
    for heap in heaps:
        if heap.state is State.PARKED:
            counted[heap.adapter, heap.cause] += heap.number
    for key in sorted(counted):
        yield key, counted[key]


def _last_success(stock: Stock, heaps: Sequence[Heap], adapters: Sequence[str]) -> Iterator[Sample]:
    accepted = _latest((heap.adapter, heap.newest) for heap in heaps if heap.state is not State.REJECTED)
    concluded = _latest((heap.adapter, heap.last_concluded) for heap in heaps if heap.last_concluded is not None)
    stages: Mapping[str, Mapping[str, Micros]] = {
        "accept": accepted,
        "claim": stock.claimed,
        "deliver": stock.delivered,
        "conclude": concluded,
        "reply": stock.answered,
    }
    for stage, last in stages.items():
        for adapter in sorted({*adapters, *last}):
            yield (stage, adapter), _seconds(last.get(adapter, _NEVER))


_NEVER: Final = Micros(0)


def _latest(found: Iterable[tuple[str, Micros]]) -> Mapping[str, Micros]:
    latest: dict[str, Micros] = {}
    for adapter, at in found:
        latest[adapter] = max(at, latest.get(adapter, at))
    return latest


def _circuits(stock: Stock, tables: Tables, adapters: Sequence[str]) -> Iterator[Sample]:
    """Live destinations only: nobody is woken because a vendor's test system is down."""
    counted: Counter[tuple[str, str]] = Counter()
    states = {lane.destination: state for lane, state in stock.breakers.items() if not lane.test}
    for one in tables.destinations:
        counted[one.adapter, states.get(one.name, "closed")] += 1
    for adapter in adapters:
        for state in ("closed", "half-open", "open"):
            yield (adapter, state), counted[adapter, state]


def _certificates(stock: Stock, tables: Tables) -> Iterator[Sample]:
    adapter_of = {one.name: one.adapter for one in tables.destinations}
    ways: dict[str, Micros] = {}
    for destination, end in stock.certificates.items():
        if adapter := adapter_of.get(destination):
            ways[adapter] = min(end, ways.get(adapter, end))
    for adapter, end in sorted(ways.items()):
        yield ("delivery", adapter, ""), _seconds(end)
    sites: dict[str, Micros] = {}
    for one in stock.heartbeats:
        if one.first_end is not None:
            sites[one.site] = min(one.first_end, sites.get(one.site, one.first_end))
    for site, end in sorted(sites.items()):
        yield ("site", "", site), _seconds(end)


def _sites_seen(stock: Stock) -> Mapping[str, Micros]:
    return _latest((one.site, one.at) for one in stock.heartbeats)


@lru_cache(maxsize=2)
def _responsible(tables: Tables, day: date) -> Mapping[tuple[str, str], int]:
    """By Land and service; the same tables say the same for the whole day."""
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for gemeinde in tables.regions:
        if not gemeinde.is_gemeinde:
            continue
        for service in tables.services:
            if row := tables.responsible(service.name, gemeinde, day):
                found[row.authority.ars[:2], service.name].add(row.authority.ars)
    return {key: len(authorities) for key, authorities in found.items()}


def _connections(tables: Tables) -> Iterator[Sample]:
    counted = Counter((one.authority[:2], one.service, one.state) for one in tables.connections)
    for land, service in sorted(_pairs(tables)):
        for state in ConnectionState:
            yield (land, service, state.value), counted[land, service, state]


def _by_land(heaps: Iterable[Heap], tables: Tables) -> Iterator[Sample]:
    counted: Counter[tuple[str, str, State]] = Counter()
    for heap in heaps:
        if heap.authority and heap.service:
            counted[heap.authority[:2], heap.service, heap.state] += heap.number
    foreseen = {(land, service, state) for land, service in _pairs(tables) for state in State}
    for land, service, state in sorted(foreseen | counted.keys()):
        yield (land, service, state.value), counted[land, service, state]


def _pairs(tables: Tables) -> set[tuple[str, str]]:
    """Every Land in which somebody has a connection or could have one, with every service."""
    lands = {one.authority[:2] for one in tables.connections} | {one.ars[:2] for one in tables.authorities}
    return {(land, service.name) for land in lands for service in tables.services}
