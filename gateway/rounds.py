"""What is done again and again while a gateway serves: hand over, notice lapsed leases, take stock, sweep."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from gateway import journey, stocktaking, telling, way_back
from gateway.campaign import CampaignBook
from gateway.errors import BadTables, NobodysFault, OperatorsFault
from gateway.events import (
    OrphansSwept,
    TablesChanged,
    TablesRefused,
    TaskFailed,
    frames_of,
)
from gateway.journey import Gateway
from gateway.routing import Board, Tables, Watch
from gateway.stock import StockBook
from gateway.stocktaking import Leadership

Step = Callable[[], Awaitable[object]]

_PATIENCE: Final = 1.0
"""Seconds before a round that failed begins again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often each round comes; seconds."""

    idle: float = 0.5
    """the hand-over looks at least this often for what other processes or the clock made due"""
    lapse: float = 2.0
    replies: float = 1.0
    """what workers left is judged within this"""
    news: float = 0.5
    """who waits for a submission hears within this what other processes did to it"""
    doors: float = 1.0
    """a site that waits hears within this what other processes put at its door"""
    connections: float = 1.0
    """a pause of a connection takes effect within twice that"""
    campaigns: float = 1.0
    """how often campaigns look whether they are due, and how those on their way did"""
    tables: float = 2.0
    """changed routing tables are in use within twice that, and the time of reading them"""
    unconfirmed: float = 30.0
    """a letter whose publication nobody confirmed is taken back after this"""
    unclaimed: float = 900.0
    """a confirmed letter that nobody claimed is taken back after this"""
    prepare: float = 20.0
    """what explaining wrong documents takes is made ready package by package, with such pauses"""
    snapshot: float = 15.0
    sweep: float = 3_600.0
    orphan_age: float = 86_400.0


@asynccontextmanager
async def rounds(gateway: Gateway, pace: Pace) -> AsyncIterator[None]:
    """All rounds, while the context is open; each survives its failures and says so."""
    tasks = [
        asyncio.create_task(_again_and_again(name, step), name=name)
        for name, step in (
            ("hand-over", lambda: _hand_over(gateway, pace)),
            ("lapse", lambda: _then_wait(journey.lapse(gateway=gateway), pace.lapse)),
            ("unclaimed", lambda: _then_wait(_return_unclaimed(gateway, pace), pace.unconfirmed / 3)),
            ("news", lambda: _then_wait(journey.look_for_news(gateway=gateway), pace.news)),
            ("doors", lambda: _then_wait(journey.look_at_doors(gateway=gateway), pace.doors)),
            ("connections", _Following(gateway, pace).look),
            ("replies", lambda: _replies(gateway, pace)),
            ("explaining", lambda: _prepare(gateway, pace)),
            ("orphans", lambda: _then_wait(_sweep(gateway, pace), pace.sweep)),
        )
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def following_tables(board: Board, watch: Watch, schemas: str, pace: Pace) -> AsyncIterator[None]:
    """Use changed routing tables as soon as they are whole and right, while the context is open."""
    async with standing("tables", lambda: _then_wait(_follow(board, watch, schemas), pace.tables)):
        yield


@asynccontextmanager
async def running_campaigns(book: CampaignBook, gateway: Gateway, pace: Pace) -> AsyncIterator[None]:
    """Let campaigns take their steps while the context is open; of several gateways one takes each."""
    async with standing("campaigns", lambda: _then_wait(advance_campaigns(book, gateway), pace.campaigns)):
        yield


async def advance_campaigns(book: CampaignBook, gateway: Gateway) -> None:
    """One look at all campaigns."""
    for step in await book.advance_campaigns():
        telling.advanced(step)
        for submission in step.moved:
            gateway.news.tell(submission)
        if step.moved:
            gateway.bell.ring()


@asynccontextmanager
async def standing(name: str, step: Step) -> AsyncIterator[None]:
    """Take this step again and again while the context is open; it survives its failures and says so."""
    task = asyncio.create_task(_again_and_again(name, step), name=name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _follow(board: Board, watch: Watch, schemas: str) -> None:
    match await asyncio.to_thread(watch.look):
        case Tables() as tables:
            board.lay(tables)
            TablesChanged(digest=tables.digest, schemas=schemas).tell()
        case OperatorsFault() as fault:
            place = fault.place if isinstance(fault, BadTables) else ""
            TablesRefused(code=fault.code, place=place).tell()
        case None:
            pass


async def _again_and_again(name: str, step: Step) -> None:
    while True:
        try:
            await step()
        except NobodysFault:
            await asyncio.sleep(_PATIENCE)
        except Exception as error:  # noqa: BLE001 - a round that dies would be a gateway that silently stops
            TaskFailed(task=name, error=type(error).__name__, frames=frames_of(error)).tell()
            await asyncio.sleep(_PATIENCE)


async def _then_wait(step: Awaitable[object], seconds: float) -> None:
    await step
    await asyncio.sleep(seconds)


async def _hand_over(gateway: Gateway, pace: Pace) -> None:
    if await journey.hand_over(gateway=gateway) == 0:
        await gateway.bell.heard(within=pace.idle)


async def _return_unclaimed(gateway: Gateway, pace: Pace) -> None:
    returned = await gateway.journal.return_unclaimed(unconfirmed=pace.unconfirmed, confirmed=pace.unclaimed)
    if returned:
        gateway.bell.ring()


async def _replies(gateway: Gateway, pace: Pace) -> None:
    await way_back.take_in_arrivals(gateway=gateway)
    await way_back.settle(gateway=gateway)
    await asyncio.sleep(pace.replies)


class _Following:
    """Looks whether connections changed, and remembers the version it saw."""

    def __init__(self, gateway: Gateway, pace: Pace) -> None:
        self._gateway = gateway
        self._pace = pace
        self._seen: int | None = None

    async def look(self) -> None:
        self._seen = await journey.follow_connections(gateway=self._gateway, seen=self._seen)
        await asyncio.sleep(self._pace.connections)


async def taking_stock(book: StockBook, turn: Leadership) -> None:
    """Take stock where it is this replica's turn, at most a twentieth of the time: a large journal takes a while."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await stocktaking.take_stock(book, turn)
    await asyncio.sleep(max(turn.every, 20 * (loop.time() - began)))


async def _prepare(gateway: Gateway, pace: Pace) -> None:
    """Not while a gateway starts, and one package at a time: it costs a processor, and only the first who is wrong."""
    await asyncio.sleep(pace.prepare)
    if not await asyncio.to_thread(gateway.schemas.prepare):
        await asyncio.sleep(pace.sweep)


async def _sweep(gateway: Gateway, pace: Pace) -> None:
    files = await gateway.attachments.sweep(await gateway.journal.attachment_ids(), pace.orphan_age)
    if files:
        OrphansSwept(files=files).tell()
