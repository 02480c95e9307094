"""A gateway with letters for two sites: the door in this very loop, a journal on SQLite, a clock that stands still."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import httpx2

from gateway import journey, pickup
from gateway.delivery import Patience, Policy
from gateway.drivers.in_process import InProcess
from gateway.drivers.sql.journal import SqlJournal, open_journal
from gateway.events import Event, watched
from gateway.intake import ClientRegister, Limits, build, token_hash
from gateway.journal import Client, Entry
from gateway.journal import Limits as Bounds
from gateway.journey import Gateway
from gateway.pickup import SiteRegister
from gateway.reply import ReplyTables
from gateway.routing import Board, Tables
from gateway.site import Site
from gateway.submission import Grade, State, SubmissionId
from gateway.testing import FakeClock, MemoryAttachments
from gateway.validation import Schemas
from tests.gateway.drivers.journal_rig import an_entry, standing
from tests.rig.tables import with_directories

ROOT: Final = Path(__file__).parents[3]

KELHEIM: Final = "ags_beispiel-kelheim"
REGENSBURG: Final = "ags_beispiel-regensburg"
PORTAL: Final = "ag_beispiel-portal"
SITES: Final = (
    Site("kelheim", token_hash(KELHEIM), ("09273",), ("filedrop",)),
    Site("regensburg", token_hash(REGENSBURG), ("09375",), ("filedrop",)),
)
POLICY: Final = Policy(Grade.TRANSPORT, "redeliver", can_ask=True, patience=Patience(first=10.0))


def with_sites(folder: Path) -> Path:
    """The shipped tables, where the building authorities of two Landkreise pick up what is theirs."""
    shutil.copytree(with_directories(), folder)
    file = folder / "destinations.toml"
    lines: list[str] = []
    for line in file.read_text("utf-8").splitlines():
        lines.append(line)
        lines += [f'site = "{site}"' for site in ("kelheim", "regensburg") if line == f"[landkreis-{site}-bau]"]
    file.write_text("\n".join(lines), "utf-8")
    return folder


@cache
def _tables(folder: Path) -> Tables:
    return Tables.load(folder, Path("/nowhere"))


@cache
def _schemas() -> Schemas:
    return Schemas.load(ROOT / "xsd")


@dataclass
class PostOffice:
    """The gateway, and what a test may look at behind its door."""

    gateway: Gateway
    journal: SqlJournal
    clock: FakeClock
    http: httpx2.AsyncClient
    sites: SiteRegister
    told: list[Event] = field(default_factory=list)

    async def put(self, number: int = 1, site: str = "kelheim", **changes: Any) -> list[SubmissionId]:
        """So many letters at the door of a site."""
        entries = [self.entry(site, **changes) for _ in range(number)]
        for entry in entries:
            await self.journal.record(entry)
        await journey.hand_over(gateway=self.gateway)
        return [entry.submission.id for entry in entries]

    def entry(self, site: str = "kelheim", **changes: Any) -> Entry:
        """A valid document for the building authority there."""
        authority = {"kelheim": "09273", "regensburg": "09375"}[site]
        facts = {"authority": authority, "service": "bau", "destination": f"landkreis-{site}-bau"}
        return an_entry(**{"received_at": self.clock(), "message_uuid": None, **facts, **changes})

    async def ask(
        self, method: str, path: str, *, token: str = KELHEIM, site: str = "kelheim", key: str = "", **said: Any
    ) -> httpx2.Response:
        """What a site asks; `path` goes on behind its name."""
        headers = {"Authorization": f"Bearer {token}", **({"Lease-Key": key} if key else {}), **said.pop("headers", {})}
        return await self.http.request(method, f"/v1/sites/{site}{path}", headers=headers, **said)

    async def lease(self, letter: SubmissionId, **said: Any) -> Any:
        """A lease, which is granted."""
        answer = await self.ask("POST", f"/letters/{letter}/lease", **said)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def listed(self, token: str = KELHEIM, site: str = "kelheim") -> list[str]:
        """Ids of the letters that a site sees."""
        answer = await self.ask("GET", "/letters", token=token, site=site)
        assert answer.status_code == 200, answer.text
        return [one["letter"] for one in answer.json()["letters"]]

    async def state(self, letter: SubmissionId) -> State:
        return (await standing(self.journal, letter)).state

    async def lapse(self) -> int:
        return await journey.lapse(gateway=self.gateway)


@asynccontextmanager
async def post_office(folder: Path, tables: Path, limits: Bounds | None = None) -> AsyncIterator[PostOffice]:
    """Open it."""
    clock, board = FakeClock(), Board(_tables(tables))
    async with AsyncExitStack() as stack:
        journal = await stack.enter_async_context(
            open_journal(
                f"sqlite:///{folder / 'journal.db'}",
                limits=lambda _: limits or Bounds(window=50, concurrency=50),
                at_sites=lambda: board.now.at_sites,
                clock=clock,
                kind="sandbox",
            )
        )
        for site in SITES:
            await journal.add_site(site)
        await journal.add_client(Client("portal", token_hash(PORTAL)))
        gateway = Gateway(
            kind="sandbox",
            schemas=_schemas(),
            board=board,
            journal=journal,
            dispatch=InProcess(["filedrop"]),
            attachments=MemoryAttachments(clock),
            policies=lambda _: POLICY,
            clock=clock,
            chance=lambda: 0.5,
            reply_tables=ReplyTables.load(ROOT / "xsd" / "replies"),
        )
        sites = SiteRegister(journal, every=0.0)
        door = pickup.annex(pickup.Calls(gateway, journal, sites, Limits()))
        app = build(gateway, ClientRegister(journal), annexes=[door])
        transport = httpx2.ASGITransport(app)
        http = await stack.enter_async_context(httpx2.AsyncClient(transport=transport, base_url="http://gateway"))
        office = PostOffice(gateway, journal, clock, http, sites)
        stack.enter_context(watched(office.told.append))
        yield office
