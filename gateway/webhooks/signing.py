"""
How a portal knows that a notice comes from here, is whole, and is not an old one sent again (Standard Webhooks 1.0).

Signed is `id.timestamp.body` with HMAC-SHA256. While a secret is being changed there are several signatures, and one
that fits is enough. `verify` is what a portal does; docs/spec/webhooks.md shows the same in other languages.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from typing import Final

PREFIX: Final = "whsec_"
TOLERANCE: Final = 300
"""Seconds a message may be old, or a clock ahead."""
_SIZE: Final = 32
"""Bytes of a secret."""


def new_secret() -> bytes:
    """A secret that nobody else has."""
    return secrets.token_bytes(_SIZE)


def written(secret: bytes) -> str:
    """A secret as people and settings hold it: `whsec_…`."""
    return PREFIX + base64.b64encode(secret).decode()


def signed(notice: str, timestamp: int, body: bytes, keys: Iterable[bytes]) -> dict[str, str]:
    """The headers of a message: the notice's id, the moment of this attempt in seconds, a signature for each secret."""
    signatures = (f"v1,{_signature(key, notice, str(timestamp), body)}" for key in keys)
    return {
        "webhook-id": notice,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """
    Whether a message was signed with this secret (`whsec_…`) within the last five minutes; `now` in seconds.

    `body` are the bytes as they came, before anything has read them. A repetition has the same `webhook-id`.
    """
    said = {name.lower(): value for name, value in headers.items()}
    timestamp = said.get("webhook-timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit()) or abs(now - int(timestamp)) > TOLERANCE:
        return False
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        return False
    expected = f"v1,{_signature(key, said.get('webhook-id', ''), timestamp, body)}".encode()
    given = said.get("webhook-signature", "").split()
    # Every one is compared, in the same time, so that nobody learns how much of a guess was right.
    return bool(key) and any([hmac.compare_digest(expected, one.encode()) for one in given])  # noqa: C419 - see above


def _signature(key: bytes, notice: str, timestamp: str, body: bytes) -> str:
    content = b".".join((notice.encode(), timestamp.encode(), body))
    return base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
