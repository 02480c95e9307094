"""
The entrance: who is there, by a cookie; and that a form was sent by them, not by a page that they happen to look at.

A session's secret is in the browser only; the journal has its hash. The token that forms carry is made from the secret,
so that it needs no place of its own.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Final

from gateway.account import Account, AccountBook, Session
from gateway.console.passwords import fits
from gateway.errors import NotAllowed, NotIdentified, TooMany
from gateway.intake.visit import Visit
from gateway.submission import Micros

COOKIE: Final = "gateway_console"
PATH: Final = "/console"

_AT_ONCE: Final = 2
"""passwords that are checked at the same time: each costs memory and a core"""


class LocalAccounts:
    """The identity provider that is there from the start: names and passwords in the journal."""

    leads_to: Final = None

    def __init__(self, book: AccountBook, clock: Callable[[], Micros]) -> None:
        self._book = book
        self._clock = clock
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def identify(self, said: Mapping[str, str]) -> Account:
        """The account with this name and password; raises as the port says."""
        name, password = said.get("name", "").strip(), said.get("password", "")
        hashed = hashlib.sha256(name.casefold().encode("utf-8", "surrogatepass")).hexdigest()
        async with self._room:
            wait = (await self._book.knocking(hashed)).seconds_left(self._clock())
            if wait > 0:
                raise _too_often(wait)
            account = next((one for one in await self._book.accounts() if one.name == name), None)
            kept = account.password if account and account.revoked_at is None else ""
            fitting = await asyncio.to_thread(fits, password, kept)
            await self._book.knock(hashed, opened=fitting)
        if account is None or not fitting:
            raise NotIdentified(
                "Name und Passwort passen nicht zusammen, oder das Konto ist gesperrt.",
                "Name and password do not fit, or the account is revoked.",
            )
        return account


def _too_often(seconds: float) -> TooMany:
    minutes = max(1, round(seconds / 60))
    return TooMany(
        f"Für diesen Namen wurde zu oft ein falsches Passwort eingegeben. In {minutes} Minuten geht es wieder.",
        f"A wrong password was entered for this name too often. It works again in {minutes} minutes.",
    )


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who came in."""

    account: Account
    secret: str

    @property
    def token(self) -> str:
        """What every form of theirs carries."""
        return _token(self.secret)


class Entrance:
    """Lets people in, knows them again, and lets them out."""

    def __init__(self, book: AccountBook, *, idle: float) -> None:
        self._book = book
        self._idle = idle

    async def guest(self, visit: Visit) -> Guest | None:
        """Who is there; None for nobody."""
        secret = secret_in(visit)
        if not secret:
            return None
        session: Session | None = await self._book.session(_hash(secret), self._idle)
        return Guest(session.account, secret) if session else None

    async def come_in(self, account: Account) -> Guest:
        """Somebody was identified: a session of their own, with a secret nobody had before."""
        secret = secrets.token_urlsafe(32)
        await self._book.begin_session(_hash(secret), account.name)
        return Guest(account, secret)

    async def leave(self, guest: Guest) -> None:
        """Their session is over, everywhere."""
        await self._book.end_session(_hash(guest.secret))


def secret_in(visit: Visit) -> str:
    """The session's secret that a request carries; empty for none."""
    try:
        found = SimpleCookie(visit.header(b"cookie")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def cookie(secret: str, visit: Visit) -> str:
    """The header `Set-Cookie` that brings a secret into the browser, or takes it away where it is empty."""
    age = "" if secret else "; Max-Age=0"
    secure = "" if on_this_machine(visit) else "; Secure"
    return f"{COOKIE}={secret}; Path={PATH}; HttpOnly; SameSite=Strict{secure}{age}"


def on_this_machine(visit: Visit) -> bool:
    """Whether the browser speaks to this very machine: only there a session may go without TLS."""
    host = visit.header(b"host")
    name = host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0]
    return name in {"localhost", "127.0.0.1", "[::1]"}


def insist_on_same_house(visit: Visit) -> None:
    """
    A form comes from a page of this very house; browsers say so (Fetch Metadata, and `Origin` where they are older).

    Raises:
        NotAllowed: it came from elsewhere.
    """
    site = visit.header(b"sec-fetch-site")
    if site:
        if site not in {"same-origin", "none"}:
            raise _from_elsewhere()
        return
    origin = visit.header(b"origin")
    if origin and origin.partition("://")[2] != visit.header(b"host"):
        raise _from_elsewhere()


def insist_on_token(guest: Guest, form: Mapping[str, str]) -> None:
    """
    A form carries what only a page shown to this guest knows.

    Raises:
        NotAllowed: it does not.
    """
    if not hmac.compare_digest(form.get("token", "").encode(), guest.token.encode()):
        raise _from_elsewhere()


def _from_elsewhere() -> NotAllowed:
    return NotAllowed(
        "Dieses Formular kam nicht von einer Seite dieser Sitzung; nichts wurde geändert. Bitte die Seite neu laden.",
        "This form did not come from a page of this session; nothing was changed. Please load the page again.",
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _token(secret: str) -> str:
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()
