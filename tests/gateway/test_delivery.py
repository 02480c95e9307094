"""From the end of an attempt to what happens next, and whether a destination is worth trying."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapter import Broken, Delivered, Ending, Outcome, Refused, Unclear, Unreachable
from gateway.delivery import DAY, Breaker, Patience, Policy, decide
from gateway.journal import Attempt, Conclude, Limits, Park, TryAgain
from gateway.submission import SECOND, Grade, Micros, State, SubmissionId
from gateway.testing import a_manifest

PATIENCE: Final = Patience()
YOUNG: Final = Attempt(tries=1, age=60.0, adapter="filedrop")
OLD: Final = Attempt(tries=30, age=14 * DAY, adapter="filedrop")

policies: Final = st.builds(
    Policy, st.sampled_from(Grade), st.sampled_from(["redeliver", "park"]), st.booleans(), st.just(PATIENCE)
)
codes: Final = st.sampled_from(["connection-refused", "time-limit", "disk-full"])
endings: Final = st.one_of(
    st.builds(Delivered, st.text(max_size=9), st.sampled_from(Grade)),
    st.builds(Refused, codes, st.text(max_size=9)),
    st.builds(Unreachable, codes, st.none() | st.floats(0, 1e9)),
    st.builds(Unclear, codes),
    st.builds(Broken, st.text(max_size=9), st.just(())),
)
attempts: Final = st.builds(Attempt, st.integers(1, 10_000), st.floats(-10, 1e9), st.just("filedrop"))
chances: Final = st.floats(0, 1, exclude_max=True)


def policy(
    best: Grade = Grade.TRANSPORT,
    *,
    when_unclear: str = "redeliver",
    can_ask: bool = False,
    patience: Patience = PATIENCE,
) -> Policy:
    manifest = a_manifest(best_grade=best, when_unclear=when_unclear, can_ask=can_ask)
    return Policy.of(manifest, patience)


# ── deciding ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("grade", "best", "state", "final"),
    [
        (Grade.TRANSPORT, Grade.TRANSPORT, State.DELIVERED, True),
        (Grade.TRANSPORT, Grade.TAKEN, State.DELIVERED, False),
        (Grade.TRANSPORT, Grade.ANSWERED, State.DELIVERED, False),
        (Grade.TAKEN, Grade.TRANSPORT, State.CONFIRMED, True),
        (Grade.TAKEN, Grade.TAKEN, State.CONFIRMED, True),
        (Grade.TAKEN, Grade.ANSWERED, State.CONFIRMED, False),
        (Grade.ANSWERED, Grade.TRANSPORT, State.CONFIRMED, True),
        (Grade.ANSWERED, Grade.TAKEN, State.CONFIRMED, True),
        (Grade.ANSWERED, Grade.ANSWERED, State.CONFIRMED, True),
    ],
)
def test_the_best_an_adapter_can_prove_ends_the_story(grade: Grade, best: Grade, state: State, final: bool) -> None:
    """A delivery is delivered or confirmed by its grade, and over when the grade is the best there can be."""
    decision = decide(Delivered("", grade), YOUNG, policy(best), 0.5)

    assert isinstance(decision, Conclude)
    assert (decision.state, decision.final, decision.grade, decision.code) == (state, final, grade, "")


def test_a_refusal_ends_the_story() -> None:
    """Trying again would not help; the code says why, the vendor's text does not travel."""
    assert decide(Refused("duplicate", "Kanaria"), YOUNG, policy(), 0.5) == Conclude(
        State.REFUSED, final=True, code="duplicate"
    )


def test_whoever_is_away_is_tried_again() -> None:
    """An unreachable destination is tried later, without a question: nothing can have arrived."""
    assert decide(Unreachable("connection-refused"), YOUNG, policy(can_ask=True), 0.0) == TryAgain(
        5.0, "connection-refused"
    )


@pytest.mark.parametrize("when_unclear", ["redeliver", "park"])
def test_who_can_be_asked_is_asked(when_unclear: str) -> None:
    """Where the Fachverfahren can say whether it has it, that is the next step, whatever the manifest says else."""
    decision = decide(Unclear("time-limit"), YOUNG, policy(when_unclear=when_unclear, can_ask=True), 0.0)

    assert decision == TryAgain(5.0, "time-limit", ask=True)


def test_who_recognises_a_second_delivery_gets_one() -> None:
    """Where nobody can be asked and a double does no harm, an unclear delivery is repeated."""
    assert isinstance(decide(Unclear("time-limit"), YOUNG, policy(), 0.0), TryAgain)


