"""Brings a submission to ProBAUG over HTTPS, and fetches what the authority answers later."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.prosoz_probaug.mapping import KEY, Listed, answer_of, form, is_duplicate, outcome_of, replies_of
from adapters.prosoz_probaug.settings import Settings
from gateway.adapter import (
    Adapter,
    Answer,
    Askable,
    Collecting,
    Consignment,
    Delivered,
    Endpoint,
    Outcome,
    Probe,
    Probeable,
    Reply,
    ReplyFile,
    Unclear,
    Unreachable,
)
from gateway.transports.https import SPOILT, BadAnswer, Head, Https, Response, not_taken, within
from gateway.transports.https.parts import Kept, kept
from gateway.xml import MOST_BYTES
from gateway.xml.transform import BadStylesheet, transformed

WHOLE: Final = 290.0
"""seconds one request may take: a little less than the manifest's time limit"""

MOST_OF_A_FILE: Final = 256 << 20
"""bytes of a reply's file"""


class ProBaug:
    """
    One client for each endpoint, kept open between deliveries.

    A message is one request: the form with all that belongs together, under the submission's id as its key. So what
    breaks off was not taken, and what comes twice is taken once.
    """

    def __init__(self) -> None:
        self._ways: dict[Settings, Https] = {}

    async def deliver(self, consignment: Consignment) -> Outcome:
        settings, way = self._at(consignment.endpoint)
        document = consignment.document
        if settings.stylesheet is not None:
            try:
                document = await asyncio.to_thread(transformed, document, settings.stylesheet)
            except BadStylesheet:
                return Unreachable("stylesheet-unusable")
        headers = {KEY: consignment.submission.id, "Accept": "application/json"}
        answer = await way.send("POST", settings.messages, headers=headers, body=form(consignment, document))
        if not isinstance(answer, Response):
            return answer
        outcome = outcome_of(answer, way.clock())
        if is_duplicate(outcome) and isinstance(known := await self.ask(consignment), Delivered):
            return known
        return outcome

    async def ask(self, consignment: Consignment) -> Answer:
        settings, way = self._at(consignment.endpoint)
        answer = await way.send("GET", f"{settings.messages}/{consignment.submission.id}")
        if isinstance(answer, Response):
            return answer_of(answer, way.clock())
        return Unreachable(answer.because)

    async def probe(self, endpoint: Endpoint) -> Probe:
        _, way = self._at(endpoint)
        return await way.look()

    async def collect(self, endpoint: Endpoint) -> AsyncIterator[Reply | Unreachable]:
        settings, way = self._at(endpoint)
        if not settings.collects:
            return
        there = _Replies(way, settings.replies)
        listed = await there.listed()
        if isinstance(listed, Unreachable):
            yield listed
            return
        spoilt: Unreachable | None = None
        for one in listed:
            async with there.fetched(one) as reply:
                if isinstance(reply, Unreachable) and reply.because in SPOILT:
                    spoilt = reply  # it stays, is told of at the end, and holds up nobody
                    continue
                yield reply
            if isinstance(reply, Unreachable):
                return
        if spoilt is not None:
            yield spoilt

    async def acknowledge(self, endpoint: Endpoint, reply: Reply) -> None:
        """What cannot be told now is told at the next turn: the reply comes again, and counts once."""
        settings, way = self._at(endpoint)
        await way.send("DELETE", f"{settings.replies}/{reply.mark}")

    async def close(self) -> None:
        for way in self._ways.values():
            await way.close()

    def _at(self, endpoint: Endpoint) -> tuple[Settings, Https]:
        settings = Settings.read(endpoint.settings)
        if settings not in self._ways:
            self._ways[settings] = settings.address.open(whole=WHOLE, answer=MOST_BYTES)
        return settings, self._ways[settings]


@asynccontextmanager
async def open_probaug() -> AsyncIterator[ProBaug]:
    """The adapter; it connects to nothing before the first delivery."""
    probaug = ProBaug()
    try:
        yield probaug
    finally:
        await probaug.close()


@dataclass(frozen=True, slots=True)
class _Replies:
    """The replies of one endpoint. Their files are fetched into a folder, which goes when the next one is asked for."""

    way: Https
    path: str

    async def listed(self) -> list[Listed] | Unreachable:
        answer = await self.way.send("GET", self.path)
        if not isinstance(answer, Response):
            return Unreachable(answer.because)
        found = replies_of(answer)
        return self._trouble(answer) if found is None else list(found)

    @asynccontextmanager
    async def fetched(self, listed: Listed) -> AsyncIterator[Reply | Unreachable]:
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="antragsgateway-probaug-"))
        try:
            yield await self._fetch(listed, folder)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _fetch(self, listed: Listed, folder: Path) -> Reply | Unreachable:
        answer = await self.way.send("GET", f"{self.path}/{listed.number}")
        if not isinstance(answer, Response):
            return Unreachable(answer.because)
        if not answer.good:
            return self._trouble(answer)
        files: list[ReplyFile] = []
        for number, (id_, media_type) in enumerate(listed.files, start=1):
            file = await self._file(f"{self.path}/{listed.number}/anlagen/{number}", folder / f"{number}")
            if isinstance(file, Unreachable | Unclear):
                return Unreachable(file.because)
            files.append(ReplyFile(id_, media_type, file))
        return Reply(answer.body, tuple(files), listed.submission, listed.number)

    async def _file(self, path: str, file: Path) -> Kept | Unreachable | Unclear:
        async def take(head: Head, pieces: AsyncIterator[bytes]) -> Kept:
            if not head.good:
                raise BadAnswer(self._trouble(head).because)
            return await kept(within(pieces, MOST_OF_A_FILE), file)

        return await self.way.exchange("GET", path, take)

    def _trouble(self, head: Head) -> Unreachable:
        trouble = not_taken(head, self.way.clock())
        return trouble if isinstance(trouble, Unreachable) else Unreachable("answer-not-understood")


_: tuple[type[Adapter], type[Askable], type[Probeable], type[Collecting]] = (ProBaug, ProBaug, ProBaug, ProBaug)
