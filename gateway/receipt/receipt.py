"""The receipt: what a sender holds in hand once a submission was answered."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.journal import Entry, Standing
from gateway.receipt import words
from gateway.submission import Finding, Micros, Severity, State, Submission, SubmissionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """
    What came of a submission at the door: accepted, or rejected with findings.

    A replay is the first answer again, whatever has happened to the submission since.
    """

    submission: SubmissionId
    state: State
    received_at: Micros
    service: str
    authority: str
    """ARS; empty where nobody responsible could be named"""
    authority_name: str
    test: bool
    sandbox: bool
    subject: Submission
    """what was submitted, as it is recorded"""
    findings: tuple[Finding, ...] = ()
    message_uuid: str | None = None
    replay: bool = False

    @classmethod
    def first(cls, entry: Entry, *, sandbox: bool, authority: str, seen_before: bool) -> Receipt:
        """For what was just recorded; `authority` is the authority's name."""
        submission = entry.submission
        return cls(
            submission=submission.id,
            state=entry.state,
            received_at=submission.received_at,
            service=submission.service,
            authority=submission.authority,
            authority_name=authority,
            test=submission.test,
            sandbox=sandbox,
            subject=submission,
            findings=(*entry.findings, _SEEN_BEFORE) if seen_before else entry.findings,
            message_uuid=submission.message_uuid,
        )

    @classmethod
    def again(cls, standing: Standing, *, sandbox: bool, authority: str) -> Receipt:
        """For what was recorded earlier; only accepted submissions are answered again."""
        submission = standing.submission
        return cls(
            submission=submission.id,
            state=State.ACCEPTED,
            received_at=submission.received_at,
            service=submission.service,
            authority=submission.authority,
            authority_name=authority,
            test=submission.test,
            sandbox=sandbox,
            subject=submission,
            findings=standing.findings,
            message_uuid=submission.message_uuid,
            replay=True,
        )


_SEEN_BEFORE = Finding("seen-before", words.SEEN_BEFORE, Severity.WARNING)
