"""A wire between a client and a broker that can be cut, at a byte or at once, stall, or refuse."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

Direction = Literal["to_broker", "to_client"]


class CuttingProxy:
    """
    Listens on a free port and passes bytes on: `async with CuttingProxy(url) as proxy: connect(proxy.url)`.

    A cut is a reset in both directions, as when a firewall loses its table; connections made afterwards work again.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname
        assert parts.port
        self._url = url
        self._there = parts.hostname, parts.port
        self._here = ("", 0)
        self._wires: set[_Wire] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._refusing = False
        self._left: dict[Direction, int] = {}
        self.cuts = 0
        self.refused = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self._here = self._server.sockets[0].getsockname()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        self._flowing.set()
        self.cut()
        await asyncio.gather(*(wire.ended for wire in tuple(self._wires)), return_exceptions=True)

    @property
    def url(self) -> str:
        """The client's URL, by way of this proxy."""
        host, port = self._there
        return self._url.replace(f"{host}:{port}", f"127.0.0.1:{self._here[1]}")

    @property
    def wires(self) -> int:
        """How many connections pass through now."""
        return len(self._wires)

    def cut(self) -> None:
        """Cut every wire there is, now."""
        self.cuts += bool(self._wires)
        self._left.clear()
        for wire in tuple(self._wires):
            wire.cut()

    def cut_after(self, number: int, direction: Direction) -> None:
        """Cut every wire when more than so many further bytes want to pass in this direction; they never arrive."""
        self._left[direction] = number

    def stall(self) -> None:
        """Pass nothing on any more, and tell nobody: half-open."""
        self._flowing.clear()

    def flow(self) -> None:
        """Pass bytes on again."""
        self._flowing.set()

    def refuse(self, *, refusing: bool = True) -> None:
        """Take no connection, or take them again."""
        self._refusing = refusing

    async def passed(self, data: bytes, direction: Direction) -> tuple[bytes, bool]:
        """What of these bytes may pass, and whether the wire is cut behind them."""
        await self._flowing.wait()
        left = self._left.get(direction)
        if left is None:
            return data, False
        self._left[direction] = left - len(data)
        return data[: max(left, 0)], len(data) > left

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            self.refused += 1
            writer.transport.abort()
            return
        try:
            broker = await asyncio.open_connection(*self._there)
        except OSError:
            writer.transport.abort()
            return
        wire = _Wire(self, (reader, writer), broker, self._wires.discard)
        self._wires.add(wire)


class _Wire:
    """One connection: two directions that end together."""

    def __init__(
        self,
        proxy: CuttingProxy,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        broker: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        gone: Callable[["_Wire"], None],
    ) -> None:
        self._proxy = proxy
        self._ends = client[1], broker[1]
        pumps = (
            asyncio.create_task(self._pump(client[0], broker[1], "to_broker")),
            asyncio.create_task(self._pump(broker[0], client[1], "to_client")),
        )
        self.ended = asyncio.gather(*pumps, return_exceptions=True)
        self.ended.add_done_callback(lambda _: gone(self))

    def cut(self) -> None:
        for end in self._ends:
            end.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, direction: Direction) -> None:
        try:
            while data := await source.read(4096):
                passing, is_cut = await self._proxy.passed(data, direction)
                sink.write(passing)
                await sink.drain()
                if is_cut:
                    self._proxy.cut()
        except OSError:
            pass
        finally:
            sink.close()
