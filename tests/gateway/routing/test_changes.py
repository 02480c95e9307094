"""From one directory to the next: what is new, gone, moved, renamed; and what of the tables that breaks."""

from dataclasses import replace
from datetime import date

import pytest

from gateway.errors import BadTables
from gateway.routing import Region, RegionKind, Regions, Tables
from gateway.routing.changes import broken, changes, succeeded
from gateway.routing.directory import Directory
from gateway.routing.regions import Former


def place(ars: str, name: str, people: int | None = None, kind: RegionKind = RegionKind.GEMEINDE) -> Region:
    return Region(ars, kind, name, people)


OLD = Directory(
    "Destatis",
    date(2025, 12, 31),
    (
        place("09", "Bayern", kind=RegionKind.LAND),
        place("09178", "Freising", kind=RegionKind.LANDKREIS),
        place("091780145145", "Neufahrn", 20_000),
        place("091780150150", "Kleindorf", 900),
        place("091785127", "Allershausen", kind=RegionKind.VERWALTUNGSGEMEINSCHAFT),
        place("091785127113", "Allershausen", 5_800),
    ),
    (Former("091780199199", "Früherdorf", date(2010, 1, 1), "091780150150"),),
)


def later(*regions: Region) -> Directory:
    """A year on: the Landkreis, and these."""
    return Directory("Destatis", date(2026, 12, 31), (*OLD.regions[:2], *regions))


def test_the_same_directory_changes_nothing() -> None:
    """A second import is silent."""
    assert not changes(OLD, replace(OLD, as_of=date(2026, 3, 31)))


def test_every_kind_of_change_is_told() -> None:
    """Renamed, of another kind, moved out of its Verband, new, and gone."""
    new = later(
        place("091780113113", "Allershausen a.d.Amper", 5_900),
        place("091780145145", "Neufahrn", 21_000, RegionKind.MARKT),
        place("091780155155", "Neudorf", 100),
    )
    found = changes(OLD, new)

    assert [(one.ars, other.ars) for one, other in found.moved] == [("091785127113", "091780113113")]
    assert [(one.name, other.name) for one, other in found.renamed] == [("Allershausen", "Allershausen a.d.Amper")]
    assert [(one.kind, other.kind) for one, other in found.rekinded] == [(RegionKind.GEMEINDE, RegionKind.MARKT)]
    assert [it.ars for it in found.new] == ["091780155155"]
    assert [it.region.ars for it in found.gone] == ["091780150150", "091785127"]


def test_where_a_gemeinde_may_have_gone_is_suggested_and_not_written_down() -> None:
    """The one that grew by its people is named to whoever decides; until then its key leads nowhere."""
    new = later(place("091780145145", "Neufahrn", 20_910), *OLD.regions[4:])
    found = changes(OLD, new)

    assert [it.ars for it in found.gone[0].perhaps] == ["091780145145"]
    kept = succeeded(OLD, new, found)
    assert Regions(kept.regions, kept.former).find("09178150") is None


def test_a_confirmed_successor_takes_over_its_keys_and_those_before() -> None:
    """Whoever writes a key of long ago still reaches the place that it is part of today."""
    new = later(place("091780145145", "Neufahrn", 20_910), *OLD.regions[4:])
    kept = succeeded(OLD, new, changes(OLD, new, {"091780150150": "091780145145"}))
    regions = Regions(kept.regions, kept.former)

    for key in ("091780150150", "09178150", "09178199"):
        found = regions.find(key)
        assert found is not None
        assert (found.ars, (gone := regions.former(key)) and gone.successor) == ("091780145145", "091780145145")


def test_a_gemeinde_that_left_its_verband_is_found_by_its_old_ars() -> None:
    """The AGS stays the same and says who it is; the old ARS leads to the new one."""
    new = later(place("091780113113", "Allershausen", 5_900), *OLD.regions[2:4])
    kept = succeeded(OLD, new, changes(OLD, new))
    found = Regions(kept.regions, kept.former).find("091785127113")

    assert found is not None
    assert found.ars == "091780113113"


def test_a_place_that_comes_back_is_no_longer_former() -> None:
    """A key that is in use again is nobody's past."""
    new = later(*OLD.regions[2:], place("091780199199", "Früherdorf", 50))
    assert not succeeded(OLD, new, changes(OLD, new)).former


@pytest.mark.parametrize(
    "successors",
    [
        {"091780150150": "091780999999"},
        {"091780145145": "091785127113"},
        {"091780777777": "091780145145"},
    ],
)
def test_an_impossible_successor_is_refused(successors: dict[str, str]) -> None:
    """It must be a place that is there, for one that was and is no more."""
    new = later(OLD.regions[2], *OLD.regions[4:])
    with pytest.raises(BadTables):
        changes(OLD, new, successors)


def test_what_loses_its_place_is_named(tables: Tables) -> None:
    """A dissolved Verwaltungsgemeinschaft breaks its authority and its connection."""
    old = tables.directory
    new = replace(old, regions=tuple(it for it in old.regions if it.ars != "091785127"))
    hurt = broken(changes(old, new), tables.authorities, tables.connections)

    assert [it.ars for it in hurt.authorities] == ["091785127"]
    assert [it.id for it in hurt.connections] == ["wohnsitz/091785127"]
