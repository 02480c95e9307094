"""How a simulated Fachverfahren can be: good, away, and hostile in every way that was ever met."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol, runtime_checkable


class Mood(StrEnum):
    """How a simulator behaves towards what comes next."""

    GOOD = "good"
    """takes what it should and says so"""
    SLOW = "slow"
    """as good, and answers only after a while"""
    HANGS = "hangs"
    """reads, takes nothing, and never answers"""
    RESETS = "resets"
    """cuts the connection in the middle of a request"""
    TAKES_AND_HANGS = "takes-and-hangs"
    """takes it, and never says so"""
    FAULT_INSIDE = "fault-inside"
    """takes nothing, and says so inside an answer that looks like success"""
    TOO_MANY = "too-many"
    """answers 429, with the seconds to wait"""
    AWAY = "away"
    """answers 503, with the date until which to wait"""
    REJECTS_LATER = "rejects-later"
    """takes it, and rejects it afterwards"""
    EXPIRED = "expired"
    """shows a certificate that has ended"""
    DISK_FULL = "disk-full"
    """has no room for it, and says so"""
    HOSTILE_XML = "hostile-xml"
    """answers with XML made to hurt whoever reads it"""


@runtime_checkable
class Moody(Protocol):
    """A simulator that can be told to misbehave."""

    @property
    def moods(self) -> frozenset[Mood]:
        """Those it can be in."""
        ...

    def behave(self, mood: Mood) -> None:
        """Be in this mood from the next request on."""
        ...
