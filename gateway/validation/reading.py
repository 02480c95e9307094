"""
The facts that root attributes and head tell, found by local name.

They are read from invalid documents as well, so each is taken only in the shape that such a fact has: a name that
somebody wrote where an identifier belongs is left where it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from gateway.submission import Reading
from gateway.validation.packages import Package, Paths
from gateway.xml import Document

HEAD: Final = "nachrichtenkopf.g2g"
OLDER_HEAD: Final = "nachrichtenkopf"

MOST_ATTACHMENTS: Final = 1_000

_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_TYPE: Final = re.compile(r"\d{3,7}", re.ASCII)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]{5,20}(?:Z|[+-]\d\d:\d\d)?", re.ASCII)
_KENNUNG: Final = re.compile(r"\w{2,10}:[0-9A-Za-z._\-]{1,64}")
_CASE: Final = re.compile(r"(?=\S*\d)[\w./:\-]{1,100}")
_LEISTUNG: Final = re.compile(r"99\d{12}", re.ASCII)
_ATTACHMENT: Final = re.compile(r"\S{1,255}")
_CHECKSUM: Final = re.compile(r"[0-9A-Fa-f]{64}(?:[0-9A-Fa-f]{64})?")
_ROOT: Final = re.compile(r"[A-Za-z.]{1,100}\.\d{3,7}", re.ASCII)
_NAMESPACE: Final = re.compile(r"(?:urn:|https?://)\S{1,300}")


def head_of(document: Document) -> Mapping[str, str]:
    """The texts in the head of a message, by their path there; nothing where it has no head."""
    return document.leaves(HEAD) or document.leaves(OLDER_HEAD)


def read(document: Document, package: Package | None) -> Reading:
    """What a document says of itself; `package` is the one that knows its root, where there is one."""
    head = head_of(document)
    paths = package.reading if package else Paths()
    return Reading(
        root=document.root if package else _shaped(_ROOT, document.root) or "",
        namespace=document.namespace if package else _shaped(_NAMESPACE, document.namespace) or "",
        standard=package.standard if package else "",
        version=package.version if package else "",
        package_digest=package.digest if package else "",
        message_uuid=_lower(_shaped(_UUID, head.get("identifikation.nachricht/nachrichtenUUID"))),
        message_type=_shaped(_TYPE, head.get("identifikation.nachricht/nachrichtentyp/code")),
        created_at=_shaped(_MOMENT, head.get("identifikation.nachricht/erstellungszeitpunkt")),
        reference_uuid=_lower(_shaped(_UUID, head.get("referenzUUID"))),
        reader=_shaped(_KENNUNG, head.get("leser/kennung")),
        author=_shaped(_KENNUNG, head.get("autor/kennung")),
        case_id=_shaped(_CASE, _at(document, paths.case)),
        leistung=_shaped(_LEISTUNG, _at(document, paths.leistung)),
        attachments=(named := _attachments(document, paths.attachments)),
        checksums=_checksums(document, paths.checksums, len(named)),
        test=document.attribute("test") is not None,
    )


def _at(document: Document, path: str | None) -> str | None:
    return document.text(path) if path else None


def _attachments(document: Document, path: str | None) -> tuple[str, ...]:
    found = document.texts(path)[:MOST_ATTACHMENTS] if path else ()
    return tuple(one for one in found if _ATTACHMENT.fullmatch(one))


def _checksums(document: Document, path: str | None, attachments: int) -> tuple[str, ...]:
    """Of all or of none: which one belongs to which id is known by their order alone."""
    found = document.texts(path) if path and attachments else ()
    return found if len(found) == attachments and all(map(_CHECKSUM.fullmatch, found)) else ()


def _shaped(shape: re.Pattern[str], text: str | None) -> str | None:
    return text if text is not None and shape.fullmatch(text) else None


def _lower(uuid: str | None) -> str | None:
    """RFC 9562 §4: case does not matter in a UUID, so it must not matter for repetitions either."""
    return uuid.lower() if uuid else None
