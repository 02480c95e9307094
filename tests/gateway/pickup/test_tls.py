"""The token leaves a site only for the gateway that its certificate vouches for, also through a proxy."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.drivers.pickup import Door, Way
from gateway.drivers.pickup.door import GatewayNotTrusted
from gateway.site import Heartbeat
from gateway.testing.moods import Mood
from gateway.testing.web import Reply, Request, WebServer

pytestmark = pytest.mark.anyio

BEAT = Heartbeat(site="kelheim", worker="w", version="1")


@dataclass
class Gateway:
    """Something that answers like a gateway, over TLS, and what it was told."""

    server: WebServer
    tokens: list[str] = field(default_factory=list)

    def way(self, *, trusted: bool = True, proxy: str | None = None) -> Way:
        """How a site reaches it."""
        authorities = self.server.authority.file if trusted else None
        return Way(url=f"{self.server.url}/v1/sites/kelheim", token="ags_geheim", authorities=authorities, proxy=proxy)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    """It shows a certificate of an authority of its own."""
    tokens: list[str] = []

    async def answer(request: Request) -> Reply:
        await request.body()
        tokens.append(request.headers["authorization"])
        return Reply(204)

    server = WebServer(tmp_path, answer)
    server._context.verify_mode = ssl.CERT_NONE
    async with server:
        yield Gateway(server, tokens)


@asynccontextmanager
async def tunnel(seen: list[bytes]) -> AsyncIterator[str]:
    """A proxy that connects and passes on; `seen` is all that it could read."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(65_536):
            seen.append(piece)
            writer.write(piece)
        writer.close()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        seen.append(head)
        host, port = head.split()[1].decode().rsplit(":", 1)
        there_reader, there_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(copy(reader, there_writer), copy(there_reader, writer), return_exceptions=True)

    listening = await asyncio.start_server(connect, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    listening.close()


async def test_a_gateway_that_is_vouched_for_gets_the_token(gateway: Gateway) -> None:
    """Where the operator names its authority, that one counts."""
    async with Door(gateway.way(), 1) as door:
        await door.heartbeat(BEAT)

    assert gateway.tokens == ["Bearer ags_geheim"]


async def test_nobody_else_does(gateway: Gateway) -> None:
    """A certificate that nobody here trusts, and one that has ended: that is told, and no token is sent."""
    async with Door(gateway.way(trusted=False), 1) as door:
        with pytest.raises(GatewayNotTrusted):
            await door.heartbeat(BEAT)
    gateway.server.behave(Mood.EXPIRED)
    async with Door(gateway.way(), 1) as door:
        with pytest.raises(GatewayNotTrusted):
            await door.heartbeat(BEAT)

    assert gateway.tokens == []


async def test_a_proxy_between_reads_nothing(gateway: Gateway) -> None:
    """It sees where the connection leads, and the rest is between site and gateway."""
    seen: list[bytes] = []
    async with tunnel(seen) as proxy, Door(gateway.way(proxy=proxy), 1) as door:
        await door.heartbeat(BEAT)

    assert gateway.tokens == ["Bearer ags_geheim"]
    assert seen[0].startswith(b"CONNECT localhost:")
    assert not [piece for piece in seen if b"ags_geheim" in piece]
