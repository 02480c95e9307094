"""Port: letters onto and off the queues, outcomes back. The broker distributes work; it is never the truth."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from gateway.adapter import Ending
from gateway.submission import SubmissionId

LETTER_VERSION = 1
"""Version of letters and reports on the wire; a reader refuses what it does not know."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Word that a submission is ready for delivery: identifiers, never the document."""

    submission: SubmissionId
    attempt: int
    adapter: str
    traceparent: str = ""
    destination: str = field(default="", compare=False)
    """where it goes, for who sends it; not on the wire"""
    by_hand: bool = field(default=False, compare=False)
    """whether a human let it leave again; not on the wire"""


@dataclass(frozen=True, slots=True)
class Report:
    """
    How an attempt ended, for the claim it answers.

    Vendor's words never travel over the broker; they lie in the document store before the report leaves.
    """

    submission: SubmissionId
    attempt: int
    key: str
    worker: str
    adapter: str
    ending: Ending
    traceparent: str = ""


TakeLetter = Callable[[Letter], Awaitable[None]]
"""Called for each letter; the letter is acknowledged when it returns and handed back when it raises."""

TakeReport = Callable[[Report], Awaitable[object]]
"""Called for each report; acknowledged when it returns, handed back when it raises."""


class Dispatch(Protocol):
    """The gateway's side: publish letters, take reports."""

    @property
    def connected(self) -> bool:
        """Whether publishing makes sense now."""
        ...

    async def publish(self, letters: Sequence[Letter]) -> Sequence[Letter]:
        """
        Send letters and wait for the broker's confirms, within a time limit; returns those that were confirmed.

        The others did not arrive as far as anybody knows: no connection, no confirm in time, or no queue.
        """
        ...

    def reports(self, take: TakeReport) -> AbstractAsyncContextManager[None]:
        """Take reports while the context is open; leaving it finishes those in hand."""
        ...


class Post(Protocol):
    """The worker's side: take letters of one adapter, send reports."""

    @property
    def connected(self) -> bool:
        """Whether letters can arrive now."""
        ...

    def letters(self, adapter: str, take: TakeLetter, at_once: int) -> AbstractAsyncContextManager[None]:
        """
        Take letters while the context is open, at most `at_once` in hand.

        Leaving it stops new ones, waits for those in hand, and hands the rest back.
        """
        ...

    async def report(self, report: Report) -> None:
        """
        Send a report and wait for the confirm.

        Raises:
            BrokerUnavailable: it is not certain that it arrived; sending it again is harmless.
        """
        ...
