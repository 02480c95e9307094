"""
Who waits for a submission to move.

What moves in this process wakes them at once. What other processes do shows in the journal, where somebody looks for
all of them together: a thousand who wait cost one question, not a thousand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from gateway.submission import SubmissionId


class Bell:
    """Wakes one who waits for something to do; ringing twice is ringing once."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """There may be something to do."""
        self._rung.set()

    async def heard(self, within: float) -> None:
        """Return when rung, or after this many seconds."""
        try:
            async with asyncio.timeout(within):
                await self._rung.wait()
        except TimeoutError:
            return
        self._rung.clear()


class Listener:
    """One who waits for news of one submission."""

    def __init__(self, *, closed: bool) -> None:
        self._woken = asyncio.Event()
        self._closed = closed
        self.known: int | None = None
        """the version it has seen; None while it is not waiting"""

    def wake(self) -> None:
        """There is news."""
        self._woken.set()

    def send_home(self) -> None:
        """There will be no more news here."""
        self._closed = True
        self._woken.set()

    async def heard(self, known: int, within: float) -> bool:
        """Whether the submission moved on from version `known`, or since this was last asked, in so many seconds."""
        if self._closed:
            return False
        self.known = known
        try:
            async with asyncio.timeout(within):
                await self._woken.wait()
        except TimeoutError:
            return False
        finally:
            self.known = None
        self._woken.clear()
        return not self._closed


class News:
    """Brings together what happens to submissions and those who wait for it."""

    def __init__(self) -> None:
        self.bell = Bell()
        """rung with every piece of news, for the one who tells others of it"""
        self._listeners: dict[SubmissionId, set[Listener]] = {}
        self._somebody = asyncio.Event()
        self._closed = False

    def tell(self, submission: SubmissionId) -> None:
        """This submission moved."""
        self.bell.ring()
        for listener in self._listeners.get(submission, ()):
            listener.wake()

    @contextmanager
    def listening(self, submission: SubmissionId) -> Iterator[Listener]:
        """Listen for news of a submission: what moves after this began is not missed."""
        listener = Listener(closed=self._closed)
        self._listeners.setdefault(submission, set()).add(listener)
        self._somebody.set()
        try:
            yield listener
        finally:
            others = self._listeners[submission]
            others.discard(listener)
            if not others:
                del self._listeners[submission]
            if not self._listeners:
                self._somebody.clear()

    async def awaited(self) -> Collection[SubmissionId]:
        """The submissions that somebody waits for, as soon as there are any."""
        await self._somebody.wait()
        return list(self._listeners)

    def seen(self, versions: Mapping[SubmissionId, int]) -> None:
        """The journal has these versions: who knows an older one is woken."""
        for submission, version in versions.items():
            for listener in self._listeners.get(submission, ()):
                if listener.known is not None and version > listener.known:
                    listener.wake()

    def close(self) -> None:
        """Send everybody home: this process stops."""
        self._closed = True
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.send_home()
