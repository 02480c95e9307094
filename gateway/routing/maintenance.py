"""
Maintenance: when a destination takes nothing, every week or once, by the clocks of Europe/Berlin.

A window is what people mean by it: on the night in which an hour comes twice it lasts until the second time, and on the
one in which an hour is missing it begins or ends where the missing hour would have been.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from gateway.submission import SECOND, Micros

BERLIN: Final = ZoneInfo("Europe/Berlin")

_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)
_MINUTES_OF_A_WEEK: Final = 7 * 24 * 60


class Weekday(StrEnum):
    """The days of the week, as `destinations.toml` writes them."""

    MONDAY = "Montag"
    TUESDAY = "Dienstag"
    WEDNESDAY = "Mittwoch"
    THURSDAY = "Donnerstag"
    FRIDAY = "Freitag"
    SATURDAY = "Samstag"
    SUNDAY = "Sonntag"


_WEEK: Final = tuple(Weekday)


@dataclass(frozen=True, slots=True)
class Span:
    """From one moment until just before another."""

    start: Micros
    end: Micros

    def holds(self, moment: Micros) -> bool:
        """Whether the moment lies in it."""
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True)
class Weekly:
    """On these days from a time until another; until one that is not later, on the day after."""

    days: frozenset[Weekday]
    start: time
    end: time

    def spans_about(self, moment: Micros) -> Iterator[Span]:
        """The windows that begin on that day or the one before."""
        today = datetime.fromtimestamp(moment / SECOND, BERLIN).date()
        for day in (today - _DAY, today):
            if _WEEK[day.weekday()] in self.days:
                yield self._on(day)

    def _on(self, day: date) -> Span:
        after = day if self.end > self.start else day + _DAY
        return Span(
            _moment(datetime.combine(day, self.start), again=False),
            _moment(datetime.combine(after, self.end), again=True),
        )

    def minutes(self) -> Iterator[int]:
        """The minutes of a week that it covers, counted from Monday; for looking at windows together."""
        first, last = (60 * at.hour + at.minute for at in (self.start, self.end))
        length = last - first if last > first else last - first + 24 * 60
        for day in self.days:
            begin = _WEEK.index(day) * 24 * 60 + first
            yield from (minute % _MINUTES_OF_A_WEEK for minute in range(begin, begin + length))


@dataclass(frozen=True, slots=True)
class Once:
    """From a date and time until another, as Berlin's clocks show them."""

    start: datetime
    end: datetime

    def spans_about(self, moment: Micros) -> Iterator[Span]:
        """The one window that it is."""
        yield Span(_moment(self.start, again=False), _moment(self.end, again=True))


@dataclass(frozen=True, slots=True)
class Maintenance:
    """All windows of a destination."""

    windows: Sequence[Weekly | Once] = ()

    def until(self, moment: Micros) -> Micros | None:
        """When the destination takes deliveries again, if it does not at that moment; None where it does."""
        end: Micros | None = None
        while (later := self._end(moment if end is None else end)) is not None:
            end = later
        return end

    def _end(self, moment: Micros) -> Micros | None:
        """The end of the longest window in which a moment lies."""
        spans = (span for window in self.windows for span in window.spans_about(moment))
        return max((span.end for span in spans if span.holds(moment)), default=None)

    @property
    def never_ends(self) -> bool:
        """Whether the weekly windows leave no minute of the week."""
        covered = {minute for one in self.windows if isinstance(one, Weekly) for minute in one.minutes()}
        return len(covered) == _MINUTES_OF_A_WEEK


def _moment(local: datetime, *, again: bool) -> Micros:
    """
    The moment at which Berlin's clocks show this; `again` means the second of two.

    One that no clock shows is the first that some clock does.
    """
    while True:
        at = local.replace(tzinfo=BERLIN, fold=int(again)).astimezone(UTC)
        if at.astimezone(BERLIN).replace(tzinfo=None, fold=0) == local:
            return Micros(int(at.timestamp()) * SECOND)
        local += _MINUTE
