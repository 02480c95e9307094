"""A worker at a site: everything that waits arrives once, whatever the line between does."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway import journey
from gateway.adapter import Consignment, Delivered, Enclosure, Outcome, Unreachable
from gateway.drivers.pickup import Door, Way, first_beat
from gateway.errors import BadSettings
from gateway.events import DoorClosed, DoorOpened, OutcomeNotCounted
from gateway.journal import Limits
from gateway.submission import Grade, State
from gateway.testing import AskableVendor, FakeVendor, until
from tests.gateway.drivers.journal_rig import standing
from tests.gateway.pickup.at_site import URL, Line, arrive, at_site, the_first
from tests.gateway.pickup.post_office import KELHEIM, PostOffice, post_office

pytestmark = pytest.mark.anyio

# ── a good day ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_everything_that_waits_arrives_with_all_that_belongs_to_it(office: PostOffice) -> None:
    """Document, facts, settings and words, as a worker beside the gateway would have them."""
    vendor = FakeVendor(Delivered("BV-4711", Grade.TRANSPORT))
    document = "<antrag>ä</antrag>".encode()
    facts: dict[str, Any] = {
        "message_uuid": "4f3c1a52-7a0e-4d0f-9d1b-6d7f9a1e2b3c",
        "reader": "bab:09273",
        "case_key": "AZ-1",
    }
    letters = await office.put(3)
    letters += await office.put(document=document, **facts)

    async with at_site(office, vendor):
        await arrive(office, *letters)

    brought = vendor.brought[letters[-1]]
    assert brought.document == document
    assert sorted(vendor.ledger) == sorted(letters)
    recorded = (await standing(office.journal, letters[-1])).submission
    assert brought.submission == recorded
    assert brought.endpoint.settings == {"directory": "{data}/fachverfahren/landkreis-kelheim-bau/eingang"}
    assert (await standing(office.journal, letters[-1])).reference == "BV-4711"


async def test_what_comes_later_is_picked_up_at_once(office: PostOffice) -> None:
    """The list waits at the gateway: a letter needs no next round."""
    async with at_site(office, FakeVendor()) as site:
        await until(lambda: office.gateway.doorbell._waiting)
        [letter] = await office.put()
        await arrive(office, letter)

    assert site.paused == []


async def test_an_idle_site_asks_once_and_waits(office: PostOffice) -> None:
    """One list for all adapters, which the gateway keeps for fifty seconds: a little over one request a minute."""
    async with at_site(office, FakeVendor()) as site:
        await until(lambda: office.gateway.doorbell._waiting)
        await asyncio.sleep(0.1)

        assert site.line.asked == ["GET destinations", "GET letters"]


async def test_only_as_much_is_leased_as_there_are_hands(office: PostOffice) -> None:
    """What nobody can begin is left for others, and taken when a hand is free."""
    busy, most = 0, 0

    class Slow(FakeVendor):
        async def deliver(self, consignment: Consignment) -> Outcome:
            nonlocal busy, most
            busy += 1
            most = max(most, busy)
            await asyncio.sleep(0.01)
            busy -= 1
            return await super().deliver(consignment)

    letters = await office.put(12)
    async with at_site(office, Slow(), at_once=3):
        await arrive(office, *letters)

    assert most == 3


async def whole(enclosure: Enclosure) -> bytes:
    """All of an enclosure, read in small pieces."""
    return b"".join([piece async for piece in enclosure.stream.chunks(10_000)])


async def test_attachments_are_fetched_while_they_are_read(office: PostOffice) -> None:
    """An adapter reads them as streams, as often as it likes; a line that breaks in the middle is gone on with."""
    content = bytes(range(256)) * 3_000

    async def arriving() -> AsyncIterator[bytes]:
        yield content

    kept = await office.gateway.attachments.keep("plan", "application/pdf", arriving(), 10_000_000)
    read: list[bytes] = []

    class Reading(FakeVendor):
        async def deliver(self, consignment: Consignment) -> Outcome:
            [enclosure] = consignment.enclosures
            read.extend([await whole(enclosure), await whole(enclosure)])
            return await super().deliver(consignment)

    [letter] = await office.put(attachments=(kept,))
    async with at_site(office, Reading(), fault=the_first(f"GET {kept.id}", "lost", 2)) as site:
        await arrive(office, letter)

    assert read == [content, content]
    assert site.line.asked.count(f"GET {kept.id}") == 4


async def test_letters_for_another_adapter_are_left(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker takes what it has an adapter for."""
    [letter] = await office.put()
    vendor = FakeVendor()
    monkeypatch.setattr(vendor, "plugin", lambda **more: FakeVendor.plugin(vendor, **{**more, "name": "anders"}))

    async with at_site(office, vendor) as site:
        await until(lambda: len(site.paused) > 3)

    assert vendor.calls == []
    assert await office.listed() == [letter]
    assert site.paused[-1] > site.paused[0]


