"""
Lays a submission into the directory from which the Musterverfahren picks up.

The sign `<id>.fertig` is the single act that makes the Musterverfahren see it; the transport sees to it that the sign
appears once, and last.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.adapter import Adapter, Answer, Askable, Consignment, Delivered, Endpoint, Outcome, Probe, Probeable
from gateway.submission import Grade
from gateway.transports.directory import Arrived, Directory, File, Streamed

from .mapping import Names, sign
from .settings import Settings


class Muster:
    """One directory for each endpoint, kept open between deliveries."""

    def __init__(self) -> None:
        self._directories: dict[Path, Directory] = {}

    async def deliver(self, consignment: Consignment) -> Outcome:
        names = Names.of(consignment)
        enclosed = zip(names.attachments, consignment.enclosures, strict=True)
        ending = await self._directory(consignment.endpoint).hand_over(
            consignment.submission.id,
            [
                File(names.document, consignment.document),
                *(Streamed(name, enclosure.stream.chunks()) for name, enclosure in enclosed),
            ],
            File(names.sign, sign(consignment)),
        )
        return Delivered(names.sign, Grade.TRANSPORT) if isinstance(ending, Arrived) else ending

    async def ask(self, consignment: Consignment) -> Answer:
        names = Names.of(consignment)
        answer = await self._directory(consignment.endpoint).knows(consignment.submission.id, names.sign)
        return Delivered(names.sign, Grade.TRANSPORT) if isinstance(answer, Arrived) else answer

    async def probe(self, endpoint: Endpoint) -> Probe:
        trouble = await self._directory(endpoint).ready()
        return Probe(because=trouble.because if trouble else "")

    def close(self) -> None:
        for directory in self._directories.values():
            directory.close()

    def _directory(self, endpoint: Endpoint) -> Directory:
        path = Settings.read(endpoint.settings).directory
        if path not in self._directories:
            self._directories[path] = Directory(path)
        return self._directories[path]


@asynccontextmanager
async def open_muster() -> AsyncIterator[Muster]:
    """The adapter; it touches nothing before the first delivery."""
    muster = Muster()
    try:
        yield muster
    finally:
        muster.close()


_: tuple[type[Adapter], type[Askable], type[Probeable]] = (Muster, Muster, Muster)
