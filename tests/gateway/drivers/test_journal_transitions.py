"""Every state meets every call: what may move moves, as the table says, and nothing else does."""

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

import pytest

from gateway.dispatch import Letter, Report
from gateway.drivers.sql.journal import SqlJournal
from gateway.errors import NotResponsible
from gateway.journal import Claim, Conclude, Decision, Park, TryAgain
from gateway.reply import Effect, Incoming, Kind, Origin
from gateway.submission import Grade, State, content_digest, new_id
from gateway.transitions import TRANSITIONS
from tests.gateway.drivers.journal_rig import (
    AWAY,
    DELIVERED,
    DONE,
    LEASE,
    WORKER,
    Rig,
    accept,
    always,
    begin,
    claim,
    conclude,
    hand_over,
    report,
    standing,
)

pytestmark = pytest.mark.anyio

PENDING: Final = Conclude(State.DELIVERED, final=False, grade=Grade.TRANSPORT)
CONFIRMED: Final = Conclude(State.CONFIRMED, final=True, grade=Grade.TAKEN)
REFUSED: Final = Conclude(State.REFUSED, final=True, code="duplicate")


@dataclass
class Case:
    """A submission somewhere on its way, to a destination of its own; the letter and the claim that it has, or had."""

    rig: Rig
    journal: SqlJournal
    destination: str
    claim: Claim | None = None

    def __post_init__(self) -> None:
        self.entry = self.rig.entry(destination=self.destination, keys=(f"key:{self.destination}",))
        self.submission = self.entry.submission.id

    @property
    def letter(self) -> Letter:
        return Letter(self.submission, self.claim.attempt if self.claim else 1, "filedrop")

    def report(self) -> Report:
        if self.claim:
            return report(self.claim)
        return Report(self.submission, 1, "", "", "filedrop", DELIVERED)


# ── the places a submission can be ───────────────────────────────────────────────────────────────────────────────────


async def _rejected(case: Case) -> None:
    case.entry = replace(case.entry, state=State.REJECTED, document=None)
    await accept(case.journal, case.entry)


async def _waiting(case: Case) -> None:
    await accept(case.journal, case.entry)


async def _on_its_way(case: Case) -> None:
    await _waiting(case)
    await hand_over(case.journal)


async def _claimed(case: Case) -> None:
    await _on_its_way(case)
    case.claim = await claim(case.journal, case.letter)


def _after(decision: Decision) -> Callable[[Case], Awaitable[None]]:
    async def reached(case: Case) -> None:
        await _claimed(case)
        await conclude(case.journal, case.report(), decision)

    return reached


PLACES: Final[dict[str, Callable[[Case], Awaitable[None]]]] = {
    "rejected": _rejected,
    "waiting": _waiting,
    "on its way": _on_its_way,
    "claimed": _claimed,
    "to be tried again": _after(TryAgain(0.0, "connection-refused")),
    "parked": _after(Park("adapter-bug")),
    "delivered, not the end": _after(PENDING),
    "delivered": _after(DONE),
    "confirmed": _after(CONFIRMED),
    "refused": _after(REFUSED),
}


# ── the calls ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _concluding(decision: Decision) -> Callable[[Case], Awaitable[object]]:
    return lambda case: case.journal.conclude(case.report(), always(decision))


async def _lapse(case: Case) -> None:
    case.rig.clock.advance(LEASE + 1)
    await case.journal.lapse(always(TryAgain(0.0, "lease-ended", ask=True)))


async def _by_hand(call: Awaitable[object]) -> None:
    with contextlib.suppress(NotResponsible):
        await call


CALLS: Final[dict[str, Callable[[Case], Awaitable[object]]]] = {
    "record": lambda case: case.journal.record(replace(case.entry, submission=case.rig.entry().submission)),
    "hand over": lambda case: case.journal.hand_over(),
    "confirm": lambda case: case.journal.confirm([case.letter]),
    "take back": lambda case: case.journal.take_back([case.letter], "not-confirmed"),
    "return unclaimed": lambda case: case.journal.return_unclaimed(unconfirmed=0, confirmed=0),
    "claim": lambda case: case.journal.claim(case.letter, WORKER, LEASE),
    "conclude as delivered": _concluding(DONE),
    "conclude as delivered, not the end": _concluding(PENDING),
    "conclude as confirmed": _concluding(CONFIRMED),
    "conclude as refused": _concluding(REFUSED),
    "conclude to try again": _concluding(TryAgain(9.0, "connection-refused")),
    "conclude to park": _concluding(Park("adapter-bug")),
    "lapse": _lapse,
    "release": lambda case: _by_hand(case.journal.release(case.submission, "b.beispiel", "")),
    "drop": lambda case: _by_hand(case.journal.drop(case.submission, "b.beispiel", "")),
}

