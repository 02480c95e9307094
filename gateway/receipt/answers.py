"""From values to the JSON a sender reads, in German or English; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol, cast

from gateway.errors import GatewayError, JournalUnavailable, Language, NotChecked, NotReadable, Sentence, UuidConflict
from gateway.journal import Event, Standing
from gateway.receipt import shapes, words
from gateway.receipt.receipt import Receipt
from gateway.submission import SECOND, Attachment, Finding, Micros, Reading, Severity, State, SubmissionId


class Looked(Protocol):
    """One look at a document, as `gateway.validation` tells it."""

    @property
    def name(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def detail(self) -> Sentence: ...


class Judged(Protocol):
    """What came of judging a document, as `gateway.validation` tells it."""

    @property
    def reading(self) -> Reading: ...
    @property
    def valid(self) -> bool | None: ...
    @property
    def findings(self) -> Sequence[Finding]: ...
    @property
    def stages(self) -> Sequence[Looked]: ...
    @property
    def omitted(self) -> int: ...


PROBLEM: Final = "urn:antragsgateway:problem:"
"""With a code behind it, the `type` of a problem; docs/problems.md explains each."""

XOEV: Final[dict[type[GatewayError], str]] = {NotReadable: "X000", UuidConflict: "S999"}
"""Codes of the standards' own lists (DOMAIN, Rejection and receipt); for what stands below these, too."""

_ADVICE: Final[dict[type[GatewayError], Sentence]] = {
    JournalUnavailable: Sentence(
        "Es wurde nichts gespeichert. Bitte dieselbe Anfrage später unverändert wiederholen.",
        "Nothing was stored. Please repeat the same request unchanged later.",
    ),
    NotChecked: Sentence(
        "Die Prüfung kam nicht zu Ende; es wurde nichts gespeichert. Bitte dieselbe Anfrage später wiederholen.",
        "The check did not come to an end; nothing was stored. Please repeat the same request later.",
    ),
}
"""What to do where an error itself says no more than its title."""


