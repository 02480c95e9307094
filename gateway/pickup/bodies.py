"""What a site sends, read strictly: in its shape or refused by the name of the field, never with its value."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, TypeVar, assert_never, cast

from pydantic import TypeAdapter, ValidationError

from gateway import adapter
from gateway.adapter import Ending
from gateway.errors import BadRequest
from gateway.intake.visit import Visit
from gateway.pickup import shapes
from gateway.site import Certificate, Heartbeat, Site
from gateway.submission import SECOND, Grade, Micros

MOST_BYTES: Final = 64 * 1024
DEFAULT_SECONDS: Final = 300.0
LEASE_ENDED: Final = "lease-ended"
"""the gateway's own word for a lease that ended without one"""

_BODY_SECONDS: Final = 30.0
_IDLE_SECONDS: Final = 10.0

_WISH: Final = TypeAdapter[shapes.LeaseWish](shapes.LeaseWish)
_OUTCOME: Final = TypeAdapter[shapes.Outcome](shapes.Outcome)
_HEARTBEAT: Final = TypeAdapter[shapes.Heartbeat](shapes.Heartbeat)

T = TypeVar("T")


async def seconds_wanted(visit: Visit) -> float:
    """For how long a lease is wanted; an empty body wants the usual."""
    body = await _body(visit)
    if not body.strip():
        return DEFAULT_SECONDS
    return float(_read(_WISH, body).get("seconds", DEFAULT_SECONDS))


async def ending(visit: Visit) -> Ending:
    """How an attempt ended, as the site says."""
    said = _read(_OUTCOME, await _body(visit))
    match said["outcome"]:
        case "delivered":
            return adapter.Delivered(said.get("reference", ""), Grade(said["grade"]))
        case "refused":
            return adapter.Refused(said["code"], said.get("reason", ""))
        case "unreachable":
            return adapter.Unreachable(said["because"], said.get("wait"))
        case "unclear":
            if said["because"] == LEASE_ENDED:
                raise _wrong("because")
            return adapter.Unclear(said["because"])
        case "broken":
            return adapter.Broken(said["error"], tuple(said.get("frames", ())))
        case _:
            assert_never(said["outcome"])


async def heartbeat(visit: Visit, site: Site) -> Heartbeat:
    """What a worker says of itself."""
    said = _read(_HEARTBEAT, await _body(visit))
    return Heartbeat(
        site=site.name,
        worker=said["worker"],
        version=said["version"],
        certificates=tuple(Certificate(one["name"], _moment(one["until"])) for one in said.get("certificates", ())),
    )


async def _body(visit: Visit) -> bytes:
    visit.body.give_time(_BODY_SECONDS, _IDLE_SECONDS)
    return await visit.body.whole(MOST_BYTES)


def _read(shape: TypeAdapter[T], body: bytes) -> T:
    try:
        return shape.validate_json(body)
    except ValidationError as error:
        raise _refused(error) from None


def _refused(error: ValidationError) -> BadRequest:
    first = cast("dict[str, Any]", error.errors(include_input=False, include_url=False, include_context=False)[0])
    if first["type"] == "json_invalid":
        return BadRequest("Der Rumpf der Anfrage ist kein JSON.", "The request's body is no JSON.")
    if first["type"] == "extra_forbidden":
        return BadRequest(
            "Der Rumpf der Anfrage hat ein Feld, das es dort nicht gibt. Welche es gibt, sagt /openapi.json.",
            "The request's body has a field that does not exist there. /openapi.json names those there are.",
        )
    where = [str(part) for part in first["loc"] if isinstance(part, int) or part in _FIELDS]
    return _wrong(".".join(where) or "outcome")


_FIELDS: Final = {name for shape in (*shapes.SENT, shapes.SiteCertificate) for name in shape.__annotations__}


def _wrong(field: str) -> BadRequest:
    return BadRequest(
        f"Im Rumpf der Anfrage fehlt {field}, oder es hat nicht die Form, die /openapi.json beschreibt.",
        f"In the request's body {field} is missing, or does not have the form that /openapi.json describes.",
    )


def _moment(text: str) -> Micros:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong("until") from None
    return Micros(int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()) * SECOND)
