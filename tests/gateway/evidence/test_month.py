"""Months are those of Berlin, summer time included."""

from datetime import UTC, datetime

import pytest

from gateway.errors import BadSettings
from gateway.evidence import Month
from gateway.submission import SECOND, Micros


def moment(text: str) -> Micros:
    return Micros(int(datetime.fromisoformat(text).timestamp()) * SECOND)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-10", "2026-09-30T22:00:00+00:00", "2026-10-31T23:00:00+00:00"),
        ("2026-12", "2026-11-30T23:00:00+00:00", "2026-12-31T23:00:00+00:00"),
        ("2027-03", "2027-02-28T23:00:00+00:00", "2027-03-31T22:00:00+00:00"),
    ],
)
def test_it_begins_and_ends_at_midnight_in_berlin(text: str, start: str, end: str) -> None:
    """October has an hour more than its days, March one less."""
    month = Month.read(text)

    assert (month.start, month.end) == (moment(start), moment(end))
    assert str(month) == text
    assert Month.of(month.start) == month == Month.of(Micros(month.end - 1))


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "10/2026", "", "2026-10-01", "0000-01", "9999-12"])
def test_other_forms_are_refused(text: str) -> None:
    """With a sentence that shows the right one."""
    with pytest.raises(BadSettings, match="YYYY-MM"):
        Month.read(text)


def test_it_is_closed_when_nothing_can_happen_in_it_any_more() -> None:
    """Not at its last moment, but when what began before midnight is committed."""
    month = Month.read("2026-10")

    assert not month.closed(month.end)
    assert month.closed(Micros(month.end + 600 * SECOND))
    assert not month.closed(Micros(int(datetime(2026, 10, 5, tzinfo=UTC).timestamp()) * SECOND))
