"""From what a Fachverfahren lays into its outbox to replies: which sets are there, and whether they are whole."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.adapter import Reply, ReplyFile, Unreachable
from gateway.submission import SubmissionId
from gateway.transports.outbox import Outbox, belongs_to

SIGN: Final = ".json"
ANSWER_FORMAT: Final = 1
"""What a sidecar of an answer has to say it is; another one is not understood, and stays where it is."""

_MOST_SIDECAR: Final = 1 << 20
_MOST_DOCUMENT: Final = 64 << 20
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    size: int
    sha256: str
    media_type: str
    attachment: str


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What the sign of a set says: the submission it answers, if it knows, and its files, the document first."""

    submission: SubmissionId | None
    files: tuple[_File, ...]


async def waiting(outbox: Outbox) -> AsyncIterator[Reply | Unreachable]:
    """
    Every whole set, the one that lies there longest first.

    One that is not whole, or not understood, holds up nobody: it stays, and is told of at the end.
    """
    signs = await outbox.signs(SIGN)
    if isinstance(signs, Unreachable):
        yield signs
        return
    damaged = False
    for sign in signs:
        reply = await _read(outbox, sign)
        if reply is None:
            damaged = True
        else:
            yield reply
    if damaged:
        yield Unreachable("answer-damaged")


async def take_away(outbox: Outbox, sign: str) -> None:
    """Remove a set that was brought home; it may be gone already."""
    content = await outbox.read(sign, _MOST_SIDECAR)
    said = understood(content, sign) if content is not None else None
    await outbox.take_away(sign, [file.name for file in said.files] if said else [])


async def _read(outbox: Outbox, sign: str) -> Reply | None:
    content = await outbox.read(sign, _MOST_SIDECAR)
    said = understood(content, sign) if content is not None else None
    if said is None:
        return None
    for file in said.files:
        if not await outbox.is_whole(file.name, file.size, file.sha256):
            return None
    document, *others = said.files
    text = await outbox.read(document.name, _MOST_DOCUMENT)
    if text is None:
        return None
    return Reply(
        document=text,
        files=tuple(ReplyFile(one.attachment, one.media_type, outbox.stream(one.name)) for one in others),
        submission=said.submission,
        mark=sign,
    )


def understood(content: bytes, sign: str) -> Sidecar | None:
    """What a sidecar says; None where it says anything else than it should."""
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or said.get("format") != ANSWER_FORMAT:
        return None
    submission, listed = said.get("submissionId"), said.get("files")
    if submission is not None and not (isinstance(submission, str) and _ID.fullmatch(submission)):
        return None
    files = _files(listed, sign) if isinstance(listed, list) else None
    return Sidecar(SubmissionId(submission) if submission else None, files) if files else None


def _files(listed: Sequence[object], sign: str) -> tuple[_File, ...] | None:
    files = [_file(one, sign, first=number == 0) for number, one in enumerate(listed)]
    whole = [file for file in files if file is not None]
    once = len({file.name for file in whole}) == len(whole)
    return tuple(whole) if len(whole) == len(files) and once else None


def _file(said: object, sign: str, *, first: bool) -> _File | None:
    if not isinstance(said, dict):
        return None
    name, size, digest = said.get("name"), said.get("size"), said.get("sha256")
    attachment, media_type = said.get("attachment", ""), said.get("mediaType", "")
    if not belongs_to(name, sign) or name == sign or not _is_digest(digest) or not _is_size(size):
        return None
    if not isinstance(attachment, str) or bool(attachment) == first:
        return None
    return _File(str(name), int(size or 0), str(digest), _known(media_type), attachment)


def _is_digest(said: object) -> bool:
    return isinstance(said, str) and _DIGEST.fullmatch(said) is not None


def _is_size(said: object) -> bool:
    return isinstance(said, int) and not isinstance(said, bool) and said >= 0


def _known(media_type: object) -> str:
    known = isinstance(media_type, str) and _MEDIA_TYPE.fullmatch(media_type) is not None
    return str(media_type) if known else "application/octet-stream"


def sidecar(files: Sequence[Mapping[str, Any]], submission: str | None) -> bytes:
    """The sidecar as a Fachverfahren writes it."""
    said = {"format": ANSWER_FORMAT, "submissionId": submission, "files": list(files)}
    return json.dumps({key: value for key, value in said.items() if value}, ensure_ascii=False, indent=2).encode()
