"""What every test may ask for: real servers, fresh databases and vhosts, and the shared data."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.rig.tables import forget, with_directories
from tests.services import PostgresServer, RabbitServer

ROOT = Path(__file__).parents[1]
SHARED_DATA = Path(os.environ.get("GATEWAY_TEST_DATA", ROOT.parent / "shared" / "data"))

# No deadline: a machine with two cores and a broker on it is slow at times, and that is no finding.
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")


os.environ["GATEWAY_ROUTING"] = str(with_directories())
"""Tests ask for what the shipped tables say of places; where it is delivered to is a directory, unless they say so."""


def pytest_sessionfinish() -> None:
    """Leave no folder behind."""
    forget()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a real server, so that `pytest -m "not real"` runs on every save."""
    for item in items:
        if {"postgres", "rabbit"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.real)


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, object]]:
    """The plain asyncio loop: uvloop is the server's choice, not a promise of the code."""
    return "asyncio", {"use_uvloop": False}


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One private PostgreSQL for the whole run. Who stops it starts it again."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
def database_url(postgres: PostgresServer) -> Iterator[str]:
    """The URL of an empty database that only this test knows."""
    url = postgres.create_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture(scope="session")
def rabbit() -> Iterator[RabbitServer]:
    """One private RabbitMQ for the whole run. Who stops it starts it again."""
    with RabbitServer() as server:
        yield server


@pytest.fixture
def rabbit_vhost(rabbit: RabbitServer) -> Iterator[str]:
    """The URL of a fresh vhost, as a user who may do everything there and nothing elsewhere."""
    name = f"test-{secrets.token_hex(6)}"
    rabbit.add_vhost(name)
    rabbit.add_user(name)
    rabbit.set_permissions(name, name, configure=".*", write=".*", read=".*")
    yield rabbit.url(name, name)
    rabbit.delete_vhost(name)
    rabbit.delete_user(name)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """
    The folder with official packages, code lists and the municipality directory.

    Set GATEWAY_TEST_DATA where it is not `../shared/data`. Without it the test is skipped, in CI it fails.
    """
    if SHARED_DATA.is_dir():
        return SHARED_DATA
    sentence = f"The shared data is not at {SHARED_DATA}; GATEWAY_TEST_DATA names another folder."
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)
