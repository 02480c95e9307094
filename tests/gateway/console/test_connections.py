"""Connections, destinations, sites, accounts: seen within one's authorities, changed with a reason."""

import re

import pytest

from gateway.connection import ConnectionState
from gateway.intake import token_hash
from gateway.site import Certificate, Heartbeat, Site
from gateway.submission import Micros, State
from tests.gateway.console.stage import AUGSBURG, KELHEIM, Stage
from tests.gateway.drivers.journal_rig import hand_over, state

pytestmark = pytest.mark.anyio


@pytest.fixture
async def connected(stage: Stage) -> Stage:
    """A stage whose journal knows the connections of the order list."""
    from gateway import journey

    await journey.begin_connections(gateway=stage.gateway)
    await journey.follow_connections(gateway=stage.gateway, seen=None)
    return stage


async def test_a_connection_is_paused_and_goes_on(connected: Stage) -> None:
    """With a reason; its life says who did it and why, and the tables in use follow at once."""
    visitor, path = await connected.signed_in("operator"), f"/connections/bau/{AUGSBURG}"

    paused = await visitor.send(f"{path}/pause", path, reason="Umzug des Fachverfahrens")

    assert paused.status_code == 303
    assert f"bau/{AUGSBURG}" in connected.gateway.tables.paused
    page = await visitor.see(path)
    assert "angehalten" in page
    assert "<q>Umzug des Fachverfahrens</q>" in page
    assert (await visitor.send(f"{path}/pause", path, reason="noch einmal")).status_code == 409
    assert (await visitor.send(f"{path}/resume", path, reason="Umzug fertig")).status_code == 303
    assert connected.gateway.tables.paused == ()
    steps = await connected.journal.steps(f"bau/{AUGSBURG}")
    assert [(step.connection.state, step.by) for step in steps[1:]] == [
        (ConnectionState.PAUSED, "operator"),
        (ConnectionState.LIVE, "operator"),
    ]


async def test_connections_are_seen_within_ones_authorities(connected: Stage) -> None:
    """A municipality's list and counts are its own; another's page and buttons do not exist; nor does the coverage."""
    visitor = await connected.signed_in("operator-augsburg")

    page = await visitor.see("/connections")

    linked = set(re.findall(r'href="/console/connections/\w+/(\d+)"', page))
    assert linked == {AUGSBURG}
    assert sum(int(one) for one in re.findall(r"<b>(\d+)</b>", page)) == 5
    assert (await visitor.get(f"/connections/bau/{KELHEIM}")).status_code == 404
    assert (await visitor.send(f"/connections/bau/{KELHEIM}/pause", "", reason="nein")).status_code == 404
    assert (await visitor.get("/coverage")).status_code == 404
    assert "/connections/wohnsitz/" not in await visitor.see("/connections?service=bau&state=live")


async def test_the_coverage_counts_authorities_and_people(connected: Stage) -> None:
    """Each service with its stages, from responsible to delivering."""
    page = await (await connected.signed_in("reader")).see("/coverage")

    assert "Behörden und Einwohner je Leistung" in page
    assert page.count('<th scope="row">') >= 5
    assert "Gemeindeverzeichnis" in page


async def test_a_paused_destination_is_handed_nothing(connected: Stage) -> None:
    """What is for it is taken and waits, tests go on; resumed, it leaves. Who did it stands in the journal."""
    visitor, path = await connected.signed_in("operator"), "/destinations/augsburg-bau"
    await visitor.send(f"{path}/pause", path, reason="Wartungsfenster des Herstellers")
    waiting = await connected.receive()
    other = await connected.receive(KELHEIM)
    trial = await connected.receive(test=True)

    assert {letter.submission for letter in await hand_over(connected.journal)} == {other, trial}
    assert await state(connected.journal, waiting) is State.ACCEPTED
    assert "Wartungsfenster des Herstellers" in await visitor.see(path)
    assert "angehalten" in await visitor.see("/adapters")
    assert (await visitor.send(f"{path}/pause", path, reason="doppelt")).status_code == 409

    await visitor.send(f"{path}/resume", path, reason="fertig")

    assert [letter.submission for letter in await hand_over(connected.journal)] == [waiting]
    names = [(deed.name, deed.subject) for _, deed in await connected.journal.deeds()]
    assert names[:2] == [("destination.resumed", "augsburg-bau"), ("destination.paused", "augsburg-bau")]


async def test_a_letter_that_was_out_already_is_not_delivered(connected: Stage) -> None:
    """A pause holds for letters on their way: claiming one is refused, by the journal itself, for every worker."""
    await connected.receive()
    [letter] = await hand_over(connected.journal)

    await connected.journal.pause_destination("augsburg-bau", "vera", "Störung")
    refused = await connected.journal.claim(letter, "worker-1", 60)
    await connected.journal.resume_destination("augsburg-bau", "vera", "behoben")
    claimed = await connected.journal.claim(letter, "worker-1", 60)

    assert getattr(refused, "because", "") == "maintenance"
    assert getattr(claimed, "worker", "") == "worker-1"


async def test_a_destination_that_serves_others_too_is_not_theirs_to_pause(connected: Stage) -> None:
    """A municipality pauses what serves it alone; a reader pauses nothing; another's destination does not exist."""
    own, reader = await connected.signed_in("operator-augsburg"), await connected.signed_in("reader")

    assert (await own.send("/destinations/augsburg-bau/pause", "", reason="Umzug")).status_code == 303
    assert (await own.get("/destinations/landkreis-kelheim-bau")).status_code == 404
    assert (await own.send("/destinations/landkreis-kelheim-bau/pause", "", reason="nein")).status_code == 404
    assert (await reader.send("/destinations/augsburg-bau/resume", "", reason="doch")).status_code == 403
    assert "kelheim" not in await own.see("/adapters")


async def test_sites_are_seen_with_what_was_heard_of_them(connected: Stage) -> None:
    """Worker, version, when it was heard last, when its first certificate ends; only one's own."""
    for name, authority in (("augsburg", AUGSBURG), ("kelheim", KELHEIM)):
        await connected.journal.add_site(Site(name, token_hash(name), (authority,), ("filedrop",)))
    ends = Certificate("Proxy", Micros(1_800_000_000_000_000))
    await connected.journal.heard_from(Heartbeat(site="augsburg", worker="w-7", version="9.9", certificates=(ends,)))
    connected.clock.advance(600)

    everything = await (await connected.signed_in("reader")).see("/adapters")
    own = await (await connected.signed_in("reader-augsburg")).see("/adapters")

    assert "w-7" in everything
    assert "still seit 10 Minuten" in everything
    assert "hat sich noch nie gemeldet" in everything
    assert "15.01.2027" in everything
    assert "w-7" in own
    assert "hat sich noch nie gemeldet" not in own


async def test_accounts_are_the_business_of_those_who_administer(stage: Stage) -> None:
    """They see everybody and what was done, and revoke; not themselves. Nobody else sees the page."""
    administrator = await stage.signed_in("administrator")

    page = await administrator.see("/accounts")
    revoked = await administrator.send("/accounts/reader/revoke", "/accounts")
    themselves = await administrator.send("/accounts/administrator/revoke", "/accounts")

    assert "hat sich angemeldet" in page
    assert (revoked.status_code, themselves.status_code) == (303, 409)
    assert (await stage.visitor().sign_in("reader")).status_code == 401
    for name in ("operator", "administrator-augsburg"):
        assert (await (await stage.signed_in(name)).get("/accounts")).status_code == 403
