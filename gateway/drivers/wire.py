"""
Letters and reports as bytes: JSON with a version, and nothing a vendor wrote.

Brokers keep messages on disks that nobody encrypts, so the form has no field for a vendor's words: a delivery travels
as its grade without the Fachverfahren's reference, a refusal as its code without the reason. Those lie in the document
store (DESIGN §2.6). The trace travels beside the body, as the header `traceparent` (W3C Trace Context §3.2).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, Literal, NoReturn, assert_never

from gateway.adapter import Broken, Delivered, Ending, Refused, Unclear, Unreachable
from gateway.dispatch import LETTER_VERSION, Letter, Report
from gateway.submission import Grade, SubmissionId

MOST_BYTES: Final = 65_536
"""A longer body is no letter or report of ours."""

_JSON: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_LONGEST_TEXT: Final = 200
_MOST_FRAMES: Final = 50
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class NotUnderstood(Exception):
    """A body that is no letter or report, or one of a version this software does not know; `because` says which."""

    def __init__(self, because: Literal["unreadable", "unknown-version"]) -> None:
        self.because = because
        super().__init__(because)


def write_letter(letter: Letter) -> bytes:
    """The body of a letter."""
    return _write({"submission": letter.submission, "attempt": letter.attempt, "adapter": letter.adapter})


def read_letter(body: bytes, traceparent: object = "") -> Letter:
    """
    The letter in a body.

    Raises:
        NotUnderstood: it is none, or of another version.
    """
    fields = _read(body)
    try:
        return Letter(
            submission=_id(fields["submission"]),
            attempt=_count(fields["attempt"]),
            adapter=_text(fields["adapter"]),
            traceparent=_trace(traceparent),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise NotUnderstood("unreadable") from error


def write_report(report: Report) -> bytes:
    """The body of a report, without the vendor's words."""
    return _write(
        {
            "submission": report.submission,
            "attempt": report.attempt,
            "key": report.key,
            "worker": report.worker,
            "adapter": report.adapter,
            "ending": _write_ending(report.ending),
        }
    )


def read_report(body: bytes, traceparent: object = "") -> Report:
    """
    The report in a body.

    Raises:
        NotUnderstood: it is none, or of another version.
    """
    fields = _read(body)
    try:
        return Report(
            submission=_id(fields["submission"]),
            attempt=_count(fields["attempt"]),
            key=_text(fields["key"]),
            worker=_text(fields["worker"]),
            adapter=_text(fields["adapter"]),
            ending=_read_ending(_mapping(fields["ending"])),
            traceparent=_trace(traceparent),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise NotUnderstood("unreadable") from error


def _write_ending(ending: Ending) -> dict[str, Any]:
    match ending:
        case Delivered(_, grade):
            return {"how": "delivered", "grade": grade.value}
        case Refused(code, _):
            return {"how": "refused", "code": code}
        case Unreachable(because, wait):
            return {"how": "unreachable", "because": because, "wait": wait}
        case Unclear(because):
            return {"how": "unclear", "because": because}
        case Broken(error, frames):
            return {"how": "broken", "error": error, "frames": frames}
        case _:
            assert_never(ending)


def _read_ending(fields: Mapping[str, Any]) -> Ending:
    match fields["how"]:
        case "delivered":
            return Delivered(reference="", grade=Grade(_text(fields["grade"])))
        case "refused":
            return Refused(_text(fields["code"]))
        case "unreachable":
            return Unreachable(_text(fields["because"]), _seconds(fields["wait"]))
        case "unclear":
            return Unclear(_text(fields["because"]))
        case "broken":
            return Broken(_text(fields["error"]), _frames(fields["frames"]))
        case _:
            raise ValueError("an ending of another kind")


def _write(fields: Mapping[str, Any]) -> bytes:
    return _JSON.encode({"version": LETTER_VERSION, **fields}).encode()


def _read(body: bytes) -> Mapping[str, Any]:
    if len(body) > MOST_BYTES:
        raise NotUnderstood("unreadable")
    try:
        fields = _mapping(json.loads(body, parse_constant=_no_constant))
    except (ValueError, TypeError, RecursionError) as error:
        raise NotUnderstood("unreadable") from error
    version = fields.get("version")
    if type(version) is not int:  # true is not the version 1
        raise NotUnderstood("unreadable")
    if version != LETTER_VERSION:
        raise NotUnderstood("unknown-version")
    return fields


def _no_constant(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON (RFC 8259 §6)")


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise ValueError("not a short text")
    return value


def _id(value: object) -> SubmissionId:
    if not _ID.fullmatch(_text(value)):
        raise ValueError("not an id")
    return SubmissionId(_text(value))


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("not a count")
    return value


def _seconds(value: object) -> float | None:
    if value is None:
        return None
    if not isinstance(value, (int, float)) or isinstance(value, bool) or value < 0:
        raise ValueError("not a time to wait")
    return float(value)


def _frames(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > _MOST_FRAMES:
        raise ValueError("not a list of frames")
    return tuple(_text(frame) for frame in value)


def _trace(value: object) -> str:
    return value if isinstance(value, str) and _TRACEPARENT.fullmatch(value) else ""
