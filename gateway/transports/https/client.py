"""
One way to one other side: requests go out with all proof, answers come back within their limits, or a code does.

What is known of a request that failed is known exactly: until its first byte is written nobody can have taken it
(`Unreachable`), and from then on somebody may have (`Unclear`). A request is made once. Trying again is decided by who
counts attempts, and a redirect is an answer like any other: nobody is followed to a place that no operator wrote down.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, Self, TypeVar

import httpx2

from gateway.adapter import Probe, Unclear, Unreachable
from gateway.events import followed
from gateway.submission import Micros
from gateway.transports.certificates import BadCredentials, Credentials, first, their_end
from gateway.transports.https.answers import Head, Response, not_taken
from gateway.transports.https.bodies import Body
from gateway.transports.https.failures import BadAnswer, Sent, what_happened

T = TypeVar("T")

Take = Callable[[Head, AsyncIterator[bytes]], Awaitable[T]]
"""Makes something of an answer while it comes in; raises BadAnswer where it does not understand."""

for _talkative in ("httpx2", "httpcore2"):  # they would repeat addresses, headers and what a vendor says
    logging.getLogger(_talkative).setLevel(logging.WARNING)


def now() -> Micros:
    """The machine's time."""
    return Micros(time.time_ns() // 1_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long and how much; seconds and bytes."""

    connect: float = 10.0
    """for name, connection and handshake"""
    silence: float = 60.0
    """without a byte in either direction"""
    whole: float = 110.0
    """from the first step to the last byte of the answer"""
    answer: int = 1 << 20
    """of an answer that is held whole"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The other side: its address, how both prove who they are, and the proxy between, if there is one."""

    url: str
    """`https://…`, below which everything lies that is asked for"""
    credentials: Credentials = field(default_factory=Credentials)
    proxy: str | None = None


class Tokens(Protocol):
    """Where the other side wants a token: who has one."""

    async def bearer(self) -> str | Unreachable:
        """A token that is good for this request, or why there is none."""
        ...

    def forget(self, token: str | None) -> None:
        """This one was not accepted."""
        ...

    async def close(self) -> None:
        """End what is being fetched."""
        ...


class Https:
    """
    A client for one peer. Connections are kept for a while and shared by all requests.

    Certificates are read anew when their files change: a renewed one is used from the next request on.
    """

    def __init__(
        self,
        peer: Peer,
        limits: Limits | None = None,
        *,
        tokens: Tokens | None = None,
        at_once: int = 32,
        clock: Callable[[], Micros] = now,
    ) -> None:
        self.limits = limits or Limits()
        self.clock = clock
        self._peer = peer
        self._tokens = tokens
        self._at_once = at_once
        self._door: _Door | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close what is open; requests in flight end."""
        if self._tokens is not None:
            await self._tokens.close()
        if self._door is not None:
            await self._door.http.aclose()
            self._door = None

    async def send(
        self, method: str, path: str = "", *, headers: Mapping[str, str] | None = None, body: Body | None = None
    ) -> Response | Unreachable | Unclear:
        """
        Make a request; the whole answer, whatever its status is.

        What reading the body raises is raised, and then nobody was sent a whole one.
        """
        return await self.exchange(method, path, self._whole, headers=headers, body=body)

    async def exchange(
        self,
        method: str,
        path: str,
        take: Take[T],
        *,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
    ) -> T | Unreachable | Unclear:
        """As `send`, and `take` makes something of the answer while it comes in."""
        sent = Sent()
        try:
            async with asyncio.timeout(self.limits.whole), self._opened() as door:
                token = await self._tokens.bearer() if self._tokens is not None else None
                if isinstance(token, Unreachable):
                    return token
                request = door.http.build_request(
                    method,
                    self._peer.url.rstrip("/") + path,
                    headers={**_traced(), **(headers or {}), **_about(body), **_identified(token)},
                    content=body.pieces() if body else None,
                    extensions={"trace": sent},
                )
                response = await door.http.send(request, stream=True)
                if self._tokens is not None and response.status_code == 401:
                    self._tokens.forget(token)
                try:
                    door.theirs = their_end(_secured(response)) or door.theirs
                    return await take(_head(response), response.aiter_raw())
                finally:
                    await response.aclose()
        except (httpx2.TransportError, ssl.SSLError, BadAnswer, BadCredentials, TimeoutError) as error:
            return what_happened(error, sent)

    async def look(self) -> Probe:
        """Whether the other side can be reached and both believe each other; nothing is delivered."""
        try:
            ours = self._peer.credentials.until()
        except BadCredentials as error:
            return Probe(because=error.because)
        answer = await self.send("OPTIONS")
        theirs = self._door.theirs if self._door is not None else None
        return Probe(because=_hindrance(answer, self.clock()), certificate_until=first(ours, theirs))

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[_Door]:
        """The way as the files are now; an older one closes when its last request has ended."""
        stamp = await asyncio.to_thread(self._peer.credentials.stamp)
        if self._door is None or self._door.stamp != stamp:
            door = await asyncio.to_thread(self._open, stamp)
            if self._door is None or self._door.stamp != stamp:
                old, self._door = self._door, door
                if old is not None:
                    await old.retire()
        current = self._door
        if current.ours is not None and current.ours <= self.clock():
            raise BadCredentials("own-certificate-expired")
        async with current.used():
            yield current

    def _open(self, stamp: tuple[tuple[int, int], ...]) -> _Door:
        return _Door(stamp, self._client(self._peer.credentials.context()), self._peer.credentials.until())

    def _client(self, context: ssl.SSLContext) -> httpx2.AsyncClient:
        limits = self.limits
        return httpx2.AsyncClient(
            verify=context,
            trust_env=False,
            proxy=self._peer.proxy,
            follow_redirects=False,
            timeout=httpx2.Timeout(limits.silence, connect=limits.connect, pool=limits.whole),
            limits=httpx2.Limits(max_connections=self._at_once, keepalive_expiry=_KEPT),
            headers={"User-Agent": "antragsgateway", "Accept-Encoding": "identity", "Accept": "*/*"},
        )

    async def _whole(self, head: Head, pieces: AsyncIterator[bytes]) -> Response:
        content = bytearray()
        async for piece in within(pieces, self.limits.answer):
            content += piece
        return Response(head.status, head.headers, bytes(content))


async def within(pieces: AsyncIterator[bytes], most: int) -> AsyncIterator[bytes]:
    """
    The pieces, as long as they are together no more than this.

    Raises:
        BadAnswer: they are.
    """
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > most:
            raise BadAnswer("answer-too-large")
        yield piece


class _Door:
    """A client with the files it was opened with, and how many use it."""

    def __init__(self, stamp: tuple[tuple[int, int], ...], http: httpx2.AsyncClient, ours: Micros | None) -> None:
        self.stamp = stamp
        self.http = http
        self.ours = ours
        self.theirs: Micros | None = None
        self._users = 0
        self._retired = False

    @asynccontextmanager
    async def used(self) -> AsyncIterator[None]:
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            await self._close_if_done()

    async def retire(self) -> None:
        self._retired = True
        await self._close_if_done()

    async def _close_if_done(self) -> None:
        if self._retired and not self._users:
            await self.http.aclose()


_KEPT: Final = 5.0
"""seconds an idle connection is kept: shorter than servers do, so that none closes while a request sets out on it"""


def _about(body: Body | None) -> Mapping[str, str]:
    return {"Content-Type": body.media_type, "Content-Length": str(body.size)} if body else {}


def _traced() -> Mapping[str, str]:
    """Whose work this request is part of, so that a vendor's own traces can follow on."""
    return {"traceparent": trace} if (trace := followed()) else {}


def _identified(token: str | None) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _hindrance(answer: Response | Unreachable | Unclear, at: Micros) -> str:
    """Few servers know OPTIONS, so that of what they say only "not now" and a proxy's no count."""
    if isinstance(answer, Response):
        trouble = not_taken(answer, at) if answer.status in {407, 503} else None
        return trouble.because if trouble else ""
    return answer.because


def _head(response: httpx2.Response) -> Head:
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", ""}:  # nobody asked for it, and it may unfold to anything
        raise BadAnswer("answer-compressed")
    return Head(response.status_code, {name.lower(): value for name, value in response.headers.items()})


def _secured(response: httpx2.Response) -> ssl.SSLObject | None:
    stream: Any = response.extensions.get("network_stream")
    secured: ssl.SSLObject | None = stream.get_extra_info("ssl_object") if stream is not None else None
    return secured
