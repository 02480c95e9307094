"""Webhooks in the journal: what waits for them comes with the event itself, one sender has it, and nothing is lost."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.drivers.sql.journal import SqlJournal
from gateway.errors import NotFound, NotResponsible
from gateway.journal import Claim, Client, Conclude, Park, TryAgain
from gateway.notice import Answer, Errand, Noted, Persistence, Topic
from gateway.reply import Effect, Kind
from gateway.submission import State, SubmissionId
from tests.gateway.drivers import reply_rig
from tests.gateway.drivers.journal_rig import AWAY, Rig, begin, conclude, hand_over, park, report

pytestmark = pytest.mark.anyio

PORTAL, HOOK, URL, SECRET = "portal", "wh_eins", "https://portal.beispiel/hook", b"s" * 32
LEASE = 60.0
HOUR, DAY = 3_600.0, 86_400.0
PATIENT = Persistence()
TAKEN, FAILED = Answer(status=204), Answer("status", 500)


@pytest.fixture
async def told(rig: Rig, journal: SqlJournal) -> SqlJournal:
    """A journal with a portal that has a webhook."""
    await journal.add_client(Client(PORTAL, "ab" * 32))
    await journal.add_webhook(HOOK, PORTAL, URL, SECRET)
    return journal


async def delivered(rig: Rig, journal: SqlJournal, count: int = 1, **changes: Any) -> list[SubmissionId]:
    """So many submissions of the portal, delivered one after the other."""
    ids = []
    for _ in range(count):
        rig.clock.advance(1)
        claim = await begin(journal, rig.entry(client=PORTAL, **changes))
        await conclude(journal, report(claim))
        ids.append(claim.submission.id)
    return ids


async def take(journal: SqlJournal, lease: float = LEASE) -> Errand:
    """The one errand there is."""
    [errand] = await journal.take_errands(10, lease)
    return errand


async def note(journal: SqlJournal, errand: Errand, *answers: Answer, chance: float = 0.5) -> Noted:
    """Note these answers, the last of them for all that are left."""
    padded = [*answers, *[answers[-1]] * (len(errand.notices) - len(answers))]
    return await journal.note(errand, padded, PATIENT, chance)


def topics(errand: Errand) -> list[Topic]:
    return [one.topic for one in errand.notices]


# ── what is told ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_move_is_a_notice(rig: Rig, told: SqlJournal) -> None:
    """What was delivered is to be told: when, what, and to whom with which secret; no content goes with it."""
    [id_] = await delivered(rig, told, test=True)

    errand = await take(told)

    assert (errand.webhook, errand.client, errand.url, errand.secrets) == (HOOK, PORTAL, URL, (SECRET,))
    [notice] = errand.notices
    assert (notice.topic, notice.submission, notice.state, notice.test) == (Topic.DELIVERED, id_, State.DELIVERED, True)
    assert (notice.at, notice.tries) == (rig.clock(), 0)
    assert SECRET.decode() not in repr(errand)


async def test_what_the_first_answer_said_is_not_told_again(rig: Rig, told: SqlJournal) -> None:
    """Accepted and rejected are the answers to the request itself, and retries are no news."""
    await told.record(rig.refusal(client=PORTAL))
    claim = await begin(told, rig.entry(client=PORTAL))
    await conclude(told, report(claim, AWAY), TryAgain(0.0, "connection-refused"))
    letters = await hand_over(told)
    await told.take_back(letters, "not-confirmed")

    assert await told.take_errands(10, LEASE) == ()


async def test_what_people_did_is_told(rig: Rig, told: SqlJournal) -> None:
    """Parked, accepted again, parked again and dropped: each is news."""
    id_ = await park(told, rig.entry(client=PORTAL))
    await told.release(id_, "b.beispiel", "noch einmal")
    [letter] = await hand_over(told)
    claim = await told.claim(letter, "worker-1", LEASE)
    assert isinstance(claim, Claim)
    await conclude(told, report(claim), Park("adapter-bug"))
    await told.drop(id_, "b.beispiel", "hat sich erledigt")

    assert topics(await take(told)) == [Topic.PARKED, Topic.ACCEPTED, Topic.PARKED, Topic.REFUSED]


async def test_every_end_has_its_topic(rig: Rig, told: SqlJournal) -> None:
    """Confirmed and refused are told as such."""
    for state in (State.CONFIRMED, State.REFUSED):
        rig.clock.advance(1)
        claim = await begin(told, rig.entry(client=PORTAL))
        await conclude(told, report(claim), Conclude(state, final=True))

    assert topics(await take(told)) == [Topic.CONFIRMED, Topic.REFUSED]


async def test_a_reply_is_told(rig: Rig, told: SqlJournal) -> None:
    """What the authority answers is news: with the state it met, and what it does to that as another."""
    submission = await reply_rig.delivered(rig, told, client=PORTAL)
    await note(told, await take(told), TAKEN)

    await reply_rig.kept(told, reply_rig.incoming(rig))

    answered, moved = (await take(told)).notices
    assert (answered.topic, answered.submission, answered.state) == (
        Topic.REPLY_RECEIVED,
        submission.id,
        State.DELIVERED,
    )
    assert (moved.topic, moved.state) == (Topic.CONFIRMED, State.CONFIRMED)


async def test_a_reply_that_changes_no_state_is_told(rig: Rig, told: SqlJournal) -> None:
    """A status or a file number moves nothing, and is news all the same; a repetition of it is none."""
    await reply_rig.delivered(rig, told, client=PORTAL)
    await note(told, await take(told), TAKEN)
    status = reply_rig.incoming(rig, kind=Kind.STATUS, effect=Effect.NONE)

    for _ in range(2):
        await told.receive(status)

    assert topics(await take(told)) == [Topic.REPLY_RECEIVED]


async def test_a_reply_that_fits_nothing_is_told_to_nobody(rig: Rig, told: SqlJournal) -> None:
    """What lies in the box waits for a human; no portal hears of it."""
    await reply_rig.delivered(rig, told, client=PORTAL)
    await note(told, await take(told), TAKEN)

    await reply_rig.boxed(told, reply_rig.incoming(rig, answers="0199c0de-0099-7000-8000-000000000099"))

    assert await told.take_errands(10, LEASE) == ()


async def test_each_portal_hears_of_its_own(rig: Rig, told: SqlJournal) -> None:
    """Another client's submissions are none of its business; two webhooks of one portal hear the same under two ids."""
    await told.add_client(Client("anderes", "cd" * 32))
    await told.add_webhook("wh_anders", "anderes", URL, b"t" * 32)
    await told.add_webhook("wh_zwei", PORTAL, f"{URL}/2", b"u" * 32)

    await delivered(rig, told)

    errands = {one.webhook: one.notices for one in await told.take_errands(10, LEASE)}
    assert set(errands) == {HOOK, "wh_zwei"}
    [first], [second] = errands.values()
    assert first.event == second.event
    assert first.id != second.id


