"""The clock of this machine."""

from __future__ import annotations

import time

from gateway.submission import Micros


def clock() -> Micros:
    """Now."""
    return Micros(time.time_ns() // 1_000)
