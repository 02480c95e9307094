"""Letters and reports in hand: how both drivers hold them, wait with them, and let them go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from enum import Enum, auto
from typing import Any, Final, TypeVar

from gateway.errors import NobodysFault
from gateway.events import TaskFailed, frames_of

Thing = TypeVar("Thing")

TRIES: Final = 5
"""How often a letter or report whose handler breaks is tried before it is put aside."""

PAUSE_AFTER_FAILURE: Final = 0.5
"""Seconds something stays in hand after its handler broke, so that handing it back does not spin."""

_SHORTEST_WAIT: Final = 0.1
_LONGEST_WAIT: Final = 5.0


class Ended(Enum):
    """How it ended for something that was in hand."""

    TAKEN = auto()
    """taken care of: acknowledge it"""
    LEFT = auto()
    """not taken, because this process stops; somebody else may have it"""
    BROKE = auto()
    """the handler raised: a bug, told as an event"""


class Hands:
    """
    At most `at_once` things in hand, each in a task of its own.

    The tasks belong to nobody else: aio-pika cancels a consumer's callbacks when their channel goes, and a delivery
    under way must not be torn off because a broker restarts.
    """

    def __init__(self, at_once: int) -> None:
        self.stopping = asyncio.Event()
        self._free = asyncio.Semaphore(at_once)
        self._busy: set[asyncio.Task[None]] = set()

    async def free(self) -> None:
        """Wait for a free hand and keep it for the next `hold`."""
        await self._free.acquire()

    def hold(self, work: Coroutine[Any, Any, None]) -> None:
        """Do `work` with the hand that `free` kept; it is free again when the work ends."""
        task = asyncio.create_task(work)
        self._busy.add(task)
        task.add_done_callback(self._let_go)

    async def finish(self) -> None:
        """Wait for everything in hand; when this is cancelled, cancel what is in hand too."""
        self.stopping.set()
        try:
            while self._busy:
                await asyncio.wait(self._busy)
        except asyncio.CancelledError:
            for task in self._busy:
                task.cancel()
            await asyncio.gather(*self._busy, return_exceptions=True)
            raise

    def _let_go(self, task: asyncio.Task[None]) -> None:
        self._busy.discard(task)
        self._free.release()


async def offer(
    thing: Thing, take: Callable[[Thing], Awaitable[object]], *, called: str, stopping: asyncio.Event
) -> Ended:
    """
    Call `take` with something, and say how that ended.

    What is nobody's fault (the journal is away) is waited out with the thing in hand: handing it back would count
    against it, and whoever got it next would fare no better. `called` names the work in events.
    """
    wait = _SHORTEST_WAIT
    while True:
        try:
            await take(thing)
            return Ended.TAKEN
        except NobodysFault:
            pass
        except Exception as error:  # noqa: BLE001  whatever a handler raises is a bug of ours, and told as one
            TaskFailed(task=called, error=type(error).__name__, frames=frames_of(error)).tell()
            await stopped_within(PAUSE_AFTER_FAILURE, stopping)
            return Ended.BROKE
        if await stopped_within(wait, stopping):
            return Ended.LEFT
        wait = min(2 * wait, _LONGEST_WAIT)


async def stopped_within(seconds: float, stopping: asyncio.Event) -> bool:
    """Wait for so many seconds, or until asked to stop; whether it was the latter."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)
    return stopping.is_set()
