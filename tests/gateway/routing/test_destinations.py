"""Where exactly it is delivered, and how much a destination bears."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.errors import BadTables
from gateway.journal import Lane, Limits
from gateway.routing import Tables


@pytest.mark.parametrize("test, folder", [(False, "freising-bau"), (True, "freising-bau-test")])
def test_an_endpoint_knows_where_and_for_what(tables: Tables, test: bool, folder: str) -> None:
    """Live and test have settings of their own; data directory and name are filled in, other values stay."""
    endpoint = tables.endpoint("freising-bau", test)

    assert (endpoint.destination, endpoint.test) == ("freising-bau", test)
    assert endpoint.settings == {"folder": f"/var/lib/gateway/{folder}", "mode": 7}


def test_a_relative_data_directory_becomes_absolute(write: Callable[[], Path]) -> None:
    """A worker that starts elsewhere finds the same folder."""
    tables = Tables.load(write(), Path("var"))

    assert tables.endpoint("freising-bau", test=False).settings["folder"] == str(Path.cwd() / "var" / "freising-bau")


def test_limits_are_the_destinations_or_the_usual_ones(tables: Tables) -> None:
    """What the table leaves out is usual, and so is a destination that is no longer in it."""
    assert tables.limits(Lane("freising-bau")) == Limits(window=2, open_for=1.5)
    assert tables.limits(Lane("freising-bau", test=True)) == Limits(window=2, open_for=1.5)
    assert tables.limits(Lane("aschaffenburg")) == Limits()
    assert tables.limits(Lane("gone")) == Limits()


def test_a_destination_that_is_gone_is_an_operators_fault(tables: Tables) -> None:
    """Submissions on their way to it need somebody to look, not a guess."""
    assert tables.destination("aschaffenburg").adapter == "filedrop"
    with pytest.raises(BadTables, match="gone"):
        tables.destination("gone")
    with pytest.raises(BadTables, match="gone"):
        tables.endpoint("gone", test=True)


def test_an_authority_has_a_name_even_when_it_is_gone(tables: Tables) -> None:
    """Receipts of old submissions name their authority; one that left the tables by its ARS, none by nothing."""
    assert tables.authority_name("09178") == "Landratsamt Freising"
    assert tables.authority_name("09273") == "09273"
    assert tables.authority_name("") == ""


def test_a_destination_may_lie_at_a_site(write: Callable[..., Path]) -> None:
    """What is picked up there is known by the site's name, and the data directory in its settings is the site's own."""
    tables = Tables.load(write("destinations.toml", "window = 2", 'site = "freising"'), Path("/var/lib/gateway"))

    assert tables.at_site("freising") == tables.at_sites == {"freising-bau"}
    assert tables.at_site("") == tables.at_site("anderswo") == frozenset()
    assert (tables.site_of("freising-bau"), tables.site_of("aschaffenburg"), tables.site_of("gone")) == (
        "freising",
        "",
        "",
    )
    assert tables.endpoint("freising-bau", test=False).settings["folder"] == "{data}/freising-bau"


def test_a_site_has_a_name(write: Callable[..., Path]) -> None:
    """As paths have one."""
    with pytest.raises(BadTables, match=r"Frei/sing"):
        Tables.load(write("destinations.toml", "window = 2", 'site = "Frei/sing"'), Path("/var"))
