"""Waiting for what somebody else does, without guessing how long it takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

_GLANCE: Final = 0.005


async def until(condition: Callable[[], T], within: float = 10.0) -> T:
    """
    The condition's first value that is true.

    Raises:
        TimeoutError: there was none within so many seconds.
    """
    deadline = time.monotonic() + within
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within} s")
        await asyncio.sleep(_GLANCE)
    return value
