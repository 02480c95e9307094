"""A clock that stands still until it is told to go on."""

from __future__ import annotations

from typing import Final

from gateway.submission import SECOND, Micros

BEGINNING: Final = Micros(1_767_268_800 * SECOND)
"""2026-01-01T12:00:00Z"""


class FakeClock:
    """Call it for the time. It moves by `advance` only, backwards too, as real ones do."""

    def __init__(self, now: Micros = BEGINNING) -> None:
        self.now = now

    def __call__(self) -> Micros:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now = Micros(self.now + round(seconds * SECOND))
