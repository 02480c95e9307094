"""The Musterverfahren, played for demos and tests: takes what is whole, and keeps a ledger on disk."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from gateway.adapter import Simulator, Taken
from gateway.testing import Ledger
from gateway.transports.directory import WORKSPACE


class Musterverfahren:
    """Takes `<id>.xml` and what belongs to it as soon as `<id>.fertig` lies beside it."""

    def __init__(self, folder: Path) -> None:
        self.inbox = folder / "eingang"
        self._away = folder / "eingang.weg"
        (self.inbox / WORKSPACE).mkdir(parents=True, exist_ok=True)
        self._ledger = Ledger(folder / "ledger")
        self._taken: dict[str, Taken] = {}

    def settings(self) -> Mapping[str, Any]:
        return {"directory": str(self.inbox.absolute())}

    def ledger(self) -> list[str]:
        return self._ledger.lines()

    def taken(self, submission: str) -> Taken | None:
        return self._taken.get(submission)

    def fail(self, down: bool) -> None:  # noqa: FBT001 - the port's own words
        if down:
            self.inbox.rename(self._away)
        else:
            self._away.rename(self.inbox)

    def take_what_is_complete(self) -> None:
        for sign in self.inbox.glob("*.fertig"):
            attachments = dict(line.split("\t") for line in sign.read_text("utf-8").splitlines())
            digests = {name: _digest(self.inbox / file) for file, name in attachments.items()}
            self._taken[sign.stem] = Taken(_digest(sign.with_suffix(".xml")), digests)
            self._ledger.write([sign.stem])
            for file in self.inbox.glob(f"{sign.stem}.*"):
                file.unlink()

    async def watch(self) -> None:
        while True:
            self.take_what_is_complete()
            await asyncio.sleep(0.01)


@asynccontextmanager
async def simulate(destination: str, folder: Path) -> AsyncIterator[Simulator]:
    """A running Musterverfahren for this destination, in a folder of its own below the one given."""
    fachverfahren = Musterverfahren(folder / destination)
    watch = asyncio.create_task(fachverfahren.watch())
    try:
        yield fachverfahren
    finally:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
