"""`gateway doctor`: what a start needs, one line each."""

import shutil
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.drivers.clock import clock
from gateway.submission import SECOND, Micros
from gateway.testing import FakeClock, MemoryStream, an_attachment
from tests.gateway.cli.calling import Call, Serving, in_journal
from tests.gateway.drivers.journal_rig import accept, an_entry
from tests.rig.tables import with_directories
from tests.services import PostgresServer


def a_file(folder: Path, settings: str) -> Path:
    """A settings file that says this."""
    file = folder / "settings.toml"
    file.write_text(settings)
    return file


def found(gateway: Call, about: str, *arguments: str | Path) -> dict[str, str]:
    """What the doctor says about one thing; its worst line."""
    lines = [line for line in gateway("doctor", "--json", *arguments).json if line["about"] == about]
    return min(lines, key=lambda line: ("wrong", "hint", "ok").index(line["found"]))


def test_a_fresh_machine_is_well(gateway: Call, tmp_path: Path) -> None:
    """With nothing set, everything is well, nothing is made, and the last sentence says that it can start."""
    heard = gateway("doctor", "--data", tmp_path / "neu", "--config", a_file(tmp_path, "port = 0"))

    assert heard.code == 0, heard.out
    assert "✗" not in heard.out
    assert "kann starten" in heard.err
    assert not (tmp_path / "neu").exists()


def test_a_serving_gateway_is_left_alone(gateway: Call, served: Serving) -> None:
    """Beside a running gateway the doctor says that it runs, and that is no fault."""
    port = served.url.rpartition(":")[2]

    heard = gateway("doctor", "--data", served.data, "--config", a_file(served.data, f"port = {port}"))

    assert heard.code == 0, heard.out
    assert "bedient dieses Journal gerade" in heard.out
    assert "belegt, vom laufenden Gateway" in heard.out


def test_a_port_that_somebody_has_is_named(gateway: Call, tmp_path: Path) -> None:
    """A taken port keeps a gateway from starting; the line says how to name another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        line = found(gateway, "Port", "--data", tmp_path, "--config", a_file(tmp_path, f"port = {port}"))

    assert line["found"] == "wrong"
    assert "--port" in line["text"]


def test_half_a_production_set_is_refused(gateway: Call, tmp_path: Path) -> None:
    """A broker without PostgreSQL is neither the one nor the other."""
    line = found(gateway, "Settings", "--data", tmp_path, "--broker", "amqp://127.0.0.1:9")

    assert line["found"] == "wrong"
    assert "gehören zusammen" in line["text"]


def test_a_broker_that_is_away_is_said_to_be(gateway: Call, tmp_path: Path) -> None:
    """The line names the setting, and never the address with its password."""
    line = found(gateway, "RabbitMQ", "--data", tmp_path, "--broker", "amqp://jemand:geheim@127.0.0.1:9")

    assert line["found"] == "wrong"
    assert "GATEWAY_BROKER" in line["text"]
    assert "geheim" not in line["text"]


def test_a_database_that_is_away_is_said_to_be(gateway: Call, tmp_path: Path) -> None:
    """PostgreSQL that does not answer is wrong, and the password stays unsaid."""
    url = "postgresql://jemand:geheim@127.0.0.1:9/journal"

    heard = gateway("doctor", "--json", "--data", tmp_path, "--journal", url)

    assert heard.code == 1
    assert "geheim" not in heard.out + heard.err


def test_the_other_kind_of_journal_is_refused(gateway: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox's journal never becomes production's."""
    in_journal(tmp_path, lambda journal: accept(journal, an_entry()))
    monkeypatch.setenv("GATEWAY_KIND", "production")

    line = found(gateway, "Journal", "--data", tmp_path)

    assert line["found"] == "wrong"
    assert "„sandbox“" in line["text"]


def test_a_clock_that_went_back_is_noticed(gateway: Call, tmp_path: Path) -> None:
    """Events from the future mean that this machine's clock is wrong."""
    tomorrow = FakeClock(Micros(clock() + 86_400 * SECOND))
    in_journal(tmp_path, lambda journal: accept(journal, an_entry(received_at=tomorrow())), tomorrow)

    line = found(gateway, "Clock", "--data", tmp_path)

    assert line["found"] == "wrong"
    assert "NTP" in line["text"]


def test_a_journal_that_is_none_is_said_to_be(gateway: Call, tmp_path: Path) -> None:
    """A file that is no database is wrong, and not overwritten."""
    (tmp_path / "journal.db").write_bytes(b"kein Journal " * 100)

    line = found(gateway, "Journal", "--data", tmp_path)

    assert line["found"] == "wrong"
    assert (tmp_path / "journal.db").read_bytes().startswith(b"kein Journal")


def test_attachments_in_another_folder_are_missed(gateway: Call, tmp_path: Path) -> None:
    """What the journal knows must lie in this machine's folder; where it does not, replicas do not share it."""
    enclosed = an_attachment(MemoryStream(b"%PDF"), name="plan", media_type="application/pdf")
    in_journal(tmp_path, lambda journal: accept(journal, an_entry(attachments=(enclosed,))))

    line = found(gateway, "Attachments", "--data", tmp_path)
    (tmp_path / "attachments").mkdir()
    (tmp_path / "attachments" / enclosed.id).write_bytes(b"%PDF")

    assert line["found"] == "wrong"
    assert "GATEWAY_ATTACHMENTS" in line["text"]
    assert found(gateway, "Attachments", "--data", tmp_path)["found"] == "ok"


