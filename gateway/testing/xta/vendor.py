"""A Fachverfahren behind a simulated XTA server: for the vendors whose procedures read a mailbox."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from gateway.adapter import Taken
from gateway.reply import Kind
from gateway.testing.answers import Correspondence, an_answer
from gateway.testing.moods import Mood
from gateway.testing.xta.server import MOODS, XtaServer

READER: Final = "ags:09000000"
"""a reader that no directory knows"""

SERVICE: Final = "urn:antragsgateway:simulator:dienst"

MOST_MEGABYTES: Final = 200
"""what the server takes: more than XTA's own limit, so that large attachments can be tried"""


class ProcedureBehindXta:
    """Reads its mailbox at once: what the server took, it took. `more` are settings that its adapter wants besides."""

    moods: Final = MOODS

    def __init__(self, folder: Path, *, schemas: Path | None = None, more: Mapping[str, Any] | None = None) -> None:
        self.server = XtaServer(folder, schemas=schemas)
        self._lock = folder / "postfach.lock"
        self._more = more or {}

    def settings(self) -> Mapping[str, Any]:
        return {
            **self.server.settings(),
            "reader": READER,
            "service_uri": SERVICE,
            "exclusive_reader": True,
            "mailbox_lock": str(self._lock.absolute()),
            "most_megabytes": MOST_MEGABYTES,
            **self._more,
        }

    def ledger(self) -> list[str]:
        return self.server.ledger()

    def taken(self, submission: str) -> Taken | None:
        return self.server.taken(submission)

    def fail(self, down: bool) -> None:  # noqa: FBT001 - the port's own words
        """Be down, or be there again."""
        self.server.fail(down)

    def behave(self, mood: Mood) -> None:
        """Be in this mood from the next request on."""
        self.server.behave(mood)

    def answer(self, submission: str) -> list[str]:
        """Write Eingangsbestätigung, Aktenzeichen and status for what was taken; the messages' nachrichtenUUIDs."""
        about = Correspondence.about(self.server.document(submission))
        made = [an_answer(kind, about) for kind in (Kind.ACKNOWLEDGEMENT, Kind.FILE_NUMBER, Kind.STATUS)]
        for one in made:
            self.write(one.document)
        return [one.uuid for one in made]

    def write(self, document: bytes, *files: tuple[str, str, bytes]) -> str:
        """Send something to the gateway's mailbox, as the procedure does that answers; the message's id."""
        return self.server.deposit(document, *files, author=READER)
