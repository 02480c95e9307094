"""Through the pickup door: one site with the shipped worker, and twenty side by side."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from gateway.journal import Entry
from gateway.pickup import new_site
from gateway.routing import Connection, Tables
from gateway.submission import Micros, State, SubmissionId, content_digest, new_id
from gateway.testing import a_submission
from tests.benchmarks.sample import DOCUMENT
from tests.conftest import ROOT
from tests.gateway.cli.calling import surroundings
from tests.rig import Installation, Procedures, Servers, installed
from tests.rig.tables import with_directories
from tests.services.processes import Process

_WINDOW = 64


async def measure(servers: Servers | None, *, letters: int) -> list[str]:
    """One line for a single site, one for twenty."""
    kind = "PostgreSQL" if servers else "SQLite"
    one = await _through(servers, letters, sites=1)
    twenty = await _through(servers, letters, sites=20)
    return [
        f"{letters} letters through the pickup door, {kind}, one site: {one}; wanted >= 100/s",
        f"{letters} letters through the pickup door, {kind}, twenty sites: {twenty}; wanted >= 300/s",
    ]


async def _through(servers: Servers | None, letters: int, *, sites: int) -> str:
    """Fill the doors, start the workers, and see how long they take."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        tables = _with_sites(folder / "routing", sites)
        installation = await stack.enter_async_context(
            installed(servers, elsewhere=True, settings={"GATEWAY_ROUTING": str(tables)})
        )
        if servers:
            installation.kill_worker()
        connections = list(Tables.load(tables, folder).connections)[:sites]
        names = [one.destination for one in connections]
        tokens = await _sites(installation, connections)
        procedures = await stack.enter_async_context(Procedures.running(installation.data, names))
        for name in names:
            stack.callback(_worker(installation, folder, name, tokens[name]).end, signal.SIGTERM)
        await _all_there(installation, sites)
        sent = await _fill(installation, letters, connections)
        rate = await _rate(installation, letters)
        await procedures.finished()
        comparison = procedures.compare(sent)
    return f"{rate:.0f}/s, {'each exactly once' if comparison.clean else f'NOT CLEAN: {comparison}'}"


def _with_sites(folder: Path, sites: int) -> Path:
    """The shipped tables; the first so many destinations are picked up, each at a site of its own."""
    shutil.copytree(with_directories(), folder)
    file = folder / "destinations.toml"
    text = re.sub(r"^(window|concurrency) = .*$", rf"\1 = {_WINDOW}", file.read_text("utf-8"), flags=re.MULTILINE)
    chosen = {one.destination for one in list(Tables.load(folder, folder).connections)[:sites]}
    text = re.sub(
        r"^\[([a-z0-9-]+)\]$",
        lambda found: f'{found[0]}\nsite = "{found[1]}"' if found[1] in chosen else found[0],
        text,
        flags=re.MULTILINE,
    )
    file.write_text(text, "utf-8")
    return folder


async def _sites(installation: Installation, connections: Sequence[Connection]) -> dict[str, str]:
    """Make the sites known; their tokens by name."""
    tokens: dict[str, str] = {}
    async with installation.journal() as journal:
        for connection in connections:
            name = connection.destination
            site, tokens[name] = new_site(name, [connection.authority], ["filedrop"])
            await journal.add_site(site)
    return tokens


async def _all_there(installation: Installation, sites: int) -> None:
    """Wait until every site's worker has said that it is there: what starting costs is not the door's."""
    async with installation.journal() as journal, asyncio.timeout(120):
        while len(await journal.heartbeats()) < sites:
            await asyncio.sleep(0.2)


async def _fill(installation: Installation, letters: int, connections: Sequence[Connection]) -> list[SubmissionId]:
    """So many valid submissions, as intake would have written them down, spread over the destinations."""
    now = Micros(time.time_ns() // 1000)
    entries = [_entry(now, connections[n % len(connections)]) for n in range(letters)]
    async with installation.journal() as journal:
        await asyncio.gather(*(journal.record(entry) for entry in entries))
    return [entry.submission.id for entry in entries]


def _entry(now: Micros, connection: Connection) -> Entry:
    own = str(uuid.uuid4())
    document = DOCUMENT + f"<!-- {own} -->".encode()
    submission = a_submission(
        id=new_id(now),
        client="drill",
        service=connection.service,
        authority=connection.authority,
        destination=connection.destination,
        message_uuid=own,
        case_key=own,
        received_at=now,
    )
    return Entry(
        submission=submission,
        state=State.ACCEPTED,
        digest=content_digest(document),
        size=len(document),
        keys=(f"uuid:{own}",),
        document=document,
        connection=connection.id,
    )


def _worker(installation: Installation, folder: Path, site: str, token: str) -> Process:
    """The shipped worker, at this site; its Fachverfahren's folders are those that the rig watches."""
    command = [sys.executable, "-m", "gateway", "work", "filedrop", "--site", f"{installation.url}/v1/sites/{site}"]
    env = surroundings(
        PYTHONPATH=os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", ""))),
        GATEWAY_TOKEN=token,
        GATEWAY_DATA=str(installation.data),
        GATEWAY_LOG="warning",
    )
    return Process(command, log=folder / f"{site}.log", env=env)


async def _rate(installation: Installation, letters: int) -> float:
    """Concluded per second, from the first to the last."""
    deadline = time.monotonic() + 120
    async with installation.journal() as journal:
        while (await journal.ledger()).concluded < letters and time.monotonic() < deadline:
            await asyncio.sleep(0.5)
    concluded = sorted(at for _, at in await installation.completed_since(0))
    return (len(concluded) - 1) / ((concluded[-1] - concluded[0]) / 1_000_000) if len(concluded) > 1 else 0.0
