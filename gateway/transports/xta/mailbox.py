"""
A mailbox that is read by nobody else.

Two readers of one mailbox take each other's messages away, and each thinks that all is well. So nothing is read before
an operator has said that we are the only one; of our own processes one reads at a time; and a message that was listed
and is gone when it is fetched is told, because somebody else must have taken it.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.adapter import Refused, Unclear, Unreachable
from gateway.transports.xta.client import Fetched, Trouble, Xta
from gateway.transports.xta.faults import AlreadyThere, Fault, FaultKind, what_follows


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox; `lock` is a file that all our processes which read it share, `suspect` is told of another reader."""

    xta: Xta
    exclusive: bool
    lock: Path
    suspect: Callable[[], None]

    async def messages(self) -> AsyncIterator[Fetched | Unreachable]:
        """
        What lies in it, one after the other; `Unreachable` is the last.

        A message's files are there until the next one is asked for. It comes again until it is closed.
        """
        if not self.exclusive:
            yield Unreachable("reader-not-exclusive")
            return
        async with self._alone() as trouble:
            if trouble is not None:
                yield trouble
                return
            async for found in self._listed():
                yield found

    async def close(self, fetched: Fetched) -> Unreachable | None:
        """The message is ours now. What is not there any more was closed before, by an earlier call that broke off."""
        trouble = await self.xta.close(fetched.request, [fetched.message_id])
        if trouble is None or (isinstance(trouble, Fault) and trouble.kind is FaultKind.INVALID_MESSAGE_ID):
            return None
        return _not_now(trouble)

    async def _listed(self) -> AsyncIterator[Fetched | Unreachable]:
        waiting = await self.xta.status_list()
        if isinstance(waiting, Fault | Unreachable | Unclear):
            yield _not_now(waiting)
            return
        for message_id in waiting.messages:
            async with self.xta.message(message_id) as fetched:
                if isinstance(fetched, Fault) and fetched.kind is FaultKind.INVALID_MESSAGE_ID:
                    self.suspect()
                    continue
                yield fetched if isinstance(fetched, Fetched) else _not_now(fetched)
                if not isinstance(fetched, Fetched):
                    return

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[Unreachable | None]:
        try:
            descriptor = await asyncio.to_thread(os.open, self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            yield Unreachable("lock-unusable")
            return
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield Unreachable("mailbox-in-use")
                return
            yield None
        finally:
            os.close(descriptor)


def _not_now(trouble: Trouble) -> Unreachable:
    match what_follows(trouble) if isinstance(trouble, Fault) else trouble:
        case Unreachable() as away:
            return away
        case Unclear(because):
            return Unreachable(because)
        case Refused(code):
            return Unreachable(code)
        case AlreadyThere():
            return Unreachable("answer-not-understood")
        case _:
            return Unreachable("message-id-unknown")
