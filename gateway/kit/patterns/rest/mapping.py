"""From a submission to the words of the Musterverfahren, and from its answers to outcomes; pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from gateway.adapter import Answer, Consignment, Delivered, NotThere, Outcome, Refused, Unclear, Unreachable
from gateway.submission import Grade, Micros
from gateway.transports.https import Body, Response, not_taken


def path_of(consignment: Consignment) -> str:
    """Where everything of this submission lies: under its id, so that a second delivery meets the first."""
    return f"/antraege/{consignment.submission.id}"


def contents(consignment: Consignment) -> Body:
    """What belongs to the submission; with this the Musterverfahren takes it."""
    said = {
        "antrag": hashlib.sha256(consignment.document).hexdigest(),
        "anlagen": [{"name": one.attachment.name, "sha256": one.attachment.digest} for one in consignment.enclosures],
    }
    return Body.of("application/json", json.dumps(said).encode())


def outcome_of(response: Response, now: Micros) -> Outcome:
    """What the answer to a delivery means; what is not understood is `Unclear`, never `Delivered`."""
    if trouble := not_taken(response, now):
        return trouble
    said = _said(response)
    match said.get("zustand"):
        case "angenommen" if response.good:
            return Delivered(_number(said), Grade.TAKEN)
        case "abgewiesen":
            return Refused(_code(said), str(said.get("text", "")))
        case _:
            return Unclear("answer-not-understood")


def answer_of(response: Response, now: Micros) -> Answer:
    """What the answer to "do you have it?" means; what is not understood says nothing."""
    if response.status == 404 and _said(response).get("zustand") == "unbekannt":
        return NotThere()
    outcome = outcome_of(response, now)
    return Unreachable(outcome.because) if isinstance(outcome, Unclear) else outcome


def _said(response: Response) -> Mapping[str, Any]:
    try:
        said = json.loads(response.body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _number(said: Mapping[str, Any]) -> str:
    number = said.get("nummer")
    return number if isinstance(number, str) else ""


def _code(said: Mapping[str, Any]) -> str:
    """A vendor's reason as a short word of our own; its text goes elsewhere."""
    return _REASONS.get(str(said.get("grund")), "refused-by-vendor")


_REASONS: Final = {"unbekannte-nachricht": "message-unknown", "nicht-zustaendig": "not-responsible"}
