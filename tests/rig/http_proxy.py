"""An HTTP proxy, as one stands before a municipal network; it can keep answers and requests to itself."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Final, Literal
from urllib.parse import urlsplit

_HOP: Final = {"connection", "proxy-connection", "keep-alive", "transfer-encoding", "content-length"}

Where = Literal["before", "after"]


@dataclass
class Trap:
    """The first request of this kind does not come through, or its answer does not come back, for ever."""

    call: str
    """method, and the path's last part"""
    where: Where
    sprung: threading.Event = field(default_factory=threading.Event)


@dataclass
class HttpProxy:
    """Where it listens, what came by, and the traps that are set."""

    url: str
    seen: list[str] = field(default_factory=list)
    traps: list[Trap] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def trap(self, call: str, where: Where) -> Trap:
        """Set a trap."""
        trap = Trap(call, where)
        self.traps.append(trap)
        return trap

    def caught(self, call: str, where: Where) -> bool:
        """Whether a trap springs; whoever is caught waits until the proxy closes."""
        for trap in self.traps:
            if (trap.call, trap.where) == (call, where) and not trap.sprung.is_set():
                trap.sprung.set()
                self.released.wait()
                return True
        return False


def _body(headers: Message[str, str], sent: BufferedIOBase) -> bytes:
    if headers.get("Transfer-Encoding") != "chunked":
        return sent.read(int(headers.get("Content-Length", 0)))
    body = bytearray()
    while size := int(sent.readline(), 16):
        body += sent.read(size)
        sent.readline()
    sent.readline()
    return bytes(body)


@contextmanager
def http_proxy() -> Iterator[HttpProxy]:
    """A proxy on a free port."""

    class Passing(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            there = urlsplit(self.path)
            call = f"{self.command} {there.path.rsplit('/', 1)[1]}"
            proxy.seen.append(call)
            body = _body(self.headers, self.rfile)
            if proxy.caught(call, "before"):
                return self._hang_up()
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
            connection = http.client.HTTPConnection(there.hostname or "", there.port, timeout=90)
            path = there.path + (f"?{there.query}" if there.query else "")
            try:
                connection.request(self.command, path, body=body, headers=headers)
                answer = connection.getresponse()
                content = answer.read()
            except OSError:
                return self._hang_up()
            finally:
                connection.close()
            if proxy.caught(call, "after"):
                return self._hang_up()
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            return None

        do_GET = do_POST = _pass  # noqa: N815 - http.server's names

        def _hang_up(self) -> None:
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Nothing: `seen` has it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    server.daemon_threads = True
    proxy = HttpProxy(f"http://127.0.0.1:{server.server_port}")
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield proxy
    finally:
        proxy.released.set()
        server.shutdown()
        server.server_close()
        serving.join()
