"""A portal that sends until it is answered, as a careful one does: a repetition keeps its nachrichtenUUID."""

from __future__ import annotations

import asyncio
import itertools
import re
import uuid
from collections.abc import Iterator, Sequence
from typing import Final

import httpx2

_UUID: Final = re.compile(rb"(?<=nachrichtenUUID>)[0-9a-fA-F-]{36}(?=<)")


class Portal:
    """Sends copies of some documents, each with a nachrichtenUUID of its own."""

    def __init__(self, url: str, token: str, samples: Sequence[bytes]) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/xml"}
        self._samples = samples
        self.accepted: list[str] = []
        """ids answered with 202, in the order of the answers"""

    async def send(self, number: int, at_once: int = 16, pause: float = 0.0) -> None:
        """Send so many, each repeated until it is answered with 202; `pause` seconds between two, per sender."""
        documents = iter([_fresh(sample) for sample in itertools.islice(itertools.cycle(self._samples), number)])
        async with httpx2.AsyncClient(headers=self._headers, timeout=10) as client:
            await asyncio.gather(*(self._sender(client, documents, pause) for _ in range(at_once)))

    async def _sender(self, client: httpx2.AsyncClient, documents: Iterator[bytes], pause: float) -> None:
        for document in documents:
            self.accepted.append(await self._insist(client, document))
            await asyncio.sleep(pause)

    async def _insist(self, client: httpx2.AsyncClient, document: bytes) -> str:
        while True:
            try:
                answer = await client.post(f"{self._url}/v1/submissions", content=document)
            except httpx2.TransportError:
                await asyncio.sleep(0.1)
                continue
            if answer.status_code == 202:
                return str(answer.json()["submissionId"])
            assert answer.status_code in (429, 503), answer.text
            await asyncio.sleep(0.1)


def _fresh(sample: bytes) -> bytes:
    return _UUID.sub(str(uuid.uuid4()).encode(), sample)
