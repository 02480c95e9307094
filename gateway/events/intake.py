"""What happens at the door."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from gateway.events.event import Event
from gateway.events.metrics import (
    CHANNEL,
    INTAKE_SECONDS,
    SERVICE,
    TEST,
    Label,
    code,
    counter,
    histogram,
    one_of,
    yes_or_no,
)

HTTPS: Final = "https"
"""the channel of what portals send"""

STAGES: Final = (
    *("well-formed", "schema", "schematron", "conventions", "code-lists", "characters"),
    *("attachments", "routing"),
)
"""where something is found about a document: the stages of judging, its attachments, and who is to get it"""

RECEIVED: Final = counter(
    "gateway_submissions_received_total",
    "Submissions answered 202 (accepted) or 422 (rejected).",
    CHANNEL,
    SERVICE,
    one_of("outcome", "how it was answered", "accepted", "rejected"),
    TEST,
)
INTAKE_TIME: Final = histogram(
    "gateway_intake_request_duration_seconds",
    "Time from the first byte of a submission to its answer.",
    CHANNEL,
    one_of(
        "outcome",
        "how it ended; `refused` is the sender's to mend, `failed` ours",
        *("accepted", "rejected", "replayed", "conflict", "refused", "failed"),
    ),
    buckets=INTAKE_SECONDS,
)
FINDINGS: Final = counter(
    "gateway_validation_findings_total",
    "Findings of judged documents.",
    SERVICE,
    Label("schema_version", "standard and version that judged it, `none` where no package knows it", known="schema"),
    one_of("stage", "what was looked at", *STAGES),
    one_of("severity", "errors refuse, warnings travel with the receipt", "error", "warning"),
    together=tuple((stage, severity) for stage in STAGES for severity in ("error", "warning")),
)
INCOMPLETE: Final = counter(
    "gateway_validation_incomplete_total",
    "Documents that nobody could judge; the sender was asked to come back.",
    one_of("stage", "where judging broke down", *STAGES),
    one_of("reason", "why", "not-checked", "ambiguous-schema"),
)
DUPLICATES: Final = counter(
    "gateway_duplicates_total",
    "Repetitions recognised, by where and what followed.",
    one_of("point", "where", "intake", "inbox", "vendor", "reply"),
    one_of("decision", "what followed", "replayed", "conflict", "ignored", "already-there"),
    source="either",
    together=(
        ("intake", "replayed"),
        ("intake", "conflict"),
        ("inbox", "ignored"),
        ("vendor", "already-there"),
        ("reply", "replayed"),
    ),
)
REFUSED_REQUESTS: Final = counter(
    "gateway_requests_refused_total",
    "Requests refused before anything was counted.",
    code("code", "code of the problem (docs/problems.md)"),
)


def expect_findings(pairs: Iterable[tuple[str, str]]) -> None:
    """Show what can be found at zero, for these services and the schema versions that judge for them."""
    for service, version in pairs:
        FINDINGS.expect({"service": [service], "schema": [version]})


_CONFLICT: Final = 409
_OURS: Final = 500


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
    channel: str = HTTPS
    seen_before: bool | None = None

    def count(self) -> None:
        RECEIVED(self.channel, self.service, "accepted", yes_or_no(self.test)).inc()
        INTAKE_TIME(self.channel, "accepted").observe(self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionRejected(Event):
    """A readable document was not valid or has no open door; answered 422."""

    name = "submission.rejected"
    submission: str
    service: str
    client: str
    codes: tuple[str, ...]
    test: bool
    seconds: float
    trace: str = ""
    channel: str = HTTPS

    def count(self) -> None:
        RECEIVED(self.channel, self.service, "rejected", yes_or_no(self.test)).inc()
        INTAKE_TIME(self.channel, "rejected").observe(self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionReplayed(Event):
    """The same content came again under the same key; the first answer was given again."""

    name = "submission.replayed"
    submission: str
    client: str
    seconds: float
    trace: str = ""
    channel: str = HTTPS

    def count(self) -> None:
        DUPLICATES("intake", "replayed").inc()
        INTAKE_TIME(self.channel, "replayed").observe(self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class UuidReused(Event):
    """Other content came under a key or UUID that was used before; answered 409."""

    name = "submission.conflicted"
    level = logging.WARNING
    client: str
    key: str
    seconds: float
    trace: str = ""
    channel: str = HTTPS

    def count(self) -> None:
        DUPLICATES("intake", "conflict").inc()
        INTAKE_TIME(self.channel, "conflict").observe(self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefused(Event):
    """A request was refused before anything could be counted: unreadable, too large, not identified, …"""

    name = "request.refused"
    code: str
    status: int
    client: str = ""
    path: str = ""
    trace: str = ""
    seconds: float | None = None
    """since its first byte, where it was to be a submission"""

    def count(self) -> None:
        REFUSED_REQUESTS(self.code).inc()
        if self.seconds is not None and self.status != _CONFLICT:
            INTAKE_TIME(HTTPS, "failed" if self.status >= _OURS else "refused").observe(self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFailed(Event):
    """A request met a bug of ours: the exception's class and frames, never its message."""

    name = "request.failed"
    level = logging.ERROR
    error: str
    frames: tuple[str, ...]
    path: str = ""
    trace: str = ""
    seconds: float | None = None
    """as in `RequestRefused`"""

    def count(self) -> None:
        REFUSED_REQUESTS("internal-error").inc()
        if self.seconds is not None:
            INTAKE_TIME(HTTPS, "failed").observe(self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerUnfit(Event):
    """A message of a standard, written as an answer, was not valid and did not leave: the table is wrong, or a fact."""

    name = "answer.unfit"
    level = logging.WARNING
    submission: str
    standard: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentJudged(Event):
    """A document was judged, and something was found; what, stands in the answer to its sender."""

    name = "document.judged"
    level = logging.DEBUG
    service: str
    schema_version: str
    found: tuple[tuple[str, str, int], ...]
    """stage, severity, and how often"""
    trace: str = ""

    def count(self) -> None:
        for stage, severity, times in self.found:
            FINDINGS(self.service, self.schema_version, stage, severity).inc(times)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentNotJudged(Event):
    """Nobody could say whether a document is valid: an engine broke down, or several packages know it."""

    name = "document.not_judged"
    level = logging.ERROR
    stage: str
    reason: str
    standard: str = ""
    trace: str = ""

    def count(self) -> None:
        INCOMPLETE(self.stage, self.reason).inc()
