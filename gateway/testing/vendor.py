"""A Fachverfahren that does as it is told, for the tests of everything but adapters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, assert_never

from gateway.adapter import (
    Adapter,
    Answer,
    Consignment,
    Delivered,
    Endpoint,
    NotThere,
    Outcome,
    Plugin,
    Refused,
    Reply,
    Unclear,
    Unreachable,
)
from gateway.submission import Grade, SubmissionId
from gateway.testing.samples import a_manifest


@dataclass(frozen=True, slots=True)
class Raises:
    """The adapter has a bug."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Hangs:
    """Nothing comes back until the caller gives up."""


@dataclass(frozen=True, slots=True)
class Secretly:
    """It is taken, and the caller learns nothing of it: the turn that follows is all they see."""

    then: Unclear | Unreachable | Raises | Hangs


Turn = Outcome | Raises | Hangs | Secretly

_TAKEN = Delivered("beispiel-1", Grade.TRANSPORT)


class FakeVendor:
    """
    An adapter and its Fachverfahren in one: each call takes the next turn of the script, the last one for ever.

    `calls` are the submissions brought, `ledger` those taken; the same one twice is taken once.
    """

    def __init__(self, *script: Turn) -> None:
        self._script = list(script) or [_TAKEN]
        self.calls: list[SubmissionId] = []
        self.ledger: list[SubmissionId] = []
        self.brought: dict[SubmissionId, Consignment] = {}

    async def deliver(self, consignment: Consignment) -> Outcome:
        self.calls.append(consignment.submission.id)
        self.brought[consignment.submission.id] = consignment
        return await self._play(self._next(), consignment.submission.id)

    def plugin(self, **manifest: Any) -> Plugin:
        """What would stand behind its entry point; opening it gives this very vendor."""

        @asynccontextmanager
        async def open_it() -> AsyncIterator[Adapter]:
            yield self

        return Plugin(a_manifest(**{**self._can(), **manifest}), open_it)

    def _can(self) -> dict[str, bool]:
        return {"can_ask": isinstance(self, AskableVendor), "collects": isinstance(self, CollectingVendor)}

    def _next(self) -> Turn:
        return self._script.pop(0) if len(self._script) > 1 else self._script[0]

    async def _play(self, turn: Turn, submission: SubmissionId) -> Outcome:
        match turn:
            case Secretly(then):
                self._take(submission)
                return await self._play(then, submission)
            case Raises(error):
                raise error
            case Hangs():
                never: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
                return await never
            case Delivered():
                self._take(submission)
                return turn
            case Refused() | Unreachable() | Unclear():
                return turn
            case _:
                assert_never(turn)

    def _take(self, submission: SubmissionId) -> None:
        if submission not in self.ledger:
            self.ledger.append(submission)


class CollectingVendor(FakeVendor):
    """A fake vendor that answers later: `waiting` is what is given to whoever collects, until it is acknowledged."""

    def __init__(self, *script: Turn, waiting: Iterable[Reply | Unreachable | Raises] = ()) -> None:
        super().__init__(*script)
        self.waiting = list(waiting)
        self.acknowledged: list[Reply] = []

    async def collect(self, endpoint: Endpoint) -> AsyncIterator[Reply | Unreachable]:
        for found in list(self.waiting):
            if isinstance(found, Raises):
                raise found.error
            yield found

    async def acknowledge(self, endpoint: Endpoint, reply: Reply) -> None:
        self.acknowledged.append(reply)
        if reply in self.waiting:
            self.waiting.remove(reply)


class AskableVendor(FakeVendor):
    """A fake vendor that knows what it took; `answers` come before the truth, one for each question."""

    def __init__(self, *script: Turn, answers: Iterable[Answer | Raises] = ()) -> None:
        super().__init__(*script)
        self._answers = list(answers)
        self.questions: list[SubmissionId] = []

    async def ask(self, consignment: Consignment) -> Answer:
        submission = consignment.submission.id
        self.questions.append(submission)
        if self._answers:
            answer = self._answers.pop(0)
            if isinstance(answer, Raises):
                raise answer.error
            return answer
        return _TAKEN if submission in self.ledger else NotThere()
