"""The two steps: who is responsible, and has exactly that authority a connection?"""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gateway.connection import CaseHome
from gateway.errors import Language
from gateway.routing import Absence, ConnectionState, Door, NoDoor, Question, Tables

TODAY = date(2026, 11, 22)
MELDUNG: dict[str, Any] = {"root": "wohnsitz.anmeldung.0100", "namespace": "urn:beispiel:wohnsitz"}
BAUANTRAG: dict[str, Any] = {"root": "baugenehmigung.antrag.0200", "namespace": "urn:beispiel:bau"}
FREISTELLUNG: dict[str, Any] = {"root": "genehmigungsfreistellung.anzeige.0600", "namespace": "urn:beispiel:bau"}
BAU_KEY, MELDE_KEY = "99012070006000", "99115005104000"
NEUFAHRN, FREISING, ALLERSHAUSEN, ASCHAFFENBURG = "09178145", "09178124", "09178113", "09661000"


def ask(tables: Tables, *, day: date = TODAY, **what: Any) -> Door | NoDoor:
    return tables.find(Question(day=day, **what))


def a_door(found: Door | NoDoor) -> Door:
    assert isinstance(found, Door), found
    return found


def no_door(found: Door | NoDoor, code: Absence) -> NoDoor:
    assert isinstance(found, NoDoor), found
    assert found.code is code
    return found


def named(found: Door | NoDoor) -> list[str]:
    authorities = (found.authority,) if isinstance(found, Door) else found.authorities
    return [authority.ars for authority in authorities]


# ── who is responsible ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_place_in_the_document_decides(tables: Tables) -> None:
    """A Bauantrag for a plot in the Landkreis opens the Landratsamt's door, and says which row and law decided."""
    paths = []

    def place(path: str) -> str:
        paths.append(path)
        return NEUFAHRN

    door = a_door(ask(tables, **BAUANTRAG, place=place))

    assert paths == ["//baugrundstueck/gemeindeschluessel"]
    assert (door.service.name, door.authority.ars, door.connection.id) == ("bau", "09178", "bau/09178")
    assert door.destination.name == "freising-bau"
    assert not door.paused
    because = door.because[0].into(Language.GERMAN)
    assert "Landratsamt Freising (09178)" in because
    assert "responsibility.csv, Zeile 6" in because
    assert "Baurecht" in because


def test_a_place_that_was_read_already_is_not_read_again(tables: Tables) -> None:
    """With `region` given, the document is left alone."""

    def place(path: str) -> str:
        raise AssertionError(path)

    assert named(ask(tables, **BAUANTRAG, region=NEUFAHRN, place=place)) == ["09178"]


def test_the_longest_prefix_wins_and_its_missing_connection_is_the_answer(tables: Tables) -> None:
    """The Große Kreisstadt answers for itself; the connected Landratsamt above it is never taken instead."""
    absent = no_door(ask(tables, **BAUANTRAG, region=FREISING), Absence.NOT_CONNECTED)

    assert named(absent) == ["091780124124"]
    assert absent.connection_state is None
    assert "Stadt Freising (091780124124)" in absent.text.into(Language.GERMAN)
    assert "Landratsamt" not in absent.text.into(Language.ENGLISH)


@pytest.mark.parametrize(
    "day, authority",
    [
        (date(2019, 12, 31), "09178"),
        (date(2020, 1, 1), "091780124124"),
        (date(2026, 12, 31), "091780124124"),
        (date(2027, 1, 1), "09178"),
    ],
)
def test_a_row_holds_from_its_first_day_to_its_last(tables: Tables, day: date, authority: str) -> None:
    """The day of receipt decides which rows count."""
    assert named(ask(tables, **BAUANTRAG, region=FREISING, day=day)) == [authority]


def test_a_root_with_rows_of_its_own_never_falls_back_to_the_service(tables: Tables) -> None:
    """A Genehmigungsfreistellung stays with the Gemeinde; where none is listed, the Kreis is not asked."""
    found = ask(tables, **FREISTELLUNG, region=NEUFAHRN)

    assert named(found) == ["091780145145"]
    assert FREISTELLUNG["root"] in found.because[0].de
    no_door(ask(tables, **FREISTELLUNG, region=FREISING), Absence.UNKNOWN_AUTHORITY)


