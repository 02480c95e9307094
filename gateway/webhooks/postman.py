"""The postman: whatever is due to whoever is there. One slow portal keeps no other waiting."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from gateway.errors import NobodysFault
from gateway.events import TaskFailed, WebhookAnswered, WebhookMissed, WebhookSwitchedOff, frames_of
from gateway.news import Bell
from gateway.notice import Answer, Errand, NoticeBook, Persistence
from gateway.webhooks.sending import Sender

_SPARE: Final = 30.0
"""Seconds a lease lasts beyond sending, to write down what came of it."""


class Postman:
    """
    Takes errands from the journal, sends their notices and notes what came of it.

    Whatever dies on the way is sent again when the lease has ended: a portal may hear a thing twice, never not at all.
    """

    def __init__(
        self,
        book: NoticeBook,
        sender: Sender,
        bell: Bell,
        *,
        persistence: Persistence,
        seconds: float,
        most: int = 32,
        idle: float = 1.0,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """
        `seconds` is what one message may take, `most` how many webhooks are served at once, `idle` how often the
        journal is asked for what other processes wrote.
        """
        self._book = book
        self._sender = sender
        self._bell = bell
        self._persistence = persistence
        self._lease = seconds + _SPARE
        self._most = most
        self._idle = idle
        self._chance = chance
        self._out: set[asyncio.Task[None]] = set()

    async def go(self) -> None:
        """Send out what is due, as far as there are hands; return when there may be more to do."""
        free = self._most - len(self._out)
        errands = await self._book.take_errands(free, self._lease) if free else ()
        for errand in errands:
            task = asyncio.create_task(self._run(errand), name="webhook")
            self._out.add(task)
            task.add_done_callback(self._back)
        if len(errands) < free or not free:
            await self._bell.heard(within=self._idle)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """While the context is open; leaving it waits for what is under way, so that little is told twice."""
        try:
            yield
        finally:
            await asyncio.gather(*self._out, return_exceptions=True)

    def _back(self, task: asyncio.Task[None]) -> None:
        self._out.discard(task)
        self._bell.ring()

    async def _run(self, errand: Errand) -> None:
        try:
            answers = await asyncio.gather(*(self._sender.tell(errand, notice) for notice in errand.notices))
            self._tell(errand, answers)
            noted = await self._book.note(errand, answers, self._persistence, self._chance())
        except NobodysFault:
            return  # the journal is away: the lease ends, and it is told once more
        except Exception as error:  # noqa: BLE001 - one bad errand must not end the others
            TaskFailed(task="webhook", error=type(error).__name__, frames=frames_of(error)).tell()
            return
        if noted.missed:
            WebhookMissed(webhook=errand.webhook, client=errand.client, notices=noted.missed).tell()
        if noted.off:
            WebhookSwitchedOff(webhook=errand.webhook, client=errand.client, because=noted.off).tell()

    def _tell(self, errand: Errand, answers: list[Answer]) -> None:
        for notice, answer in zip(errand.notices, answers, strict=True):
            WebhookAnswered(
                webhook=errand.webhook,
                client=errand.client,
                notice=notice.id,
                submission=notice.submission,
                topic=notice.topic.value,
                tries=notice.tries + 1,
                because=answer.because,
                status=answer.status or None,
            ).tell()
