"""Between rows and values: how replies lie in their tables, and how they are read back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Select, bindparam, func, insert, literal_column, select

from gateway.drivers.sql.rows import ATTACHMENT_COLUMNS, attachments_by_submission, findings_from, findings_text
from gateway.drivers.sql.steps import Ask, Do, Now, Row, Statement, Steps, Values, each
from gateway.drivers.sql.tables import arrivals, attachments, documents, replies, reply_steps, words
from gateway.reply import Arrival, Effect, Incoming, Kind, Origin, StoredReply
from gateway.submission import Attachment, Micros, SubmissionId

_COLUMNS: Final = (
    *("id", "submission", "kind", "effect", "code", "box", "settled_at", "received_at"),
    *("adapter", "destination", "test", "brought_by", "root", "standard", "schema_version", "message_uuid"),
    *("message_type", "answers", "digest", "size", "findings", "attachments"),
)


def stored() -> Select[Any]:
    """Replies with what the document store has of them; to be narrowed."""
    file_number = (
        select(words.c.reference)
        .where(words.c.submission == replies.c.id, words.c.reference != "")
        .limit(1)
        .scalar_subquery()
    )
    document = select(literal_column("1")).where(documents.c.id == replies.c.id).scalar_subquery()
    return select(*(replies.c[name] for name in _COLUMNS), file_number, document)


def stored_from(row: Row) -> StoredReply:
    """A row of `stored`, without its files."""
    (
        id_,
        submission,
        kind,
        effect,
        code,
        box,
        settled_at,
        received_at,
        adapter,
        destination,
        test,
        brought_by,
        root,
        standard,
        version,
        message_uuid,
        message_type,
        answers,
        digest,
        size,
        findings,
        _,
        file_number,
        document,
    ) = row
    return StoredReply(
        id=id_,
        origin=Origin(adapter=adapter, destination=destination, test=bool(test), by=brought_by),
        submission=SubmissionId(submission) if submission else None,
        kind=Kind(kind) if kind else None,
        effect=Effect(effect),
        code=code,
        box=box,
        settled_at=settled_at,
        received_at=Micros(received_at),
        root=root,
        standard=standard,
        version=version,
        message_uuid=message_uuid,
        message_type=message_type,
        answers=answers,
        digest=digest,
        size=size,
        findings=findings_from(findings),
        file_number=file_number,
        has_document=document is not None,
    )


insert_reply: Final = Statement(
    insert(replies).values({c.name: bindparam(c.name) for c in replies.c if c.name != "sequence"})
)
insert_document: Final = Statement(insert(documents).values({c.name: bindparam(c.name) for c in documents.c}))
insert_attachment: Final = Statement(insert(attachments).values({c.name: bindparam(c.name) for c in attachments.c}))
insert_step: Final = Statement(
    insert(reply_steps).values({c.name: bindparam(c.name) for c in reply_steps.c if c.name != "id"})
)


def reply_values(one: Incoming, submission: SubmissionId | None, box: str, *, due: bool) -> Values:
    """Values for `insert_reply`."""
    return {
        "id": one.id,
        "submission": submission,
        "kind": one.kind or "",
        "effect": one.effect,
        "due": int(due),
        "code": one.code,
        "box": box,
        "settled_at": None,
        "received_at": one.received_at,
        "adapter": one.origin.adapter,
        "destination": one.origin.destination,
        "test": int(one.origin.test),
        "brought_by": one.origin.by,
        "root": one.root,
        "standard": one.standard,
        "schema_version": one.version,
        "package_digest": one.package_digest,
        "message_uuid": one.message_uuid,
        "message_type": one.message_type,
        "answers": one.answers,
        "digest": one.digest,
        "size": len(one.document),
        "attachments": len(one.files),
        "findings": findings_text(one.findings),
    }


def document_values(one: Incoming, now: Micros) -> Values:
    """Values for `insert_document`."""
    return {
        "id": one.id,
        "submission": one.id,
        "kind": "reply",
        "media_type": "application/xml",
        "size": len(one.document),
        "content": one.document,
        "stored_at": now,
        "expires_at": None,
        "data_key": None,
    }


def file_values(one: Incoming, now: Micros) -> Sequence[Values]:
    """Values for `insert_attachment`."""
    return [
        {
            "id": file.id,
            "submission": one.id,
            "position": position,
            "name": file.name,
            "media_type": file.media_type,
            "size": file.size,
            "digest": file.digest,
            "stored_at": now,
            "expires_at": None,
            "data_key": None,
        }
        for position, file in enumerate(one.files)
    ]


def step_values(reply: str, at: Micros, name: str, *, code: str = "", by: str = "") -> Values:
    """Values for `insert_step`."""
    return {"reply": reply, "at": at, "name": name, "code": code, "by": by}


# ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_one: Final = Statement(stored().where(replies.c.id == bindparam("reply")))
_of_submission: Final = Statement(
    stored().where(replies.c.submission == bindparam("answered")).order_by(replies.c.sequence)
)
_box: Final = Statement(
    stored()
    .where(literal_column("replies.box <> '' AND replies.settled_at IS NULL"))
    .order_by(replies.c.sequence)
    .limit(bindparam("most"))
)
_boxed: Final = Statement(
    select(func.count()).select_from(replies).where(literal_column("replies.box <> '' AND replies.settled_at IS NULL"))
)
_files: Final = Statement(
    select(*ATTACHMENT_COLUMNS)
    .where(attachments.c.submission == bindparam("reply"))
    .order_by(attachments.c.submission, attachments.c.position)
)
_document: Final = Statement(
    select(documents.c.content).where(documents.c.id == bindparam("reply"), documents.c.kind == "reply")
)


def look(reply: str) -> Steps[StoredReply | None]:
    """One reply with its files."""
    rows: Sequence[Row] = yield Ask(_one, {"reply": reply})
    return (yield from _with_files(rows[0])) if rows else None


def _with_files(row: Row) -> Steps[StoredReply]:
    reply = stored_from(row)
    if not row[_COLUMNS.index("attachments")]:
        return reply
    enclosed = attachments_by_submission((yield Ask(_files, {"reply": reply.id})))
    return replace(reply, files=tuple(enclosed.get(reply.id, ())))


def _answers(submission: SubmissionId) -> Steps[Sequence[StoredReply]]:
    rows: Sequence[Row] = yield Ask(_of_submission, {"answered": submission})
    found: list[StoredReply] = []
    for row in rows:
        found.append((yield from _with_files(row)))  # noqa: PERF401 - a comprehension cannot yield
    return found


def _in_box(most: int) -> Steps[Sequence[StoredReply]]:
    rows: Sequence[Row] = yield Ask(_box, {"most": most})
    return [stored_from(row) for row in rows]


def _count(_: None) -> Steps[int]:
    rows: Sequence[Row] = yield Ask(_boxed, {})
    return int(rows[0][0])


def _content(reply: str) -> Steps[bytes | None]:
    rows: Sequence[Row] = yield Ask(_document, {"reply": reply})
    return bytes(rows[0][0]) if rows else None


LOOK: Final = each("reply", look)
ANSWERS: Final = each("replies", _answers)
BOX: Final = each("box", _in_box)
BOXED: Final = each("boxed", _count)
DOCUMENT: Final = each("reply_document", _content)


# ── what workers left ────────────────────────────────────────────────────────────────────────────────────────────────

_insert_arrival: Final = Statement(insert(arrivals).values({c.name: bindparam(c.name) for c in arrivals.c}))
_arrival_ids: Final = Statement(
    select(arrivals.c.id).order_by(arrivals.c.stored_at, arrivals.c.id).limit(bindparam("most"))
)
_arrival: Final = Statement(
    select(
        arrivals.c.id,
        arrivals.c.adapter,
        arrivals.c.destination,
        arrivals.c.test,
        arrivals.c.brought_by,
        arrivals.c.submission,
        arrivals.c.content,
        arrivals.c.attachments,
    ).where(arrivals.c.id == bindparam("arrived"))
)
arrived_files: Final = Statement(select(arrivals.c.attachments).where(arrivals.c.attachments != "[]"))


def files_text(files: Sequence[Attachment]) -> str:
    """Files as they lie with an arrival."""
    return json.dumps([[one.id, one.name, one.media_type, one.size, one.digest] for one in files])


def files_from(text: str) -> tuple[Attachment, ...]:
    """The reverse of `files_text`."""
    return tuple(
        Attachment(id=id_, name=name, media_type=media_type, size=size, digest=digest)
        for id_, name, media_type, size, digest in json.loads(text)
    )


def _leave(arrival: Arrival) -> Steps[None]:
    now: Micros = yield Now()
    yield Do(_insert_arrival, [_arrival_values(arrival, now)])


def _arrival_values(arrival: Arrival, now: Micros) -> Values:
    return {
        "id": arrival.id,
        "adapter": arrival.origin.adapter,
        "destination": arrival.origin.destination,
        "test": int(arrival.origin.test),
        "brought_by": arrival.origin.by,
        "submission": arrival.submission,
        "content": arrival.document,
        "attachments": files_text(arrival.files),
        "stored_at": now,
        "expires_at": None,
        "data_key": None,
    }


def _left(most: int) -> Steps[Sequence[str]]:
    rows: Sequence[Row] = yield Ask(_arrival_ids, {"most": most})
    return [row[0] for row in rows]


def _arrived(reply: str) -> Steps[Arrival | None]:
    rows: Sequence[Row] = yield Ask(_arrival, {"arrived": reply})
    if not rows:
        return None
    id_, adapter, destination, test, by, submission, content, files = rows[0]
    return Arrival(
        id=id_,
        origin=Origin(adapter=adapter, destination=destination, test=bool(test), by=by),
        submission=SubmissionId(submission) if submission else None,
        document=bytes(content),
        files=files_from(files),
    )


LEAVE: Final = each("leave", _leave)
LEFT: Final = each("arrivals", _left)
ARRIVED: Final = each("arrival", _arrived)
