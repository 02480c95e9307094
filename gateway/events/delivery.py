"""What happens on the way to a Fachverfahren."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from gateway.events.event import Event
from gateway.events.metrics import DELIVERY_SECONDS, Children, counter, gauge, histogram

HANDED: Final = Children(
    counter("gateway_letters_handed_over_total", "Letters that the broker confirmed.", ("adapter",))
)
NOT_HANDED: Final = Children(
    counter("gateway_publish_failures_total", "Letters that did not reach a queue.", ("adapter", "reason"))
)
DELIVERIES: Final = Children(
    counter("gateway_deliveries_total", "Attempts that ended, by how.", ("adapter", "outcome"))
)
ATTEMPT_TIME: Final = Children(
    histogram(
        "gateway_delivery_attempt_duration_seconds",
        "Time an adapter took for one attempt.",
        ("adapter",),
        DELIVERY_SECONDS,
    )
)
COMPLETION_TIME: Final = Children(
    histogram(
        "gateway_submission_completion_duration_seconds",
        "Time from receipt to the end of the story.",
        ("service",),
        DELIVERY_SECONDS,
    )
)
PARKED: Final = Children(counter("gateway_submissions_parked_total", "Submissions parked.", ("adapter", "cause")))
RETRIES: Final = Children(counter("gateway_delivery_retries_total", "Further attempts.", ("adapter", "kind")))
VOID: Final = Children(counter("gateway_letters_void_total", "Letters that led to no claim.", ("adapter", "reason")))
IGNORED: Final = Children(
    counter("gateway_reports_ignored_total", "Reports that answered no open claim.", ("adapter", "reason"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LettersHandedOver(Event):
    """Letters were published and confirmed."""

    name = "letters.handed_over"
    level = logging.DEBUG
    adapter: str
    letters: int

    def count(self) -> None:
        HANDED(self.adapter).inc(self.letters)


@dataclass(frozen=True, slots=True, kw_only=True)
class LettersTakenBack(Event):
    """Letters did not reach a queue, or nobody claimed them; their submissions wait again."""

    name = "letters.taken_back"
    level = logging.WARNING
    adapter: str
    letters: int
    because: str

    def count(self) -> None:
        NOT_HANDED(self.adapter, self.because).inc(self.letters)


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterVoid(Event):
    """A letter led to no claim: another has it, the submission moved on, the destination is busy or in maintenance."""

    name = "letter.void"
    submission: str
    attempt: int
    adapter: str
    because: str
    trace: str = ""

    def count(self) -> None:
        VOID(self.adapter, self.because).inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptEnded(Event):
    """An adapter answered; seen by the worker."""

    name = "attempt.ended"
    submission: str
    attempt: int
    adapter: str
    outcome: str
    code: str
    seconds: float
    trace: str = ""

    def count(self) -> None:
        DELIVERIES(self.adapter, self.outcome).inc()
        ATTEMPT_TIME(self.adapter).observe(self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterLeased(Event):
    """A site leased a letter."""

    name = "letter.leased"
    submission: str
    attempt: int
    site: str
    adapter: str
    trace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeReported(Event):
    """A site reported how an attempt ended; nobody can count it there."""

    name = "outcome.reported"
    submission: str
    attempt: int
    site: str
    adapter: str
    outcome: str
    code: str
    trace: str = ""

    def count(self) -> None:
        DELIVERIES(self.adapter, self.outcome).inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeNotCounted(Event):
    """The gateway did not take a site's outcome: its lease is over, or another one counts. The letter comes again."""

    name = "outcome.not_counted"
    level = logging.WARNING
    submission: str
    adapter: str
    because: str
    trace: str = ""


SITE_SEEN: Final = gauge("gateway_site_seen_timestamp_seconds", "When a site's worker was heard last.", ("site",))
SITE_CERTIFICATE: Final = gauge(
    "gateway_site_certificate_end_timestamp_seconds", "When the first certificate at a site ends.", ("site",)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteHeard(Event):
    """A site's worker said that it is there."""

    name = "site.heard"
    level = logging.DEBUG
    site: str
    version: str
    at: float
    """seconds since 1970"""
    certificate_end: float | None = None

    def count(self) -> None:
        SITE_SEEN.labels(self.site).set(self.at)
        if self.certificate_end is not None:
            SITE_CERTIFICATE.labels(self.site).set(self.certificate_end)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterBroke(Event):
    """An adapter raised: a bug of the adapter. The exception's class and frames, never its message or locals."""

    name = "adapter.broke"
    level = logging.ERROR
    submission: str
    adapter: str
    error: str
    frames: tuple[str, ...]
    trace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionMoved(Event):
    """A submission is delivered, confirmed or refused; `concluded` says whether its story ends with that."""

    name = "submission.moved"
    submission: str
    service: str
    adapter: str
    state: str
    concluded: bool
    seconds: float
    grade: str = ""
    code: str = ""
    trace: str = ""

    def count(self) -> None:
        if self.concluded:
            COMPLETION_TIME(self.service).observe(self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPostponed(Event):
    """An attempt failed and will be made again after `wait` seconds."""

    name = "delivery.postponed"
    submission: str
    adapter: str
    tries: int
    because: str
    wait: float
    trace: str = ""

    def count(self) -> None:
        RETRIES(self.adapter, "automatic").inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionParked(Event):
    """A submission waits for a human."""

    name = "submission.parked"
    level = logging.WARNING
    submission: str
    service: str
    adapter: str
    cause: str
    trace: str = ""

    def count(self) -> None:
        PARKED(self.adapter, self.cause).inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionReleased(Event):
    """An operator let a parked submission be tried again, or dropped it."""

    name = "submission.released"
    submission: str
    adapter: str
    state: str
    by: str

    def count(self) -> None:
        RETRIES(self.adapter, "manual").inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportIgnored(Event):
    """A report answered no open claim: late, doubled or forged."""

    name = "report.ignored"
    level = logging.WARNING
    submission: str
    attempt: int
    adapter: str
    because: str
    trace: str = ""

    def count(self) -> None:
        IGNORED(self.adapter, self.because).inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerMoved(Event):
    """A destination's breaker opened or closed."""

    name = "breaker.moved"
    level = logging.WARNING
    destination: str
    adapter: str
    open: bool
