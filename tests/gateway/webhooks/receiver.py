"""A portal's side: a real HTTP server that answers as it is told, and remembers what it was sent."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gateway.testing.certificates import Pair


@dataclass(frozen=True, slots=True)
class Message:
    """What came, as it came; names of headers are in small letters."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass(frozen=True, slots=True)
class Say:
    """An answer."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    after: float = 0.0
    """seconds before anything is said"""
    drips: float = 0.0
    """seconds between two bytes of the body"""


@dataclass
class Receiver:
    """Answers by `says`, one after the other, the last of them for ever."""

    port: int
    scheme: str = "http"
    got: list[Message] = field(default_factory=list)
    says: Sequence[Say] = (Say(),)
    at_once: int = 0
    """most requests that were in hand side by side"""
    hurry: threading.Event = field(default_factory=threading.Event)
    """set, nobody is kept waiting any more"""

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.got]


@contextmanager
def receiving(*says: Say, host: str = "127.0.0.1", shows: Pair | None = None) -> Iterator[Receiver]:
    """A receiver on a port of its own; over TLS where it has something to show."""
    lock = threading.Lock()
    inside = 0

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            nonlocal inside
            body = self.rfile.read(int(self.headers["content-length"]))
            with lock:
                said = receiver.says[min(len(receiver.got), len(receiver.says) - 1)]
                receiver.got.append(Message(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                inside += 1
                receiver.at_once = max(receiver.at_once, inside)
            receiver.hurry.wait(said.after)
            with lock:
                inside -= 1
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            self._say(said)

        def _say(self, said: Say) -> None:
            try:
                for begin in range(0, len(said.body), 1 if said.drips else 1 << 16):
                    self.wfile.write(said.body[begin : begin + (1 if said.drips else 1 << 16)])
                    receiver.hurry.wait(said.drips)
            except OSError:
                pass  # nobody reads any more

        def log_message(self, *_: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: object) -> None:
            """Whoever hangs up does so on purpose."""

    server = Server((host, 0), Handler)
    if shows is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(shows.certificate, shows.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver = Receiver(server.server_address[1], "https" if shows else "http", says=says or (Say(),))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.hurry.set()
        server.shutdown()
        server.server_close()
        thread.join(10)


def until(condition: Callable[[], bool], within: float = 10.0) -> bool:
    """Whether it comes true."""
    deadline = time.monotonic() + within
    while not (true := condition()) and time.monotonic() < deadline:
        time.sleep(0.005)
    return true
