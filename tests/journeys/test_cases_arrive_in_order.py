"""The messages of a case arrive in the order in which they were accepted, whatever goes wrong on the way."""

import random
from pathlib import Path

import pytest

from gateway.drivers.sql.schema import upgrade
from tests.drills import cases_in_order
from tests.services import PostgresServer

pytestmark = pytest.mark.anyio


async def test_every_case_arrives_in_its_order(postgres: PostgresServer, dice: random.Random) -> None:
    """Two gateways, workers in random order, lost answers, failures and parked ones; `make drill` does 1,000 cases."""
    url = postgres.create_database()
    await upgrade(url)

    arrivals = await cases_in_order(url, cases=40, gateways=2, dice=dice)

    assert arrivals.good, arrivals
    assert arrivals.blows > 10
    postgres.drop_database(url)


async def test_the_embedded_journal_keeps_the_order_as_well(tmp_path: Path, dice: random.Random) -> None:
    """One gateway on SQLite promises the same."""
    arrivals = await cases_in_order(f"sqlite:///{tmp_path / 'journal.db'}", cases=40, gateways=1, dice=dice)

    assert arrivals.good, arrivals


async def test_where_order_does_not_matter_it_is_not_kept(tmp_path: Path, dice: random.Random) -> None:
    """The same rush to an adapter that wants no order mixes cases up: it is the journal that keeps them apart."""
    arrivals = await cases_in_order(
        f"sqlite:///{tmp_path / 'journal.db'}", cases=40, gateways=1, dice=dice, unordered={"filedrop"}
    )

    assert arrivals.complete
    assert arrivals.out_of_order
