"""From replies to the JSON a portal reads; pure."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import Language
from gateway.receipt import reply_shapes, words
from gateway.receipt.answers import links, moment
from gateway.reply import StoredReply
from gateway.submission import Attachment, SubmissionId


def replies(
    submission: SubmissionId, rows: Sequence[StoredReply], language: Language, *, sandbox: bool
) -> reply_shapes.Replies:
    """What the authority answered, newest last."""
    body: reply_shapes.Replies = {
        "submissionId": submission,
        "replies": [_reply(one, links(submission)["replies"], language) for one in rows if one.kind],
    }
    if sandbox:
        body["sandbox"] = True
    return body


def _reply(one: StoredReply, folder: str, language: Language) -> reply_shapes.Reply:
    assert one.kind is not None
    body: reply_shapes.Reply = {
        "replyId": one.id,
        "kind": one.kind.value,
        "kindLabel": words.KINDS[one.kind].into(language),
        "receivedAt": moment(one.received_at),
        "root": one.root,
        "standard": one.standard,
        "standardVersion": one.version,
        "test": one.origin.test,
        "document": _document(one, folder),
        "attachments": [_file(file, one, folder) for file in one.files],
    }
    if one.message_type:
        body["messageType"] = one.message_type
    if one.message_uuid:
        body["messageUuid"] = one.message_uuid
    if one.code:
        body["code"] = one.code
    if one.file_number:
        body["fileNumber"] = one.file_number
    return body


def _document(one: StoredReply, folder: str) -> reply_shapes.ReplyDocument | None:
    if not one.has_document:
        return None
    return {"href": f"{folder}/{one.id}/document", "mediaType": "application/xml", "size": one.size}


def _file(file: Attachment, one: StoredReply, folder: str) -> reply_shapes.ReplyFile:
    return {
        "name": file.name,
        "href": f"{folder}/{one.id}/attachments/{file.id}",
        "mediaType": file.media_type,
        "size": file.size,
        "digest": file.digest,
    }
