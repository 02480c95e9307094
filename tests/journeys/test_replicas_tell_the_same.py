"""Two replicas on one journal: whichever is asked, the journal's numbers are the same, also after a restart."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Callable

import httpx2
import pytest

from gateway.events import DECLARED
from tests.drills.samples import DESTINATIONS, samples
from tests.rig import Installation, Portal, Procedures, Servers, installed
from tests.services import PostgresServer, RabbitServer
from tests.services.processes import free_port

SENT = 12
OF_THE_JOURNAL = frozenset(one.name for one in DECLARED if one.source == "snapshot")
TAKEN = "gateway_snapshot_timestamp_seconds"

Scrape = dict[str, float]


async def scraped(url: str) -> Scrape:
    """Every sample, by its name and labels."""
    async with httpx2.AsyncClient(timeout=10) as client:
        answer = await client.get(f"{url}/metrics")
    assert answer.status_code == 200
    return {name: float(value) for name, value in re.findall(r"^([^#\s].*) (\S+)$", answer.text, re.MULTILINE)}


def of_the_journal(scrape: Scrape) -> Scrape:
    """What the snapshot says in it."""
    return {name: value for name, value in scrape.items() if name.partition("{")[0] in OF_THE_JOURNAL}


def arrived_ones(scrape: Scrape) -> float:
    """How many have arrived."""
    arrived = re.compile(r"gateway_submissions_in_state.*(delivered|confirmed)")
    return sum(value for name, value in scrape.items() if arrived.match(name))


async def scraped_until(url: str, good: Callable[[Scrape], bool]) -> Scrape:
    """The first scrape that is as wanted."""
    async with asyncio.timeout(20):
        while not good(found := await scraped(url)):
            await asyncio.sleep(0.1)
    return found


@pytest.fixture(scope="module")
async def two(postgres: PostgresServer, rabbit: RabbitServer) -> AsyncIterator[tuple[Installation, Installation]]:
    """A gateway with a worker beside it, and a replica, started in this order."""
    port = free_port()
    async with installed(
        Servers(postgres, rabbit), settings={"GATEWAY_SNAPSHOT_SECONDS": "0.5", "GATEWAY_METRICS_PORT": str(port)}
    ) as first:
        second = first.replica()
        await asyncio.to_thread(second.start_gateway)
        try:
            async with Procedures.running(first.data, DESTINATIONS):
                yield first, second
        finally:
            await asyncio.to_thread(second.stop)


async def test_whoever_is_asked_says_the_same(two: tuple[Installation, Installation], dice: random.Random) -> None:
    """
    Scraped at random, while something moves and afterwards, with the leader alive, gone and back again.

    Of one snapshot every replica says the same; counters are of one process, and add up.
    """
    first, second = two
    urls = [first.url, second.url]
    await Portal(first.url, first.token, samples()).send(SENT // 2)
    moving = [await scraped(dice.choice(urls)) for _ in range(10)]
    await Portal(second.url, second.token, samples()).send(SENT // 2)
    await asyncio.gather(*(scraped_until(url, lambda found: arrived_ones(found) == SENT) for url in urls))
    resting = [await scraped(dice.choice(urls)) for _ in range(10)]

    by_snapshot: dict[float, list[Scrape]] = {}
    for scrape in moving + resting:
        by_snapshot.setdefault(scrape[TAKEN], []).append(of_the_journal(scrape))
    assert all(one == same[0] for same in by_snapshot.values() for one in same)
    assert {arrived_ones(scrape) for scrape in resting} == {SENT}
    assert {value for scrape in resting for name, value in scrape.items() if "imbalance" in name} == {0}
    received = [await scraped(url) for url in urls]
    assert sum(value for one in received for name, value in one.items() if "received_total" in name) == SENT

    await asyncio.to_thread(first.kill_gateway)
    before = await scraped(second.url)
    after = await scraped_until(second.url, lambda found: found[TAKEN] > before[TAKEN] + 1)
    await asyncio.to_thread(first.start_gateway)
    again = await scraped(first.url)

    assert arrived_ones(after) == arrived_ones(again) == SENT


async def test_a_worker_beside_shows_its_own(two: tuple[Installation, Installation]) -> None:
    """At its own port it says that it is alive, and what it alone sees; the journal's numbers are not its business."""
    first, _ = two
    port = first.setting("GATEWAY_METRICS_PORT")

    found = await scraped_until(f"http://127.0.0.1:{port}", bool)

    assert 'gateway_letters_void_total{adapter="filedrop",reason="taken"}' in found
    assert not of_the_journal(found)
    async with httpx2.AsyncClient() as client:
        assert (await client.get(f"http://127.0.0.1:{port}/livez")).json() == {"status": "ok"}
        assert (await client.get(f"http://127.0.0.1:{port}/v1/submissions")).status_code == 404
