"""What a sender says beside the document: query, key and media type; each either well-formed or refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl

from python_multipart.multipart import parse_options_header

from gateway.connection import ConnectionState
from gateway.errors import BadRequest, Sentence, WrongMediaType
from gateway.intake.visit import Visit

XML: Final = frozenset({"application/xml", "text/xml"})
MULTIPART: Final = "multipart/form-data"

_KEY: Final = re.compile(r"[!-~]{1,255}")
_WAIT: Final = re.compile(r'(?:^|,)\s*wait\s*=\s*"?(?P<seconds>[0-9]{1,6})"?\s*(?=$|[,;])')

_FORMS: Final[Mapping[str, tuple[re.Pattern[str], Sentence]]] = {
    "ars": (
        re.compile(r"[0-9]{2,12}"),
        Sentence(
            "ars ist ein Amtlicher Regionalschlüssel: 2 bis 12 Ziffern.",
            "ars is an Amtlicher Regionalschlüssel: 2 to 12 digits.",
        ),
    ),
    "leistung": (
        re.compile(r"[0-9]{14}"),
        Sentence("leistung ist ein Leistungsschlüssel: 14 Ziffern.", "leistung is a Leistungsschlüssel: 14 digits."),
    ),
    "state": (
        re.compile("|".join(ConnectionState)),
        Sentence(
            f"state ist der Stand einer Anbindung: {', '.join(ConnectionState)}.",
            f"state is the state of a connection: {', '.join(ConnectionState)}.",
        ),
    ),
}
QUESTION: Final = ("leistung", "ars")
FILTER: Final = (*QUESTION, "state")


@dataclass(frozen=True, slots=True)
class MediaType:
    """A `Content-Type`: the type in lower case, and the parameters that matter here."""

    name: str
    charset: str | None = None
    boundary: bytes = b""


def query(visit: Visit, known: Sequence[str] = QUESTION) -> dict[str, str]:
    """
    The parameters of the query, each at most once.

    Raises:
        BadRequest: another one, one twice, or one that is not of its form.
    """
    raw: bytes = visit.scope["query_string"]
    if not raw:
        return {}
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=8, errors="strict")
    except ValueError:
        raise _unknown_parameter(known) from None
    found = dict(pairs)
    if len(found) != len(pairs) or not found.keys() <= set(known):
        raise _unknown_parameter(known)
    for name, value in found.items():
        form, said = _FORMS[name]
        if not form.fullmatch(value):
            raise BadRequest(said.de, said.en)
    return found


def no_query(visit: Visit) -> None:
    """
    For calls that have no parameters.

    Raises:
        BadRequest: there is one.
    """
    if visit.scope["query_string"]:
        raise BadRequest("Dieser Aufruf hat keine Parameter.", "This call has no parameters.")


def idempotency_key(visit: Visit) -> str | None:
    """
    The `Idempotency-Key`, as it stands.

    Raises:
        BadRequest: it is empty, longer than 255 characters, or has others than visible ASCII.
    """
    if b"idempotency-key" not in visit.headers:
        return None
    key = visit.header(b"idempotency-key")
    if not _KEY.fullmatch(key):
        raise BadRequest(
            "Der Idempotency-Key besteht aus 1 bis 255 sichtbaren ASCII-Zeichen.",
            "The Idempotency-Key has 1 to 255 visible ASCII characters.",
        )
    return key


def wait_preferred(visit: Visit) -> int:
    """
    The seconds of `Prefer: wait=n` (RFC 7240 §4.3), 0 where nothing or nothing sensible is preferred.

    What a preference means and nobody understands is passed over, as §2 wants it; of two the first counts.
    """
    said = b",".join(value for name, value in visit.scope["headers"] if name == b"prefer")
    found = _WAIT.search(said.decode("ascii", "replace").lower())
    return int(found["seconds"]) if found else 0


def media_type(visit: Visit, *, multipart: bool) -> MediaType:
    """
    The body's media type.

    Raises:
        WrongMediaType: it is neither XML nor, where that is possible, multipart; or the body is compressed.
        BadRequest: a multipart body without boundary.
    """
    if visit.header(b"content-encoding").lower() not in ("", "identity"):
        raise WrongMediaType(
            "Komprimierte Anfragen (Content-Encoding) werden nicht angenommen.",
            "Compressed requests (Content-Encoding) are not accepted.",
        )
    found = parsed(visit.headers.get(b"content-type", b""))
    if found.name in XML:
        return found
    if multipart and found.name == MULTIPART:
        if not found.boundary:
            raise BadRequest(
                "Dem Content-Type multipart/form-data fehlt die boundary.",
                "The Content-Type multipart/form-data lacks its boundary.",
            )
        return found
    raise _not_taken(multipart=multipart)


class Kind(StrEnum):
    """In which form an answer may come."""

    JSON = "json"
    XML = "xml"


@lru_cache(maxsize=256)
def wanted(accept: str) -> tuple[Kind, ...]:
    """
    What `Accept` (RFC 9110 §12.5.1) asks for, of the two there are, the preferred one first.

    JSON where it says nothing, prefers neither, or asks for what there is not.
    """
    weights = dict.fromkeys(Kind, 0.0)
    for kind, ranges in _RANGES.items():
        for media_range in ranges:  # the most telling first: it alone counts
            if (weight := _weight_of(media_range, accept)) is not None:
                weights[kind] = weight
                break
    found = sorted((kind for kind in Kind if weights[kind]), key=lambda kind: -weights[kind])
    return tuple(found) or (Kind.JSON,)


_RANGES: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.JSON: ("application/json", "application/problem+json", "application/*", "*/*"),
    Kind.XML: ("application/xml", "text/xml", "application/*", "*/*"),
}


def _weight_of(media_range: str, accept: str) -> float | None:
    for one in accept.lower().split(","):
        name, *parameters = (part.strip() for part in one.split(";"))
        if name == media_range:
            said = next((part[2:] for part in parameters if part.startswith("q=")), "1")
            return float(said) if _QVALUE.fullmatch(said) else 0.0
    return None


_QVALUE: Final = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?", re.ASCII)


@lru_cache(maxsize=256)
def parsed(header: bytes) -> MediaType:
    """A `Content-Type` header, by RFC 9110 §8.3.1."""
    name, options = parse_options_header(header)
    charset = options.get(b"charset")
    return MediaType(
        name.decode("ascii", "replace").strip().lower(),
        charset.decode("ascii", "replace").strip() if charset else None,
        options.get(b"boundary", b""),
    )


def _unknown_parameter(known: Sequence[str]) -> BadRequest:
    names = ", ".join(known)
    return BadRequest(
        f"Die Anfrage hat einen unbekannten oder doppelten Parameter. Es gibt: {names}, jeden höchstens einmal.",
        f"The request has an unknown or doubled parameter. There are: {names}, each at most once.",
    )


def _not_taken(*, multipart: bool) -> WrongMediaType:
    if multipart:
        return WrongMediaType(
            "Angenommen werden application/xml, text/xml und, mit Anlagen, multipart/form-data.",
            "Accepted are application/xml, text/xml and, with attachments, multipart/form-data.",
        )
    return WrongMediaType(
        "Angenommen werden application/xml und text/xml.", "Accepted are application/xml and text/xml."
    )
