"""All that an adapter does with one endpoint behind an XTA server, from a consignment to its outcome."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Self

from gateway.adapter import Answer, Consignment, Outcome, Probe, Refused, Reply, Unreachable
from gateway.transports.xta.client import Xta
from gateway.transports.xta.collecting import Collecting
from gateway.transports.xta.mailbox import Mailbox
from gateway.transports.xta.sending import Sending
from gateway.transports.xta.settings import Server
from gateway.transports.xta.xoev import Facts, attachments, message, transport_order


class Carrier:
    """One endpoint, kept open between deliveries."""

    def __init__(self, server: Server, xta: Xta, sending: Sending, collecting: Collecting) -> None:
        self._server = server
        self._xta = xta
        self._sending = sending
        self._collecting = collecting

    @classmethod
    def open(cls, server: Server, *, whole: float, suspect: Callable[[], None]) -> Self:
        """A way to this server; `whole` is the seconds one request may take, `suspect` is told of another reader."""
        xta = server.open(whole=whole)
        mailbox = Mailbox(xta, server.lock, suspect, server.reader.identifier) if server.lock else None
        return cls(server, xta, Sending(xta, server.ids, server.reader, server.service), Collecting(mailbox))

    async def deliver(self, consignment: Consignment, scenario: str) -> Outcome:
        """
        Entrust it to the server, with its document as it came; `scenario` is the field of business in words.

        What is larger than the server takes is not even tried.
        """
        size = len(consignment.document) + sum(one.attachment.size for one in consignment.enclosures)
        if size > self._server.most:
            return Refused("too-large")
        submission, server = consignment.submission, self._server
        facts = await asyncio.to_thread(Facts.read, consignment)
        return await self._sending.deliver(
            submission.id,
            lambda message_id: transport_order(message_id, facts, submission, server, scenario),
            message(consignment),
            attachments(consignment),
        )

    async def ask(self, consignment: Consignment) -> Answer:
        """Whether the server has it."""
        return await self._sending.ask(consignment.submission.id)

    async def probe(self) -> Probe:
        """Whether the server can be reached, knows our account, and offers the reader's service."""
        return await self._sending.probe()

    def replies(self) -> AsyncIterator[Reply | Unreachable]:
        """What the reader has written into our mailbox, oldest first, until it is acknowledged."""
        return self._collecting.replies()

    async def acknowledge(self, reply: Reply) -> None:
        """The gateway has it."""
        await self._collecting.acknowledge(reply)

    async def close(self) -> None:
        """Close the way."""
        await self._xta.https.close()
