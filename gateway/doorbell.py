"""
Who waits at the pickup door.

What this process puts there rings at once. What other processes put there shows in the journal, where somebody looks
for all who wait together: a thousand sites that wait cost one question, not a thousand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Doorbell:
    """Rings for those who wait for letters of some destinations."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Event, frozenset[str]] = {}
        self._somebody = asyncio.Event()
        self._closed = False

    def ring(self, destinations: Iterable[str]) -> None:
        """There are letters for these destinations."""
        there = frozenset(destinations)
        for rung, wanted in self._waiting.items():
            if wanted & there:
                rung.set()

    @contextmanager
    def waiting(self, destinations: frozenset[str]) -> Iterator[asyncio.Event]:
        """
        Wait for letters of these destinations: the event is set when there may be some.

        What is put there after this began is not missed. When the process stops, it is set as well.
        """
        rung = asyncio.Event()
        if self._closed:
            rung.set()
        self._waiting[rung] = destinations
        self._somebody.set()
        try:
            yield rung
        finally:
            del self._waiting[rung]
            if not self._waiting:
                self._somebody.clear()

    async def awaited(self) -> frozenset[str]:
        """The destinations whose letters somebody waits for, as soon as there are any."""
        await self._somebody.wait()
        return frozenset().union(*self._waiting.values())

    @property
    def closed(self) -> bool:
        """Whether this process stops."""
        return self._closed

    def close(self) -> None:
        """Send everybody home: this process stops."""
        self._closed = True
        for rung in self._waiting:
            rung.set()
