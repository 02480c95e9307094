"""The sites that may come in."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from gateway.intake.register import Register, Source, token_hash
from gateway.site import SITES, Site, SiteBook

TOKEN_PREFIX: Final = "ags_"  # noqa: S105 - makes a token that leaked somewhere recognisable


class SiteRegister(Register[Site]):
    """The journal's sites by their tokens."""

    def __init__(
        self,
        book: SiteBook,
        *,
        every: float = 1.0,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        source = Source(SITES, lambda: book.version_of(SITES), book.sites)
        super().__init__(source, every=every, pause=pause, ticks=ticks)


def new_site(name: str, authorities: Sequence[str], adapters: Sequence[str]) -> tuple[Site, str]:
    """A site as the journal stores it, and the token that it alone will know."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    return Site(name, token_hash(token), tuple(authorities), tuple(adapters)), token
