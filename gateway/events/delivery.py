"""What happens on the way to a Fachverfahren."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from gateway.events.event import Event
from gateway.events.intake import DUPLICATES
from gateway.events.metrics import ADAPTER, DELIVERY_SECONDS, SERVICE, code, counter, histogram, one_of

HANDED: Final = counter(
    "gateway_letters_handed_over_total", "Letters that the broker or a site's door has taken.", ADAPTER
)
NOT_HANDED: Final = counter(
    "gateway_publish_failures_total",
    "Letters that did not reach a queue, as far as is known.",
    ADAPTER,
    one_of(
        "reason",
        "no connection, blocked by the broker, no confirm in time, a confirm that says no, or no queue",
        *("away", "blocked", "timeout", "nack", "unroutable"),
    ),
)
DELIVERIES: Final = counter(
    "gateway_deliveries_total",
    "Attempts that ended, by how: a worker's, a site's, and those whose lease ended.",
    ADAPTER,
    one_of("outcome", "how it ended", "delivered", "refused", "unreachable", "unclear", "broken"),
    one_of("grade", "how well a delivery is proven", "transport", "taken", "answered", "none"),
    together=(
        *(("delivered", grade) for grade in ("transport", "taken", "answered")),
        *((outcome, "none") for outcome in ("refused", "unreachable", "unclear", "broken")),
    ),
)
ATTEMPT_TIME: Final = histogram(
    "gateway_delivery_attempt_duration_seconds",
    "Time from a worker's claim of an attempt to its end.",
    ADAPTER,
    buckets=DELIVERY_SECONDS,
)
COMPLETION_TIME: Final = histogram(
    "gateway_submission_completion_duration_seconds",
    "Time from receipt to the end of the story, test messages apart.",
    SERVICE,
    buckets=DELIVERY_SECONDS,
)
PARKED: Final = counter(
    "gateway_submissions_parked_total", "Submissions parked.", ADAPTER, code("cause", "why a human is needed")
)
RETRIES: Final = counter(
    "gateway_delivery_retries_total",
    "Further attempts.",
    ADAPTER,
    one_of("kind", "who wanted it", "automatic", "manual"),
)
VOID: Final = counter(
    "gateway_letters_void_total",
    "Letters that led to no claim.",
    ADAPTER,
    one_of("reason", "why", "taken", "moved-on", "maintenance", "paused", "foreign"),
    source="worker",
)
IGNORED: Final = counter(
    "gateway_reports_ignored_total",
    "Reports that answered no open claim.",
    ADAPTER,
    one_of("reason", "why", "unknown", "no-claim", "wrong-key", "already-answered", "wrong-sender"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LettersHandedOver(Event):
    """Letters were published and confirmed."""

    name = "letters.handed_over"
    level = logging.DEBUG
    adapter: str
    letters: int
    by_hand: int = 0
    """so many of them because a human let them go on"""

    def count(self) -> None:
        HANDED(self.adapter).inc(self.letters)
        RETRIES(self.adapter, "manual").inc(self.by_hand)


@dataclass(frozen=True, slots=True, kw_only=True)
class LettersTakenBack(Event):
    """Letters did not reach a queue, or nobody claimed them; their submissions wait again."""

    name = "letters.taken_back"
    level = logging.WARNING
    adapter: str
    letters: int
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LettersNotPublished(Event):
    """Letters did not reach a queue, as far as the broker lets us know."""

    name = "letters.not_published"
    level = logging.DEBUG
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
    """An adapter answered; seen by the worker. `already_there`: it asked, and the Fachverfahren had the submission."""

    name = "attempt.ended"
    submission: str
    attempt: int
    adapter: str
    outcome: str
    code: str
    seconds: float
    trace: str = ""
    already_there: bool = False

    def count(self) -> None:
        if self.already_there:
            DUPLICATES("vendor", "already-there").inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptConcluded(Event):
    """The journal knows how an attempt ended, whoever made it."""

    name = "attempt.concluded"
    level = logging.DEBUG
    submission: str
    adapter: str
    outcome: str
    grade: str = ""
    seconds: float | None = None
    trace: str = ""

    def count(self) -> None:
        DELIVERIES(self.adapter, self.outcome, self.grade).inc()
        if self.seconds is not None:
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
    """A site reported how an attempt ended."""

    name = "outcome.reported"
    submission: str
    attempt: int
    site: str
    adapter: str
    outcome: str
    code: str
    trace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeNotCounted(Event):
    """The gateway did not take a site's outcome: its lease is over, or another one counts. The letter comes again."""

    name = "outcome.not_counted"
    level = logging.WARNING
    submission: str
    adapter: str
    because: str
    trace: str = ""


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
    test: bool = False
    grade: str = ""
    code: str = ""
    trace: str = ""

    def count(self) -> None:
        if self.concluded and not self.test:
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
        if self.because == "already-answered":
            DUPLICATES("inbox", "ignored").inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerMoved(Event):
    """A destination's breaker opened or closed."""

    name = "breaker.moved"
    level = logging.WARNING
    destination: str
    adapter: str
    open: bool
