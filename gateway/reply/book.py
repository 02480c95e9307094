"""
Port: replies in the journal, and the box of those that fit nothing.

A reply is on disk before anybody is told that it was taken. It is no submission: what it does to one is an event of
that submission, and what happens to itself is a step of its own. Documents and files lie in the document store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from gateway.adapter import Reply
from gateway.reply.kinds import Effect, Kind
from gateway.submission import Attachment, Finding, Micros, State, Submission, SubmissionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """
    Where a reply comes from: it can answer nothing but what that adapter brought to that destination.

    `by` names the worker or site that brought it. `authorities` are those for which it may answer (ARS), empty where
    the destination alone decides that.
    """

    adapter: str
    destination: str
    test: bool
    by: str
    authorities: tuple[str, ...] = ()

    @classmethod
    def of(cls, submission: Submission, by: str, authorities: tuple[str, ...] = ()) -> Self:
        """Where a reply to this submission comes from."""
        return cls(
            adapter=submission.adapter,
            destination=submission.destination,
            test=submission.test,
            by=by,
            authorities=authorities,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A reply as it came, on disk and not yet judged; its files are stored already."""

    id: str
    """UUIDv7; the reply's id later on"""
    origin: Origin
    submission: SubmissionId | None
    """the one it answers, where whoever brought it knows"""
    document: bytes
    files: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """
    A reply that was judged, to be written down in one commit, together with what follows from it.

    `box` is the code of what is wrong with it, empty where nothing is; then `answers` and `case` are what it may be
    matched by. `arrived` says that it was left as an arrival, which ends with this.
    """

    id: str
    origin: Origin
    received_at: Micros
    document: bytes
    digest: str
    """`submission.content_digest`"""
    files: tuple[Attachment, ...] = ()
    submission: SubmissionId | None = None
    kind: Kind | None = None
    effect: Effect = Effect.NONE
    code: str = ""
    file_number: str = ""
    root: str = ""
    standard: str = ""
    version: str = ""
    package_digest: str = ""
    message_uuid: str | None = None
    message_type: str | None = None
    answers: str | None = None
    case: str | None = None
    box: str = ""
    findings: tuple[Finding, ...] = ()
    arrived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReply:
    """A reply as the journal has it. `submission` is None while it is in the box, and where it was dropped."""

    id: str
    origin: Origin
    submission: SubmissionId | None
    kind: Kind | None
    effect: Effect
    code: str
    box: str
    """why it came into the box, empty where it never was there"""
    settled_at: Micros | None
    """when a human took it out of the box"""
    received_at: Micros
    root: str
    standard: str
    version: str
    message_uuid: str | None
    message_type: str | None
    answers: str | None
    digest: str
    size: int
    findings: tuple[Finding, ...]
    file_number: str | None = None
    """from the document store; gone when that is forgotten"""
    has_document: bool = True
    """whether its document is still there"""
    files: tuple[Attachment, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether it lies in the box."""
        return bool(self.box) and self.settled_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What a reply did to the submission it answers: `before` and `after` are the same where that is nothing."""

    submission: Submission
    before: State
    after: State
    concluded: bool
    """whether the submission's story ended with it"""
    code: str
    at: Micros


@dataclass(frozen=True, slots=True)
class Kept:
    """It answers a submission and is on disk."""

    reply: StoredReply
    settled: Settled


@dataclass(frozen=True, slots=True)
class Boxed:
    """It fits nothing, and lies in the box for a human."""

    reply: StoredReply


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same reply came before; this is what became of it. Nothing changed."""

    first: StoredReply


class ReplyPost(Protocol):
    """The worker's way to bring a reply back."""

    async def bring(self, reply: Reply, origin: Origin) -> None:
        """
        Bring it; on return the gateway has it on disk, whatever it will make of it.

        Raises:
            TooLarge: it is larger than anything that is taken; bringing it again will not help.
            NobodysFault: not now.
        """
        ...


class Arrivals(Protocol):
    """The part of the book that a worker beside the gateway may use."""

    async def leave(self, arrival: Arrival) -> None:
        """Put a reply before the gateway, which judges it; on return it is on disk."""
        ...


class ReplyBook(Arrivals, Protocol):
    """Every reply. All methods raise `JournalUnavailable` when nothing could be read or written."""

    async def arrivals(self, most: int = 1_000) -> Sequence[str]:
        """Ids of what was left and not yet judged, oldest first."""
        ...

    async def arrival(self, reply: str) -> Arrival | None:
        """What was left under this id; None where somebody has judged it meanwhile."""
        ...

    async def receive(self, incoming: Incoming) -> Kept | Boxed | Repeated:
        """
        Write a reply down: at the one submission it answers, or into the box.

        The same content under the same nachrichtenUUID changes nothing; other content goes into the box.
        """
        ...

    async def settle_replies(self) -> Sequence[Settled]:
        """Let replies take effect that came while a letter was out, now that its attempt has ended."""
        ...

    async def replies(self, submission: SubmissionId) -> Sequence[StoredReply]:
        """What answers a submission, newest last."""
        ...

    async def reply(self, reply: str) -> StoredReply | None:
        """One reply, with its files."""
        ...

    async def reply_document(self, reply: str) -> bytes | None:
        """Its document; None where there is none, or it was forgotten."""
        ...

    async def box(self, most: int = 100) -> Sequence[StoredReply]:
        """What waits for a human, oldest first."""
        ...

    async def boxed(self) -> int:
        """How many wait for a human."""
        ...

    async def assign(self, reply: str, submission: SubmissionId, by: str, reason: str) -> Settled:
        """
        A human says which submission a reply in the box answers.

        Raises:
            NotFound: there is no such reply or submission.
            NotResponsible: it is not in the box, is not valid, or may not answer that submission.
        """
        ...

    async def drop_reply(self, reply: str, by: str, reason: str) -> None:
        """
        A human says that a reply in the box is none; its document is forgotten.

        Raises:
            NotFound, NotResponsible: there is none, or it is not in the box.
        """
        ...
