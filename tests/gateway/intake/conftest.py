"""A house for each module that only looks, and one for each test that breaks something."""

import io
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from gateway.events import write_log
from tests.gateway.intake.house import House, open_house


@pytest.fixture(scope="module")
def log() -> Iterator[io.StringIO]:
    """What operators read."""
    written = io.StringIO()
    write_log(written)
    yield written
    write_log()


@pytest.fixture(scope="module")
def house(log: io.StringIO, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that all tests of a module visit."""
    with open_house(tmp_path_factory.mktemp("house")) as opened:
        yield opened


@pytest.fixture
def portal(house: House) -> Iterator[httpx2.Client]:
    """A portal that may send everything everywhere."""
    with house.client() as client:
        yield client


@pytest.fixture
def own_house(log: io.StringIO, tmp_path: Path) -> Iterator[House]:
    """A house for one test alone."""
    with open_house(tmp_path) as opened:
        yield opened
