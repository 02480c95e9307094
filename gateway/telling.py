"""From what happened on the journey to the events that operators read."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

from gateway.adapter import Broken, Delivered, Ending, Refused, Unclear, Unreachable
from gateway.dispatch import Letter, Report
from gateway.events import (
    AdapterBroke,
    AttemptEnded,
    BreakerMoved,
    CollectingBroke,
    DeliveryPostponed,
    LettersHandedOver,
    LettersTakenBack,
    LetterVoid,
    OutcomeReported,
    RepliesNotCollected,
    ReplyBoxed,
    ReplyReceived,
    ReplyRepeated,
    ReplySettled,
    ReportIgnored,
    SubmissionAccepted,
    SubmissionMoved,
    SubmissionParked,
    SubmissionRejected,
    SubmissionReplayed,
    UuidReused,
    frames_of,
)
from gateway.journal import Claim, Conclude, Conflicting, Entry, Ignored, Moved, NoClaim, Park, Standing, TryAgain
from gateway.parcel import Parcel
from gateway.reply import Boxed, Kept, Origin, Repeated, Settled
from gateway.submission import SECOND, State


def recorded(entry: Entry, parcel: Parcel, *, seen_before: bool) -> None:
    """An entry is on disk."""
    submission = entry.submission
    seconds = time.perf_counter() - parcel.started
    if entry.state is State.ACCEPTED:
        SubmissionAccepted(
            submission=submission.id,
            service=submission.service,
            authority=submission.authority,
            client=submission.client,
            bytes=entry.size,
            attachments=len(submission.attachments),
            test=submission.test,
            seconds=seconds,
            trace=submission.traceparent,
            seen_before=seen_before or None,
        ).tell()
    else:
        SubmissionRejected(
            submission=submission.id,
            service=submission.service,
            client=submission.client,
            codes=tuple(dict.fromkeys(finding.code for finding in entry.findings)),
            seconds=seconds,
            trace=submission.traceparent,
        ).tell()


def replayed(first: Standing, parcel: Parcel) -> None:
    """A first answer was given again."""
    SubmissionReplayed(submission=first.submission.id, client=parcel.client.name, trace=parcel.traceparent).tell()


def conflicted(conflict: Conflicting, parcel: Parcel) -> None:
    """A key came back with other content."""
    UuidReused(client=parcel.client.name, key=conflict.key, trace=parcel.traceparent).tell()


def handed_over(letters: Sequence[Letter]) -> None:
    """The broker has these."""
    for adapter, count in Counter(letter.adapter for letter in letters).items():
        LettersHandedOver(adapter=adapter, letters=count).tell()


def taken_back(letters: Sequence[Letter], because: str) -> None:
    """These never left."""
    for adapter, count in Counter(letter.adapter for letter in letters).items():
        LettersTakenBack(adapter=adapter, letters=count, because=because).tell()


def void(letter: Letter, why: NoClaim) -> None:
    """A letter led to no claim."""
    LetterVoid(
        submission=letter.submission,
        attempt=letter.attempt,
        adapter=letter.adapter,
        because=why.because,
        trace=letter.traceparent,
    ).tell()


def ended(claim: Claim, ending: Ending, seconds: float) -> None:
    """An attempt ended, as the worker sees it."""
    submission = claim.submission
    if isinstance(ending, Broken):
        AdapterBroke(
            submission=submission.id,
            adapter=submission.adapter,
            error=ending.error,
            frames=ending.frames,
            trace=submission.traceparent,
        ).tell()
    AttemptEnded(
        submission=submission.id,
        attempt=claim.attempt,
        adapter=submission.adapter,
        outcome=type(ending).__name__.lower(),
        code=_code(ending),
        seconds=seconds,
        trace=submission.traceparent,
    ).tell()


def _code(ending: Ending) -> str:
    match ending:
        case Delivered(_, grade):
            return grade
        case Refused(code, _):
            return code
        case Unreachable(because, _) | Unclear(because):
            return because
        case Broken(error, _):
            return error


def ignored(report: Report, why: Ignored) -> None:
    """A report answered no open claim."""
    ReportIgnored(
        submission=report.submission,
        attempt=report.attempt,
        adapter=report.adapter,
        because=why.because,
        trace=report.traceparent,
    ).tell()


def moved(move: Moved) -> None:
    """A submission changed its state because an attempt ended."""
    submission = move.submission
    match move.decision:
        case Conclude(state, final, grade, code):
            SubmissionMoved(
                submission=submission.id,
                service=submission.service,
                adapter=submission.adapter,
                state=state,
                concluded=final,
                seconds=(move.at - submission.received_at) / SECOND,
                grade=grade or "",
                code=code,
                trace=submission.traceparent,
            ).tell()
        case TryAgain(after, because):
            DeliveryPostponed(
                submission=submission.id,
                adapter=submission.adapter,
                tries=move.tries,
                because=because,
                wait=round(after, 3),
                trace=submission.traceparent,
            ).tell()
        case Park(cause):
            SubmissionParked(
                submission=submission.id,
                service=submission.service,
                adapter=submission.adapter,
                cause=cause,
                trace=submission.traceparent,
            ).tell()
        case None:
            return
    if move.breaker_open is not None:
        BreakerMoved(destination=submission.destination, adapter=submission.adapter, open=move.breaker_open).tell()


def reported(site: str, report: Report, move: Moved) -> None:
    """An attempt ended at a site, where nobody else counts it."""
    submission, ending = move.submission, report.ending
    if isinstance(ending, Broken):
        AdapterBroke(
            submission=submission.id,
            adapter=submission.adapter,
            error=ending.error,
            frames=ending.frames,
            trace=submission.traceparent,
        ).tell()
    OutcomeReported(
        submission=submission.id,
        attempt=report.attempt,
        site=site,
        adapter=submission.adapter,
        outcome=type(ending).__name__.lower(),
        code=_code(ending),
        trace=submission.traceparent,
    ).tell()


# ── the way back ─────────────────────────────────────────────────────────────────────────────────────────────────────


def taken_in(taken: Kept | Boxed | Repeated, origin: Origin) -> None:
    """A reply came home."""
    match taken:
        case Kept(reply, settle):
            submission = settle.submission
            ReplyReceived(
                reply=reply.id,
                submission=submission.id,
                service=submission.service,
                adapter=origin.adapter,
                kind=reply.kind or "",
                code=reply.code,
                by=origin.by,
                trace=submission.traceparent,
            ).tell()
            settled(settle)
        case Boxed(reply):
            ReplyBoxed(
                reply=reply.id,
                adapter=origin.adapter,
                destination=origin.destination,
                cause=reply.box,
                by=origin.by,
            ).tell()
        case Repeated(first):
            ReplyRepeated(reply=first.id, adapter=origin.adapter, by=origin.by).tell()


def settled(one: Settled) -> None:
    """A reply took effect, where it has one."""
    if one.before is one.after:
        return
    submission = one.submission
    ReplySettled(
        submission=submission.id,
        service=submission.service,
        adapter=submission.adapter,
        state=one.after,
        concluded=one.concluded,
        seconds=(one.at - submission.received_at) / SECOND,
        code=one.code,
        trace=submission.traceparent,
    ).tell()


def not_brought(origin: Origin, because: str) -> None:
    """A reply cannot be taken; it stays where it is, where that is possible."""
    RepliesNotCollected(adapter=origin.adapter, destination=origin.destination, because=because).tell()


def not_collected(origin: Origin, because: str) -> None:
    """Nobody can say now what waits there."""
    RepliesNotCollected(adapter=origin.adapter, destination=origin.destination, because=because).tell()


def collecting_broke(origin: Origin, error: Exception) -> None:
    """An adapter raised while it collected."""
    CollectingBroke(
        adapter=origin.adapter,
        destination=origin.destination,
        error=type(error).__name__,
        frames=frames_of(error),
    ).tell()
