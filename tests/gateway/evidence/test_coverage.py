"""Coverage: authorities and people, stage by stage, on the shipped tables of Bavaria."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateway.connection import Connection, ConnectionState
from gateway.evidence import Coverage, Stage, coverage
from gateway.evidence.pages import coverage_page
from gateway.evidence.tables import coverage_csv, coverage_json
from gateway.routing import Tables

ROUTING = Path(__file__).parents[3] / "routing"
DAY = date(2026, 11, 25)


@pytest.fixture(scope="module")
def tables() -> Tables:
    return Tables.load(ROUTING, Path("/var/lib/gateway"))


@pytest.fixture(scope="module")
def found(tables: Tables) -> Coverage:
    return coverage(tables, ["bau/09273"], DAY)


def counted(found: Coverage, service: str, stage: Stage) -> tuple[int, int]:
    [one] = [one for one in found.services if one.service == service]
    return one.counts[stage].authorities, one.counts[stage].inhabitants


def test_everybody_is_counted_once(found: Coverage, tables: Tables) -> None:
    """All Meldebehörden of Bavaria, and all its people; every Kreis adds up to the whole."""
    people = sum(region.inhabitants or 0 for region in tables.regions if region.is_gemeinde)

    assert counted(found, "wohnsitz", Stage.RESPONSIBLE) == (1_385, people)
    assert len(found.kreise) == 96
    for service in ("wohnsitz", "bau"):
        summed = [kreis.services[service][Stage.RESPONSIBLE] for kreis in found.kreise]
        assert sum(one.inhabitants for one in summed) == people
        assert sum(one.authorities for one in summed) == counted(found, service, Stage.RESPONSIBLE)[0]


def test_a_stage_includes_the_ones_after_it(found: Coverage) -> None:
    """The four pilots of the Bauantrag are live, one of them delivers."""
    assert counted(found, "bau", Stage.LIVE)[0] == 4
    assert counted(found, "bau", Stage.ORDERED) == counted(found, "bau", Stage.LIVE)
    assert counted(found, "bau", Stage.DELIVERING)[0] == 1


def test_what_is_ordered_is_due(tables: Tables) -> None:
    """The longest waiting comes first, with its days; what is live is not due."""
    ordered = Connection("bau", "09178", "", ConnectionState.ORDERED, "B-1", date(2026, 11, 1))
    tested = Connection("bau", "09375", "x", ConnectionState.TESTED, "B-2", date(2026, 6, 1))

    due = coverage(tables.connected_by([ordered, tested]), (), DAY).due

    assert [(one.connection.id, one.days) for one in due] == [("bau/09375", 177), ("bau/09178", 24)]


def test_a_paused_connection_is_live_and_a_retired_one_is_not_there(tables: Tables) -> None:
    """Paused ones take what is sent; retired ones count as nothing."""
    live = Connection("bau", "09273", "landkreis-kelheim-bau", ConnectionState.LIVE)
    paused, retired = replace(live, state=ConnectionState.PAUSED), replace(live, state=ConnectionState.RETIRED)

    assert counted(coverage(tables.connected_by([paused]), (), DAY), "bau", Stage.LIVE)[0] == 1
    assert counted(coverage(tables.connected_by([retired]), (), DAY), "bau", Stage.ORDERED) == (0, 0)


def test_every_form_tells_the_same(found: Coverage) -> None:
    """JSON, CSV and page have the whole, each Kreis, and the source of the inhabitants."""
    as_json = coverage_json(found)
    [bau] = [one for one in as_json["services"] if one["service"] == "bau"]

    assert bau["live"]["authorities"] == 4
    assert len(coverage_csv(found).splitlines()) == 1 + 5 + 96 * 5
    page = coverage_page(found)
    assert "Landkreis Kelheim" in page
    assert "Destatis" in page
    assert "thead" in page