def moment(at: Micros) -> str:
    """RFC 3339 in UTC, to the microsecond."""
    exact = datetime.fromtimestamp(at // SECOND, UTC).replace(microsecond=at % SECOND)
    return f"{exact.isoformat(timespec='microseconds')[:-6]}Z"


def accepted(receipt: Receipt, language: Language) -> shapes.Accepted:
    """The body of a 202."""
    body: shapes.Accepted = {
        "submissionId": receipt.submission,
        "state": "accepted",
        "stateLabel": words.STATES[State.ACCEPTED].into(language),
        "receivedAt": moment(receipt.received_at),
        "service": receipt.service,
        "authority": {"ars": receipt.authority, "name": receipt.authority_name},
        "test": receipt.test,
        "links": links(receipt.submission),
    }
    if receipt.message_uuid:
        body["messageUuid"] = receipt.message_uuid
    if receipt.sandbox:
        body["sandbox"] = True
    if receipt.replay:
        body["replay"] = True
    if receipt.findings:
        body["warnings"] = findings(receipt.findings, language)
    return body


def rejected(receipt: Receipt, language: Language) -> shapes.Problem:
    """The body of a 422: the first error gives the problem its code, all findings stand behind it."""
    first, *more = [one for one in receipt.findings if one.severity is Severity.ERROR] or receipt.findings
    detail = first.text.into(language) + (words.and_more(len(more)).into(language) if more else "")
    body: shapes.Problem = {
        "type": PROBLEM + first.code,
        "title": words.REJECTED_TITLE.into(language),
        "status": 422,
        "detail": detail,
        "instance": links(receipt.submission)["self"],
        "code": first.code,
        "submissionId": receipt.submission,
        "findings": findings(receipt.findings, language),
    }
    if first.xoev:
        body["xoev"] = first.xoev
    if receipt.authority:
        body["authority"] = {"ars": receipt.authority, "name": receipt.authority_name}
    if receipt.test:
        body["test"] = True
    if receipt.sandbox:
        body["sandbox"] = True
    return body


def problem(error: GatewayError, status: int, language: Language, *, instance: str, sandbox: bool) -> shapes.Problem:
    """An error as problem+json."""
    body: shapes.Problem = {
        "type": PROBLEM + error.code,
        "title": error.title.into(language),
        "status": status,
        "detail": _detail(error).into(language),
        "instance": instance,
        "code": error.code,
    }
    if xoev := next((XOEV[kind] for kind in type(error).__mro__ if kind in XOEV), None):
        body["xoev"] = xoev
    if sandbox:
        body["sandbox"] = True
    return body


def status(
    standing: Standing, language: Language, *, authority: str, sandbox: bool, rests_until: Micros | None = None
) -> shapes.Status:
    """
    Where a submission stands; `authority` is the authority's name.

    `rests_until` is when its destination takes deliveries again, where it waits for the end of a maintenance.
    """
    submission = standing.submission
    body: shapes.Status = {
        "submissionId": submission.id,
        "state": standing.state.value,
        "stateLabel": words.STATES[standing.state].into(language),
        "concluded": is_final(standing),
        "attempts": standing.attempts,
        "receivedAt": moment(submission.received_at),
        "updatedAt": moment(standing.updated_at),
        "version": standing.version,
        "service": submission.service,
        "authority": _authority(submission.authority, authority),
        "test": submission.test,
        "links": links(submission.id),
    }
    if standing.grade:
        body["grade"] = standing.grade.value
        body["gradeLabel"] = words.GRADES[standing.grade].into(language)
    if standing.concluded_at is not None:
        body["concludedAt"] = moment(standing.concluded_at)
    if standing.state is State.ACCEPTED and standing.attempts and standing.due_at is not None:
        body["nextAttemptAt"] = moment(standing.due_at)
    if rests_until is not None:
        body["maintenanceUntil"] = moment(rests_until)
    if standing.cause:
        body["cause"] = standing.cause
    if standing.reference:
        body["reference"] = standing.reference
    _add_order(body, standing)
    if submission.message_uuid:
        body["messageUuid"] = submission.message_uuid
    if standing.findings:
        body["findings"] = findings(standing.findings, language)
    if sandbox:
        body["sandbox"] = True
    return body


def _add_order(body: shapes.Status, standing: Standing) -> None:
    if standing.waits_for:
        body["waitsFor"] = standing.waits_for
    if standing.held_back:
        body["heldBack"] = list(standing.held_back)


def is_final(standing: Standing) -> bool:
    """Whether nothing more will happen to it of itself."""
    return standing.state is State.REJECTED or standing.concluded_at is not None


def events(submission: SubmissionId, rows: Sequence[Event], language: Language) -> shapes.Events:
    """What happened, oldest first; who did it stays inside."""
    return {"submissionId": submission, "events": [_event(row, language) for row in rows]}


def technical_receipt(
    standing: Standing, language: Language, *, authority: str, sandbox: bool
) -> shapes.TechnicalReceipt:
    """The technical receipt (Quittung); it says what the gateway knows, and never speaks for the authority."""
    submission = standing.submission
    turned_down = standing.state is State.REJECTED
    body: shapes.TechnicalReceipt = {
        "submissionId": submission.id,
        "title": words.RECEIPT.into(language),
        "text": (words.TURNED_DOWN if turned_down else words.RECEIVED).into(language),
        "result": "rejected" if turned_down else "accepted",
        "receivedAt": moment(submission.received_at),
        "service": submission.service,
        "authority": _authority(submission.authority, authority),
        "standard": submission.standard,
        "standardVersion": submission.version,
        "root": submission.root,
        "attachments": [_enclosed(one) for one in submission.attachments],
        "test": submission.test,
    }
    if submission.message_uuid:
        body["messageUuid"] = submission.message_uuid
    if standing.findings:
        body["findings"] = findings(standing.findings, language)
    if sandbox:
        body["sandbox"] = True
    return body


def verdict(judged: Judged, language: Language, *, sandbox: bool) -> shapes.Verdict:
    """The verdict on a document that nobody keeps."""
    reading = judged.reading
    body: shapes.Verdict = {
        "valid": judged.valid,
        "standard": reading.standard,
        "version": reading.version,
        "root": reading.root,
        "namespace": reading.namespace,
        "schema": _schema(reading),
        "stages": [_stage(stage, language) for stage in judged.stages],
        "findings": findings(judged.findings, language),
        "findingsOmitted": judged.omitted,
    }
    if sandbox:
        body["sandbox"] = True
    return body


def findings(found: Iterable[Finding], language: Language) -> list[shapes.Finding]:
    """Findings in their order."""
    return [_finding(one, language) for one in found]


def links(submission: SubmissionId) -> shapes.Links:
    """Where to read on."""
    self = f"/v1/submissions/{submission}"
    return {"self": self, "events": f"{self}/events", "receipt": f"{self}/receipt", "replies": f"{self}/replies"}


def _finding(one: Finding, language: Language) -> shapes.Finding:
    body: shapes.Finding = {
        "code": one.code,
        "severity": one.severity.value,
        "text": one.text.into(language),
        "message": {"de": one.text.de, "en": one.text.en},
        "actor": one.actor.value,
    }
    if one.path is not None:
        body["path"] = one.path
    if one.line is not None:
        body["line"] = one.line
    if one.label is not None:
        body["label"] = one.label
    if one.rule is not None:
        body["rule"] = one.rule
    if one.expected is not None:
        body["expected"] = one.expected.into(language)
    if one.xoev is not None:
        body["xoev"] = one.xoev
    return body


def _schema(reading: Reading) -> shapes.Schema:
    known = bool(reading.standard)
    return {
        "standard": reading.standard if known else None,
        "version": reading.version if known else None,
        "root": reading.root if known else None,
        "namespace": reading.namespace if known else None,
        "digest": reading.package_digest if known else None,
    }


def _stage(stage: Looked, language: Language) -> shapes.Stage:
    return {"name": stage.name, "outcome": cast("shapes.Outcome", stage.outcome), "detail": stage.detail.into(language)}


def _event(row: Event, language: Language) -> shapes.Event:
    body: shapes.Event = {
        "at": moment(row.at),
        "name": row.name,
        "state": row.after.value,
        "stateLabel": words.STATES[row.after].into(language),
    }
    if row.attempt:
        body["attempt"] = row.attempt
    if row.code:
        body["code"] = row.code
    return body


def _enclosed(one: Attachment) -> shapes.Enclosed:
    return {"name": one.name, "mediaType": one.media_type, "size": one.size, "digest": one.digest}


def _authority(ars: str, name: str) -> shapes.Authority | None:
    return {"ars": ars, "name": name} if ars else None


def _detail(error: GatewayError) -> Sentence:
    if error.detail is not error.title:
        return error.detail
    return next((_ADVICE[kind] for kind in type(error).__mro__ if kind in _ADVICE), error.detail)
