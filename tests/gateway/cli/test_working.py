"""`gateway work`: delivery beside the gateway, over RabbitMQ and PostgreSQL, with no more rights than it needs."""

import secrets
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateway.drivers.rabbitmq import permissions
from tests.gateway.cli.calling import (
    A_VALID_ONE,
    ROOT,
    Call,
    Serving,
    a_new,
    open_the_doors,
    serving,
    soon,
    surroundings,
)
from tests.services import PostgresServer, RabbitServer
from tests.services.processes import Process

WORKER = "adapter-filedrop"
"""The broker's user that may speak for this adapter."""


@pytest.fixture
def worker_broker(rabbit: RabbitServer, rabbit_vhost: str) -> Iterator[str]:
    """The broker's URL for the workers of `filedrop`, who may read their letters and report."""
    may, vhost = permissions("filedrop"), urlsplit(rabbit_vhost).path.lstrip("/")
    rabbit.add_user(may.user)
    rabbit.set_permissions(may.user, vhost, configure=may.configure, write=may.write, read=may.read)
    for exchange, (write, read) in may.topics.items():
        rabbit.set_topic_permissions(may.user, vhost, exchange=exchange, write=write, read=read)
    yield rabbit.url(may.user, vhost)
    rabbit.delete_user(may.user)


@pytest.fixture
def worker_database(postgres: PostgresServer, database_url: str, gateway: Call) -> str:
    """The database's URL for workers: the narrow role that `db upgrade` grants."""
    role = f"worker_{secrets.token_hex(4)}"
    postgres.sql(f"CREATE ROLE {role} LOGIN")
    heard = gateway("db", "upgrade", "--journal", database_url, "--worker-role", role)
    assert heard.code == 0, heard.err
    return postgres.url(urlsplit(database_url).path.lstrip("/"), role=role)


@pytest.fixture
def production_set(worker_database: str, database_url: str, rabbit_vhost: str, tmp_path: Path) -> Iterator[Serving]:
    """A gateway on PostgreSQL and RabbitMQ that delivers nothing itself."""
    data = tmp_path / "data"
    data.mkdir()
    open_the_doors(data)
    with serving(data, "--no-workers", "--journal", database_url, "--broker", rabbit_vhost) as running:
        yield running


def test_a_worker_beside_the_gateway_delivers(
    production_set: Serving,
    worker_database: str,
    worker_broker: str,
    database_url: str,
    gateway: Call,
    tmp_path: Path,
) -> None:
    """What the gateway accepted is delivered by the worker, and SIGTERM ends it with 0."""
    data, log = production_set.data, tmp_path / "work.log"
    command = [sys.executable, "-m", "gateway", "work", "filedrop", "--data", str(data)]
    env = surroundings(PYTHONPATH=str(ROOT), GATEWAY_JOURNAL=worker_database, GATEWAY_BROKER=worker_broker)
    token = gateway("clients", "add", "portal-beispiel", "--journal", database_url).out.strip()
    document = a_new(A_VALID_ONE, tmp_path)
    sending = ("--url", production_set.url, "--token", token)
    assert soon(lambda: gateway("submit", document, *sending).code == 0)

    worker = Process(command, log=log, env=env)
    try:
        followed = gateway("submit", "--wait", "--patience", "60", document, *sending)
    finally:
        worker.end(signal.SIGTERM)

    assert followed.code == 0, log.read_text()
    assert worker.code == 0, log.read_text()
    assert gateway("ledger", "--json", "--journal", database_url).json["concluded"] == 1


def test_an_adapter_that_is_not_installed_is_named(
    worker_database: str, worker_broker: str, gateway: Call, tmp_path: Path
) -> None:
    """The sentence lists those that are."""
    heard = gateway(*("work", "unbekannt", "--data", tmp_path, "--journal", worker_database, "--broker", worker_broker))

    assert heard.code == 2
    assert "unbekannt" in heard.err
    assert "filedrop" in heard.err
