"""The pickup door from outside: one method for each call, and what their failures mean to a worker."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import httpx2

from gateway.adapter import Reply
from gateway.drivers.pickup import forms
from gateway.drivers.pickup.reply_form import reply_form
from gateway.errors import BadSettings, NobodysFault, NotIdentified, Sentence, TooLarge
from gateway.reply import Origin
from gateway.site import Heartbeat
from gateway.submission import SubmissionId

for _talkative in ("httpx2", "httpcore2"):  # they would write addresses into the log
    logging.getLogger(_talkative).setLevel(logging.WARNING)

_LONGEST_ALONE: Final = 60.0
"""Seconds for which a gateway is left alone at most, whatever it asks for."""

WAIT: Final = 50
"""Seconds for which a list waits; many proxies end a connection on which nothing happens for a minute."""

_LANES: Final = 12
"""Connections for what is small, besides the one that waits: each request looks at all of them, so few are fast. Files
have connections of their own, and do not keep the rest waiting."""

_JUDGING: Final = 120.0
"""Seconds that the gateway may take for a reply when it has all of it."""

_LOCAL: Final = ("localhost", "127.0.0.1", "::1")


class GatewayAway(NobodysFault):
    """The gateway did not answer, or asked to come back later; whether it heard is not certain."""

    code = "gateway-away"
    title = Sentence("Das Gateway ist zurzeit nicht erreichbar", "The gateway cannot be reached at the moment")


class GatewayNotTrusted(GatewayAway):
    """What answers there shows a certificate that nobody here vouches for; nothing was sent to it."""

    code = "gateway-not-trusted"
    title = Sentence(
        "Dem Zertifikat des Gateways wird hier nicht vertraut", "The gateway's certificate is not trusted here"
    )


class ReplyNotTaken(TooLarge):
    """The gateway does not take this reply, whatever the reason; bringing it again will not help."""

    code = "reply-not-taken"
    title = Sentence("Das Gateway nimmt diese Antwort nicht an", "The gateway does not take this reply")


class Refusal(Exception):
    """The gateway answered, and said no: `status` and `code` say why."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a site reaches the gateway: its door's address and token, and what lies between."""

    url: str
    """`https://GATEWAY/v1/sites/SITE`"""
    token: str
    proxy: str | None = None
    authorities: Path | None = None
    """certificates of the authorities that vouch for the gateway; None for those of the system"""

    def __post_init__(self) -> None:
        """Raises BadSettings: the address is none of a pickup door, or would send the token in the clear."""
        url = httpx2.URL(self.url)
        parts = url.path.rstrip("/").split("/")
        if url.scheme not in ("http", "https") or len(parts) != 4 or parts[1:3] != ["v1", "sites"] or not parts[3]:
            raise BadSettings(
                "Die Adresse des Standorts hat die Form https://GATEWAY/v1/sites/NAME.",
                "The site's address has the form https://GATEWAY/v1/sites/NAME.",
            )
        if url.scheme == "http" and url.host not in _LOCAL:
            raise BadSettings(
                "Ohne https:// ginge das Token im Klartext über das Netz; das geht nur auf demselben Rechner.",
                "Without https:// the token would go over the network in the clear; that is for the same machine only.",
            )
        if not self.token:
            raise BadSettings(
                "Dem Standort fehlt sein Token (GATEWAY_TOKEN). Es vergibt der Betreiber: gateway sites add.",
                "The site's token is missing (GATEWAY_TOKEN). Its operator issues it: gateway sites add.",
            )

    @property
    def site(self) -> str:
        """The site's name."""
        return httpx2.URL(self.url).path.rstrip("/").rsplit("/", 1)[1]