def test_where_a_double_would_harm_a_human_decides() -> None:
    """Where nobody can be asked and a double does harm, an unclear delivery waits for somebody to look."""
    decision = decide(Unclear("time-limit"), YOUNG, policy(when_unclear="park"), 0.0)

    assert decision == Park("unclear-time-limit", ask=True)


def test_a_bug_is_for_a_human_and_may_have_arrived() -> None:
    """What an adapter raised is parked; it may have sent before, so whoever lets it go on asks first."""
    assert decide(Broken("ValueError", ("a:b:1",)), YOUNG, policy(), 0.0) == Park("adapter-bug", ask=True)


@pytest.mark.parametrize(
    ("ending", "ask"), [(Unreachable("connection-refused"), False), (Unclear("connection-refused"), True)]
)
def test_patience_ends(ending: Ending, ask: bool) -> None:
    """After two weeks a failure is for a human, who does not forget what may have arrived."""
    assert decide(ending, OLD, policy(), 0.0) == Park("given-up-connection-refused", ask)


@pytest.mark.parametrize("ending", [Delivered("", Grade.TRANSPORT), Refused("duplicate")])
def test_success_is_never_too_late(ending: Outcome) -> None:
    """Whatever ends clearly counts, however old the submission is."""
    assert isinstance(decide(ending, OLD, policy(), 0.0), Conclude)


@given(endings, attempts, policies, chances)
def test_every_ending_leads_somewhere(ending: Ending, attempt: Attempt, policy: Policy, chance: float) -> None:
    """There is no ending without a decision: the story ends, goes on after a bounded wait, or waits for a human."""
    match decide(ending, attempt, policy, chance):
        case Conclude(state, final, grade, _):
            assert final or state is not State.REFUSED
            assert (grade is None) is (state is State.REFUSED)
        case TryAgain(after, _, ask):
            assert attempt.age < PATIENCE.give_up_after
            assert 0 < after <= max(PATIENCE.longest, PATIENCE.longest_asked)
            assert ask is isinstance(ending, Unclear)
        case Park(cause, ask):
            assert cause
            assert ask is not isinstance(ending, Unreachable)


@given(endings, attempts, policies, chances)
def test_no_vendors_word_gets_into_a_decision(ending: Ending, attempt: Attempt, policy: Policy, chance: float) -> None:
    """Decisions are written into events, so they hold codes and never free text."""
    match ending:
        case Delivered(_, grade):
            ending = Delivered("Kanaria", grade)
        case Refused(code, _):
            ending = Refused(code, "Kanaria")
        case Broken():
            ending = Broken("Kanaria", ("Kanaria",))
        case _:
            pass

    assert "Kanaria" not in str(decide(ending, attempt, policy, chance))


# ── waiting ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_waits_grow_and_stop_growing() -> None:
    """Each try waits twice as long as the one before, an hour at most."""
    longest = [PATIENCE.wait(tries, 0.999_999) for tries in range(1, 15)]

    assert [round(seconds) for seconds in longest[:9]] == [10, 20, 40, 80, 160, 320, 640, 1280, 2560]
    assert {round(seconds) for seconds in longest[9:]} == {3600}


@given(st.integers(1, 10**9), chances)
def test_waits_are_spread(tries: int, chance: float) -> None:
    """Between half of its interval and all of it, so that what failed together does not come back together."""
    assert PATIENCE.wait(tries, 0.0) <= PATIENCE.wait(tries, chance) <= 2 * PATIENCE.wait(tries, 0.0)
    assert PATIENCE.wait(tries, chance) <= PATIENCE.longest


@pytest.mark.parametrize(
    ("asked", "waited"), [(0.0, 5.0), (1.0, 5.0), (120.0, 120.0), (3 * 3600.0, 3 * 3600.0), (30 * DAY, DAY)]
)
def test_a_vendors_wish_to_wait_is_honoured(asked: float, waited: float) -> None:
    """Who asks for more time gets it, up to a day; who asks for less gets the usual."""
    decision = decide(Unreachable("maintenance", wait=asked), YOUNG, policy(), 0.0)

    assert decision == TryAgain(waited, "maintenance")


def test_tries_go_on_over_days() -> None:
    """Two weeks of a destination that is away are a few hundred tries, not thousands."""
    age, tries = 0.0, 0
    while isinstance(
        decision := decide(Unreachable("x"), Attempt(tries + 1, age, "filedrop"), policy(), 0.5), TryAgain
    ):
        age, tries = age + decision.after, tries + 1

    assert 300 < tries < 700
    assert decision == Park("given-up-x")


