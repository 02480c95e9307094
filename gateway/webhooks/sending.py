"""One message to one webhook: signed, sent once, and an answer or the reason why there is none."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Self

import httpx2

from gateway.notice import Answer, Errand, Notice
from gateway.submission import SECOND, Micros
from gateway.transports.https import Head
from gateway.transports.https.failures import Sent, what_happened
from gateway.webhooks.addresses import Lookup, Networks, NotPermitted, Target, target
from gateway.webhooks.message import message
from gateway.webhooks.signing import signed

_CONNECT: Final = 5.0
"""Seconds for one connection, the handshake included."""
_LOOKUPS: Final = 4
"""Names looked up at once: a name server that hangs must not take the threads of those who judge documents."""


class Sender:
    """
    Sends messages. Each has a connection of its own, to an address that was judged just before; redirects are not
    followed, and of an answer no more than its head is read.
    """

    def __init__(
        self,
        *,
        sandbox: bool,
        allowed: Networks = (),
        seconds: float = 15.0,
        clock: Callable[[], Micros],
        tls: ssl.SSLContext | None = None,
        lookup: Lookup = socket.getaddrinfo,
    ) -> None:
        """`seconds` is what one message may take from the first step to the head of the answer."""
        self.sandbox = sandbox
        self._allowed = allowed
        self._seconds = seconds
        self._clock = clock
        self._lookup = lookup
        self._names = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="webhook-names")
        self._http = httpx2.AsyncClient(
            verify=tls or ssl.create_default_context(),
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(seconds, connect=min(_CONNECT, seconds)),
            # A kept connection would be used for another name at the same address, whose certificate nobody has seen.
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
            headers={"User-Agent": "antragsgateway", "Accept-Encoding": "identity", "Accept": "*/*"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._http.aclose()
        self._names.shutdown(wait=False, cancel_futures=True)

    async def tell(self, errand: Errand, notice: Notice) -> Answer:
        """Send one of the errand's notices."""
        return await self.send(errand.url, errand.secrets, notice.id, message(notice, sandbox=self.sandbox))

    async def send(self, url: str, secrets: Sequence[bytes], notice: str, body: bytes) -> Answer:
        """Send a message with this id and body."""
        sent = Sent()
        try:
            async with asyncio.timeout(self._seconds):
                where = await target(
                    url, sandbox=self.sandbox, allowed=self._allowed, lookup=self._lookup, executor=self._names
                )
                return await self._to_first_that_listens(where, signed(notice, self._now(), body, secrets), body, sent)
        except NotPermitted as error:
            return Answer(error.because)
        except (httpx2.TransportError, ssl.SSLError, OSError) as error:  # TimeoutError is one
            return Answer(what_happened(error, sent).because)

    def _now(self) -> int:
        return self._clock() // SECOND

    async def _to_first_that_listens(self, where: Target, headers: dict[str, str], body: bytes, sent: Sent) -> Answer:
        *before, last = where.addresses
        for address in before:
            try:
                return await self._post(where, address, headers, body, sent)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return await self._post(where, last, headers, body, sent)

    async def _post(self, where: Target, address: str, headers: dict[str, str], body: bytes, sent: Sent) -> Answer:
        request = self._http.build_request(
            "POST",
            where.at(address),
            headers={**headers, "Host": where.named, "Content-Type": "application/json"},
            content=body,
            extensions={"sni_hostname": where.host, "trace": sent},
        )
        response = await self._http.send(request, stream=True)
        try:
            return self._understood(Head(response.status_code, dict(response.headers)))
        finally:
            await response.aclose()

    def _understood(self, head: Head) -> Answer:
        if head.good:
            return Answer(status=head.status)
        because = "redirected" if 300 <= head.status < 400 else "gone" if head.status == 410 else "status"
        return Answer(because, head.status, head.wait(self._clock()))