class Door:
    """
    A client for one site. Enter it before use.

    Every call raises `GatewayAway` where the gateway did not answer or asked to come back later, `NotIdentified` where
    it does not know the token, and `Refusal` where it says no for another reason; after 429 and 503 not before the
    seconds that `Retry-After` names. `transport` takes the place of the network.
    """

    def __init__(
        self,
        way: Way,
        at_once: int,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._pause = pause
        self.site: Final = way.site
        self._path = httpx2.URL(way.url).path.rstrip("/")
        trusting = trust_in(way.authorities)

        def client(connections: int) -> httpx2.AsyncClient:
            return httpx2.AsyncClient(
                base_url=way.url.removesuffix("/").removesuffix(self._path),
                headers={"Authorization": f"Bearer {way.token}"},
                timeout=httpx2.Timeout(30.0, connect=10.0, pool=None),
                limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
                proxy=way.proxy,
                verify=trusting,
                transport=transport,
                trust_env=False,
                follow_redirects=False,
            )

        self._http = client(min(at_once, _LANES) + 1)
        self._files = client(at_once)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._http.aclose()
        await self._files.aclose()

    async def letters(self, most: int) -> list[forms.Listed]:
        """What waits, or comes while this waits."""
        timeout = httpx2.Timeout(WAIT + 30.0, connect=10.0, pool=None)
        params = {"wait": WAIT, "most": most}
        return forms.listed(await self._json("GET", f"{self._path}/letters", params=params, timeout=timeout))

    async def lease(self, letter: SubmissionId, seconds: float) -> forms.Leased:
        """A letter's claim."""
        said = {"seconds": min(max(seconds, 1.0), 3_600.0)}
        return forms.leased(await self._json("POST", f"{self._path}/letters/{letter}/lease", json=said))

    async def document(self, leased: forms.Leased) -> bytes:
        """The document's bytes."""
        return (await self._ask("GET", leased.document, headers={"Lease-Key": leased.key})).content

    async def attachment(self, leased: forms.Leased, path: str, start: int, size: int) -> AsyncIterator[bytes]:
        """An attachment's bytes from `start` on, as they come, in pieces of at most `size`."""
        headers = {"Lease-Key": leased.key, **({"Range": f"bytes={start}-"} if start else {})}
        try:
            async with self._files.stream("GET", path, headers=headers) as response:
                if response.status_code not in (200, 206):
                    await response.aread()
                _insist(response)
                async for piece in response.aiter_bytes(size):
                    yield piece
        except httpx2.TransportError as error:
            raise _unheard(error) from error

    async def report(self, leased: forms.Leased, said: Mapping[str, Any]) -> None:
        """How an attempt ended; on return it counts."""
        await self._json("POST", leased.outcome, headers={"Lease-Key": leased.key}, json=dict(said))

    async def destinations(self) -> list[forms.Reached]:
        """Where the site's Fachverfahren are, live and for tests."""
        return forms.reached(await self._json("GET", f"{self._path}/destinations"))

    async def reply(self, reply: Reply, origin: Origin) -> None:
        """Bring what the Fachverfahren answered; on return the gateway has it on disk, whatever it made of it."""
        form = reply_form(reply)
        if reply.submission is None:
            path, params = "/replies", {"destination": origin.destination, "test": "true" if origin.test else "false"}
        else:
            path, params = f"/letters/{reply.submission}/replies", None
        body = await self._json(
            "POST",
            self._path + path,
            by=self._files,
            params=params,
            content=form.content,
            headers={"Content-Type": form.media_type},
            timeout=httpx2.Timeout(30.0, connect=10.0, read=_JUDGING, pool=None),
        )
        if not isinstance(body, dict) or "replyId" not in body:  # a page in between is no reason to forget a reply
            raise _away()

    async def heartbeat(self, said: Heartbeat) -> None:
        """That a worker is there."""
        await self._ask("POST", f"{self._path}/heartbeat", json=forms.heartbeat(said))

    async def _json(self, method: str, path: str, **said: Any) -> Any:
        try:
            return (await self._ask(method, path, **said)).json()
        except ValueError as error:  # something answers there, but no gateway
            raise _away() from error

    async def _ask(
        self, method: str, path: str, *, by: httpx2.AsyncClient | None = None, **said: Any
    ) -> httpx2.Response:
        try:
            response = await (by or self._http).request(method, path, **said)
        except httpx2.TransportError as error:
            raise _unheard(error) from error
        await self._leave_alone(response)
        _insist(response)
        return response

    async def _leave_alone(self, response: httpx2.Response) -> None:
        """Wait for as long as the gateway asks to be left alone, so that nobody here asks again before."""
        wait = response.headers.get("retry-after", "")
        if response.status_code in (429, 503) and wait.isdecimal():
            await self._pause(min(float(wait), _LONGEST_ALONE))


def _insist(response: httpx2.Response) -> None:
    """Return for a success; raise what anything else means."""
    status = response.status_code
    if status < 300:
        return
    if status == 401:
        raise NotIdentified
    if status in (408, 503) or status >= 500 or status < 400:
        raise _away()
    try:
        code = str(response.json()["code"])
    except (ValueError, KeyError, TypeError):  # a proxy between says no in its own words
        raise _away() from None
    raise Refusal(status, code)


def _unheard(error: httpx2.TransportError) -> GatewayAway:
    """Nobody answered, or nobody who may be told the token."""
    beneath: BaseException | None = error
    while beneath is not None:
        if isinstance(beneath, ssl.SSLCertVerificationError):
            return GatewayNotTrusted(
                "Dem Zertifikat des Gateways wird hier nicht vertraut, oder es ist abgelaufen. Sieht ein Proxy "
                "dazwischen in die Verbindung, gehört dessen Stelle in GATEWAY_SITE_AUTHORITIES.",
                "The gateway's certificate is not trusted here, or has ended. If a proxy between looks into the "
                "connection, its authority belongs into GATEWAY_SITE_AUTHORITIES.",
            )
        beneath = beneath.__cause__ or beneath.__context__
    return _away()


def _away() -> GatewayAway:
    return GatewayAway(
        "Das Gateway antwortet nicht, oder nicht wie eines; es wird weiter versucht.",
        "The gateway does not answer, or not like one; trying goes on.",
    )


def trust_in(authorities: Path | None) -> ssl.SSLContext:
    """Trusts these authorities, or those of the system; raises BadSettings where the file holds none."""
    try:
        return ssl.create_default_context(cafile=authorities)
    except (OSError, ssl.SSLError):
        raise BadSettings(
            f"Die Datei {authorities} mit Zertifikaten ist nicht lesbar oder enthält keine.",
            f"The file {authorities} with certificates cannot be read, or holds none.",
        ) from None
