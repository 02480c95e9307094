"""Brings a submission to a directory, here or on an SFTP server, where its Fachverfahren picks it up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import assert_never

from adapters.filedrop.mapping import Names, sidecar
from adapters.filedrop.settings import Settings
from gateway.adapter import (
    Adapter,
    Answer,
    Askable,
    Consignment,
    Delivered,
    Endpoint,
    NotThere,
    Outcome,
    Probe,
    Probeable,
    Unclear,
    Unreachable,
)
from gateway.submission import Grade
from gateway.transports.attachments import as_recorded
from gateway.transports.directory import Arrived, Directory, File, Streamed
from gateway.transports.sftp import RemoteDirectory


class FileDrop:
    """
    One set of files per submission: document, attachments, and the sidecar as the sign that all are there.

    The submission id is the key under which `transports.directory` lets a set appear once. That module's rule answers
    `ask` too, so the answer holds after a crash at any step and after the Fachverfahren took the files away.
    """

    def __init__(self) -> None:
        self._directories: dict[Settings, Directory | RemoteDirectory] = {}

    async def deliver(self, consignment: Consignment) -> Outcome:
        submission, names = consignment.submission, Names.of(consignment.submission)
        enclosed = zip(names.attachments, consignment.enclosures, strict=True)
        ending = await self._directory(consignment).hand_over(
            submission.id,
            [
                File(names.document, consignment.document),
                *(Streamed(name, as_recorded(enclosure)) for name, enclosure in enclosed),
            ],
            File(names.sidecar, sidecar(consignment)),
        )
        match ending:
            case Arrived():
                return Delivered(names.sidecar, Grade.TRANSPORT)
            case Unreachable() | Unclear():
                return ending
            case _:
                assert_never(ending)

    async def ask(self, consignment: Consignment) -> Answer:
        reference = Names.of(consignment.submission).sidecar
        answer = await self._directory(consignment).knows(consignment.submission.id, reference)
        match answer:
            case Arrived():
                return Delivered(reference, Grade.TRANSPORT)
            case NotThere() | Unreachable():
                return answer
            case _:
                assert_never(answer)

    async def probe(self, endpoint: Endpoint) -> Probe:
        """Whether the directory is there, prepared, and takes files."""
        trouble = await self._at(endpoint).ready()
        return Probe(because=trouble.because if trouble else "")

    async def close(self) -> None:
        for directory in self._directories.values():
            match directory:
                case Directory():
                    directory.close()
                case RemoteDirectory():
                    await directory.close()

    def _directory(self, consignment: Consignment) -> Directory | RemoteDirectory:
        return self._at(consignment.endpoint)

    def _at(self, endpoint: Endpoint) -> Directory | RemoteDirectory:
        settings = Settings.read(endpoint.settings)
        known = self._directories.get(settings)
        if known is None:
            known = self._directories[settings] = _opened(settings)
        return known


def _opened(settings: Settings) -> Directory | RemoteDirectory:
    if settings.account is None:
        return Directory(settings.directory)
    return RemoteDirectory(settings.account, str(settings.directory))


@asynccontextmanager
async def open_filedrop() -> AsyncIterator[FileDrop]:
    """The adapter; it connects to nothing before the first delivery."""
    filedrop = FileDrop()
    try:
        yield filedrop
    finally:
        await filedrop.close()


_: tuple[type[Adapter], type[Askable], type[Probeable]] = (FileDrop, FileDrop, FileDrop)
