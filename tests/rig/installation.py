"""Gateway and worker as the processes they are in production, on the embedded default or on real servers."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from sqlalchemy import bindparam, select

from gateway.drivers.sql.journal import SqlJournal, open_journal
from gateway.drivers.sql.schema import is_postgres, upgrade
from gateway.drivers.sql.steps import Ask, Statement, Steps, each
from gateway.drivers.sql.tables import submissions
from gateway.journal import Client, Ledger, Limits
from gateway.submission import Micros
from tests.gateway.drivers.cutting_proxy import CuttingProxy
from tests.rig.broker import broker_for
from tests.rig.tables import with_directories
from tests.services import PostgresServer, RabbitServer
from tests.services.processes import Process, free_port

PATIENT = {
    "GATEWAY_RETRY_FIRST": "0.2",
    "GATEWAY_RETRY_LONGEST": "2",
    "GATEWAY_DELIVERY_SECONDS": "2",
    "GATEWAY_LEASE_SPARE": "1",
    "GATEWAY_SNAPSHOT_SECONDS": "2",
    "GATEWAY_LOG": "warning",
}
"""Retries and leases at the pace of a drill."""


class Installation:
    """`gateway serve`, and `gateway work filedrop` beside it where there is a broker; each can be killed."""

    def __init__(
        self,
        folder: Path,
        *,
        journal: str = "",
        broker: str = "",
        worker_broker: str = "",
        wires: Sequence[CuttingProxy] = (),
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.data = folder / "var"
        self.data.mkdir(parents=True, exist_ok=True)
        self.journal_url = journal or f"sqlite:///{self.data / 'journal.db'}"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.token = f"ag_{secrets.token_urlsafe(24)}"
        self._folder = folder
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")},
            **PATIENT,
            "GATEWAY_ROUTING": str(with_directories()),
            "GATEWAY_DATA": str(self.data),
            "GATEWAY_PORT": str(self.port),
            "GATEWAY_JOURNAL": journal,
            "GATEWAY_BROKER": broker,
            "GATEWAY_WORKERS": "false" if broker else "true",
            **(settings or {}),
        }
        self._settings = tuple(settings or ())
        self._worker_broker = worker_broker or broker
        self.wires = wires
        self.gateway: Process | None = None
        self.worker: Process | None = None

    async def prepare(self) -> None:
        """Bring the journal up and make the portal known."""
        await upgrade(self.journal_url)
        async with self.journal() as journal:
            await journal.add_client(Client("drill", hashlib.sha256(self.token.encode()).hexdigest()))

    def journal(self) -> _Opened:
        """The journal, from outside, as the command line opens it."""
        return _Opened(self.journal_url)

    def setting(self, variable: str) -> str:
        """What a process is told by this variable."""
        return self._environment[variable]

    def replica(self) -> Installation:
        """Another gateway on the same journal and broker, not started yet."""
        environment = self._environment
        there = Installation(
            self._folder,
            journal=environment["GATEWAY_JOURNAL"],
            broker=environment["GATEWAY_BROKER"],
            worker_broker=self._worker_broker,
            settings={name: environment[name] for name in self._settings},
        )
        there.token = self.token
        return there

    def start_gateway(self) -> None:
        """Start it, and return when it is ready for submissions."""
        self.gateway = self._start("serve", "gateway.log", self._environment)
        self.gateway.wait_until(self._alive, within=60)

    def start_worker(self) -> None:
        """Start a worker beside the gateway."""
        environment = {**self._environment, "GATEWAY_BROKER": self._worker_broker}
        self.worker = self._start("work", "worker.log", environment, "filedrop")

    def start_worker_for(self, adapter: str, broker: str) -> Process:
        """Start another worker, for one adapter and as its user; whoever starts it ends it."""
        return self._start("work", f"{adapter}.log", {**self._environment, "GATEWAY_BROKER": broker}, adapter)

    def kill_gateway(self) -> None:
        """SIGKILL, as a power cut."""
        _end(self.gateway, signal.SIGKILL)

    def kill_worker(self) -> None:
        """SIGKILL, as a power cut."""
        _end(self.worker, signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM for both, and wait."""
        _end(self.worker, signal.SIGTERM)
        _end(self.gateway, signal.SIGTERM)

    async def settled(self, within: float) -> Ledger:
        """The ledger when nothing is in flight any more, or as it stands when time is up."""
        deadline = time.monotonic() + within
        async with self.journal() as journal:
            while True:
                ledger = await journal.ledger()
                if ledger.in_flight == 0 or time.monotonic() > deadline:
                    return ledger
                time.sleep(0.2)

    async def completed_since(self, since: int) -> list[tuple[int, int]]:
        """When each submission received since then (µs) was received and concluded; those that are."""
        async with self.journal() as journal:
            return await journal._runner.read(_COMPLETED, since)

    def _start(self, verb: str, log: str, environment: Mapping[str, str], *more: str) -> Process:
        command = [sys.executable, "-m", "gateway", verb, *more]
        return Process(command, log=self._folder / log, env=environment)

    def _alive(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/livez", timeout=2).status_code == 200
        except httpx2.TransportError:
            return False


_completed = Statement(
    select(submissions.c.received_at, submissions.c.concluded_at).where(
        submissions.c.received_at >= bindparam("since"), submissions.c.concluded_at.is_not(None)
    )
)


def _times(since: int) -> Steps[list[tuple[int, int]]]:
    rows = yield Ask(_completed, {"since": since})
    return [(row[0], row[1]) for row in rows]


_COMPLETED = each("completed", _times)


class _Opened:
    def __init__(self, url: str) -> None:
        self._context = open_journal(
            url,
            limits=lambda _: Limits(),
            clock=lambda: Micros(time.time_ns() // 1000),
            kind=None,
            database_time=is_postgres(url),
        )

    async def __aenter__(self) -> SqlJournal:
        return await self._context.__aenter__()

    async def __aexit__(self, *error: object) -> None:
        await self._context.__aexit__(None, None, None)


def _end(process: Process | None, sign: signal.Signals) -> None:
    if process is not None and process.alive:
        process.end(sign, within=60)


_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - folders in it have random names


@dataclass(frozen=True, slots=True)
class Servers:
    """The real ones."""

    postgres: PostgresServer
    rabbit: RabbitServer


@asynccontextmanager
async def installed(
    servers: Servers | None = None,
    *,
    cut: bool = False,
    elsewhere: bool = False,
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[Installation]:
    """
    A running installation in a temporary folder: embedded, or on real servers with a worker beside it.

    With `cut` both sides reach the broker over wires that can be cut (`Installation.wires`). With `elsewhere` the
    Fachverfahren's folders do not share the disk of journal and broker, as a share on another machine would not.
    """
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=_MEMORY if elsewhere else None)))
        installation = Installation(folder, settings=settings)
        if servers is not None:
            journal = servers.postgres.create_database()
            stack.callback(servers.postgres.drop_database, journal)
            broker = stack.enter_context(broker_for(servers.rabbit))
            sides, wires = [broker.gateway, broker.worker], []
            if cut:
                wires = [await stack.enter_async_context(CuttingProxy(url)) for url in sides]
                sides = [wire.url for wire in wires]
            installation = Installation(
                folder, journal=journal, broker=sides[0], worker_broker=sides[1], wires=wires, settings=settings
            )
        await installation.prepare()
        stack.callback(installation.stop)
        await asyncio.to_thread(installation.start_gateway)
        if servers is not None:
            installation.start_worker()
        yield installation
        await asyncio.to_thread(installation.stop)
