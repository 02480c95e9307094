"""Six pilots, five services: twenty open doors, and ten times "not responsible, because …" (DOMAIN, Regions)."""

from datetime import date

import pytest

from gateway.errors import Language
from gateway.routing import Absence, Door, NoDoor, Question, Tables

DAY = date(2026, 11, 22)
PILOTS = {
    "Aschaffenburg": ("09661000", "09661"),
    "Augsburg": ("09761000", "09761"),
    "Landkreis Kelheim": ("09273000", "09273"),
    "Landkreis Regensburg": ("09375000", "09375"),
    "Meitingen": ("09772177", "097720177177"),
    "Pullach": ("09184139", "091840139139"),
}
SERVICES = {
    "wohnsitz": ("ags", "99115005104000"),
    "fuehrerschein": ("feb", "99108047001001"),
    "aufenthalt": ("azr", "99010023020000"),
    "waffen": ("wab", "99089018001015"),
    "bau": ("ubb", "99012070006000"),
}
NOT_RESPONSIBLE = {
    ("Meitingen", "fuehrerschein"): ["09772"],
    ("Meitingen", "aufenthalt"): ["09772"],
    ("Meitingen", "waffen"): ["09772"],
    ("Meitingen", "bau"): ["09772"],
    ("Pullach", "fuehrerschein"): ["09184"],
    ("Pullach", "aufenthalt"): ["09184"],
    ("Pullach", "waffen"): ["09184"],
    ("Pullach", "bau"): ["09184"],
}
LISTED = {"Landkreis Kelheim": 13, "Landkreis Regensburg": 29}


def addressed(tables: Tables, pilot: str, service: str, *, test: bool = False) -> Door | NoDoor:
    """What comes of addressing the pilot by name, in the layout of its DVDV Kennung."""
    prefix, key = SERVICES[service]
    return tables.find(Question(day=DAY, leistung=key, reader=f"{prefix}:{PILOTS[pilot][0]}0001", test=test))


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("pilot", PILOTS)
def test_a_pilot_addressed_by_name_has_the_right_answer(tables: Tables, pilot: str, service: str) -> None:
    """An open door to itself, the one authority that is responsible instead, or the list of them."""
    found = addressed(tables, pilot, service)

    if (pilot, service) in NOT_RESPONSIBLE:
        assert isinstance(found, NoDoor)
        assert found.code is Absence.NOT_RESPONSIBLE
        assert [it.ars for it in found.authorities] == NOT_RESPONSIBLE[pilot, service]
        assert found.authorities[0].name in found.text.into(Language.GERMAN)
        assert found.responsibility is not None
        assert found.responsibility.source in found.text.into(Language.GERMAN)
    elif service == "wohnsitz" and pilot in LISTED:
        assert isinstance(found, NoDoor)
        assert found.code is Absence.NOT_RESPONSIBLE
        assert len(found.authorities) == LISTED[pilot]
        assert all(it.name in found.text.into(Language.GERMAN) for it in found.authorities)
    else:
        assert isinstance(found, Door)
        assert found.authority.ars == PILOTS[pilot][1]
        assert (found.service.name, found.connection.id) == (service, f"{service}/{found.authority.ars}")


@pytest.mark.parametrize("test", [False, True])
def test_twenty_doors_are_open_and_no_two_lead_to_the_same_destination(tables: Tables, test: bool) -> None:
    """Live and test alike: twenty connections, each with an endpoint of its own."""
    answers = [addressed(tables, pilot, service, test=test) for pilot in PILOTS for service in SERVICES]
    doors = [found for found in answers if isinstance(found, Door)]

    folders = {str(tables.endpoint(door.destination.name, test).settings) for door in doors}

    assert len(answers) == 30
    assert len(doors) == len(folders) == len(tables.connections) == 20


def test_the_city_of_freising_is_never_served_by_the_kreis(tables: Tables) -> None:
    """Große Kreisstadt and Landratsamt, from both sides: each answers for itself, and neither is connected."""
    city = tables.find(Question(day=DAY, leistung="99012070006000", ars="091780124124"))
    around = tables.find(Question(day=DAY, leistung="99012070006000", ars="091780145145"))

    for found, ars in ((city, "091780124124"), (around, "09178")):
        assert isinstance(found, NoDoor)
        assert (found.code, found.connection_state) == (Absence.NOT_CONNECTED, None)
        assert [it.ars for it in found.authorities] == [ars]


@pytest.mark.parametrize("service", ["fuehrerschein", "aufenthalt", "waffen"])
def test_for_other_services_a_grosse_kreisstadt_belongs_to_the_kreis(tables: Tables, service: str) -> None:
    """Only the Bauaufsicht of a Große Kreisstadt is confirmed; the rest is the Landratsamt's (DOMAIN, Regions)."""
    found = tables.find(Question(day=DAY, leistung=SERVICES[service][1], ars="09178124"))

    assert isinstance(found, NoDoor)
    assert [it.ars for it in found.authorities] == ["09178"]


@pytest.mark.parametrize("service", ["fuehrerschein", "aufenthalt", "waffen", "bau"])
@pytest.mark.parametrize(
    "city, kreis",
    [("09661", "09671"), ("09761", "09772"), ("09362", "09375")],
    ids=["Aschaffenburg", "Augsburg", "Regensburg"],
)
def test_a_city_and_the_landkreis_of_its_name_are_two_authorities(
    tables: Tables, service: str, city: str, kreis: str
) -> None:
    """Asked by ARS or `<Kreis>000`, each is itself, and the connection of one is not the other's."""
    connected = {"09661", "09761", "09375"}

    for ars in (city, kreis):
        for spelling in (ars, f"{ars}000", f"{ars}0000000"):
            found = tables.find(Question(day=DAY, leistung=SERVICES[service][1], ars=spelling))
            named = (found.authority,) if isinstance(found, Door) else found.authorities
            assert [it.ars for it in named] == [ars]
            assert isinstance(found, Door) == (ars in connected)


@pytest.mark.parametrize("ars", ["010010000000", "01001000", "01001", "01"])
def test_another_land_is_unknown_here(tables: Tables, ars: str) -> None:
    """Flensburg is no place that these tables know, as query or as reader."""
    asked = tables.find(Question(day=DAY, leistung="99108047001001", ars=ars))
    addressed = tables.find(Question(day=DAY, leistung="99108047001001", reader=f"feb:{ars}"))

    assert isinstance(asked, NoDoor)
    assert isinstance(addressed, NoDoor)
    assert (asked.code, addressed.code) == (Absence.UNKNOWN_PLACE, Absence.UNKNOWN_AUTHORITY)
