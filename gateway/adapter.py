"""Port: what a vendor must be able to do, the four ways a delivery can end, and how answers come back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from gateway.errors import BadSettings
from gateway.submission import Attachment, Grade, Micros, Submission, SubmissionId


@dataclass(frozen=True, slots=True)
class ReplyFile:
    """A file that comes with a reply: what the XML calls it, its media type, and its bytes; never a path."""

    name: str
    media_type: str
    stream: Stream


@dataclass(frozen=True, slots=True)
class Reply:
    """
    A message of the authority on its way back, as the Fachverfahren gave it.

    `submission` is the one it answers, where the adapter knows; else the message has to say it. `mark` is the adapter's
    own word by which it finds the reply again when the gateway has it.
    """

    document: bytes = field(repr=False)
    files: tuple[ReplyFile, ...] = field(default=(), repr=False)
    submission: SubmissionId | None = None
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Delivered:
    """
    It arrived, as far as `grade` says.

    `reference` is what the Fachverfahren calls it; it may be personal and is kept in the document store only.
    `replies` are messages that came with the answer; the gateway has them before the outcome counts.
    """

    reference: str
    grade: Grade
    replies: tuple[Reply, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """
    It was looked at and not taken; trying again will not help. `code` is bounded, `reason` is the vendor's text.

    `replies` are messages that came with the answer, such as a Rückweisung.
    """

    code: str
    reason: str = ""
    replies: tuple[Reply, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreachable:
    """
    It certainly did not arrive: nobody answered, or nobody could. Trying again may help.

    `because` is a short code of the adapter's own making (`connection-refused`, `disk-full`), never a vendor's text.
    `wait` is how long the vendor asked us to wait, in seconds.
    """

    because: str
    wait: float | None = None


@dataclass(frozen=True, slots=True)
class Unclear:
    """It was sent and no answer came: it may have arrived. `because` is a short code as in `Unreachable`."""

    because: str


@dataclass(frozen=True, slots=True)
class NotThere:
    """The answer to "do you have it?": the Fachverfahren does not."""


@dataclass(frozen=True, slots=True)
class Broken:
    """
    What is written down when an adapter raised instead of answering: a bug, for a human to look at.

    `error` is the exception's class, `frames` are `module:function:line`, innermost last; never its message or locals.
    """

    error: str
    frames: tuple[str, ...] = ()


Outcome = Delivered | Refused | Unreachable | Unclear
Ending = Outcome | Broken
Answer = Delivered | Refused | NotThere | Unreachable


class Stream(Protocol):
    """An attachment's bytes, readable from the start as often as needed, never held whole."""

    def chunks(self, size: int = 65_536) -> AsyncIterator[bytes]:
        """The bytes in order, in pieces of at most `size`."""
        ...


@dataclass(frozen=True, slots=True)
class Enclosure:
    """An attachment on its way to the Fachverfahren: name, media type, size, digest, and a stream; never a path."""

    attachment: Attachment
    stream: Stream


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where exactly to deliver: the destination's name and its settings, `test` or live already chosen."""

    destination: str
    test: bool
    settings: Mapping[str, Any] = field(repr=False)
    """may hold secrets, and is shown nowhere"""


@dataclass(frozen=True, slots=True)
class Consignment:
    """
    Everything an adapter is handed for one delivery.

    `submission.id` is the key by which a Fachverfahren can recognise a second delivery of the same thing.
    """

    submission: Submission
    document: bytes
    enclosures: tuple[Enclosure, ...]
    endpoint: Endpoint


class Adapter(Protocol):
    """
    One Fachverfahren, seen from the gateway.

    What `deliver` raises is a bug of the adapter: the submission is parked with the exception's class and frames.
    """

    async def deliver(self, consignment: Consignment) -> Outcome:
        """Hand it over, and say how that ended. Called again with the same submission id after anything but success."""
        ...


@runtime_checkable
class Askable(Protocol):
    """An adapter whose Fachverfahren can answer "do you have it?" after an unclear outcome."""

    async def ask(self, consignment: Consignment) -> Answer:
        """`Delivered` if it is there, `NotThere` if it certainly is not, `Unreachable` if nobody can say now."""
        ...


