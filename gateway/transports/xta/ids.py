"""
Which id a submission travels under: always the same one, or a second delivery could not be told from the first.

Either we make it of the submission's own (`own`), or the server makes it (`server`) and we remember which before we
use it.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gateway.adapter import Unreachable
from gateway.submission import SubmissionId
from gateway.transports.xta.client import Trouble

Create = Callable[[], Awaitable[str | Trouble]]


class MessageIds(Protocol):
    """The ids of messages, by submission."""

    async def of(self, submission: SubmissionId, create: Create) -> str | Trouble:
        """The id under which it travels; made now where there is none."""
        ...

    async def known(self, submission: SubmissionId) -> str | Unreachable | None:
        """The id under which it may have travelled; None where it certainly has not."""
        ...


@dataclass(frozen=True, slots=True)
class OwnIds:
    """`urn:de:xta:messageid:<prefix>:<submission>`"""

    prefix: str

    async def of(self, submission: SubmissionId, create: Create) -> str | Trouble:
        return f"urn:de:xta:messageid:{self.prefix}:{submission}"

    async def known(self, submission: SubmissionId) -> str | Unreachable | None:
        return f"urn:de:xta:messageid:{self.prefix}:{submission}"


@dataclass(frozen=True, slots=True)
class RememberedIds:
    """
    Ids that the server made, one small file for each submission. All workers of a destination must share the folder.

    The folder is never made here: one that is missing is not mounted, or was thrown away with what it knew, and then
    "it never left" would be a guess.
    """

    folder: Path

    async def of(self, submission: SubmissionId, create: Create) -> str | Trouble:
        known = await self.known(submission)
        if known is not None:
            return known
        created = await create()
        if not isinstance(created, str):
            return created
        return await asyncio.to_thread(self._remember, submission, created)

    async def known(self, submission: SubmissionId) -> str | Unreachable | None:
        return await asyncio.to_thread(self._read, submission)

    def _read(self, submission: SubmissionId) -> str | Unreachable | None:
        try:
            return (self.folder / submission).read_text("utf-8")
        except FileNotFoundError:
            return None if self.folder.is_dir() else Unreachable("memory-missing")
        except OSError:
            return Unreachable("memory-unreadable")

    def _remember(self, submission: SubmissionId, created: str) -> str | Unreachable:
        """On disk before it is used; where another worker was quicker, theirs counts."""
        draft = self.folder / f".{submission}.{uuid.uuid4().hex}"
        try:
            with draft.open("x", encoding="utf-8") as file:
                file.write(created)
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(draft, self.folder / submission)
            except FileExistsError:
                return (self.folder / submission).read_text("utf-8")
            descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            return created
        except FileNotFoundError:
            return Unreachable("memory-missing")
        except OSError:
            return Unreachable("memory-unreadable")
        finally:
            with suppress(OSError):
                draft.unlink()