def test_a_table_that_contradicts_itself_is_named(
    gateway: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line has file and line of the table, and what comes after it is examined all the same."""
    routing = Path(shutil.copytree(with_directories(), tmp_path / "routing"))
    with (routing / "connections.csv").open("a") as table:
        table.write("wohnsitz,09761,nirgends,live,,,,\n")
    monkeypatch.setenv("GATEWAY_ROUTING", str(routing))

    line = found(gateway, "Tables", "--data", tmp_path)

    assert line["found"] == "wrong"
    assert "connections.csv" in line["text"]
    assert found(gateway, "RabbitMQ", "--data", tmp_path)["found"] == "ok"


def test_an_example_that_does_not_hold_is_named(gateway: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clerks' own examples are tried: one that comes out differently is wrong."""
    routing = Path(shutil.copytree(with_directories(), tmp_path / "routing"))
    cases = routing / "cases.toml"
    cases.write_text(cases.read_text().replace('authority = "09661"', 'authority = "09761"', 1))
    monkeypatch.setenv("GATEWAY_ROUTING", str(routing))

    assert found(gateway, "Tables", "--data", tmp_path)["found"] == "wrong"


def test_a_destination_that_leads_nowhere_is_named(
    gateway: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An adapter that is not installed, or settings it does not like, are said with the destination's name."""
    routing = Path(shutil.copytree(with_directories(), tmp_path / "routing"))
    destinations = routing / "destinations.toml"
    destinations.write_text(destinations.read_text().replace('"filedrop"', '"unbekannt"', 1))
    monkeypatch.setenv("GATEWAY_ROUTING", str(routing))

    line = found(gateway, "Destinations", "--data", tmp_path)

    assert line["found"] == "wrong"
    assert line["text"].startswith("aschaffenburg-wohnsitz braucht den Adapter unbekannt")


def test_a_missing_package_is_named(gateway: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without schema packages nothing can be judged."""
    monkeypatch.setenv("GATEWAY_XSD", str(tmp_path))

    assert found(gateway, "Schema packages", "--data", tmp_path)["found"] == "wrong"


def test_the_doctor_changes_nothing(gateway: Call, tmp_path: Path) -> None:
    """A journal of an older version stays one; the doctor looks and leaves."""
    in_journal(tmp_path, lambda journal: accept(journal, an_entry()))
    with closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as connection:
        before = connection.execute("SELECT count(*), max(sql) FROM sqlite_master").fetchall()
        rows = connection.execute("SELECT * FROM facts").fetchall()

    gateway("doctor", "--data", tmp_path)

    with closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as connection:
        assert connection.execute("SELECT count(*), max(sql) FROM sqlite_master").fetchall() == before
        assert connection.execute("SELECT * FROM facts").fetchall() == rows


def test_the_production_set_is_examined(
    gateway: Call, tmp_path: Path, postgres: PostgresServer, database_url: str, rabbit_vhost: str
) -> None:
    """An empty database needs `db upgrade`; after it, database and broker are well."""
    production = ("--data", tmp_path, "--journal", database_url, "--broker", rabbit_vhost)

    before = found(gateway, "Journal", *production)
    gateway("db", "upgrade", "--journal", database_url)

    assert (before["found"], "gateway db upgrade" in before["text"]) == ("wrong", True)
    assert found(gateway, "Journal", *production)["found"] == "ok"
    assert found(gateway, "Clock", *production)["found"] == "ok"
    assert found(gateway, "RabbitMQ", *production)["found"] == "hint"


def test_a_missing_secret_is_told_before_anything_needs_it(
    gateway: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the doctor, by a start, which is refused, and by the pre-flight: with its name and what to do."""
    monkeypatch.delenv("GATEWAY_ROUTING")  # it would go before the file
    tables = Path(shutil.copytree(with_directories(), tmp_path / "routing"))
    file = tables / "destinations.toml"
    text = file.read_text("utf-8").replace(
        'live.directory = "{data}/fachverfahren/{destination}/eingang"', 'live.directory = "secret:eingang"', 1
    )
    file.write_text(text, "utf-8")
    config = a_file(tmp_path, f'port = 0\nrouting = "{tables}"\ndata = "{tmp_path / "var"}"\n')

    told = found(gateway, "Destinations", "--config", config)
    assert told["found"] == "wrong"
    assert "Das Geheimnis „eingang“ fehlt im Ordner GATEWAY_SECRETS." in told["text"]
    refused = gateway("serve", "--config", config)
    assert refused.code == 2
    assert "der Zustellpunkt „aschaffenburg-wohnsitz“ braucht ein Geheimnis." in refused.err

    gateway("connections", "import", tables / "connections.csv", "--config", config)
    seen = gateway("connections", "check", "wohnsitz/09661", "--config", config)
    assert "✗ Adapter und Einstellungen: Das Geheimnis „eingang“ fehlt" in seen.out

    secret = tmp_path / "var" / "secrets" / "eingang"
    secret.parent.mkdir()
    secret.write_text("/srv/eingang\n")
    secret.chmod(0o644)
    assert "für andere zugänglich" in found(gateway, "Destinations", "--config", config)["text"]
    secret.chmod(0o600)
    assert found(gateway, "Destinations", "--config", config)["found"] == "ok"
