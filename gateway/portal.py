"""The other side of the HTTP door: what a portal has, sends, and reads back."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Self

import httpx2

from gateway.errors import Language, NobodysFault, NotFound, NotIdentified, Sentence
from gateway.intake.clients import token_hash
from gateway.journal import Client

TOKEN_PREFIX: Final = "ag_"  # noqa: S105 - makes a token that leaked somewhere recognisable
_XML: Final = {"Content-Type": "application/xml"}
_WAIT: Final = 20
"""Seconds a gateway is asked to wait for news."""
_SELDOM: Final = 1.0
"""Seconds between two looks where it does not wait."""


def new_client(name: str, services: Sequence[str] = ("*",), regions: Sequence[str] = ("*",)) -> tuple[Client, str]:
    """A client as the journal stores it, and the token that it alone will know."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    return Client(name, token_hash(token), tuple(services), tuple(regions)), token


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file that goes with a document; `name` is its id in the document."""

    name: str
    file_name: str
    content: bytes | BinaryIO
    media_type: str = "application/pdf"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway said to a submission: the status, and the receipt or problem."""

    status: int
    body: Mapping[str, Any]

    @property
    def taken(self) -> bool:
        """Whether it was accepted, now or earlier."""
        return self.status == 202

    @property
    def submission(self) -> str:
        """Its id; empty where nothing was counted."""
        return str(self.body.get("submissionId", ""))


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened on the way, as `/events` tells it."""

    at: str
    """RFC 3339"""
    name: str
    state: str
    label: str
    """the state in the words people are shown"""
    code: str = ""
    attempt: int = 0

    @property
    def told(self) -> Sentence:
        """What happened, in a few words."""
        told = _TOLD.get(self.name)
        if told is None:
            return Sentence(self.label, self.label)
        return Sentence(told.de.format(code=self.code), told.en.format(code=self.code))


_TOLD: Final[Mapping[str, Sentence]] = {
    "letter.handed_over": Sentence("in der Warteschlange", "in the queue"),
    "letter.taken_back": Sentence("Brief zurückgeholt", "letter taken back"),
    "attempt.failed": Sentence("nicht erreicht ({code})", "not reached ({code})"),
    "submission.parked": Sentence("Klärfall ({code})", "parked ({code})"),
    "parked.released": Sentence("freigegeben", "released"),
    "parked.dropped": Sentence("aufgegeben", "dropped"),
    "reply.received": Sentence("Antwort der Behörde ({code})", "the authority's answer ({code})"),
}
"""What the state alone does not say."""


def steps_in(told: Mapping[str, Any]) -> list[Step]:
    """The steps in what `/events` answers."""
    return [
        Step(one["at"], one["name"], one["state"], one["stateLabel"], one.get("code", ""), one.get("attempt", 0))
        for one in told["events"]
    ]


class Portal:
    """A portal's connection to one gateway. Enter it before use."""

    def __init__(self, url: str, token: str, language: Language = Language.GERMAN) -> None:
        self._url = url.rstrip("/")
        self._http = httpx2.AsyncClient(
            base_url=self._url,
            headers={"Authorization": f"Bearer {token}", "Accept-Language": language.value},
            timeout=httpx2.Timeout(30.0, write=300.0, read=300.0),
            trust_env=not _is_here(url),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._http.aclose()

    async def submit(
        self,
        document: bytes,
        enclosed: Sequence[Enclosed] = (),
        *,
        key: str | None = None,
        ars: str | None = None,
        leistung: str | None = None,
    ) -> Answer:
        """
        Send a document, with its attachments; the gateway's answer, whatever it is.

        Raises:
            NobodysFault: no gateway answers there.
        """
        response = await self._ask(
            "POST",
            "/v1/submissions",
            params={name: value for name, value in (("ars", ars), ("leistung", leistung)) if value},
            headers=({"Idempotency-Key": key} if key else {}) | ({} if enclosed else _XML),
            **({"files": _parts(document, enclosed)} if enclosed else {"content": document}),
        )
        return Answer(response.status_code, self._told_in(response))

    async def status(self, submission: str) -> dict[str, Any]:
        """
        Where a submission stands.

        Raises:
            NotFound, NotIdentified, NobodysFault: for this token there is none; the token is unknown; nobody answers.
        """
        return await self._read(f"/v1/submissions/{submission}")

    async def events(self, submission: str) -> dict[str, Any]:
        """What happened to it, oldest first. Raises as `status`."""
        return await self._read(f"/v1/submissions/{submission}/events")

    async def replies(self, submission: str) -> list[dict[str, Any]]:
        """What the authority answered, newest last. Raises as `status`."""
        told: list[dict[str, Any]] = (await self._read(f"/v1/submissions/{submission}/replies"))["replies"]
        return told

    async def fetch(self, link: str) -> bytes:
        """
        The document or attachment behind a link of a reply.

        Raises:
            NotFound: it is not there, or not any more.
        """
        response = await self._ask("GET", link)
        if response.status_code != 200:
            raise NotFound(self._told_in(response)["detail"])
        return response.content

    async def follow(self, submission: str, patience: float) -> AsyncIterator[Step]:
        """
        What happens to it, as it happens, until it is concluded or parked. The gateway says when there is news.

        Raises:
            TimeoutError: that took longer than `patience` seconds.
        """
        seen, tag = 0, ""
        async with asyncio.timeout(patience):
            while True:
                standing, tag = await self._news(submission, tag)
                steps = steps_in(await self.events(submission))
                for step in steps[seen:]:
                    yield step
                seen = len(steps)
                if standing["concluded"] or standing["state"] in ("parked", "rejected"):
                    return

    async def _news(self, submission: str, tag: str) -> tuple[dict[str, Any], str]:
        """Where it stands as soon as that is not what `tag` names any more, and the tag of that."""
        path = f"/v1/submissions/{submission}"
        known = {"If-None-Match": tag, "Prefer": f"wait={_WAIT}"} if tag else {}
        while (response := await self._ask("GET", path, headers=known)).status_code == 304:
            if "Preference-Applied" not in response.headers:
                await asyncio.sleep(_SELDOM)
        return self._read_from(response), response.headers.get("ETag", "")

    async def _read(self, path: str) -> dict[str, Any]:
        return self._read_from(await self._ask("GET", path))

    def _read_from(self, response: httpx2.Response) -> dict[str, Any]:
        body = self._told_in(response)
        match response.status_code:
            case 200:
                return body
            case 404:
                raise NotFound(body["detail"])
            case 401 | 403:
                raise NotIdentified(body["detail"])
            case _:
                raise NobodysFault(body["detail"])

    def _told_in(self, response: httpx2.Response) -> dict[str, Any]:
        try:
            told: dict[str, Any] = response.json()
        except ValueError as error:
            raise NobodysFault(
                f"Unter {self._url} antwortet etwas, aber kein Antragsgateway (HTTP {response.status_code}).",
                f"Something answers at {self._url}, but no Antragsgateway (HTTP {response.status_code}).",
            ) from error
        return told

    async def _ask(self, method: str, path: str, **said: Any) -> httpx2.Response:
        try:
            return await self._http.request(method, path, **said)
        except httpx2.TransportError as error:
            raise NobodysFault(
                f"Unter {self._url} antwortet kein Gateway ({type(error).__name__}). Läuft es, und stimmt die Adresse?",
                f"No gateway answers at {self._url} ({type(error).__name__}). Does it run, and is the address right?",
            ) from error


def _parts(document: bytes, enclosed: Sequence[Enclosed]) -> list[tuple[str, tuple[str, bytes | BinaryIO, str]]]:
    """The parts of a form, the document first."""
    files = [(one.name, (one.file_name, one.content, one.media_type)) for one in enclosed]
    return [("document", ("antrag.xml", document, "application/xml")), *files]


def _is_here(url: str) -> bool:
    """Whether that is this machine: no proxy leads there."""
    return httpx2.URL(url).host in ("localhost", "127.0.0.1", "::1")
