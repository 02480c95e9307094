"""What happens at the door."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from gateway.events.event import Event
from gateway.events.metrics import INTAKE_SECONDS, Children, counter, histogram

RECEIVED: Final = Children(
    counter("gateway_submissions_received_total", "Submissions answered 202 or 422.", ("service", "outcome"))
)
INTAKE_TIME: Final = Children(
    histogram(
        "gateway_intake_request_duration_seconds",
        "Time from the first byte of a submission to its answer.",
        ("outcome",),
        INTAKE_SECONDS,
    )
)
FINDINGS: Final = Children(
    counter("gateway_validation_findings_total", "Findings of judged documents.", ("service", "code"))
)
DUPLICATES: Final = Children(
    counter(
        "gateway_duplicates_total",
        "Repetitions recognised, by where and what followed.",
        ("point", "decision"),
    )
)
REFUSED_REQUESTS: Final = Children(
    counter("gateway_requests_refused_total", "Requests refused before anything was counted.", ("code",))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionAccepted(Event):
    """A submission is in the journal and was answered 202."""

    name = "submission.accepted"
    submission: str
    service: str
    authority: str
    client: str
    bytes: int
    attachments: int
    test: bool
    seconds: float
    trace: str = ""
    seen_before: bool | None = None

    def count(self) -> None:
        RECEIVED(self.service, "accepted").inc()
        INTAKE_TIME("accepted").observe(self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionRejected(Event):
    """A readable document was not valid or has no open door; answered 422."""

    name = "submission.rejected"
    submission: str
    service: str
    client: str
    codes: tuple[str, ...]
    seconds: float
    trace: str = ""

    def count(self) -> None:
        RECEIVED(self.service, "rejected").inc()
        INTAKE_TIME("rejected").observe(self.seconds)
        for code in self.codes:
            FINDINGS(self.service, code).inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionReplayed(Event):
    """The same content came again under the same key; the first answer was given again."""

    name = "submission.replayed"
    submission: str
    client: str
    trace: str = ""

    def count(self) -> None:
        DUPLICATES("intake", "replayed").inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class UuidReused(Event):
    """Other content came under a key or UUID that was used before; answered 409."""

    name = "submission.conflicted"
    level = logging.WARNING
    client: str
    key: str
    trace: str = ""

    def count(self) -> None:
        DUPLICATES("intake", "conflict").inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefused(Event):
    """A request was refused before anything could be counted: unreadable, too large, not identified, …"""

    name = "request.refused"
    code: str
    status: int
    client: str = ""
    path: str = ""
    trace: str = ""

    def count(self) -> None:
        REFUSED_REQUESTS(self.code).inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFailed(Event):
    """A request met a bug of ours: the exception's class and frames, never its message."""

    name = "request.failed"
    level = logging.ERROR
    error: str
    frames: tuple[str, ...]
    path: str = ""
    trace: str = ""

    def count(self) -> None:
        REFUSED_REQUESTS("internal-error").inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerUnfit(Event):
    """A message of a standard, written as an answer, was not valid and did not leave: the table is wrong, or a fact."""

    name = "answer.unfit"
    level = logging.WARNING
    submission: str
    standard: str
    codes: tuple[str, ...]
