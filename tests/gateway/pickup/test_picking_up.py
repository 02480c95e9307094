"""Letters are listed, leased, fetched and answered; the lease is the same claim as over the broker."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway import journey
from gateway.drivers.sql.steps import Ask, Statement, Steps, each
from gateway.drivers.sql.tables import words
from gateway.errors import BrokerUnavailable
from gateway.events import OutcomeReported
from gateway.journal import Limits
from gateway.submission import State
from gateway.testing import MemoryStream, an_attachment, until
from tests.gateway.drivers.journal_rig import standing
from tests.gateway.pickup.post_office import PostOffice, post_office

pytestmark = pytest.mark.anyio


def _all_words(_: None) -> Steps[list[tuple[str, ...]]]:
    rows = yield Ask(Statement(select(words.c.reference)), {})
    return [tuple(row) for row in rows]


_WORDS = each("words", _all_words)

DELIVERED = {"outcome": "delivered", "grade": "transport", "reference": "BV-4711"}


# ── what waits ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_list_names_what_waits(office: PostOffice) -> None:
    """Identifiers and facts, the oldest first, and nothing from the document."""
    [first] = await office.put()
    office.clock.advance(1)
    [second] = await office.put()

    answer = await office.ask("GET", "/letters")

    [one, other] = answer.json()["letters"]
    assert (one["letter"], other["letter"]) == (first, second)
    assert one["authority"] == {"ars": "09273", "name": "Landratsamt Kelheim"}
    assert one["links"] == {"lease": f"/v1/sites/kelheim/letters/{first}/lease"}
    assert answer.json()["sandbox"] is True
    assert "Kanaria" not in answer.text


async def test_looking_changes_nothing(office: PostOffice) -> None:
    """However often somebody looks, nothing moves."""
    [letter] = await office.put()
    before = await standing(office.journal, letter)

    assert await office.listed() == await office.listed() == [letter]

    assert await standing(office.journal, letter) == before


async def test_what_is_leased_waits_no_more(office: PostOffice) -> None:
    """Two who look at the same list do not both deliver."""
    letters = await office.put(2)

    await office.lease(letters[0])

    assert await office.listed() == letters[1:]
    again = await office.ask("POST", f"/letters/{letters[0]}/lease")
    assert (again.status_code, again.json()["code"]) == (409, "letter-taken")


async def test_the_list_is_as_long_as_wanted(office: PostOffice) -> None:
    """`most` limits it; what is no number or too small is refused."""
    letters = await office.put(3)

    answer = await office.ask("GET", "/letters?most=2")

    assert [one["letter"] for one in answer.json()["letters"]] == letters[:2]
    for wrong in ("most=0", "most=x", "most=-1", "wait=1&wait=2", "adapter=filedrop", "most="):
        assert (await office.ask("GET", f"/letters?{wrong}")).status_code == 400


async def test_whoever_waits_hears_of_a_letter_at_once(office: PostOffice) -> None:
    """With `wait` the answer comes with the letter, and not before."""
    asking = asyncio.create_task(office.ask("GET", "/letters?wait=50"))
    await until(lambda: office.gateway.doorbell._waiting)
    assert not asking.done()

    [letter] = await office.put()

    async with asyncio.timeout(5):
        assert [one["letter"] for one in (await asking).json()["letters"]] == [letter]


async def test_whoever_waits_hears_of_what_another_gateway_put_there(office: PostOffice) -> None:
    """A letter that no bell in this process rang for shows in the journal, where somebody looks for all who wait."""
    asking = asyncio.create_task(office.ask("GET", "/letters?wait=50"))
    await until(lambda: office.gateway.doorbell._waiting)
    await office.journal.record(entry := office.entry())
    await office.journal.hand_over()

    await journey.look_at_doors(gateway=office.gateway)

    async with asyncio.timeout(5):
        assert [one["letter"] for one in (await asking).json()["letters"]] == [entry.submission.id]


async def test_a_letter_for_somebody_else_wakes_nobody(office: PostOffice) -> None:
    """Another site's letters are no news, and when the time is up the list is empty."""
    asking = asyncio.create_task(office.ask("GET", "/letters?wait=1"))
    await until(lambda: office.gateway.doorbell._waiting)

    await office.put(site="regensburg")

    assert (await asking).json()["letters"] == []


