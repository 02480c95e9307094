"""A small HTTPS server for simulators: it does what its handler says, and misbehaves on the wire when told to."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Final, Self

import h11

from gateway.testing.certificates import CertificateAuthority, ended
from gateway.testing.moods import Mood

ON_THE_WIRE: Final = frozenset(
    {
        *(Mood.GOOD, Mood.SLOW, Mood.HANGS, Mood.RESETS, Mood.TAKES_AND_HANGS),
        *(Mood.TOO_MANY, Mood.AWAY, Mood.EXPIRED),
    }
)
"""The moods that this server plays by itself; its handler is asked for the others."""

WAIT: Final = 120
"""seconds for which it asks to be left alone when it is busy or away"""


@dataclass(frozen=True, slots=True)
class Request:
    """What came in; the body is read by whoever wants it, once."""

    method: str
    target: str
    headers: Mapping[str, str]
    """names in small letters"""
    pieces: AsyncIterator[bytes]
    certificate: bytes | None = None
    """what the client showed, in DER"""

    async def body(self) -> bytes:
        """All of it."""
        return b"".join([piece async for piece in self.pieces])


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out. A body in pieces is sent chunked."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | AsyncIterator[bytes] = b""


class BrokenOff(Exception):
    """One side left before request or answer was whole."""


Handler = Callable[[Request], Awaitable[Reply | None]]
"""What is answered to a request; None is silence."""


class WebServer:
    """
    Listens on a loopback port of its own, over TLS; the port stays its own while it is down.

    Its files lie in `folder`: an authority, a certificate for the server, and `client`, which it demands to see.
    `concerns` says which requests meet its mood; all of them, unless it is given.
    """

    def __init__(self, folder: Path, handler: Handler, *, concerns: Callable[[Request], bool] | None = None) -> None:
        self.authority = CertificateAuthority(folder)
        self.client = self.authority.issue("antragsgateway")
        self.mood = Mood.GOOD
        self.slowness = 0.2
        self._good = self.authority.issue("fachverfahren")
        self._ended = self.authority.issue("fachverfahren", until=ended())
        self._handler = handler
        self._concerns = concerns or (lambda _: True)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self._good.certificate, self._good.key)
        self._context.load_verify_locations(self.authority.file)
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._guard = _bound(0)
        self._server: asyncio.Server | None = None
        self._starting: asyncio.Task[None] | None = None
        self._guests: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._bugs: list[Exception] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._guard.getsockname()[1])

    @property
    def url(self) -> str:
        """How it is reached."""
        return f"https://localhost:{self.port}"

    async def __aenter__(self) -> Self:
        self.up()
        assert self._starting is not None
        await self._starting
        return self

    async def __aexit__(self, *raised: object) -> None:
        """Raises what its handler raised, so that a fault of a simulator does not pass for one of an adapter."""
        self.down()
        if self._starting is not None:
            await asyncio.gather(self._starting, return_exceptions=True)
        self.down()
        await asyncio.gather(*self._guests, return_exceptions=True)
        self._guard.close()
        if self._bugs:
            raise ExceptionGroup("in the simulator", self._bugs)

    def behave(self, mood: Mood) -> None:
        """Be in this mood from the next connection or request on."""
        shown = self._ended if mood is Mood.EXPIRED else self._good
        self._context.load_cert_chain(shown.certificate, shown.key)
        if mood is Mood.EXPIRED:
            self._dismiss()
        self.mood = mood

    def down(self) -> None:
        """Listen to nobody, and drop who is there."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._dismiss()

    def up(self) -> None:
        """Listen again; who knocks from now on is heard."""
        if self._server is None:
            listener = _bound(self.port)
            listener.listen(1_024)
            self._starting = asyncio.ensure_future(self._start(listener))

    async def _start(self, listener: socket.socket) -> None:
        self._server = await asyncio.start_server(self._welcome, sock=listener, ssl=self._context, limit=1 << 18)

    def _dismiss(self) -> None:
        for guest, writer in self._guests.items():
            writer.transport.abort()
            guest.cancel()

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        guest = asyncio.current_task()
        assert guest is not None
        self._guests[guest] = writer
        try:
            await self._converse(reader, writer)
        except (OSError, BrokenOff, h11.ProtocolError, asyncio.CancelledError):
            pass  # the guest has gone, or was shown the door
        except Exception as bug:  # noqa: BLE001 - told when the server ends
            self._bugs.append(bug)
        finally:
            del self._guests[guest]
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = Talk.begin(reader, writer)
        while (request := await talk.next_request()) is not None:
            reply = await self._play(request, talk)
            if reply is None:
                await _for_ever()
                return
            await talk.say(reply)
            if not await talk.goes_on():
                return

    async def _play(self, request: Request, talk: Talk) -> Reply | None:
        match self.mood if self._concerns(request) else Mood.GOOD:
            case Mood.SLOW:
                await asyncio.sleep(self.slowness)
            case Mood.RESETS:
                await anext(request.pieces, b"")
                talk.reset()
            case Mood.HANGS:
                await request.body()
                return None
            case Mood.TAKES_AND_HANGS:
                await self._handler(request)
                return None
            case Mood.TOO_MANY:
                return Reply(429, {"Retry-After": str(WAIT)})
            case Mood.AWAY:
                back = datetime.now(UTC) + timedelta(seconds=WAIT)
                return Reply(503, {"Retry-After": format_datetime(back, usegmt=True)})
            case _:
                pass
        return await self._handler(request)