MOVES: Final = {
    ("waiting", "hand over"): State.HANDED_OVER,
    ("to be tried again", "hand over"): State.HANDED_OVER,
    ("on its way", "take back"): State.ACCEPTED,
    ("on its way", "return unclaimed"): State.ACCEPTED,
    ("claimed", "conclude as delivered"): State.DELIVERED,
    ("claimed", "conclude as delivered, not the end"): State.DELIVERED,
    ("claimed", "conclude as confirmed"): State.CONFIRMED,
    ("claimed", "conclude as refused"): State.REFUSED,
    ("claimed", "conclude to try again"): State.ACCEPTED,
    ("claimed", "conclude to park"): State.PARKED,
    ("claimed", "lapse"): State.ACCEPTED,
    ("parked", "release"): State.ACCEPTED,
    ("parked", "drop"): State.REFUSED,
}
"""All that moves; every other call leaves a submission in that place as it is."""

ANSWERS: Final = {
    ("to be tried again", Effect.CONFIRM): State.CONFIRMED,
    ("to be tried again", Effect.REFUSE): State.REFUSED,
    ("parked", Effect.CONFIRM): State.CONFIRMED,
    ("parked", Effect.REFUSE): State.REFUSED,
    ("delivered, not the end", Effect.CONFIRM): State.CONFIRMED,
    ("delivered, not the end", Effect.REFUSE): State.REFUSED,
    ("delivered", Effect.CONFIRM): State.CONFIRMED,
    ("delivered", Effect.REFUSE): State.REFUSED,
    ("confirmed", Effect.REFUSE): State.REFUSED,
}
"""All that the authority's answers move; every other leaves a submission in that place where it is."""

NOBODY_DOES: Final = {
    (State.ACCEPTED, State.EXPIRED),
    (State.HANDED_OVER, State.EXPIRED),
}
"""In the table for connections that have opted in to `expired`."""


@pytest.mark.parametrize("place", PLACES)
async def test_a_call_moves_what_it_may_and_nothing_else(rig: Rig, journal: SqlJournal, place: str) -> None:
    """In each place each call leads where the list of moves says, with one event, or changes nothing at all."""
    for call in CALLS:
        case = Case(rig, journal, call.replace(" ", "-"))
        await PLACES[place](case)
        before, history = await standing(journal, case.submission), list(await journal.events(case.submission))

        await CALLS[call](case)

        after, told = await standing(journal, case.submission), await journal.events(case.submission)
        if (place, call) not in MOVES:
            assert after == before, call
            assert told == history, call
        else:
            [event] = told[len(history) :]
            assert (event.before, event.after) == (before.state, MOVES[place, call]), call
            assert (after.state, after.version) == (event.after, before.version + 1), call
            assert after.state in TRANSITIONS[before.state], call


@pytest.mark.parametrize("effect", Effect)
@pytest.mark.parametrize("place", PLACES)
async def test_an_answer_moves_what_it_may_and_nothing_else(
    rig: Rig, journal: SqlJournal, place: str, effect: Effect
) -> None:
    """In each place each answer leads where the list says; it concludes a story that was open, and no other."""
    case = Case(rig, journal, "beispielstadt")
    await PLACES[place](case)
    before = await standing(journal, case.submission)

    await journal.receive(_answer(case, effect))

    after = await standing(journal, case.submission)
    assert after.state is ANSWERS.get((place, effect), before.state)
    assert (await journal.ledger()).imbalance == 0
    if after.state is not before.state:
        assert after.concluded_at == (before.concluded_at or rig.clock())
        assert (await journal.events(case.submission))[-1].after is after.state


def _answer(case: Case, effect: Effect) -> Incoming:
    document = b"<antwort/>"
    return Incoming(
        id=new_id(case.rig.clock()),
        origin=Origin(adapter="filedrop", destination=case.destination, test=False, by=WORKER),
        received_at=case.rig.clock(),
        document=document,
        digest=content_digest(document),
        submission=case.submission,
        kind=Kind.MESSAGE,
        effect=effect,
    )


async def test_every_event_follows_the_one_before(rig: Rig, journal: SqlJournal) -> None:
    """A submission's history is a chain: each event begins where the last one ended, and ends where the row stands."""
    first = await begin(journal, rig.entry())
    await conclude(journal, report(first, AWAY), TryAgain(0.0, "connection-refused"))
    await journal.take_back(await journal.hand_over(), "not-confirmed")
    [letter] = await hand_over(journal)
    await conclude(journal, report(await claim(journal, letter)), Park("adapter-bug"))
    await journal.drop(first.submission.id, "b.beispiel", "")

    events = await journal.events(first.submission.id)

    assert [event.before for event in events] == [None, *(event.after for event in events[:-1])]
    assert all(event.after in TRANSITIONS[event.before] for event in events)
    assert events[-1].after is (await standing(journal, first.submission.id)).state
    assert [event.id for event in events] == sorted(event.id for event in events)


async def test_every_line_of_the_table_is_driven_or_named(rig: Rig, journal: SqlJournal) -> None:
    """What the table allows happens above, or stands in the list of what nobody does yet."""
    states: dict[str, State] = {}
    for place, reach in PLACES.items():
        case = Case(rig, journal, place)
        await reach(case)
        states[place] = (await standing(journal, case.submission)).state

    driven = {(states[place], after) for (place, _), after in [*MOVES.items(), *ANSWERS.items()]}

    assert driven | NOBODY_DOES == {(before, after) for before, many in TRANSITIONS.items() if before for after in many}
    assert not driven & NOBODY_DOES
    assert {states["waiting"], states["rejected"]} == TRANSITIONS[None]
