"""A post office for each test; its tables are read once."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.drivers.sql.schema import upgrade
from tests.gateway.pickup.post_office import PostOffice, post_office, with_sites


@pytest.fixture(scope="session")
def tables_with_sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped tables with two sites in them."""
    return with_sites(tmp_path_factory.mktemp("tables") / "routing")


@pytest.fixture(scope="session")
def an_empty_journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """To copy: migrating one for each test would take most of the time."""
    file = tmp_path_factory.mktemp("journal") / "journal.db"
    asyncio.run(upgrade(f"sqlite:///{file}"))
    return file


@pytest.fixture(autouse=True)
def _with_a_journal(tmp_path: Path, an_empty_journal: Path) -> None:
    shutil.copy(an_empty_journal, tmp_path / "journal.db")


@pytest.fixture
async def office(tmp_path: Path, tables_with_sites: Path) -> AsyncIterator[PostOffice]:
    """A gateway with a door for two sites, Kelheim and Regensburg."""
    async with post_office(tmp_path, tables_with_sites) as opened:
        yield opened