def test_for_a_member_the_verwaltungsgemeinschaft_answers(tables: Tables) -> None:
    """The VG's nine digits are the longest prefix of its members that has a row."""
    assert named(ask(tables, **MELDUNG, region=ALLERSHAUSEN)) == ["091785127"]


def test_where_every_part_has_its_own_authority_they_are_listed(tables: Tables) -> None:
    """A Landkreis is no Meldebehörde: the answer names those of its Gemeinden, in the order of the table."""
    absent = no_door(ask(tables, leistung=MELDE_KEY, ars="09178"), Absence.NOT_RESPONSIBLE)

    assert named(absent) == ["091780124124", "091780145145", "091785127"]
    for authority in absent.authorities:
        assert authority.name in absent.text.into(Language.GERMAN)


def test_a_place_above_the_kreis_lists_nobody(tables: Tables) -> None:
    """For a whole Land the answer asks for the Gemeinde instead of naming a thousand authorities."""
    assert named(no_door(ask(tables, leistung=MELDE_KEY, ars="09"), Absence.PLACE_TOO_WIDE)) == []


# ── what is asked for ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_key_alone_names_the_service(tables: Tables) -> None:
    """A dry question needs no document."""
    door = a_door(ask(tables, leistung=BAU_KEY, ars="09178"))

    assert (door.service.name, door.leistung) == ("bau", BAU_KEY)


def test_the_documents_key_is_kept_before_the_querys(tables: Tables) -> None:
    """Two keys of one service agree; the one in the document is what was applied for."""
    more_precise = "99012070006001"

    door = a_door(ask(tables, **BAUANTRAG, leistung=BAU_KEY, document_leistung=more_precise, region=NEUFAHRN))

    assert door.leistung == more_precise


@pytest.mark.parametrize(
    "what",
    [
        {**BAUANTRAG, "leistung": MELDE_KEY},
        {**BAUANTRAG, "document_leistung": MELDE_KEY},
        {"leistung": BAU_KEY, "document_leistung": MELDE_KEY},
    ],
)
def test_root_and_keys_of_two_services_contradict(tables: Tables, what: dict[str, Any]) -> None:
    """Root, key in the document and key in the query must mean one service."""
    absent = no_door(ask(tables, **what, region=NEUFAHRN), Absence.SERVICE_CONTRADICTION)

    assert "Bauantrag" in absent.text.de
    assert "Wohnsitzmeldung" in absent.text.de


@pytest.mark.parametrize(
    "what",
    [
        {},
        {"root": "baugenehmigung.antrag.0200", "namespace": "urn:beispiel:wohnsitz"},
        {"root": "baugenehmigung.antrag.0200"},
        {"root": "unbekannt.0001", "namespace": "urn:beispiel:bau", "leistung": BAU_KEY},
        {**BAUANTRAG, "leistung": "99999999999999"},
    ],
)
def test_what_is_not_listed_is_an_unknown_service(tables: Tables, what: dict[str, Any]) -> None:
    """A root that is not accepted, or a key that is not listed, is not rescued by the other one."""
    no_door(ask(tables, **what, region=NEUFAHRN), Absence.UNKNOWN_SERVICE)


# ── which place ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "spelling", ["091780145145", "09178145", "091780145", " 09178145\n"], ids=["ars", "ags", "verband", "spaces"]
)
def test_a_place_may_be_written_as_ars_or_ags(tables: Tables, spelling: str) -> None:
    """All spellings of one Gemeinde find the same authority."""
    assert named(ask(tables, leistung=MELDE_KEY, ars=spelling)) == ["091780145145"]


@pytest.mark.parametrize("spelling", ["09178", "09178000", "091780000000"])
def test_kreis_and_three_zeros_is_the_kreis(tables: Tables, spelling: str) -> None:
    """`<Kreis>000` looks like a Gemeinde and means the Landkreis."""
    assert named(a_door(ask(tables, leistung=BAU_KEY, ars=spelling))) == ["09178"]


