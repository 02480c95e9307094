"""The tables as they are shipped."""

from pathlib import Path

import pytest

from gateway.routing import Tables


@pytest.fixture(scope="session")
def shipped() -> Path:
    """The folder with the tables."""
    return Path(__file__).parents[2] / "routing"


@pytest.fixture(scope="session")
def tables(shipped: Path) -> Tables:
    """The tables, loaded."""
    return Tables.load(shipped, Path("/data"))
