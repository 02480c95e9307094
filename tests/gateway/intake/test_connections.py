"""The feed that a portal reads before it shows a form: which authority can be reached for what."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import httpx2
import pytest

from gateway.connection import Connection, ConnectionState
from gateway.receipt import offer_shapes
from tests.gateway.intake.documents import LEISTUNG
from tests.gateway.intake.house import NARROW_TOKEN, House
from tests.gateway.intake.shaped import fits

FREISING = "091780124124"
ORDERED = Connection(
    "wohnsitz", "092735215", "", ConnectionState.ORDERED, "B-4711", date(2026, 9, 1), contact="Bürgerbüro Ihrlerstein"
)
CITY = Connection("bau", FREISING, "aschaffenburg-bau", ConnectionState.TESTED)
KREIS = Connection("bau", "09178", "augsburg-bau", ConnectionState.LIVE, live_since=date(2026, 10, 1))


@pytest.fixture(scope="module", autouse=True)
def _connected(house: House) -> Iterator[None]:
    """Besides the pilots: a Große Kreisstadt and its Landkreis, and a Verwaltungsgemeinschaft that has ordered."""
    before = house.gateway.tables.connections
    house.gateway.board.connect([*before, ORDERED, CITY, KREIS])
    yield
    house.gateway.board.connect(before)


def asked(portal: httpx2.Client, **query: str) -> Any:
    answer = portal.get("/v1/connections", params=query)
    assert answer.status_code == 200, answer.text
    assert fits(offer_shapes.Connections, answer.json())
    return answer.json()["connections"]


def ids(portal: httpx2.Client, **query: str) -> list[str]:
    return [one["id"] for one in asked(portal, **query)]


def test_every_connection_is_listed_by_id(portal: httpx2.Client) -> None:
    """Service with its keys, authority, state and days; whether Anträge and test messages are taken."""
    found = asked(portal)

    assert len(found) == 23
    assert [one["id"] for one in found] == sorted(one["id"] for one in found)
    [kreis] = [one for one in found if one["id"] == "bau/09178"]
    assert kreis == {
        "id": "bau/09178",
        "service": "bau",
        "leistungen": ["99012070006000", "99012070006001"],
        "authority": {"ars": "09178", "name": "Landratsamt Freising"},
        "state": "live",
        "stateLabel": "in Betrieb",
        "open": True,
        "openForTests": True,
        "liveSince": "2026-10-01",
    }
    [city] = [one for one in found if one["id"] == f"bau/{FREISING}"]
    assert (city["open"], city["openForTests"]) == (False, True)


def test_orders_and_offices_are_nobodys_business(portal: httpx2.Client) -> None:
    """The day of an order is told; its number, the office and the destination are not."""
    text = portal.get("/v1/connections").text

    assert '"orderDate":"2026-09-01"' in text
    assert "4711" not in text
    assert "Bürgerbüro" not in text
    assert "aschaffenburg-bau" not in text


@pytest.mark.parametrize(
    "query, expected",
    [
        ({"leistung": "99012070006001", "ars": FREISING}, [f"bau/{FREISING}"]),
        ({"leistung": "99012070006001", "ars": "09178145"}, ["bau/09178"]),
        ({"leistung": "99012070006001", "ars": "09178"}, ["bau/09178", f"bau/{FREISING}"]),
        ({"leistung": LEISTUNG, "ars": "092735215121"}, ["wohnsitz/092735215"]),
        ({"leistung": LEISTUNG, "ars": "09273", "state": "ordered"}, ["wohnsitz/092735215"]),
        ({"state": "tested"}, [f"bau/{FREISING}"]),
        ({"state": "retired"}, []),
        ({"leistung": "99000000000000"}, []),
        ({"ars": "01"}, []),
        ({"ars": "09178999"}, []),
    ],
)
def test_a_place_has_the_connections_of_who_answers_for_it(
    portal: httpx2.Client, query: dict[str, str], expected: list[str]
) -> None:
    """Who answers is decided as for an Antrag: a Große Kreisstadt is not its Landratsamt's, a member is its VG's."""
    assert ids(portal, **query) == expected


def test_a_portal_sees_what_it_may_send_to(house: House) -> None:
    """A token for one service shows that service's connections and no others."""
    with house.client(NARROW_TOKEN) as narrow:
        found = ids(narrow)

    assert len(found) == 6
    assert all(id_.startswith("bau/") for id_ in found)


def test_the_feed_says_how_far_the_services_reach(house: House, portal: httpx2.Client) -> None:
    """Authorities and inhabitants: responsible, connected, live; of the services that are asked for and may be used."""
    found = {one["service"]: one for one in portal.get("/v1/connections?state=retired").json()["coverage"]}
    assert set(found) == {"wohnsitz", "fuehrerschein", "aufenthalt", "waffen", "bau"}
    assert [found["bau"][stage]["authorities"] for stage in ("responsible", "connected", "live")] == [127, 6, 5]
    assert found["wohnsitz"]["responsible"] == {"authorities": 1_385, "inhabitants": 13_124_737}

    [only] = portal.get(f"/v1/connections?leistung={LEISTUNG}").json()["coverage"]
    assert only["service"] == "wohnsitz"
    with house.client(NARROW_TOKEN) as narrow:
        assert [one["service"] for one in narrow.get("/v1/connections").json()["coverage"]] == ["bau"]


def test_what_is_known_already_is_not_sent_again(house: House, portal: httpx2.Client) -> None:
    """304 as long as nothing changed, with the tag of this question and this language; a pause is news."""
    first = portal.get("/v1/connections?ars=09178")
    known = {"If-None-Match": first.headers["etag"]}

    again = portal.get("/v1/connections?ars=09178", headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert portal.get("/v1/connections?ars=09273", headers=known).status_code == 200
    assert portal.get("/v1/connections?ars=09178", headers={**known, "Accept-Language": "en"}).status_code == 200

    before = house.gateway.tables.connections
    house.gateway.board.connect(
        replace(one, state=ConnectionState.PAUSED) if one.id == "bau/09178" else one for one in before
    )
    paused = portal.get("/v1/connections?ars=09178", headers=known)
    house.gateway.board.connect(before)
    assert paused.status_code == 200
    assert paused.json()["connections"][0]["stateLabel"] == "angehalten"


@pytest.mark.parametrize("query", ["state=open", "state=live&state=live", "ort=Kelheim", "ars=Kelheim", "leistung=1"])
def test_a_question_that_cannot_be_understood(portal: httpx2.Client, query: str) -> None:
    """400 with what is possible, in words."""
    answer = portal.get(f"/v1/connections?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")


def test_nobody_gets_it_without_a_token(house: House) -> None:
    """As all calls of /v1."""
    with house.client(None) as anybody:
        assert anybody.get("/v1/connections").status_code == 401
