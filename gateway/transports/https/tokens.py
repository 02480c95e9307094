"""OAuth 2.0 client credentials (RFC 6749, section 4.4): one token for all who wait, kept while it is good."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote_plus

from gateway.adapter import Unclear, Unreachable
from gateway.submission import SECOND, Micros
from gateway.transports.https.answers import Response, not_taken
from gateway.transports.https.bodies import Body
from gateway.transports.https.client import Https

SPARE: Final = 30.0
"""seconds before its end from which a token is not used any more"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """Who we are to an authorisation server. The secret stays in its file and is read for each token."""

    client_id: str
    secret: Path
    scope: str = ""


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    good_until: Micros


class ClientTokens:
    """Tokens from one address; whoever asks while one is being fetched waits for that one."""

    def __init__(self, at: Https, credentials: ClientCredentials) -> None:
        self._at = at
        self._credentials = credentials
        self._token: _Token | None = None
        self._fetching: asyncio.Task[_Token | Unreachable] | None = None

    async def close(self) -> None:
        """End what is being fetched, and the way to the authorisation server."""
        if self._fetching is not None:
            self._fetching.cancel()
            with suppress(asyncio.CancelledError):
                await self._fetching
        await self._at.close()

    async def bearer(self) -> str | Unreachable:
        """A token that is good for this request, or why there is none."""
        known = self._token
        if known is not None and self._at.clock() < known.good_until:
            return known.value
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch())
            self._fetching.add_done_callback(self._fetched)
        # Shielded: who gives up must not take the token from those who still wait.
        token = await asyncio.shield(self._fetching)
        return token.value if isinstance(token, _Token) else token

    def forget(self, token: str | None) -> None:
        """This one was not accepted: the next request fetches another."""
        if self._token is not None and self._token.value == token:
            self._token = None

    def _fetched(self, done: asyncio.Task[_Token | Unreachable]) -> None:
        self._fetching = None
        if not done.cancelled() and done.exception() is None and isinstance(token := done.result(), _Token):
            self._token = token

    async def _fetch(self) -> _Token | Unreachable:
        try:
            secret = (await asyncio.to_thread(self._credentials.secret.read_text, "utf-8")).strip()
        except (OSError, UnicodeDecodeError):
            return Unreachable("client-secret-unreadable")
        asked = {"grant_type": "client_credentials", "scope": self._credentials.scope}
        answer = await self._at.send(
            "POST",
            headers={"Authorization": _basic(self._credentials.client_id, secret), "Accept": "application/json"},
            body=Body.form({name: value for name, value in asked.items() if value}),
        )
        return self._read(answer)

    def _read(self, answer: Response | Unreachable | Unclear) -> _Token | Unreachable:
        """Whatever goes wrong here, the request that needs the token was not sent."""
        if not isinstance(answer, Response):
            return Unreachable(f"token-{answer.because}", answer.wait if isinstance(answer, Unreachable) else None)
        at = self._at.clock()
        if not answer.good:
            trouble = not_taken(answer, at)
            return Unreachable(f"token-{trouble.because if trouble else 'refused'}", answer.wait(at))
        said = _json(answer.body)
        value, seconds = said.get("access_token"), said.get("expires_in", 0)
        bearer = str(said.get("token_type", "")).lower() == "bearer"
        if not (bearer and isinstance(value, str) and _visible(value) and isinstance(seconds, int | float)):
            return Unreachable("token-not-understood")
        lasts = min(max(float(seconds), 0.0), _LONGEST)
        return _Token(value, Micros(at + int((lasts - min(SPARE, lasts / 2)) * SECOND)))


_LONGEST: Final = 86_400.0
"""seconds that a token is kept at most, whatever is said of it"""


def _basic(client_id: str, secret: str) -> str:
    """RFC 6749, section 2.3.1: both are encoded as in a form first."""
    return "Basic " + base64.b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()


def _json(content: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _visible(value: str) -> bool:
    return value.isascii() and value.isprintable() and bool(value) and " " not in value
