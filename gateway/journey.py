"""
THE STORY: an Antrag is accepted, handed over, delivered, concluded.

Each act takes values and leaves the journal in a state from which the next act, or the same one after a power cut, can
go on. Nothing here knows HTTP, SQL or AMQP.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Final, Literal, TypeVar
from zoneinfo import ZoneInfo

from gateway import telling
from gateway.adapter import (
    Adapter,
    Askable,
    Broken,
    Consignment,
    Delivered,
    Ending,
    Endpoint,
    NotThere,
    Refused,
    Unclear,
    Unreachable,
)
from gateway.attachments import AttachmentStore, Encloses
from gateway.connection import CONNECTIONS, CaseHome, first_state
from gateway.delivery import Policy, decide
from gateway.dispatch import Dispatch, Letter, Post, Report
from gateway.doorbell import Doorbell
from gateway.errors import MissingSecret, NobodysFault, NotResponsible, TooLarge
from gateway.events import frames_of
from gateway.journal import (
    Attempt,
    Claim,
    Claims,
    Conflicting,
    Decide,
    Decision,
    Entry,
    Ignored,
    Journal,
    Moved,
    NoClaim,
    Recorded,
    Replayed,
)
from gateway.news import Bell, News
from gateway.parcel import Parcel, Reused, accepted, not_in_scope, rejected
from gateway.receipt import Letterhead, Receipt
from gateway.reply import Origin, ReplyPost, ReplyTables
from gateway.routing import Board, Door, NoDoor, Question, Tables
from gateway.submission import SECOND, Attachment, Micros, Reading
from gateway.validation import Invalid, Objected, Schemas, Undecided, Valid, Verdict, unmatched_enclosures

Kind = Literal["sandbox", "production"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """What the serving side needs to tell the story."""

    kind: Kind
    schemas: Schemas
    board: Board
    """the routing tables in use"""
    journal: Journal
    dispatch: Dispatch
    attachments: AttachmentStore
    policies: Callable[[str], Policy]
    """an adapter's policy, by its name"""
    clock: Callable[[], Micros]
    chance: Callable[[], float]
    """a number in [0, 1), to spread retries"""
    reply_tables: ReplyTables = field(default_factory=ReplyTables)
    """which messages are replies, and what they do"""
    letterhead: Letterhead = field(default_factory=Letterhead)
    """who writes the messages with which the gateway itself answers"""
    bell: Bell = field(default_factory=Bell)
    """wakes the hand-over"""
    news: News = field(default_factory=News)
    """wakes those who wait for a submission to move"""
    doorbell: Doorbell = field(default_factory=Doorbell)
    """wakes sites that wait for letters"""

    @property
    def tables(self) -> Tables:
        """The routing tables in use; read once for each question, because they are replaced while others ask."""
        return self.board.now


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    """What a worker needs to deliver."""

    name: str
    claims: Claims
    post: Post
    adapter: Adapter
    endpoint: Callable[[str, bool], Endpoint]
    """a destination's endpoint, by its name and whether the test one is meant; raises MissingSecret where one is"""
    attachments: Encloses
    way_back: ReplyPost
    """takes replies home"""
    time_limit: float
    """seconds a question or a delivery may take"""
    spare: float = 60.0
    """seconds a claim lasts beyond that, to bring the outcome back"""
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep

    @property
    def lease(self) -> float:
        """Seconds a claim lasts: asking, delivering, and what is spare."""
        return 2 * self.time_limit + self.spare


# ── ACCEPT ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def accept(parcel: Parcel, *, gateway: Gateway) -> Receipt:
    """
    A document is at the door.

    When this returns, the sender has an answer, and the journal has the document or the rejection. Everything after
    that may wait, fail and be tried again.

    Raises:
        NotReadable, TooLarge: nothing could be read; nothing is stored.
        NotAllowed: the client may not send this service to this place; nothing is stored.
        UuidConflict: the key or UUID came before with other content; nothing is stored.
        NotChecked, JournalUnavailable: not now; nothing is stored.
    """
    tables = gateway.tables
    # No name for the verdict: its tree, ten times the document, would be kept while the journal is waited for.
    entry = await _entry(parcel, await judge(parcel, gateway=gateway), tables, gateway)
    return await _record(entry, parcel, tables, gateway)


