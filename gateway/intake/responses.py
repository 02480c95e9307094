"""Answers as HTTP: JSON or problem+json, with the headers they all have, and each refusal told as an event."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from fastapi import Response
from fastapi.responses import StreamingResponse

from gateway import receipt
from gateway.errors import GatewayError, Language, NotIdentified, OperatorsFault
from gateway.events import RequestFailed, RequestRefused, frames_of
from gateway.intake.refusals import RETRY_AFTER, Failure, status_of
from gateway.intake.visit import SUBMISSIONS, Visit
from gateway.submission import Attachment

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
XML: Final = "application/xml"

VARIES: Final = {"Vary": "Accept, Accept-Language"}
"""For what comes in more than one form."""
NOT_STORED: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""For what is fetched. Answers to POST are stored by nobody (RFC 9111 §3), and each header costs time."""

_TO_SAVE: Final[Mapping[str, str]] = {**NOT_STORED, "Content-Security-Policy": "default-src 'none'; sandbox"}

_encoder: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


def told(
    body: Mapping[str, Any],
    visit: Visit,
    *,
    status: int = 200,
    media_type: str = JSON,
    headers: Mapping[str, str] = NOT_STORED,
) -> Response:
    """A JSON answer in the visitor's language."""
    return Response(
        _encoder.encode(body),
        status,
        {"Content-Type": media_type, "Content-Language": visit.language.value, **headers},
    )


def handed_out(document: bytes, name: str) -> Response:
    """A document as it is, to be saved and not to be shown: nobody here vouches for what is in it."""
    return Response(document, 200, {**_TO_SAVE, "Content-Type": "application/xml", **_named(name)})


def streamed(pieces: AsyncIterator[bytes], file: Attachment) -> Response:
    """A file as it is, piece by piece, under its id: what a vendor called it stands in the reply."""
    headers = {**_TO_SAVE, "Content-Type": file.media_type, "Content-Length": str(file.size), **_named(file.id)}
    return StreamingResponse(pieces, 200, headers)


def _named(name: str) -> Mapping[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def told_unless_known(body: Mapping[str, Any], visit: Visit) -> Response:
    """A JSON answer with the tag of its bytes; 304 for a visitor who has just that (RFC 9110 §13.1.2)."""
    answer = told(body, visit)
    tag = f'"{hashlib.sha256(answer.body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept-Language"}
    if knows(visit, tag):
        return Response(status_code=304, headers=headers)
    answer.headers.update(headers)
    return answer


def knows(visit: Visit, tag: str) -> bool:
    """Whether `If-None-Match` (RFC 9110 §13.1.2) names this tag, compared weakly."""
    said = visit.header(b"if-none-match")
    named = (one.strip().removeprefix("W/") for one in said.split(","))
    return said == "*" or tag in named


def in_xml(content: bytes, *, status: int = 200, headers: Mapping[str, str] = MappingProxyType({})) -> Response:
    """A message of a standard; what it says, it says in German."""
    return Response(content, status, {"Content-Type": XML, "Content-Language": Language.GERMAN.value, **headers})


def note_refusal(error: GatewayError, visit: Visit, status: int | None = None) -> int:
    """Tell operators of a request that could not be served; its status, the usual one unless another is given."""
    status = status or status_of(error)
    RequestRefused(
        code=error.code,
        status=status,
        client=visit.client,
        path=visit.pattern,
        trace=visit.traceparent,
        seconds=_of_intake(visit),
    ).tell()
    return status


def _of_intake(visit: Visit) -> float | None:
    """Seconds since the first byte, of a request that was to be a submission."""
    return time.perf_counter() - visit.started if visit.straight == SUBMISSIONS else None


def refused(error: GatewayError, visit: Visit, *, sandbox: bool, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a request that could not be served, told to operators as well."""
    if isinstance(error, OperatorsFault):
        return failed(error, visit, sandbox=sandbox)
    return _problem(error, note_refusal(error, visit), visit, sandbox=sandbox, headers=headers)


def failed(error: Exception, visit: Visit, *, sandbox: bool) -> Response:
    """The answer where something of ours broke: operators learn class and frames, the sender that it was not them."""
    return _problem(tell_failure(error, visit), 500, visit, sandbox=sandbox)


def tell_failure(error: Exception, visit: Visit) -> Failure:
    """Tell operators of something of ours that broke; what its sender is told."""
    RequestFailed(
        error=type(error).__name__,
        frames=frames_of(error),
        path=visit.pattern,
        trace=visit.traceparent,
        seconds=_of_intake(visit),
    ).tell()
    return Failure(
        "Im Gateway ist ein Fehler aufgetreten; der Betreiber sieht ihn. Bitte die Anfrage später unverändert "
        "wiederholen und bei Rückfragen die Angabe in instance nennen.",
        "An error occurred in the gateway; its operator sees it. Please repeat the request unchanged later, and name "
        "what instance says when asking.",
    )


def _problem(
    error: GatewayError, status: int, visit: Visit, *, sandbox: bool, headers: Mapping[str, str] | None = None
) -> Response:
    instance = f"urn:antragsgateway:request:{visit.trace}"
    body = receipt.problem(error, status, visit.language, instance=instance, sandbox=sandbox)
    fitting = {**NOT_STORED, **(headers or {})}
    if status in RETRY_AFTER:
        fitting["Retry-After"] = RETRY_AFTER[status]
    if isinstance(error, NotIdentified):
        fitting["WWW-Authenticate"] = 'Bearer realm="antragsgateway"'
    return told(body, visit, status=status, media_type=PROBLEM, headers=fitting)
