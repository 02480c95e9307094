"""Alive, ready, and what is counted."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import cast

import httpx2
import pytest
from fastapi import FastAPI

from gateway.errors import JournalUnavailable
from gateway.events import Samples
from gateway.journey import Gateway
from gateway.status import Status


@dataclass
class Journal:
    """A journal that can be written, or not, or never answers; counts how often it is asked."""

    error: Exception | None = None
    hangs: bool = False
    asked: int = 0

    async def ready(self) -> None:
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.error:
            raise self.error


@dataclass
class Known:
    """Schemas or tables that were loaded."""

    digest: str
    packages: tuple[str, ...] = ("AG-Wohnsitz 1.0",)


@dataclass
class Dispatch:
    connected: bool = True


@dataclass
class Around:
    """As much of a gateway as readiness looks at."""

    journal: Journal = field(default_factory=Journal)
    dispatch: Dispatch = field(default_factory=Dispatch)
    schemas: Known = field(default_factory=lambda: Known("aa"))
    tables: Known = field(default_factory=lambda: Known("bb"))
    reply_tables: Known = field(default_factory=lambda: Known("cc"))
    kind: str = "sandbox"
    now: float = 100.0
    snapshot: Samples | Exception | None = None

    def status(self) -> Status:
        return Status(cast("Gateway", self), self.latest, ticks=lambda: self.now)

    async def latest(self) -> Samples | None:
        if isinstance(self.snapshot, Exception):
            raise self.snapshot
        return self.snapshot


async def get(status: Status, path: str) -> httpx2.Response:
    app = FastAPI()
    app.include_router(status.router)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://x") as client:
        return await client.get(path)


async def test_ready() -> None:
    """Journal writable, broker connected, schemas loaded: ready, with the digests of what is in use."""
    answer = await get(Around().status(), "/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "kind": "sandbox",
        "serving": True,
        "journal": True,
        "broker": True,
        "schemas": {"packages": 1, "digest": "aa"},
        "tables": {"digest": "bb"},
        "replies": {"digest": "cc"},
    }


@pytest.mark.parametrize(
    "what, around",
    [
        ("journal", Around(journal=Journal(error=JournalUnavailable()))),
        ("broker", Around(dispatch=Dispatch(connected=False))),
    ],
)
async def test_not_ready(what: str, around: Around) -> None:
    """What is missing makes it not ready, and is named."""
    answer = await get(around.status(), "/readyz")

    assert answer.status_code == 503
    assert answer.json()["status"] == "not ready"
    assert answer.json()[what] is False


async def test_not_ready_without_schemas() -> None:
    """Without a schema package nothing could be judged."""
    answer = await get(Around(schemas=Known("aa", ())).status(), "/readyz")

    assert (answer.status_code, answer.json()["schemas"]["packages"]) == (503, 0)


async def test_a_journal_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal that does not answer in time is not ready, and the question ends."""
    monkeypatch.setattr("gateway.status._PATIENCE", 0.01)

    answer = await get(Around(journal=Journal(hangs=True)).status(), "/readyz")

    assert answer.json()["journal"] is False


async def test_asking_often_is_no_load() -> None:
    """Within a second the journal is asked once, however many want to know, also at once."""
    around = Around()
    status = around.status()

    await asyncio.gather(*(get(status, "/readyz") for _ in range(20)))
    assert around.journal.asked == 1

    around.now += 1.0
    await get(status, "/readyz")
    assert around.journal.asked == 2


async def test_stopping_is_seen_at_once() -> None:
    """From the moment it stops it is not ready, whatever was known a moment ago; it is alive to the end."""
    status = Around().status()
    assert (await get(status, "/readyz")).status_code == 200

    status.stop()

    answer = await get(status, "/readyz")
    assert (answer.status_code, answer.json()["serving"]) == (503, False)
    assert (await get(status, "/livez")).status_code == 200


async def test_metrics() -> None:
    """Metrics come in Prometheus' text format, each with a help text, and the journal's snapshot is among them."""
    around = Around(snapshot=a_snapshot(3))

    answer = await get(around.status(), "/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert 'gateway_submissions_in_state{adapter="filedrop",state="accepted",test="no"} 3.0' in answer.text
    assert "gateway_snapshot_timestamp_seconds 1.7" in answer.text
    helped = set(re.findall(r"^# HELP (\S+) \S", answer.text, re.MULTILINE))
    assert helped == set(re.findall(r"^# TYPE (\S+) ", answer.text, re.MULTILINE))


async def test_metrics_while_the_journal_is_away() -> None:
    """What was known of the journal is shown on, with the time at which it was known; a scrape does not fail."""
    around = Around(snapshot=a_snapshot(4))
    status = around.status()
    before = await get(status, "/metrics")

    around.snapshot = JournalUnavailable()
    answer = await get(status, "/metrics")

    assert answer.status_code == 200
    assert _of_the_snapshot(answer.text) == _of_the_snapshot(before.text) != []


async def test_a_newer_snapshot_takes_the_place_of_an_older() -> None:
    """What is not in the new one is shown no longer: a combination that has gone leaves no last value behind."""
    around = Around(snapshot=a_snapshot(5))
    status = around.status()
    await get(status, "/metrics")

    around.snapshot = {"gateway_snapshot_timestamp_seconds": [((), 1_800_000_000.0)], "gateway_of_a_later_version": []}
    answer = await get(status, "/metrics")

    assert "gateway_submissions_in_state{" not in answer.text
    assert "gateway_snapshot_timestamp_seconds 1.8e+09" in answer.text


def a_snapshot(accepted: int) -> Samples:
    return {
        "gateway_snapshot_timestamp_seconds": [((), 1_700_000_000.0)],
        "gateway_submissions_in_state": [(("accepted", "filedrop", "no"), accepted)],
    }


def _of_the_snapshot(text: str) -> list[str]:
    return re.findall(r"^gateway_(?:snapshot|submissions_in_state).*", text, re.MULTILINE)
