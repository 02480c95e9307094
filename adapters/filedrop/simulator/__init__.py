"""
A Fachverfahren that watches its directory, as a vendor would: takes what is complete, checks it, writes it down.

Its folder holds `eingang/` and `ausgang/` (the adapter's directory, and the one for answers) and its own books:
`ledger` (one id per submission taken), `doppelt` (ids brought again), `beschaedigt` (ids whose files were not what the
sidecar says), and `akten/` with what it took. The books survive the process; `doppelt` and `beschaedigt` stay empty, or
something is wrong.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import threading
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from adapters.filedrop.simulator.answering import lay_down
from gateway.adapter import Simulator, Taken
from gateway.reply import Kind
from gateway.testing import Correspondence, Ledger, an_answer
from gateway.testing.moods import Mood
from gateway.transports.directory import WORKSPACE

INTERVAL: Final = 0.02
"""seconds between two looks into the directory"""

_LATE: Final = 0.5
"""seconds between two looks of a slow one"""

_FILES: Final = {Kind.DECISION: {"bescheid": b"%PDF-1.4\n%%EOF\n"}}
"""What comes with an answer: an empty page."""
ANSWERS: Final = (Kind.ACKNOWLEDGEMENT, Kind.FILE_NUMBER, Kind.STATUS)
"""what it says of itself of everything it takes, when it is told to answer"""

_SIDECAR: Final = re.compile(r"[0-9a-f-]{36}\.json")
_PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class _Set:
    """A sidecar that was taken out of the directory, and what it says."""

    sidecar: Path
    said: Mapping[str, Any]

    @property
    def id(self) -> str:
        return self.sidecar.stem

    @property
    def files(self) -> list[Mapping[str, Any]]:
        return list(self.said["files"])


class FolderWatcher:
    """
    The Fachverfahren itself. `pick_up` is one look into the directory; `running` looks again and again.

    A pick-up is crash-safe in its own way: the sidecar is moved aside first, and what lies there at the start is
    finished before anything new is looked at. So a line is doubled neither by its own end nor by the adapter's.
    """

    def __init__(self, folder: Path, interval: float = INTERVAL, *, answers: bool = False) -> None:
        self.inbox = folder / "eingang"
        self.outbox = folder / "ausgang"
        self._in_hand = folder / "in-bearbeitung"
        self._files = folder / "akten"
        self._interval = interval
        self._answers = answers
        self._rest = 0.0
        self._door = threading.Lock()
        for made in (self._in_hand, self._files):
            made.mkdir(parents=True, exist_ok=True)
        self._set_up(down=False)
        for made in (self.inbox, self.outbox):
            (made / WORKSPACE).mkdir(parents=True, exist_ok=True)
        self._ledger = Ledger(folder / "ledger")
        self._doubled = Ledger(folder / "doppelt")
        self._damaged = Ledger(folder / "beschaedigt")
        self._finish(self._sets_in(self._in_hand))

    def settings(self) -> Mapping[str, Any]:
        return {"directory": str(self.inbox.absolute()), "answers": str(self.outbox.absolute())}

    def ledger(self) -> list[str]:
        with self._door:
            return self._ledger.lines()

    def doubled(self) -> list[str]:
        """Ids that were brought again after they had been taken; refused, and not in the ledger twice."""
        with self._door:
            return self._doubled.lines()

    def damaged(self) -> list[str]:
        """Ids whose files were missing or other than the sidecar says; not taken."""
        with self._door:
            return self._damaged.lines()

    def taken(self, submission: str) -> Taken | None:
        with self._door:
            if submission not in self._ledger:
                return None
            said = json.loads((self._files / f"{submission}.json").read_bytes())
        document, *attachments = said["files"]
        return Taken(document["sha256"], {item["attachment"]: item["sha256"] for item in attachments})

    def fail(self, down: bool) -> None:  # noqa: FBT001 - the port's own words
        """Take the directories away, or put them back. Permissions would do, but not against an adapter run by root."""
        with self._door:
            self._set_up(down=down)

    def _set_up(self, *, down: bool) -> None:
        for there in (self.inbox, self.outbox):
            away = there.with_name(f"{there.name}.weg")
            before, after = (there, away) if down else (away, there)
            if before.exists():
                before.rename(after)

    def answer(self, submission: str, kinds: Sequence[Kind] = ANSWERS) -> list[str]:
        """Answer what was taken under this id, each kind once, a Bescheid with its file; nachrichtenUUIDs in order."""
        with self._door:
            return self._answer(submission, kinds)

    def _answer(self, submission: str, kinds: Sequence[Kind]) -> list[str]:
        document = (self._files / f"{submission}.xml").read_bytes()
        about = Correspondence.about(document)
        messages = [an_answer(kind, about, files=_FILES.get(kind)) for kind in kinds]
        for message in messages:
            lay_down(message, self.outbox, submission)
        return [message.uuid for message in messages]

    moods = frozenset({Mood.GOOD, Mood.SLOW})
    """A directory knows no others."""

    def behave(self, mood: Mood) -> None:
        """Be slow, or as quick as ever."""
        self.slow(_LATE if mood is Mood.SLOW else 0.0)

    def slow(self, seconds: float) -> None:
        """Rest for so long after each look, which takes one set only; 0 ends that."""
        self._rest = seconds

    def pick_up(self) -> int:
        """Take what is complete now; how many sets that were."""
        with self._door:
            if not self.inbox.exists():
                return 0
            brought = self._sets_in(self.inbox)
            if self._rest:
                brought = brought[:1]
            self._note_doubled(again := [one for one in brought if one.id in self._ledger])
            fresh = [self._take_in_hand(one) for one in brought if one not in again]
            self._finish(fresh)
            if self._answers:
                for one in fresh:
                    if one.id in self._ledger:
                        self._answer(one.id, ANSWERS)
            return len(brought)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[FolderWatcher]:
        """Look into the directory until the context is left."""
        enough = asyncio.Event()
        watch = asyncio.create_task(self._watch(enough))
        try:
            yield self
        finally:
            enough.set()
            await watch

    async def _watch(self, enough: asyncio.Event) -> None:
        while not enough.is_set():
            await asyncio.to_thread(self.pick_up)
            try:
                await asyncio.wait_for(enough.wait(), self._rest or self._interval)
            except TimeoutError:
                continue

    def _sets_in(self, folder: Path) -> list[_Set]:
        sidecars = sorted(path for path in folder.iterdir() if _SIDECAR.fullmatch(path.name))
        return [_Set(path, json.loads(path.read_bytes())) for path in sidecars]

    def _take_in_hand(self, brought: _Set) -> _Set:
        return _Set(brought.sidecar.rename(self._in_hand / brought.sidecar.name), brought.said)

    def _finish(self, sets: Iterable[_Set]) -> None:
        """Check, write down with one flush for all, and file. What is in the ledger already was checked before."""
        good = [one for one in sets if one.id in self._ledger or self._intact(one)]
        self._ledger.write(one.id for one in good if one.id not in self._ledger)
        for one in good:
            for said in one.files:
                with suppress(FileNotFoundError):  # filed before this process was killed and started again
                    (self.inbox / said["name"]).rename(self._files / said["name"])
            one.sidecar.rename(self._files / one.sidecar.name)

    def _intact(self, one: _Set) -> bool:
        if all(_matches(self.inbox / said["name"], said) for said in one.files):
            return True
        self._damaged.write([one.id])
        one.sidecar.rename(one.sidecar.with_suffix(".beschaedigt"))
        return False

    def _note_doubled(self, sets: Iterable[_Set]) -> None:
        for one in sets:
            self._doubled.write([one.id])
            for said in one.files:
                (self.inbox / said["name"]).unlink(missing_ok=True)
            one.sidecar.unlink()


@asynccontextmanager
async def simulate(destination: str, folder: Path) -> AsyncIterator[Simulator]:
    """A running Fachverfahren for this destination, in a folder of its own below the one given."""
    async with FolderWatcher(folder_of(folder, destination)).running() as watcher:
        yield watcher


def folder_of(folder: Path, destination: str) -> Path:
    """A folder of its own for a destination, whatever that is called."""
    return folder / re.sub(r"[^A-Za-z0-9.-]+", "-", destination)


def _matches(file: Path, said: Mapping[str, Any]) -> bool:
    try:
        return (file.stat().st_size, _sha256(file)) == (said["size"], said["sha256"])
    except FileNotFoundError:
        return False


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
