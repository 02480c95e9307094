"""What came back, and what every vendor means the same by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from gateway.adapter import Unclear, Unreachable
from gateway.submission import SECOND, Micros

LONGEST_WAIT: Final = 86_400.0
"""seconds of `Retry-After` that are believed"""


SPOILT: Final = frozenset(
    {"answer-too-large", "answer-not-understood", "answer-hostile", "answer-compressed", "server-error"}
)
"""Codes of an answer that came and cannot be used. It may be this one's fault: another may be fetched all the same."""


@dataclass(frozen=True, slots=True)
class Head:
    """The first lines of an answer. Names of headers are in small letters."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def media_type(self) -> str:
        """Without its parameters, in small letters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def good(self) -> bool:
        """Whether the status says yes."""
        return 200 <= self.status < 300

    def wait(self, now: Micros) -> float | None:
        """Seconds for which we were asked to wait (`Retry-After`, RFC 9110, section 10.2.3); None where we were not."""
        said = self.headers.get("retry-after", "").strip()
        seconds = float(said) if said.isascii() and said.isdigit() else _until(said, now)
        return None if seconds is None else min(max(seconds, 0.0), LONGEST_WAIT)


@dataclass(frozen=True, slots=True)
class Response(Head):
    """A whole answer, as it came: nothing in it has been looked at."""

    body: bytes = b""


def not_taken(head: Head, now: Micros) -> Unreachable | Unclear | None:
    """
    What a status says that is no word about the submission itself; None where the vendor has to be understood.

    Identity, addresses and "not now" mend themselves or are mended by people, so that trying again is right: an account
    that is not set up yet refuses no Antrag. After any other fault of the server it may have been taken.
    """
    wait = head.wait(now)
    if head.status in _MEANT_ALIKE:
        return Unreachable(_MEANT_ALIKE[head.status], wait)
    if 300 <= head.status < 400:
        return Unreachable("redirected", wait)
    if head.status >= 500 or head.status < 200:
        return Unclear("server-error")
    return None


_MEANT_ALIKE: Final = {
    401: "not-identified",
    403: "not-allowed",
    404: "address-unknown",
    405: "address-unknown",
    407: "proxy-refuses",
    408: "too-slow",
    410: "address-unknown",
    421: "address-unknown",
    425: "too-early",
    429: "too-many-requests",
    501: "address-unknown",
    503: "away",
    507: "disk-full",
}


def _until(said: str, now: Micros) -> float | None:
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return (moment - datetime.fromtimestamp(now / SECOND, UTC)).total_seconds()
