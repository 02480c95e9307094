"""What a campaign does next, from numbers alone."""

import pytest

from gateway.campaign import MOST_UNKNOWN, Counts, End, Go, Plan, Progress, Step, Verdict, Wait, next_step
from gateway.operating import Kind

A_PLAN = Plan(id="0" * 32, verdict=Verdict.RETRY, kind=Kind("x", "filedrop", "bau"), by="vera", reason="ja", rate=600)


@pytest.mark.parametrize(
    "progress, counts, left, comes",
    [
        (Progress.CANARY, Counts(), True, Go(1, Progress.CANARY)),
        (Progress.CANARY, Counts(1), True, Wait()),
        (Progress.CANARY, Counts(1, 0, 1, 1, 1), True, End(Progress.STOPPED, "canary-failed")),
        (Progress.CANARY, Counts(1, 1, 0, 1, 0), True, Go(10, Progress.RUNNING)),
        (Progress.CANARY, Counts(), False, End(Progress.DONE)),
        (Progress.RUNNING, Counts(100, 50, 0, 50, 0), True, Go(10, Progress.RUNNING)),
        (Progress.RUNNING, Counts(110, 13, 0, 13, 0), True, Go(MOST_UNKNOWN - 97, Progress.RUNNING)),
        (Progress.RUNNING, Counts(110, 10, 0, 10, 0), True, Wait()),
        (Progress.RUNNING, Counts(100, 91, 9, 50, 9), True, Go(10, Progress.RUNNING)),
        (Progress.RUNNING, Counts(100, 90, 10, 50, 10), True, End(Progress.STOPPED, "failure-share")),
        (Progress.RUNNING, Counts(4, 1, 3, 4, 3), True, Go(10, Progress.RUNNING)),
        (Progress.RUNNING, Counts(5, 4, 1, 5, 1), True, End(Progress.STOPPED, "failure-share")),
        (Progress.RUNNING, Counts(9, 8, 0, 8, 0), False, Wait()),
        (Progress.RUNNING, Counts(9, 9, 0, 9, 0), False, End(Progress.DONE)),
    ],
)
def test_a_retry_goes_carefully(progress: Progress, counts: Counts, left: bool, comes: Step) -> None:
    """One alone, then some at a time, never many whose end is unknown; it stops by itself, and ends when all did."""
    assert next_step(A_PLAN, progress, counts, left=left) == comes


def test_dropping_needs_no_canary() -> None:
    """Nothing is sent, so nothing can fail; only the rate holds it."""
    plan = Plan(id="0" * 32, verdict=Verdict.DROP, kind=A_PLAN.kind, by="vera", reason="ja", rate=60)

    assert next_step(plan, Progress.RUNNING, Counts(), left=True) == Go(1, Progress.RUNNING)
    assert next_step(plan, Progress.RUNNING, Counts(7), left=False) == End(Progress.DONE)


@pytest.mark.parametrize("rate, interval, at_once", [(1, 60.0, 1), (30, 2.0, 1), (60, 1.0, 1), (6_000, 1.0, 100)])
def test_the_rate_is_kept_in_steps(rate: int, interval: float, at_once: int) -> None:
    """Slow ones wait longer between two; fast ones take several at once, every second."""
    plan = Plan(id="0" * 32, verdict=Verdict.RETRY, kind=A_PLAN.kind, by="vera", reason="ja", rate=rate)

    assert (plan.interval, plan.at_once) == (interval, at_once)
