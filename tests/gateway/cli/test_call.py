"""Calling `gateway`: help, slips, languages, and what happens when it breaks."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.gateway.cli.calling import Call, in_journal
from tests.gateway.drivers.journal_rig import accept, an_entry

VERBS = ("demo", "check", "submit", "status", "doctor", "serve", "work", "clients", "db", "ledger", "parked")
HEAVY = ("fastapi", "uvicorn", "sqlalchemy", "lxml", "pydantic_settings", "aio_pika", "httpx2", "prometheus_client")


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_lists_every_verb(verb: str, gateway: Call) -> None:
    """`gateway --help` names each verb, and each verb has help of its own."""
    assert verb in gateway("--help").out

    helped = gateway(verb, "--help")

    assert helped.code == 0
    assert "Zeigt diese Hilfe." in helped.out


def test_the_help_loads_nothing_heavy() -> None:
    """Who asks for help does not wait for databases, brokers and web servers to be imported."""
    script = (
        f"import sys; from gateway.cli import run; run(['--help']); print([m for m in {HEAVY} if m in sys.modules])"
    )

    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

    assert out.splitlines()[-1] == "[]"


def test_without_a_verb_the_help_is_shown(gateway: Call) -> None:
    """`gateway` alone shows what there is; as nothing was asked, it ends with 2."""
    heard = gateway()

    assert heard.code == 2
    assert "Befehle" in heard.out or "Ausprobieren" in heard.out


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["ledgr"], "Den Befehl „ledgr“ gibt es nicht. Gemeint ist vielleicht: ledger."),
        (["ledger", "--jsn"], "Die Option --jsn gibt es nicht. Gemeint ist vielleicht: --json."),
        (["serve", "--port", "viele"], "Der Wert für --port passt nicht."),
        (["serve", "--kind", "test"], "Der Wert für --kind passt nicht. Möglich ist: sandbox, production."),
        (["serve", "--port"], "Der Option --port fehlt ihr Wert"),
        (["check"], "Es fehlt: DATEI"),
        (["parked", "retry", "1"], "Es fehlt: --reason"),
        (["ledger", "noch", "mehr"], "Das ist zu viel: noch mehr."),
        (["serve", "--port", "99999"], "Einstellungen stimmen nicht: port"),
        (["serve", "--journal", "mysql://db"], "journal: Value error, postgresql://… / postgres://… / sqlite:///…"),
        (["serve", "--broker", "localhost"], "broker: Value error, amqp://… / amqps://…"),
        (["ledger", "--config", "nirgends.toml"], "Die Einstellungsdatei nirgends.toml ist nicht lesbar"),
        (["submit", "fehlt.xml"], "fehlt.xml ist nicht lesbar"),
        (["submit", __file__], "Es fehlt das Token"),
        (["submit", __file__, __file__, "--key", "1"], "bitte die Dateien einzeln einreichen"),
        (["status", "1"], "Es fehlt das Token"),
        (["work", "filedrop"], "Ein Worker neben dem Gateway braucht RabbitMQ"),
        (["demo", "--port", "1"], "gehören zu --keep"),
    ],
)
def test_a_slip_is_answered_with_one_sentence_and_2(arguments: list[str], sentence: str, gateway: Call) -> None:
    """What cannot be asked ends with 2 and says what is wrong, on stderr, without a traceback."""
    heard = gateway(*arguments)

    assert heard.code == 2
    assert sentence in heard.err
    assert "Traceback" not in heard.err
    assert heard.out == ""


@pytest.mark.parametrize("where", [0, 1, 2])
def test_english_is_spoken_wherever_it_is_asked_for(where: int, gateway: Call) -> None:
    """`--lang en` may stand anywhere in the call."""
    arguments = ["ledger", "--json"]
    arguments[where:where] = ["--lang", "en"]

    heard = gateway(*arguments)

    assert heard.err.startswith("✗ There is no journal")


def test_a_bug_is_named_and_not_shown(gateway: Call, a_broken_row: list[str]) -> None:
    """An error nobody foresaw is one sentence with its class and place; its message may hold anything."""
    heard = gateway(*a_broken_row)

    assert heard.code == 2
    assert "Das ist ein Fehler in dieser Software: ValueError in " in heard.err
    assert "geheim" not in heard.err
    assert "Traceback" not in heard.err


def test_who_debugs_sees_the_whole_way(gateway: Call, a_broken_row: list[str]) -> None:
    """With `--debug` the exception comes through."""
    with pytest.raises(ValueError, match="geheim"):
        gateway("--debug", *a_broken_row)


@pytest.fixture
def a_broken_row(tmp_path: Path) -> list[str]:
    """A call about a submission whose state was changed by hand into one that does not exist."""
    [submission] = in_journal(tmp_path, lambda journal: accept(journal, an_entry()))
    with closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as connection:
        connection.execute("UPDATE submissions SET state = 'geheim'")
    return ["status", submission, "--data", str(tmp_path)]
