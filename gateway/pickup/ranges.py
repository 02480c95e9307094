"""A part of a document or attachment (RFC 9110 §14): one range of bytes, or all of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from gateway.intake.refusals import BadRange
from gateway.intake.visit import Visit

_ONE: Final = re.compile(r"bytes=(?P<first>\d{0,18})-(?P<last>\d{0,18})")


@dataclass(frozen=True, slots=True)
class Part:
    """From `start` until before `end`, of so many bytes."""

    start: int
    end: int
    of: int

    @property
    def whole(self) -> bool:
        """Whether nothing is left out."""
        return self.end - self.start == self.of

    @property
    def headers(self) -> dict[str, str]:
        """How the answer says it."""
        length = {"Content-Length": str(self.end - self.start)}
        return length if self.whole else {**length, "Content-Range": f"bytes {self.start}-{self.end - 1}/{self.of}"}


def part_wanted(visit: Visit, size: int, tag: str) -> Part:
    """
    What is asked for. Several ranges, other units and what is not understood are all of it, as is a range of something
    else (`If-Range` with another tag).

    Raises:
        BadRange: it begins behind the end.
    """
    whole = Part(0, size, size)
    found = _ONE.fullmatch(visit.header(b"range"))
    if_range = visit.header(b"if-range")
    if not found or (if_range and if_range != tag) or not (found["first"] or found["last"]):
        return whole
    if not found["first"]:
        start, end = max(0, size - int(found["last"])), size
    else:
        start, end = int(found["first"]), min(size, int(found["last"]) + 1) if found["last"] else size
        if found["last"] and int(found["last"]) < start:
            return whole
    if start >= size:
        raise BadRange(
            f"Der Bereich beginnt hinter dem Ende; es sind {size} Byte.",
            f"The range begins behind the end; there are {size} bytes.",
        )
    return Part(start, end, size)
