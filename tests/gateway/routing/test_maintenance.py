"""When a destination takes nothing: weekly or once, by Berlin's clocks, also in the nights in which they change."""

from datetime import datetime
from pathlib import Path

import pytest

from gateway.errors import BadTables
from gateway.routing import Board, Question, Tables, explain
from gateway.routing.maintenance import Maintenance, Once, Weekday, Weekly
from gateway.submission import SECOND, Micros
from tests.gateway.routing.conftest import Write

SUNDAYS = frozenset({Weekday.SUNDAY})
EVERY_DAY = frozenset(Weekday)


def moment(text: str) -> Micros:
    return Micros(int(datetime.fromisoformat(text).timestamp()) * SECOND)


def weekly(days: frozenset[Weekday], start: str, end: str) -> Weekly:
    at = datetime.fromisoformat
    return Weekly(days, at(f"2000-01-01 {start}").time(), at(f"2000-01-01 {end}").time())


def once(start: str, end: str) -> Once:
    return Once(datetime.fromisoformat(start), datetime.fromisoformat(end))


@pytest.mark.parametrize(
    "now, until",
    [
        ("2026-11-29T01:59:59+01:00", None),
        ("2026-11-29T02:00:00+01:00", "2026-11-29T05:00:00+01:00"),
        ("2026-11-29T04:59:59+01:00", "2026-11-29T05:00:00+01:00"),
        ("2026-11-29T05:00:00+01:00", None),
        ("2026-11-28T03:00:00+01:00", None),
        ("2026-07-05T03:00:00+02:00", "2026-07-05T05:00:00+02:00"),
    ],
)
def test_a_weekly_window_holds_on_its_day(now: str, until: str | None) -> None:
    """From its first moment until just before its last, in summer and in winter."""
    window = Maintenance((weekly(SUNDAYS, "02:00", "05:00"),))

    assert window.until(moment(now)) == (moment(until) if until else None)


