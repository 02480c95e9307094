"""A connection before its request is known: uvicorn waits for ever and takes headers of any size; this does not."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_HEAD_BYTES: Final = 64 * 1024
_HEAD_SECONDS: Final = 20.0


class Connection(HttpToolsProtocol):
    """
    The server's side of a connection, for `uvicorn.Config(http=Connection)`.

    A request line with its headers has 64 KB and 20 seconds; after that the connection is closed.
    """

    head_bytes = _HEAD_BYTES
    head_seconds = _HEAD_SECONDS

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head_size = 0
        self._head_since: float | None = None
        self._watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._head_since = self.loop.time()
        self._look_again()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._watch:
            self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head_since is not None and not self.transport.is_closing():
            self._head_size += len(data)
            if self._head_size > self.head_bytes:
                self.send_400_response("The headers are too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_size = 0
        self._head_since = self.loop.time()

    def on_headers_complete(self) -> None:
        self._head_since = None
        super().on_headers_complete()

    def _look_again(self) -> None:
        """Once per connection and interval, so that a request costs no timer of its own."""
        since = self._head_since
        if since is not None and self.loop.time() - since >= self.head_seconds:
            self.transport.close()
            return
        wait = self.head_seconds if since is None else since + self.head_seconds - self.loop.time()
        self._watch = self.loop.call_later(wait, self._look_again)
