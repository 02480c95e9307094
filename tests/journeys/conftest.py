"""Stories run on both installations: the embedded default, and PostgreSQL with RabbitMQ and a worker beside."""

import random

import pytest

from tests.rig import Servers
from tests.services import PostgresServer, RabbitServer


@pytest.fixture(params=["embedded", "real"])
def servers(request: pytest.FixtureRequest) -> Servers | None:
    """None for the embedded default."""
    if request.param == "embedded":
        return None
    return Servers(request.getfixturevalue("postgres"), request.getfixturevalue("rabbit"))


@pytest.fixture
def real_servers(postgres: PostgresServer, rabbit: RabbitServer) -> Servers:
    return Servers(postgres, rabbit)


@pytest.fixture
def dice() -> random.Random:
    """Random moments; the seed is printed, so that a bad throw can be repeated."""
    seed = random.randrange(1 << 32)
    print(f"dice: {seed}")
    return random.Random(seed)
