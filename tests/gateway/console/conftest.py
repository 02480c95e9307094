"""A stage for each test."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.drivers.sql.schema import upgrade
from tests.gateway.console.stage import Stage, a_stage


@pytest.fixture(scope="session")
def an_empty_journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """To copy: migrating one for each test would take most of the time."""
    file = tmp_path_factory.mktemp("journal") / "journal.db"
    asyncio.run(upgrade(f"sqlite:///{file}"))
    return file


@pytest.fixture
async def stage(tmp_path: Path, an_empty_journal: Path) -> AsyncIterator[Stage]:
    """A gateway with a console, and one of each role before it."""
    shutil.copy(an_empty_journal, tmp_path / "journal.db")
    async with a_stage(tmp_path) as opened:
        yield opened
