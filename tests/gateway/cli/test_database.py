"""`gateway db upgrade`: the journal's schema and the workers' narrow role."""

import secrets
from pathlib import Path

from tests.gateway.cli.calling import Call
from tests.services import PostgresServer


def test_sqlite_is_brought_up_to_date(gateway: Call, tmp_path: Path) -> None:
    """It does itself what a start would do, as often as it is asked to."""
    first, second = (gateway("db", "upgrade", "--data", tmp_path) for _ in range(2))

    assert first.code == second.code == 0
    assert "Schemaversion" in second.err
    assert gateway("ledger", "--json", "--data", tmp_path).json["received"] == 0


def test_sqlite_has_no_roles(gateway: Call, tmp_path: Path) -> None:
    """A worker's role on SQLite is a slip, and nothing is made."""
    heard = gateway("db", "upgrade", "--worker-role", "worker", "--data", tmp_path)

    assert heard.code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_worker_may_claim_and_nothing_else(gateway: Call, postgres: PostgresServer, database_url: str) -> None:
    """`--worker-role` grants what a worker needs: it may insert claims, and not read tokens."""
    role = f"worker_{secrets.token_hex(4)}"
    postgres.sql(f"CREATE ROLE {role}")

    heard = gateway("db", "upgrade", "--journal", database_url, "--worker-role", role)

    assert heard.code == 0, heard.err
    may = "SELECT has_table_privilege('{}', '{}', '{}')"
    assert postgres.sql(may.format(role, "claims", "INSERT"), url=database_url).strip() == "t"
    assert postgres.sql(may.format(role, "clients", "SELECT"), url=database_url).strip() == "f"


def test_a_role_that_is_not_there_is_said_to_be(gateway: Call, database_url: str) -> None:
    """An unknown role ends with a sentence, not a traceback."""
    heard = gateway("db", "upgrade", "--journal", database_url, "--worker-role", "gibt_es_nicht")

    assert heard.code == 2
    assert "Traceback" not in heard.err


def test_a_database_that_is_away_is_said_to_be(gateway: Call) -> None:
    """Where no database answers, the sentence says what to check, without the password."""
    heard = gateway("db", "upgrade", "--journal", "postgresql://jemand:geheim@127.0.0.1:9/journal")

    assert heard.code == 2
    assert "nicht erreichbar" in heard.err
    assert "geheim" not in heard.err