async def test_a_process_that_stops_sends_everybody_home(office: PostOffice) -> None:
    """Nobody who waits holds up a stop."""
    asking = asyncio.create_task(office.ask("GET", "/letters?wait=50"))
    await until(lambda: office.gateway.doorbell._waiting)

    office.gateway.doorbell.close()

    async with asyncio.timeout(5):
        assert (await asking).json()["letters"] == []
        assert (await office.ask("GET", "/letters?wait=50")).json()["letters"] == []


# ── a lease and what it opens ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_lease_has_all_that_a_delivery_needs(office: PostOffice) -> None:
    """Key, time, the submission's facts, the destination's settings, attachments, and where it goes on."""
    [letter] = await office.put(attachments=(PLAN,))

    lease = await office.lease(letter, json={"seconds": 120})

    assert lease["key"].startswith("1.")
    assert (lease["attempt"], lease["ask"], lease["adapter"]) == (1, False, "filedrop")
    assert lease["submission"]["submissionId"] == letter
    assert lease["destination"] == {
        "name": "landkreis-kelheim-bau",
        "settings": {"directory": "{data}/fachverfahren/landkreis-kelheim-bau/eingang"},
    }
    assert [one["name"] for one in lease["attachments"]] == ["lageplan-1"]
    assert lease["until"] == "2026-01-01T12:02:00.000000Z"
    assert await office.state(letter) is State.HANDED_OVER


async def test_a_test_message_comes_with_the_test_settings(office: PostOffice) -> None:
    """Test or live is decided before the site hears of it."""
    [letter] = await office.put(test=True)

    lease = await office.lease(letter)

    assert lease["submission"]["test"] is True
    assert lease["destination"]["settings"]["directory"].endswith("landkreis-kelheim-bau-test/eingang")


async def test_the_document_comes_byte_for_byte(office: PostOffice) -> None:
    """As it was sent, with the tag of its bytes, and whoever is interrupted goes on where they were."""
    document = "<antrag>ä ö ü</antrag>".encode() * 50
    [letter] = await office.put(document=document)
    lease = await office.lease(letter)

    async def fetch(**headers: str) -> Any:
        return await office.ask("GET", f"/letters/{letter}/document", key=lease["key"], headers=headers)

    whole = await fetch()
    assert (whole.status_code, whole.content) == (200, document)
    assert whole.headers["etag"] == f'"{hashlib.sha256(document).hexdigest()}"'
    rest = await fetch(Range="bytes=100-", **{"If-Range": whole.headers["etag"]})
    assert (rest.status_code, rest.content) == (206, document[100:])
    assert rest.headers["content-range"] == f"bytes 100-{len(document) - 1}/{len(document)}"
    assert (await fetch(Range="bytes=-5")).content == document[-5:]
    assert (await fetch(Range="bytes=3-6")).content == document[3:7]
    assert (await fetch(Range="bytes=0-", **{"If-Range": '"something else"'})).status_code == 200
    for all_of_it in ("bytes=0-1,4-5", "lines=1-2", "bytes=", "bytes=-", "bytes=9-3", "nonsense"):
        assert (await fetch(Range=all_of_it)).content == document
    beyond = await fetch(Range=f"bytes={len(document)}-")
    assert (beyond.status_code, beyond.json()["code"]) == (416, "range-not-satisfiable")


PLAN_BYTES = b"%PDF-1.7 " + bytes(range(256)) * 2_000
PLAN = an_attachment(MemoryStream(PLAN_BYTES), name="lageplan-1", media_type="application/pdf")


