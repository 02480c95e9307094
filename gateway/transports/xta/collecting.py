"""Replies that lie in our mailbox, for adapters that collect: only those that this endpoint's reader wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from gateway.adapter import Reply, ReplyFile, Unreachable
from gateway.transports.xta.client import Fetched
from gateway.transports.xta.mailbox import Mailbox


@dataclass(frozen=True, slots=True)
class Collecting:
    """One mailbox, seen from one endpoint. None where an operator has not said that it may be read."""

    mailbox: Mailbox | None

    async def replies(self) -> AsyncIterator[Reply | Unreachable]:
        """What waits, oldest first; it comes again until it is acknowledged."""
        if self.mailbox is None:
            return
        async for found in self.mailbox.messages():
            yield _reply(found) if isinstance(found, Fetched) else found

    async def acknowledge(self, reply: Reply) -> None:
        """Close it. Where that fails it comes again, and counts once."""
        request, _, message_id = reply.mark.partition(" ")
        if self.mailbox is not None:
            await self.mailbox.xta.close(request, [message_id])


def _reply(fetched: Fetched) -> Reply:
    files = tuple(ReplyFile(one.id or one.name, one.media_type, one.stream) for one in fetched.files)
    return Reply(fetched.document, files, mark=f"{fetched.request} {fetched.message_id}")
