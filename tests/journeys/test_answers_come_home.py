"""A Fachverfahren answers into a folder, and its answers come home to the installation and to the portal."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from adapters.filedrop.simulator import FolderWatcher
from gateway.submission import SubmissionId
from tests.drills.samples import plain
from tests.rig import Portal, Servers, installed
from tests.rig.installation import Installation
from tests.rig.procedures import with_answers

DESTINATION = "augsburg-wohnsitz"
KINDS = ["acknowledgement", "file-number", "status"]


@asynccontextmanager
async def answering(folder: Path, servers: Servers | None) -> AsyncIterator[tuple[Installation, FolderWatcher]]:
    """An installation that looks for answers of one Fachverfahren several times a second."""
    tables = with_answers(folder / "routing", DESTINATION)
    settings = {"GATEWAY_ROUTING": str(tables), "GATEWAY_COLLECT_SECONDS": "0.2"}
    async with installed(servers, settings=settings) as installation:
        yield installation, FolderWatcher(installation.data / "fachverfahren" / DESTINATION)


async def the_portal_sees(installation: Installation, submission: str, number: int) -> list[Any]:
    """So many replies, as soon as they are there."""
    headers = {"Authorization": f"Bearer {installation.token}"}
    async with httpx2.AsyncClient(base_url=installation.url, headers=headers) as portal, asyncio.timeout(30):
        while True:
            try:
                answer = await portal.get(f"/v1/submissions/{submission}/replies")
            except httpx2.TransportError:
                answer = None
            if answer is not None and answer.status_code == 200 and len(answer.json()["replies"]) >= number:
                return list(answer.json()["replies"])
            await asyncio.sleep(0.05)


async def fetched(installation: Installation, path: str) -> httpx2.Response:
    """What lies behind a link."""
    headers = {"Authorization": f"Bearer {installation.token}"}
    async with httpx2.AsyncClient(base_url=installation.url, headers=headers) as portal:
        return await portal.get(path)


async def sent(installation: Installation, number: int) -> Sequence[str]:
    portal = Portal(installation.url, installation.token, [plain("augsburg-nebenwohnung")])
    await portal.send(number)
    return portal.accepted


async def test_a_kill_while_answers_come_loses_and_doubles_none(servers: Servers | None, tmp_path: Path) -> None:
    """
    Whoever collects dies in the middle of it; started again, it brings the rest, and what it had already once.

    Embedded, or by a worker beside the gateway. The portal reads acknowledgement, Aktenzeichen and status.
    """
    async with answering(tmp_path, servers) as (installation, fachverfahren):
        async with fachverfahren.running():
            submissions = await sent(installation, 6)
            await soon(lambda: len(fachverfahren.ledger()) == 6)
            uuids = [await asyncio.to_thread(fachverfahren.answer, one) for one in submissions]
            await the_portal_sees(installation, submissions[0], 1)
            if servers is None:
                installation.kill_gateway()
                await asyncio.to_thread(installation.start_gateway)
            else:
                installation.kill_worker()
                installation.start_worker()
            replies = [await the_portal_sees(installation, one, 3) for one in submissions]
            await soon(lambda: not list(fachverfahren.outbox.glob("*.json")))

        file_number = await fetched(installation, replies[0][1]["document"]["href"])
        async with installation.journal() as journal:
            books = [[event.name for event in await journal.events(SubmissionId(one))] for one in submissions]
            ledger, boxed = await journal.ledger(), await journal.boxed()

    assert [[reply["kind"] for reply in one] for one in replies] == [KINDS] * 6
    assert (file_number.status_code, file_number.headers["content-type"]) == (200, "application/xml")
    assert uuids[0][1].encode() in file_number.content
    assert [book.count("reply.received") for book in books] == [3] * 6
    assert [book.count("submission.confirmed") for book in books] == [1] * 6
    assert (ledger.imbalance, boxed) == (0, 0)


async def soon(there: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not there():
            await asyncio.sleep(0.05)
