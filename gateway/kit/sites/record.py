"""What a client asked and what it was told, request by request; no bytes of any document."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from gateway.submission import SubmissionId

LOST: Final = 0
"""the status of a request whose answer never arrived"""

_CALLS: Final = (
    ("list", "GET", re.compile(r"/v1/sites/[^/]+/letters")),
    ("lease", "POST", re.compile(r"/v1/sites/[^/]+/letters/([^/]+)/lease")),
    ("document", "GET", re.compile(r"/v1/sites/[^/]+/letters/([^/]+)/document")),
    ("attachment", "GET", re.compile(r"/v1/sites/[^/]+/letters/([^/]+)/attachments/[^/]+")),
    ("renew", "POST", re.compile(r"/v1/sites/[^/]+/letters/([^/]+)/lease/renew")),
    ("outcome", "POST", re.compile(r"/v1/sites/[^/]+/letters/([^/]+)/outcome")),
    ("reply", "POST", re.compile(r"/v1/sites/[^/]+/(?:letters/([^/]+)/)?replies")),
    ("heartbeat", "POST", re.compile(r"/v1/sites/[^/]+/heartbeat")),
    ("destinations", "GET", re.compile(r"/v1/sites/[^/]+/destinations")),
)


@dataclass(slots=True)
class Asked:
    """One request, and its answer once there is one."""

    call: str
    """`list`, `lease`, …; `other` for what the specification does not know"""
    letter: SubmissionId | None
    path: str
    target: str
    at: float
    """seconds since the examination began"""
    key: str
    agent: str
    ranged: bool
    said: Any
    """its JSON, where the call has any"""
    digest: str
    """hex SHA-256 of its body"""
    status: int = LOST
    told_at: float = 0.0
    told: Any = None
    """the answer's JSON"""
    retry_after: float | None = None
    given: tuple[int, int] = (0, 0)
    """which bytes of document or attachment came through, from and until before"""
    of: int = 0
    """how many there are"""

    @property
    def waits(self) -> bool:
        """Whether it asked to be kept waiting for letters."""
        said = parse_qs(urlsplit(self.target).query).get("wait", ["0"])[-1]
        return said.isdigit() and int(said) > 0

    @property
    def outcome(self) -> str:
        """How the attempt ended, where this says it."""
        return str(self.said.get("outcome", "")) if self.call == "outcome" and isinstance(self.said, dict) else ""

    @property
    def counts(self) -> bool:
        """Whether an outcome was taken."""
        return self.call == "outcome" and self.status == 200


def call_of(method: str, target: str) -> tuple[str, SubmissionId | None]:
    """Which call of the specification a request is, and the letter it concerns."""
    path = urlsplit(target).path
    for name, verb, pattern in _CALLS:
        if verb == method and (found := pattern.fullmatch(path)):
            letter = found[1] if pattern.groups else None
            return name, SubmissionId(letter) if letter else None
    return "other", None


def json_of(body: bytes) -> Any:
    """What the bytes say; None where that is no JSON."""
    with suppress(ValueError):
        return json.loads(body)
    return None


@dataclass
class Record:
    """Everything a client asked, oldest first."""

    asked: list[Asked] = field(default_factory=list)
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, one: Asked) -> None:
        """A request came in."""
        self.asked.append(one)
        self.ring()

    def ring(self) -> None:
        """Something is known that was not: who waits looks again."""
        self._more.set()

    async def until(self, there: Callable[[], bool], within: float) -> bool:
        """Whether something can be seen here within so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not there():
                    self._more.clear()
                    await self._more.wait()
        return there()

    def of(self, letter: SubmissionId, *calls: str) -> list[Asked]:
        """The requests of these kinds that concern a letter."""
        return [one for one in self.asked if one.letter == letter and one.call in calls]

    def leases(self, letter: SubmissionId) -> list[Asked]:
        """The times a letter was leased."""
        return [one for one in self.of(letter, "lease") if one.status == 200]

    def ended(self, letter: SubmissionId) -> Asked | None:
        """The outcome that ends a letter's story, where one was taken."""
        final = {"delivered", "refused", "broken"}
        return next((one for one in self.of(letter, "outcome") if one.counts and one.outcome in final), None)

    def fetched(self, letter: SubmissionId, before: Asked) -> bool:
        """Whether document and every attachment had come through whole when this was asked."""
        leases = [one for one in self.leases(letter) if one.at <= before.at]
        if not leases:
            return False
        wanted = [leases[0].told["links"]["document"], *(one["link"] for one in leases[0].told["attachments"])]
        earlier = [one for one in self.of(letter, "document", "attachment") if one.told_at and one.at <= before.at]
        return all(_whole([one for one in earlier if one.path == path]) for path in wanted)

    def repeats(self, one: Asked) -> Iterator[Asked]:
        """Later requests of the same kind for the same."""
        after = self.asked[self.asked.index(one) + 1 :]
        return (later for later in after if (later.call, later.letter) == (one.call, one.letter))


def _whole(pieces: list[Asked]) -> bool:
    """Whether what came through leaves no gap."""
    reached = 0
    for start, end in sorted(one.given for one in pieces):
        if start > reached:
            return False
        reached = max(reached, end)
    return bool(pieces) and reached >= max(one.of for one in pieces) > 0
