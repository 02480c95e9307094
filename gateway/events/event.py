"""The event: a line and a metric told together, and the log that lines go to."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, TextIO, cast

import structlog

from gateway.events.metrics import counter

LOST_LINES: Final = counter("gateway_log_lines_lost_total", "Log lines that could not be written.", source="either")


class _Log:
    """Where lines go, and from which level up; bound once, because binding for each line costs more than writing it."""

    def __init__(self) -> None:
        self.line: Any = structlog.get_logger("gateway")
        self.least = logging.NOTSET


_log: Final = _Log()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """
    Something that happened, past tense. Subclasses name the line, the level and how metrics move.

    Telling never fails: a log that cannot be written must not stop an Antrag, and the metrics say that it happened.
    """

    name: ClassVar[str]
    level: ClassVar[int] = logging.INFO

    def tell(self) -> None:
        """Write the line and move the metrics."""
        self.count()
        if self.level >= _log.least:
            try:
                _log.line.log(self.level, self.name, **self._facts())
            except (OSError, ValueError):  # a full disk, a reader that went away, a closed stream
                LOST_LINES().inc()
        for see in _watchers:
            see(self)

    def count(self) -> None:
        """Move the metrics; events without one say nothing here."""

    def _facts(self) -> dict[str, Any]:
        return {name: value for name in _names(type(self)) if (value := getattr(self, name)) not in (None, "", ())}


_NAMES: dict[type, tuple[str, ...]] = {}


def _names(kind: type) -> tuple[str, ...]:
    known = _NAMES.get(kind)
    if known is None:
        known = _NAMES[kind] = tuple(field.name for field in fields(kind))
    return known


def frames_of(error: BaseException, most: int = 12) -> tuple[str, ...]:
    """Where an exception came from, as `module:function:line`, innermost last; nothing that could hold a value."""
    found: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append(f"{trace.tb_frame.f_globals.get('__name__', '?')}:{code.co_name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return tuple(found[-most:])


def _stamp(_: Any, method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    line["timestamp"] = datetime.now(UTC).isoformat(timespec="microseconds")
    line["severity"] = method
    return line


class _StandardError:
    """Whatever stderr is at the moment of writing: it may be closed or replaced after the log was set up."""

    def write(self, text: str) -> None:
        sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def write_log(to: Any = None, level: int = logging.INFO) -> None:
    """Send event lines as JSON to a text stream (stderr by default), from `level` up."""
    structlog.configure(
        processors=[_stamp, structlog.processors.JSONRenderer(sort_keys=False, ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=to or cast("TextIO", _StandardError())),
        cache_logger_on_first_use=False,
    )
    _log.line, _log.least = structlog.get_logger("gateway").bind(), level


@contextmanager
def watched(see: Callable[[Event], None]) -> Iterator[None]:
    """Call `see` with every event told while the context is open, besides its line and metrics."""
    _watchers.append(see)
    try:
        yield
    finally:
        _watchers.remove(see)


_watchers: list[Callable[[Event], None]] = []
