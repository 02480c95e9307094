"""Who may come in: holders of tokens, held in memory and never more than two seconds old."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from gateway.errors import JournalUnavailable, NobodysFault
from gateway.events import TaskFailed, frames_of
from gateway.submission import Micros

_EVERY: Final = 1.0


def token_hash(token: str) -> str:
    """How a token is stored and looked up: hex SHA-256. Tokens are random, so nothing slower is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


class Holder(Protocol):
    """Somebody with a token."""

    @property
    def token_hash(self) -> str: ...
    @property
    def revoked_at(self) -> Micros | None: ...


H = TypeVar("H", bound=Holder)


@dataclass(frozen=True, slots=True)
class Source(Generic[H]):
    """Where a register looks: a number that grows with every change, and everybody there is."""

    name: str
    version: Callable[[], Awaitable[int]]
    holders: Callable[[], Awaitable[Sequence[H]]]


class Register(Generic[H]):
    """
    The holders of tokens, as the journal has them.

    Looks every second whether they changed, so that a revocation takes effect within two. While the journal is away the
    last known ones stay: without a journal nothing is taken anyway.
    """

    def __init__(
        self,
        source: Source[H],
        *,
        every: float = _EVERY,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._every = every
        self._pause = pause
        self._ticks = ticks
        self._by_hash: dict[str, H] = {}
        self._version: int | None = None
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()

    async def find(self, token: str) -> H | None:
        """
        Whose token this is; None for an unknown or revoked one.

        Somebody may have been added a moment ago, so an unknown token is worth one look at the journal a second.

        Raises:
            JournalUnavailable: the token is not known here, and the journal cannot be asked, or never could.
        """
        hashed = token_hash(token)
        if found := self._by_hash.get(hashed):
            return found
        async with self._asking:
            if self._ticks() - self._asked_at >= self._every:
                self._asked_at = self._ticks()
                await self._look()
            elif self._version is None:
                raise JournalUnavailable
        return self._by_hash.get(hashed)

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Follow the journal while the context is open."""
        following = asyncio.create_task(self.follow(), name=self._source.name)
        try:
            yield
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    async def follow(self) -> None:
        """Follow the journal for ever."""
        while True:
            try:
                async with self._asking:
                    await self._look()
            except NobodysFault:
                pass
            except Exception as error:  # noqa: BLE001 - a register that stops following would keep revoked tokens alive
                TaskFailed(task=self._source.name, error=type(error).__name__, frames=frames_of(error)).tell()
            await self._pause(self._every)

    async def _look(self) -> None:
        version = await self._source.version()
        if version != self._version:
            holders = await self._source.holders()
            self._by_hash = {one.token_hash: one for one in holders if one.revoked_at is None}
            self._version = version
