"""What people do: look at parked submissions, let them go on or end them, add and revoke clients."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from gateway.adapter import Broken, Refused
from gateway.drivers.sql.journal import SqlJournal, open_journal
from gateway.errors import NotFound, NotResponsible, WrongJournal
from gateway.journal import Client, Conclude, Limits, Moved, Park
from gateway.submission import Micros, State
from tests.gateway.drivers.journal_rig import (
    Rig,
    accept,
    begin,
    claim,
    conclude,
    hand_over,
    park,
    report,
    standing,
    state,
)

pytestmark = pytest.mark.anyio

PORTAL = Client("portal-beispiel", "ab" * 32, ("wohnsitz", "bau"), ("09", "05315"))


async def test_what_waits_for_people_is_listed_oldest_first(rig: Rig, journal: SqlJournal) -> None:
    """Parked submissions, with the reason, in the order in which they were accepted; and no others."""
    ids = []
    for cause in ("adapter-bug", "unclear-time-limit", "given-up-connection-refused"):
        rig.clock.advance(1)
        ids.append(await park(journal, rig.entry(), cause))
    await accept(journal, rig.entry())

    parked = await journal.parked()

    assert [one.submission.id for one in parked] == ids
    assert [one.cause for one in parked] == ["adapter-bug", "unclear-time-limit", "given-up-connection-refused"]
    assert list(await journal.parked(most=2)) == list(parked)[:2]


async def test_a_released_submission_is_tried_again(rig: Rig, journal: SqlJournal) -> None:
    """An operator lets it go on: it is due at once, its next attempt has a new number, and the log says who."""
    id_ = await park(journal, rig.entry())
    rig.clock.advance(100)

    moved = await journal.release(id_, "b.beispiel", "Adapter ist berichtigt")

    assert (moved.before, moved.after, moved.concluded) == (State.PARKED, State.ACCEPTED, False)
    assert not await journal.parked()
    event = (await journal.events(id_))[-1]
    assert (event.name, event.code, event.by) == ("parked.released", "operator-retry", "b.beispiel")
    [letter] = await hand_over(journal)
    assert (letter.submission, letter.attempt) == (id_, 2)
    await conclude(journal, report(await claim(journal, letter)))


async def test_a_dropped_submission_ends_as_refused(rig: Rig, journal: SqlJournal) -> None:
    """An operator ends it: refused by the operator, for good, and the log says who."""
    id_ = await park(journal, rig.entry())

    moved = await journal.drop(id_, "b.beispiel", "doppelt eingereicht")

    assert (moved.before, moved.after, moved.concluded) == (State.PARKED, State.REFUSED, True)
    found = await standing(journal, id_)
    assert (found.state, found.cause, found.concluded_at) == (State.REFUSED, "operator-dropped", rig.clock())
    event = (await journal.events(id_))[-1]
    assert (event.name, event.code, event.by) == ("parked.dropped", "operator-dropped", "b.beispiel")
    assert not await journal.hand_over()


async def test_an_operators_reason_is_free_text(rig: Rig, journal: SqlJournal) -> None:
    """What an operator writes may be personal: it lies in the document store, not in the log."""
    id_ = await park(journal, rig.entry())

    await journal.drop(id_, "b.beispiel", "Kanaria Beispielvogel hat angerufen")

    assert rig.count("words", "reason LIKE 'Kanaria%' AND said_by = 'b.beispiel'") == 1
    assert rig.count("events", "code LIKE '%Kanaria%'") == 0


async def test_an_operators_reason_is_no_reference(rig: Rig, journal: SqlJournal) -> None:
    """The Fachverfahren's reference survives what an operator says."""
    claimed = await begin(journal, rig.entry())
    await journal.keep_words(claimed, "AZ 4711", "")
    await conclude(journal, report(claimed, Broken("ValueError")), Park("adapter-bug"))

    await journal.release(claimed.submission.id, "b.beispiel", "bitte noch einmal")

    assert (await standing(journal, claimed.submission.id)).reference == "AZ 4711"


@pytest.mark.parametrize("what", ["release", "drop"])
async def test_only_parked_submissions_can_be_moved_by_hand(rig: Rig, journal: SqlJournal, what: str) -> None:
    """Whatever waits, travels or has ended refuses an operator's hand and stays as it is."""
    by_hand = getattr(journal, what)
    claimed = await begin(journal, rig.entry())
    others = [*await accept(journal, rig.entry()), *await accept(journal, rig.refusal())]

    for id_ in (claimed.submission.id, *others):
        before = await standing(journal, id_)
        with pytest.raises(NotResponsible):
            await by_hand(id_, "b.beispiel", "")
        assert await standing(journal, id_) == before
    await conclude(journal, report(claimed, Refused("duplicate")), Conclude(State.REFUSED, final=True))
    with pytest.raises(NotResponsible):
        await by_hand(claimed.submission.id, "b.beispiel", "")
    with pytest.raises(NotFound):
        await by_hand(rig.entry().submission.id, "b.beispiel", "")