@pytest.mark.parametrize("spelling", ["09661", "09661000", "096610000000", "096610000"])
def test_a_kreisfreie_stadt_is_its_own_kreis(tables: Tables, spelling: str) -> None:
    """However it is written, its authority has five digits."""
    assert named(ask(tables, leistung=BAU_KEY, ars=spelling)) == ["09661"]


@pytest.mark.parametrize(
    "spelling", ["01001000", "091780999999", "9178", "Freising", "85354", "0", "09178145 09661000"]
)
def test_a_place_that_is_not_in_the_directory_is_unknown(tables: Tables, spelling: str) -> None:
    """Another Land, a Gemeinde that does not exist, a name or a postcode open no door, and are not repeated."""
    absent = no_door(ask(tables, leistung=BAU_KEY, ars=spelling), Absence.UNKNOWN_PLACE)

    if len(spelling) > 1:
        assert spelling not in absent.text.de + absent.text.en


def test_without_any_place_there_is_no_authority(tables: Tables) -> None:
    """Neither query, nor document, nor reader: the answer says where a place may be given."""
    absent = no_door(ask(tables, **BAUANTRAG, place=lambda _: None), Absence.PLACE_MISSING)

    assert "?ars=" in absent.text.de


def test_of_two_places_the_narrower_one_decides(tables: Tables) -> None:
    """The Kreis in the query and its Stadt in the document agree; the Stadt's authority is the one, both ways round."""
    assert named(ask(tables, **BAUANTRAG, ars="09178", region=FREISING)) == ["091780124124"]
    assert named(ask(tables, **BAUANTRAG, ars=FREISING, region="09178000")) == ["091780124124"]


def test_two_places_apart_contradict(tables: Tables) -> None:
    """Query and document that name different Gemeinden are refused, even where one authority answers for both."""
    no_door(ask(tables, **BAUANTRAG, ars=NEUFAHRN, region=ALLERSHAUSEN), Absence.PLACE_CONTRADICTION)


# ── whom it is addressed to ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("reader", ["bab:09178000", "bab:091780000001", "bab:09178"])
def test_the_reader_alone_names_the_authority(tables: Tables, reader: str) -> None:
    """Digits built on the AGS, with or without those for the environment, are understood."""
    assert named(a_door(ask(tables, leistung=BAU_KEY, reader=reader))) == ["09178"]


@pytest.mark.parametrize("reader", ["ags:09178000", "xyz:09178000", "09178000", "bab:", "bab:Freising", "bab"])
def test_a_reader_of_the_wrong_kind_is_t080(tables: Tables, reader: str) -> None:
    """A Meldebehörde is no Bauaufsicht; the answer carries the code of the standards."""
    absent = no_door(ask(tables, **BAUANTRAG, region=NEUFAHRN, reader=reader), Absence.WRONG_READER)

    assert absent.xoev == absent.finding.xoev == "T080"
    assert (absent.finding.code, absent.finding.text) == ("wrong-reader", absent.text)


def test_a_reader_nobody_knows_is_refused(tables: Tables) -> None:
    """The right prefix with digits of no place here addresses an unknown authority, even where the place is known."""
    no_door(ask(tables, **BAUANTRAG, region=NEUFAHRN, reader="bab:01001000"), Absence.UNKNOWN_AUTHORITY)


def test_addressing_the_wrong_authority_names_the_right_one(tables: Tables) -> None:
    """The Landratsamt addressed for a plot in the Große Kreisstadt, and the other way round."""
    absent = no_door(ask(tables, **BAUANTRAG, region=FREISING, reader="bab:09178000"), Absence.NOT_RESPONSIBLE)
    assert named(absent) == ["091780124124"]
    assert "Landratsamt Freising (09178)" in absent.text.de

    absent = no_door(ask(tables, **BAUANTRAG, region=NEUFAHRN, reader="bab:09178124"), Absence.NOT_RESPONSIBLE)
    assert named(absent) == ["09178"]


def test_a_verwaltungsgemeinschaft_is_addressed_by_its_members_keys(tables: Tables) -> None:
    """An AGS has no digits for the VG, so a member's AGS means it; so does a Kennung listed for it."""
    for reader in ("ags:09178113", "ags:091785127", "ags:777"):
        door = a_door(ask(tables, **MELDUNG, region=ALLERSHAUSEN, reader=reader, test=True))
        assert named(door) == ["091785127"]

    no_door(ask(tables, **MELDUNG, region=NEUFAHRN, reader="ags:777"), Absence.NOT_RESPONSIBLE)