async def judge(parcel: Parcel, *, gateway: Gateway) -> Verdict:
    """
    The verdict on a parcel, its attachments included: small and good documents on the spot, others in a thread.

    The door has measured the document already, so its size is not judged again.
    """
    return await judge_document(parcel.document, parcel.charset, parcel.attachments, schemas=gateway.schemas)


async def judge_document(
    document: bytes, charset: str | None, attachments: Sequence[Attachment], *, schemas: Schemas
) -> Verdict:
    """The verdict on a document that somebody has measured, and on what came with it, as `judge`."""
    verdict: Verdict | None = None
    size = len(document)
    if size <= _SMALL:
        verdict = schemas.glance(document, charset, most=size)
    if verdict is None:
        verdict = await asyncio.to_thread(schemas.judge, document, charset, most=size, only_utf8=True)
    if isinstance(verdict, Valid) and (unmatched := unmatched_enclosures(verdict.reading, attachments)):
        return Objected(verdict.reading, (*verdict.findings, *unmatched), verdict.stages)
    return verdict


def find_door(
    parcel: Parcel,
    reading: Reading,
    place: Callable[[str], str | None],
    *,
    tables: Tables,
    case: CaseHome | None = None,
) -> Door | NoDoor:
    """Who is responsible on the day of receipt, and whether their door is open. `place` reads the deciding place."""
    return tables.find(
        Question.about(
            reading,
            datetime.fromtimestamp(parcel.received_at / SECOND, UTC).astimezone(_BERLIN).date(),
            place=place,
            leistung=parcel.leistung,
            ars=parcel.ars,
            case=case,
        )
    )


async def _entry(parcel: Parcel, verdict: Verdict, tables: Tables, gateway: Gateway) -> Entry:
    """
    What goes into the journal: valid and with an open door, or rejected with the reason.

    Raises NotChecked where nobody can say whether the document is valid.
    """
    if isinstance(verdict, Undecided):
        telling.not_judged(verdict, parcel.traceparent)
        raise verdict.error
    entry = await _ruled(parcel, verdict, tables, gateway)
    telling.judged(entry, verdict.stages, parcel.traceparent)
    return entry


async def _ruled(parcel: Parcel, verdict: Valid | Objected | Invalid, tables: Tables, gateway: Gateway) -> Entry:
    match verdict:
        case Invalid(reading, findings) | Objected(reading, findings):
            return rejected(parcel, reading, gateway.schemas.coded(reading.standard, findings))
        case Valid(reading, document, warnings):
            case = await _case_home(parcel, reading, gateway)
            match find_door(parcel, reading, document.text, tables=tables, case=case):
                case NoDoor() as absence:
                    found = gateway.schemas.coded(reading.standard, (*warnings, absence.finding))
                    return rejected(parcel, reading, found, absence)
                case Door() as door:
                    if not tables.in_scope(parcel.client, door.service.name, door.authority.ars):
                        raise not_in_scope()
                    return accepted(parcel, reading, door, warnings)


async def _case_home(parcel: Parcel, reading: Reading, gateway: Gateway) -> CaseHome | None:
    """Where the case is that the message belongs to, if it refers to one: there it stays (DOMAIN, Regions)."""
    if reading.reference_uuid is None:
        return None
    return await gateway.journal.case_home(parcel.client.name, reading.reference_uuid, test=reading.test)


async def _record(entry: Entry, parcel: Parcel, tables: Tables, gateway: Gateway) -> Receipt:
    sandbox = gateway.kind == "sandbox"
    match await gateway.journal.record(entry):
        case Recorded(seen_before):
            gateway.bell.ring()
            telling.recorded(entry, parcel, seen_before=seen_before)
            authority = tables.authority_name(entry.submission.authority)
            return Receipt.first(entry, sandbox=sandbox, authority=authority, seen_before=seen_before)
        case Replayed(first):
            telling.replayed(first, parcel)
            authority = tables.authority_name(first.submission.authority)
            return Receipt.again(first, sandbox=sandbox, authority=authority)
        case Conflicting() as conflict:
            telling.conflicted(conflict, parcel)
            raise Reused(conflict.key, entry)


_SMALL: Final = 262_144
"""Bytes up to which judging costs less than a hop to a thread and back is worth."""

_BERLIN: Final = ZoneInfo("Europe/Berlin")


