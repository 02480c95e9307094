"""What was leased and is not answered yet: keys, links, settings and a vendor's words, until the outcome counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from gateway.adapter import Delivered, Enclosure, Ending, Endpoint, Refused
from gateway.drivers.pickup.door import Door, GatewayAway
from gateway.drivers.pickup.forms import Leased, Reached
from gateway.submission import Attachment, SubmissionId

_TRIES: Final = 6
"""How often an attachment that breaks off is gone on with before its delivery is."""

Pause = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class Words:
    """What a vendor said about an attempt."""

    reference: str = ""
    reason: str = ""

    def put_into(self, ending: Ending) -> Ending:
        """The ending as it was before the words were taken out."""
        match ending:
            case Delivered():
                return replace(ending, reference=self.reference)
            case Refused():
                return replace(ending, reason=self.reason)
            case _:
                return ending


class Leases:
    """The leases of one worker."""

    def __init__(self, door: Door, pause: Pause = asyncio.sleep) -> None:
        self._door = door
        self._pause = pause
        self._held: dict[SubmissionId, Leased] = {}
        self._words: dict[SubmissionId, Words] = {}
        self._begun: set[SubmissionId] = set()
        self._endpoints: dict[tuple[str, bool], tuple[str, Endpoint]] = {}

    def reach(self, reached: Iterable[Reached]) -> None:
        """Remember where the site's Fachverfahren are."""
        self._endpoints |= {
            (one.endpoint.destination, one.endpoint.test): (one.adapter, one.endpoint) for one in reached
        }

    def hold(self, leased: Leased) -> None:
        """Remember a lease."""
        submission = leased.submission
        self._held[submission.id] = leased
        self._words[submission.id] = Words()
        lane = leased.destination, submission.test
        self._endpoints[lane] = submission.adapter, Endpoint(leased.destination, submission.test, leased.settings)

    def of(self, submission: SubmissionId) -> Leased | None:
        """The lease of a submission."""
        return self._held.get(submission)

    def begin(self, submission: SubmissionId) -> None:
        """Its attempt begins; it is no attempt to be begun again."""
        self._begun.add(submission)

    def begun(self, submission: SubmissionId) -> bool:
        """Whether an attempt with this lease has begun."""
        return submission in self._begun

    def words(self, submission: SubmissionId) -> Words:
        """What was said about its attempt so far."""
        return self._words.setdefault(submission, Words())

    def let_go(self, submission: SubmissionId) -> None:
        """Its outcome counts, or its time is over."""
        self._held.pop(submission, None)
        self._words.pop(submission, None)
        self._begun.discard(submission)

    def endpoint(self, name: str, test: bool) -> Endpoint:  # noqa: FBT001 - as the lane has it: live or test
        """A destination's endpoint, as the gateway had it last."""
        return self._endpoints[name, test][1]

    def endpoints_of(self, adapter: str) -> list[Endpoint]:
        """Of every destination of this adapter that is known."""
        return [endpoint for served_by, endpoint in self._endpoints.values() if served_by == adapter]

    def enclose(self, attachments: Iterable[Attachment]) -> tuple[Enclosure, ...]:
        """Attachments as adapters want them, fetched while they are read."""
        by_id = {id_: leased for leased in self._held.values() for id_ in leased.attachments}
        return tuple(Enclosure(one, _Remote(self._door, by_id[one.id], one, self._pause)) for one in attachments)


@dataclass(frozen=True, slots=True)
class _Remote:
    """An attachment at the gateway. What breaks off is gone on with where it was."""

    door: Door
    leased: Leased
    attachment: Attachment
    pause: Pause

    async def chunks(self, size: int = 65_536) -> AsyncIterator[bytes]:
        """Raises GatewayAway where it cannot be had now."""
        path, there, tries = self.leased.attachments[self.attachment.id], 0, 0
        while there < self.attachment.size:
            try:
                async for piece in self.door.attachment(self.leased, path, there, size):
                    there += len(piece)
                    tries = 0
                    yield piece
                tries += 1  # it ended early, and said so to nobody
            except GatewayAway:
                tries += 1
                if tries >= _TRIES:
                    raise
            if there < self.attachment.size:
                if tries >= _TRIES:
                    raise GatewayAway
                await self.pause(min(0.2 * 2.0**tries, 5.0))
