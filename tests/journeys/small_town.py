"""The whole story in one process with a Fachverfahren that does as it is told: journal, queue and worker are real."""

from __future__ import annotations

import asyncio
import io
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gateway import events, journey
from gateway.adapter import Endpoint
from gateway.delivery import Patience, Policy
from gateway.drivers.in_process import InProcess
from gateway.drivers.sql.journal import SqlJournal, open_journal
from gateway.journal import Client, Limits, Standing
from gateway.journey import Gateway, Workbench
from gateway.parcel import Parcel
from gateway.receipt import Receipt
from gateway.reply import ReplyTables
from gateway.routing import Board, Tables
from gateway.submission import Micros, SubmissionId
from gateway.testing import FakeClock, FakeVendor, MemoryAttachments
from gateway.validation import Schemas
from gateway.way_back import Beside, Most
from tests.conftest import ROOT
from tests.rig.tables import with_directories

ADAPTER = "filedrop"
"""the adapter that the tables name; who stands behind the name is the test's business"""

MOST = Most(document=100_000, attachment=1_000, attachments=2)
"""what a reply may measure here"""


FindEndpoint = Callable[[str, bool], Endpoint]


@dataclass(frozen=True, slots=True)
class SmallTown:
    """A gateway, its worker, and everything they said."""

    gateway: Gateway
    bench: Workbench
    journal: SqlJournal
    clock: FakeClock
    vendor: FakeVendor
    log: io.StringIO
    file: Path

    async def send(self, document: bytes) -> Receipt:
        """A portal hands a document in."""
        now, started = self.clock(), time.perf_counter()
        parcel = Parcel(document=document, client=Client("portal", ""), received_at=now, started=started)
        return await journey.accept(parcel, gateway=self.gateway)

    async def attempt(self, submission: SubmissionId) -> Standing:
        """Hand over what is due, and wait until the attempt's end is in the journal."""
        before = (await self.standing(submission)).attempts
        assert await journey.hand_over(gateway=self.gateway) > 0
        async with asyncio.timeout(10):
            while (standing := await self.standing(submission)).attempts == before:
                await asyncio.sleep(0.005)
        return standing

    async def standing(self, submission: SubmissionId) -> Standing:
        found = await self.journal.standing(submission)
        assert found is not None
        return found

    async def history(self, submission: SubmissionId) -> list[str]:
        """What happened to it, by the events' names."""
        return [event.name for event in await self.journal.events(submission)]


@asynccontextmanager
async def small_town(
    folder: Path,
    vendor: FakeVendor,
    *,
    routing: Path | None = None,
    endpoint: FindEndpoint = lambda name, test: Endpoint(name, test, {}),
    **manifest: object,
) -> AsyncIterator[SmallTown]:
    """Open it; it says everything it has to say into `log`."""
    clock, log, file = FakeClock(), io.StringIO(), folder / "journal.db"
    events.write_log(to=log, level=0)
    tables = _tables(routing or with_directories())

    def ticking() -> Micros:
        """Of two replies one comes first."""
        clock.advance(0.000_001)
        return clock()

    queue = InProcess([ADAPTER])
    policy = Policy.of(vendor.plugin(**manifest).manifest, Patience(first=10.0))
    async with open_journal(
        f"sqlite:///{file}",
        limits=lambda _: Limits(trip_after=100),
        paused=lambda: tables.paused,
        resting=tables.resting,
        clock=clock,
        kind="sandbox",
    ) as journal:
        gateway = Gateway(
            kind="sandbox",
            schemas=_schemas(),
            board=Board(tables),
            journal=journal,
            dispatch=queue,
            attachments=MemoryAttachments(),
            policies=lambda _: policy,
            clock=clock,
            chance=lambda: 1.0,
            reply_tables=ReplyTables.load(ROOT / "xsd" / "replies"),
        )
        bench = Workbench(
            name="worker",
            claims=journal,
            post=queue,
            adapter=vendor,
            endpoint=endpoint,
            attachments=gateway.attachments,
            way_back=Beside(arrivals=journal, attachments=gateway.attachments, clock=ticking, most=MOST),
            time_limit=0.2,
        )
        async with (
            queue.reports(lambda report: journey.conclude(report, gateway=gateway)),
            queue.letters(ADAPTER, lambda letter: journey.deliver(letter, bench=bench), 4),
        ):
            yield SmallTown(gateway, bench, journal, clock, vendor, log, file)
    events.write_log()


@cache
def _schemas() -> Schemas:
    return Schemas.load(ROOT / "xsd")


@cache
def _tables(routing: Path) -> Tables:
    return Tables.load(routing, Path("/nowhere"))


def paused_tables(folder: Path, destination: str) -> Path:
    """The shipped tables with the connections to this destination paused."""
    shutil.copytree(with_directories(), folder)
    connections = folder / "connections.csv"
    connections.write_text(connections.read_text().replace(f",{destination},live,", f",{destination},paused,"))
    return folder
