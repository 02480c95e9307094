"""A gateway's door as senders meet it: uvicorn on uvloop and httptools, SQLite, the real schemas and tables."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import uvicorn
import uvloop
from fastapi import APIRouter

from gateway import stocktaking
from gateway.delivery import Policy
from gateway.drivers.attachment_folder import AttachmentFolder
from gateway.drivers.in_process import InProcess
from gateway.drivers.sql.journal import open_journal
from gateway.events import Event, watched
from gateway.intake import ClientRegister, Connection, Limits, build, samples_in, token_hash
from gateway.journal import Client, Ledger
from gateway.journey import Gateway, Kind
from gateway.reply import ReplyTables
from gateway.routing import Board, Tables
from gateway.status import Status
from gateway.submission import Micros
from gateway.validation import Schemas
from tests.rig.tables import with_directories

ROOT = Path(__file__).parents[3]

TOKEN = "ag_beispiel-portal-eins"
OTHER_TOKEN = "ag_beispiel-portal-zwei"
NARROW_TOKEN = "ag_beispiel-portal-nur-bau"

CLIENTS = (
    Client("portal-eins", token_hash(TOKEN)),
    Client("portal-zwei", token_hash(OTHER_TOKEN)),
    Client("portal-bau", token_hash(NARROW_TOKEN), services=("bau",)),
)

T = TypeVar("T")
E = TypeVar("E", bound=Event)
Change = Callable[[Gateway], Gateway]


@dataclass
class House:
    """A running door, and what a test may look at behind it."""

    port: int
    loop: asyncio.AbstractEventLoop
    gateway: Gateway
    status: Status
    folder: Path
    told: list[Event] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in the gateway's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def client(self, token: str | None = TOKEN, **headers: str) -> httpx2.Client:
        """A portal."""
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return httpx2.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False)

    def connect(self) -> socket.socket:
        """A bare connection, for what no portal's library would send."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def ledger(self) -> Ledger:
        return self.run(self.gateway.journal.ledger())

    def files(self) -> list[str]:
        """What lies in the attachment folder."""
        return sorted(file.name for file in (self.folder / "attachments").iterdir())

    def heard(self, kind: type[E]) -> list[E]:
        """The events of this kind told so far."""
        return [event for event in self.told if isinstance(event, kind)]


@contextmanager
def open_house(
    folder: Path,
    *,
    limits: Limits | None = None,
    kind: Kind = "sandbox",
    change: Change = lambda gateway: gateway,
    routers: Sequence[APIRouter] = (),
    connection: type[Connection] = Connection,
) -> Iterator[House]:
    """A house with its door open, in a thread of its own. `change` may put something else in a port's place."""
    opened: list[tuple[House, uvicorn.Server]] = []
    ready = threading.Event()

    async def live() -> None:
        async with AsyncExitStack() as stack:
            journal = await stack.enter_async_context(
                open_journal(f"sqlite:///{folder / 'journal.db'}", limits=TABLES.limits, clock=clock, kind=kind)
            )
            for client in CLIENTS:
                await journal.add_client(client)
            gateway = change(
                Gateway(
                    kind=kind,
                    schemas=SCHEMAS,
                    board=Board(TABLES),
                    journal=journal,
                    dispatch=InProcess(["filedrop"]),
                    attachments=AttachmentFolder(folder / "attachments", clock),
                    policies=_nothing_is_delivered,
                    clock=clock,
                    chance=lambda: 0.5,
                    reply_tables=ReplyTables.load(ROOT / "xsd" / "replies"),
                )
            )
            register = ClientRegister(gateway.journal)
            await stack.enter_async_context(register.following())
            status = Status(gateway, partial(stocktaking.latest, journal))
            app = build(
                gateway, register, limits=limits, routers=[status.router, *routers], samples=samples_in(ROOT / "xsd")
            )
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            server = uvicorn.Server(
                uvicorn.Config(
                    app, http=connection, loop="none", ws="none", lifespan="off", access_log=False, log_config=None
                )
            )
            house = House(
                port=listener.getsockname()[1],
                loop=asyncio.get_running_loop(),
                gateway=gateway,
                status=status,
                folder=folder,
            )
            opened.append((house, server))
            # The socket takes connections already, so nobody has to wait for the server's own word.
            ready.set()
            await server.serve(sockets=[listener])

    def in_thread() -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(live())
        finally:
            ready.set()

    thread = threading.Thread(target=in_thread, name="house")
    thread.start()
    ready.wait(60)
    assert opened, "the house did not open; its thread said why"
    house, server = opened[0]
    try:
        with watched(house.told.append):
            yield house
    finally:
        server.should_exit = server.force_exit = True
        thread.join(60)


def clock() -> Micros:
    return Micros(time.time_ns() // 1000)


def _nothing_is_delivered(adapter: str) -> Policy:
    raise AssertionError(adapter)


SCHEMAS = Schemas.load(ROOT / "xsd")
TABLES = Tables.load(with_directories(), Path("/nowhere"))
