"""Two gateways on one PostgreSQL at the same moment: whoever comes second sees it, and nobody waits in a circle."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

import asyncpg  # type: ignore[import-untyped]  # it has no types
import pytest

from gateway.adapter import Broken, Ending, Refused, Unclear
from gateway.dispatch import Letter
from gateway.drivers.sql.journal import SqlJournal
from gateway.errors import NotResponsible
from gateway.journal import (
    Claim,
    Conclude,
    Conflicting,
    Decision,
    Ignored,
    Lane,
    Limits,
    Moved,
    NoClaim,
    Park,
    Recorded,
    Replayed,
    TryAgain,
)
from gateway.submission import State
from gateway.transitions import TRANSITIONS
from tests.gateway.drivers.journal_rig import (
    AWAY,
    DELIVERED,
    DONE,
    LEASE,
    TOWN,
    WORKER,
    Rig,
    accept,
    always,
    begin,
    claim,
    fail,
    hand_over,
    on_postgres,
    park,
    report,
    state,
)
from tests.gateway.drivers.reply_rig import boxed, delivered, incoming
from tests.services import PostgresServer

pytestmark = [pytest.mark.anyio, on_postgres]

ROUNDS = 15
"""A race has to be lost a few times before it is believed to be won."""


@pytest.fixture
async def replicas(rig: Rig, postgres: PostgresServer) -> AsyncIterator[Sequence[SqlJournal]]:
    """Two journals on one database; at the end, PostgreSQL has not seen a single deadlock."""
    before = _deadlocks(postgres)
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(rig.open()) for _ in range(2)]
    assert _deadlocks(postgres) == before


def _deadlocks(server: PostgresServer) -> int:
    """How many the server has broken up so far: it writes each into its log."""
    return (server.folder / "postgres.log").read_text(errors="replace").count("deadlock detected")


async def test_one_key_in_both_replicas_is_recorded_once(rig: Rig, replicas: Sequence[SqlJournal]) -> None:
    """Resends that reach two gateways at the same moment are one submission, and every one gets its answer."""
    for n in range(ROUNDS):
        keys = (f"key:{n}", f"uuid:{n}")
        answers = await asyncio.gather(
            *(journal.record(rig.entry(keys=keys, document=b"<a/>")) for journal in replicas for _ in range(10))
        )
        assert Counter(map(type, answers)) == {Recorded: 1, Replayed: 19}
        assert len({answer.first.submission.id for answer in answers if isinstance(answer, Replayed)}) == 1

    assert rig.count("submissions") == rig.count("events") == rig.count("documents") == ROUNDS


async def test_two_contents_under_one_key_conflict_across_replicas(rig: Rig, replicas: Sequence[SqlJournal]) -> None:
    """Whichever gateway commits first decides what the key stands for."""
    for n in range(ROUNDS):
        answers = await asyncio.gather(
            *(journal.record(rig.entry(keys=(f"uuid:{n}",), document=f"<{c}/>".encode()))
              for c, journal in zip("ab", replicas, strict=True))
        )  # fmt: skip
        assert Counter(map(type, answers)) == {Recorded: 1, Conflicting: 1}

    assert rig.count("submissions") == ROUNDS


async def test_keys_that_cross_do_not_block_each_other(rig: Rig, replicas: Sequence[SqlJournal]) -> None:
    """Two batches with the same keys in opposite order both end, and each key is one submission."""
    for n in range(ROUNDS):
        names = [f"key:{n}-{m}" for m in range(20)]
        await asyncio.gather(
            *(replicas[0].record(rig.entry(keys=(name,), document=name.encode())) for name in names),
            *(replicas[1].record(rig.entry(keys=(name,), document=name.encode())) for name in reversed(names)),
        )

    assert rig.count("submissions") == rig.count("keys") == 20 * ROUNDS


async def test_a_clash_costs_the_rest_of_its_batch_nothing(rig: Rig, replicas: Sequence[SqlJournal]) -> None:
    """What shared a commit with a resend that lost its race is recorded too."""
    for n in range(ROUNDS):
        answers = await asyncio.gather(
            *(journal.record(rig.entry()) for journal in replicas for _ in range(20)),
            *(journal.record(rig.entry(keys=(f"key:{n}",), document=b"<a/>")) for journal in replicas),
        )
        assert Counter(map(type, answers)) == {Recorded: 41, Replayed: 1}


async def test_a_letter_leaves_one_replica_only(rig: Rig, replicas: Sequence[SqlJournal]) -> None:
    """Two gateways that hand over at the same moment share what is due, and keep the window together."""
    rig.limits[TOWN] = Limits(window=7, concurrency=7)
    await accept(replicas[0], *(rig.entry() for _ in range(40)))
    seen: set[object] = set()

    for _ in range(5):
        hands = await asyncio.gather(*(journal.hand_over() for journal in replicas for _ in range(3)))
        letters = [letter for hand in hands for letter in hand]
        assert len(letters) == 7
        assert not seen & {letter.submission for letter in letters}
        seen |= {letter.submission for letter in letters}
        for letter in letters:
            await replicas[0].conclude(report(await claim(replicas[1], letter)), always(DONE))


async def test_one_probe_leaves_for_all_replicas(rig: Rig, replicas: Sequence[SqlJournal]) -> None:
    """However many gateways notice that a breaker's time is over, one letter goes out to try."""
    rig.limits[TOWN] = Limits(window=4, concurrency=4, trip_after=2, open_for=30.0)
    await accept(replicas[0], *(rig.entry() for _ in range(8)))
    for letter in (await hand_over(replicas[0]))[:2]:
        await fail(replicas[1], letter)
    closed_for = 30.0

    for _ in range(5):
        rig.clock.advance(closed_for)
        hands = await asyncio.gather(*(journal.hand_over() for journal in replicas for _ in range(3)))
        [probe] = [letter for hand in hands for letter in hand]
        await fail(replicas[0], probe)
        closed_for *= 2