async def test_what_happened_before_is_not_told(rig: Rig, journal: SqlJournal) -> None:
    """A new webhook hears what happens from then on."""
    await delivered(rig, journal)
    await journal.add_client(Client(PORTAL, "ab" * 32))
    await journal.add_webhook(HOOK, PORTAL, URL, SECRET)

    assert await journal.take_errands(10, LEASE) == ()


# ── one sender at a time ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_was_taken_is_done(rig: Rig, told: SqlJournal) -> None:
    """A notice that the portal took is told once, counted, and gone."""
    await delivered(rig, told, 3)

    assert await note(told, await take(told), TAKEN) == Noted()

    assert await told.take_errands(10, LEASE) == ()
    [webhook] = await told.webhooks()
    assert (webhook.told, webhook.told_at, webhook.waiting, webhook.missed) == (3, rig.clock(), 0, 0)
    assert webhook.last == TAKEN


async def test_the_oldest_come_first_a_handful_at_a_time(rig: Rig, told: SqlJournal) -> None:
    """An errand has eight at most, in the order in which they happened."""
    ids = await delivered(rig, told, 10)

    first = await take(told)
    await note(told, first, TAKEN)
    second = await take(told)

    assert [one.submission for one in (*first.notices, *second.notices)] == ids
    assert len(first.notices) == 8


async def test_nobody_else_has_the_same_webhook(rig: Rig, told: SqlJournal) -> None:
    """Of two replicas that look at the same moment one gets the errand; while it has it, the other gets nothing."""
    await delivered(rig, told, 2)

    async with rig.open() as replica:
        both = await asyncio.gather(told.take_errands(10, LEASE), replica.take_errands(10, LEASE))
        assert sorted(map(len, both)) == [0, 1]
        assert await replica.take_errands(10, LEASE) == ()
        await note(told, both[0][0] if both[0] else both[1][0], TAKEN)
        await delivered(rig, told)
        assert len(await replica.take_errands(10, LEASE)) == 1


async def test_a_sender_that_died_loses_nothing(rig: Rig, told: SqlJournal) -> None:
    """Sent and not noted: when the lease has ended, the same notice goes out again under the same id."""
    await delivered(rig, told)
    first = await take(told)
    rig.clock.advance(LEASE)

    again = await take(told)

    assert [one.id for one in again.notices] == [one.id for one in first.notices]
    assert again.lease != first.lease


