"""A portal's letter box for the demo: takes what a webhook brings, says yes, and reads it only if it is genuine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from typing import Any, Final

from gateway.webhooks import verify

_YES: Final = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Message:
    """What came, as it came."""

    headers: Mapping[str, str]
    body: bytes

    def genuine(self, secret: str, now: float) -> bool:
        """Whether it was signed with this secret (`whsec_…`), lately, and nobody has touched it; `now` in seconds."""
        return verify(secret, self.headers, self.body, now)

    @property
    def told(self) -> Mapping[str, Any]:
        """What it says."""
        told: Mapping[str, Any] = json.loads(self.body)
        return told


class Letterbox:
    """Listens on a loopback port of its own."""

    def __init__(self) -> None:
        self._came: asyncio.Queue[Message] = asyncio.Queue()
        self.url = ""

    @classmethod
    @asynccontextmanager
    async def hung_up(cls) -> AsyncIterator[Letterbox]:
        """A letter box, while the context is open."""
        box = cls()
        server = await asyncio.start_server(box._take, "127.0.0.1", 0)
        async with server:
            box.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/meldungen"
            yield box

    async def next(self, patience: float) -> Message:
        """
        The next message.

        Raises:
            TimeoutError: none came in so many seconds.
        """
        async with asyncio.timeout(patience):
            return await self._came.get()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        headers = dict(BytesHeaderParser().parsebytes(head.partition(b"\r\n")[2]).items())
        body = await reader.readexactly(int(headers["Content-Length"]))
        writer.write(_YES)
        await writer.drain()
        writer.close()
        self._came.put_nowait(Message(headers, body))
