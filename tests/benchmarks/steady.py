"""A steady stream of submissions over a few bare connections, light enough to run beside what it measures."""

from __future__ import annotations

import asyncio
import itertools
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

BEAT = 0.02
"""seconds; each beat sends its share, whatever became of the earlier ones"""


class Stream:
    """Posts copies of some documents in turn; `accepted` holds the ids answered with 202, `refused` counts the rest."""

    def __init__(self, url: str, token: str, *contents: bytes) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname, parts.port
        self._letters = itertools.cycle([_around_the_uuid(content, token) for content in contents])
        self._idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        self.accepted: list[str] = []
        self.refused = 0

    async def run(self, *, seconds: float, per_second: int, connections: int = 64) -> None:
        """Send at this rate for so long, and wait for the last answer."""
        async with self._connected(connections):
            sending: list[asyncio.Task[None]] = []
            owed, began = 0.0, time.perf_counter()
            for beat in range(int(seconds / BEAT)):
                owed += per_second * BEAT
                sending += [asyncio.create_task(self._send()) for _ in range(int(owed))]
                owed -= int(owed)
                await asyncio.sleep(max(0.0, began + (beat + 1) * BEAT - time.perf_counter()))
            await asyncio.gather(*sending)

    @asynccontextmanager
    async def _connected(self, connections: int) -> AsyncIterator[None]:
        lines = [await asyncio.open_connection(self._host, self._port) for _ in range(connections)]
        self._idle = asyncio.Queue()
        for line in lines:
            self._idle.put_nowait(line)
        try:
            yield
        finally:
            for _, writer in lines:
                writer.close()

    async def _send(self) -> None:
        reader, writer = line = await self._idle.get()
        before, after = next(self._letters)
        writer.write(before + str(uuid.uuid4()).encode() + after)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        self._idle.put_nowait(line)
        if head.startswith(b"HTTP/1.1 202"):
            self.accepted.append(body.split(b'"submissionId"')[1].split(b'"')[1].decode())
        else:
            self.refused += 1


def _around_the_uuid(content: bytes, token: str) -> tuple[bytes, bytes]:
    """A whole request, before and after the place where its nachrichtenUUID goes."""
    place = content.index(b"nachrichtenUUID>") + len(b"nachrichtenUUID>")
    head = (
        b"POST /v1/submissions HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/xml\r\n"
        b"authorization: Bearer %s\r\ncontent-length: %d\r\n\r\n" % (token.encode(), len(content))
    )
    return head + content[:place], content[place + 36 :]
