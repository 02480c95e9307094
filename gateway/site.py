"""
The site (Standort): a network where letters are picked up. Who stands there, what may be picked up, and what is heard.

Values, and the part of the journal behind the pickup door. Nothing here knows HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from gateway.journal import Claim, NoClaim
from gateway.submission import Micros, Submission, SubmissionId

SITES: Final = "sites"
"""what the journal's version is asked for by those who follow sites"""

SITE_NAME: Final = re.compile(r"[a-z][a-z0-9-]*")
"""as destinations.toml names it"""

WORKERS_KEPT: Final = 50
"""So many workers of one site are remembered, the last heard of first."""


@dataclass(frozen=True, slots=True)
class Site:
    """A network where letters are picked up: a name, the hash of its token, and whose letters it may have."""

    name: str
    token_hash: str
    """hex SHA-256 of the token"""
    authorities: tuple[str, ...]
    """ARS"""
    adapters: tuple[str, ...]
    created_at: Micros = Micros(0)
    revoked_at: Micros | None = None

    @property
    def worker(self) -> str:
        """By which name its claims stand in the journal; no worker beside the gateway is called like that."""
        return f"site:{self.name}"


@dataclass(frozen=True, slots=True)
class Reach:
    """What a site may pick up: of these destinations, for these authorities, with these adapters; all three count."""

    destinations: frozenset[str]
    authorities: frozenset[str]
    adapters: frozenset[str]

    def covers(self, submission: Submission) -> bool:
        """Whether this one is among it."""
        return (
            submission.destination in self.destinations
            and submission.authority in self.authorities
            and submission.adapter in self.adapters
        )


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter at the door that nobody has leased: whose attempt it is, and since when it waits."""

    submission: Submission
    """without its attachments"""
    attempt: int
    attachments: int
    size: int
    """bytes of the document"""
    since: Micros


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as its holder names it: the attempt, its key, and as whom."""

    submission: SubmissionId
    attempt: int
    key: str
    worker: str


@dataclass(frozen=True, slots=True)
class Held:
    """A lease, as the journal has it, and what it is for."""

    submission: Submission
    worker: str
    key_hash: str
    until: Micros
    ended: bool
    outcome: str
    """how it ended, as the journal has it: `delivered`, `unclear`, …; empty while it is open"""
    code: str
    now: Micros
    """when this was read, by the clock that counts for leases"""
    document: bytes = b""
    """where it was asked for"""

    @property
    def lapsed(self) -> bool:
        """Whether its time is over, whether or not anybody has noticed."""
        return self.ended or self.until <= self.now


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate at a site, by the name that its people know it by, and when it ends."""

    name: str
    until: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """What a site's worker says of itself now and then, because nobody can look there."""

    site: str
    worker: str
    version: str
    certificates: tuple[Certificate, ...] = field(default=())
    at: Micros = Micros(0)
    """when it was heard"""

    @property
    def first_end(self) -> Micros | None:
        """When the first of its certificates ends."""
        return min((one.until for one in self.certificates), default=None)


class SiteBook(Protocol):
    """The part of the journal behind the pickup door. All of it raises `JournalUnavailable` as the journal does."""

    async def sites(self) -> Sequence[Site]:
        """Every site, revoked ones too."""
        ...

    async def add_site(self, site: Site) -> None:
        """
        Make a site known.

        Raises:
            NotResponsible: the name is taken.
        """
        ...

    async def revoke_site(self, name: str) -> None:
        """
        End a site's token everywhere within two seconds.

        Raises:
            NotFound: there is none of that name.
        """
        ...

    async def version_of(self, subject: str) -> int:
        """A number that grows when `subject` changed."""
        ...

    async def waiting(self, reach: Reach, most: int) -> Sequence[Waiting]:
        """The letters that wait within reach, the oldest first. Looking changes nothing."""
        ...

    async def lease(self, submission: SubmissionId, worker: str, seconds: float, reach: Reach) -> Claim | NoClaim:
        """
        Claim the letter of a submission, whichever attempt it is; without the document, which is fetched apart.

        What is not within reach is `foreign`, as if it did not exist.
        """
        ...

    async def held(
        self, submission: SubmissionId, attempt: int, also: Literal["document", "attachments"] | None = None
    ) -> Held | None:
        """The lease of an attempt, open or not, with what was `also` asked for; None where nobody ever had it."""
        ...

    async def renew(self, lease: Lease, seconds: float) -> Micros | None:
        """
        Let an open lease last for at least so many seconds from now on; until when.

        None where it is over, or not theirs.
        """
        ...

    async def exists(self, submission: SubmissionId) -> Submission | None:
        """The submission of that id, without its attachments."""
        ...

    async def heard_from(self, heartbeat: Heartbeat) -> None:
        """Keep what a site's worker said; of each worker the last."""
        ...

    async def heartbeats(self) -> Sequence[Heartbeat]:
        """The last of every worker at every site."""
        ...
