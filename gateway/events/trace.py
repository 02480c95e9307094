"""Which submission is being worked on: its trace goes along wherever its work leads (W3C Trace Context)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_followed: Final[ContextVar[str]] = ContextVar("traceparent", default="")


@contextmanager
def following(traceparent: str) -> Iterator[None]:
    """What is called while the context is open, in this task and in those it starts, is done for this trace."""
    before = _followed.set(traceparent)
    try:
        yield
    finally:
        _followed.reset(before)


def followed() -> str:
    """The `traceparent` of what is being worked on, to be sent along as it is; empty where it has none."""
    return _followed.get()
