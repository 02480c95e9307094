"""Brings a submission to an XTA server, behind which OK.KOMM hands it to the OK.* procedure; fetches the answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from adapters.akdb_okkomm.mapping import order_of, too_large
from adapters.akdb_okkomm.settings import Settings
from gateway import adapter as port
from gateway.adapter import Answer, Consignment, Endpoint, Outcome, Probe, Reply, Unreachable
from gateway.events import MailboxShared
from gateway.transports.xta import Collecting, Mailbox, Sending, Xta
from gateway.transports.xta.xoev import attachments, message

NAME: Final = "akdb_okkomm"
WHOLE: Final = 110.0
"""seconds one request may take: a little less than the manifest's time limit"""


@dataclass(frozen=True, slots=True)
class _Way:
    """One endpoint: its server, and what is done there."""

    xta: Xta
    sending: Sending
    collecting: Collecting


class OkKomm:
    """
    One XTA server for each endpoint, kept open between deliveries.

    The order of calls, what follows from each fault, and how a second delivery is recognised is that of
    `transports.xta`.
    """

    def __init__(self) -> None:
        self._ways: dict[Settings, _Way] = {}

    async def deliver(self, consignment: Consignment) -> Outcome:
        settings, way = self._at(consignment.endpoint)
        if (refused := too_large(consignment, settings)) is not None:
            return refused
        order = await asyncio.to_thread(order_of, consignment, settings)
        return await way.sending.deliver(
            consignment.submission.id, order, message(consignment), attachments(consignment)
        )

    async def ask(self, consignment: Consignment) -> Answer:
        _, way = self._at(consignment.endpoint)
        return await way.sending.ask(consignment.submission.id)

    async def probe(self, endpoint: Endpoint) -> Probe:
        """Whether the server can be reached, knows our account, and offers the authority's service."""
        _, way = self._at(endpoint)
        return await way.sending.probe()

    async def collect(self, endpoint: Endpoint) -> AsyncIterator[Reply | Unreachable]:
        _, way = self._at(endpoint)
        async for found in way.collecting.replies():
            yield found

    async def acknowledge(self, endpoint: Endpoint, reply: Reply) -> None:
        _, way = self._at(endpoint)
        await way.collecting.acknowledge(reply)

    async def close(self) -> None:
        for way in self._ways.values():
            await way.xta.https.close()

    def _at(self, endpoint: Endpoint) -> tuple[Settings, _Way]:
        settings = Settings.read(endpoint.settings)
        if settings not in self._ways:
            self._ways[settings] = _opened(settings, endpoint.destination)
        return settings, self._ways[settings]


@asynccontextmanager
async def open_okkomm() -> AsyncIterator[OkKomm]:
    """The adapter; it connects to nothing before the first delivery."""
    okkomm = OkKomm()
    try:
        yield okkomm
    finally:
        await okkomm.close()


def _opened(settings: Settings, destination: str) -> _Way:
    server = settings.server
    xta = server.open(whole=WHOLE)
    suspect = partial(_tell, destination)
    mailbox = Mailbox(xta, server.lock, suspect, server.reader.identifier) if server.lock else None
    return _Way(xta, Sending(xta, server.ids, server.reader, server.service), Collecting(mailbox))


def _tell(destination: str) -> None:
    MailboxShared(adapter=NAME, destination=destination).tell()


_: tuple[type[port.Adapter], type[port.Askable], type[port.Probeable], type[port.Collecting]] = (
    OkKomm,
    OkKomm,
    OkKomm,
    OkKomm,
)
