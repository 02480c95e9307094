"""Moments as people at a terminal read them."""

from __future__ import annotations

from datetime import datetime

from gateway.submission import SECOND, Micros


def local(at: Micros) -> str:
    """Date and time to the second, in this machine's time zone."""
    return f"{datetime.fromtimestamp(at / SECOND).astimezone():%Y-%m-%d %H:%M:%S}"


def local_of(at: str) -> str:
    """Of an RFC 3339 moment: date and time to the minute, in this machine's time zone."""
    return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M}"


def time_of_day(at: str) -> str:
    """Of an RFC 3339 moment: the time to the millisecond, in this machine's time zone."""
    return datetime.fromisoformat(at).astimezone().time().isoformat("milliseconds")
