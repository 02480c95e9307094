"""How much and how long the door lets one request be, and how many of them at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MEGABYTE: Final = 1024 * 1024

_PART_HEADERS: Final = 64 * 1024
"""Bytes granted to each part of a multipart body for its boundary and headers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes in bytes, times in seconds. The defaults are those that senders know from FIT-Connect (DOMAIN)."""

    document: int = 25 * MEGABYTE
    attachment: int = 500 * MEGABYTE
    attachments: int = 100
    together: int = 2048 * MEGABYTE
    """all attachments of one submission"""
    body_seconds: float = 300.0
    """an XML body, or one part of a multipart body, may take this long"""
    idle_seconds: float = 20.0
    """a body may stand still for this long"""
    at_once: int = 256
    """requests of one client in hand"""
    at_once_all: int = 1024
    """requests of all clients in hand"""
    wait: int = 30
    """a request may wait for news this long"""
    waiting: int = 256
    """requests of one client that wait for news"""
    waiting_all: int = 2048
    """requests of all clients that wait for news"""

    @property
    def multipart(self) -> int:
        """Bytes of a multipart body as a whole."""
        return self.document + self.together + (self.attachments + 2) * _PART_HEADERS
