"""
The floor rig: the least a server could do and still keep its word.

A bare ASGI app that reads the body, parses and validates it with libxml2, commits in groups to SQLite with fsync, and
answers. No tokens, no routing, no events, no metrics. Run as `python -m tests.benchmarks.floor PORT FILE XSD`.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import sys
import threading
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn
from lxml import etree

Message = MutableMapping[str, Any]
Waiting = tuple[bytes, "asyncio.Future[None]"]


class Floor:
    """The app, and the thread that writes for it."""

    def __init__(self, file: str, schema: str) -> None:
        self._file = file
        self._schema = etree.XMLSchema(file=schema)
        self._parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        self._waiting: queue.SimpleQueue[Waiting] = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Read, judge, keep, answer."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            threading.Thread(target=self._write, daemon=True).start()
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        valid = self._schema.validate(etree.fromstring(body, self._parser))
        if valid:
            kept = self._loop.create_future()
            self._waiting.put((body, kept))
            await kept
        await send(
            {"type": "http.response.start", "status": 202 if valid else 422, "headers": [(b"content-length", b"2")]}
        )
        await send({"type": "http.response.body", "body": b"{}"})

    def _write(self) -> None:
        assert self._loop is not None
        connection = sqlite3.connect(self._file, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE documents (id TEXT PRIMARY KEY, content BLOB)")
        while True:
            batch = [self._waiting.get()]
            while not self._waiting.empty() and len(batch) < 256:
                batch.append(self._waiting.get())
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO documents VALUES (?, ?)", [(uuid.uuid4().hex, body) for body, _ in batch]
            )
            connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(_done, [kept for _, kept in batch])


def _done(batch: list[asyncio.Future[None]]) -> None:
    for kept in batch:
        kept.set_result(None)


if __name__ == "__main__":
    uvicorn.run(
        Floor(sys.argv[2], sys.argv[3]),
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
    )
