"""A console with something to see: made-up Anträge of many kinds, all on an ordinary working day."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from gateway import journey
from gateway.account import Role
from gateway.campaign import Plan, Verdict
from gateway.drivers.sql.schema import upgrade
from gateway.intake import token_hash
from gateway.intake.connection import Connection
from gateway.operating import Kind
from gateway.site import Certificate, Heartbeat, Site
from gateway.submission import Micros, State, SubmissionId
from tests.gateway.console.stage import AUGSBURG, KELHEIM, PASSWORD, Stage, a_stage
from tests.gateway.drivers.journal_rig import A_FINDING, accept, claim, conclude, hand_over, report
from tests.services.packages import CHROMIUM

A_CAMPAIGN: Final = "c0ffee" + "0" * 26
SEEDED_FOR: Final = 23
"""hours"""


@dataclass
class Sight:
    """A console that serves, with something to see in it."""

    url: str
    parked: SubmissionId
    arrived: SubmissionId


@contextmanager
def a_sight(folder: Path) -> Iterator[Sight]:
    """Serve it on a free port, from a thread of its own."""
    ready, opened = threading.Event(), list[tuple[Sight, uvicorn.Server]]()

    async def live() -> None:
        await upgrade(f"sqlite:///{folder / 'journal.db'}")
        async with a_stage(folder) as stage:
            parked, arrived = await _seed(stage)
            server = uvicorn.Server(
                uvicorn.Config(
                    stage.app, port=0, http=Connection, ws="none", lifespan="off", access_log=False, log_config=None
                )
            )
            task = asyncio.create_task(server.serve())
            while not server.started:
                await asyncio.sleep(0.01)
            port = server.servers[0].sockets[0].getsockname()[1]
            opened.append((Sight(f"http://127.0.0.1:{port}", parked, arrived), server))
            ready.set()
            await task

    def in_thread() -> None:
        try:
            asyncio.run(live())
        finally:
            ready.set()

    thread = threading.Thread(target=in_thread, name="console")
    thread.start()
    ready.wait(60)
    assert opened, "the console did not open; its thread said why"
    sight, server = opened[0]
    try:
        yield sight
    finally:
        server.should_exit = server.force_exit = True
        thread.join(30)


@contextmanager
def a_browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        # As root Chromium has no sandbox of its own; what it visits here are our own pages.
        browser = playwright.chromium.launch(executable_path=CHROMIUM.path(), args=["--no-sandbox"])
        yield browser
        browser.close()


def sign_in(page: Page, sight: Sight, name: str = "administrator") -> None:
    """By the form, as people do."""
    page.goto(f"{sight.url}/console/sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()


async def _seed(stage: Stage) -> tuple[SubmissionId, SubmissionId]:
    """A day: what came and arrived, what was turned down, what is parked for three reasons, what waits."""
    gateway, journal = stage.gateway, stage.journal
    await journey.begin_connections(gateway=gateway)
    await journey.follow_connections(gateway=gateway, seen=None)
    stage.clock.advance(-SEEDED_FOR * 3_600)
    arrived = parked = SubmissionId("")
    causes = ("given-up-connection-refused", "unclear-time-limit", "adapter-bug")
    for hour in range(SEEDED_FOR):
        for number in range(1 + (hour * 7) % 6):
            arrived = await stage.receive(AUGSBURG if number % 2 else KELHEIM)
        for letter in await hand_over(journal):
            await conclude(journal, report(await claim(journal, letter)))
        if hour % 5 == 0:
            await accept(journal, stage.entry(state=State.REJECTED, findings=(A_FINDING,), destination=""))
        if hour % 3 == 0:
            parked = await stage.park(AUGSBURG if hour % 2 else KELHEIM, cause=causes[hour % len(causes) - hour // 12])
        stage.clock.advance(3_600)
    await journal.release(parked, "operator", "Zertifikat des Herstellers ist erneuert")
    for letter in await hand_over(journal):
        await conclude(journal, report(await claim(journal, letter)))
    parked = await stage.park(cause=causes[1])
    await journal.read_document(arrived, None, "operator", "Rückfrage der Behörde")
    await _around(stage)
    for _ in range(3):
        await stage.receive()
    return parked, arrived


async def _around(stage: Stage) -> None:
    """A campaign, a paused destination, a site."""
    journal = stage.journal
    kind = Kind("given-up-connection-refused", "filedrop", "bau")
    plan = Plan(id=A_CAMPAIGN, verdict=Verdict.RETRY, kind=kind, by="operator", reason="Hersteller meldet: wieder da")
    await journal.begin_campaign(plan)
    await journal.advance_campaigns()
    await journal.pause_destination("landkreis-kelheim-bau", "operator", "Umzug des Rechenzentrums")
    await journal.add_site(Site("kelheim", token_hash("x"), (KELHEIM,), ("filedrop",)))
    ends = Certificate("Proxy", Micros(1_800_000_000_000_000))
    await journal.heard_from(Heartbeat(site="kelheim", worker="w-1", version="0.1.0", certificates=(ends,)))
    await stage.employ("vera", Role.OPERATOR, AUGSBURG)