async def test_one_of_two_replicas_claims(rig: Rig, replicas: Sequence[SqlJournal]) -> None:
    """A letter that is doubled among workers on two connections is delivered by one of them."""
    for _ in range(ROUNDS):
        await accept(replicas[0], rig.entry())
        [letter] = await hand_over(replicas[0])
        answers = await asyncio.gather(
            *(journal.claim(letter, WORKER, LEASE) for journal in replicas for _ in range(5))
        )
        [won] = [answer for answer in answers if isinstance(answer, Claim)]
        assert answers.count(NoClaim("taken")) == 9
        await replicas[1].conclude(report(won), always(DONE))


async def test_letters_in_opposite_order_are_claimed_once_each(rig: Rig, replicas: Sequence[SqlJournal]) -> None:
    """Two workers that hold the same letters the other way round do not wait for each other in a circle."""
    rig.limits[TOWN] = Limits(window=20, concurrency=20)
    for _ in range(ROUNDS):
        await accept(replicas[0], *(rig.entry() for _ in range(20)))
        letters = await hand_over(replicas[0])
        answers = await asyncio.gather(
            *(replicas[0].claim(letter, "worker-1", LEASE) for letter in letters),
            *(replicas[1].claim(letter, "worker-2", LEASE) for letter in reversed(letters)),
        )
        claims = [answer for answer in answers if isinstance(answer, Claim)]
        assert len(claims) == len({one.submission.id for one in claims}) == 20
        await asyncio.gather(*(replicas[0].conclude(report(one), always(DONE)) for one in claims))