@runtime_checkable
class Collecting(Protocol):
    """An adapter whose Fachverfahren answers later: the worker asks on a schedule what has come."""

    def collect(self, endpoint: Endpoint) -> AsyncIterator[Reply | Unreachable]:
        """
        What waits at this endpoint, oldest first; `Unreachable` if nobody can say now.

        Every reply is given again, in each later call, until it was acknowledged.
        """
        ...

    async def acknowledge(self, endpoint: Endpoint, reply: Reply) -> None:
        """The gateway has it on disk; it need not be kept for us any longer. Called again after a crash."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """
    What a look at the other side showed; nothing was delivered.

    `because` is a short code as in `Unreachable`, empty where it can be reached. `confirmed` says whether the vendor's
    system confirmed that it is the one this endpoint is meant for; None where it cannot be asked.
    """

    because: str = ""
    certificate_until: Micros | None = None
    """when the first certificate of this way ends, theirs or ours; None where there is none"""
    confirmed: bool | None = None


@runtime_checkable
class Probeable(Protocol):
    """An adapter that can look at the other side without delivering anything."""

    async def probe(self, endpoint: Endpoint) -> Probe:
        """Whether a delivery could begin now, as far as can be seen. Leaves nothing behind."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """
    What an adapter says of itself; read from `manifest.toml` beside it.

    `interface` is `published` where the vendor documents it, `assumed` where we guessed: an assumed one does not go
    live in production. `best_grade` ends the story of a delivery. `when_unclear` decides where nobody can be asked.
    """

    name: str
    vendor: str
    product: str
    interface: Literal["published", "assumed"]
    services: tuple[str, ...]
    """short names of services, or `*` for any"""
    schemas: tuple[str, ...]
    """`standard/version` it is certified for, or `*`"""
    best_grade: Grade
    when_unclear: Literal["redeliver", "park"]
    can_ask: bool
    collects: bool = False
    """whether replies are collected: the adapter is `Collecting`"""
    order_matters: bool = True
    """whether messages of one case must arrive in the order in which they were accepted"""
    transports: tuple[str, ...] = ()
    """how it gets there: `directory`, `sftp`, `https`, `xta`"""
    time_limit: float = 60.0
    """seconds one delivery may take before it counts as `Unclear`"""
    max_document: int = 25 * 1024 * 1024
    max_attachment: int = 500 * 1024 * 1024
    max_attachments: int = 100
    concurrency: int = 4
    """deliveries at once to one destination, where the destination says nothing else"""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a Fachverfahren was brought, as hex SHA-256: the document, and each attachment by its name."""

    document: str
    attachments: Mapping[str, str]


class Simulator(Protocol):
    """A Fachverfahren played for demos and tests: it takes what the adapter brings and keeps a ledger of it."""

    def settings(self) -> Mapping[str, Any]:
        """The endpoint settings by which the adapter reaches this simulator."""
        ...

    def ledger(self) -> list[str]:
        """Ids of the submissions taken, in order, each as often as it was taken."""
        ...

    def taken(self, submission: str) -> Taken | None:
        """What it took under this id; None where the ledger does not have it."""
        ...

    def fail(self, down: bool) -> None:  # noqa: FBT001 - `fail(True)` reads as meant
        """Be down, or be there again."""
        ...


@runtime_checkable
class Answering(Protocol):
    """A simulator that can be told to answer, as the real Fachverfahren does on its own."""

    def answer(self, submission: str) -> list[str]:
        """Answer what it took under this id, with all it has to say; the nachrichtenUUIDs of the messages."""
        ...


@dataclass(frozen=True, slots=True)
class Plugin:
    """What an entry point in the group `gateway.adapters` names: the manifest and how to make the thing."""

    manifest: Manifest
    open: OpenAdapter
    simulate: OpenSimulator | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    """names of the endpoint settings the adapter understands, each with one sentence"""
    read_settings: Callable[[Mapping[str, Any]], object] | None = None
    """makes the adapter's own value of them; raises `BadSettings` where one is missing or impossible"""

    def check(self, settings: Mapping[str, Any]) -> None:
        """
        Whether an endpoint's settings will do, before anything is delivered to it.

        Raises:
            BadSettings: one is unknown, missing or impossible; names it, never its value.
        """
        if unknown := sorted(set(settings) - set(self.settings)):
            known = ", ".join(sorted(self.settings)) or "-"
            raise BadSettings(
                f"{self.manifest.name}: Einstellung {', '.join(unknown)} ist unbekannt. Bekannt sind: {known}.",
                f"{self.manifest.name}: setting {', '.join(unknown)} is unknown. Known are: {known}.",
            )
        if self.read_settings is not None:
            self.read_settings(settings)


class OpenAdapter(Protocol):
    """Makes an adapter; connections are opened on entering and closed on leaving."""

    def __call__(self) -> AbstractAsyncContextManager[Adapter]: ...


class OpenSimulator(Protocol):
    """Makes a running simulator for one destination, with its files under `folder`."""

    def __call__(self, destination: str, folder: Path) -> AbstractAsyncContextManager[Simulator]: ...
