"""The gateway behind the sandbox door: a whole one, with a journal in a folder and a clock that can be put forward."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from gateway import journey, pickup
from gateway.delivery import Patience, Policy
from gateway.drivers.clock import clock
from gateway.drivers.in_process import InProcess
from gateway.drivers.sql.journal import open_journal
from gateway.errors import BadSettings
from gateway.intake import ClientRegister, Limits, build
from gateway.journal import Client
from gateway.journal import Limits as Bounds
from gateway.journey import Gateway
from gateway.kit.sites.front import Front, Move
from gateway.kit.sites.record import Record
from gateway.parcel import Parcel, accepted
from gateway.pickup import SiteRegister, new_site
from gateway.reply import ReplyTables
from gateway.routing import Board, Door, Tables
from gateway.routing.loading import load
from gateway.submission import SECOND, Grade, Micros, Reading, SubmissionId
from gateway.testing import MemoryAttachments
from gateway.validation import Schemas, Valid

SITE: Final = "pruefstand"
PLAN: Final = b"%PDF-1.7\n" + bytes(range(256)) * 1_024
"""what lies with each Antrag: enough to break off in the middle"""

_POLICY: Final = Policy(Grade.TRANSPORT, "redeliver", can_ask=True, patience=Patience(first=0.2, longest=0.2))
_TICK: Final = 0.1
_BEARS: Final = 50


@dataclass
class AheadClock:
    """The time, and what it was put forward by."""

    shift: float = 0.0
    """seconds"""

    def __call__(self) -> Micros:
        return Micros(clock() + round(self.shift * SECOND))

    def advance(self, seconds: float) -> None:
        self.shift += seconds


@dataclass(frozen=True, slots=True)
class Sample:
    """An Antrag with an attachment, and the door it goes to."""

    document: bytes
    reading: Reading
    door: Door


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which Antrag the client gets; where nothing is said, whatever there is, as the tables have it."""

    service: str = ""
    adapter: str = ""
    """delivers it, instead of the one that the tables name"""
    settings: Mapping[str, str] = field(default_factory=dict)
    """the destination's, instead of those in the tables"""


def read_sample(schemas: Schemas, folder: Path, tables: Tables, wish: Wish | None = None) -> Sample:
    """
    The first example of the installed schema packages that names an attachment and has an open door.

    Raises:
        BadSettings: there is none.
    """
    wish = wish or Wish()
    for file in sorted(folder.glob("*/*/examples/valid/*.xml")):
        document = file.read_bytes()
        verdict = schemas.judge(document)
        if not isinstance(verdict, Valid) or not verdict.reading.attachments or verdict.reading.test:
            continue
        parcel = Parcel(document=document, client=Client("", ""), received_at=clock(), started=0.0)
        door = journey.find_door(parcel, verdict.reading, verdict.document.text, tables=tables)
        if isinstance(door, Door) and wish.service in {"", door.service.name}:
            there = replace(
                door.destination,
                adapter=wish.adapter or door.destination.adapter,
                live=wish.settings or door.destination.live,
                test=wish.settings or door.destination.test,
            )
            return Sample(document, verdict.reading, replace(door, destination=there))
    raise BadSettings(
        "Zum Prüfen fehlt ein Beispiel mit einer Anlage, für das eine Anbindung offen ist.",
        "An example with an attachment whose connection is open is missing for the examination.",
    )