async def test_a_destination_is_kept_from_being_overrun_by_two(rig: Rig, replicas: Sequence[SqlJournal]) -> None:
    """The concurrency of a destination counts the claims of all replicas together."""
    rig.limits[TOWN] = Limits(window=20, concurrency=3)
    await accept(replicas[0], *(rig.entry() for _ in range(20)))
    letters = await hand_over(replicas[0])

    for _ in range(4):
        answers = await asyncio.gather(
            *(journal.claim(letter, WORKER, LEASE) for n, letter in enumerate(letters) for journal in [replicas[n % 2]])
        )
        claims = [answer for answer in answers if isinstance(answer, Claim)]
        assert len(claims) == 3
        letters = [letter for letter in letters if letter.submission not in {one.submission.id for one in claims}]
        await asyncio.gather(*(replicas[0].conclude(report(one), always(DONE)) for one in claims))


async def test_a_letter_is_claimed_or_taken_back(rig: Rig, replicas: Sequence[SqlJournal]) -> None:
    """Where a worker and the gateway want the same letter, one of them gets it, and both know who."""
    outcomes: Counter[bool] = Counter()
    for n in range(3 * ROUNDS):
        await accept(replicas[0], rig.entry())
        [letter] = await replicas[0].hand_over()
        back = (
            replicas[0].take_back([letter], "not-confirmed", after=1e6)
            if n % 2
            else replicas[0].return_unclaimed(unconfirmed=0, confirmed=0)
        )
        order: list[Awaitable[object]] = [back, replicas[1].claim(letter, WORKER, LEASE)]
        answers = await asyncio.gather(*(order if n % 3 else order[::-1]))
        [taken_back] = [answer for answer in answers if isinstance(answer, int)]
        [claimed] = [answer for answer in answers if not isinstance(answer, int)]
        assert isinstance(claimed, Claim) is (taken_back == 0)
        outcomes[taken_back == 1] += 1
        if isinstance(claimed, Claim):
            assert await state(replicas[0], letter.submission) is State.HANDED_OVER
            await replicas[0].conclude(report(claimed), always(DONE))
        else:
            assert claimed in (NoClaim("taken"), NoClaim("moved-on"))
            for again in await replicas[0].hand_over():
                await replicas[0].conclude(report(await claim(replicas[1], again)), always(DONE))

    assert (await replicas[0].ledger()).imbalance == 0


async def test_one_report_in_both_replicas_counts_once(rig: Rig, replicas: Sequence[SqlJournal]) -> None:
    """A report that the broker brings to two gateways moves the submission once."""
    for _ in range(ROUNDS):
        claimed = await begin(replicas[0], rig.entry())
        answers = await asyncio.gather(
            *(journal.conclude(report(claimed), always(DONE)) for journal in replicas for _ in range(3))
        )
        assert Counter(map(type, answers)) == {Moved: 1, Ignored: 5}


async def test_a_doubled_letter_does_not_block_its_own_outcome(rig: Rig, replicas: Sequence[SqlJournal]) -> None:
    """While one gateway writes down that deliveries failed, workers elsewhere may ask for the same letters again."""
    rig.limits[TOWN] = Limits(window=40, concurrency=30, trip_after=1000)
    await accept(replicas[0], *(rig.entry() for _ in range(10)))
    for _ in range(2 * ROUNDS):
        letters = await hand_over(replicas[0])
        claims = [await claim(replicas[0], letter) for letter in letters]
        again = always(TryAgain(0.0, "connection-refused"))
        answers = await asyncio.gather(
            *(replicas[0].conclude(report(one, AWAY), again) for one in claims),
            *(replicas[1].claim(letter, WORKER, LEASE) for letter in letters),
        )
        assert sum(isinstance(answer, Moved) for answer in answers) == len(letters) == 10
        assert not any(isinstance(answer, Claim) for answer in answers)


