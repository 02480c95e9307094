"""
THE WAY BACK: what the authority answers is fetched, kept, judged, matched, and told.

A reply travels like an Antrag, the other way round. Whoever brings it is told "taken" when it is on disk. Whatever it
is, it is kept: at the one submission it answers, or in the box for a human. Nothing here knows HTTP, SQL or AMQP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from gateway import telling
from gateway.adapter import Collecting, Reply, Unreachable
from gateway.attachments import AttachmentStore
from gateway.errors import MissingSecret, NobodysFault, NotChecked, NotReadable, Sentence, TooLarge
from gateway.events import TaskFailed, frames_of
from gateway.journey import Gateway, Workbench, judge_document
from gateway.reply import Arrival, Arrivals, Boxed, Incoming, Kept, Meaning, Origin, Repeated
from gateway.submission import (
    Actor,
    Attachment,
    Finding,
    Micros,
    Reading,
    Severity,
    SubmissionId,
    content_digest,
    new_id,
)
from gateway.validation import Invalid, Objected, Undecided, Valid

# ── COLLECT ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Most:
    """What a reply may measure at most, in bytes and in files."""

    document: int
    attachment: int
    attachments: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The way back of a worker that shares journal and attachment store with its gateway, which judges later."""

    arrivals: Arrivals
    attachments: AttachmentStore
    clock: Callable[[], Micros]
    most: Most

    async def bring(self, reply: Reply, origin: Origin) -> None:
        """As `ReplyPost.bring`; what was stored of a reply that is too large is forgotten again."""
        if len(reply.document) > self.most.document or len(reply.files) > self.most.attachments:
            raise TooLarge
        kept: list[Attachment] = []
        try:
            for file in reply.files:
                stored = await self.attachments.keep(
                    file.name, file.media_type, file.stream.chunks(), self.most.attachment
                )
                kept.append(stored)
        except BaseException:
            await self.attachments.discard(kept)
            raise
        arrival = Arrival(
            id=new_id(self.clock()),
            origin=origin,
            submission=reply.submission,
            document=reply.document,
            files=tuple(kept),
        )
        await self.arrivals.leave(arrival)


async def collect(origin: Origin, *, bench: Workbench) -> int:
    """
    Fetch what waits at a destination, for an adapter that collects; how many replies were brought home.

    A reply is acknowledged when the gateway has it on disk. What cannot be taken stays where it is, and operators are
    told. What an adapter raises is a bug of the adapter; its next turn comes.
    """
    adapter, brought = bench.adapter, 0
    if not isinstance(adapter, Collecting):
        return brought
    try:
        endpoint = bench.endpoint(origin.destination, origin.test)
        async with asyncio.timeout(bench.time_limit):
            async for found in adapter.collect(endpoint):
                if isinstance(found, Unreachable):
                    telling.not_collected(origin, found.because)
                    break
                try:
                    await bench.way_back.bring(found, origin)
                except TooLarge as error:
                    telling.not_brought(origin, error.code)
                    continue
                await adapter.acknowledge(endpoint, found)
                brought += 1
    except (NobodysFault, MissingSecret) as error:
        telling.not_collected(origin, error.code)
    except TimeoutError:
        telling.not_collected(origin, "time-limit")
    except Exception as error:  # noqa: BLE001 - whatever an adapter raises, the others go on collecting
        telling.collecting_broke(origin, error)
    return brought


# ── TAKE IN ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A reply that somebody brought: its bytes, files that are stored already, and where it comes from."""

    id: str
    origin: Origin
    document: bytes
    received_at: Micros
    submission: SubmissionId | None = None
    files: tuple[Attachment, ...] = ()
    charset: str | None = None
    arrived: bool = False
    """whether it lies among the arrivals, which this takes it out of"""


async def take_in(brought: Brought, *, gateway: Gateway) -> Kept | Boxed | Repeated:
    """
    A reply has come home.

    When this returns it is on disk: at the submission it answers, with what follows from it, or in the box.

    Raises:
        NotChecked, JournalUnavailable: not now; nothing changed.
    """
    taken = await gateway.journal.receive(await _incoming(brought, gateway))
    telling.taken_in(taken, brought.origin)
    if isinstance(taken, Kept):
        gateway.bell.ring()
        gateway.news.tell(taken.settled.submission.id)
    return taken