# ── HAND OVER ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def hand_over(*, gateway: Gateway) -> int:
    """
    Send the letters of what is due, as far as destinations have room; how many left.

    What is picked up at a site waits at the door: the journal itself is its tray. While the broker is away nothing else
    moves: everything waits in the journal, where it is safe.
    """
    connected, near = gateway.dispatch.connected, gateway.tables.at_sites
    if not (connected or near):
        return 0
    letters = await gateway.journal.hand_over(only_sites=not connected)
    if not letters:
        return 0
    there = [letter for letter in letters if letter.destination in near]
    _left(there, gateway)
    gateway.doorbell.ring({letter.destination for letter in there})
    return len(there) + await _publish([letter for letter in letters if letter.destination not in near], gateway)


async def _publish(letters: Sequence[Letter], gateway: Gateway) -> int:
    """Give letters to the broker, and take back those it did not confirm; how many left."""
    if not letters:
        return 0
    confirmed = await gateway.dispatch.publish(letters)
    await gateway.journal.confirm(confirmed)
    _left(confirmed, gateway)
    if missing := _without(letters, confirmed):
        await gateway.journal.take_back(missing, "not-confirmed", after=1.0)
        telling.taken_back(missing, "not-confirmed")
    return len(confirmed)


def _left(letters: Sequence[Letter], gateway: Gateway) -> None:
    telling.handed_over(letters)
    for letter in letters:
        gateway.news.tell(letter.submission)


def _without(letters: Sequence[Letter], confirmed: Sequence[Letter]) -> list[Letter]:
    arrived = set(confirmed)
    return [letter for letter in letters if letter not in arrived]


# ── DELIVER ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def deliver(letter: Letter, *, bench: Workbench) -> None:
    """
    A letter reached a worker.

    When this returns, the letter is of no further use: its outcome is with the broker, or the letter was void, or the
    lease will end and the journal find out.
    """
    match await _claim(letter, bench):
        case NoClaim() as why:
            telling.void(letter, why)
        case Claim() as claim:
            started = time.perf_counter()
            ending, already_there = await _attempt(claim, bench)
            telling.ended(claim, ending, time.perf_counter() - started, already_there=already_there)
            if await _bring_back(claim, ending, bench):
                await _report(claim, await _keep_words(claim, ending, bench), bench)


async def _claim(letter: Letter, bench: Workbench) -> Claim | NoClaim:
    """The claim, or that there is none; a busy destination is waited for."""
    wait = 0.02
    while (result := await bench.claims.claim(letter, bench.name, bench.lease)) == NoClaim("busy"):
        await bench.pause(wait)
        wait = min(2 * wait, 0.5)
    return result


async def _attempt(claim: Claim, bench: Workbench) -> tuple[Ending, bool]:
    """How the attempt ended, even by a bug of the adapter, and whether the Fachverfahren had it already."""
    submission = claim.submission
    try:
        consignment = Consignment(
            submission=submission,
            document=claim.document,
            enclosures=bench.attachments.enclose(submission.attachments),
            endpoint=bench.endpoint(submission.destination, submission.test),
        )
        if claim.ask and (answer := await _ask(consignment, bench)) is not None:
            return answer, isinstance(answer, Delivered)
        outcome = await _in_time(bench.adapter.deliver(consignment), bench)
        return Unclear("time-limit") if outcome is None else outcome, False
    except MissingSecret as missing:
        return Unreachable(missing.code), False
    except NobodysFault as away:  # an enclosure could not be read to its end, with the adapter in the middle of it
        return Unclear(away.code), False
    except Exception as error:  # noqa: BLE001 - whatever an adapter raises, it is not the submission's fault
        return Broken(type(error).__name__, frames_of(error)), False


async def _ask(consignment: Consignment, bench: Workbench) -> Delivered | Refused | Unreachable | None:
    """What the Fachverfahren says to "do you have it?"; None where it does not, and delivering again is right."""
    if not isinstance(bench.adapter, Askable):
        return None
    answer = await _in_time(bench.adapter.ask(consignment), bench)
    if answer is None:
        return Unreachable("no-answer-to-question")
    return None if isinstance(answer, NotThere) else answer


async def _in_time(answer: Awaitable[T], bench: Workbench) -> T | None:
    try:
        async with asyncio.timeout(bench.time_limit):
            return await answer
    except TimeoutError:
        return None


