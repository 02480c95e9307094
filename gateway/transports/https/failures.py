"""From an exception of the network to the code that leaves the transports, and to whether anything was sent."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx2

from gateway.adapter import Unclear, Unreachable
from gateway.transports.certificates import BadCredentials, refused_ours, what_is_wrong


class BadAnswer(Exception):
    """What came back is not understood, or more than is borne; `because` is the code that leaves the transports."""

    def __init__(self, because: str) -> None:
        super().__init__(because)
        self.because = because


class Sent:
    """Whether the first byte of a request was written; the network layer calls it at each step."""

    def __init__(self) -> None:
        self.begun = False

    async def __call__(self, step: str, about: Mapping[str, Any]) -> None:
        if (
            step == "http11.send_request_headers.started" and about["request"].method != b"CONNECT"
        ):  # that a proxy reads
            self.begun = True


def what_happened(error: Exception, sent: Sent) -> Unreachable | Unclear:
    """How a request ended that has no answer."""
    if any(isinstance(cause, ssl.SSLError) and refused_ours(cause) for cause in _causes(error)):
        return Unreachable("own-certificate-refused")
    because = _because(error)
    return Unclear(because) if sent.begun else Unreachable(because)


def _because(error: Exception) -> str:
    if isinstance(error, BadAnswer | BadCredentials):
        return error.because
    for kind, because in _KINDS.items():
        if isinstance(error, kind):
            return because
    for cause in _causes(error):
        match cause:
            case ssl.SSLError():
                return what_is_wrong(cause)
            case socket.gaierror():
                return "name-unknown"
            case OSError(errno=int(number)) if number in _NUMBERS:
                return _NUMBERS[number]
    return "connection-lost"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exceptions from which this one was made, nearest first."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
        waiting += [cause for cause in (one.__cause__, one.__context__) if cause is not None]


_KINDS: Final[Mapping[type[Exception], str]] = {
    httpx2.ConnectTimeout: "connect-timeout",
    httpx2.PoolTimeout: "too-many-at-once",
    httpx2.TimeoutException: "no-answer",
    httpx2.ProxyError: "proxy-refuses",
    httpx2.UnsupportedProtocol: "address-unknown",
    httpx2.RemoteProtocolError: "answer-broken",
    TimeoutError: "time-limit",
}

_NUMBERS: Final = {
    errno.ECONNREFUSED: "connection-refused",
    errno.ECONNRESET: "connection-lost",
    errno.EHOSTUNREACH: "host-unreachable",
    errno.ENETUNREACH: "host-unreachable",
    errno.EHOSTDOWN: "host-unreachable",
    errno.ETIMEDOUT: "connect-timeout",
}
