"""An explanation says which row decided and by which law, which rows lost and why, and whether the door is open."""

from datetime import date

import pytest

from gateway.routing import Absence, Explanation, NoDoor, Question, Tables, explain

DAY = date(2026, 11, 22)
BAU = "99012070006000"
FREISTELLUNG = Question(
    day=DAY, ars="09178145", root="genehmigungsfreistellung.anzeige.0600", namespace="urn:beispiel:bau"
)


def explained(tables: Tables, ars: str, day: date = DAY, leistung: str = BAU) -> Explanation:
    return explain(tables, Question(day=day, ars=ars, leistung=leistung))


def test_the_narrower_row_wins_and_the_wider_one_is_named(tables: Tables) -> None:
    """Große Kreisstadt in its Landkreis: line 7 decides, line 6 does not, and the city has no connection."""
    found = explained(tables, "09178124")

    assert found.row is not None
    assert (found.row.line, [one.row.line for one in found.lost]) == (7, [6])
    assert (found.is_open, found.state, found.connection) == (False, "none", None)
    said = " ".join(one.de for one in found.because)
    for word in ("Große Kreisstadt Freising", "Zeile 7", "nach Baurecht", "Zeile 6 (Landratsamt", "nicht angebunden"):
        assert word in said


def test_a_row_of_other_days_is_named_with_its_days(tables: Tables) -> None:
    """When the city's row has ended the Landratsamt's decides, and the ended one is said to have ended."""
    found = explained(tables, "09178124", date(2027, 1, 1))

    assert found.row is not None
    assert (found.row.line, found.state, found.is_open) == (6, "live", True)
    [lost] = found.lost
    assert "2026-12-31" in lost.why.de


def test_rows_of_the_service_do_not_count_for_a_root_with_its_own(tables: Tables) -> None:
    """A Freistellung stays with the Gemeinde: the Landratsamt's row is named as one that does not count."""
    found = explain(tables, FREISTELLUNG)

    assert [it.ars for it in found.authorities] == ["091780145145"]
    assert [(one.row.subject, one.row.authority.ars) for one in found.lost] == [("bau", "09178")]
    assert "hat eigene Zeilen" in found.lost[0].why.de


def test_a_paused_door_is_open(tables: Tables) -> None:
    """What comes is taken, and waits."""
    found = explained(tables, "09661000")

    assert (found.is_open, found.state) == (True, "paused")


def test_a_connection_that_is_not_live_is_shown(tables: Tables) -> None:
    """Ordered is not open, and the order is there to be seen."""
    found = explained(tables, "09661", leistung="99115005104000")

    assert (found.is_open, found.state) == (False, "ordered")
    assert found.connection is not None
    assert found.connection.id == "wohnsitz/09661"


def test_without_a_row_there_is_the_reason_alone(tables: Tables) -> None:
    """A place in another Land: no authority, no row, and a sentence that says what this gateway knows."""
    found = explained(tables, "01001000")

    assert (found.row, found.lost, found.authorities, found.state) == (None, (), (), "none")
    assert [sentence.en for sentence in found.because] == [found.found.because[0].en]
    assert "another Land" in found.because[0].en


@pytest.mark.parametrize("key", ["091780888888", "09178888"])
def test_a_merged_gemeinde_is_found_where_it_is_today(tables: Tables, key: str) -> None:
    """Its old ARS or AGS leads to the Gemeinde that it became part of."""
    found = explained(tables, key)

    assert found.place is not None
    assert (found.place.ars, found.state) == ("091780145145", "live")


@pytest.mark.parametrize("key", ["091780887887", "09178887"])
def test_a_dissolved_gemeinde_without_successor_is_named(tables: Tables, key: str) -> None:
    """Nobody knows where it went, so nobody gets its Antrag; the sender is told which place it was."""
    found = explained(tables, key).found

    assert isinstance(found, NoDoor)
    assert found.code is Absence.UNKNOWN_PLACE
    assert "Altheim" in found.text.de