async def test_an_attachment_comes_in_pieces(office: PostOffice) -> None:
    """All of it or from the middle, with its media type and the digest that was recorded when it came."""

    async def arriving() -> Any:
        yield PLAN_BYTES

    kept = await office.gateway.attachments.keep("lageplan-1", "application/pdf", arriving(), 10_000_000)
    [letter] = await office.put(attachments=(kept,))
    lease = await office.lease(letter)
    [enclosed] = lease["attachments"]

    async def fetch(link: str = enclosed["link"], **headers: str) -> Any:
        return await office.ask("GET", link.removeprefix("/v1/sites/kelheim"), key=lease["key"], headers=headers)

    whole = await fetch()
    assert (whole.status_code, whole.content) == (200, PLAN_BYTES)
    assert whole.headers["content-type"] == "application/pdf"
    assert whole.headers["etag"] == f'"{enclosed["digest"]}"'
    assert (await fetch(Range="bytes=300000-")).content == PLAN_BYTES[300_000:]
    assert (await fetch(Range="bytes=5-9")).content == PLAN_BYTES[5:10]
    assert (await fetch(f"/letters/{letter}/attachments/{'0' * 32}")).status_code == 404


async def test_a_busy_destination_asks_to_come_back(tmp_path: Path, tables_with_sites: Path) -> None:
    """A destination that bears one delivery at once gets one; the next letter may be leased a moment later."""
    async with post_office(tmp_path, tables_with_sites, Limits(window=5, concurrency=1)) as office:
        first, second = await office.put(2)
        lease = await office.lease(first)

        busy = await office.ask("POST", f"/letters/{second}/lease")
        assert (busy.status_code, busy.headers["retry-after"]) == (429, "1")
        await office.ask("POST", f"/letters/{first}/outcome", key=lease["key"], json=DELIVERED)
        await office.lease(second)


async def test_more_time_can_be_had_while_there_is_some(office: PostOffice) -> None:
    """A renewed lease lasts from now on, never shorter than it did, and what is over stays over."""
    [letter] = await office.put()
    lease = await office.lease(letter, json={"seconds": 100})

    async def renew(seconds: int) -> Any:
        return await office.ask("POST", f"/letters/{letter}/lease/renew", key=lease["key"], json={"seconds": seconds})

    office.clock.advance(90)
    assert (await renew(100)).json()["until"] == "2026-01-01T12:03:10.000000Z"
    assert (await renew(1)).json()["until"] == "2026-01-01T12:03:10.000000Z"
    office.clock.advance(99)
    assert (await office.ask("GET", f"/letters/{letter}/document", key=lease["key"])).status_code == 200
    office.clock.advance(2)
    late = await renew(100)
    assert (late.status_code, late.json()["code"]) == (409, "lease-over")


# ── how it ended ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "outcome, state, cause",
    [
        (DELIVERED, State.DELIVERED, ""),
        ({"outcome": "delivered", "grade": "taken"}, State.CONFIRMED, ""),
        ({"outcome": "refused", "code": "E42", "reason": "Grund"}, State.REFUSED, "E42"),
        ({"outcome": "unreachable", "because": "disk-full", "wait": 60}, State.ACCEPTED, "disk-full"),
        ({"outcome": "unclear", "because": "no-answer"}, State.ACCEPTED, "no-answer"),
        ({"outcome": "broken", "error": "KeyError", "frames": ["vendor:send:12"]}, State.PARKED, "adapter-bug"),
    ],
)
async def test_every_outcome_has_its_effect(office: PostOffice, outcome: Any, state: State, cause: str) -> None:
    """The same as over the broker; a vendor's words lie in the document store, and the gateway counts for the site."""
    [letter] = await office.put()
    lease = await office.lease(letter)

    answer = await office.ask("POST", f"/letters/{letter}/outcome", key=lease["key"], json=outcome)

    assert answer.json() == {"letter": letter, "attempt": 1, "outcome": outcome["outcome"], "repeated": False}
    found = await standing(office.journal, letter)
    assert (found.state, found.cause) == (state, cause)
    assert found.reference == outcome.get("reference")
    assert [one.outcome for one in office.told if isinstance(one, OutcomeReported)] == [outcome["outcome"]]
    assert (await office.journal.ledger()).imbalance == 0


async def test_a_lost_answer_is_asked_for_again(office: PostOffice) -> None:
    """The same outcome with the same key, however often: one move, one reference, the same answer."""
    [letter] = await office.put()
    lease = await office.lease(letter)

    answers = [
        await office.ask("POST", f"/letters/{letter}/outcome", key=lease["key"], json=DELIVERED) for _ in range(3)
    ]

    assert [answer.json()["repeated"] for answer in answers] == [False, True, True]
    assert {answer.status_code for answer in answers} == {200}
    events = [event.name for event in await office.journal.events(letter)]
    assert events == ["submission.accepted", "letter.handed_over", "submission.delivered"]
    assert await office.journal._runner.read(_WORDS, None) == [("BV-4711",)]


