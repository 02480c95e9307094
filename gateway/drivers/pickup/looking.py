"""A look from a site at its gateway: what lies between the two, and what is wrong with it. Changes nothing."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import httpx2

from gateway.drivers.pickup import forms
from gateway.drivers.pickup.door import Way, trust_in
from gateway.submission import SECOND, Micros

Fault = Literal["", "name", "proxy", "refused", "silence", "certificate", "tls", "no-gateway", "token", "site", "busy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What was seen; `fault` names the first thing that is in the way."""

    fault: Fault = ""
    detail: str = ""
    """what the system says of it: a reason, never a value"""
    ahead: float | None = None
    """seconds by which the clock here is ahead of the gateway's"""
    certificate_until: Micros | None = None
    destinations: tuple[forms.Reached, ...] = ()


async def resolve(host: str) -> bool:
    """Whether the name means anything here."""
    loop = asyncio.get_running_loop()
    try:
        return bool(await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM))
    except OSError:
        return False


async def look(way: Way, now: Micros, *, transport: httpx2.AsyncBaseTransport | None = None) -> Sight:
    """
    Ask the gateway for the site's destinations, and tell what came of it. `transport` takes the network's place.

    Raises:
        BadSettings: the file with authorities cannot be read.
    """
    async with httpx2.AsyncClient(
        verify=trust_in(way.authorities),
        proxy=way.proxy,
        timeout=httpx2.Timeout(15.0),
        trust_env=False,
        follow_redirects=False,
        transport=transport,
    ) as http:
        path = way.url.rstrip("/") + "/destinations"
        try:
            async with http.stream("GET", path, headers={"Authorization": f"Bearer {way.token}"}) as answer:
                await answer.aread()
                return _seen(answer, now, _certificate_end(answer))
        except httpx2.TransportError as error:
            return _unseen(error)


def _seen(answer: httpx2.Response, now: Micros, until: Micros | None) -> Sight:
    fault: Fault = ""
    found: tuple[forms.Reached, ...] = ()
    body = _json(answer)
    if answer.status_code == 200 and isinstance(body, dict) and "destinations" in body:
        found = tuple(forms.reached(body))
    elif answer.status_code in (401, 404) and isinstance(body, dict) and "code" in body:
        fault = "token" if answer.status_code == 401 else "site"
    elif answer.status_code in (429, 503):
        fault = "busy"
    else:
        fault = "proxy" if answer.status_code == 407 else "no-gateway"
    return Sight(
        fault=fault,
        detail=str(answer.status_code) if fault else "",
        ahead=_ahead(answer.headers.get("date", ""), now),
        certificate_until=until,
        destinations=found,
    )


def _unseen(error: httpx2.TransportError) -> Sight:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Sight(fault="certificate", detail=cause.verify_message)
        if isinstance(cause, ssl.SSLError):
            return Sight(fault="tls", detail=str(cause.reason or ""))
    if isinstance(error, httpx2.ProxyError):
        return Sight(fault="proxy")
    if isinstance(error, httpx2.TimeoutException):
        return Sight(fault="silence")
    return Sight(fault="refused")


def _causes(error: BaseException) -> Iterable[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _json(answer: httpx2.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _ahead(date: str, now: Micros) -> float | None:
    try:
        return now / SECOND - parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError):
        return None


def _certificate_end(answer: httpx2.Response) -> Micros | None:
    stream = answer.extensions.get("network_stream")
    secured = stream.get_extra_info("ssl_object") if stream is not None else None
    shown = secured.getpeercert() if secured is not None else None
    if not shown or "notAfter" not in shown:
        return None
    return Micros(ssl.cert_time_to_seconds(str(shown["notAfter"])) * SECOND)
