"""
Port: what must survive a power cut.

The journal is the truth. Whatever it returned from `record` is on disk; whatever moved has one event row; an outcome
counts only for the claim it answers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from gateway.adapter import Ending
from gateway.connection import CaseHome, ConnectionBook
from gateway.dispatch import Letter, Report
from gateway.notice import NoticeBook
from gateway.reply import ReplyBook
from gateway.submission import Finding, Grade, Micros, State, Submission, SubmissionId

# ── recording ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    What intake wants written down in one commit: an accepted submission with its document, or a rejection without.

    `digest` is `submission.content_digest`. `keys` are what makes a repetition recognisable (`key:…`, `uuid:…`).
    """

    submission: Submission
    state: Literal[State.ACCEPTED, State.REJECTED]
    digest: str
    size: int
    keys: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    document: bytes | None = None
    package_digest: str = ""
    connection: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """It is on disk. `seen_before` says that the same content came earlier, with nothing to tell the two apart."""

    seen_before: bool = False


@dataclass(frozen=True, slots=True)
class Replayed:
    """The same content came before under the same key: this was the first answer."""

    first: Standing


@dataclass(frozen=True, slots=True)
class Conflicting:
    """Another content came before under the same key; nothing was stored."""

    key: Literal["key", "uuid"]


# ── handing over ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Lane:
    """One queue of waiting submissions that share a fate: a destination, live or test."""

    destination: str
    test: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """
    How much a destination bears: letters in flight, deliveries at once, failures until its breaker opens.

    A window above the concurrency keeps letters ready for a fast destination; one below it wastes the rest.
    """

    window: int = 4
    concurrency: int = 4
    trip_after: int = 5
    open_for: float = 30.0
    """seconds the breaker stays open the first time; doubles with each failed probe, to an hour at most"""


# ── claiming ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """
    The right to deliver one attempt of one submission, and what to deliver.

    `key` is given once and never stored in the clear. `ask` says that an earlier attempt ended unclear, so the
    Fachverfahren is asked first.
    """

    submission: Submission
    attempt: int
    key: str
    worker: str
    until: Micros
    ask: bool
    document: bytes


@dataclass(frozen=True, slots=True)
class NoClaim:
    """
    The letter is void: `taken`, `moved-on`, its destination in `maintenance` or paused, its connection `paused`. Or the
    destination is `busy`: ask again.

    For a site it may be `foreign`: it does not exist there.
    """

    because: Literal["taken", "moved-on", "maintenance", "paused", "busy", "foreign"]


# ── concluding ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Conclude:
    """The delivery ended in this state; `final` says whether the story ends with it."""

    state: Literal[State.DELIVERED, State.CONFIRMED, State.REFUSED]
    final: bool
    grade: Grade | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Wait this many seconds and deliver again; `ask` first where the last attempt may have arrived."""

    after: float
    because: str
    ask: bool = False


@dataclass(frozen=True, slots=True)
class Park:
    """A human has to look; `cause` is a bounded code. `ask` first when they let it go on, where it may have arrived."""

    cause: str
    ask: bool = False


Decision = Conclude | TryAgain | Park


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the decision needs to know of an attempt: which try it was, how old the submission is, whose adapter."""

    tries: int
    age: float
    """seconds since receipt"""
    adapter: str


Decide = Callable[[Ending, Attempt], Decision]


@dataclass(frozen=True, slots=True)
class Moved:
    """A submission changed its state. `breaker_open` says so where this opened or closed its destination's breaker."""

    submission: Submission
    before: State
    after: State
    concluded: bool
    decision: Decision | None
    tries: int
    at: Micros
    breaker_open: bool | None = None
    took: float | None = None
    """seconds from the claim to its end, where an attempt ended"""


@dataclass(frozen=True, slots=True)
class Ignored:
    """The report answered no claim that is open: late, doubled or forged. Nothing changed."""

    because: Literal["unknown", "no-claim", "wrong-key", "already-answered"]


# ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a submission stands now."""

    submission: Submission
    state: State
    grade: Grade | None
    concluded_at: Micros | None
    updated_at: Micros
    due_at: Micros | None
    """when it is tried next; None where it is not, or not before its paused connection goes on"""
    attempts: int
    cause: str
    """bounded code of the last refusal, failure or parking; empty where there is none"""
    reference: str | None
    """the Fachverfahren's reference, from the document store; gone when that is forgotten"""
    findings: tuple[Finding, ...]
    version: int
    """grows with every change; the ETag"""
    waits_for: SubmissionId | None = None
    """the one accepted before it in its case, where it has been set aside until that has arrived or ended"""
    held_back: tuple[SubmissionId, ...] = ()
    """what has been set aside behind it, in its order; the first hundred"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One row of the append-only log: what happened to a submission, in codes."""

    id: int
    submission: SubmissionId
    at: Micros
    name: str
    before: State | None
    after: State
    attempt: int
    code: str
    by: str
    """an operator's account, empty for the gateway itself; not shown to portals"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One event, with what an account of a connection needs beside it."""

    id: int
    submission: SubmissionId
    connection: str
    at: Micros
    name: str
    before: State | None
    after: State
    test: bool
    received_at: Micros
    first_failed: Micros | None
    """when an attempt to deliver this submission failed for the first time"""
    standard: str
    version: str
    adapter: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """
    Two books, compared in one snapshot.

    `received` comes from the events, the others from the submission rows. `imbalance` adds up, over services,
    authorities, test and state, how far the two books are apart; it must be 0.
    """

    received: int
    rejected: int
    in_flight: int
    parked: int
    concluded: int
    imbalance: int
    states: Mapping[State, int]


