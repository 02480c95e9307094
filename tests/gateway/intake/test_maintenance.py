"""What a portal learns of a destination in maintenance: what is taken waits, and until when."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import httpx2
import pytest

from gateway.receipt import shapes
from gateway.routing import Tables
from gateway.routing.facts import Facts
from gateway.routing.maintenance import BERLIN, Maintenance, Once
from tests.gateway.intake.documents import LEISTUNG, XML, antrag
from tests.gateway.intake.house import TABLES, House
from tests.gateway.intake.shaped import fits

NOW = datetime.now(BERLIN).replace(tzinfo=None, second=0, microsecond=0)
WINDOW = Maintenance((Once(NOW - timedelta(hours=1), NOW + timedelta(hours=3)),))


@pytest.fixture(autouse=True)
def _resting(house: House) -> Iterator[None]:
    """The shipped tables, where Augsburg's Melderecht is in maintenance for three more hours."""
    facts = Facts(
        directory=TABLES.directory,
        services=TABLES.services,
        authorities=TABLES.authorities,
        responsibilities=TABLES.responsibilities,
        destinations=tuple(
            replace(one, maintenance=WINDOW) if one.name == "augsburg-wohnsitz" else one for one in TABLES.destinations
        ),
        connections=TABLES.connections,
        digest=TABLES.digest,
    )
    house.gateway.board.lay(Tables(facts))
    yield
    house.gateway.board.lay(TABLES)


def test_the_door_is_open_and_says_until_when_it_waits(portal: httpx2.Client) -> None:
    """As a route, in the feed, and for nobody else."""
    route = portal.get("/v1/routes", params={"leistung": LEISTUNG, "ars": "09761"}).json()
    feed = portal.get("/v1/connections", params={"leistung": LEISTUNG}).json()["connections"]

    assert fits(shapes.Route, route)
    assert (route["open"], route["state"]) == (True, "live")
    assert "in Wartung" in route["because"][-1]
    until = {one["authority"]["ars"]: one.get("maintenanceUntil") for one in feed}
    assert until.pop("09761") == route["maintenanceUntil"]
    assert set(until.values()) == {None}


def test_a_submission_says_that_it_waits_for_it(house: House, portal: httpx2.Client) -> None:
    """Taken with 202; its status names the moment, asks for patience, and changes when the window ends."""
    taken = portal.post("/v1/submissions", content=antrag(), headers=XML)
    assert taken.status_code == 202

    waits = portal.get(taken.headers["location"])
    assert fits(shapes.Status, waits.json())
    assert (waits.json()["state"], "maintenanceUntil" in waits.json()) == ("accepted", True)
    assert int(waits.headers["retry-after"]) == 3_600

    house.gateway.board.lay(TABLES)
    known = {"If-None-Match": waits.headers["etag"]}
    goes_on = portal.get(taken.headers["location"], headers=known)
    assert goes_on.status_code == 200
    assert "maintenanceUntil" not in goes_on.json()
