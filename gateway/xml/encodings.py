"""
Documents in another encoding than UTF-8, read as UTF-8.

The gateway takes UTF-8 only, as the XÖV standards demand. Whoever only asks whether a document is valid gets the answer
that Xerces gives, and Xerces reads more; which of it was found by asking.
"""

from __future__ import annotations

import re
from typing import Final

_WITH_MARK: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_WITHOUT_MARK: Final = {b"<\x00?\x00": "utf-16-le", b"\x00<\x00?": "utf-16-be"}
_SINGLE: Final = {
    "iso-8859-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "cp1252",
}

_DECLARATION: Final = re.compile(
    r"""(<\?xml\s+version\s*=\s*["'][^"'<>]*["']\s+encoding\s*=\s*["'])([A-Za-z][\w.\-]*)(?=["'])"""
)


def as_utf8(document: bytes) -> bytes | None:
    """The same text in UTF-8, line by line; None where its encoding is unknown, or not what the document says."""
    for mark, codec in _WITH_MARK.items():
        if document.startswith(mark):
            return _translated(document[len(mark) :], codec, {"utf-16", codec.replace("16-", "16")})
    for beginning, codec in _WITHOUT_MARK.items():
        if document.startswith(beginning):
            return _translated(document, codec, {"utf-16", codec.replace("16-", "16")})
    declared = _DECLARATION.match(document[:200].decode("latin-1"))
    name = declared[2].lower() if declared else ""
    return _translated(document, _SINGLE[name], {name}) if name in _SINGLE else None


def _translated(document: bytes, codec: str, may_declare: set[str]) -> bytes | None:
    try:
        text = document.decode(codec)
    except UnicodeDecodeError:
        return None
    declared = _DECLARATION.match(text)
    if declared is None:
        return text.encode()
    if declared[2].lower() not in may_declare:
        return None
    return f"{declared[1]}UTF-8{text[declared.end(2) :]}".encode()
