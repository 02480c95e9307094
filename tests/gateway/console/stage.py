"""A console with somebody before it: the door in this very loop, a journal on SQLite, a clock that stands still."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import httpx2

from gateway import plugins
from gateway.account import Account, Role
from gateway.console import Desk, LocalAccounts, console
from gateway.console.passwords import Cost, stored
from gateway.delivery import Patience, Policy
from gateway.drivers.in_process import InProcess
from gateway.drivers.sql.journal import SqlJournal, open_journal
from gateway.events import Event, watched
from gateway.intake import ClientRegister, build
from gateway.journal import Entry
from gateway.journal import Limits as Bounds
from gateway.journey import Gateway, Kind
from gateway.routing import Board, Tables
from gateway.submission import Grade, SubmissionId
from gateway.testing import FakeClock, MemoryAttachments
from gateway.validation import Schemas
from tests.gateway.drivers.journal_rig import accept, an_entry, park

ROOT: Final = Path(__file__).parents[3]
PASSWORD: Final = "richtig-pferd-batterie"
QUICK: Final = Cost(log_n=4, r=8, p=1)
"""Hashing that costs next to nothing: what it costs is the business of another test."""

AUGSBURG: Final = "09761"
KELHEIM: Final = "09273"

POLICY: Final = Policy(Grade.TRANSPORT, "redeliver", can_ask=True, patience=Patience(first=10.0))


@cache
def tables() -> Tables:
    return Tables.load(ROOT / "routing", Path("/nowhere"))


@cache
def schemas() -> Schemas:
    return Schemas.load(ROOT / "xsd")


@dataclass
class Stage:
    """A gateway with a console, and what a test may look at behind it."""

    gateway: Gateway
    journal: SqlJournal
    clock: FakeClock
    app: Any
    told: list[Event] = field(default_factory=list)

    async def people(self) -> None:
        """One of each role for all authorities, and one of each for Augsburg only."""
        for role in Role:
            await self.employ(role.value, role)
            await self.employ(f"{role.value}-augsburg", role, AUGSBURG)

    async def employ(self, name: str, role: Role, *authorities: str) -> Account:
        account = Account(name=name, role=role, authorities=authorities or ("*",), password=stored(PASSWORD, QUICK))
        await self.journal.add_account(account, "test")
        return account

    def visitor(self, **headers: str) -> Visitor:
        """A browser with nobody signed in."""
        transport = httpx2.ASGITransport(app=self.app)
        http = httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers, timeout=30)
        return Visitor(http)

    async def signed_in(self, name: str = "operator", **headers: str) -> Visitor:
        """A browser with somebody signed in."""
        visitor = self.visitor(**headers)
        answer = await visitor.sign_in(name)
        assert answer.status_code == 303, answer.text
        return visitor

    async def receive(self, authority: str = AUGSBURG, **changes: Any) -> SubmissionId:
        """One that was received and waits."""
        [id_] = await accept(self.journal, self.entry(authority, **changes))
        return id_

    def entry(self, authority: str = AUGSBURG, **changes: Any) -> Entry:
        """A Bauantrag that arrives now."""
        return an_entry(**self._facts(authority, changes))

    async def park(self, authority: str = AUGSBURG, cause: str = "adapter-bug", **changes: Any) -> SubmissionId:
        """One that waits for a human. Nothing else may be waiting."""
        return await park(self.journal, self.entry(authority, **changes), cause)

    def _facts(self, authority: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        place = {AUGSBURG: "augsburg", KELHEIM: "landkreis-kelheim"}[authority]
        facts = {"authority": authority, "service": "bau", "destination": f"{place}-bau", "adapter": "filedrop"}
        return {"received_at": self.clock(), "connection": f"bau/{authority}", **facts, **changes}


@dataclass
class Visitor:
    """A browser without scripts: follows no link by itself, keeps its cookies, fills in forms."""

    http: httpx2.AsyncClient

    async def see(self, path: str = "", expected: int = 200) -> str:
        """A page's text."""
        answer = await self.get(path)
        assert answer.status_code == expected, (answer.status_code, answer.headers.get("location"), answer.text)
        return answer.text

    async def get(self, path: str = "") -> httpx2.Response:
        return await self.http.get(f"/console{path}")

    async def sign_in(self, name: str, password: str = PASSWORD, to: str = "") -> httpx2.Response:
        return await self.http.post(
            "/console/sign-in",
            data={"name": name, "password": password, "to": to},
            headers={"Sec-Fetch-Site": "same-origin"},
        )

    async def send(self, path: str, page: str, **said: str) -> httpx2.Response:
        """Send a form that stands on that page."""
        token = token_on(await self.see(page))
        return await self.http.post(
            f"/console{path}", data={"token": token, **said}, headers={"Sec-Fetch-Site": "same-origin"}
        )


def token_on(page: str) -> str:
    """What the forms of a page carry."""
    found = re.search(r'name="token" value="([0-9a-f]+)"', page)
    assert found, page
    return found[1]


@asynccontextmanager
async def a_stage(folder: Path, kind: Kind = "sandbox", clock: Any = None) -> AsyncIterator[Stage]:
    """Open it."""
    clock, board = clock or FakeClock(), Board(tables())
    async with AsyncExitStack() as stack:
        journal = await stack.enter_async_context(
            open_journal(
                f"sqlite:///{folder / 'journal.db'}",
                limits=lambda _: Bounds(window=500, concurrency=500),
                clock=clock,
                kind=kind,
            )
        )
        gateway = Gateway(
            kind=kind,
            schemas=schemas(),
            board=board,
            journal=journal,
            dispatch=InProcess(["filedrop"]),
            attachments=MemoryAttachments(clock),
            policies=lambda _: POLICY,
            clock=clock,
            chance=lambda: 0.5,
        )
        desk = Desk(gateway=gateway, book=journal, identity=LocalAccounts(journal, clock), plugins=plugins.load())
        clients = ClientRegister(journal)
        app = build(gateway, clients, routers=[console(desk)])
        stage = Stage(gateway, journal, clock, app)
        await stage.people()
        with watched(stage.told.append):
            yield stage


def a_secret() -> str:
    """Something nobody guesses."""
    return secrets.token_urlsafe(32)