@pytest.mark.parametrize(
    "now, until",
    [
        ("2026-11-29T21:59:00+01:00", None),
        ("2026-11-29T23:00:00+01:00", "2026-11-30T04:00:00+01:00"),
        ("2026-11-30T03:59:00+01:00", "2026-11-30T04:00:00+01:00"),
        ("2026-11-29T03:59:00+01:00", None),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins(now: str, until: str | None) -> None:
    """Sunday evening until Monday morning, and not the morning of Sunday."""
    window = Maintenance((weekly(SUNDAYS, "22:00", "04:00"),))

    assert window.until(moment(now)) == (moment(until) if until else None)


def test_windows_that_touch_are_one() -> None:
    """Who asks in the first hears when the last one ends."""
    maintenance = Maintenance(
        (
            weekly(frozenset({Weekday.SATURDAY}), "22:00", "00:00"),
            weekly(SUNDAYS, "00:00", "06:00"),
            once("2026-11-29 05:00", "2026-11-29 09:30"),
        )
    )

    assert maintenance.until(moment("2026-11-28T23:00:00+01:00")) == moment("2026-11-29T09:30:00+01:00")


def test_a_dated_window_holds_once() -> None:
    """Over Christmas, and not a year later."""
    maintenance = Maintenance((once("2026-12-24 18:00", "2026-12-27 06:00"),))

    assert maintenance.until(moment("2026-12-25T12:00:00+01:00")) == moment("2026-12-27T06:00:00+01:00")
    assert maintenance.until(moment("2027-12-25T12:00:00+01:00")) is None
    assert Maintenance().until(moment("2026-12-25T12:00:00+01:00")) is None


@pytest.mark.parametrize(
    "start, end, first, last",
    [
        # On 25 October 2026 the clocks show the hour from 2 to 3 twice: first at +02:00, then at +01:00.
        ("02:00", "03:00", "2026-10-25T02:00:00+02:00", "2026-10-25T03:00:00+01:00"),
        ("02:15", "02:30", "2026-10-25T02:15:00+02:00", "2026-10-25T02:30:00+01:00"),
        ("01:00", "02:30", "2026-10-25T01:00:00+02:00", "2026-10-25T02:30:00+01:00"),
        # On 28 March 2027 they show no hour from 2 to 3.
        ("01:00", "02:30", "2027-03-28T01:00:00+01:00", "2027-03-28T03:00:00+02:00"),
        ("02:30", "05:00", "2027-03-28T03:00:00+02:00", "2027-03-28T05:00:00+02:00"),
    ],
)
def test_on_nights_when_the_clocks_change_the_window_is_what_people_mean(
    start: str, end: str, first: str, last: str
) -> None:
    """An hour that comes twice is waited for twice; one that does not come ends where it would have."""
    window = Maintenance((weekly(SUNDAYS, start, end),))

    assert window.until(Micros(moment(first) - SECOND)) is None
    assert window.until(moment(first)) == moment(last)
    assert window.until(Micros(moment(last) - SECOND)) == moment(last)
    assert window.until(moment(last)) is None


def test_a_window_in_the_hour_that_does_not_come_is_none() -> None:
    """From half past two until three, in the night without that hour: nothing waits, and nothing breaks."""
    window = Maintenance((weekly(SUNDAYS, "02:15", "02:45"),))

    for minute in range(0, 180, 5):
        assert window.until(Micros(moment("2027-03-28T00:30:00+01:00") + minute * 60 * SECOND)) is None


# ── in the tables ────────────────────────────────────────────────────────────────────────────────────────────────────

WINDOWS = """
[[freising-bau.maintenance]]
days = ["Samstag", "Sonntag"]
from = "22:00"
until = "04:00"

[[freising-bau.maintenance]]
from = "2026-12-24 18:00"
until = "2026-12-27 06:00"

[aschaffenburg]"""
SATURDAY_NIGHT = moment("2026-11-28T23:00:00+01:00")


@pytest.fixture
def kept(write: Write) -> Tables:
    """Tables with a destination that is maintained at night."""
    return Tables.load(write("destinations.toml", "\n[aschaffenburg]", WINDOWS), Path("/data"))


def test_the_board_knows_who_rests(kept: Tables) -> None:
    """Minute by minute, and by the tables in use."""
    board = Board(kept)

    assert board.resting(SATURDAY_NIGHT) == {"freising-bau"}
    assert board.resting(moment("2026-11-29T03:59:00+01:00")) == {"freising-bau"}
    assert board.resting(moment("2026-11-29T04:00:00+01:00")) == frozenset()
    assert board.resting(moment("2026-12-25T12:00:00+01:00")) == {"freising-bau"}
    assert kept.rests_until("freising-bau", SATURDAY_NIGHT) == moment("2026-11-29T04:00:00+01:00")
    assert kept.rests_until("aschaffenburg", SATURDAY_NIGHT) is None
    assert kept.rests_until("gone", SATURDAY_NIGHT) is None


def test_new_tables_count_at_once(kept: Tables, write: Write) -> None:
    """A window that was taken out of the file ends with it, within the same minute."""
    board = Board(kept)
    assert board.resting(SATURDAY_NIGHT)

    board.lay(Tables.load(write(), Path("/data")))

    assert not board.resting(SATURDAY_NIGHT)


def test_the_explanation_says_until_when_it_waits(kept: Tables) -> None:
    """The door is open, and what goes through it waits; without a moment nothing is said of it."""
    asked = Question(day=datetime(2026, 11, 28).date(), leistung="99012070006000", ars="09178")  # noqa: DTZ001 - a day

    explained = explain(kept, asked, SATURDAY_NIGHT)

    assert explained.is_open
    assert explained.rests_until == moment("2026-11-29T04:00:00+01:00")
    assert "in Wartung; was angenommen wird, wartet bis 29.11.2026, 04:00 Uhr" in explained.because[-1].de
    assert explain(kept, asked).rests_until is None
    assert explain(kept, asked, moment("2026-11-29T12:00:00+01:00")).rests_until is None


@pytest.mark.parametrize(
    "old, new, line, word",
    [
        ('"Samstag", ', '"Sa", ', 9, "Montag, Dienstag"),
        ('days = ["Samstag", "Sonntag"]', "days = []", 9, "Liste von Texten"),
        ('from = "22:00"', 'from = "24:00"', 10, "22:00"),
        ('from = "22:00"', 'from = "10 pm"', 10, "22:00"),
        ('from = "22:00"', 'from = "2026-12-24 18:00"', 10, "22:00"),
        ('until = "04:00"', 'until = "22:00"', 11, "leer"),
        ('until = "04:00"\n', "", 8, "until"),
        ("days =", "tage =", 9, "„tage“"),
        ('from = "2026-12-24 18:00"', 'from = "2026-12-32 18:00"', 14, "2026-12-24 18:00"),
        ('from = "2026-12-24 18:00"', 'from = "18:00"', 14, "2026-12-24 18:00"),
        ('until = "2026-12-27 06:00"', 'until = "2026-12-23 06:00"', 15, "vor from"),
        ('until = "2026-12-27 06:00"', 'until = "2026-12-24 18:00"', 15, "leer"),
    ],
)
def test_a_window_that_is_none_is_refused_with_its_line(write: Write, old: str, new: str, line: int, word: str) -> None:
    """Loaded as strictly as everything else, and as precise."""
    assert old in WINDOWS
    folder = write("destinations.toml", "\n[aschaffenburg]", WINDOWS.replace(old, new, 1))

    with pytest.raises(BadTables) as caught:
        Tables.load(folder, Path("/data"))

    assert caught.value.detail.de.startswith(f"destinations.toml, Zeile {line}: ")
    assert word in caught.value.detail.de


def test_windows_that_leave_no_minute_are_refused(write: Write) -> None:
    """A destination that never takes anything would let everything wait for ever."""
    days = ", ".join(f'"{day}"' for day in EVERY_DAY)
    always = f"""
maintenance = [
  {{ days = [{days}], from = "00:00", until = "13:00" }},
  {{ days = [{days}], from = "12:00", until = "00:00" }},
]

[aschaffenburg]"""
    with pytest.raises(BadTables, match="no minute"):
        Tables.load(write("destinations.toml", "\n[aschaffenburg]", always), Path("/data"))
    almost = always.replace('"13:00"', '"11:59"')
    assert Tables.load(write("destinations.toml", "\n[aschaffenburg]", almost), Path("/data")).destinations
