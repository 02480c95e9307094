"""The private PostgreSQL keeps the promises that the other tests rely on."""

import os

import pytest

from tests.services.postgres import PostgresServer
from tests.services.processes import ServerFailed, answers


def test_a_private_server_answers_and_is_gone_afterwards() -> None:
    """A PostgreSQL of one's own takes statements, and neither process nor port outlives it."""
    with PostgresServer() as server:
        pid, port = server.pid, server.port
        assert pid
        assert server.sql("SELECT 40 + 2") == "42"

    assert server.pid is None
    assert not answers(port)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_what_was_committed_survives_a_kill(postgres: PostgresServer, database_url: str) -> None:
    """A row whose commit returned is there after SIGKILL and a new start on the same port."""
    port = postgres.port
    postgres.sql("CREATE TABLE kept (n integer); INSERT INTO kept VALUES (7)", url=database_url)

    postgres.kill()
    assert not answers(port)
    postgres.start()

    assert postgres.port == port
    assert postgres.sql("SELECT n FROM kept", url=database_url) == "7"


def test_every_database_is_empty_or_the_copy_it_was_asked_for(postgres: PostgresServer) -> None:
    """Two databases do not see each other; a copy starts with the rows of its original."""
    first = postgres.create_database()
    postgres.sql("CREATE TABLE seen (n integer); INSERT INTO seen VALUES (1)", url=first)

    copy = postgres.create_database(like=first)
    empty = postgres.create_database()

    assert postgres.sql("SELECT n FROM seen", url=copy) == "1"
    with pytest.raises(ServerFailed, match="seen"):
        postgres.sql("SELECT n FROM seen", url=empty)


def test_commits_wait_for_the_disk(postgres: PostgresServer) -> None:
    """The private server is as durable as one in production; a faster one would prove nothing."""
    durable = [postgres.sql(f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")]

    assert durable == ["on", "on", "on"]


def test_it_listens_on_loopback_alone(postgres: PostgresServer) -> None:
    """Nobody outside this machine can reach the private server."""
    assert postgres.sql("SHOW listen_addresses") == "127.0.0.1"
    assert postgres.sql("SHOW unix_socket_directories") == ""
