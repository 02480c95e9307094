"""How a process listens: one socket, opened before anything is promised, and a server that others stop."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.errors import BadSettings


class _Server(uvicorn.Server):
    """uvicorn without its own ideas about signals: the command line decides what stops a process, and when."""

    def capture_signals(self) -> nullcontext[None]:  # type: ignore[override]  # a context manager, as the original
        return nullcontext()


@asynccontextmanager
async def listening(app: ASGIApp, host: str, port: int, http: type[HttpToolsProtocol]) -> AsyncIterator[str]:
    """
    Serve this app while the context is open; its address. Leaving it ends the requests in hand.

    Raises:
        BadSettings: somebody else listens there, or the address is not ours.
    """
    listener = _listener(host, port)
    server = _Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=http,
            ws="none",
            proxy_headers=False,
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=30,
        )
    )
    name, number = listener.getsockname()[:2]
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not (server.started or task.done()):  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield f"http://{name}:{number}"
    finally:
        server.should_exit = True
        await task


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2_048)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise BadSettings(
            f"An {host}, Port {port}, lässt sich nicht horchen ({reason}). Läuft dort schon etwas? "
            "Mit --port oder GATEWAY_PORT einen anderen nennen; 0 nimmt einen freien.",
            f"Cannot listen on {host}, port {port} ({reason}). Does something run there already? "
            "Name another one with --port or GATEWAY_PORT; 0 takes a free one.",
        ) from error
