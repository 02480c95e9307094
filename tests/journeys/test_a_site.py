"""`gateway work ADAPTER --site URL`: a worker in a municipal network, behind its proxy, killed and started again."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.filedrop.simulator import FolderWatcher
from gateway.reply import Kind
from tests.gateway.cli.calling import call_apart, soon, surroundings
from tests.journeys.sites import Town, started, town, worker_command, worker_env
from tests.rig.http_proxy import HttpProxy, http_proxy

pytestmark = pytest.mark.anyio

DESTINATION = "landkreis-regensburg-bau"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A gateway and its site, for all tests here."""
    with town(tmp_path_factory.mktemp("town")) as running:
        yield running


@pytest.fixture
def proxy() -> Iterator[HttpProxy]:
    """What stands before the site's network."""
    with http_proxy() as running:
        yield running


async def test_a_killed_worker_delivers_once(here: Town, proxy: HttpProxy, tmp_path: Path) -> None:
    """
    Killed after the lease, after the fetch, and after the Fachverfahren had it and before its outcome was told.

    Each arrives, and the simulator's ledger has each once. All of it through the proxy.
    """
    data, log = tmp_path / "data", tmp_path / "log"
    env = worker_env(here, data, GATEWAY_PROXY=proxy.url)
    async with FolderWatcher(data / "fachverfahren" / DESTINATION).running() as fachverfahren:
        traps = [
            proxy.trap("POST lease", "after"),
            proxy.trap("GET document", "after"),
            proxy.trap("POST outcome", "before"),
        ]
        sent: list[str] = []
        with started(worker_command(here), log, env) as worker:
            for trap in traps:
                sent.append(here.submit())
                assert soon(trap.sprung.is_set), log.read_text()
            worker.end(signal.SIGKILL)
        assert await asyncio.to_thread(soon, lambda: fachverfahren.ledger() == sent[2:]), "it arrived before the blow"
        assert {here.status(one)["state"] for one in sent} == {"handed_over"}

        with started(worker_command(here), log, env) as worker:
            for one in sent:
                assert await asyncio.to_thread(here.arrives, one), log.read_text()
            worker.end(signal.SIGTERM)
            assert worker.code == 0, log.read_text()

        assert await asyncio.to_thread(soon, lambda: len(fachverfahren.ledger()) == len(sent))
        assert sorted(fachverfahren.ledger()) == sorted(sent)
        assert fachverfahren.doubled() == []
    assert proxy.seen.count("POST heartbeat") >= 2


async def test_answers_come_home_through_a_worker_that_is_killed(here: Town, proxy: HttpProxy, tmp_path: Path) -> None:
    """
    From Eingangsbestätigung to Bescheid, when the lease is long over.

    Killed when the gateway has the first and the worker has not heard of it: started again, it brings all of them, and
    each is there once, with its file.
    """
    data, log = tmp_path / "data", tmp_path / "log"
    env = worker_env(here, data, GATEWAY_PROXY=proxy.url, GATEWAY_COLLECT_SECONDS="0.2")
    async with FolderWatcher(data / "fachverfahren" / DESTINATION).running() as fachverfahren:
        with started(worker_command(here), log, env) as worker:
            submission = here.submit()
            assert await asyncio.to_thread(here.arrives, submission), log.read_text()
            assert await asyncio.to_thread(soon, lambda: fachverfahren.ledger() == [submission])
            trap = proxy.trap("POST replies", "after")
            await asyncio.to_thread(fachverfahren.answer, submission, list(Kind)[:4])
            assert await asyncio.to_thread(soon, trap.sprung.is_set), log.read_text()
            worker.end(signal.SIGKILL)
        assert here.replies(submission) == ["acknowledgement"]

        with started(worker_command(here), log, env):
            assert await asyncio.to_thread(soon, lambda: len(here.replies(submission)) == 4), log.read_text()
            assert await asyncio.to_thread(soon, lambda: not list(fachverfahren.outbox.glob("*.json")))

    assert here.replies(submission) == ["acknowledgement", "file-number", "status", "decision"]
    assert here.status(submission)["state"] == "confirmed"


def test_a_wrong_token_is_told_at_once(here: Town, tmp_path: Path) -> None:
    """Exit code 2 and a sentence that says what does not fit."""
    env = surroundings(GATEWAY_TOKEN="ags_falsch")

    heard = call_apart("work", "filedrop", "--site", here.door, "--data", tmp_path, env=env)

    assert heard.code == 2
    assert "Token" in heard.err
    assert "ags_falsch" not in heard.err