# ── the breaker ──────────────────────────────────────────────────────────────────────────────────────────────────────

ONE: Final = SubmissionId("019b796d-d600-7000-8000-000000000001")
OTHER: Final = SubmissionId("019b796d-d600-7000-8000-000000000002")
NOW: Final = Micros(1_000 * SECOND)
LIMITS: Final = Limits(window=4, trip_after=3, open_for=30.0)

moments: Final = st.integers(0, 10**16).map(Micros)
breakers: Final = st.builds(Breaker, st.integers(0, 50), st.none() | moments, st.none() | st.just(ONE))


def opened(times: int = 3) -> Breaker:
    breaker = Breaker()
    for _ in range(times):
        breaker = breaker.failed(ONE, NOW, LIMITS)
    return breaker


def test_a_closed_breaker_lets_the_window_through() -> None:
    """As many may leave as the window holds beside those in flight; never less than none."""
    assert [Breaker().room(NOW, in_flight, LIMITS) for in_flight in (0, 3, 4, 9)] == [4, 1, 0, 0]


def test_it_opens_at_its_limit() -> None:
    """Two failures are nothing, the third opens it for half a minute."""
    assert opened(2) == Breaker(2)
    assert opened(3) == Breaker(3, Micros(NOW + 30 * SECOND))


def test_success_forgets_every_failure() -> None:
    """Whatever proves that the destination answers sets it back to the beginning."""
    assert opened(2).succeeded() == opened(3).succeeded() == Breaker()


def test_an_open_one_lets_one_probe_through_when_its_time_is_over() -> None:
    """Nothing leaves before, one letter after, and none beside it."""
    over = Micros(NOW + 30 * SECOND)

    assert opened().room(Micros(over - 1), 0, LIMITS) == 0
    assert opened().room(over, 3, LIMITS) == 1
    assert opened().probing(ONE).room(Micros(over + 10**12), 0, LIMITS) == 0


def test_a_closed_one_has_no_probe() -> None:
    """While it is closed, letters are letters."""
    assert Breaker(2).probing(ONE) == Breaker(2)


def test_only_the_probe_counts_while_it_is_open() -> None:
    """What failed beside the probe changes nothing; the probe's failure doubles the time and frees its place."""
    probing = opened().probing(ONE)

    assert probing.failed(OTHER, NOW, LIMITS) == probing
    assert probing.failed(ONE, NOW, LIMITS) == Breaker(4, Micros(NOW + 60 * SECOND))


def test_only_the_probe_frees_its_own_place() -> None:
    """Another letter that came back says nothing of the probe."""
    probing = opened().probing(ONE)

    assert probing.forgotten(OTHER) == probing
    assert probing.forgotten(ONE) == opened()


def test_it_stays_open_for_an_hour_at_most() -> None:
    """However often probes fail, one leaves every hour."""
    breaker = opened()
    for _ in range(100):
        breaker = breaker.probing(ONE).failed(ONE, NOW, LIMITS)

    assert breaker.open_until == NOW + 3_600 * SECOND


def test_it_stays_open_as_long_as_the_vendor_asks() -> None:
    """A maintenance window of three hours is respected, one of a year for a day."""
    long = Breaker(2).failed(ONE, NOW, LIMITS, wait=3 * 3_600.0)
    endless = Breaker(2).failed(ONE, NOW, LIMITS, wait=365 * DAY)

    assert long.open_until == NOW + 3 * 3_600 * SECOND
    assert endless.open_until == NOW + int(DAY) * SECOND


@given(breakers, moments, st.integers(0, 100), st.sampled_from([ONE, OTHER]), st.floats(0, 1e12))
def test_a_breaker_never_locks_for_ever(
    breaker: Breaker, now: Micros, in_flight: int, failing: SubmissionId, wait: float
) -> None:
    """After any failure there is a moment, a day later at most, at which its probe or another one may leave."""
    failed = breaker.probing(failing).failed(failing, now, LIMITS, wait=wait)

    if failed.open_until is None:
        assert failed.failures < LIMITS.trip_after
    else:
        assert failed.probe is None
        assert failed.open_until <= now + int(DAY) * SECOND
        assert failed.room(failed.open_until, in_flight, LIMITS) == 1


@given(breakers, moments, st.integers(0, 100))
def test_no_more_leave_than_the_window_holds(breaker: Breaker, now: Micros, in_flight: int) -> None:
    """Beside a full window nothing leaves but a probe."""
    room = breaker.room(now, in_flight, LIMITS)

    assert 0 <= room <= max(LIMITS.window - in_flight, 1 if breaker.open_until is not None else 0)
