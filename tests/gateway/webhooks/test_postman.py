"""Whatever is due reaches whoever is there: from the journal to a real receiver, on both databases."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.drivers.sql.journal import SqlJournal
from gateway.errors import JournalUnavailable
from gateway.events import Event, WebhookAnswered, WebhookMissed, WebhookSwitchedOff, watched
from gateway.journal import Client
from gateway.news import Bell
from gateway.notice import Answer, Errand, Noted, Persistence
from gateway.submission import SubmissionId
from gateway.testing import until
from gateway.webhooks import Postman, Sender, networks
from tests.gateway.drivers.journal_rig import Rig, begin, conclude, report
from tests.gateway.webhooks.receiver import Receiver, Say, receiving

pytestmark = pytest.mark.anyio

PORTAL, HOOK, SECRET = "portal", "wh_eins", b"s" * 32
DAY = 86_400.0


async def register(journal: SqlJournal, receiver: Receiver, webhook: str = HOOK) -> None:
    if PORTAL not in {one.name for one in await journal.clients()}:
        await journal.add_client(Client(PORTAL, "ab" * 32))
    await journal.add_webhook(webhook, PORTAL, f"{receiver.url}/{webhook}", SECRET)


async def delivered(rig: Rig, journal: SqlJournal, count: int = 1) -> list[SubmissionId]:
    ids = []
    for _ in range(count):
        claim = await begin(journal, rig.entry(client=PORTAL))
        await conclude(journal, report(claim))
        ids.append(claim.submission.id)
    return ids


class Office:
    """A postman at work, one round after the other."""

    def __init__(self, book: Any, sender: Sender, seconds: float) -> None:
        self.bell = Bell()
        self.postman = Postman(
            book,
            sender,
            self.bell,
            persistence=Persistence(),
            seconds=seconds,
            idle=0.01,
            chance=lambda: 1.0,
        )

    async def round(self) -> None:
        """Everything that is due now is sent, and noted."""
        await self.postman.go()
        async with self.postman.at_work():
            pass


@asynccontextmanager
async def office(book: Any, rig: Rig, seconds: float = 10.0) -> AsyncIterator[Office]:
    async with Sender(sandbox=True, allowed=networks("127.0.0.0/8"), seconds=seconds, clock=rig.clock) as sender:
        yield Office(book, sender, seconds)


async def test_what_happened_is_told(rig: Rig, journal: SqlJournal) -> None:
    """Each submission's end reaches the portal once, and operators hear that it did."""
    with receiving() as receiver, watched((told := list[Event]()).append):
        await register(journal, receiver)
        ids = await delivered(rig, journal, 10)
        async with office(journal, rig) as at:
            for _ in range(3):
                await at.round()

    assert sorted(one.body.decode().split('"submissionId":"')[1][:36] for one in receiver.got) == sorted(ids)
    assert len(set(receiver.ids)) == 10
    assert receiver.at_once <= 8
    answered = [one for one in told if isinstance(one, WebhookAnswered)]
    assert {one.submission for one in answered} == set(ids)
    assert not any(one.because for one in answered)


async def test_who_does_not_answer_is_tried_until_he_does(rig: Rig, journal: SqlJournal) -> None:
    """500, silence, 503 with Retry-After, a redirect: the same message under the same id, until it is taken."""
    says = (Say(500), Say(after=30), Say(503, {"Retry-After": "120"}), Say(302, {"Location": "/anders"}), Say(204))
    with receiving(*says) as receiver, watched((told := list[Event]()).append):
        await register(journal, receiver)
        await delivered(rig, journal)
        async with office(journal, rig, seconds=1.0) as at:
            await at.round()
            for wait in (5, 10, 120, 40):
                rig.clock.advance(wait - 1)
                await at.round()
                before = len(receiver.got)
                rig.clock.advance(1)
                await at.round()
                assert len(receiver.got) == before + 1
            rig.clock.advance(DAY)
            await at.round()

    assert len(receiver.got) == 5
    assert len(set(receiver.ids)) == 1
    assert [one.tries for one in told if isinstance(one, WebhookAnswered)] == [1, 2, 3, 4, 5]


