"""Those who wait for a submission to move, and what wakes them."""

import asyncio

import pytest

from gateway.news import News
from gateway.submission import SubmissionId

pytestmark = pytest.mark.anyio

ONE, OTHER = SubmissionId("eine"), SubmissionId("andere")
LONG, NOT_AT_ALL = 30.0, 0.01


async def test_news_wakes_who_waits_for_it() -> None:
    """What moves wakes everybody who waits for it, and nobody who waits for something else."""
    news = News()
    with news.listening(ONE) as first, news.listening(ONE) as second, news.listening(OTHER) as third:
        waiting = [asyncio.create_task(one.heard(1, LONG)) for one in (first, second)]
        await asyncio.sleep(0)

        news.tell(ONE)

        assert await asyncio.gather(*waiting) == [True, True]
        assert not await third.heard(1, NOT_AT_ALL)


async def test_what_moves_before_the_wait_begins_is_not_missed() -> None:
    """Between listening and waiting there is time to look: what happens then is heard, and once."""
    news = News()
    with news.listening(ONE) as listener:
        news.tell(ONE)

        assert await listener.heard(1, NOT_AT_ALL)
        assert not await listener.heard(1, NOT_AT_ALL)


async def test_the_journal_wakes_who_knows_less() -> None:
    """A newer version in the journal wakes who waits with an older one; the same version nobody."""
    news = News()
    with news.listening(ONE) as behind, news.listening(ONE) as up_to_date:
        waiting = [asyncio.create_task(behind.heard(1, LONG)), asyncio.create_task(up_to_date.heard(2, NOT_AT_ALL))]
        await asyncio.sleep(0)

        news.seen({ONE: 2, OTHER: 7})

        assert await asyncio.gather(*waiting) == [True, False]


async def test_only_what_somebody_waits_for_is_asked_for() -> None:
    """While nobody waits, nothing is asked; then each submission once, however many wait for it."""
    news = News()
    asked = asyncio.create_task(news.awaited())
    await asyncio.sleep(0)
    assert not asked.done()

    with news.listening(ONE), news.listening(ONE), news.listening(OTHER):
        assert sorted(await asked) == [OTHER, ONE]

    again = asyncio.create_task(news.awaited())
    await asyncio.sleep(0)
    assert not again.done()
    again.cancel()


async def test_nobody_waits_where_the_process_stops() -> None:
    """Who waits is sent home without news, and who comes later does not wait at all."""
    news = News()
    with news.listening(ONE) as listener:
        waiting = asyncio.create_task(listener.heard(1, LONG))
        await asyncio.sleep(0)

        news.close()

        assert not await waiting
    with news.listening(ONE) as late:
        assert not await late.heard(1, LONG)