async def test_the_first_of_two_outcomes_counts(office: PostOffice) -> None:
    """Another one with the same key is a conflict, and moves nothing."""
    [letter] = await office.put()
    lease = await office.lease(letter)
    await office.ask("POST", f"/letters/{letter}/outcome", key=lease["key"], json=DELIVERED)

    other = await office.ask(
        "POST", f"/letters/{letter}/outcome", key=lease["key"], json={"outcome": "refused", "code": "E42"}
    )

    assert (other.status_code, other.json()["code"]) == (409, "outcome-conflict")
    assert await office.state(letter) is State.DELIVERED


async def test_a_lease_that_ended_brings_the_letter_back(office: PostOffice) -> None:
    """It may have arrived: the next lease asks first, and the old key opens nothing and reports nothing."""
    [letter] = await office.put()
    old = await office.lease(letter, json={"seconds": 30})
    office.clock.advance(31)
    assert await office.lapse() == 1
    office.clock.advance(60)
    await journey.hand_over(gateway=office.gateway)

    assert await office.listed() == [letter]
    for method, path in (("GET", "document"), ("POST", "lease/renew"), ("POST", "outcome")):
        said = DELIVERED if path == "outcome" else {}
        late = await office.ask(method, f"/letters/{letter}/{path}", key=old["key"], json=said)
        assert (late.status_code, late.json()["code"]) == (409, "lease-over")
    new = await office.lease(letter)
    assert (new["attempt"], new["ask"]) == (2, True)
    assert await office.state(letter) is State.HANDED_OVER


async def test_an_outcome_just_before_the_lapse_is_noticed_still_counts(office: PostOffice) -> None:
    """What is known is worth more than what would be guessed."""
    [letter] = await office.put()
    lease = await office.lease(letter, json={"seconds": 30})
    office.clock.advance(31)

    answer = await office.ask("POST", f"/letters/{letter}/outcome", key=lease["key"], json=DELIVERED)

    assert answer.json()["repeated"] is False
    assert await office.lapse() == 0
    assert await office.state(letter) is State.DELIVERED


# ── the gateway's side of it ─────────────────────────────────────────────────────────────────────────────────────────


async def test_letters_for_sites_need_no_broker(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is away what is picked up at a site is put there, and the rest waits in the journal."""
    monkeypatch.setattr(type(office.gateway.dispatch), "connected", property(lambda _: False))
    elsewhere = office.entry(destination="augsburg-bau", authority="09761")
    await office.journal.record(elsewhere)

    [letter] = await office.put()

    assert await office.listed() == [letter]
    assert await office.state(elsewhere.submission.id) is State.ACCEPTED


async def test_letters_for_sites_never_go_to_the_broker(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker in the data centre does not get what a site picks up."""

    async def publish(_: object, letters: object) -> None:
        raise BrokerUnavailable

    monkeypatch.setattr(type(office.gateway.dispatch), "publish", publish)

    letters = await office.put()

    assert await office.listed() == letters


async def test_what_waits_at_a_door_is_not_called_back(office: PostOffice) -> None:
    """Nothing can lose it there, so a wiped broker and a long weekend leave it where it is."""
    [letter] = await office.put()
    office.clock.advance(1e6)

    assert await office.journal.return_unclaimed(unconfirmed=0, confirmed=0) == 0

    assert await office.listed() == [letter]
    assert len(await office.journal.events(letter)) == 2


async def test_messages_of_a_case_are_picked_up_in_their_order(office: PostOffice) -> None:
    """The next of a case comes to the door when the one before it has arrived."""
    first, second = await office.put(2, case_key="AZ-1")
    assert await office.listed() == [first]
    lease = await office.lease(first)
    await office.ask("POST", f"/letters/{first}/outcome", key=lease["key"], json=DELIVERED)

    await journey.hand_over(gateway=office.gateway)

    assert await office.listed() == [second]
