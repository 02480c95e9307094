"""The door's front: hands requests on to the gateway behind it, notes them, and misbehaves where a turn says so."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Self
from urllib.parse import urlsplit

import h11
import httpx2

from gateway.kit.sites.record import Asked, Record, call_of, json_of
from gateway.submission import SubmissionId
from gateway.testing.web import BrokenOff, Reply, Request, Talk

MOST: Final = 1 << 26
"""Bytes of one request's body"""

_IN_FLIGHT: Final = 0.05
"""seconds in which who was at the door when it closed is let in, to be shown out again"""
_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """How one request is met; nothing set is honest service."""

    of: SubmissionId | None = None
    """the letter it is meant for, where it is for one only"""
    instead: Reply | None = None
    """the gateway never hears of it, and this is the answer"""
    first: Callable[[], Awaitable[None]] | None = None
    """happens before the gateway hears of it"""
    asking: bytes | None = None
    """the gateway hears this body"""
    change: Callable[[bytes], bytes] | None = None
    """what becomes of the answer's body"""
    hold: float = 0.0
    """seconds until the answer goes out"""
    most: int | None = None
    """so many bytes of the answer's body go out, and the line breaks"""
    lost: bool = False
    """the line breaks before any answer"""


HONEST: Final = Move()


@dataclass
class Front:
    """Listens on a loopback port while the context is open."""

    app: Any
    record: Record
    shift: Callable[[], float]
    """seconds by which the clock behind is ahead; what a client reads is true to its own"""
    moves: dict[str, list[Move]] = field(default_factory=lambda: defaultdict(list))
    """for each call, how the next requests are met"""
    always: dict[str, Move] = field(default_factory=dict)
    """for each call, how every request without a move of its own is met"""
    bugs: list[Exception] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    _server: asyncio.Server | None = None
    _guests: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it is."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def next(self, call: str, *moves: Move) -> None:
        """Meet the next requests of a kind like this."""
        self.moves[call].extend(moves)

    def be_honest(self, but: str = "") -> None:
        """Forget what was planned, but for one call."""
        for call in [one for one in self.moves if one != but]:
            del self.moves[call]
        self.always.clear()

    async def __aenter__(self) -> Self:
        transport = httpx2.ASGITransport(self.app)
        self._http = httpx2.AsyncClient(transport=transport, base_url="http://door", timeout=None, trust_env=False)
        self._server = await asyncio.start_server(self._welcome, "127.0.0.1", 0, limit=1 << 18)
        return self

    async def __aexit__(self, *raised: object) -> None:
        """Raises what went wrong in here, so that it does not pass for a fault of the client."""
        assert self._server is not None
        self._server.close()
        await asyncio.sleep(_IN_FLIGHT)
        for guest, writer in list(self._guests.items()):
            writer.transport.abort()
            guest.cancel()
        await asyncio.gather(*self._guests, return_exceptions=True)
        await self._server.wait_closed()
        await self._http.aclose()
        if self.bugs:
            raise ExceptionGroup("in the door", self.bugs)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        guest = asyncio.current_task()
        assert guest is not None
        self._guests[guest] = writer
        try:
            talk = Talk.begin(reader, writer)
            while (request := await talk.next_request()) is not None:
                await self._serve(request, talk)
                if not await talk.goes_on():
                    return
        except (OSError, BrokenOff, h11.ProtocolError, asyncio.CancelledError):
            pass  # the guest has gone, or was shown the door
        except Exception as bug:  # noqa: BLE001 - told when the door closes
            self.bugs.append(bug)
        finally:
            del self._guests[guest]
            writer.transport.abort()

    async def _serve(self, request: Request, talk: Talk) -> None:
        body = await _read(request)
        one = self._noted(request, body)
        move = self._planned(one)
        if move.first is not None:
            await move.first()
        reply = move.instead or await self._forwarded(request, one, move.asking or body, move)
        if move.hold:
            await asyncio.sleep(move.hold)
        if move.lost:
            one.told_at = self._now()
            self.record.ring()
            raise BrokenOff
        self._answered(one, reply, move)
        self.record.ring()
        await talk.say(reply, most=move.most)

    def _planned(self, one: Asked) -> Move:
        planned = self.moves[one.call]
        for number, move in enumerate(planned):
            if move.of is None or move.of == one.letter:
                return planned.pop(number)
        return self.always.get(one.call, HONEST)

    def _noted(self, request: Request, body: bytes) -> Asked:
        call, letter = call_of(request.method, request.target)
        kind = request.headers.get("content-type", "")
        one = Asked(
            call=call,
            letter=letter,
            path=urlsplit(request.target).path,
            target=request.target,
            at=self._now(),
            key=request.headers.get("lease-key", ""),
            agent=request.headers.get("user-agent", ""),
            ranged="range" in request.headers,
            said=json_of(body) if "json" in kind else None,
            digest=hashlib.sha256(body).hexdigest(),
        )
        self.record.note(one)
        return one

    async def _forwarded(self, request: Request, one: Asked, body: bytes, move: Move) -> Reply:
        headers = {name: value for name, value in request.headers.items() if name not in _HOP | {"host"}}
        answer = await self._http.request(request.method, request.target, headers=headers, content=body)
        given = {name: value for name, value in answer.headers.items() if name not in _HOP}
        content = self._true_to_time(answer.content) if one.call in ("lease", "renew") else answer.content
        if move.change is not None and answer.status_code < 300:
            content = move.change(content)
        return Reply(answer.status_code, given, content)

    def _answered(self, one: Asked, reply: Reply, move: Move) -> None:
        body = reply.body if isinstance(reply.body, bytes) else b""
        one.status, one.told_at = reply.status, self._now()
        after = {name.lower(): value for name, value in reply.headers.items()}
        one.retry_after = float(after["retry-after"]) if after.get("retry-after", "").isdigit() else None
        if one.call in ("document", "attachment"):
            start, one.of = _bounds(after.get("content-range", ""), len(body))
            one.given = (start, start + len(body[: move.most])) if reply.status < 300 else (0, 0)
        else:
            one.told = json_of(body)

    def _true_to_time(self, content: bytes) -> bytes:
        told = json_of(content)
        shift = self.shift()
        if not shift or not isinstance(told, dict) or "until" not in told:
            return content
        until = datetime.fromisoformat(told["until"]) - timedelta(seconds=shift)
        told["until"] = until.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return compact(told)

    def _now(self) -> float:
        return time.monotonic() - self.began


def compact(told: Mapping[str, Any]) -> bytes:
    """JSON as the gateway writes it."""
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.pieces:
        body += piece
        if len(body) > MOST:
            raise BrokenOff
    return bytes(body)


def _bounds(content_range: str, length: int) -> tuple[int, int]:
    """Where the bytes begin, and how many there are in all."""
    if not content_range.startswith("bytes "):
        return 0, length
    span, _, whole = content_range.removeprefix("bytes ").partition("/")
    return int(span.partition("-")[0]), int(whole)