@dataclass(frozen=True, slots=True)
class Talk:
    """One connection on the server's side, request by request."""

    grammar: h11.Connection
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def next_request(self) -> Request | None:
        """None when the client has said goodbye."""
        event = await self._next()
        if not isinstance(event, h11.Request):
            return None
        secured: ssl.SSLObject | None = self.writer.get_extra_info("ssl_object")
        return Request(
            method=event.method.decode(),
            target=event.target.decode(),
            headers={name.decode(): value.decode("latin-1") for name, value in event.headers},
            pieces=self._pieces(),
            certificate=secured.getpeercert(binary_form=True) if secured else None,
        )

    @classmethod
    def begin(cls, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Self:
        """With somebody who has just come in."""
        return cls(h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20), reader, writer)

    async def say(self, reply: Reply, *, most: int | None = None) -> None:
        """Answer. Of a body that is no stream only the first `most` bytes go out, and then nothing more."""
        whole = reply.body if isinstance(reply.body, bytes) else None
        length = {"Transfer-Encoding": "chunked"} if whole is None else {"Content-Length": str(len(whole))}
        head = {"Date": format_datetime(datetime.now(UTC), usegmt=True), **length, **reply.headers}
        await self._send(h11.Response(status_code=reply.status, headers=list(head.items())))
        if isinstance(reply.body, bytes):
            await self._send(h11.Data(data=reply.body[:most]))
            if most is not None:
                raise BrokenOff
        else:
            async for piece in reply.body:
                await self._send(h11.Data(data=piece))
        await self._send(h11.EndOfMessage())

    async def goes_on(self) -> bool:
        """Whether another request may follow. What nobody read of this one is read, so that the reply gets through."""
        if self.grammar.their_state is h11.SEND_BODY:
            async for _ in self._pieces():
                continue
        if self.grammar.our_state is h11.DONE and self.grammar.their_state is h11.DONE:
            self.grammar.start_next_cycle()
            return True
        return False

    def reset(self) -> None:
        """Leave without a goodbye, so that the other side sees the connection reset."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        raise BrokenOff

    async def _pieces(self) -> AsyncIterator[bytes]:
        while isinstance(event := await self._next(), h11.Data):
            yield bytes(event.data)

    async def _next(self) -> h11.Event | type[h11.PAUSED] | None:
        while (event := self.grammar.next_event()) is h11.NEED_DATA:
            if self.grammar.they_are_waiting_for_100_continue:
                await self._send(h11.InformationalResponse(status_code=100, headers=[]))
            self.grammar.receive_data(await self.reader.read(1 << 16))
        if isinstance(event, h11.ConnectionClosed):
            return None
        return event  # type: ignore[return-value]  # NEED_DATA is gone

    async def _send(self, event: h11.Event) -> None:
        if data := self.grammar.send(event):
            self.writer.write(data)
            await self.writer.drain()


def _bound(port: int) -> socket.socket:
    """A socket that holds the port; several may, as long as one of them listens."""
    # By its number asyncio knows the protocol, and lets nothing small wait for an acknowledgement.
    holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", port))
    return holder


async def _for_ever() -> None:
    await asyncio.Event().wait()
