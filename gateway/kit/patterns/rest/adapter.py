"""
Brings a submission to the Musterverfahren: its files first, one by one, then the word that they are all there.

Only that last word makes the Musterverfahren take it. Everything before can be repeated, so that whatever goes wrong
there is `Unreachable`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from gateway.adapter import (
    Adapter,
    Answer,
    Askable,
    Consignment,
    Endpoint,
    Outcome,
    Probe,
    Probeable,
    Unclear,
    Unreachable,
)
from gateway.transports.https import Body, Https, Response, not_taken

from .mapping import answer_of, contents, outcome_of, path_of
from .settings import Settings

WHOLE: Final = 50.0
"""seconds one request may take"""


class Muster:
    """One client for each endpoint, kept open between deliveries."""

    def __init__(self) -> None:
        self._ways: dict[Settings, Https] = {}

    async def deliver(self, consignment: Consignment) -> Outcome:
        way, path = self._way(consignment.endpoint), path_of(consignment)
        files = {f"{path}/antrag": Body.of("application/xml", consignment.document)}
        files |= {f"{path}/anlagen/{n}": Body.enclosed(one) for n, one in enumerate(consignment.enclosures, start=1)}
        for name, body in files.items():
            if trouble := _trouble(await way.send("PUT", name, body=body), way):
                return trouble
        answer = await way.send("POST", path, body=contents(consignment))
        return outcome_of(answer, way.clock()) if isinstance(answer, Response) else answer

    async def ask(self, consignment: Consignment) -> Answer:
        way = self._way(consignment.endpoint)
        answer = await way.send("GET", path_of(consignment))
        if isinstance(answer, Response):
            return answer_of(answer, way.clock())
        return Unreachable(answer.because)

    async def probe(self, endpoint: Endpoint) -> Probe:
        return await self._way(endpoint).look()

    async def close(self) -> None:
        for way in self._ways.values():
            await way.close()

    def _way(self, endpoint: Endpoint) -> Https:
        settings = Settings.read(endpoint.settings)
        if settings not in self._ways:
            self._ways[settings] = settings.address.open(whole=WHOLE)
        return self._ways[settings]


@asynccontextmanager
async def open_muster() -> AsyncIterator[Muster]:
    """The adapter; it connects to nothing before the first delivery."""
    muster = Muster()
    try:
        yield muster
    finally:
        await muster.close()


def _trouble(answer: Response | Unreachable | Unclear, way: Https) -> Unreachable | None:
    """Why a file did not get through; nothing is taken before the last word, so that it certainly did not arrive."""
    if isinstance(answer, Unreachable):
        return answer
    if isinstance(answer, Unclear):
        return Unreachable(answer.because)
    if trouble := not_taken(answer, way.clock()):
        return trouble if isinstance(trouble, Unreachable) else Unreachable(trouble.because)
    return None if answer.good else Unreachable("file-not-taken")


_: tuple[type[Adapter], type[Askable], type[Probeable]] = (Muster, Muster, Muster)