async def test_a_lapse_and_a_report_at_one_moment_count_once(rig: Rig, replicas: Sequence[SqlJournal]) -> None:
    """At the end of a lease, the outcome that is just arriving or the lapse counts, never both."""
    rig.limits[TOWN] = Limits(trip_after=1000)
    for n in range(ROUNDS):
        claimed = await begin(replicas[0], rig.entry())
        rig.clock.advance(LEASE + 1)
        order: list[Awaitable[object]] = [
            replicas[0].lapse(always(Park("unclear-lease-ended"))),
            replicas[1].conclude(report(claimed), always(DONE)),
        ]
        answers = await asyncio.gather(*(order if n % 2 else order[::-1]))
        lapsed = any(isinstance(answer, list) and answer for answer in answers)
        assert lapsed is (Ignored("already-answered") in answers)
        assert await state(replicas[0], claimed.submission.id) is (State.PARKED if lapsed else State.DELIVERED)

    assert (await replicas[0].ledger()).imbalance == 0


async def test_two_hands_on_a_parked_submission_move_it_once(rig: Rig, replicas: Sequence[SqlJournal]) -> None:
    """Operators at two consoles do not both decide."""
    for _ in range(ROUNDS):
        id_ = await park(replicas[0], rig.entry())
        answers = await asyncio.gather(
            replicas[0].release(id_, "a", ""), replicas[1].drop(id_, "b", ""), return_exceptions=True
        )
        assert sum(isinstance(answer, Moved) for answer in answers) == 1
        for letter in await replicas[0].hand_over():
            await replicas[0].conclude(report(await claim(replicas[0], letter)), always(DONE))


async def test_two_hands_on_a_boxed_reply_settle_it_once(rig: Rig, replicas: Sequence[SqlJournal]) -> None:
    """Two operators who read it differently: it answers one submission, and the other one hears nothing."""
    for number in range(ROUNDS):
        targets = [await delivered(rig, replicas[0], message_uuid=None) for _ in replicas]
        reply = incoming(rig, f"<antwort n='{number}'/>".encode(), message_uuid=None)
        await boxed(replicas[0], reply)

        answers = await asyncio.gather(
            *(replica.assign(reply.id, one.id, "a", "") for replica, one in zip(replicas, targets, strict=True)),
            return_exceptions=True,
        )

        assert sum(isinstance(answer, NotResponsible) for answer in answers) == 1
        heard = [await state(replicas[0], one.id) for one in targets]
        assert Counter(heard) == {State.CONFIRMED: 1, State.DELIVERED: 1}


@pytest.mark.slow
async def test_everything_at_once_blocks_nothing_and_doubles_nothing(rig: Rig, replicas: Sequence[SqlJournal]) -> None:
    """Two gateways and their workers under load, with failures, lapses and lost letters, stay within all limits."""
    lanes = [Lane(name, test) for name in ("b-dorf", "bad-heim", "c") for test in (False, True)]
    for n, lane in enumerate(lanes):
        rig.limits[lane] = Limits(window=6, concurrency=3 if n % 2 else 6, trip_after=4, open_for=0.5)
    crowd = Crowd(rig, replicas, lanes)

    await crowd.work(seconds=3.0)

    assert crowd.claimed > 100
    assert crowd.looks > 10
    ledger = await replicas[0].ledger()
    assert (ledger.imbalance, ledger.received) == (0, crowd.recorded)
    moves = rig.database.sql("SELECT DISTINCT coalesce(before, ''), after FROM events")
    assert all(State(after) in TRANSITIONS[State(before) if before else None] for before, after in moves)


