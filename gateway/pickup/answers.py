"""From values to the JSON a site reads; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gateway.adapter import Ending, Endpoint
from gateway.errors import Language
from gateway.journal import Claim
from gateway.pickup import shapes
from gateway.pickup.leases import key_of
from gateway.receipt import findings, moment
from gateway.receipt.shapes import Authority
from gateway.reply import Boxed, Kept, Repeated
from gateway.routing import Destination
from gateway.site import Lease, Waiting
from gateway.submission import Attachment, Micros, Submission

Called = Callable[[str], str]
"""an authority's name, by its ARS"""


def letters(site: str, waiting: Sequence[Waiting], *, called: Called, sandbox: bool) -> shapes.Letters:
    """What waits."""
    body: shapes.Letters = {"letters": [_letter(site, one, called) for one in waiting]}
    if sandbox:
        body["sandbox"] = True
    return body


def leased(site: str, claim: Claim, endpoint: Endpoint, *, called: Called, sandbox: bool) -> shapes.Lease:
    """A lease, with everything that a delivery needs but the bytes."""
    submission, path = claim.submission, path_of(site, claim.submission.id)
    body: shapes.Lease = {
        "letter": submission.id,
        "attempt": claim.attempt,
        "adapter": submission.adapter,
        "key": key_of(claim),
        "until": moment(claim.until),
        "ask": claim.ask,
        "submission": _submission(submission, called),
        "destination": {"name": endpoint.destination, "settings": dict(endpoint.settings)},
        "attachments": [_attachment(path, one) for one in submission.attachments],
        "links": {
            "document": f"{path}/document",
            "renew": f"{path}/lease/renew",
            "outcome": f"{path}/outcome",
            "replies": f"{path}/replies",
        },
    }
    if sandbox:
        body["sandbox"] = True
    return body


def renewed(lease: Lease, until: Micros) -> shapes.Renewed:
    """It lasts longer."""
    return {"letter": lease.submission, "until": moment(until)}


def counted(lease: Lease, ending: Ending, *, repeated: bool) -> shapes.Counted:
    """An outcome counts, now or since it was said first."""
    outcome: Any = type(ending).__name__.lower()
    return {"letter": lease.submission, "attempt": lease.attempt, "outcome": outcome, "repeated": repeated}


def brought(taken: Kept | Boxed | Repeated, language: Language) -> shapes.Brought:
    """What became of a reply."""
    reply = taken.first if isinstance(taken, Repeated) else taken.reply
    body: shapes.Brought = {
        "replyId": reply.id,
        "result": "boxed" if reply.submission is None else "kept",
        "repeated": isinstance(taken, Repeated),
    }
    if reply.submission is not None:
        body["letter"] = reply.submission
    if reply.kind:
        body["kind"] = reply.kind.value
    if reply.box:
        body["code"] = reply.box
    if reply.findings:
        body["findings"] = findings(reply.findings, language)
    return body


def destinations(within: Sequence[Destination]) -> shapes.Destinations:
    """Where the site's Fachverfahren are, live and for tests."""
    return {
        "destinations": [
            {"name": one.name, "adapter": one.adapter, "test": test, "settings": dict(one.endpoint(test=test).settings)}
            for one in within
            for test in (False, True)
        ]
    }


def path_of(site: str, letter: str) -> str:
    """Where a letter lies."""
    return f"/v1/sites/{site}/letters/{letter}"


def _letter(site: str, one: Waiting, called: Called) -> shapes.WaitingLetter:
    submission = one.submission
    return {
        "letter": submission.id,
        "attempt": one.attempt,
        "adapter": submission.adapter,
        "service": submission.service,
        "authority": _authority(submission, called),
        "destination": submission.destination,
        "test": submission.test,
        "size": one.size,
        "attachments": one.attachments,
        "receivedAt": moment(submission.received_at),
        "waitingSince": moment(one.since),
        "links": {"lease": f"{path_of(site, submission.id)}/lease"},
    }


def _submission(submission: Submission, called: Called) -> shapes.LeasedSubmission:
    body: shapes.LeasedSubmission = {
        "submissionId": submission.id,
        "client": submission.client,
        "service": submission.service,
        "leistung": submission.leistung,
        "authority": _authority(submission, called),
        "standard": submission.standard,
        "standardVersion": submission.version,
        "root": submission.root,
        "test": submission.test,
        "receivedAt": moment(submission.received_at),
    }
    for name, value in (
        ("messageUuid", submission.message_uuid),
        ("referenceUuid", submission.reference_uuid),
        ("caseKey", submission.case_key),
        ("caseId", submission.case_id),
        ("messageType", submission.message_type),
        ("createdAt", submission.created_at),
        ("reader", submission.reader),
        ("author", submission.author),
        ("traceparent", submission.traceparent),
    ):
        if value:
            body[name] = value  # type: ignore[literal-required]  # all of them may be missing
    return body


def _authority(submission: Submission, called: Called) -> Authority:
    return {"ars": submission.authority, "name": called(submission.authority)}


def _attachment(path: str, one: Attachment) -> shapes.LeasedAttachment:
    return {
        "name": one.name,
        "mediaType": one.media_type,
        "size": one.size,
        "digest": one.digest,
        "link": f"{path}/attachments/{one.id}",
    }
