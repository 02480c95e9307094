"""Whatever happens in whatever order, some things are always true."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final, TypeVar

import asyncpg  # type: ignore[import-untyped]  # it has no types
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from gateway.adapter import Broken, Delivered, Ending, Refused, Unclear, Unreachable
from gateway.delivery import Patience, Policy, decide
from gateway.dispatch import Letter
from gateway.errors import NotFound, NotResponsible
from gateway.journal import Attempt, Claim, Conflicting, Decision, Lane, Limits, Moved, Recorded
from gateway.reply import Boxed, Effect, Incoming, Kept, Kind, Origin, Repeated, Settled
from gateway.submission import Grade, State, SubmissionId, content_digest, new_id
from gateway.transitions import TRANSITIONS
from tests.gateway.drivers.journal_rig import PostgresDatabase, Rig, SqliteDatabase, report

T = TypeVar("T")

LANES: Final = (Lane("a"), Lane("a", test=True), Lane("b"))
CONNECTIONS: Final = ("wohnsitz-1", "bau-1")
LIMITS: Final = {
    LANES[0]: Limits(window=2, concurrency=2, trip_after=2, open_for=10.0),
    LANES[1]: Limits(window=3, concurrency=1, trip_after=3, open_for=10.0),
    LANES[2]: Limits(window=1, concurrency=4, trip_after=1, open_for=1.0),
}
ENDINGS: Final[Sequence[Ending]] = (
    Delivered("", Grade.TRANSPORT),
    Delivered("", Grade.TAKEN),
    Refused("duplicate"),
    Unreachable("connection-refused"),
    Unreachable("maintenance", wait=30.0),
    Unclear("time-limit"),
    Broken("ValueError"),
)
POLICIES: Final = (
    Policy(Grade.TAKEN, "park", can_ask=False, patience=Patience(first=1.0, give_up_after=600.0)),
    Policy(Grade.TRANSPORT, "redeliver", can_ask=True, patience=Patience(first=1.0, give_up_after=60.0)),
)
SECONDS: Final = st.sampled_from([0.0, 0.001, 1.0, 5.0, 30.0, 200.0, 4000.0])


class Life(RuleBasedStateMachine):
    """Senders, gateways, brokers, workers and operators, each doing what they do at any moment, also twice and late."""

    letters = Bundle("letters")
    claims = Bundle("claims")
    submissions = Bundle("submissions")

    def __init__(self, open_rig: Callable[[], tuple[Rig, "Side"]]) -> None:
        super().__init__()
        self.rig, self.side = open_rig()
        self.rig.limits.update(LIMITS)
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.journal = self.run(self.stack.enter_async_context(self.rig.open()))
        self.run(self.side.connect())
        self.received = 0
        self.claimed: set[tuple[SubmissionId, int]] = set()
        self.voided: set[tuple[SubmissionId, int]] = set()
        self.concluded: set[SubmissionId] = set()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(coroutine)

    def teardown(self) -> None:
        self.run(self.side.close())
        self.run(self.stack.aclose())
        self.runner.close()

    # ── what happens ─────────────────────────────────────────────────────────────────────────────────────────────────

    @rule(
        target=submissions,
        lane=st.sampled_from(LANES),
        connection=st.sampled_from(CONNECTIONS),
        key=st.integers(0, 5),
        content=st.integers(0, 1),
        case=st.integers(0, 3),
    )
    def send(self, lane: Lane, connection: str, key: int, content: int, case: int) -> Any:
        entry = self.rig.entry(
            case_key=f"AZ-{case}" if case else None,
            destination=lane.destination,
            test=lane.test,
            connection=connection,
            keys=(f"key:{key}",) if key else (),
            document=b"<%d/>" % content,
        )
        match self.run(self.journal.record(entry)):
            case Recorded():
                self.received += 1
                return entry.submission.id
            case Conflicting():
                return multiple()
            case replayed:
                assert self.run(self.journal.standing(entry.submission.id)) is None
                return replayed.first.submission.id

    @rule()
    def send_nonsense(self) -> None:
        assert isinstance(self.run(self.journal.record(self.rig.refusal())), Recorded)
        self.received += 1

    @rule(paused=st.lists(st.sampled_from(CONNECTIONS), unique=True))
    def pause(self, paused: list[str]) -> None:
        self.rig.paused = paused

    @rule(target=letters, most=st.sampled_from([1, 2, 200]))
    def hand_over(self, most: int) -> Any:
        letters = self.run(self.journal.hand_over(most))
        assert len(letters) <= most
        held = self.run(
            self.side.rows(
                "SELECT connection FROM submissions WHERE state = 'accepted' AND due_at IS NULL AND behind = 0"
            )
        )
        assert {connection for (connection,) in held} <= set(self.rig.paused)
        assert not {(one.submission, one.attempt) for one in letters} & (self.claimed | self.voided)
        return multiple(*letters)

    @rule(some=st.lists(letters, max_size=4))
    def confirm(self, some: list[Letter]) -> None:
        self.run(self.journal.confirm(some))

    @rule(some=st.lists(letters, max_size=4), after=SECONDS)
    def take_back(self, some: list[Letter], after: float) -> None:
        self.voided |= self._voided_by(self.journal.take_back(some, "not-confirmed", after))

    @rule(seconds=SECONDS)
    def return_unclaimed(self, seconds: float) -> None:
        self.voided |= self._voided_by(self.journal.return_unclaimed(unconfirmed=seconds, confirmed=2 * seconds))

    def _voided_by(self, call: Coroutine[Any, Any, int]) -> set[tuple[SubmissionId, int]]:
        before = self._void_claims()
        number = self.run(call)
        now_void = self._void_claims() - before
        assert len(now_void) == number
        return now_void

    def _void_claims(self) -> set[tuple[SubmissionId, int]]:
        rows = self.run(self.side.rows("SELECT submission, attempt FROM claims WHERE outcome = 'void'"))
        return {(SubmissionId(id_), attempt) for id_, attempt in rows}

    @rule(target=claims, letter=letters, lease=st.sampled_from([5.0, 300.0]))
    def claim(self, letter: Letter, lease: float) -> Any:
        got = self.run(self.journal.claim(letter, "worker-1", lease))
        if not isinstance(got, Claim):
            return multiple()
        won = (letter.submission, letter.attempt)
        assert won not in self.claimed | self.voided
        self.claimed.add(won)
        return got

    @rule(claim=claims, ending=st.sampled_from(ENDINGS), policy=st.sampled_from(POLICIES))
    def conclude(self, claim: Claim, ending: Ending, policy: Policy) -> None:
        self._count(self.run(self.journal.conclude(report(claim, ending), _by(policy))))

    @rule(claim=claims, change=st.sampled_from([{"key": "x"}, {"worker": "x"}, {"attempt": 99}]))
    def forge(self, claim: Claim, change: dict[str, Any]) -> None:
        forged = report(claim, Delivered("", Grade.TAKEN), **change)
        assert not isinstance(self.run(self.journal.conclude(forged, _by(POLICIES[0]))), Moved)

    @rule(policy=st.sampled_from(POLICIES))
    def lapse(self, policy: Policy) -> None:
        for moved in self.run(self.journal.lapse(_by(policy))):
            self._count(moved)

    @rule(submission=submissions, drop=st.booleans())
    def by_hand(self, submission: SubmissionId, drop: bool) -> None:
        call = self.journal.drop if drop else self.journal.release
        try:
            self._count(self.run(call(submission, "b.beispiel", "")))
        except (NotResponsible, NotFound):
            assert self.run(self._state(submission)) is not State.PARKED

    @rule(submission=submissions, effect=st.sampled_from(Effect), lane=st.sampled_from(LANES), number=st.integers(0, 9))
    def answer(self, submission: SubmissionId, effect: Effect, lane: Lane, number: int) -> None:
        taken = self.run(self.journal.receive(self._reply(submission, effect, lane, number)))
        match taken:
            case Kept(_, settled):
                self._end(settled)
                assert settled.submission.destination == lane.destination
            case Boxed(reply):
                assert reply.submission is None
            case Repeated(first):
                assert first.digest == content_digest(b"<%d/>" % number)

    def _reply(self, submission: SubmissionId, effect: Effect, lane: Lane, number: int) -> Incoming:
        document = b"<%d/>" % number
        return Incoming(
            id=new_id(self.rig.clock()),
            origin=Origin(adapter="filedrop", destination=lane.destination, test=lane.test, by="worker-1"),
            received_at=self.rig.clock(),
            document=document,
            digest=content_digest(document),
            submission=submission,
            kind=Kind.MESSAGE,
            effect=effect,
        )

    @rule()
    def settle(self) -> None:
        for settled in self.run(self.journal.settle_replies()):
            self._end(settled)

    def _end(self, settled: Settled) -> None:
        if settled.concluded:
            assert settled.submission.id not in self.concluded, "a story ends once"
            self.concluded.add(settled.submission.id)

    @rule(seconds=st.sampled_from([0.5, 5.0, 11.0, 40.0, 500.0, -20.0]))
    def wait(self, seconds: float) -> None:
        self.rig.clock.advance(seconds)

    def _count(self, answer: object) -> None:
        if isinstance(answer, Moved) and answer.concluded:
            assert answer.submission.id not in self.concluded, "a story ends once"
            self.concluded.add(answer.submission.id)

    async def _state(self, submission: SubmissionId) -> State | None:
        found = await self.journal.standing(submission)
        return found.state if found else None

    # ── what is always true ──────────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def both_books_agree(self) -> None:
        ledger = self.run(self.journal.ledger())
        assert ledger.imbalance == 0
        assert ledger.received == self.received
        assert ledger.received == ledger.rejected + ledger.in_flight + ledger.parked + ledger.concluded
        assert ledger.concluded == len(self.concluded)

    @invariant()
    def no_destination_is_overrun(self) -> None:
        for name, test, number in self.run(self.side.rows(_COUNT.format("submissions WHERE state = 'handed_over'"))):
            assert number <= LIMITS[Lane(name, bool(test))].window
        for name, test, number in self.run(self.side.rows(_COUNT.format("claims WHERE ended_at IS NULL"))):
            assert number <= LIMITS[Lane(name, bool(test))].concurrency

    @invariant()
    def an_open_claim_is_the_only_one_and_its_submission_is_on_its_way(self) -> None:
        rows = self.run(self.side.rows(_OPEN))
        assert len({id_ for id_, _, _ in rows}) == len(rows)
        assert {state for _, state, _ in rows} <= {"handed_over"}
        assert all(same for _, _, same in rows)

    @invariant()
    def nobody_overtakes_in_a_case(self) -> None:
        """Where one of a case is on its way to a destination, nobody accepted before it is still to arrive there."""
        assert not self.run(self.side.rows(_OVERTAKEN))

    @invariant()
    def whoever_waits_in_a_case_waits_for_somebody(self) -> None:
        """What is set aside follows one that has not arrived: it will not wait for ever."""
        rows = self.run(self.side.rows(_BEHIND))
        assert {state for (state,) in rows} <= {"accepted", "handed_over", "parked"}

    @invariant()
    def every_probe_is_on_its_way(self) -> None:
        """A destination whose probe is nowhere would never be tried again."""
        rows = self.run(self.side.rows(_PROBES))
        assert {state for (state,) in rows} <= {"handed_over"}

    @invariant()
    def every_move_is_in_the_table(self) -> None:
        for before, after in self.run(self.side.rows(_EVENTS)):
            assert State(after) in TRANSITIONS[State(before) if before else None]


_EVENTS: Final = "SELECT DISTINCT before, after FROM events WHERE name <> 'reply.received'"
_COUNT: Final = "SELECT destination, test, count(*) FROM {} GROUP BY destination, test"
_HELD: Final = "SELECT connection FROM submissions WHERE state = 'accepted' AND due_at IS NULL"
_OVERTAKEN: Final = (
    "SELECT late.id FROM submissions late JOIN submissions early ON early.case_key = late.case_key "
    "AND early.destination = late.destination AND early.test = late.test AND early.sequence < late.sequence "
    "WHERE late.state = 'handed_over' AND early.state IN ('accepted', 'handed_over', 'parked')"
)
_BEHIND: Final = (
    "SELECT first.state FROM submissions s LEFT JOIN submissions first ON first.id = s.follows WHERE s.behind = 1"
)
_OPEN: Final = (
    "SELECT s.id, s.state, s.attempt = c.attempt FROM claims c JOIN submissions s ON s.id = c.submission "
    "WHERE c.ended_at IS NULL"
)
_PROBES: Final = (
    "SELECT s.state FROM destinations d LEFT JOIN submissions s ON s.id = d.probe WHERE d.probe IS NOT NULL"
)


def _by(policy: Policy) -> Callable[[Ending, Attempt], Decision]:
    return lambda ending, attempt: decide(ending, attempt, policy, 0.5)


class Side:
    """A side door that stays open: a look after every step would otherwise take most of the time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._sqlite: sqlite3.Connection | None = None
        self._postgres: asyncpg.Connection | None = None

    async def connect(self) -> None:
        if self._url.startswith("sqlite"):
            self._sqlite = sqlite3.connect(self._url.removeprefix("sqlite:///"), isolation_level=None)
        else:
            self._postgres = await asyncpg.connect(self._url)

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        if self._sqlite:
            return self._sqlite.execute(query).fetchall()
        assert self._postgres
        return [tuple(row) for row in await self._postgres.fetch(query)]

    async def close(self) -> None:
        if self._sqlite:
            self._sqlite.close()
        if self._postgres:
            await self._postgres.close()


def _live(open_rig: Callable[[], tuple[Rig, Side]], lives: int, steps: int) -> None:
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        lambda: Life(open_rig),  # type: ignore[arg-type]  # whatever makes one will do
        settings=settings(
            max_examples=lives, stateful_step_count=steps, deadline=None, suppress_health_check=slow, print_blob=True
        ),
    )


def test_the_laws_hold_on_sqlite(sqlite_template: SqliteDatabase, tmp_path: Path) -> None:
    """Through many random lives the books agree, no limit is broken, and no story ends twice."""

    def open_rig() -> tuple[Rig, Side]:
        for old in tmp_path.iterdir():
            old.unlink()
        rig = Rig(sqlite_template.copied_to(tmp_path))
        return rig, Side(rig.database.url)

    _live(open_rig, lives=20, steps=40)


@pytest.mark.real
def test_the_laws_hold_on_postgres(one_postgres: PostgresDatabase) -> None:
    """The same laws hold on PostgreSQL."""

    def open_rig() -> tuple[Rig, Side]:
        one_postgres.empty()
        return Rig(one_postgres), Side(one_postgres.url)

    _live(open_rig, lives=4, steps=40)
