"""Numbers as drawings: bars of an SVG as plain facts, which templates draw, and the same in words beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

HEIGHT: Final = 120
WIDTH: Final = 720
_GAP: Final = 4


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a number, a part of it drawn apart, and what it stands for."""

    label: str
    number: int
    part: int = 0


@dataclass(frozen=True, slots=True)
class Drawn:
    """Where a column is drawn: from the left and the top, with which height; in units of the drawing."""

    column: Column
    x: float
    width: float
    y: float
    height: float
    part_y: float
    part_height: float
    labelled: bool


@dataclass(frozen=True, slots=True)
class Columns:
    """A chart of columns."""

    drawn: Sequence[Drawn]
    most: int

    @property
    def total(self) -> int:
        """All of it together."""
        return sum(one.column.number for one in self.drawn)

    @property
    def parts(self) -> int:
        """All parts together."""
        return sum(one.column.part for one in self.drawn)


def columns(of: Sequence[Column], every: int = 6) -> Columns:
    """Columns side by side, the highest as high as the drawing; each `every`th has its label below."""
    most = max((one.number for one in of), default=0)
    step = WIDTH / max(len(of), 1)
    return Columns([_drawn(one, at, step, most, labelled=at % every == 0) for at, one in enumerate(of)], most)


def _drawn(one: Column, at: int, step: float, most: int, *, labelled: bool) -> Drawn:
    height = _high(one.number, most)
    part = _high(one.part, most)
    return Drawn(
        column=one,
        x=round(at * step + _GAP / 2, 1),
        width=round(step - _GAP, 1),
        y=HEIGHT - height,
        height=height,
        part_y=HEIGHT - part,
        part_height=part,
        labelled=labelled,
    )


def _high(number: int, most: int) -> float:
    """What is there is seen, however little it is."""
    return round(max(2.0, HEIGHT * number / most), 1) if number else 0.0


def share(number: int, most: int) -> float:
    """A number as a part of 100, for a bar in a line of a table."""
    return round(max(1.0, 100 * number / most), 1) if number and most else 0.0
