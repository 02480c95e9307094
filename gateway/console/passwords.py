"""Passwords of the gateway's own accounts: made up, stored so that they can be checked, and checked."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Final

from gateway.errors import BadSettings

ACCOUNT_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")

SHORTEST: Final = 12
_LONGEST: Final = 1_024


@dataclass(frozen=True, slots=True)
class Cost:
    """
    How much work scrypt (RFC 7914) makes of one password.

    The usual takes 32 MiB and about a quarter of a second of one core; it is stored with each password, so that it can
    grow while older ones are still known.
    """

    log_n: int = 15
    r: int = 8
    p: int = 3


def made_up() -> str:
    """A password that nobody can guess, for somebody's password manager."""
    return secrets.token_urlsafe(18)


def insist_on_length(password: str) -> None:
    """
    Long enough, and not so long that checking it is an attack.

    Raises:
        BadSettings: it is neither.
    """
    if not SHORTEST <= len(password) <= _LONGEST:
        raise BadSettings(
            f"Ein Passwort hat mindestens {SHORTEST} Zeichen, und höchstens {_LONGEST}.",
            f"A password has at least {SHORTEST} characters, and {_LONGEST} at most.",
        )


def stored(password: str, cost: Cost | None = None) -> str:
    """What the journal keeps of a password: how it was hashed, the salt, the hash."""
    cost, salt = cost or Cost(), secrets.token_bytes(16)
    return f"scrypt${cost.log_n}${cost.r}${cost.p}${_text(salt)}${_text(_hash(password, salt, cost))}"


def fits(password: str, kept: str) -> bool:
    """Whether it is the password; takes as long either way. Nothing fits what was never stored."""
    try:
        scheme, log_n, r, p, salt, hashed = kept.split("$")
        cost = Cost(int(log_n), int(r), int(p))
    except ValueError:
        scheme, cost, salt, hashed = "", Cost(), _text(bytes(16)), _text(bytes(32))
    found = _hash(password[:_LONGEST], base64.b64decode(salt), cost)
    return hmac.compare_digest(found, base64.b64decode(hashed)) and scheme == "scrypt"


def _hash(password: str, salt: bytes, cost: Cost) -> bytes:
    n = 1 << cost.log_n
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"),
        salt=salt,
        n=n,
        r=cost.r,
        p=cost.p,
        maxmem=2 * 128 * cost.r * (n + cost.p),
        dklen=32,
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
