"""Requests that wait for news (RFC 7240, `Prefer: wait`): how long, how many at once, and what wakes them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from fastapi import Response

from gateway.intake.limits import Limits
from gateway.intake.parameters import wait_preferred
from gateway.intake.visit import Visit
from gateway.news import Listener, News
from gateway.submission import SubmissionId


class Seat:
    """A request's place in the waiting room; without a listener it is one that does not wait."""

    def __init__(self, listener: Listener | None = None, seconds: int = 0) -> None:
        self._listener = listener
        self._seconds = seconds
        self._until = asyncio.get_running_loop().time() + seconds

    async def heard(self, version: int) -> bool:
        """Whether there is news of a submission of which this version is known, before the time is up."""
        if self._listener is None:
            return False
        left = self._until - asyncio.get_running_loop().time()
        return left > 0 and await self._listener.heard(version, left)

    def told(self, response: Response) -> Response:
        """The answer, which says that the preference counted."""
        if self._listener is not None:
            response.headers["Preference-Applied"] = f"wait={self._seconds}"
        return response


class WaitingRoom:
    """
    Lets requests wait for news.

    To wait is a preference: whoever finds no seat is answered at once, without `Preference-Applied`.
    """

    def __init__(self, news: News, limits: Limits) -> None:
        self._news = news
        self._limits = limits
        self._by_client: Counter[str] = Counter()

    @contextmanager
    def seat(self, visit: Visit, submission: SubmissionId) -> Iterator[Seat]:
        """A seat for a request that is about this submission, while the context is open."""
        seconds = min(wait_preferred(visit), self._limits.wait)
        if not seconds or b"if-none-match" not in visit.headers or self._is_full(visit.client):
            yield Seat()
            return
        self._by_client[visit.client] += 1
        try:
            with self._news.listening(submission) as listener:
                yield Seat(listener, seconds)
        finally:
            self._by_client[visit.client] -= 1
            self._by_client += _NOBODY

    def _is_full(self, client: str) -> bool:
        return self._by_client[client] >= self._limits.waiting or self._by_client.total() >= self._limits.waiting_all


_NOBODY: Final[Counter[str]] = Counter()
"""Added to a counter, it takes out those who have nothing any more."""
