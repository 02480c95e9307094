"""The portals that may come in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from gateway.intake.register import Register, Source, token_hash
from gateway.journal import Client, Journal

__all__ = ["ClientRegister", "token_hash"]


class ClientRegister(Register[Client]):
    """The journal's clients by their tokens."""

    def __init__(
        self,
        journal: Journal,
        *,
        every: float = 1.0,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        source = Source("clients", lambda: journal.version_of("clients"), journal.clients)
        super().__init__(source, every=every, pause=pause, ticks=ticks)
