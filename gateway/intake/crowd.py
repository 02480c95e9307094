"""How many requests are in hand, per client and altogether; more than that are sent away, and come again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.errors import TooMany
from gateway.intake.limits import Limits
from gateway.intake.refusals import Busy


class Crowd:
    """Counts requests in hand."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._by_client: Counter[str] = Counter()
        self._all = 0

    @contextmanager
    def place_for(self, client: str) -> Iterator[None]:
        """
        A place for one request, while the context is open.

        Raises:
            TooMany: this client has too many requests in hand.
            Busy: all clients together have.
        """
        if self._by_client[client] >= self._limits.at_once:
            raise TooMany(
                f"Von diesem Zugang sind schon {self._limits.at_once} Anfragen in Arbeit; diese bitte wiederholen.",
                f"{self._limits.at_once} requests of this client are in hand already; please repeat this one.",
            )
        if self._all >= self._limits.at_once_all:
            raise Busy(
                "Es sind zu viele Anfragen in Arbeit; es wurde nichts gespeichert. Bitte später wiederholen.",
                "Too many requests are in hand; nothing was stored. Please repeat later.",
            )
        self._by_client[client] += 1
        self._all += 1
        try:
            yield
        finally:
            self._by_client[client] -= 1
            self._all -= 1
