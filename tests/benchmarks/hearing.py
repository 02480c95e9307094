"""What it costs that portals hear of it: notices in the commit, messages sent, and many who wait."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.drivers.clock import clock
from gateway.drivers.sql.journal import SqlJournal, open_journal
from gateway.drivers.sql.schema import upgrade
from gateway.journal import Claim, Client, Limits
from gateway.news import Bell, News
from gateway.notice import Persistence
from gateway.submission import SubmissionId
from gateway.webhooks import Postman, Sender, networks
from tests.gateway.drivers.journal_rig import DONE, always, an_entry, report
from tests.gateway.webhooks.receiver import receiving
from tests.rig import Servers

_TOGETHER = 100


async def measure(servers: Servers, *, submissions: int = 1_000, waiting: int = 1_000) -> AsyncIterator[str]:
    """A line per figure and database."""
    with tempfile.TemporaryDirectory() as folder:
        url = servers.postgres.create_database()
        for name, place in (("SQLite", f"sqlite:///{folder}/journal.db"), ("PostgreSQL", url)):
            await upgrade(place)
            async with _opened(place) as journal:
                await journal.add_client(Client("portal", "ab" * 32))
                await _delivered(journal, submissions)  # warm
                without = await _delivered(journal, submissions)
                with receiving() as receiver:
                    await journal.add_webhook("wh_1", "portal", receiver.url, b"s" * 32)
                    beside = await _delivered(journal, submissions)
                    yield f"notices, {name}: {without:.0f}/s concluded without a webhook, {beside:.0f}/s with one"
                    yield f"webhook, {name}: {await _told(journal, submissions):.0f} messages/s to one address"
                yield f"waiting, {name}: {await _looked(journal, waiting) * 1e3:.1f} ms for one look for {waiting}"
        servers.postgres.drop_database(url)


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[SqlJournal]:
    limits = Limits(window=_TOGETHER, concurrency=_TOGETHER)
    async with open_journal(url, limits=lambda _: limits, clock=clock, kind="sandbox") as journal:
        yield journal


async def _delivered(journal: SqlJournal, submissions: int) -> float:
    """Submissions concluded per second, a hundred at once; what comes before that is not counted."""
    took = 0.0
    for _ in range(submissions // _TOGETHER):
        await asyncio.gather(*(journal.record(an_entry(client="portal")) for _ in range(_TOGETHER)))
        letters = await journal.hand_over(_TOGETHER)
        claims = await asyncio.gather(*(journal.claim(letter, "worker", 60.0) for letter in letters))
        began = time.perf_counter()
        await asyncio.gather(*(journal.conclude(report(c), always(DONE)) for c in claims if isinstance(c, Claim)))
        took += time.perf_counter() - began
    return submissions / took


async def _told(journal: SqlJournal, messages: int) -> float:
    async with Sender(sandbox=True, allowed=networks("127.0.0.0/8"), clock=clock) as sender:
        postman = Postman(journal, sender, Bell(), persistence=Persistence(), seconds=15.0)
        began = time.perf_counter()
        async with postman.at_work():
            while (await journal.webhooks())[0].waiting:
                await postman.go()
        return messages / (time.perf_counter() - began)


async def _looked(journal: SqlJournal, waiting: int) -> float:
    """Seconds that one look at the journal takes for so many who wait."""
    entries = [an_entry(client="portal") for _ in range(waiting)]
    await asyncio.gather(*(journal.record(entry) for entry in entries))
    news = News()
    listening = [news.listening(SubmissionId(entry.submission.id)) for entry in entries]
    for one in listening:
        one.__enter__()
    began = time.perf_counter()
    news.seen(await journal.versions(await news.awaited()))
    took = time.perf_counter() - began
    for one in listening:
        one.__exit__(None, None, None)
    return took
