"""`gateway accounts`: passwords given out once, listed without, taken back."""

import io
from pathlib import Path

import pytest

from gateway.account import Account, Role
from gateway.console.passwords import fits
from gateway.drivers.sql.journal import SqlJournal
from tests.gateway.cli.calling import Call, in_journal

VERA = ("vera", "--role", "operator", "--authorities", "09273")


async def all_accounts(journal: SqlJournal) -> list[Account]:
    return list(await journal.accounts())


def test_an_account_is_added_and_shown(gateway: Call, tmp_path: Path) -> None:
    """Its password is shown once; the journal has what can check it; the list says role and authorities."""
    added = gateway("accounts", "add", *VERA, "--data", tmp_path)

    password = added.out.strip()
    assert (added.code, len(password)) == (0, 24)
    [account] = in_journal(tmp_path, all_accounts)
    assert (account.name, account.role, account.authorities) == ("vera", Role.OPERATOR, ("09273",))
    assert fits(password, account.password)
    assert password.encode() not in (tmp_path / "journal.db").read_bytes()
    [listed] = gateway("accounts", "list", "--json", "--data", tmp_path).json
    assert (listed["name"], listed["role"], listed["authorities"]) == ("vera", "operator", ["09273"])
    assert "Betrieb" in gateway("accounts", "list", "--data", tmp_path).out


def test_a_password_of_ones_own(gateway: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes by standard input, never as an argument that others see; a short one is refused."""
    monkeypatch.setattr("sys.stdin", io.StringIO("ein ganz eigenes Passwort\n"))
    added = gateway(
        "accounts", "add", "vera", "--role=reader", "--authorities=*", "--password-stdin", "--data", tmp_path
    )
    monkeypatch.setattr("sys.stdin", io.StringIO("kurz\n"))
    short = gateway(
        "accounts", "add", "jan", "--role=reader", "--authorities=*", "--password-stdin", "--data", tmp_path
    )

    assert (added.code, added.out) == (0, "")
    assert (short.code, "mindestens 12 Zeichen" in short.err) == (2, True)
    [account] = in_journal(tmp_path, all_accounts)
    assert fits("ein ganz eigenes Passwort", account.password)
    assert account.scope is None


@pytest.mark.parametrize(
    "wrong",
    [
        ("vera", "--role=operator", "--authorities=09999"),
        ("vera", "--role=operator", "--authorities=*,09273"),
        ("vera", "--role=operator", "--authorities="),
        ("vera klein", "--role=operator", "--authorities=*"),
        ("vera", "--role=chefin", "--authorities=*"),
    ],
)
def test_a_slip_makes_no_account(gateway: Call, tmp_path: Path, wrong: tuple[str, ...]) -> None:
    """An unknown authority, an impossible name or role: refused before anything is written."""
    assert gateway("accounts", "add", *wrong, "--data", tmp_path).code == 2
    assert not (tmp_path / "journal.db").exists()


def test_a_name_is_given_once(gateway: Call, tmp_path: Path) -> None:
    """Also after its account was revoked: what somebody did stays theirs."""
    gateway("accounts", "add", *VERA, "--data", tmp_path)
    revoked = gateway("accounts", "revoke", "vera", "--data", tmp_path)

    again = gateway("accounts", "add", *VERA, "--data", tmp_path)

    assert (revoked.code, again.code) == (0, 1)
    assert "Namen werden nicht neu vergeben" in again.err
    [account] = in_journal(tmp_path, all_accounts)
    assert account.revoked_at is not None
    assert gateway("accounts", "revoke", "niemand", "--data", tmp_path).code == 1