async def test_two_operators_at_once_move_it_once(rig: Rig, journal: SqlJournal) -> None:
    """Of two hands on one parked submission one moves it, and the other is told."""
    id_ = await park(journal, rig.entry())

    answers = await asyncio.gather(journal.release(id_, "a", ""), journal.drop(id_, "b", ""), return_exceptions=True)

    assert {type(answer) for answer in answers} == {Moved, NotResponsible}


async def test_a_client_is_known_with_its_scope(rig: Rig, journal: SqlJournal) -> None:
    """A portal comes back with everything that was said of it, and the moment it was added."""
    assert await journal.clients() == []

    await journal.add_client(PORTAL)
    await journal.add_client(Client("aussen", "cd" * 32))

    first, second = await journal.clients()
    assert (first.name, first.services, first.regions) == ("aussen", ("*",), ("*",))
    assert second == Client(*_of(PORTAL), created_at=rig.clock())


def _of(client: Client) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
    return client.name, client.token_hash, client.services, client.regions


async def test_a_name_is_taken_once(journal: SqlJournal) -> None:
    """A second client of the same name is refused, and the first one stays."""
    await journal.add_client(PORTAL)

    with pytest.raises(NotResponsible):
        await journal.add_client(Client(PORTAL.name, "cd" * 32))

    assert [client.token_hash for client in await journal.clients()] == [PORTAL.token_hash]


async def test_one_of_two_that_add_the_same_name_wins(rig: Rig) -> None:
    """Also on two machines at once one is told that the name is taken."""
    async with AsyncExitStack() as stack:
        journals = [await stack.enter_async_context(rig.open()) for _ in range(2)]

        answers = await asyncio.gather(
            *(journal.add_client(Client("portal", f"{n}" * 64)) for n, journal in enumerate(journals)),
            return_exceptions=True,
        )

        assert {type(answer) for answer in answers} == {type(None), NotResponsible}
        assert len(await journals[0].clients()) == 1


async def test_a_revoked_client_stays_in_the_book(rig: Rig, journal: SqlJournal) -> None:
    """Revoking ends the token, keeps the entry and its first date, and needs a client to be there."""
    await journal.add_client(PORTAL)
    rig.clock.advance(60)
    revoked_at = rig.clock()

    await journal.revoke_client(PORTAL.name)
    rig.clock.advance(60)
    await journal.revoke_client(PORTAL.name)

    [client] = await journal.clients()
    assert client.revoked_at == revoked_at
    with pytest.raises(NotFound):
        await journal.revoke_client("niemand")


async def test_caches_can_follow_a_version(journal: SqlJournal) -> None:
    """Every change of the clients grows their version, and nothing else does."""
    versions = [await journal.version_of("clients")]
    changes = [
        journal.add_client(PORTAL),
        journal.add_client(Client("aussen", "cd" * 32)),
        journal.revoke_client(PORTAL.name),
    ]
    for change in changes:
        await change
        versions.append(await journal.version_of("clients"))
    await journal.revoke_client(PORTAL.name)
    with pytest.raises(NotResponsible):
        await journal.add_client(PORTAL)
    await journal.ready()

    assert versions == sorted(set(versions))
    assert await journal.version_of("clients") == versions[-1]
    assert await journal.version_of("connections") == 0


async def test_a_snapshot_is_what_was_kept_last(rig: Rig, journal: SqlJournal) -> None:
    """What a leader computed is there for every replica, with its moment."""
    assert await journal.snapshot("gauges") is None

    await journal.keep_snapshot("gauges", "{}")
    rig.clock.advance(15)
    await journal.keep_snapshot("gauges", '{"ä": 1}')

    assert await journal.snapshot("gauges") == (Micros(rig.clock()), '{"ä": 1}')


async def test_a_journal_keeps_its_epoch_and_its_kind(rig: Rig) -> None:
    """A journal is a sandbox's or a production's for good, and is recognised when it is opened again."""
    async with rig.open() as first, rig.open() as second:
        assert first.epoch == second.epoch
        assert len(first.epoch) == 32

    with pytest.raises(WrongJournal, match="'sandbox'"):
        async with open_journal(
            rig.database.url, limits=lambda _: Limits(), clock=rig.clock, kind="production", database_time=False
        ):
            pass


async def test_two_first_starts_agree(rig: Rig) -> None:
    """Two gateways that open a new journal at the same moment settle on one epoch."""
    async with AsyncExitStack() as stack:
        journals = await asyncio.gather(*(stack.enter_async_context(rig.open()) for _ in range(4)))

        assert len({journal.epoch for journal in journals}) == 1


async def test_a_worker_takes_what_was_settled(rig: Rig, journal: SqlJournal) -> None:
    """Opened without a kind, a journal settles nothing and works."""
    await accept(journal, rig.entry())
    [letter] = await hand_over(journal)

    async with open_journal(
        rig.database.url, limits=lambda _: Limits(), clock=rig.clock, kind=None, database_time=False
    ) as beside:
        await claim(beside, letter)

    assert await state(journal, letter.submission) is State.HANDED_OVER
    assert await journal.settle("kind", "production") == "sandbox"