async def _bring_back(claim: Claim, ending: Ending, bench: Workbench) -> bool:
    """What came with the outcome is safe before the outcome counts; False if it is not, and nobody may hear of it."""
    origin = Origin.of(claim.submission, bench.name)
    for reply in ending.replies if isinstance(ending, Delivered | Refused) else ():
        bring = partial(bench.way_back.bring, replace(reply, submission=claim.submission.id), origin)
        try:
            away = await _until_heard(bring, bench)
        except TooLarge as error:
            telling.not_brought(origin, error.code)
            continue
        if away is not None:
            telling.not_collected(origin, away.code)
            return False
    return True


async def _keep_words(claim: Claim, ending: Ending, bench: Workbench) -> Ending:
    """A vendor's own words go into the document store, as they may be personal; the ending without them."""
    match ending:
        case Delivered(reference, grade):
            if reference:
                await bench.claims.keep_words(claim, reference, "")
            return Delivered("", grade)
        case Refused(code, reason):
            if reason:
                await bench.claims.keep_words(claim, "", reason)
            return Refused(code)
        case _:
            return ending


async def _report(claim: Claim, ending: Ending, bench: Workbench) -> None:
    """Send the outcome until the broker has it; if it never does, the lease ends and the journal asks by itself."""
    submission = claim.submission
    report = Report(
        submission=submission.id,
        attempt=claim.attempt,
        key=claim.key,
        worker=bench.name,
        adapter=submission.adapter,
        ending=ending,
        traceparent=submission.traceparent,
    )
    await _until_heard(partial(bench.post.report, report), bench)


async def _until_heard(say: Callable[[], Awaitable[None]], bench: Workbench) -> NobodysFault | None:
    """Say it until somebody has it; what was in the way if nobody ever had."""
    away: NobodysFault | None = None
    for tries in range(_TRIES):
        try:
            await say()
        except NobodysFault as error:
            away = error
            await bench.pause(min(0.2 * 2**tries, 5.0))
        else:
            return None
    return away


_TRIES: Final = 40


# ── CONCLUDE ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def conclude(report: Report, *, gateway: Gateway) -> Moved | Ignored:
    """An outcome came back: what follows from it happens now, if it answers an open claim."""
    concluded = await gateway.journal.conclude(report, decider(gateway))
    match concluded:
        case Ignored():
            telling.ignored(report, concluded)
        case Moved() as move:
            telling.moved(move, report.ending)
            gateway.bell.ring()
            gateway.news.tell(move.submission.id)
    return concluded


async def look_at_doors(*, gateway: Gateway) -> None:
    """Wait until a site waits at the door, and see in the journal what others put there for those that do."""
    awaited = await gateway.doorbell.awaited()
    gateway.doorbell.ring(await gateway.journal.occupied(awaited))


async def begin_connections(*, gateway: Gateway) -> None:
    """A journal that knows no connection yet takes over the order list that lies beside the tables."""
    if await gateway.journal.connections():
        return
    for ordered in gateway.tables.connections:
        connection = replace(ordered, state=first_state(ordered.state, gateway.kind))
        with suppress(NotResponsible):  # another replica that starts was quicker
            await gateway.journal.step(connection, expected=None, by="start", reason="connections.csv")


async def follow_connections(*, gateway: Gateway, seen: int | None) -> int:
    """
    Take over the connections as the journal has them, if they changed since version `seen`; the version now.

    Done once a second, so that a pause takes effect everywhere within two.
    """
    if (version := await gateway.journal.version_of(CONNECTIONS)) != seen:
        gateway.board.connect(await gateway.journal.connections())
        gateway.bell.ring()
    return version


async def lapse(*, gateway: Gateway) -> int:
    """Attempts whose lease ended without an outcome may have arrived: they are `Unclear`. How many."""
    moves = await gateway.journal.lapse(decider(gateway))
    for move in moves:
        telling.moved(move, Unclear("lease-ended"))
        gateway.bell.ring()
        gateway.news.tell(move.submission.id)
    return len(moves)


async def look_for_news(*, gateway: Gateway) -> None:
    """Wait until somebody waits for a submission, and see in the journal what others did to those awaited."""
    awaited = await gateway.news.awaited()
    gateway.news.seen(await gateway.journal.versions(awaited))


def decider(gateway: Gateway) -> Decide:
    """What follows from an attempt's end, by the policy of its adapter."""

    def by_policy(ending: Ending, attempt: Attempt) -> Decision:
        return decide(ending, attempt, gateway.policies(attempt.adapter), gateway.chance())

    return by_policy