async def test_a_busy_destination_is_waited_for(tmp_path: Path, tables_with_sites: Path) -> None:
    """Where the destination bears one delivery at once, the others come one after the other."""
    async with post_office(tmp_path, tables_with_sites, Limits(window=5, concurrency=1)) as office:
        vendor = FakeVendor()
        letters = await office.put(5)
        async with at_site(office, vendor):
            await arrive(office, *letters)

    assert sorted(vendor.ledger) == sorted(letters)


# ── a bad line ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("times", [1, 3])
async def test_a_lost_answer_to_an_outcome_is_repeated(office: PostOffice, times: int) -> None:
    """It arrived, and nobody knows: it is said again, and changes nothing twice."""
    vendor = FakeVendor(Delivered("BV-4711", Grade.TRANSPORT))
    [letter] = await office.put()

    async with at_site(office, vendor, fault=the_first("POST outcome", "lost", times)) as site:
        await arrive(office, letter)
        await until(lambda: site.line.asked.count("POST outcome") > times)

    assert vendor.calls == [letter]
    names = [event.name for event in await office.journal.events(letter)]
    assert names == ["submission.accepted", "letter.handed_over", "submission.delivered"]
    assert not [event for event in office.told if isinstance(event, OutcomeNotCounted)]


async def test_an_outcome_that_does_not_get_through_is_said_until_it_does(office: PostOffice) -> None:
    """The vendor has it, and the line is down: the outcome comes when the line does."""
    vendor = FakeVendor()
    [letter] = await office.put()

    async with at_site(office, vendor, fault=the_first("POST outcome", "away", 2)):
        await arrive(office, letter)

    assert vendor.calls == [letter]


async def test_a_lost_answer_to_a_lease_costs_time(office: PostOffice) -> None:
    """The key is gone with it: when the lease has ended, the letter comes again, and is delivered."""
    vendor = AskableVendor()
    [letter] = await office.put()

    async with at_site(office, vendor, fault=the_first("POST lease", "lost")) as site:
        await until(lambda: site.line.asked.count("POST lease") > 1)
        assert await office.listed() == []
        office.clock.advance(40)
        assert await office.lapse() == 1
        office.clock.advance(40)
        await journey.hand_over(gateway=office.gateway)
        await arrive(office, letter)

    assert vendor.calls == vendor.ledger == [letter]
    assert vendor.questions == [letter], "it might have arrived, so the Fachverfahren was asked first"


async def test_a_document_that_breaks_off_is_fetched_with_the_same_key(office: PostOffice) -> None:
    """Nothing is leased anew for it."""
    vendor = FakeVendor()
    [letter] = await office.put()

    async with at_site(office, vendor, fault=the_first("GET document", "lost")) as site:
        await arrive(office, letter)

    assert site.line.asked.count("POST lease") == 1
    assert site.line.asked.count("GET document") == 2


async def test_a_lease_that_ended_meanwhile_is_let_go(office: PostOffice) -> None:
    """The outcome comes too late: it does not count, is told, and the letter is delivered again by asking first."""
    gate, vendor = asyncio.Event(), AskableVendor()
    deliver = vendor.deliver

    async def late(consignment: Consignment) -> Outcome:
        outcome = await deliver(consignment)
        await gate.wait()
        return outcome

    vendor.deliver = late  # type: ignore[method-assign]
    [letter] = await office.put()
    async with at_site(office, vendor):
        await until(lambda: vendor.calls)
        office.clock.advance(40)
        assert await office.lapse() == 1
        gate.set()
        await until(lambda: [event for event in office.told if isinstance(event, OutcomeNotCounted)])
        office.clock.advance(40)
        await journey.hand_over(gateway=office.gateway)
        await arrive(office, letter)

    assert vendor.ledger == vendor.calls == [letter]
    assert vendor.questions == [letter]


async def test_a_gateway_that_is_away_is_waited_for(office: PostOffice) -> None:
    """Longer and longer, told once, and the first list that succeeds brings what waits."""
    [letter] = await office.put()

    async with at_site(office, FakeVendor(), fault=the_first("GET letters", "away", 8)) as site:
        await arrive(office, letter)

    assert site.paused[:8] == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert [event.because for event in office.told if isinstance(event, DoorClosed)] == ["gateway-away"]
    assert sum(isinstance(event, DoorOpened) for event in office.told) == 1


async def test_a_revoked_token_is_no_reason_to_hurry(office: PostOffice) -> None:
    """Once a minute, told once: a person has to look."""
    async with at_site(office, FakeVendor(), token="ags_gesperrt") as site:
        await until(lambda: len(site.paused) >= 3)

    assert set(site.paused) == {60.0}
    assert [event.because for event in office.told if isinstance(event, DoorClosed)] == ["not-identified"]


