"""A backlog, put into the journal directly: what would have come in while a Fachverfahren was away."""

from __future__ import annotations

import asyncio
import time
import uuid

from gateway.journal import Entry
from gateway.submission import Micros, State, Submission, content_digest, new_id
from tests.rig.installation import Installation

_DOCUMENT = b"<backlog>" + b"x" * 8_000 + b"</backlog>"


async def fill(installation: Installation, size: int, destination: str = "augsburg-wohnsitz") -> None:
    """Record so many accepted submissions for a destination."""
    async with installation.journal() as journal:
        for begin in range(0, size, 500):
            await asyncio.gather(*(journal.record(_entry(destination)) for _ in range(min(500, size - begin))))


def _entry(destination: str) -> Entry:
    now = Micros(time.time_ns() // 1000)
    message = str(uuid.uuid4())
    submission = Submission(
        id=new_id(now),
        client="backlog",
        service="wohnsitz",
        leistung="99115005104000",
        authority="09761",
        destination=destination,
        adapter="filedrop",
        root="wohnsitz.anmeldung.0100",
        standard="AG-Wohnsitz",
        version="1.0",
        message_uuid=message,
        reference_uuid=None,
        case_key=message,
        test=False,
        received_at=now,
    )
    return Entry(
        submission=submission,
        state=State.ACCEPTED,
        digest=content_digest(_DOCUMENT + message.encode()),
        size=len(_DOCUMENT),
        keys=(f"uuid:{message}",),
        document=_DOCUMENT,
    )
