"""From the end of an attempt to what happens next; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal, assert_never

from gateway.adapter import Broken, Delivered, Ending, Manifest, Refused, Unclear, Unreachable
from gateway.journal import Attempt, Conclude, Decision, Limits, Park, TryAgain
from gateway.submission import SECOND, Grade, Micros, State, SubmissionId

DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long and how often a destination that is away is tried: seconds, exponential with jitter, capped."""

    first: float = 10.0
    factor: float = 2.0
    longest: float = 3_600.0
    """between two tries; also the most that jitter and growth reach"""
    longest_asked: float = DAY
    """the most a vendor's own wish to wait is honoured"""
    give_up_after: float = 14 * DAY
    """age of the submission after which a failure parks it for a human"""

    def wait(self, tries: int, chance: float) -> float:
        """Seconds before the next try: between half of the grown interval and all of it, by `chance` in [0, 1)."""
        grown = min(self.longest, self.first * self.factor ** min(tries - 1, 40))
        return grown * (0.5 + chance / 2)


@dataclass(frozen=True, slots=True)
class Policy:
    """What an adapter's manifest decides about the end of an attempt."""

    best_grade: Grade
    when_unclear: Literal["redeliver", "park"]
    can_ask: bool
    patience: Patience

    @classmethod
    def of(cls, manifest: Manifest, patience: Patience) -> Policy:
        """The policy of an adapter."""
        return cls(manifest.best_grade, manifest.when_unclear, manifest.can_ask, patience)


def decide(ending: Ending, attempt: Attempt, policy: Policy, chance: float) -> Decision:
    """
    What follows from how an attempt ended.

    `chance` in [0, 1) spreads the retries. Always ends: after `patience.give_up_after` a failure parks.
    """
    match ending:
        case Delivered(_, grade):
            final = grade.reaches(policy.best_grade) or grade is Grade.ANSWERED
            return Conclude(_state(grade), final, grade)
        case Refused(code, _):
            return Conclude(State.REFUSED, final=True, code=code)
        case Unreachable(because, asked):
            return _again(because, attempt, policy, chance, asked)
        case Unclear(because):
            if policy.can_ask or policy.when_unclear == "redeliver":
                return _again(because, attempt, policy, chance, None, ask=True)
            return Park(f"unclear-{because}", ask=True)
        case Broken():
            return Park("adapter-bug", ask=True)
        case _:
            assert_never(ending)


def _state(grade: Grade) -> Literal[State.DELIVERED, State.CONFIRMED]:
    return State.DELIVERED if grade is Grade.TRANSPORT else State.CONFIRMED


def _again(
    because: str, attempt: Attempt, policy: Policy, chance: float, asked: float | None, *, ask: bool = False
) -> Decision:
    patience = policy.patience
    if attempt.age >= patience.give_up_after:
        return Park(f"given-up-{because}", ask)
    wait = patience.wait(attempt.tries, chance)
    if asked is not None:
        wait = max(wait, min(asked, patience.longest_asked))
    return TryAgain(wait, because, ask)


@dataclass(frozen=True, slots=True)
class Breaker:
    """
    Whether a destination is worth trying, as kept in the journal.

    Closed: `open_until` is None. Open: nothing leaves before `open_until`. After that one probe leaves, named in
    `probe`; its end closes the breaker or opens it for twice as long.
    """

    failures: int = 0
    open_until: Micros | None = None
    probe: SubmissionId | None = None

    def room(self, now: Micros, in_flight: int, limits: Limits) -> int:
        """How many letters may leave now."""
        if self.open_until is None:
            return max(0, limits.window - in_flight)
        if now < self.open_until or self.probe is not None:
            return 0
        return 1

    def probing(self, submission: SubmissionId) -> Breaker:
        """The breaker after its probe left; a closed one does not change."""
        return self if self.open_until is None else replace(self, probe=submission)

    def succeeded(self) -> Breaker:
        """After anything that proves the destination answers."""
        return Breaker()

    def failed(self, submission: SubmissionId, now: Micros, limits: Limits, *, wait: float = 0.0) -> Breaker:
        """
        After a failure; `wait` is how long the vendor asked for.

        While it is open only the probe counts: what was in flight when it opened says nothing new.
        """
        if self.open_until is not None and submission != self.probe:
            return self
        failures = self.failures + 1
        if self.open_until is None and failures < limits.trip_after:
            return Breaker(failures)
        # Fewer failures than the limit, and open: somebody has raised the limit since.
        doubled = limits.open_for * 2.0 ** min(max(failures - limits.trip_after, 0), 20)
        seconds = max(min(doubled, 3_600.0), min(wait, DAY))
        return Breaker(failures, Micros(now + int(seconds * SECOND)))

    def forgotten(self, submission: SubmissionId) -> Breaker:
        """After a probe came back untried: another may leave."""
        return replace(self, probe=None) if self.probe == submission else self