async def test_what_is_no_gateway_is_waited_for(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy's own page, a redirect or half an answer are no letters."""
    pages = iter(
        [
            httpx2.Response(200, text="<html>Bitte anmelden</html>"),
            httpx2.Response(302, headers={"Location": "https://anderswo.example/"}),
            httpx2.Response(403, text="Zugriff verweigert"),
            httpx2.Response(502, text="Bad Gateway"),
            httpx2.Response(200, json={"letters": [{"letter": 1}]}),
        ]
    )
    through = Line.handle_async_request

    async def sometimes(self: Line, request: httpx2.Request) -> httpx2.Response:
        return next(pages, None) or await through(self, request)

    monkeypatch.setattr(Line, "handle_async_request", sometimes)
    [letter] = await office.put()

    async with at_site(office, FakeVendor()):
        await arrive(office, letter)


# ── stopping ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_stopping_finishes_what_is_in_hand(office: PostOffice) -> None:
    """Nothing new is leased, and what was begun is delivered and reported."""
    gate, begun = asyncio.Event(), asyncio.Event()

    class Slow(FakeVendor):
        async def deliver(self, consignment: Consignment) -> Outcome:
            begun.set()
            await gate.wait()
            return await super().deliver(consignment)

    [first] = await office.put()

    async def live() -> None:
        async with at_site(office, Slow()):
            await begun.wait()

    living = asyncio.create_task(live())
    await begun.wait()
    await asyncio.sleep(0.02)
    [second] = await office.put()
    gate.set()
    async with asyncio.timeout(10):
        await living

    assert await office.state(first) is State.DELIVERED
    assert await office.listed() == [second]


async def test_stopping_does_not_wait_for_a_gateway_that_is_away(office: PostOffice) -> None:
    """What could not be begun is left to whoever comes next."""
    [letter] = await office.put()

    async with asyncio.timeout(10):
        async with at_site(office, FakeVendor(), fault=the_first("POST lease", "away", 10**9)) as site:
            await until(lambda: site.line.asked.count("POST lease"))

    assert await office.listed() == [letter]


# ── what cannot be ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://gateway.example",
        "https://gateway.example/v1/sites",
        "https://gateway.example/v1/sites/",
        "https://gateway.example/v2/sites/kelheim",
        "ftp://gateway.example/v1/sites/kelheim",
        "http://gateway.example/v1/sites/kelheim",
    ],
)
def test_an_impossible_address_is_refused(url: str) -> None:
    """Before anything is sent, least of all a token in the clear."""
    with pytest.raises(BadSettings):
        Way(url=url, token="ags_x")


def test_a_site_needs_its_token() -> None:
    """The sentence says who issues it."""
    with pytest.raises(BadSettings, match="GATEWAY_TOKEN"):
        Way(url=URL, token="")


async def test_authorities_that_are_none_are_refused(tmp_path: Path) -> None:
    """A file without certificates would trust nobody."""
    (tmp_path / "ca.pem").write_text("nichts")
    for file in (tmp_path / "ca.pem", tmp_path / "fehlt.pem"):
        with pytest.raises(BadSettings, match=file.name):
            Door(Way(url=URL, token="ags_x", authorities=file), 1)


async def test_a_worker_that_is_not_let_in_does_not_start(office: PostOffice) -> None:
    """Wrong token or another site's name are told at once; a gateway that is away is no reason not to start."""
    wrong = (Way(url=URL, token="ags_x"), Way(url=URL.replace("kelheim", "regensburg"), token=KELHEIM))
    for way in wrong:
        async with Door(way, 1, transport=Line(office.http._transport)) as door:
            with pytest.raises(BadSettings):
                await first_beat(door, "w", "1")
    away = Line(office.http._transport, lambda _: "away")
    async with Door(Way(url=URL, token=KELHEIM), 1, transport=away) as door:
        await first_beat(door, "w", "1")
    async with Door(Way(url=URL, token=KELHEIM), 1, transport=Line(office.http._transport)) as door:
        await first_beat(door, "w-1", "0.1.0")

    assert [one.worker for one in await office.journal.heartbeats()] == ["w-1"]


@pytest.mark.parametrize(
    "because, told", [("connection-refused", "connection-refused"), ("Ä ö", "x---"), ("x" * 80, "x" * 64), ("", "x")]
)
async def test_an_odd_code_does_not_cost_the_outcome(office: PostOffice, because: str, told: str) -> None:
    """An adapter's code that the door would not take is brought into a form it takes."""
    [letter] = await office.put()

    async with at_site(office, FakeVendor(Unreachable(because, wait=1e9))):
        async with asyncio.timeout(10):
            while (await standing(office.journal, letter)).attempts == 0:
                await asyncio.sleep(0.005)

    assert (await standing(office.journal, letter)).cause == told
