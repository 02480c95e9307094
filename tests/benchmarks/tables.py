"""How long the routing tables of all Bavaria take to load, and one question to be answered."""

from __future__ import annotations

import statistics
import time
from datetime import date
from pathlib import Path
from typing import Final

from gateway.routing import Question, Tables

SHIPPED: Final = Path(__file__).parents[2] / "routing"
_DAY: Final = date(2026, 11, 22)


def loading(turns: int = 9) -> str:
    """The middle of so many loads, and the slowest; the budget is one second."""
    tables = Tables.load(SHIPPED, SHIPPED)
    took = []
    for _ in range(turns):
        began = time.perf_counter()
        Tables.load(SHIPPED, SHIPPED)
        took.append(time.perf_counter() - began)
    rows = len(tables.directory.regions) + len(tables.authorities) + len(tables.responsibilities)
    return f"tables: {rows} rows loaded in {statistics.median(took):.3f} s (slowest {max(took):.3f} s)"


def finding() -> str:
    """One question after the other: every place, every service."""
    tables = Tables.load(SHIPPED, SHIPPED)
    questions = [
        Question(day=_DAY, leistung=service.leistungen[0], ars=region.ars)
        for region in tables.regions
        for service in tables.services
    ]
    began = time.perf_counter()
    for question in questions:
        tables.find(question)
    each = (time.perf_counter() - began) / len(questions)
    return f"tables: {len(questions)} questions, {each * 1e6:.1f} µs each"


if __name__ == "__main__":
    print(loading())
    print(finding())
