"""What happens on the way back."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from gateway.events.delivery import COMPLETION_TIME
from gateway.events.event import Event
from gateway.events.intake import DUPLICATES
from gateway.events.metrics import ADAPTER, code, counter, one_of

REPLIES: Final = counter(
    "gateway_replies_total",
    "Replies of authorities that were taken, by what they are.",
    ADAPTER,
    one_of("kind", "what it is", *("acknowledgement", "file-number", "status", "decision", "rejection", "message")),
)
REPLIES_BOXED: Final = counter(
    "gateway_replies_boxed_total",
    "Replies that fit nothing and wait for a human.",
    ADAPTER,
    code("cause", "why it fits nothing"),
)
NOT_COLLECTED: Final = counter(
    "gateway_replies_not_collected_total",
    "Collections that did not come to their end.",
    ADAPTER,
    code("reason", "why"),
    source="worker",
)
MAILBOX_SHARED: Final = counter(
    "gateway_mailbox_shared_total",
    "Messages that somebody else took out of a mailbox of ours.",
    ADAPTER,
    source="worker",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyReceived(Event):
    """The authority has answered a submission; the reply is on disk."""

    name = "reply.received"
    reply: str
    submission: str
    service: str
    adapter: str
    kind: str
    code: str
    by: str
    trace: str = ""

    def count(self) -> None:
        REPLIES(self.adapter, self.kind).inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyBoxed(Event):
    """A reply fits nothing: somebody has to look into the box (`gateway replies list`)."""

    name = "reply.boxed"
    level = logging.ERROR
    reply: str
    adapter: str
    destination: str
    cause: str
    by: str

    def count(self) -> None:
        REPLIES_BOXED(self.adapter, self.cause).inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRepeated(Event):
    """The same reply came again; nothing changed."""

    name = "reply.repeated"
    reply: str
    adapter: str
    by: str

    def count(self) -> None:
        DUPLICATES("reply", "replayed").inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplySettled(Event):
    """What a reply says of its submission took effect: the submission is confirmed or refused."""

    name = "reply.settled"
    submission: str
    service: str
    adapter: str
    state: str
    concluded: bool
    seconds: float
    code: str
    test: bool = False
    trace: str = ""

    def count(self) -> None:
        if self.concluded and not self.test:
            COMPLETION_TIME(self.service).observe(self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepliesNotCollected(Event):
    """Replies could not be fetched from a Fachverfahren, or not be brought home; they stay where they are."""

    name = "replies.not_collected"
    level = logging.WARNING
    adapter: str
    destination: str
    because: str

    def count(self) -> None:
        NOT_COLLECTED(self.adapter, self.because).inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectingBroke(Event):
    """An adapter raised while it collected: a bug of the adapter. Class and frames, never message or locals."""

    name = "collecting.broke"
    level = logging.ERROR
    adapter: str
    destination: str
    error: str
    frames: tuple[str, ...]

    def count(self) -> None:
        NOT_COLLECTED(self.adapter, "adapter-bug").inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxShared(Event):
    """A message was listed and gone when it was fetched: somebody else reads the mailbox, and takes replies away."""

    name = "mailbox.shared"
    level = logging.ERROR
    adapter: str
    destination: str

    def count(self) -> None:
        MAILBOX_SHARED(self.adapter).inc()
