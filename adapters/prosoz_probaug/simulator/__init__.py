"""
ProBAUG as this project assumes it: takes a message with its attachments under a key, and answers later.

Its folder holds `ledger` (one id per submission taken), `nachrichten.jsonl` (what was in each) and `tls`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from adapters.prosoz_probaug.simulator.answers import answers_to
from gateway.adapter import Simulator, Taken
from gateway.testing import Ledger
from gateway.testing.moods import Mood
from gateway.testing.web import Reply, Request, WebServer
from gateway.transports.https.parts import parts

BOMB: Final = (
    b'<!DOCTYPE a [<!ENTITY b "haha"><!ENTITY c "' + b"&b;" * 999 + b'"><!ENTITY d "' + b"&c;" * 999 + b'">]><a>&d;</a>'
)
_MESSAGES: Final = "/nachrichten"
_REPLIES: Final = "/antworten"
_FIELD: Final = re.compile(r'(?:^|; )(name|filename)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reply that nobody has fetched and thrown away yet."""

    submission: str
    document: bytes
    files: tuple[tuple[str, str, bytes], ...] = ()
    """id, media type and content"""


class ProBaugSimulator:
    """Takes what is whole, once; its answers wait until they are thrown away."""

    moods: Final = frozenset(Mood)

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.web = WebServer(folder / "tls", self._handle, concerns=lambda request: request.method == "POST")
        self.waiting: dict[str, Waiting] = {}
        self._ledger = Ledger(folder / "ledger")
        self._books = folder / "nachrichten.jsonl"
        self._documents = folder / "dokumente"
        self._documents.mkdir(exist_ok=True)
        self._taken = self._remembered()
        self._rejected: set[str] = set()
        self._door = asyncio.Lock()

    def settings(self) -> Mapping[str, Any]:
        client = self.web.client
        return {
            "url": self.web.url,
            "authorities": str(self.web.authority.file.absolute()),
            "certificate": str(client.certificate.absolute()),
            "key": str(client.key.absolute()),
        }

    def ledger(self) -> list[str]:
        return self._ledger.lines()

    def taken(self, submission: str) -> Taken | None:
        return self._taken.get(submission)

    def fail(self, down: bool) -> None:  # noqa: FBT001 - the port's own words
        if down:
            self.web.down()
        else:
            self.web.up()

    def behave(self, mood: Mood) -> None:
        self.web.behave(mood)

    def answer(self, submission: str) -> list[str]:
        """Eingangsbestätigung and Aktenzeichen, in the standard of the message that was taken."""
        document = (self._documents / f"{submission}.xml").read_bytes()
        made = answers_to(document, _case(submission))
        for number, answer in made:
            self.waiting[number] = Waiting(submission, answer)
        return [number for number, _ in made]

    # ── in and out ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _handle(self, request: Request) -> Reply:
        match (request.method, request.target.split("/")[1:]):
            case ("POST", ["nachrichten"]):
                return await self._message(request)
            case ("GET", ["nachrichten", submission]):
                return self._known(submission)
            case ("GET", ["antworten"]):
                return _json(200, {"antworten": [_listed(*one) for one in self.waiting.items()]})
            case ("GET", ["antworten", number]) if number in self.waiting:
                return Reply(200, {"Content-Type": "application/xml"}, self.waiting[number].document)
            case ("GET", ["antworten", number, "anlagen", file]) if number in self.waiting:
                _, media_type, content = self.waiting[number].files[int(file) - 1]
                return Reply(200, {"Content-Type": media_type}, content)
            case ("DELETE", ["antworten", number]):
                self.waiting.pop(number, None)
                return Reply(204)
            case _:
                return Reply(404)

    async def _message(self, request: Request) -> Reply:
        submission = request.headers.get("idempotency-key", "")
        taken, document = await _read(request)
        match self.web.mood:
            case Mood.FAULT_INSIDE:
                return _json(200, {"fehler": "Das hat leider nicht geklappt."})
            case Mood.DISK_FULL:
                return Reply(507)
            case Mood.HOSTILE_XML:
                return Reply(200, {"Content-Type": "application/xml"}, BOMB)
        async with self._door:
            if submission in self._taken:
                return _json(409, {"vorgang": _case(submission)})
            self._taken[submission] = taken
            if self.web.mood is Mood.REJECTS_LATER:
                self._rejected.add(submission)
            await asyncio.to_thread(self._write_down, submission, taken, document)
        return _json(202, {"vorgang": _case(submission)})

    def _known(self, submission: str) -> Reply:
        if submission not in self._taken:
            return _json(404, {"zustand": "unbekannt"})
        if submission in self._rejected:
            return _json(200, {"vorgang": _case(submission), "zustand": "abgewiesen", "fehlerkennzahl": "S090"})
        return _json(200, {"vorgang": _case(submission), "zustand": "angenommen"})

    def _write_down(self, submission: str, taken: Taken, document: bytes) -> None:
        (self._documents / f"{submission}.xml").write_bytes(document)
        said = {"submission": submission, "document": taken.document, "attachments": dict(taken.attachments)}
        with self._books.open("a", encoding="utf-8") as file:
            file.write(json.dumps(said) + "\n")
        self._ledger.write([submission])

    def _remembered(self) -> dict[str, Taken]:
        if not self._books.exists():
            return {}
        told = [json.loads(line) for line in self._books.read_text("utf-8").splitlines()]
        return {one["submission"]: Taken(one["document"], one["attachments"]) for one in told}


def simulator_in(folder: Path, destination: str) -> ProBaugSimulator:
    """A simulator with its books in a folder of its own, whatever the destination is called."""
    return ProBaugSimulator(folder / re.sub(r"[^A-Za-z0-9.-]+", "-", destination))


@asynccontextmanager
async def simulate(destination: str, folder: Path) -> AsyncIterator[Simulator]:
    """A running ProBAUG for this destination."""
    simulated = simulator_in(folder, destination)
    async with simulated.web:
        yield simulated


async def _read(request: Request) -> tuple[Taken, bytes]:
    """Digests of all that came; the message itself is kept, attachments are forgotten."""
    boundary = request.headers["content-type"].partition('boundary="')[2].partition('"')[0]
    document, attachments = b"", dict[str, str]()
    async for part in parts(request.pieces, boundary.encode()):
        named = dict(_FIELD.findall(part.headers.get("content-disposition", "")))
        digest, held = hashlib.sha256(), bytearray()
        async for piece in part.content:
            digest.update(piece)
            if named["name"] == "nachricht":
                held += piece
        if named["name"] == "nachricht":
            document = bytes(held)
        else:
            attachments[named["filename"].replace("%22", '"')] = digest.hexdigest()
    return Taken(hashlib.sha256(document).hexdigest(), attachments), document


def _listed(number: str, waiting: Waiting) -> dict[str, Any]:
    files = [{"id": id_, "typ": media_type} for id_, media_type, _ in waiting.files]
    return {"nummer": number, "einreichung": waiting.submission, "anlagen": files}


def _case(submission: str) -> str:
    return f"VG-{submission[-12:]}"


def _json(status: int, said: Mapping[str, Any]) -> Reply:
    return Reply(status, {"Content-Type": "application/json"}, json.dumps(said).encode())
