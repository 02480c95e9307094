"""An adapter for what stands behind XTA servers: one carrier for each endpoint, kept open between deliveries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Any, Final

from gateway import adapter
from gateway.adapter import Answer, Consignment, Endpoint, Outcome, Probe, Reply, Unreachable
from gateway.events import MailboxShared
from gateway.submission import Submission
from gateway.transports.xta.carrier import Carrier
from gateway.transports.xta.settings import Server

WHOLE: Final = 110.0
"""seconds one request may take: a little less than the manifests' time limit"""


class Carriers:
    """
    Vendors differ in the settings they read and in what they call the field of business; the rest is XTA.

    The order of calls, what follows from each fault, and how a second delivery is recognised is that of this package.
    """

    def __init__(
        self, name: str, read: Callable[[Mapping[str, Any]], Server], scenario: Callable[[Submission], str]
    ) -> None:
        self._name = name
        self._read = read
        self._scenario = scenario
        self._carriers: dict[Server, Carrier] = {}

    async def deliver(self, consignment: Consignment) -> Outcome:
        return await self._at(consignment.endpoint).deliver(consignment, self._scenario(consignment.submission))

    async def ask(self, consignment: Consignment) -> Answer:
        return await self._at(consignment.endpoint).ask(consignment)

    async def probe(self, endpoint: Endpoint) -> Probe:
        return await self._at(endpoint).probe()

    def collect(self, endpoint: Endpoint) -> AsyncIterator[Reply | Unreachable]:
        return self._at(endpoint).replies()

    async def acknowledge(self, endpoint: Endpoint, reply: Reply) -> None:
        await self._at(endpoint).acknowledge(reply)

    async def close(self) -> None:
        """Close every way."""
        for carrier in self._carriers.values():
            await carrier.close()

    def _at(self, endpoint: Endpoint) -> Carrier:
        server = self._read(endpoint.settings)
        if server not in self._carriers:
            suspect = partial(self._tell, endpoint.destination)
            self._carriers[server] = Carrier.open(server, whole=WHOLE, suspect=suspect)
        return self._carriers[server]

    def _tell(self, destination: str) -> None:
        MailboxShared(adapter=self._name, destination=destination).tell()


_: tuple[type[adapter.Adapter], type[adapter.Askable], type[adapter.Probeable], type[adapter.Collecting]] = (
    Carriers,
    Carriers,
    Carriers,
    Carriers,
)
