"""Dispatch without a broker: letters and reports in memory, for one machine and for tests."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar, assert_never

from gateway.dispatch import Dispatch, Letter, Post, Report, TakeLetter, TakeReport
from gateway.drivers.hands import TRIES, Ended, Hands, offer
from gateway.drivers.wire import read_letter, read_report, write_letter, write_report
from gateway.errors import BrokerUnavailable
from gateway.events import BrokerFault, LettersNotPublished

_REPORTS_AT_ONCE: Final = 100

Thing = TypeVar("Thing", Letter, Report)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A letter or report as it would travel, and how often its handler broke."""

    body: bytes
    traceparent: str
    broke: int = 0


class _Tray(Generic[Thing]):
    """Sheets in the order they came; `room` for so many."""

    def __init__(self, name: str, read: Callable[[bytes, object], Thing], room: int) -> None:
        self.name = name
        self.read: Callable[[bytes, object], Thing] = read
        self._room = room
        self._sheets: asyncio.Queue[_Sheet] = asyncio.Queue()

    def put(self, sheet: _Sheet) -> bool:
        """Whether there was room for it."""
        if self._sheets.qsize() >= self._room:
            return False
        self._sheets.put_nowait(sheet)
        return True

    def put_back(self, sheet: _Sheet) -> None:
        """For what was here before there is always room."""
        self._sheets.put_nowait(sheet)

    async def next(self) -> _Sheet:
        return await self._sheets.get()


class InProcess:
    """
    Both sides of dispatch in one process, refilled from the journal at start.

    It keeps the promises of the broker, not its memory: what was handed back is offered again, a letter for an adapter
    without a tray is not confirmed, nor is one for which there is no `room`. Everything travels in the form it would
    have on the wire, so that nothing works here that would not work there.
    """

    def __init__(self, adapters: Iterable[str], *, room: int = 10_000) -> None:
        self._letters = {adapter: _Tray(f"letters.{adapter}", read_letter, room) for adapter in adapters}
        self._reports = _Tray("reports", read_report, room)

    @property
    def connected(self) -> bool:
        return True

    async def publish(self, letters: Sequence[Letter]) -> Sequence[Letter]:
        taken = [letter for letter in letters if self._put(letter)]
        for adapter, count in (Counter(one.adapter for one in letters) - Counter(one.adapter for one in taken)).items():
            LettersNotPublished(adapter=adapter, letters=count, because="unroutable").tell()
        return taken

    async def report(self, report: Report) -> None:
        if not self._reports.put(_Sheet(write_report(report), report.traceparent)):
            raise BrokerUnavailable(
                "Zu viele Meldungen von Zustellungen warten; diese wird noch einmal gesendet.",
                "Too many reports of deliveries are waiting; this one will be sent again.",
            )

    @asynccontextmanager
    async def letters(self, adapter: str, take: TakeLetter, at_once: int) -> AsyncIterator[None]:
        async with _taking(self._letters[adapter], take, at_once):
            yield

    @asynccontextmanager
    async def reports(self, take: TakeReport) -> AsyncIterator[None]:
        async with _taking(self._reports, take, _REPORTS_AT_ONCE):
            yield

    def _put(self, letter: Letter) -> bool:
        tray = self._letters.get(letter.adapter)
        return tray is not None and tray.put(_Sheet(write_letter(letter), letter.traceparent))


@asynccontextmanager
async def _taking(tray: _Tray[Thing], take: Callable[[Thing], Awaitable[object]], at_once: int) -> AsyncIterator[None]:
    hands = Hands(at_once)
    pulling = asyncio.create_task(_pull(tray, take, hands))
    try:
        yield
    finally:
        pulling.cancel()
        await asyncio.gather(pulling, return_exceptions=True)
        await hands.finish()


async def _pull(tray: _Tray[Thing], take: Callable[[Thing], Awaitable[object]], hands: Hands) -> None:
    while True:
        await hands.free()
        hands.hold(_offer(tray, await tray.next(), take, hands.stopping))


async def _offer(
    tray: _Tray[Thing], sheet: _Sheet, take: Callable[[Thing], Awaitable[object]], stopping: asyncio.Event
) -> None:
    try:
        thing = tray.read(sheet.body, sheet.traceparent)
        ended = await offer(thing, take, called=tray.name, stopping=stopping)
    except asyncio.CancelledError:
        tray.put_back(sheet)
        raise
    match ended:
        case Ended.TAKEN:
            pass
        case Ended.LEFT:
            tray.put_back(sheet)
        case Ended.BROKE if sheet.broke + 1 >= TRIES:
            BrokerFault(queue=tray.name, because="handler-broke").tell()
        case Ended.BROKE:
            tray.put_back(replace(sheet, broke=sheet.broke + 1))
        case _:
            assert_never(ended)


def _keeps_the_ports(driver: InProcess) -> tuple[Dispatch, Post]:
    return driver, driver