class Crowd:
    """Gateways and workers that do everything at once, as often as they can."""

    def __init__(self, rig: Rig, replicas: Sequence[SqlJournal], lanes: Sequence[Lane]) -> None:
        self._rig = rig
        self._replicas = replicas
        self._lanes = lanes
        self._dice = random.Random(4711)
        self._letters: asyncio.Queue[Letter] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self.recorded = 0
        self.claimed = 0
        self.looks = 0

    async def work(self, seconds: float) -> None:
        """Until the time is over; what fails, fails the test."""
        deadline = self._loop.time() + seconds
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            for journal in self._replicas:
                for act in (self._send, self._hand_over, self._hand_over, self._lose):
                    group.create_task(self._again_and_again(act, journal, deadline))
                for _ in range(8):
                    group.create_task(self._again_and_again(self._deliver, journal, deadline))
            group.create_task(self._watch(deadline))

    async def _again_and_again(
        self, act: Callable[[SqlJournal], Awaitable[None]], journal: SqlJournal, deadline: float
    ) -> None:
        while self._loop.time() < deadline:
            await act(journal)
            self._rig.clock.advance(0.001)

    async def _send(self, journal: SqlJournal) -> None:
        lanes = self._dice.choices(self._lanes, k=self._dice.randint(1, 5))
        await asyncio.gather(
            *(journal.record(self._rig.entry(destination=lane.destination, test=lane.test)) for lane in lanes)
        )
        self.recorded += len(lanes)
        await asyncio.sleep(0.01)

    async def _hand_over(self, journal: SqlJournal) -> None:
        """Some letters are lost before the broker confirms them, some are doubled, all arrive in any order."""
        letters = list(await journal.hand_over())
        self._dice.shuffle(letters)
        lost = letters[: len(letters) // 8]
        await journal.confirm(letters[len(lost) :])
        for letter in letters:
            for _ in range(1 + (self._dice.random() < 0.2)):
                self._letters.put_nowait(letter)
        await journal.take_back(lost, "not-confirmed")

    async def _deliver(self, journal: SqlJournal) -> None:
        """Claim at one replica, report to both; sometimes die in between."""
        letter = await self._next_letter()
        if letter is None:
            return
        answer = await self._dice.choice(self._replicas).claim(letter, WORKER, 0.2)
        if answer == NoClaim("busy"):
            self._letters.put_nowait(letter)
        if isinstance(answer, Claim):
            self.claimed += 1
            if self._dice.random() < 0.9:
                ending, decision = self._dice.choice(ENDS)
                ended = report(answer, ending)
                answers = await asyncio.gather(*(one.conclude(ended, always(decision)) for one in self._replicas))
                assert sum(isinstance(one, Moved) for one in answers) <= 1

    async def _next_letter(self) -> Letter | None:
        try:
            async with asyncio.timeout(0.05):
                return await self._letters.get()
        except TimeoutError:
            return None

    async def _lose(self, journal: SqlJournal) -> None:
        """Leases end, and letters that nobody claimed come back."""
        await journal.lapse(always(TryAgain(0.0, "lease-ended", ask=True)))
        await journal.return_unclaimed(unconfirmed=0.05, confirmed=0.05)
        await asyncio.sleep(0.02)

    async def _watch(self, deadline: float) -> None:
        """At any moment the limits hold and the books agree."""
        connection = await asyncpg.connect(self._rig.database.url)
        while self._loop.time() < deadline:
            for lane, in_flight in await _by_lane(connection, "submissions WHERE state = 'handed_over'"):
                assert in_flight <= self._rig.limits[lane].window
            for lane, busy in await _by_lane(connection, "claims WHERE ended_at IS NULL"):
                assert busy <= self._rig.limits[lane].concurrency
            assert not await connection.fetch(
                "SELECT submission FROM claims WHERE ended_at IS NULL GROUP BY submission HAVING count(*) > 1"
            )
            assert (await self._replicas[0].ledger()).imbalance == 0
            self.looks += 1
            await asyncio.sleep(0.02)
        await connection.close()


ENDS: Sequence[tuple[Ending, Decision]] = [
    (DELIVERED, DONE),
    (DELIVERED, DONE),
    (AWAY, TryAgain(0.001, "connection-refused")),
    (Unclear("time-limit"), TryAgain(0.001, "time-limit", ask=True)),
    (Refused("duplicate"), Conclude(State.REFUSED, final=True, code="duplicate")),
    (Broken("ValueError"), Park("adapter-bug")),
]


async def _by_lane(connection: asyncpg.Connection, what: str) -> list[tuple[Lane, int]]:
    rows = await connection.fetch(f"SELECT destination, test, count(*) FROM {what} GROUP BY destination, test")
    return [(Lane(destination, bool(test)), count) for destination, test, count in rows]