async def take_in_arrivals(*, gateway: Gateway) -> int:
    """
    Judge what workers left, oldest first; how many came home. What cannot be judged now waits, and so does what meets
    a bug of ours: of this operators are told, and those behind it come home.
    """
    home = 0
    for id_ in await gateway.journal.arrivals():
        arrival = await gateway.journal.arrival(id_)
        if arrival is None:  # another replica was quicker
            continue
        brought = Brought(
            id=arrival.id,
            origin=arrival.origin,
            document=arrival.document,
            received_at=gateway.clock(),
            submission=arrival.submission,
            files=arrival.files,
            arrived=True,
        )
        try:
            await take_in(brought, gateway=gateway)
        except NotChecked:
            continue
        except NobodysFault:
            raise
        except Exception as error:  # noqa: BLE001 - one reply must not keep all others from every authority's portals
            TaskFailed(task="replies", error=type(error).__name__, frames=frames_of(error)).tell()
            continue
        home += 1
    return home


async def settle(*, gateway: Gateway) -> int:
    """Let replies take effect that came while a letter was out; how many did."""
    settled = await gateway.journal.settle_replies()
    for one in settled:
        telling.settled(one)
        gateway.bell.ring()
        gateway.news.tell(one.submission.id)
    return len(settled)


async def _incoming(brought: Brought, gateway: Gateway) -> Incoming:
    """
    What goes into the journal: what the reply means, or why it is none.

    Raises NotChecked where nobody can say whether the document is valid.
    """
    try:
        return await _understood(brought, gateway)
    except NotReadable as refusal:
        return _unfit(brought, _NOTHING_READ, (Finding(refusal.code, refusal.detail),))
    except NobodysFault:
        raise
    except Exception as error:  # noqa: BLE001 - a bug of ours must neither lose a reply nor stop those behind it
        TaskFailed(task="replies", error=type(error).__name__, frames=frames_of(error)).tell()
        return _unfit(brought, _NOTHING_READ, (_BROKE,))


async def _understood(brought: Brought, gateway: Gateway) -> Incoming:
    match await judge_document(brought.document, brought.charset, brought.files, schemas=gateway.schemas):
        case Undecided() as undecided:
            raise undecided.error
        case Invalid(reading, findings) | Objected(reading, findings):
            return _unfit(brought, reading, findings)
        case Valid(reading, document, warnings):
            if reading.test and not brought.origin.test:
                return _unfit(brought, reading, (_TEST,))
            meaning = gateway.reply_tables.meaning(reading, document)
            if meaning is None:
                return _unfit(brought, reading, (_NO_REPLY,))
            return _fit(brought, reading, meaning, warnings)


def _unfit(brought: Brought, reading: Reading, findings: tuple[Finding, ...]) -> Incoming:
    first = next((one for one in findings if one.severity is Severity.ERROR), findings[0])
    return replace(_plain(brought, reading, findings), box=first.code)


def _fit(brought: Brought, reading: Reading, meaning: Meaning, warnings: tuple[Finding, ...]) -> Incoming:
    return replace(
        _plain(brought, reading, warnings),
        kind=meaning.kind,
        effect=meaning.effect,
        code=meaning.code,
        file_number=meaning.file_number,
        answers=meaning.answers,
        case=meaning.case,
    )


def _plain(brought: Brought, reading: Reading, findings: tuple[Finding, ...]) -> Incoming:
    return Incoming(
        id=brought.id,
        origin=brought.origin,
        received_at=brought.received_at,
        document=brought.document,
        digest=content_digest(brought.document, (one.digest for one in brought.files)),
        files=brought.files,
        submission=brought.submission,
        root=reading.root,
        standard=reading.standard,
        version=reading.version,
        package_digest=reading.package_digest,
        message_uuid=reading.message_uuid,
        message_type=reading.message_type,
        answers=reading.reference_uuid,
        findings=findings,
        arrived=brought.arrived,
    )


_NOTHING_READ: Final = Reading(root="", namespace="")
_BROKE: Final = Finding(
    "internal-error",
    Sentence(
        "Beim Prüfen dieser Antwort ist im Gateway ein Fehler aufgetreten; das Protokoll nennt die Stelle.",
        "An error occurred in the gateway while this reply was checked; the log names the place.",
    ),
    actor=Actor.OPERATOR,
)
_NO_REPLY: Final = Finding(
    "no-reply",
    Sentence(
        "Das Dokument ist gültig, aber keine Nachricht, die in xsd/replies als Antwort einer Behörde steht.",
        "The document is valid, but no message that xsd/replies has as an answer of an authority.",
    ),
    actor=Actor.OPERATOR,
)
_TEST: Final = Finding(
    "test-reply",
    Sentence(
        "Eine Testnachricht kam über einen Zugang des Echtbetriebs.",
        "A test message came through an endpoint that is not for tests.",
    ),
    actor=Actor.OPERATOR,
)
