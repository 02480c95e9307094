"""
The receipt as a message of the standard concerned, by the facts of a table; pure.

What it says is German and within DIN 91379, datatype C. It repeats no value from the document but what its head says
of itself: UUID, type, time, reader and author, each in the shape that such a fact has.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from gateway.receipt import words
from gateway.receipt.answers import moment
from gateway.rejections import Form, Part, Table
from gateway.submission import Finding, Severity, Submission
from gateway.xml import Element, written

PRODUCT: Final = "Antragsgateway"

MOST_RETURNED: Final = 7_000_000
"""bytes of a document that goes back with its rejection: in Base64 more would be no text that parsers take"""

Facts = Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """Who writes the messages that the gateway writes itself."""

    name: str = PRODUCT
    kennung: str = ""
    """in the DVDV; empty: that of the reader, on whose behalf the gateway looks at messages"""
    contact: str = ""
    """an e-mail address"""


class Unknown(Exception):
    """A message needs a fact that nobody knows."""

    def __init__(self, fact: str) -> None:
        self.fact: Final = fact
        super().__init__(fact)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What is answered: a submission, what was found, and its document where that is at hand."""

    submission: Submission
    findings: tuple[Finding, ...]
    document: bytes | None = None
    sandbox: bool = False


def message(
    answered: Answered, form: Form, table: Table, *, standard: str, version: str, namespace: str, letterhead: Letterhead
) -> bytes:
    """
    The message of this form, by the standard's package that has it.

    Asked twice it is the same, to the UUID. Raises Unknown where a fact is not known that it cannot do without.
    """
    facts = _facts(answered, form, table, letterhead) | {"standard": standard, "version": version}
    reasons = [_reason(one, table) for one in answered.findings if one.severity is Severity.ERROR]
    (root,) = _elements(form.root, facts, reasons)
    return written(root, {form.own_prefix: namespace, **form.prefixes})


# ── facts ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _facts(answered: Answered, form: Form, table: Table, letterhead: Letterhead) -> dict[str, str | None]:
    submission, document = answered.submission, answered.document
    returned = document if document is not None and len(document) <= MOST_RETURNED else None
    kennung = letterhead.kennung or submission.reader
    on_behalf = not letterhead.kennung
    return {
        "uuid": _uuid(submission, form, with_document=returned is not None),
        "created": moment(submission.received_at),
        "product": PRODUCT,
        "maker": PRODUCT,
        "product_version": version("antragsgateway"),
        "test": "sandbox" if answered.sandbox else "true" if submission.test else None,
        "author": kennung,
        "author_name": plain(f"{letterhead.name}, im Auftrag des Lesers" if on_behalf else letterhead.name),
        "recipient": submission.author,
        "recipient_name": plain(submission.client),
        "checked_by": plain(letterhead.name),
        "contact": letterhead.contact or None,
        "submission": submission.id,
        "message_uuid": submission.message_uuid,
        "message_type": submission.message_type,
        "message_created": submission.created_at,
        "message_root": submission.root or None,
        "message_sha256": hashlib.sha256(document).hexdigest() if document is not None else None,
        "message": base64.b64encode(returned).decode() if returned is not None else "",
        "case": submission.case_id,
        "list": table.codes.uri,
        "list_version": table.codes.version,
        "statement": plain(words.RECEIVED.de),
    }


def _reason(finding: Finding, table: Table) -> dict[str, str | None]:
    text = plain(finding.text.de)
    line = None if finding.line is None else str(finding.line)
    place = " ".join(part for part in (f"Zeile {line}" if line else "", plain(finding.path or "")) if part)
    return {
        "code": table.code(finding.code),
        "text": text,
        "text_with_place": f"{place}: {text}" if place else text,
        "path": plain(finding.path) if finding.path else None,
        "line": line,
        "rule": plain(finding.rule) if finding.rule else None,
    }


def _uuid(submission: Submission, form: Form, *, with_document: bool) -> str:
    """One for each content, because a message that says something else must not have the same."""
    name = f"{submission.id} {form.root_name} {'with' if with_document else 'without'} document"
    return str(uuid.uuid5(_ANSWERS, name))


_ANSWERS: Final = uuid.UUID("5f0d7bbd-7b0e-4a4c-9f3b-8c6f5a4e2d10")
"""the namespace (RFC 9562 §5.5) of the UUIDs that answers have"""


def plain(text: str) -> str:
    """A text with nothing but characters of DIN 91379, datatype C: others become what looks like them, or `?`."""
    return _BEYOND.sub("?", unicodedata.normalize("NFC", text).translate(_LOOKS_LIKE))


_LOOKS_LIKE: Final = str.maketrans(
    {"„": '"', "“": '"', "”": '"', "‚": "'", "‘": "'", "–": "-", "—": "-", "…": "...", "\u202f": " ", "\u2011": "-"}
)
_BEYOND: Final = re.compile("[^\t\n\r\x20-\x7e\xa0-\xac\xae-\u017e\u2019\u20ac]")
"""the part of the datatype that German and its neighbours need"""


# ── from facts to elements ───────────────────────────────────────────────────────────────────────────────────────────


def _elements(part: Part, facts: Facts, reasons: Sequence[Facts]) -> tuple[Element, ...]:
    if part.each:
        return tuple(_element(part, {**facts, **reason}, ()) for reason in reasons)
    try:
        element = _element(part, facts, reasons)
    except Unknown:
        if part.optional:
            return ()
        raise
    return () if part.optional and not (element.content or element.attributes) else (element,)


def _element(part: Part, facts: Facts, reasons: Sequence[Facts]) -> Element:
    attributes = {one.name: value for one in part.attributes if (value := _attribute(one, facts)) is not None}
    if part.text is not None:
        return Element(part.name, _value(part.text, facts), attributes)
    children = tuple(element for below in part.parts for element in _elements(below, facts, reasons))
    return Element(part.name, children, attributes)


def _attribute(part: Part, facts: Facts) -> str | None:
    try:
        return _value(part.text or "", facts)
    except Unknown:
        if part.optional:
            return None
        raise


def _value(text: str, facts: Facts) -> str:
    if not text.startswith("{"):
        return text
    name = text[1:-1]
    value = facts[name]
    if value is None:
        raise Unknown(name)
    return value
