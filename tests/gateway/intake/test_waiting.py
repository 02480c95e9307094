"""Waiting for news instead of asking again and again: `Prefer: wait`, with the tag of what is known."""

import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from gateway import journey
from gateway.adapter import Refused
from gateway.dispatch import Letter, Report
from gateway.intake import Limits
from gateway.journal import Claim, Conclude
from gateway.submission import State, SubmissionId
from tests.gateway.intake.documents import XML, antrag
from tests.gateway.intake.house import House, open_house

SOON = 5.0
"""seconds; far less than anybody prefers to wait here"""
LIMITS = Limits(wait=20, waiting=2)


@pytest.fixture(scope="module")
def house(log: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with a small waiting room."""
    with open_house(tmp_path_factory.mktemp("house"), limits=LIMITS) as opened:
        yield opened


@pytest.fixture
def send(house: House, portal: httpx2.Client) -> Iterator[Callable[[], str]]:
    """Submissions that have just been accepted, by their paths; they end with the test, and leave room for others."""
    sent: list[str] = []

    def one() -> str:
        sent.append(portal.post("/v1/submissions", content=antrag(), headers=XML).headers["location"])
        return sent[-1]

    yield one
    house.run(hand_over(house))
    for path in sent:
        house.run(end(house, SubmissionId(path.rpartition("/")[2])))


async def end(house: House, submission: SubmissionId) -> None:
    journal = house.gateway.journal
    claim = await journal.claim(Letter(submission, 1, "filedrop", ""), "worker", 60.0)
    assert isinstance(claim, Claim)
    report = Report(submission, 1, claim.key, "worker", "filedrop", Refused("beispiel"))
    await journal.conclude(report, lambda _ending, _attempt: Conclude(State.REFUSED, final=True, code="beispiel"))


@pytest.fixture
def path(send: Callable[[], str]) -> str:
    """One of them."""
    return send()


def known(portal: httpx2.Client, path: str, wait: str = "wait=20") -> dict[str, str]:
    """What somebody says who knows how it stands."""
    return {"If-None-Match": portal.get(path).headers["etag"], "Prefer": wait}


def waits(
    house: House, path: str, headers: dict[str, str], then: Callable[[], object]
) -> tuple[httpx2.Response, float]:
    """The answer to somebody who waits while `then` happens, and the seconds from then on."""
    with ThreadPoolExecutor(1) as elsewhere, house.client() as portal:
        answer = elsewhere.submit(portal.get, path, headers=headers)
        house.run(awaited(house))
        then()
        began = time.monotonic()
        return answer.result(60), time.monotonic() - began


async def awaited(house: House) -> Collection[SubmissionId]:
    return await house.gateway.news.awaited()


async def hand_over(house: House) -> None:
    """What waits goes on its way."""
    await journey.hand_over(gateway=house.gateway)


@pytest.mark.parametrize("rest", ["", "/events"])
def test_news_is_told_at_once(house: House, portal: httpx2.Client, path: str, rest: str) -> None:
    """Whoever waits hears of a move in this process as it happens, and the answer says that the wish counted."""
    answer, seconds = waits(house, path + rest, known(portal, path + rest), lambda: house.run(hand_over(house)))

    assert answer.status_code == 200
    assert answer.headers["preference-applied"] == "wait=20"
    assert "handed_over" in answer.text
    assert seconds < SOON


def test_what_another_process_did_is_seen_in_the_journal(house: House, portal: httpx2.Client, path: str) -> None:
    """A replica or the command line rings no bell here; the next look at the journal wakes who waits."""

    async def elsewhere() -> None:
        await house.gateway.journal.hand_over()
        await journey.look_for_news(gateway=house.gateway)

    answer, seconds = waits(house, path, known(portal, path), lambda: house.run(elsewhere()))

    assert answer.json()["state"] == "handed_over"
    assert seconds < SOON


def test_no_news_within_the_time(portal: httpx2.Client, path: str) -> None:
    """Where nothing happens the answer is 304 with the same tag, when the time is up."""
    headers = known(portal, path, "respond-async, WAIT=1; x=y")
    began = time.monotonic()

    answer = portal.get(path, headers=headers)

    assert (answer.status_code, answer.headers["etag"]) == (304, headers["If-None-Match"])
    assert answer.headers["preference-applied"] == "wait=1"
    assert 0.9 < time.monotonic() - began < SOON


def test_who_knows_less_does_not_wait(portal: httpx2.Client, path: str) -> None:
    """Without the tag of what is known, or with an older one, there is news already."""
    for headers in ({"Prefer": "wait=20"}, {"Prefer": "wait=20", "If-None-Match": '"0-de"'}):
        began = time.monotonic()
        assert portal.get(path, headers=headers).status_code == 200
        assert time.monotonic() - began < SOON


@pytest.mark.parametrize("preference", ["wait", "wait=", "wait=-1", "wait=viel", "wait=0", "await=9", "respond-async"])
def test_a_preference_that_means_nothing_is_passed_over(portal: httpx2.Client, path: str, preference: str) -> None:
    """It is answered at once, and not said to have counted."""
    answer = portal.get(path, headers=known(portal, path, preference))

    assert answer.status_code == 304
    assert "preference-applied" not in answer.headers


def test_a_wait_is_bounded(house: House, portal: httpx2.Client, path: str) -> None:
    """Whoever prefers to wait for an hour waits as long as this gateway lets them, and is told how long that was."""
    answer, _ = waits(house, path, known(portal, path, "wait=3600"), lambda: house.run(hand_over(house)))

    assert answer.headers["preference-applied"] == "wait=20"


def test_a_full_waiting_room(house: House, portal: httpx2.Client, send: Callable[[], str]) -> None:
    """Who finds no seat is answered at once; a seat that was left is free for the next."""
    paths = [send(), send()]
    headers = [known(portal, path) for path in paths]
    with ThreadPoolExecutor(2) as elsewhere, house.client() as one, house.client() as two:
        waiting = [
            elsewhere.submit(client.get, path, headers=said)
            for client, path, said in zip((one, two), paths, headers, strict=True)
        ]
        while len(house.run(awaited(house))) < 2:
            time.sleep(0.005)
        answer = portal.get(paths[0], headers=headers[0])
        house.run(hand_over(house))
        served = [one.result(60).status_code for one in waiting]

    assert (answer.status_code, served) == (304, [200, 200])
    assert "preference-applied" not in answer.headers
    assert "preference-applied" in portal.get(paths[0], headers=known(portal, paths[0], "wait=1")).headers


def test_another_clients_submission_is_not_waited_for(house: House, portal: httpx2.Client, path: str) -> None:
    """It does not exist, at once."""
    with house.client("ag_beispiel-portal-zwei") as other:
        assert other.get(path, headers=known(portal, path)).status_code == 404


def test_who_stops_keeps_nobody_waiting(log: object, tmp_path: Path) -> None:
    """When a process stops, those who wait are answered with what they know."""
    with open_house(tmp_path) as house, house.client() as portal:
        path = portal.post("/v1/submissions", content=antrag(), headers=XML).headers["location"]

        async def stop() -> None:
            house.gateway.news.close()

        answer, seconds = waits(house, path, known(portal, path), lambda: house.run(stop()))

    assert answer.status_code == 304
    assert seconds < SOON
