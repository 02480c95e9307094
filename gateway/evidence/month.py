"""A calendar month, as people in Germany count it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from gateway.errors import BadSettings
from gateway.submission import SECOND, Micros

BERLIN: Final = ZoneInfo("Europe/Berlin")

_FORM: Final = re.compile(r"([12]\d{3})-(0[1-9]|1[0-2])", re.ASCII)

_SETTLED: Final = 300 * SECOND
"""how long after its end a month is closed: what began before midnight has been committed then"""

_NAMES: Final = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni"),
    *("Juli", "August", "September", "Oktober", "November", "Dezember"),
)


@dataclass(frozen=True, slots=True)
class Month:
    """From its first to its last moment in Europe/Berlin; summer time makes it an hour longer or shorter."""

    year: int
    number: int

    @classmethod
    def read(cls, text: str) -> Month:
        """
        The month of `2026-10`.

        Raises:
            BadSettings: it is not of that form.
        """
        found = _FORM.fullmatch(text)
        if found is None:
            raise BadSettings(
                "Ein Monat wird als JJJJ-MM angegeben, etwa 2026-10.", "A month is given as YYYY-MM, such as 2026-10."
            )
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, moment: Micros) -> Month:
        """The month in which a moment lies."""
        day = datetime.fromtimestamp(moment / SECOND, BERLIN)
        return cls(day.year, day.month)

    @property
    def start(self) -> Micros:
        """Its first moment."""
        return _micros(datetime(self.year, self.number, 1, tzinfo=BERLIN))

    @property
    def end(self) -> Micros:
        """The first moment after it."""
        after = Month(self.year + self.number // 12, self.number % 12 + 1)
        return after.start

    @property
    def name(self) -> str:
        """`Oktober 2026`."""
        return f"{_NAMES[self.number - 1]} {self.year}"

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    def closed(self, now: Micros) -> bool:
        """Whether nothing can happen in it any more."""
        return now >= self.end + _SETTLED


def _micros(moment: datetime) -> Micros:
    return Micros(int(moment.timestamp()) * SECOND)
