"""
Every question that Bavaria has: 2,056 Gemeinden, five services, who is responsible and is the door open.

The answers are worked out a second time, slowly and from other files: kinds of places as the official table tells them,
the rules as DOMAIN writes them in words, and the connections as the list has them.
"""

import csv
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from gateway.routing import Absence, Door, NoDoor, Question, Tables, explain

DAY: Final = date(2026, 11, 22)
SERVICES: Final = {
    "wohnsitz": ("99115005104000", "ags"),
    "fuehrerschein": ("99108047001001", "feb"),
    "aufenthalt": ("99010023020000", "azr"),
    "waffen": ("99089018001015", "wab"),
    "bau": ("99012070006000", "ubb"),
}
CITY, GROSSE_KREISSTADT, GEMEINDEFREI = "61", "67", ("65", "66")
VERWALTUNGSGEMEINSCHAFT = "54"
DELEGATED: Final = {"Alzenau, St", "Friedberg, St"}
"""those of 13 that are known"""

Gemeinde = dict[str, str]


@pytest.fixture(scope="module")
def official(shared_data: Path) -> list[Gemeinde]:
    """The rows of Bavaria in the official table."""
    with (shared_data / "regions" / "gemeindeverzeichnis.csv").open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["ars"].startswith("09")]


@pytest.fixture(scope="module")
def gemeinden(official: list[Gemeinde]) -> list[Gemeinde]:
    return [row for row in official if row["ebene"] == "gemeinde" and row["textkennzeichen"] not in GEMEINDEFREI]


@pytest.fixture(scope="module")
def verbaende(official: list[Gemeinde]) -> list[str]:
    """Keys of the Verwaltungsgemeinschaften."""
    return [row["ars"] for row in official if row["textkennzeichen"] == VERWALTUNGSGEMEINSCHAFT]


@pytest.fixture(scope="module")
def connected(shipped: Path) -> set[tuple[str, str]]:
    """Service and authority of each connection that takes Anträge."""
    with (shipped / "connections.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {(row["service"], row["authority"]) for row in rows if row["state"] in ("live", "paused")}


def responsible(service: str, gemeinde: Gemeinde, verbaende: list[str]) -> str:
    """DOMAIN, Regions, in so many words."""
    ars, kind = gemeinde["ars"], gemeinde["textkennzeichen"]
    if kind == CITY:
        return ars[:5]
    if service == "wohnsitz":
        return ars[:9] if ars[:9] in verbaende else ars
    if service == "bau" and (kind == GROSSE_KREISSTADT or gemeinde["name"] in DELEGATED):
        return ars
    return ars[:5]


def test_each_of_10280_questions_is_answered_right(
    tables: Tables, gemeinden: list[Gemeinde], verbaende: list[str], connected: set[tuple[str, str]]
) -> None:
    """Responsible authority, open door or named absence; asked by ARS and by AGS."""
    asked, pairs = 0, set()
    for gemeinde in gemeinden:
        for service, (leistung, _) in SERVICES.items():
            expected = responsible(service, gemeinde, verbaende)
            pairs.add((service, expected))
            for key in (gemeinde["ars"], gemeinde["ags"]):
                answer = explain(tables, Question(day=DAY, leistung=leistung, ars=key))
                assert [it.ars for it in answer.authorities] == [expected], (service, key)
                assert answer.is_open == ((service, expected) in connected), (service, key)
                assert answer.is_open or answer.found.because[-1].de, (service, key)
            asked += 1

    assert asked == 10_280
    assert len(pairs) == 1_811 - 11, "less the eleven delegations that nobody here knows"
    assert Counter(service for service, _ in pairs)["wohnsitz"] == 1_385


def test_each_gemeinde_addressed_by_name_has_the_same_answer(
    tables: Tables, gemeinden: list[Gemeinde], verbaende: list[str]
) -> None:
    """Addressed by its AGS: itself where it is responsible, or its Verwaltungsgemeinschaft; else who is instead."""
    for gemeinde in gemeinden:
        for service, (leistung, prefix) in SERVICES.items():
            expected = responsible(service, gemeinde, verbaende)
            found = tables.find(Question(day=DAY, leistung=leistung, reader=f"{prefix}:{gemeinde['ags']}0001"))
            itself = len(expected) != 5 or gemeinde["textkennzeichen"] == CITY
            named = [found.authority.ars] if isinstance(found, Door) else [it.ars for it in found.authorities]
            assert named == [expected], (service, gemeinde["ags"])
            if isinstance(found, NoDoor):
                assert found.code is (Absence.NOT_CONNECTED if itself else Absence.NOT_RESPONSIBLE)


def test_a_freistellung_is_the_gemeindes_own_everywhere(tables: Tables, gemeinden: list[Gemeinde]) -> None:
    """The root that stays with the Gemeinde, inside a service that belongs to the Kreis, in all 2,056."""
    for gemeinde in gemeinden:
        found = tables.find(
            Question(
                day=DAY,
                root="genehmigungsfreistellung.anzeige.0600",
                namespace="urn:antragsgateway:xsd:bau:1.0",
                ars=gemeinde["ars"],
            )
        )
        named = [found.authority.ars] if isinstance(found, Door) else [it.ars for it in found.authorities]
        city = gemeinde["textkennzeichen"] == CITY
        assert named == [gemeinde["ars"][:5] if city else gemeinde["ars"]]


def test_in_gemeindefreie_gebiete_only_the_kreis_is_responsible(tables: Tables, official: list[Gemeinde]) -> None:
    """Nobody is listed for Wohnsitz, and the sender is told so; everything else is the Landratsamt's."""
    places = [row for row in official if row["ebene"] == "gemeinde" and row["textkennzeichen"] in GEMEINDEFREI]

    assert len(places) == 174
    for place in places:
        for service, (leistung, _) in SERVICES.items():
            answer = explain(tables, Question(day=DAY, leistung=leistung, ars=place["ars"]))
            expected = [] if service == "wohnsitz" else [place["ars"][:5]]
            assert [it.ars for it in answer.authorities] == expected


@pytest.mark.parametrize(
    "stadt, kreis", [("097710130130", "09771"), ("096710111111", "09671")], ids=["Friedberg", "Alzenau"]
)
def test_a_town_with_delegated_bauaufsicht_is_its_own(tables: Tables, stadt: str, kreis: str) -> None:
    """From both sides: the town for itself, the Landratsamt for all around, and for everything else in the town."""

    def who(service: str, ars: str) -> list[str]:
        asked = Question(day=DAY, leistung=SERVICES[service][0], ars=ars)
        return [it.ars for it in explain(tables, asked).authorities]

    around = next(it.ars for it in tables.regions if len(it.ars) == 12 and it.ars[:5] == kreis and it.ars != stadt)
    assert who("bau", stadt) == [stadt]
    assert who("bau", around) == [kreis]
    assert who("waffen", stadt) == [kreis]
