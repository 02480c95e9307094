"""From what happened on the journey to the events that operators read."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

from gateway.adapter import Broken, Delivered, Ending, Refused, Unclear, Unreachable
from gateway.campaign import Advanced, Progress
from gateway.dispatch import Letter, Report
from gateway.events import (
    AdapterBroke,
    AttemptConcluded,
    AttemptEnded,
    BreakerMoved,
    CampaignAdvanced,
    CampaignStopped,
    CollectingBroke,
    DeliveryPostponed,
    DocumentJudged,
    DocumentNotJudged,
    LettersHandedOver,
    LettersTakenBack,
    LetterVoid,
    OutcomeReported,
    ParkedDecided,
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
from gateway.validation import MORE_FINDINGS, Outcome, Stage, Undecided


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
            test=submission.test,
            seconds=seconds,
            trace=submission.traceparent,
        ).tell()


def judged(entry: Entry, stages: Sequence[Stage], trace: str) -> None:
    """What a document was found to have, stage by stage; nothing is told of one without findings."""
    if not entry.findings:
        return
    stage_of = {finding.code: stage.name for stage in stages for finding in stage.findings}
    found = Counter(
        (stage_of.get(one.code) or _beyond(one.code), one.severity.value)
        for one in entry.findings
        if one.code != MORE_FINDINGS
    )
    submission = entry.submission
    DocumentJudged(
        service=submission.service,
        schema_version=f"{submission.standard} {submission.version}".strip(),
        found=tuple((*key, times) for key, times in found.items()),
        trace=trace,
    ).tell()


def _beyond(code: str) -> str:
    """Where something was found that no stage of judging finds."""
    return "attachments" if code.startswith("attachment-") else "routing"


def not_judged(undecided: Undecided, trace: str) -> None:
    """Nobody could say whether a document is valid."""
    broken = next(stage for stage in undecided.stages if stage.outcome is Outcome.ERROR)
    DocumentNotJudged(
        stage=broken.name,
        reason=undecided.error.code,
        standard=undecided.reading.standard,
        trace=trace,
    ).tell()


def replayed(first: Standing, parcel: Parcel) -> None:
    """A first answer was given again."""
    SubmissionReplayed(
        submission=first.submission.id,
        client=parcel.client.name,
        seconds=time.perf_counter() - parcel.started,
        trace=parcel.traceparent,
    ).tell()


def conflicted(conflict: Conflicting, parcel: Parcel) -> None:
    """A key came back with other content."""
    UuidReused(
        client=parcel.client.name,
        key=conflict.key,
        seconds=time.perf_counter() - parcel.started,
        trace=parcel.traceparent,
    ).tell()


def handed_over(letters: Sequence[Letter]) -> None:
    """The broker has these."""
    by_hand = Counter(letter.adapter for letter in letters if letter.by_hand)
    for adapter, count in Counter(letter.adapter for letter in letters).items():
        LettersHandedOver(adapter=adapter, letters=count, by_hand=by_hand[adapter]).tell()


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


def ended(claim: Claim, ending: Ending, seconds: float, *, already_there: bool) -> None:
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
        already_there=already_there,
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


def moved(move: Moved, ending: Ending) -> None:
    """A submission changed its state because an attempt ended."""
    submission = move.submission
    AttemptConcluded(
        submission=submission.id,
        adapter=submission.adapter,
        outcome=type(ending).__name__.lower(),
        grade=ending.grade if isinstance(ending, Delivered) else "",
        seconds=move.took,
        trace=submission.traceparent,
    ).tell()
    match move.decision:
        case Conclude(state, final, grade, code):
            SubmissionMoved(
                submission=submission.id,
                service=submission.service,
                adapter=submission.adapter,
                state=state,
                concluded=final,
                seconds=(move.at - submission.received_at) / SECOND,
                test=submission.test,
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


def decided(move: Moved) -> None:
    """Somebody decided about a parked one."""
    ParkedDecided(
        submission=move.submission.id,
        adapter=move.submission.adapter,
        verdict="drop" if move.concluded else "retry",
        trace=move.submission.traceparent,
    ).tell()


def advanced(step: Advanced) -> None:
    """A campaign took a step; one that only waits is not told."""
    campaign, counts = step.campaign, step.campaign.counts
    if campaign.progress is Progress.STOPPED:
        CampaignStopped(
            campaign=campaign.plan.id, because=campaign.because, sent=counts.sent, failed=counts.failed
        ).tell()
    elif step.moved or campaign.progress.ended:
        CampaignAdvanced(
            campaign=campaign.plan.id,
            progress=campaign.progress,
            moved=len(step.moved),
            sent=counts.sent,
            failed=counts.failed,
        ).tell()


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
        test=submission.test,
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