async def test_days_of_silence_end_with_notice(rig: Rig, journal: SqlJournal) -> None:
    """Five days of nothing but failures: switched off, operators are told loudly, and what was missed is counted."""
    with receiving(Say(500)) as receiver, watched((told := list[Event]()).append):
        await register(journal, receiver)
        await delivered(rig, journal, 3)
        async with office(journal, rig) as at:
            while not any(isinstance(one, WebhookSwitchedOff) for one in told):
                await at.round()
                rig.clock.advance(DAY / 4)
            sent = len(receiver.got)
            await delivered(rig, journal)
            await at.round()

    assert len(receiver.got) == sent < 40
    [off] = [one for one in told if isinstance(one, WebhookSwitchedOff)]
    assert (off.webhook, off.client, off.because) == (HOOK, PORTAL, "failing")
    assert sum(one.notices for one in told if isinstance(one, WebhookMissed)) == 3
    assert (await journal.webhooks())[0].off_at is not None


async def test_gone_ends_it_at_once(rig: Rig, journal: SqlJournal) -> None:
    """After a 410 nothing more is sent there."""
    with receiving(Say(410)) as receiver, watched((told := list[Event]()).append):
        await register(journal, receiver)
        await delivered(rig, journal)
        async with office(journal, rig) as at:
            await at.round()
            await delivered(rig, journal)
            await at.round()

    assert len(receiver.got) == 1
    assert [one.because for one in told if isinstance(one, WebhookSwitchedOff)] == ["gone"]


class Forgetful:
    """A journal that is away when it comes to noting: as if the process had died after sending."""

    def __init__(self, journal: SqlJournal) -> None:
        self._journal = journal

    async def take_errands(self, most: int, lease: float) -> Sequence[Errand]:
        return await self._journal.take_errands(most, lease)

    async def note(self, errand: Errand, answers: Sequence[Answer], persistence: Persistence, chance: float) -> Noted:
        raise JournalUnavailable


async def test_a_crash_between_sending_and_noting(rig: Rig, journal: SqlJournal) -> None:
    """What was sent and not noted is sent once more when the lease has ended: the same id, the same body."""
    with receiving() as receiver:
        await register(journal, receiver)
        await delivered(rig, journal)
        async with office(Forgetful(journal), rig) as dying, office(journal, rig) as alive:
            await dying.round()
            await alive.round()
            assert len(receiver.got) == 1
            rig.clock.advance(120)
            await alive.round()
            await alive.round()

    first, second = receiver.got
    assert (first.id, first.body) == (second.id, second.body)


async def test_two_replicas_tell_everything_once(rig: Rig, journal: SqlJournal) -> None:
    """Two postmen at the same journal share the work, and no message goes out twice."""
    with receiving(Say(after=0.01)) as receiver:
        for number in range(4):
            await register(journal, receiver, f"wh_{number}")
        await delivered(rig, journal, 12)
        async with rig.open() as replica, office(journal, rig) as one, office(replica, rig) as two:
            for _ in range(4):
                await asyncio.gather(one.round(), two.round())

    assert len(receiver.got) == len(set(receiver.ids)) == 4 * 12


async def test_a_slow_portal_keeps_no_other_waiting(rig: Rig, journal: SqlJournal) -> None:
    """While one takes its time, another hears of everything."""
    with receiving(Say(after=60)) as slow, receiving() as quick:
        await register(journal, slow, "wh_langsam")
        await register(journal, quick, "wh_schnell")
        await delivered(rig, journal, 20)
        async with office(journal, rig) as at:

            async def work() -> None:
                while True:
                    await at.postman.go()

            working = asyncio.create_task(work())
            try:
                await until(lambda: len(quick.got) == 20, within=8.0)
                assert [one.told for one in await journal.webhooks() if one.id == "wh_langsam"] == [0]
            finally:
                slow.hurry.set()
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)
                async with at.postman.at_work():
                    pass


async def test_the_bell_is_heard(rig: Rig, journal: SqlJournal) -> None:
    """News in this process is told at once, however seldom the journal is looked at."""
    with receiving() as receiver:
        await register(journal, receiver)
        bell = Bell()
        async with Sender(sandbox=True, allowed=networks("127.0.0.0/8"), seconds=1.0, clock=rig.clock) as sender:
            postman = Postman(journal, sender, bell, persistence=Persistence(), seconds=1.0, idle=60.0)
            waiting = asyncio.create_task(postman.go())
            await asyncio.sleep(0)
            await delivered(rig, journal)

            bell.ring()
            await asyncio.wait_for(waiting, 5)
            await asyncio.wait_for(postman.go(), 5)
            async with postman.at_work():
                pass

    assert len(receiver.got) == 1
