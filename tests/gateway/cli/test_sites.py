"""`gateway sites`: who may pick letters up, and what is heard from there."""

from pathlib import Path

from gateway.drivers.sql.journal import SqlJournal
from gateway.intake import token_hash
from gateway.site import Certificate, Heartbeat
from gateway.submission import Micros
from tests.gateway.cli.calling import Call, in_journal

KELHEIM = ("kelheim", "--authorities", "09273", "--adapters", "filedrop")


def test_a_site_is_added_and_shown(gateway: Call, tmp_path: Path) -> None:
    """Its token is shown once and stored as a hash; the list says what it may pick up."""
    added = gateway("sites", "add", *KELHEIM, "--data", tmp_path)

    assert added.code == 0
    token = added.out.strip()
    assert token.startswith("ags_")
    assert "/v1/sites/kelheim" in added.err
    assert "destinations.toml" in added.err, "no destination leads there yet"

    async def stored(journal: SqlJournal) -> list[str]:
        return [site.token_hash for site in await journal.sites()]

    assert in_journal(tmp_path, stored) == [token_hash(token)]
    [listed] = gateway("sites", "list", "--json", "--data", tmp_path).json
    assert (listed["name"], listed["authorities"], listed["adapters"]) == ("kelheim", ["09273"], ["filedrop"])
    assert listed["workers"] == []
    assert "09273" in gateway("sites", "list", "--data", tmp_path).out
    assert token not in gateway("sites", "list", "--data", tmp_path).out


def test_what_was_heard_is_shown(gateway: Call, tmp_path: Path) -> None:
    """When, which version, and when the first certificate ends."""
    gateway("sites", "add", *KELHEIM, "--data", tmp_path)
    ends = (Certificate("Proxy", Micros(1_800_000_000_000_000)), Certificate("ADB", Micros(1_790_000_000_000_000)))

    async def hear(journal: SqlJournal) -> None:
        await journal.heard_from(Heartbeat(site="kelheim", worker="w-1", version="0.1.0", certificates=ends))

    in_journal(tmp_path, hear)

    [listed] = gateway("sites", "list", "--json", "--data", tmp_path).json
    assert [(one["worker"], one["version"]) for one in listed["workers"]] == [("w-1", "0.1.0")]
    shown = gateway("sites", "list", "--data", tmp_path).out
    assert "0.1.0" in shown
    assert "2026" in shown


def test_a_slip_is_named(gateway: Call, tmp_path: Path) -> None:
    """An unknown authority or adapter, an impossible name or an empty scope adds nothing."""
    for wrong in (
        ("kelheim", "--authorities", "00000", "--adapters", "filedrop"),
        ("kelheim", "--authorities", "09273", "--adapters", "unbekannt"),
        ("Kelheim/1", "--authorities", "09273", "--adapters", "filedrop"),
        ("kelheim", "--authorities", " ", "--adapters", "filedrop"),
    ):
        assert gateway("sites", "add", *wrong, "--data", tmp_path).code == 2

    assert gateway("sites", "list", "--data", tmp_path).code == 2, "there is not even a journal"


def test_a_name_is_taken_once(gateway: Call, tmp_path: Path) -> None:
    """A second site of the same name is refused, also after a revocation."""
    gateway("sites", "add", *KELHEIM, "--data", tmp_path)

    assert gateway("sites", "add", *KELHEIM, "--data", tmp_path).code == 1
    assert gateway("sites", "revoke", "kelheim", "--data", tmp_path).code == 0
    assert gateway("sites", "add", *KELHEIM, "--data", tmp_path).code == 1
    [listed] = gateway("sites", "list", "--json", "--data", tmp_path).json
    assert listed["revokedAt"] is not None


def test_what_is_not_there_cannot_be_revoked(gateway: Call, tmp_path: Path) -> None:
    """The sentence names it."""
    gateway("sites", "add", *KELHEIM, "--data", tmp_path)

    heard = gateway("sites", "revoke", "regensburg", "--data", tmp_path)

    assert heard.code == 1
    assert "regensburg" in heard.err
