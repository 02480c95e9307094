"""One request, as far as the door needs to know it before anybody reads its body."""

from __future__ import annotations

import random
import re
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from starlette.types import Receive, Scope

from gateway.errors import BadRequest, Language
from gateway.intake.body import Body

SUBMISSIONS: Final = "/v1/submissions"
"""where portals send"""

_KEY: Final = "gateway.visit"
_TRACEPARENT: Final = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_ONCE: Final = (b"authorization", b"content-type", b"content-encoding", b"idempotency-key", b"lease-key", b"range")


@dataclass(slots=True)
class Visit:
    """Headers by lower-case name, language, trace, and, once the token was looked up, whose visit it is."""

    scope: Scope
    headers: dict[bytes, bytes]
    language: Language
    traceparent: str
    body: Body
    started: float
    """`time.perf_counter()` when the request came"""
    client: str = ""
    straight: str = ""
    """the path's pattern, where FastAPI did not find the route"""

    @classmethod
    def begin(cls, scope: Scope, receive: Receive) -> Visit:
        """Take note of a request that came in; `of` finds it again."""
        headers = dict(scope["headers"])
        visit = scope[_KEY] = cls(
            scope=scope,
            headers=headers,
            language=language_of(headers.get(b"accept-language", b"")),
            traceparent=traceparent_of(headers.get(b"traceparent", b"")),
            body=Body(receive, headers),
            started=time.perf_counter(),
        )
        return visit

    @classmethod
    def of(cls, scope: Scope) -> Visit:
        """The visit that this request belongs to."""
        visit: Visit = scope[_KEY]
        return visit

    @property
    def trace(self) -> str:
        """The trace id, 32 hex digits."""
        return self.traceparent[3:35]

    @property
    def pattern(self) -> str:
        """The path's pattern, never the path: senders write into paths what nobody may log."""
        return self.straight or getattr(self.scope.get("route"), "path", "")

    def header(self, name: bytes) -> str:
        """A header's value, empty where there is none; bytes beyond ASCII become a character no rule allows."""
        return self.headers.get(name, b"").decode("ascii", "replace").strip()

    def check_headers(self) -> None:
        """
        Refuse a request that says something twice: which of the two would count?

        Raises:
            BadRequest: names the header.
        """
        named = [name for name, _ in self.scope["headers"]]
        if len(named) == len(self.headers):
            return
        for name in _ONCE:
            if named.count(name) > 1:
                title = name.decode().title()
                raise BadRequest(
                    f"Der Header {title} steht mehrfach in der Anfrage; er darf nur einmal vorkommen.",
                    f"The header {title} is in the request more than once; it may come only once.",
                )


@lru_cache(maxsize=256)
def language_of(accept: bytes) -> Language:
    """What `Accept-Language` (RFC 9110 §12.5.4) asks for, of the two there are; German unless English is preferred."""
    wanted = {Language.GERMAN: 0.0, Language.ENGLISH: 0.0}
    for one in accept.decode("ascii", "replace").lower().split(","):
        tag, _, weight = one.partition(";")
        for language in Language:
            if tag.strip().partition("-")[0] == language:
                wanted[language] = max(wanted[language], _weight(weight))
    return Language.ENGLISH if wanted[Language.ENGLISH] > wanted[Language.GERMAN] else Language.GERMAN


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def traceparent_of(header: bytes) -> str:
    """The sender's `traceparent` (W3C Trace Context) where it is valid, else the beginning of a new trace."""
    if _TRACEPARENT.fullmatch(header[:55]) and (len(header) == 55 or header[55:56] == b"-"):
        return f"00-{header[3:55].decode()}"
    # Not a secret, only distinct; and unlike the system's source of randomness it does not let go of the interpreter.
    return f"00-{random.getrandbits(128) or 1:032x}-{random.getrandbits(64) or 1:016x}-01"
