"""The Musterverfahren, played for demos and tests: takes what is whole, keeps a ledger, has bad days when told to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from gateway.adapter import Simulator, Taken
from gateway.testing import Ledger
from gateway.testing.moods import Mood
from gateway.testing.web import Reply, Request, WebServer

BOMB: Final = (
    b'<!DOCTYPE a [<!ENTITY b "haha"><!ENTITY c "' + b"&b;" * 999 + b'"><!ENTITY d "' + b"&c;" * 999 + b'">]><a>&d;</a>'
)


class Musterverfahren:
    """Files come one by one and are forgotten again; what it took is in the ledger, which survives the process."""

    moods = frozenset(Mood)

    def __init__(self, folder: Path) -> None:
        self.web = WebServer(folder / "tls", self._answer, concerns=lambda request: request.method == "POST")
        self._ledger = Ledger(folder / "ledger")
        self._files: dict[str, str] = {}
        self._taken: dict[str, Taken] = {}
        self._rejected: set[str] = set()

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

    async def _answer(self, request: Request) -> Reply:
        _, _, id_, *file = request.target.split("/")
        match request.method:
            case "PUT":
                self._files["/".join([id_, *file])] = await _digest(request)
                return Reply(204)
            case "POST":
                return self._take(id_, json.loads(await request.body()))
            case "GET":
                return self._say(id_)
            case _:
                return Reply(405)

    def _take(self, id_: str, said: Mapping[str, Any]) -> Reply:
        match self.web.mood:
            case Mood.FAULT_INSIDE:
                return _json(200, {"fehler": "Das hat leider nicht geklappt."})
            case Mood.DISK_FULL:
                return Reply(507)
            case Mood.HOSTILE_XML:
                return Reply(200, {"Content-Type": "application/xml"}, BOMB)
            case Mood.REJECTS_LATER:
                self._rejected.add(id_)
            case _:
                pass
        if id_ not in self._ledger:
            wanted = [said["antrag"], *(one["sha256"] for one in said["anlagen"])]
            if [self._files.get(name) for name in _names(id_, len(wanted) - 1)] != wanted:
                return _json(422, {"zustand": "abgewiesen", "grund": "unvollstaendig"})
            self._taken[id_] = Taken(said["antrag"], {one["name"]: one["sha256"] for one in said["anlagen"]})
            self._ledger.write([id_])
        for name in [name for name in self._files if name.startswith(id_)]:
            del self._files[name]
        return _json(200, {"zustand": "angenommen", "nummer": _number(id_)})

    def _say(self, id_: str) -> Reply:
        if id_ not in self._ledger:
            return _json(404, {"zustand": "unbekannt"})
        if id_ in self._rejected:
            return _json(200, {"zustand": "abgewiesen", "grund": "nicht-zustaendig"})
        return _json(200, {"zustand": "angenommen", "nummer": _number(id_)})


@asynccontextmanager
async def simulate(destination: str, folder: Path) -> AsyncIterator[Simulator]:
    """A running Musterverfahren for this destination, in a folder of its own below the one given."""
    fachverfahren = Musterverfahren(folder / destination)
    async with fachverfahren.web:
        yield fachverfahren


def _names(id_: str, attachments: int) -> list[str]:
    return [f"{id_}/antrag", *(f"{id_}/anlagen/{n}" for n in range(1, attachments + 1))]


def _number(id_: str) -> str:
    return f"M-{id_[-12:]}"


def _json(status: int, said: Mapping[str, Any]) -> Reply:
    return Reply(status, {"Content-Type": "application/json"}, json.dumps(said).encode())


async def _digest(request: Request) -> str:
    digest = hashlib.sha256()
    async for piece in request.pieces:
        digest.update(piece)
    return digest.hexdigest()