async def test_who_comes_late_counts_only_what_was_taken(rig: Rig, told: SqlJournal) -> None:
    """A sender whose lease somebody else has: what the portal took is done, what it refused is the other's business."""
    await delivered(rig, told, 2)
    slow = await take(told)
    rig.clock.advance(LEASE)
    quick = await take(told)

    assert await note(told, slow, TAKEN, Answer("status", 410)) == Noted()

    [webhook] = await told.webhooks()
    assert (webhook.told, webhook.waiting, webhook.off_at, webhook.health.failures) == (1, 1, None, 0)
    await note(told, quick, TAKEN)
    assert (await told.webhooks())[0].waiting == 0


async def test_webhooks_take_turns(rig: Rig, told: SqlJournal) -> None:
    """Who was served longest ago comes first, so that many notices for one keep no other waiting."""
    await told.add_webhook("wh_zwei", PORTAL, f"{URL}/2", SECRET)
    await delivered(rig, told, 10)

    served = []
    for _ in range(4):
        rig.clock.advance(1)
        [errand] = await told.take_errands(1, LEASE)
        served.append(errand.webhook)
        await note(told, errand, TAKEN)

    assert served == [HOOK, "wh_zwei", HOOK, "wh_zwei"]


# ── who does not answer ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_was_not_taken_waits_longer_each_time(rig: Rig, told: SqlJournal) -> None:
    """A failed notice is due again later, and later; the webhook rests meanwhile."""
    await delivered(rig, told)
    waited = []
    for _ in range(4):
        await note(told, await take(told), FAILED, chance=1.0)
        seconds = 0
        while not (errands := await told.take_errands(10, LEASE)):
            rig.clock.advance(1)
            seconds += 1
        waited.append(seconds)
        assert errands[0].notices[0].tries == len(waited)
        rig.clock.advance(LEASE)

    assert waited == [5, 10, 20, 40]


async def test_a_webhook_that_takes_nothing_is_tried_with_one(rig: Rig, told: SqlJournal) -> None:
    """After a failure one notice goes out, one that was not tried before; once it is taken, the others follow."""
    ids = await delivered(rig, told, 10)
    await note(told, await take(told), FAILED)
    rig.clock.advance(5)

    probe = await take(told)

    assert [one.submission for one in probe.notices] == [ids[8]]
    await note(told, probe, TAKEN)
    assert len((await take(told)).notices) == 8


async def test_one_that_is_not_digested_keeps_no_other(rig: Rig, told: SqlJournal) -> None:
    """Among others that are taken one failure makes no rest."""
    await delivered(rig, told, 2)
    await note(told, await take(told), FAILED, TAKEN)
    await delivered(rig, told)

    assert len((await take(told)).notices) == 1


async def test_a_notice_is_given_up_after_days(rig: Rig, told: SqlJournal) -> None:
    """Five days after its first try a notice is missed, and counted; the webhook, which took others, goes on."""
    await delivered(rig, told)
    happened = rig.clock()
    await delivered(rig, told)
    assert await note(told, await take(told), FAILED, TAKEN) == Noted()
    rig.clock.advance(5 * DAY)
    await delivered(rig, told)

    assert await note(told, await take(told), FAILED, TAKEN) == Noted(missed=1)

    [webhook] = await told.webhooks()
    assert (webhook.missed, webhook.missed_from, webhook.waiting, webhook.off_at) == (1, happened, 0, None)


async def test_who_fails_for_days_is_switched_off(rig: Rig, told: SqlJournal) -> None:
    """Nothing taken for five days: off, what waited is missed, and what happens from then on is not kept for it."""
    await delivered(rig, told, 3)
    first = rig.clock() - 2 * 1_000_000
    await note(told, await take(told), FAILED)
    rig.clock.advance(5 * DAY)

    assert await note(told, await take(told), FAILED) == Noted(missed=3, off="failing")

    await delivered(rig, told)
    [webhook] = await told.webhooks()
    assert (webhook.off_at, webhook.health.off, webhook.waiting) == (rig.clock() - 1_000_000, "failing", 0)
    assert (webhook.missed, webhook.missed_from) == (3, first)
    assert webhook.last == FAILED
    assert await told.take_errands(10, LEASE) == ()


async def test_a_portal_that_wants_no_more_gets_no_more(rig: Rig, told: SqlJournal) -> None:
    """410 switches off at once."""
    await delivered(rig, told, 2)

    assert await note(told, await take(told), TAKEN, Answer("status", 410)) == Noted(missed=1, off="gone")

    assert (await told.webhooks())[0].health.off == "gone"


