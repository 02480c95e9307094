"""An example that does not hold says what came out instead."""

from datetime import date
from pathlib import Path

import pytest

from gateway.routing import Tables, failing, read_cases

HOLDS = """\
[[case]]
says = "Neufahrn."
leistung = "99012070006000"
ars = "09178145"
answer = "open"
authority = "09178"
"""
COUNTS = """\
[[case]]
says = "Freising."
leistung = "99115005104000"
ars = "09178"
answer = "not-responsible"
authorities = 3
"""


@pytest.mark.parametrize(
    "case, old, new",
    [
        (HOLDS, '"open"', '"paused"'),
        (HOLDS, 'authority = "09178"', 'authority = "091780145145"'),
        (HOLDS, 'authority = "09178"', "authorities = 2"),
        (HOLDS, 'ars = "09178145"', 'ars = "09661"'),
        (COUNTS, "authorities = 3", "authorities = 4"),
        (COUNTS, "authorities = 3", 'authority = "091780124124"'),
    ],
)
def test_only_examples_that_fail_are_told(tables: Tables, tmp_path: Path, case: str, old: str, new: str) -> None:
    """State, authority and number are compared; line, sentence and the real answer are told."""
    (tmp_path / "cases.toml").write_text(HOLDS + "\n" + COUNTS + "\n" + case.replace(old, new))

    told = failing(read_cases(tmp_path, date(2026, 11, 22)), tables)

    assert len(told) == 1
    assert told[0].de.startswith("cases.toml, Zeile 15: ")
    assert told[0].en.startswith("cases.toml, line 15: ")


def test_an_example_may_choose_its_day(tables: Tables, tmp_path: Path) -> None:
    """Without a day of its own it is asked for today."""
    city = '[[case]]\nsays = "x"\nleistung = "99012070006000"\nars = "09178124"\nanswer = "not-connected"\n'
    later = city.replace('"not-connected"', '"open"') + "day = 2027-01-01\n"
    (tmp_path / "cases.toml").write_text(city + later)

    assert failing(read_cases(tmp_path, date(2026, 12, 31)), tables) == ()