@dataclass(frozen=True, slots=True)
class Client:
    """A portal: a name, the hash of its token, and what it may send where."""

    name: str
    token_hash: str
    """hex SHA-256 of the token"""
    services: tuple[str, ...] = ("*",)
    """short names, or `*`"""
    regions: tuple[str, ...] = ("*",)
    """ARS prefixes, or `*`"""
    created_at: Micros = Micros(0)
    revoked_at: Micros | None = None


class Claims(Protocol):
    """The part of the journal a worker may use: claim a letter, read what it is to deliver, keep a vendor's words."""

    async def claim(self, letter: Letter, worker: str, lease: float) -> Claim | NoClaim:
        """
        Take the attempt for `lease` seconds, or learn that there is nothing to take.

        Raises:
            JournalUnavailable: nothing was claimed.
        """
        ...

    async def keep_words(self, claim: Claim, reference: str, reason: str) -> None:
        """Put a vendor's reference and free text into the document store, for the outcome that follows."""
        ...


class Journal(Claims, ConnectionBook, NoticeBook, ReplyBook, Protocol):
    """
    What the gateway knows. Every method is one transaction, or part of one shared with others that wait.

    All of them raise `JournalUnavailable` when nothing could be read or written.
    """

    epoch: str
    """names this journal for the broker's marker queue"""

    async def record(self, entry: Entry) -> Recorded | Replayed | Conflicting:
        """Write an entry down, unless its keys were used before. On return it is on disk."""
        ...

    async def hand_over(self, most: int = 200, *, only_sites: bool = False) -> Sequence[Letter]:
        """
        Mark due submissions `handed_over`, as many as their destinations have room for, and name their letters.

        `only_sites` leaves out what would need the broker.

        What is for a destination in maintenance waits, and so does what belongs to a paused connection, test messages
        apart, and what follows another of its case to the same destination, until that has arrived or ended (see
        `Standing.waits_for`).

        A letter whose publication is not followed by `confirm` or `take_back` is taken back by `return_unclaimed`.
        """
        ...

    async def confirm(self, letters: Sequence[Letter]) -> None:
        """The broker has these letters."""
        ...

    async def take_back(self, letters: Sequence[Letter], because: str, after: float = 0.0) -> int:
        """
        These letters may never have left: their submissions are `accepted` again, due in `after` seconds; how many.

        A letter that a worker claimed in the meantime did leave, and stays.
        """
        ...

    async def return_unclaimed(self, *, unconfirmed: float, confirmed: float) -> int:
        """
        Take back letters that nobody claimed within these seconds, by whether the broker confirmed them.

        With zeros, all of them: the broker was empty. What waits at the door of a site stays, for nothing can lose it
        there. Returns how many.
        """
        ...

    async def conclude(self, report: Report, decide: Decide) -> Moved | Ignored:
        """
        Apply the decision for an outcome, if it answers an open claim.

        A vendor's words, where the ending still has them, go into the document store.
        """
        ...

    async def lapse(self, decide: Decide) -> Sequence[Moved]:
        """Treat every claim whose lease ended as `Unclear`."""
        ...

    async def abandon(self, worker: str) -> None:
        """End every lease of this worker now, because its process is gone; `lapse` does the rest."""
        ...

    async def release(self, submission: SubmissionId, by: str, reason: str, version: int | None = None) -> Moved:
        """
        Let a parked submission be tried again, at once.

        Raises:
            NotFound, NotResponsible: there is none, or it is not parked, or of another version than the one given.
        """
        ...

    async def drop(self, submission: SubmissionId, by: str, reason: str, version: int | None = None) -> Moved:
        """
        End a parked submission as `refused` with code `operator-dropped`.

        Raises:
            NotFound, NotResponsible: there is none, or it is not parked, or of another version than the one given.
        """
        ...

    async def standing(self, submission: SubmissionId) -> Standing | None:
        """Where a submission stands."""
        ...

    async def events(self, submission: SubmissionId) -> Sequence[Event]:
        """What happened to it, oldest first."""
        ...

    async def parked(self, most: int = 100) -> Sequence[Standing]:
        """What waits for a human, oldest first."""
        ...

    async def last_test(self, connection: str) -> Standing | None:
        """Where the latest test message for a connection stands; None where there was none."""
        ...

    async def happened(self, start: Micros, end: Micros) -> Sequence[Happened]:
        """Every event of submissions that had a connection, from `start` until before `end`, oldest first."""
        ...

    async def delivering(self, since: Micros) -> Sequence[str]:
        """Ids of connections whose destination has taken something since then; tests do not count."""
        ...

    async def ledger(self) -> Ledger:
        """Both books, compared."""
        ...

    async def clients(self) -> Sequence[Client]:
        """Every client, revoked ones too."""
        ...

    async def add_client(self, client: Client) -> None:
        """
        Make a portal known.

        Raises:
            NotResponsible: the name is taken.
        """
        ...

    async def revoke_client(self, name: str) -> None:
        """
        End a client's token everywhere within two seconds, and forget its webhooks.

        Raises:
            NotFound: there is none of that name.
        """
        ...

    async def case_home(self, client: str, reference: str, *, test: bool) -> CaseHome | None:
        """Where the message of this nachrichtenUUID is, if this client sent it and its UUID is still remembered."""
        ...

    async def occupied(self, destinations: Collection[str]) -> frozenset[str]:
        """Of these destinations at sites those for which a letter waits that nobody has leased."""
        ...

    async def version_of(self, subject: str) -> int:
        """A number that grows when `subject` (`clients`, `connections`) changed: what caches follow."""
        ...

    async def attachment_ids(self) -> frozenset[str]:
        """Ids of all attachments that belong to a submission; other files are orphans."""
        ...

    async def ready(self) -> None:
        """Return if the journal can be written now; raise `JournalUnavailable` otherwise."""
        ...