async def test_a_webhook_is_switched_on_again(rig: Rig, told: SqlJournal) -> None:
    """Resumed it is as new, hears what happens from then on, and its history is told once more to who resumed it."""
    await delivered(rig, told)
    await note(told, await take(told), Answer("status", 410))

    before = await told.resume_webhook(HOOK)
    ids = await delivered(rig, told)

    assert (before.health.off, before.missed) == ("gone", 1)
    assert [one.submission for one in (await take(told)).notices] == ids
    [webhook] = await told.webhooks()
    assert (webhook.off_at, webhook.missed, webhook.health.failing_since) == (None, 0, None)


async def test_a_rest_ends_where_somebody_ends_it(rig: Rig, told: SqlJournal) -> None:
    """Whoever has mended a webhook that rests need not wait: resumed, what waits is due."""
    await delivered(rig, told)
    await note(told, await take(told), Answer("status", 503, wait=HOUR))
    rig.clock.advance(HOUR - 1)
    assert await told.take_errands(10, LEASE) == ()

    await told.resume_webhook(HOOK)

    assert len((await take(told)).notices) == 1


# ── the register ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_webhook_belongs_to_a_client_that_may_come_in(rig: Rig, told: SqlJournal) -> None:
    """An unknown client has none, a revoked one neither, and one address is told once."""
    await told.add_client(Client("gesperrt", "cd" * 32))
    await told.revoke_client("gesperrt")

    with pytest.raises(NotFound):
        await told.add_webhook("wh_2", "niemand", URL, SECRET)
    with pytest.raises(NotResponsible):
        await told.add_webhook("wh_2", "gesperrt", URL, SECRET)
    with pytest.raises(NotResponsible, match=HOOK):
        await told.add_webhook("wh_2", PORTAL, URL, SECRET)

    assert [one.id for one in await told.webhooks()] == [HOOK]


async def test_for_a_while_two_secrets_sign(rig: Rig, told: SqlJournal) -> None:
    """After a rotation the new secret comes first and the old one still counts, until the time is up."""
    await told.rotate_secret(HOOK, b"n" * 32, overlap=HOUR)
    await delivered(rig, told, 2)

    assert (await take(told)).secrets == (b"n" * 32, SECRET)
    assert await told.secrets_of(HOOK) == (b"n" * 32, SECRET)
    assert (await told.webhooks())[0].secrets == 2
    rig.clock.advance(HOUR)
    assert (await take(told)).secrets == (b"n" * 32,)
    await told.rotate_secret(HOOK, b"m" * 32, overlap=HOUR)
    assert rig.count("webhook_secrets") == 2


async def test_an_earlier_end_is_not_put_off(rig: Rig, told: SqlJournal) -> None:
    """A second rotation ends no secret later than the first one said; without overlap the old ones end at once."""
    await told.rotate_secret(HOOK, b"n" * 32, overlap=HOUR)
    await told.rotate_secret(HOOK, b"m" * 32, overlap=DAY)
    rig.clock.advance(HOUR)
    assert set(await told.secrets_of(HOOK)) == {b"m" * 32, b"n" * 32}

    await told.rotate_secret(HOOK, b"o" * 32, overlap=0)

    assert await told.secrets_of(HOOK) == (b"o" * 32,)


async def test_a_revoked_webhook_is_forgotten(rig: Rig, told: SqlJournal) -> None:
    """Address, secrets and notices are gone, and an errand that was under way changes nothing."""
    await delivered(rig, told)
    errand = await take(told)

    await told.revoke_webhook(HOOK)

    assert await note(told, errand, TAKEN) == Noted()
    assert [rig.count(table) for table in ("webhooks", "webhook_secrets", "notices")] == [0, 0, 0]


async def test_a_revoked_client_is_not_told(rig: Rig, told: SqlJournal) -> None:
    """Whoever may not ask any more is not told either."""
    await delivered(rig, told)

    await told.revoke_client(PORTAL)

    assert await told.webhooks() == []
    assert rig.count("webhook_secrets") == 0


@pytest.mark.parametrize(
    "deed",
    [
        lambda journal: journal.rotate_secret("wh_x", SECRET, 0),
        lambda journal: journal.resume_webhook("wh_x"),
        lambda journal: journal.revoke_webhook("wh_x"),
        lambda journal: journal.secrets_of("wh_x"),
    ],
    ids=["rotate", "resume", "revoke", "secrets"],
)
async def test_what_is_not_there_is_not_found(
    journal: SqlJournal, deed: Callable[[SqlJournal], Awaitable[object]]
) -> None:
    """An unknown webhook is said to be unknown."""
    with pytest.raises(NotFound, match="wh_x"):
        await deed(journal)
