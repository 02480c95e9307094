"""From a submission to the form that ProBAUG is sent, and from its answers to outcomes; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.adapter import Answer, Consignment, Delivered, NotThere, Outcome, Refused, Unclear, Unreachable
from gateway.submission import Grade, Micros, SubmissionId
from gateway.transports.https import Body, Part, Response, form_data, not_taken

KEY: Final = "Idempotency-Key"
"""the header in which the submission's id travels: the same key is taken once"""

_NUMBER: Final = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_XBAU_CODE: Final = re.compile(r"[A-Z]\d{3}", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_DUPLICATE: Final = "xbau-s050"


@dataclass(frozen=True, slots=True)
class Listed:
    """A reply that waits: its number there, whom it answers where that is said, and its files' ids and media types."""

    number: str
    submission: SubmissionId | None
    files: tuple[tuple[str, str], ...]


def form(consignment: Consignment, document: bytes) -> Body:
    """The message and its attachments; each is named as the document calls it."""
    name = f"{consignment.submission.id}.xml"
    parts = [Part.named("nachricht", name, Body.of("application/xml", document))]
    parts += [Part.named("anlage", one.attachment.name, Body.enclosed(one)) for one in consignment.enclosures]
    return form_data(parts)


def outcome_of(response: Response, now: Micros) -> Outcome:
    """What the answer to a message means; what is not understood is `Unclear`, never `Delivered`."""
    if trouble := not_taken(response, now):
        return trouble
    said = _said(response)
    case = said.get("vorgang")
    if response.status in {200, 201, 202, 409} and isinstance(case, str) and case:
        return _rejected(said) if said.get("zustand") == "abgewiesen" else Delivered(case, Grade.TAKEN)
    if response.status == 413:
        return Refused("too-large")
    if response.status == 422:
        return _rejected(said)
    return Unclear("answer-not-understood")


def answer_of(response: Response, now: Micros) -> Answer:
    """What the answer to "do you have it?" means; what is not understood says nothing."""
    if response.status == 404 and _said(response).get("zustand") == "unbekannt":
        return NotThere()
    outcome = outcome_of(response, now)
    return Unreachable(outcome.because) if isinstance(outcome, Unclear) else outcome


def is_duplicate(outcome: Outcome) -> bool:
    """Whether it was turned down as a message that is there already; then asking tells whether it is this one."""
    return isinstance(outcome, Refused) and outcome.code == _DUPLICATE


def replies_of(response: Response) -> Sequence[Listed] | None:
    """What waits, oldest first; None where that is not understood."""
    listed = _said(response).get("antworten")
    if not response.good or not isinstance(listed, list):
        return None
    found = [_listed(one) for one in listed]
    return None if None in found else [one for one in found if one is not None]


def _listed(one: object) -> Listed | None:
    match one:
        case {"nummer": str(number), **more} if _NUMBER.fullmatch(number):
            files = more.get("anlagen", [])
            if not isinstance(files, list) or not all(_is_file(file) for file in files):
                return None
            return Listed(number, _submission(more.get("einreichung")), tuple((f["id"], f["typ"]) for f in files))
        case _:
            return None


def _is_file(file: object) -> bool:
    return isinstance(file, dict) and all(isinstance(file.get(name), str) and file[name] for name in ("id", "typ"))


def _submission(said: object) -> SubmissionId | None:
    return SubmissionId(said) if isinstance(said, str) and _UUID.fullmatch(said) else None


def _rejected(said: Mapping[str, Any]) -> Refused:
    """XBau's own number of the fault as a short word of ours; the text goes where personal data may lie."""
    number, text = said.get("fehlerkennzahl"), said.get("text")
    known = isinstance(number, str) and _XBAU_CODE.fullmatch(number)
    return Refused(f"xbau-{number}".lower() if known else "refused-by-vendor", text if isinstance(text, str) else "")


def _said(response: Response) -> Mapping[str, Any]:
    try:
        said = json.loads(response.body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
