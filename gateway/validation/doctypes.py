"""
The document type that some published schemas carry, taken off under control.

The W3C's schema for signatures begins with a DOCTYPE that names a DTD on the network and declares one entity. A parser
that honours document types could be made to read files and addresses; so only declarations that can do no harm are
known here, are unfolded by hand, and everything else is refused.
"""

from __future__ import annotations

import re
from typing import Final

from gateway.errors import BadPackage

_QUOTED: Final = rb"(?:\"[^\"<&%]{0,500}\"|'[^'<&%]{0,500}')"
_DOCTYPE: Final = re.compile(
    rb"<!DOCTYPE\s+[\w.\-:]{1,100}"
    rb"(?:\s+PUBLIC\s+" + _QUOTED + rb"\s+" + _QUOTED + rb"|\s+SYSTEM\s+" + _QUOTED + rb")?\s*"
    rb"(?:\[(?P<subset>[^\[\]]{0,5000})\]\s*)?>"
)
_BEFORE: Final = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s++|<\?(?s:.*?)\?>|<!--(?s:.*?)-->)*+")
_COMMENT: Final = re.compile(rb"<!--(?s:.*?)-->")
_ENTITY: Final = re.compile(rb"<!ENTITY\s+(?P<name>[A-Za-z][\w.\-]{0,50})\s+(?P<value>" + _QUOTED + rb")\s*>")
_EMPTY_PARAMETER: Final = re.compile(rb"<!ENTITY\s+%\s+[A-Za-z][\w.\-]{0,50}\s+(?:\"\"|'')\s*>")
_FIXED: Final = re.compile(
    rb"<!ATTLIST\s+[\w.\-:]{1,100}(?:\s+xmlns(?::(?P<prefix>[\w.\-]{1,50}))?\s+CDATA\s+#FIXED\s+" + _QUOTED + rb")+\s*>"
)
_MOST_REFERENCES: Final = 1_000


def without_document_type(owner: str, name: str, content: bytes) -> bytes:
    """
    The same document without its DOCTYPE, its entities written out, each line where it was.

    Raises BadPackage where the DOCTYPE declares more than plain short entities and fixed namespace prefixes.
    """
    start = _BEFORE.match(content)
    if start is None or not content.startswith(b"<!DOCTYPE", start.end()):
        return content
    declared = _DOCTYPE.match(content, start.end())
    subset = declared and declared["subset"]
    if declared is None or subset is None:
        raise _refused(owner, name)
    entities = _entities(owner, name, subset)
    body = content[declared.end() :]
    if sum(body.count(b"&" + entity + b";") for entity in entities) > _MOST_REFERENCES:
        raise _refused(owner, name)
    for entity, value in entities.items():
        body = body.replace(b"&" + entity + b";", value)
    return content[: start.end()] + b"\n" * declared[0].count(b"\n") + body


def _entities(owner: str, name: str, subset: bytes) -> dict[bytes, bytes]:
    """A fixed prefix needs no writing out: the root of such a schema declares it as well, or nothing would parse it."""
    rest = _COMMENT.sub(b"", subset)
    entities = {found["name"]: found["value"][1:-1] for found in _ENTITY.finditer(rest)}
    for harmless in (_ENTITY, _EMPTY_PARAMETER, _FIXED):
        rest = harmless.sub(b"", rest)
    if rest.strip():
        raise _refused(owner, name)
    return entities


def _refused(owner: str, name: str) -> BadPackage:
    return BadPackage(
        f"{owner}: {name} hat eine Dokumenttyp-Deklaration, die mehr tut, als ein Schema braucht.",
        f"{owner}: {name} has a document type declaration that does more than a schema needs.",
    )
