"""Attachments on their last metre: read in pieces, and let go only as what they were when they came."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Final

from gateway.adapter import Enclosure

PIECE: Final = 1 << 18
"""bytes of an attachment held at a time"""


class AttachmentChanged(Exception):
    """A stored attachment is not what was recorded when it came. It was not handed over; somebody has to look."""


async def as_recorded(enclosure: Enclosure, piece: int = PIECE) -> AsyncIterator[bytes]:
    """
    The attachment's bytes. The last piece leaves only when all together have the recorded digest.

    Raises:
        AttachmentChanged: before the last piece, if they have not.
    """
    recorded, digest, size, held = enclosure.attachment, hashlib.sha256(), 0, b""
    async for some in enclosure.stream.chunks(piece):
        digest.update(some)
        size += len(some)
        if size > recorded.size:  # as many bytes as were announced must not leave: somebody would take them for whole
            continue
        if held:
            yield held
        held = some
    if digest.hexdigest() != recorded.digest:
        raise AttachmentChanged
    if held:
        yield held
