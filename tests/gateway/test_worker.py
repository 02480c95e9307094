"""The worker beside its deliveries: it looks at destinations, and notes what it saw."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from gateway import plugins
from gateway.adapter import Consignment, Endpoint, Outcome, Probe
from gateway.drivers.in_process import InProcess
from gateway.drivers.sql.journal import SqlJournal, open_journal
from gateway.errors import MissingSecret
from gateway.events import followed
from gateway.journal import Limits
from gateway.reply import ReplyPost
from gateway.stock import Glance
from gateway.submission import SECOND, Micros
from gateway.testing import FakeClock, FakeVendor, MemoryAttachments
from gateway.worker import Lookout, WayBack, working
from tests.gateway.drivers.journal_rig import accept, an_entry

END = Micros(1_900_000_000 * SECOND)


class Seen(FakeVendor):
    """A vendor that can be looked at; what is seen there is said in advance, by destination."""

    def __init__(self, **seen: Probe | Exception) -> None:
        super().__init__()
        self._seen = seen

    async def probe(self, endpoint: Endpoint) -> Probe:
        found = self._seen[endpoint.destination]
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqlJournal]:
    async with open_journal(
        f"sqlite:///{tmp_path / 'journal.db'}", limits=lambda _: Limits(), clock=FakeClock(), kind="sandbox"
    ) as journal:
        yield journal


def endpoint(name: str, test: bool) -> Endpoint:
    if name == "locked":
        raise MissingSecret("x", "x")
    return Endpoint(name, test, {})


@asynccontextmanager
async def a_worker(
    journal: SqlJournal, vendor: FakeVendor, *destinations: str, queue: InProcess | None = None
) -> AsyncIterator[None]:
    plugin = vendor.plugin()
    post = queue or InProcess([plugin.manifest.name])

    async def reached(_: str) -> list[tuple[str, bool]]:
        return [(name, test) for name in destinations for test in (False, True)]

    async with working(
        [plugin],
        name="worker",
        claims=journal,
        post=lambda _: post,
        endpoint=endpoint,
        attachments=MemoryAttachments(),
        at_once=1,
        longest=None,
        spare=1.0,
        opened=plugins.opened,
        home=WayBack(post=cast("ReplyPost", None), destinations=reached, every=60.0),
        lookout=Lookout(book=journal, every=60.0),
    ):
        yield


async def noted(journal: SqlJournal, number: int) -> list[Glance]:
    """So many glances, as soon as they are there."""
    async with asyncio.timeout(10):
        while len(found := list(await journal.glances())) < number:
            await asyncio.sleep(0.01)
    return found


async def test_every_destination_is_looked_at(journal: SqlJournal) -> None:
    """Live and for tests; what keeps one from being looked at is what is seen of it, and keeps no other."""
    vendor = Seen(
        da=Probe(certificate_until=END), fort=Probe(because="connection-refused"), kaputt=RuntimeError("geheim")
    )

    async with a_worker(journal, vendor, "da", "fort", "kaputt", "locked"):
        found = await noted(journal, 8)

    assert {(one.destination, one.because, one.certificate_until) for one in found} == {
        ("da", "", END),
        ("fort", "connection-refused", None),
        ("kaputt", "adapter-bug", None),
        ("locked", MissingSecret.code, None),
    }
    assert {(one.adapter, one.test) for one in found} == {("beispiel", False), ("beispiel", True)}


class Tracing(FakeVendor):
    """A vendor that notes for whose trace it was called."""

    def __init__(self) -> None:
        super().__init__()
        self.traces: list[str] = []

    async def deliver(self, consignment: Consignment) -> Outcome:
        self.traces.append(followed())
        return await super().deliver(consignment)


async def test_a_delivery_follows_the_trace_of_its_submission(journal: SqlJournal) -> None:
    """From the portal's header through journal and letter to the adapter's call; what comes after has none."""
    vendor, trace = Tracing(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    queue = InProcess(["beispiel"])
    await accept(journal, an_entry(adapter="beispiel", traceparent=trace))

    async with a_worker(journal, vendor, queue=queue):
        await queue.publish(await journal.hand_over())
        async with asyncio.timeout(10):
            while not vendor.traces:
                await asyncio.sleep(0.01)

    assert vendor.traces == [trace]
    assert not followed()


async def test_what_cannot_be_looked_at_is_not(journal: SqlJournal) -> None:
    """An adapter that cannot look notes nothing, and delivers as before."""
    async with a_worker(journal, FakeVendor(), "da"):
        await asyncio.sleep(0)

    assert not await journal.glances()