def test_a_landratsamt_is_not_addressed_by_its_gemeinden(tables: Tables) -> None:
    """What holds for a VG does not hold for a Kreis: the Gemeinde addressed is another authority."""
    absent = no_door(ask(tables, leistung=BAU_KEY, reader="bab:09178145"), Absence.NOT_RESPONSIBLE)

    assert named(absent) == ["09178"]


# ── whether the door is open ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("test", [False, True])
@pytest.mark.parametrize("state", ConnectionState)
def test_the_state_of_the_connection_decides_what_is_taken(
    write: Callable[..., Path], state: ConnectionState, test: bool
) -> None:
    """Live and paused take everything, configured and tested take test messages, ordered and retired take nothing."""
    folder = write("connections.csv", "freising-bau,live", f"freising-bau,{state}")
    tables = Tables.load(folder, Path("/data"))
    taken = {"live", "paused", "configured", "tested"} if test else {"live", "paused"}

    found = ask(tables, **BAUANTRAG, region=NEUFAHRN, test=test)

    if state in taken:
        assert a_door(found).paused == (state == "paused")
    else:
        assert no_door(found, Absence.NOT_LIVE).connection_state is state
    assert named(found) == ["09178"]


def test_a_door_is_explained_in_both_languages(tables: Tables) -> None:
    """Every sentence exists in German and English, for doors and for absences."""
    for found in (
        ask(tables, leistung=BAU_KEY, ars="09661"),
        ask(tables, leistung=MELDE_KEY, ars="09661"),
        ask(tables, leistung=BAU_KEY, ars=FREISING),
    ):
        assert len(found.because) == 2
        assert all(sentence.de and sentence.en and sentence.de != sentence.en for sentence in found.because)


# ── a case stays where it is ──────────────────────────────────────────────────────────────────────────────────────────

HOME = CaseHome("bau", "09178", "bau/09178")


def test_a_case_stays_with_the_authority_that_accepted_it(tables: Tables) -> None:
    """Even where the place has another authority today; the answer says why, and names no row."""
    found = ask(tables, leistung=BAU_KEY, ars="091780124124", case=HOME)

    assert isinstance(found, Door)
    assert (found.authority.ars, found.connection.id, found.responsibility) == ("09178", "bau/09178", None)
    assert "gehört zu einem Vorgang" in found.because[0].de


def test_a_message_of_a_case_needs_no_place(tables: Tables) -> None:
    """It is known already where it goes."""
    assert isinstance(ask(tables, leistung=BAU_KEY, case=HOME), Door)


def test_a_case_is_not_taken_elsewhere_by_its_reader(tables: Tables) -> None:
    """Whoever addresses another authority with a message of the case is told who has it."""
    found = ask(tables, leistung=BAU_KEY, reader="bab:09661000", case=HOME)

    assert isinstance(found, NoDoor)
    assert found.code is Absence.NOT_RESPONSIBLE
    assert [it.ars for it in found.authorities] == ["09178"]
    assert isinstance(ask(tables, leistung=BAU_KEY, reader="bab:09178000", case=HOME), Door)


@pytest.mark.parametrize("home", [CaseHome("wohnsitz", "09178", ""), CaseHome("bau", "09999", "")])
def test_a_case_of_another_service_or_of_nobody_decides_nothing(tables: Tables, home: CaseHome) -> None:
    """A reference across services, or to an authority that is no more: the place decides."""
    found = ask(tables, leistung=BAU_KEY, ars="09661", case=home)

    assert isinstance(found, Door)
    assert found.authority.ars == "09661"


def test_a_case_of_a_connection_that_takes_nothing_waits_for_an_operator(tables: Tables) -> None:
    """The named absence of that authority's door, never another's."""
    found = ask(tables.connected_by([]), leistung=BAU_KEY, ars="09661", case=HOME)

    assert isinstance(found, NoDoor)
    assert found.code is Absence.NOT_CONNECTED
    assert [it.ars for it in found.authorities] == ["09178"]
