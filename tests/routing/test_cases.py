"""Each Antrag in `cases.toml` goes where the example says."""

from datetime import date
from pathlib import Path

import pytest

from gateway.routing import Absence, Case, Tables, read_cases

CASES = read_cases(Path(__file__).parents[2] / "routing", date(2026, 11, 22))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"line-{case.line}")
def test_an_example_holds(tables: Tables, case: Case) -> None:
    """The door, or the absence of one, is the one that the example names."""
    assert case.tried_on(tables) is None


def test_the_examples_cover_what_a_clerk_meets() -> None:
    """There is an open door for every service, and an example of every absence that the shipped tables can show."""
    shown = {case.answer for case in CASES}

    assert len(CASES) > 20
    assert shown >= {"open", *Absence} - {Absence.NOT_LIVE}
