"""Between JSON and values: what the pickup door says, and what it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

from gateway.adapter import Broken, Delivered, Ending, Endpoint, Refused, Unclear, Unreachable
from gateway.site import Heartbeat
from gateway.submission import SECOND, Attachment, Micros, Submission, SubmissionId


@dataclass(frozen=True, slots=True)
class Listed:
    """A letter that waits."""

    letter: SubmissionId
    attempt: int
    adapter: str


@dataclass(frozen=True, slots=True)
class Leased:
    """A lease, and all that came with it but the bytes."""

    submission: Submission
    attempt: int
    key: str
    until: Micros
    ask: bool
    destination: str
    settings: Mapping[str, Any]
    document: str
    """path"""
    outcome: str
    """path"""
    attachments: Mapping[str, str]
    """paths by id"""


@dataclass(frozen=True, slots=True)
class Reached:
    """A destination of the site, live or for tests."""

    adapter: str
    endpoint: Endpoint


def reached(body: Mapping[str, Any]) -> list[Reached]:
    """The destinations in an answer."""
    return [
        Reached(one["adapter"], Endpoint(one["name"], one["test"], one["settings"])) for one in body["destinations"]
    ]


def listed(body: Mapping[str, Any]) -> list[Listed]:
    """The letters in a list."""
    return [Listed(SubmissionId(one["letter"]), one["attempt"], one["adapter"]) for one in body["letters"]]


def leased(body: Mapping[str, Any]) -> Leased:
    """The lease in an answer."""
    said, links = body["submission"], body["links"]
    enclosed = {one["link"].rsplit("/", 1)[1]: one for one in body["attachments"]}
    return Leased(
        submission=Submission(
            id=SubmissionId(said["submissionId"]),
            client=said["client"],
            service=said["service"],
            leistung=said["leistung"],
            authority=said["authority"]["ars"],
            destination=body["destination"]["name"],
            adapter=body["adapter"],
            root=said["root"],
            standard=said["standard"],
            version=said["standardVersion"],
            message_uuid=said.get("messageUuid"),
            reference_uuid=said.get("referenceUuid"),
            case_key=said.get("caseKey"),
            test=said["test"],
            received_at=moment(said["receivedAt"]),
            case_id=said.get("caseId"),
            message_type=said.get("messageType"),
            created_at=said.get("createdAt"),
            reader=said.get("reader"),
            author=said.get("author"),
            traceparent=said.get("traceparent", ""),
            attachments=tuple(
                Attachment(
                    id=id_, name=one["name"], media_type=one["mediaType"], size=one["size"], digest=one["digest"]
                )
                for id_, one in enclosed.items()
            ),
        ),
        attempt=body["attempt"],
        key=body["key"],
        until=moment(body["until"]),
        ask=body["ask"],
        destination=body["destination"]["name"],
        settings=body["destination"]["settings"],
        document=links["document"],
        outcome=links["outcome"],
        attachments={id_: one["link"] for id_, one in enclosed.items()},
    )


def outcome(ending: Ending) -> dict[str, Any]:
    """How an attempt ended, as the door wants to hear it; what is too long or not of its form is cut to it."""
    match ending:
        case Delivered(reference, grade):
            said = {"outcome": "delivered", "grade": grade.value}
            return said | ({"reference": reference[:500]} if reference else {})
        case Refused(code, reason):
            return {"outcome": "refused", "code": _code(code)} | ({"reason": reason[:4_000]} if reason else {})
        case Unreachable(because, wait):
            said = {"outcome": "unreachable", "because": _code(because)}
            return said | ({"wait": min(max(wait, 0.0), 86_400.0)} if wait is not None else {})
        case Unclear(because):
            return {"outcome": "unclear", "because": _code(because)}
        case Broken(error, frames):
            return {"outcome": "broken", "error": error[:100], "frames": [frame[:200] for frame in frames[-12:]]}
        case _:
            assert_never(ending)


def heartbeat(said: Heartbeat) -> dict[str, Any]:
    """What a worker says of itself."""
    return {
        "worker": said.worker,
        "version": said.version,
        "certificates": [
            {"name": one.name[:100], "until": datetime.fromtimestamp(one.until // SECOND).astimezone().isoformat()}
            for one in said.certificates
        ],
    }


def moment(text: str) -> Micros:
    """A time as the gateway writes it."""
    at = datetime.fromisoformat(text)
    return Micros(int(at.replace(microsecond=0).timestamp()) * SECOND + at.microsecond)


def _code(code: str) -> str:
    """A code in the form the door takes: an adapter that has one of another form does not lose its outcome over it."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in code[:64])
    return kept if kept[:1].isalnum() else f"x{kept}"[:64]
