"""A secret reaches the adapter at the last moment, and nothing else: no log, no journal, no letter, no error."""

import shutil
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from gateway.adapter import Delivered
from gateway.drivers.secret_folder import SecretFolder
from gateway.events import REGISTRY
from gateway.routing import Tables
from gateway.routing.secrets import FindEndpoint, revealing
from gateway.submission import Grade, State
from gateway.testing import FakeVendor, Raises, Turn
from tests.drills.samples import plain
from tests.journeys.small_town import small_town
from tests.rig.tables import with_directories

SECRET = "Sesam-oeffne-dich-4711"
ANTRAG = plain("augsburg-nebenwohnung")
ARRIVED = Delivered("", Grade.TRANSPORT)


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """The shipped tables; the way to Augsburg needs a password."""
    folder = Path(shutil.copytree(with_directories(), tmp_path / "routing"))
    file = folder / "destinations.toml"
    text = file.read_text("utf-8").replace(
        "[augsburg-wohnsitz]\n", '[augsburg-wohnsitz]\nlive.password = "secret:augsburg"\n', 1
    )
    file.write_text(text, "utf-8")
    return folder


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    folder = tmp_path / "secrets"
    folder.mkdir()
    keep(folder)
    return folder


def keep(folder: Path) -> None:
    (folder / "augsburg").write_text(SECRET)
    (folder / "augsburg").chmod(0o600)


def endpoints(tables: Path, vault: Path) -> FindEndpoint:
    """Where destinations are, as a worker finds it."""
    return revealing(Tables.load(tables, vault).endpoint, SecretFolder(vault))


@pytest.mark.parametrize("ending", [ARRIVED, Raises(ValueError(SECRET))], ids=["delivered", "raising"])
async def test_it_reaches_the_adapter_and_nothing_else(tmp_path: Path, tables: Path, vault: Path, ending: Turn) -> None:
    """Log, metrics and journal are free of it, also where the adapter has a bug and shouts it out."""
    vendor = FakeVendor(ending)
    async with small_town(tmp_path, vendor, routing=tables, endpoint=endpoints(tables, vault)) as town:
        receipt = await town.send(ANTRAG)
        await town.attempt(receipt.submission)
        told = town.log.getvalue() + generate_latest(REGISTRY).decode()
        kept = b"".join(file.read_bytes() for file in tmp_path.glob("journal.db*"))

    brought = vendor.brought[receipt.submission]
    assert brought.endpoint.settings["password"] == SECRET
    assert SECRET not in repr(brought)
    assert SECRET not in told
    assert SECRET.encode() not in kept


async def test_one_that_vanishes_is_waited_for(tmp_path: Path, tables: Path, vault: Path) -> None:
    """Nothing is parked for it: the attempt counts as not reached, and the next one finds the secret again."""
    (vault / "augsburg").unlink()
    vendor = FakeVendor(ARRIVED)
    async with small_town(tmp_path, vendor, routing=tables, endpoint=endpoints(tables, vault)) as town:
        receipt = await town.send(ANTRAG)
        waits = await town.attempt(receipt.submission)
        assert (waits.state, waits.cause, vendor.calls) == (State.ACCEPTED, "secret-missing", [])

        keep(vault)
        town.clock.advance(60)
        assert (await town.attempt(receipt.submission)).state is State.DELIVERED
