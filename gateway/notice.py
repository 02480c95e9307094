"""
Port: how portals hear of what becomes of their submissions, without asking again and again.

A webhook is an address of a portal. What it is to be told becomes a notice in the same commit as the event itself. One
sender at a time takes the notices of a webhook; what it could not note down afterwards is told once more, under the
same id. What follows from a webhook's answers is decided here; nothing here reads or writes anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, Protocol

from gateway.submission import SECOND, Micros, State, SubmissionId

_DAY: Final = 86_400.0


class Topic(StrEnum):
    """What a notice is about. There is no other; a failed attempt that is made again is no news to a portal."""

    ACCEPTED = "submission.accepted"
    """again, after somebody has looked into it; the first time is the answer to the request itself"""
    DELIVERED = "submission.delivered"
    CONFIRMED = "submission.confirmed"
    REFUSED = "submission.refused"
    PARKED = "submission.parked"
    EXPIRED = "submission.expired"
    REPLY_RECEIVED = "submission.reply_received"
    """the authority has answered; the state stays, or is a notice of its own"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing that one webhook is to be told: identifiers and states, no content."""

    webhook: str
    event: int
    """the row of the log it comes from"""
    topic: Topic
    at: Micros
    """when it happened"""
    submission: SubmissionId
    state: State
    test: bool
    tries: int = 0

    @property
    def id(self) -> str:
        """The `webhook-id`: the same each time this notice is sent, and no other notice has it."""
        return "msg_" + hashlib.sha256(f"{self.webhook}/{self.event}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Notices of one webhook, for one sender, until its lease ends; and the secrets to sign them with."""

    lease: str
    webhook: str
    client: str
    url: str
    secrets: tuple[bytes, ...] = field(repr=False)
    """all that are valid, the newest first"""
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """How a webhook took one notice. `because` is a bounded code, empty where it was taken; `status` is 0 for none."""

    because: str = ""
    status: int = 0
    wait: float | None = None
    """seconds it asks to be left alone"""

    @property
    def taken(self) -> bool:
        """Whether the portal has it."""
        return not self.because

    @property
    def gone(self) -> bool:
        """Whether the portal wants no more of them (410)."""
        return self.status == 410


@dataclass(frozen=True, slots=True)
class Persistence:
    """
    How long somebody who does not answer is tried; seconds.

    A notice that is not taken waits, each time for twice as long. A webhook that takes nothing rests between two
    tries, shorter than that: one notice that it cannot digest must not keep the others waiting.
    """

    first: float = 5.0
    longest: float = 6 * 3_600.0
    longest_rest: float = 300.0
    longest_asked: float = _DAY
    give_up_after: float = 5 * _DAY
    """for a webhook that takes nothing, and for a notice that is not taken"""

    def wait(self, tries: int, answer: Answer, chance: float) -> float:
        """Seconds until a notice is sent again; `chance` in [0, 1) spreads them over the upper half."""
        return self._backoff(tries, self.longest, answer, chance)

    def rest(self, failures: int, answer: Answer, chance: float) -> float:
        """Seconds until a webhook is tried again."""
        return self._backoff(failures, self.longest_rest, answer, chance)

    def _backoff(self, times: int, longest: float, answer: Answer, chance: float) -> float:
        doubled = min(self.first * 2.0 ** min(times - 1, 30), longest)
        return max(doubled * (0.5 + chance / 2), min(answer.wait or 0.0, self.longest_asked))


@dataclass(frozen=True, slots=True)
class Health:
    """How a webhook does: errands in a row in which it took nothing, since when, and until when it is left alone."""

    failures: int = 0
    failing_since: Micros | None = None
    rests_until: Micros = Micros(0)
    off: str = ""
    """why it was switched off, a bounded code; empty while it is on"""

    def after(self, answers: Sequence[Answer], now: Micros, persistence: Persistence, chance: float) -> Health:
        """What an errand with these answers makes of it. Whoever takes one of them is there."""
        if any(answer.gone for answer in answers):
            return replace(self, off="gone")
        if any(answer.taken for answer in answers):
            return Health()
        failures = self.failures + 1
        since = self.failing_since if self.failing_since is not None else now
        wait = max(persistence.rest(failures, answer, chance) for answer in answers)
        off = "failing" if now - since >= persistence.give_up_after * SECOND else ""
        return Health(failures, since, Micros(now + int(wait * SECOND)), off)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A portal's address, and what the journal knows of it."""

    id: str
    client: str
    url: str
    created_at: Micros
    health: Health
    off_at: Micros | None
    told: int
    """notices that it took"""
    told_at: Micros | None
    last: Answer
    """its answer to the last notice"""
    missed: int
    """notices that were given up"""
    missed_from: Micros | None
    """when the first of those happened that it did not hear of"""
    waiting: int
    secrets: int
    """how many are valid"""


@dataclass(frozen=True, slots=True)
class Noted:
    """What came of an errand: what was given up, and whether and why the webhook was switched off."""

    missed: int = 0
    off: str = ""


class NoticeBook(Protocol):
    """The part of the journal from which portals hear. All of it raises `JournalUnavailable` as the journal does."""

    async def add_webhook(self, webhook: str, client: str, url: str, secret: bytes) -> None:
        """
        Tell this client at this address what happens from now on.

        Raises:
            NotFound: there is no such client.
            NotResponsible: its token is revoked, or it has a webhook at this address.
        """
        ...

    async def webhooks(self) -> Sequence[Webhook]:
        """Every webhook, those that are off too, by client and age; revoked ones are forgotten."""
        ...

    async def secrets_of(self, webhook: str) -> Sequence[bytes]:
        """
        The secrets that are valid for a webhook, the newest first.

        Raises:
            NotFound: there is no such webhook.
        """
        ...

    async def rotate_secret(self, webhook: str, secret: bytes, overlap: float) -> None:
        """
        Sign with this secret from now on, and for so many seconds with the earlier ones too.

        Raises:
            NotFound: there is no such webhook.
        """
        ...

    async def resume_webhook(self, webhook: str) -> Webhook:
        """
        Switch a webhook on again, or end its rest; as it was before. What it missed stays missed.

        Raises:
            NotFound: there is no such webhook.
        """
        ...

    async def revoke_webhook(self, webhook: str) -> None:
        """
        Forget a webhook, its secrets and what it was to be told.

        Raises:
            NotFound: there is no such webhook.
        """
        ...

    async def take_errands(self, most: int, lease: float) -> Sequence[Errand]:
        """
        The due notices of up to `most` webhooks; for `lease` seconds nobody else gets any of the same webhooks.

        A webhook that takes nothing gets one notice at a time.
        """
        ...

    async def note(self, errand: Errand, answers: Sequence[Answer], persistence: Persistence, chance: float) -> Noted:
        """
        Write down how an errand went, one answer for each of its notices, and end its lease.

        Of an errand whose lease somebody else has by now, only what was taken counts.
        """
        ...

    async def versions(self, submissions: Collection[SubmissionId]) -> Mapping[SubmissionId, int]:
        """The versions of these submissions, which grow with every change (`Standing.version`)."""
        ...
