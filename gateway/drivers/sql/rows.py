"""Between rows and values: how a submission lies in its table, and how it is read back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Select, bindparam, insert, select

from gateway.drivers.sql.steps import Row, Statement, Values
from gateway.drivers.sql.tables import attachments, claims, events, submissions, words
from gateway.errors import Sentence
from gateway.journal import Event, Standing
from gateway.submission import Actor, Attachment, Finding, Grade, Micros, Severity, State, Submission, SubmissionId

_SUBMISSION: Final = (
    *("id", "client", "service", "leistung", "authority", "destination", "adapter", "root", "standard"),
    *("schema_version", "message_uuid", "reference_uuid", "case_key", "test", "received_at"),
    *("case_id", "message_type", "message_created", "reader", "author", "traceparent"),
    "attachments",
)
_STANDING: Final = (
    *("state", "grade", "concluded_at", "updated_at", "due_at", "tries", "cause", "findings", "version"),
    "attempt",
)


def submission_columns() -> list[Any]:
    """The columns `submission_from` reads, in its order."""
    return [submissions.c[name] for name in _SUBMISSION]


def submission_from(row: Row, enclosed: Sequence[Attachment] = ()) -> Submission:
    """The submission in the first columns of a row."""
    (
        id_,
        client,
        service,
        leistung,
        authority,
        destination,
        adapter,
        root,
        standard,
        version,
        message_uuid,
        reference_uuid,
        case_key,
        test,
        received_at,
        case_id,
        message_type,
        message_created,
        reader,
        author,
        traceparent,
        _,
    ) = row[: len(_SUBMISSION)]
    return Submission(
        id=SubmissionId(id_),
        client=client,
        service=service,
        leistung=leistung,
        authority=authority,
        destination=destination,
        adapter=adapter,
        root=root,
        standard=standard,
        version=version,
        message_uuid=message_uuid,
        reference_uuid=reference_uuid,
        case_key=case_key,
        test=bool(test),
        received_at=Micros(received_at),
        case_id=case_id,
        message_type=message_type,
        created_at=message_created,
        reader=reader,
        author=author,
        traceparent=traceparent,
        attachments=tuple(enclosed),
    )


def standings() -> Select[Any]:
    """Submissions with where they stand and the vendor's last reference; to be narrowed."""
    reference = (
        select(words.c.reference)
        .where(words.c.submission == submissions.c.id, words.c.reference != "")
        .order_by(words.c.attempt.desc(), words.c.stored_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(*submission_columns(), *(submissions.c[name] for name in _STANDING), reference)


def standing_from(row: Row) -> Standing:
    """A row of `standings`."""
    state, grade, concluded_at, updated_at, due_at, tries, cause, findings, version, _ = row[len(_SUBMISSION) : -1]
    return Standing(
        submission=submission_from(row),
        state=State(state),
        grade=Grade(grade) if grade else None,
        concluded_at=concluded_at,
        updated_at=Micros(updated_at),
        due_at=due_at,
        attempts=tries,
        cause=cause,
        reference=row[-1],
        findings=findings_from(findings),
        version=version,
    )


insert_event: Final = Statement(insert(events).values({c.name: bindparam(c.name) for c in events.c if c.name != "id"}))


def event_values(
    row: Submission,
    at: Micros,
    name: str,
    before: State | None,
    after: State,
    *,
    attempt: int = 0,
    code: str = "",
    by: str = "",
    concludes: bool = False,
) -> Values:
    """Values for `insert_event`."""
    return {
        "submission": row.id,
        "at": at,
        "name": name,
        "before": before,
        "after": after,
        "attempt": attempt,
        "code": code,
        "by": by,
        "service": row.service,
        "authority": row.authority,
        "test": int(row.test),
        "concludes": int(concludes),
    }


def event_from(row: Row) -> Event:
    """A row of `events`, columns in the order of `EVENT_COLUMNS`."""
    id_, submission, at, name, before, after, attempt, code, by = row
    return Event(
        id=id_,
        submission=SubmissionId(submission),
        at=Micros(at),
        name=name,
        before=State(before) if before else None,
        after=State(after),
        attempt=attempt,
        code=code,
        by=by,
    )


EVENT_COLUMNS: Final = [
    events.c[name] for name in ("id", "submission", "at", "name", "before", "after", "attempt", "code", "by")
]
ATTACHMENT_COLUMNS: Final = [
    attachments.c[name] for name in ("submission", "id", "name", "media_type", "size", "digest")
]
RELEASED: Final = "operator-retry"
"""The cause by which a submission waits that a human has let go on."""

OPEN_CLAIM_COLUMNS: Final = [
    claims.c[name] for name in ("submission", "attempt", "key_hash", "worker", "ended_at", "claimed_at")
]


def attachments_by_submission(rows: Sequence[Row]) -> Mapping[str, list[Attachment]]:
    """Rows of `ATTACHMENT_COLUMNS`, grouped."""
    found: dict[str, list[Attachment]] = {}
    for submission, id_, name, media_type, size, digest in rows:
        enclosed = Attachment(id=id_, name=name, media_type=media_type, size=size, digest=digest)
        found.setdefault(submission, []).append(enclosed)
    return found


def findings_text(findings: Sequence[Finding]) -> str | None:
    """Findings as they lie in the table; None for none."""
    if not findings:
        return None
    return json.dumps(
        [
            {
                "code": one.code,
                "de": one.text.de,
                "en": one.text.en,
                "severity": one.severity,
                "path": one.path,
                "line": one.line,
                "xoev": one.xoev,
                "rule": one.rule,
                "label": one.label,
                "expected": [one.expected.de, one.expected.en] if one.expected else None,
                "actor": one.actor,
            }
            for one in findings
        ],
        ensure_ascii=False,
    )


def findings_from(text: str | None) -> tuple[Finding, ...]:
    """The reverse of `findings_text`; what was written before findings said more says less."""
    return tuple(
        Finding(
            code=one["code"],
            text=Sentence(one["de"], one["en"]),
            severity=Severity(one["severity"]),
            path=one["path"],
            line=one["line"],
            xoev=one["xoev"],
            rule=one.get("rule"),
            label=one.get("label"),
            expected=Sentence(*one["expected"]) if one.get("expected") else None,
            actor=Actor(one.get("actor", Actor.PORTAL)),
        )
        for one in json.loads(text or "[]")
    )
