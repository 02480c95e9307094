"""A multipart/form-data body (RFC 7578), part by part as it arrives; no part is ever held whole."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from gateway.errors import BadRequest, WrongMediaType
from gateway.intake.body import Body
from gateway.intake.parameters import MediaType, parsed

# It logs what it dislikes about a body, outside of our events. The error it raises says it, too.
logging.getLogger("python_multipart.multipart").disabled = True

_LONGEST_NAME: Final = 255


@dataclass(frozen=True, slots=True)
class Part:
    """What a part's headers say."""

    name: str
    """its Content-ID, else its name: the attachment's id in the XML"""
    field: str
    """its name in the form"""
    media_type: MediaType


class _End(Enum):
    PART = auto()
    BODY = auto()


_Headers = dict[bytes, bytes]
_Token = _Headers | bytes | _End


class Parts:
    """
    The parts of a body, in order.

    Between two calls of `next` the content of the part is there to be read; what is not read is skipped.
    """

    def __init__(self, body: Body, boundary: bytes, most: int) -> None:
        self._body = body
        self._most = most
        self._tokens: deque[_Token] = deque()
        self._headers: _Headers = {}
        self._name = self._value = b""
        self._parser = _parser(boundary, self)

    async def next(self) -> Part | None:
        """
        The next part's headers, None at the end of the body.

        Raises:
            BadRequest: this is not multipart, or ends too soon, or a part has no name.
            WrongMediaType: a part is encoded for transfer.
            TooLarge, TooSlow, ClientGone: as for `Body`.
        """
        while True:
            match await self._token():
                case dict() as headers:
                    return _part(headers)
                case _End.BODY:
                    await self._skip_epilogue()
                    return None
                case _:
                    continue

    async def content(self) -> AsyncIterator[bytes]:
        """The part's bytes as they arrive. Raises as `next` does."""
        while True:
            match await self._token():
                case bytes() as data:
                    yield data
                case _:
                    return

    async def _token(self) -> _Token:
        while not self._tokens:
            piece = await self._body.piece()
            self._body.check_size(self._most)
            if not piece:
                raise _cut_off()
            try:
                self._parser.write(piece)
            except FormParserError:
                raise _not_multipart() from None
        return self._tokens.popleft()

    async def _skip_epilogue(self) -> None:
        """What stands after the last boundary means nothing (RFC 2046 §5.1.1), and counts like everything else."""
        while await self._body.piece():
            self._body.check_size(self._most)

    # ── what the parser sees ─────────────────────────────────────────────────────────────────────────────────────────

    def part_begins(self) -> None:
        self._headers = {}

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_ends(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def headers_end(self) -> None:
        self._tokens.append(self._headers)

    def data(self, data: bytes, start: int, end: int) -> None:
        self._tokens.append(data[start:end])

    def part_ends(self) -> None:
        self._tokens.append(_End.PART)

    def body_ends(self) -> None:
        self._tokens.append(_End.BODY)


def _parser(boundary: bytes, parts: Parts) -> MultipartParser:
    try:
        return MultipartParser(
            boundary,
            {
                "on_part_begin": parts.part_begins,
                "on_header_field": parts.header_name,
                "on_header_value": parts.header_value,
                "on_header_end": parts.header_ends,
                "on_headers_finished": parts.headers_end,
                "on_part_data": parts.data,
                "on_part_end": parts.part_ends,
                "on_end": parts.body_ends,
            },
        )
    except FormParserError:
        raise _not_multipart() from None


def _part(headers: _Headers) -> Part:
    disposition, options = parse_options_header(headers.get(b"content-disposition"))
    if headers.get(b"content-transfer-encoding", b"binary").strip().lower() not in (b"7bit", b"8bit", b"binary"):
        raise WrongMediaType(
            "Teile mit Content-Transfer-Encoding werden nicht angenommen; bitte die Bytes unverändert senden.",
            "Parts with a Content-Transfer-Encoding are not accepted; please send the bytes as they are.",
        )
    field = options.get(b"name", b"") if disposition == b"form-data" else b""
    content_id = headers.get(b"content-id", b"").strip().removeprefix(b"<").removesuffix(b">")
    return Part(_text(content_id or field), _text(field), parsed(headers.get(b"content-type", b"")))


def _text(name: bytes) -> str:
    try:
        text = name.decode()
    except UnicodeDecodeError:
        raise _nameless() from None
    if not text or len(text) > _LONGEST_NAME or not text.isprintable():
        raise _nameless()
    return text


def _nameless() -> BadRequest:
    return BadRequest(
        "Jeder Teil braucht Content-Disposition: form-data mit einem name aus höchstens 255 druckbaren Zeichen "
        "(UTF-8); bei Anlagen ist er, oder die Content-ID, die Kennung der Anlage im XML.",
        "Each part needs Content-Disposition: form-data with a name of at most 255 printable characters (UTF-8); "
        "for attachments it, or the Content-ID, is the attachment's id in the XML.",
    )


def _not_multipart() -> BadRequest:
    return BadRequest(
        "Der Inhalt der Anfrage ist kein multipart/form-data mit der angegebenen boundary.",
        "The request's content is no multipart/form-data with the boundary given.",
    )


def _cut_off() -> BadRequest:
    return BadRequest(
        "Die multipart/form-data-Anfrage endet vor ihrer letzten boundary.",
        "The multipart/form-data request ends before its last boundary.",
    )
