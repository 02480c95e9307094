"""`gateway clients`: tokens given out once, listed without, taken back."""

import hashlib
import re
from pathlib import Path

import pytest

from gateway.drivers.sql.journal import SqlJournal
from gateway.journal import Client
from tests.gateway.cli.calling import Call, in_journal


async def all_clients(journal: SqlJournal) -> list[Client]:
    return list(await journal.clients())


def test_a_token_is_shown_once_and_stored_as_its_hash(gateway: Call, tmp_path: Path) -> None:
    """Stdout has the token and nothing else; the journal has its SHA-256 and nothing more."""
    heard = gateway("clients", "add", "portal-a", "--data", tmp_path)

    token = heard.out.strip()
    assert heard.code == 0
    assert re.fullmatch(r"ag_[A-Za-z0-9_-]{43}", token)
    [client] = in_journal(tmp_path, all_clients)
    assert client.token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert token.encode() not in (tmp_path / "journal.db").read_bytes()


def test_two_tokens_are_never_the_same(gateway: Call, tmp_path: Path) -> None:
    """Each client gets its own."""
    tokens = {gateway("clients", "add", name, "--data", tmp_path).out for name in ("portal-a", "portal-b")}

    assert len(tokens) == 2


def test_a_scope_is_kept_as_it_was_given(gateway: Call, tmp_path: Path) -> None:
    """Services and regions are lists; the list of clients shows them, and never a token."""
    added = gateway(
        *("clients", "add", "portal-a", "--services", "bau, wohnsitz", "--regions", "09761,09273"),
        *("--data", tmp_path, "--json"),
    )

    [client] = gateway("clients", "list", "--data", tmp_path, "--json").json
    assert (client["services"], client["regions"]) == (["bau", "wohnsitz"], ["09761", "09273"])
    assert added.json["token"] not in gateway("clients", "list", "--data", tmp_path).out


@pytest.mark.parametrize(
    "scope",
    [["--services", "bauu"], ["--regions", "Augsburg"], ["--regions", "01"], ["--services", ""], ["--regions", ","]],
)
def test_a_scope_with_a_slip_is_refused(scope: list[str], gateway: Call, tmp_path: Path) -> None:
    """A service or region that the tables do not know would show only with the first Antrag; it is said at once."""
    heard = gateway("clients", "add", "portal-a", *scope, "--data", tmp_path)

    assert heard.code == 2
    assert "Leistungen sind: wohnsitz, fuehrerschein, aufenthalt, waffen, bau" in heard.err
    assert not (tmp_path / "journal.db").exists()


def test_a_name_is_given_once(gateway: Call, tmp_path: Path) -> None:
    """A second client of the same name is refused, and the first keeps its token."""
    gateway("clients", "add", "portal-a", "--data", tmp_path)
    before = in_journal(tmp_path, all_clients)

    heard = gateway("clients", "add", "portal-a", "--data", tmp_path)

    assert heard.code == 1
    assert "„portal-a“ gibt es schon" in heard.err
    assert in_journal(tmp_path, all_clients) == before


def test_a_revoked_client_stays_in_the_list(gateway: Call, tmp_path: Path) -> None:
    """Revoking keeps the name and says since when."""
    gateway("clients", "add", "portal-a", "--data", tmp_path)

    heard = gateway("clients", "revoke", "portal-a", "--data", tmp_path)

    assert heard.code == 0
    [client] = gateway("clients", "list", "--data", tmp_path, "--json").json
    assert client["revokedAt"].endswith("Z")


def test_nobody_can_be_revoked_who_is_not_there(gateway: Call, tmp_path: Path) -> None:
    """An unknown name is said to be unknown."""
    gateway("clients", "add", "portal-a", "--data", tmp_path)

    heard = gateway("clients", "revoke", "portal-b", "--data", tmp_path)

    assert heard.code == 1
    assert "„portal-b“ gibt es nicht" in heard.err


def test_an_empty_list_says_what_to_do(gateway: Call, tmp_path: Path) -> None:
    """Whoever has no client yet is told how to make one."""
    in_journal(tmp_path, all_clients)

    assert "gateway clients add" in gateway("clients", "list", "--data", tmp_path).err