@dataclass
class Stage:
    """A gateway with one site, and what a turn may do behind the door."""

    gateway: Gateway
    clock: AheadClock
    front: Front
    record: Record
    sample: Sample
    token: str
    _number: int = 0
    _settled: int = 0

    @property
    def url(self) -> str:
        """The site's address."""
        return f"{self.front.url}/v1/sites/{SITE}"

    async def put(self, case: str | None = None, *, meeting: Mapping[str, Move] | None = None) -> SubmissionId:
        """
        A fresh Antrag at the door; those of one case come one after the other.

        `meeting` says for some calls how the first request for this letter is met.
        """
        self._number += 1
        message = str(uuid.uuid4())
        plan = PLAN + f"%{self._number}\n".encode()
        digest, document = hashlib.sha256(plan).hexdigest(), self.sample.document
        for old in self.sample.reading.checksums:
            document = document.replace(old.encode(), digest.encode())
        if self.sample.reading.message_uuid:
            document = document.replace(self.sample.reading.message_uuid.encode(), message.encode())
        files = [
            await self.gateway.attachments.keep(name, "application/pdf", _pieces(plan), len(plan))
            for name in self.sample.reading.attachments
        ]
        reading = replace(self.sample.reading, message_uuid=message, case_id=case or message)
        parcel = Parcel(
            document=document,
            client=Client("pruefstand", ""),
            received_at=self.clock(),
            started=0.0,
            attachments=tuple(files),
        )
        entry = replace(accepted(parcel, reading, self.sample.door, ()), connection="")
        for call, move in (meeting or {}).items():
            self.front.next(call, replace(move, of=entry.submission.id))
        await self.gateway.journal.record(entry)
        await self.settle()
        return entry.submission.id

    async def settle(self) -> None:
        """Let everything happen that is due; what a client asks to be spared for a while is due at once."""
        outcomes = [one for one in self.record.asked if one.counts]
        for one in outcomes[self._settled :]:
            self.clock.advance(float(one.said.get("wait") or 0))
        self._settled = len(outcomes)
        await journey.lapse(gateway=self.gateway)
        await journey.hand_over(gateway=self.gateway)

    async def later(self, seconds: float) -> None:
        """Let time pass behind the door."""
        self.clock.advance(seconds)
        await self.settle()


@asynccontextmanager
async def stage(folder: Path, schemas: Schemas, sample: Sample, facts: Mapping[str, Path]) -> AsyncIterator[Stage]:
    """
    The gateway and its door, open while the context is; `folder` takes the journal.

    `facts` are the folders `routing`, `replies` and `data`.
    """
    ahead, record = AheadClock(), Record()
    board = Board(_with_site(facts["routing"], facts["data"], sample))
    adapter = sample.door.destination.adapter
    site, token = new_site(SITE, [sample.door.authority.ars], [adapter])
    async with AsyncExitStack() as stack:
        journal = await stack.enter_async_context(
            open_journal(
                f"sqlite:///{folder / 'journal.db'}",
                limits=lambda _: Bounds(window=_BEARS, concurrency=_BEARS, trip_after=1_000),
                at_sites=lambda: board.now.at_sites,
                clock=ahead,
                kind="sandbox",
            )
        )
        await journal.add_site(site)
        gateway = Gateway(
            kind="sandbox",
            schemas=schemas,
            board=board,
            journal=journal,
            dispatch=InProcess([adapter]),
            attachments=MemoryAttachments(),
            policies=lambda _: _POLICY,
            clock=ahead,
            chance=lambda: 0.5,
            reply_tables=ReplyTables.load(facts["replies"]),
        )
        calls = pickup.Calls(gateway, journal, SiteRegister(journal, every=0.0), Limits())
        app = build(gateway, ClientRegister(journal), annexes=[pickup.annex(calls)])
        front = await stack.enter_async_context(Front(app, record, lambda: ahead.shift))
        opened = Stage(gateway, ahead, front, record, sample, token)
        ticking = asyncio.create_task(_ticking(opened), name="stage")
        try:
            yield opened
        finally:
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)
            gateway.doorbell.close()


async def _ticking(there: Stage) -> None:
    while True:
        await asyncio.sleep(_TICK)
        await there.settle()


def _with_site(routing: Path, data: Path, sample: Sample) -> Tables:
    """The tables, with the sample's destination picked up at the site."""
    facts = load(routing, data)
    door = replace(sample.door.destination, site=SITE)
    return Tables(
        replace(facts, destinations=tuple(door if one.name == door.name else one for one in facts.destinations))
    )


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content
