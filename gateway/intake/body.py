"""A request's body as it arrives, watched by the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from starlette.types import Message, Receive

from gateway.errors import TooLarge
from gateway.intake.refusals import ClientGone, TooSlow

_FOR_EVER: Final = float("inf")


class Body:
    """
    Piece by piece what a client sends.

    `finished` says that there is no more to come; `size` counts what came.
    """

    __slots__ = ("_deadline", "_idle", "_loop", "_receive", "declared", "finished", "size")

    def __init__(self, receive: Receive, headers: Mapping[bytes, bytes]) -> None:
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._idle = self._deadline = _FOR_EVER
        length = headers.get(b"content-length")
        self.declared: int | None = int(length) if length is not None and length.isdigit() else None
        self.finished = not self.declared and b"transfer-encoding" not in headers
        self.size = 0

    def give_time(self, seconds: float, idle: float) -> None:
        """From now on so long for what is to come, and so long for each pause."""
        self._idle = idle
        self._deadline = self._loop.time() + seconds

    async def piece(self) -> bytes:
        """
        What came next; empty at the end.

        Raises:
            TooSlow: nothing came for too long, or all of it takes too long.
            ClientGone: nobody is there any more.
        """
        while not self.finished:
            message = await self._next()
            if message["type"] == "http.disconnect":
                raise ClientGone
            self.finished = not message.get("more_body", False)
            piece: bytes = message.get("body", b"")
            if piece:
                self.size += len(piece)
                return piece
        return b""

    async def whole(self, most: int) -> bytes:
        """
        All of it, in memory.

        Raises:
            TooLarge: it is more than `most` bytes, by what it says or by what came; the rest was not read.
            TooSlow, ClientGone: as for `piece`.
        """
        self.check(most)
        first = await self.piece()
        if self.finished:
            self.check_size(most)
            return first
        pieces = bytearray(first)
        while piece := await self.piece():
            self.check_size(most)
            pieces += piece
        return bytes(pieces)

    def check(self, most: int) -> None:
        """
        Believe what a request says of its own size.

        Raises:
            TooLarge: it says more than `most` bytes.
        """
        if self.declared is not None and self.declared > most:
            raise over(most)

    def check_size(self, most: int) -> None:
        if self.size > most:
            raise over(most)

    async def _next(self) -> Message:
        until = min(self._deadline, self._loop.time() + self._idle)
        try:
            async with asyncio.timeout_at(None if until == _FOR_EVER else until):
                return await self._receive()
        except TimeoutError:
            raise _too_slow() from None


def over(most: int) -> TooLarge:
    """More than so many bytes."""
    return TooLarge(
        f"Mehr als {most} Byte werden hier nicht angenommen. Anlagen gehören als eigene Teile in eine "
        "multipart/form-data-Anfrage, nicht in das XML.",
        f"No more than {most} bytes are taken here. Attachments belong into parts of their own in a "
        "multipart/form-data request, not into the XML.",
    )


def _too_slow() -> TooSlow:
    return TooSlow(
        "Die Anfrage kam nicht rechtzeitig vollständig an; es wurde nichts gespeichert. Bitte erneut senden.",
        "The request did not arrive completely in time; nothing was stored. Please send it again.",
    )
