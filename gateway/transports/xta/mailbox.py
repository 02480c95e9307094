"""
A mailbox that is read by nobody else.

Two readers of one mailbox take each other's messages away, and each thinks that all is well. So nothing is read before
an operator has said that we are the only one (see `settings`); of our own processes one reads at a time; and a message
that was listed and is gone when it is fetched is told, because somebody else must have taken it.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.adapter import Refused, Unclear, Unreachable
from gateway.transports.https import SPOILT
from gateway.transports.xta.client import Fetched, Trouble, Xta
from gateway.transports.xta.faults import AlreadyThere, Fault, FaultKind, what_follows

PATIENCE: Final = 20.0
"""seconds to wait for another of our processes that reads"""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """
    One mailbox; `lock` is a file that all our processes which read it share, `suspect` is told of another reader.

    Where `author` is given, only what it wrote is read: others' messages wait for those who ask for them.
    """

    xta: Xta
    lock: Path
    suspect: Callable[[], None]
    author: str = ""
    patience: float = PATIENCE

    async def messages(self) -> AsyncIterator[Fetched | Unreachable]:
        """
        What lies in it, one after the other; `Unreachable` is the last.

        A message that cannot be fetched as it is holds up nobody: it stays, and is told of at the end. A message's
        files are there until the next one is asked for. It comes again until it is closed.
        """
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
        spoilt: Unreachable | None = None
        for message_id in waiting.messages:
            if self.author and waiting.authors.get(message_id, self.author) != self.author:
                continue
            async with self.xta.message(message_id) as fetched:
                if isinstance(fetched, Fault) and fetched.kind is FaultKind.INVALID_MESSAGE_ID:
                    self.suspect()
                    continue
                if self.author and isinstance(fetched, Fetched) and fetched.author != self.author:
                    continue
                if isinstance(fetched, Fetched):
                    yield fetched
                    continue
                trouble = _not_now(fetched)
                if trouble.because not in SPOILT:
                    yield trouble
                    return
                spoilt = trouble
        if spoilt is not None:
            yield spoilt

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[Unreachable | None]:
        try:
            descriptor = await asyncio.to_thread(os.open, self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            yield Unreachable("lock-unusable")
            return
        try:
            yield None if await _locked(descriptor, self.patience) else Unreachable("mailbox-in-use")
        finally:
            os.close(descriptor)


async def _locked(descriptor: int, patience: float) -> bool:
    until = asyncio.get_running_loop().time() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if asyncio.get_running_loop().time() >= until:
                return False
            await asyncio.sleep(_GLANCE)


_GLANCE: Final = 0.1


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
