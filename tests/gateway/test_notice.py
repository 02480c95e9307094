"""What follows from a webhook's answers: patience with those who are away, and an end of it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.notice import Answer, Health, Notice, Persistence, Topic
from gateway.submission import SECOND, Micros, State, SubmissionId

NOW = Micros(1_767_268_800 * SECOND)
DAY = 86_400
PATIENT = Persistence()
TAKEN, FAILED, GONE = Answer(status=204), Answer("status", 500), Answer("status", 410)


def later(seconds: float) -> Micros:
    return Micros(NOW + int(seconds * SECOND))


def a_notice(webhook: str = "wh_1", event: int = 1, tries: int = 0) -> Notice:
    return Notice(
        webhook=webhook,
        event=event,
        topic=Topic.DELIVERED,
        at=NOW,
        submission=SubmissionId("beispiel"),
        state=State.DELIVERED,
        test=False,
        tries=tries,
    )


def test_the_id_stays_and_is_nobody_elses() -> None:
    """A repetition has the id of the first try, another event or webhook another one; none holds a full stop."""
    assert a_notice().id == a_notice(tries=7).id
    ids = {a_notice(webhook, event).id for webhook in ("wh_1", "wh_11") for event in range(1, 120)}
    assert len(ids) == 2 * 119
    assert not any("." in id_ for id_ in ids)


def test_waiting_doubles_over_days() -> None:
    """Five seconds, then twice as long each time, to six hours: about thirty tries in five days."""
    waits = [PATIENT.wait(tries, FAILED, chance=0.9999999) for tries in range(1, 40)]

    assert waits[:4] == pytest.approx([5, 10, 20, 40], rel=1e-3)
    assert waits[-1] == pytest.approx(6 * 3_600, rel=1e-3)
    within = list(itertools.takewhile(lambda total: total < 5 * DAY, itertools.accumulate(waits)))
    assert 25 < len(within) < 40


@given(tries=st.integers(1, 10_000), chance=st.floats(0, 1, exclude_max=True))
def test_chance_spreads_over_the_upper_half(tries: int, chance: float) -> None:
    """No wait is shorter than half of the longest of its kind, and none is longer."""
    longest = PATIENT.wait(tries, FAILED, 1.0)

    assert longest / 2 <= PATIENT.wait(tries, FAILED, chance) <= longest <= PATIENT.longest


def test_who_asks_to_be_left_alone_is() -> None:
    """`Retry-After` is kept where it is longer than our own wait, up to a day."""
    assert PATIENT.wait(1, Answer("status", 503, 600.0), 0.5) == 600
    assert PATIENT.wait(10, Answer("status", 503, 1.0), 1.0) > 1_000
    assert PATIENT.rest(1, Answer("status", 429, 1e9), 0.5) == DAY


def test_a_rest_is_short() -> None:
    """A webhook is tried again within five minutes: one notice that it cannot digest keeps the others no longer."""
    assert PATIENT.rest(1_000, FAILED, 1.0) == 300


def test_whoever_takes_something_is_there() -> None:
    """One notice taken among failures ends the counting."""
    ill = Health(7, NOW, later(100))

    assert ill.after([FAILED, TAKEN, FAILED], later(200), PATIENT, 0.5) == Health()


def test_an_errand_that_fails_is_one_failure() -> None:
    """However many notices failed together: since when is kept from the first, and the webhook rests."""
    first = Health().after([FAILED] * 8, NOW, PATIENT, 1.0)
    second = first.after([FAILED], later(60), PATIENT, 1.0)

    assert first == Health(1, NOW, later(5))
    assert second == Health(2, NOW, later(70))


def test_days_of_failure_end_it() -> None:
    """Just before five days it is still on, at five days it is off."""
    failing = Health(30, NOW, NOW)

    assert failing.after([FAILED], later(5 * DAY - 1), PATIENT, 0.5).off == ""
    assert failing.after([FAILED], later(5 * DAY), PATIENT, 0.5).off == "failing"


def test_gone_is_gone() -> None:
    """A 410 switches off at once, whatever was taken beside it."""
    assert Health().after([TAKEN, GONE], NOW, PATIENT, 0.5).off == "gone"
