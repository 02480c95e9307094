"""`gateway ledger`: both books, and what is said when they differ."""

import sqlite3
from contextlib import closing
from pathlib import Path

from gateway.drivers.sql.journal import SqlJournal
from tests.gateway.cli.calling import Call, in_journal
from tests.gateway.drivers.journal_rig import a_refusal, accept, an_entry, park


async def some_of_each(journal: SqlJournal) -> None:
    """One parked, two in flight, one rejected."""
    await park(journal, an_entry())
    await accept(journal, an_entry(), an_entry(), a_refusal())


def test_the_json_is_what_monitoring_was_promised(gateway: Call, tmp_path: Path) -> None:
    """`--json` prints one line, in this order, with nothing else."""
    in_journal(tmp_path, some_of_each)

    heard = gateway("ledger", "--json", "--data", tmp_path)

    assert heard.out == '{"received":4,"rejected":1,"inFlight":2,"parked":1,"concluded":0,"imbalance":0}\n'
    assert (heard.code, heard.err) == (0, "")


def test_people_see_a_table_and_a_sentence(gateway: Call, tmp_path: Path) -> None:
    """Without `--json` the books are in words."""
    in_journal(tmp_path, some_of_each)

    heard = gateway("ledger", "--data", tmp_path)

    assert heard.code == 0
    assert [line.split() for line in heard.out.splitlines()][:2] == [["empfangen", "4"], ["zurückgewiesen", "1"]]
    assert "Die Bücher stimmen überein." in heard.out


def test_a_row_removed_by_hand_is_noticed(gateway: Call, tmp_path: Path) -> None:
    """A submission that vanished from the database shows as imbalance, and the exit code is 1."""
    in_journal(tmp_path, some_of_each)
    with closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as connection:
        connection.execute("DELETE FROM submissions WHERE sequence = 2")

    heard = gateway("ledger", "--json", "--data", tmp_path)

    assert heard.code == 1
    assert heard.json["imbalance"] == 1
    assert "Die Bücher weichen um 1 voneinander ab." in gateway("ledger", "--data", tmp_path).out


def test_asking_makes_no_journal(gateway: Call, tmp_path: Path) -> None:
    """Where there is no journal there is none afterwards, and the answer says how to name the right folder."""
    heard = gateway("ledger", "--data", tmp_path / "woanders")

    assert heard.code == 2
    assert "--data" in heard.err
    assert not (tmp_path / "woanders").exists()
