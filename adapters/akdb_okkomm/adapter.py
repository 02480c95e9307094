"""Brings a submission to an XTA server, behind which OK.KOMM hands it to the OK.* procedure; fetches the answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from adapters.akdb_okkomm.mapping import scenario_of
from adapters.akdb_okkomm.settings import read_settings
from gateway.adapter import (
    Adapter,
    Answer,
    Askable,
    Collecting,
    Consignment,
    Endpoint,
    Outcome,
    Probe,
    Probeable,
    Reply,
    Unreachable,
)
from gateway.events import MailboxShared
from gateway.transports.xta import Carrier, Server

NAME: Final = "akdb_okkomm"
WHOLE: Final = 110.0
"""seconds one request may take: a little less than the manifest's time limit"""


class OkKomm:
    """
    One carrier for each endpoint, kept open between deliveries.

    The order of calls, what follows from each fault, and how a second delivery is recognised is that of
    `transports.xta`.
    """

    def __init__(self) -> None:
        self._carriers: dict[Server, Carrier] = {}

    async def deliver(self, consignment: Consignment) -> Outcome:
        return await self._at(consignment.endpoint).deliver(consignment, scenario_of(consignment.submission))

    async def ask(self, consignment: Consignment) -> Answer:
        return await self._at(consignment.endpoint).ask(consignment)

    async def probe(self, endpoint: Endpoint) -> Probe:
        return await self._at(endpoint).probe()

    def collect(self, endpoint: Endpoint) -> AsyncIterator[Reply | Unreachable]:
        return self._at(endpoint).replies()

    async def acknowledge(self, endpoint: Endpoint, reply: Reply) -> None:
        await self._at(endpoint).acknowledge(reply)

    async def close(self) -> None:
        for carrier in self._carriers.values():
            await carrier.close()

    def _at(self, endpoint: Endpoint) -> Carrier:
        server = read_settings(endpoint.settings)
        if server not in self._carriers:
            suspect = partial(_tell, endpoint.destination)
            self._carriers[server] = Carrier.open(server, whole=WHOLE, suspect=suspect)
        return self._carriers[server]


@asynccontextmanager
async def open_okkomm() -> AsyncIterator[OkKomm]:
    """The adapter; it connects to nothing before the first delivery."""
    okkomm = OkKomm()
    try:
        yield okkomm
    finally:
        await okkomm.close()


def _tell(destination: str) -> None:
    MailboxShared(adapter=NAME, destination=destination).tell()


_: tuple[type[Adapter], type[Askable], type[Probeable], type[Collecting]] = (OkKomm, OkKomm, OkKomm, OkKomm)
