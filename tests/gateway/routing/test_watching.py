"""Changed tables are noticed when they lie still, used in whole, or refused while the earlier ones go on."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.connection import Connection, ConnectionState
from gateway.drivers.secret_folder import SecretFolder
from gateway.errors import BadTables, MissingSecret, OperatorsFault
from gateway.routing import Tables, Watch
from gateway.routing.board import Board
from gateway.routing.watching import insist_on_destinations, insist_on_secrets
from tests.gateway.routing.conftest import Write

Change = Callable[[str, str, str], None]


@pytest.fixture
def folder(write: Write) -> Path:
    return write()


@pytest.fixture
def change(folder: Path) -> Change:
    """Replaces a text in a file of the folder; every change has a time of its own."""
    times = iter(range(1_900_000_000, 1_900_000_100))

    def change(file: str, old: str, new: str) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        moment = next(times)
        os.utime(path, (moment, moment))

    return change


@pytest.fixture
def watch(folder: Path) -> Watch:
    """A watch that has looked once and found nothing new."""
    watch = Watch(folder, lambda: Tables.load(folder, folder), Tables.load(folder, folder))
    assert watch.look() is None
    return watch


def test_nothing_changes_nothing(watch: Watch, folder: Path) -> None:
    """Files that are saved again as they were are not a new set."""
    (folder / "regions.csv").touch()

    assert [watch.look() for _ in range(4)] == [None] * 4


def test_a_change_is_used_once_it_lies_still(watch: Watch, change: Change) -> None:
    """The look after the first that saw it reads it, and hands it out once."""
    change("connections.csv", "bau,09661,aschaffenburg,paused", "bau,09661,aschaffenburg,live")

    assert watch.look() is None
    tables = watch.look()
    assert isinstance(tables, Tables)
    assert tables.paused == ()
    assert watch.look() is None


def test_whoever_saves_file_after_file_is_waited_for(watch: Watch, change: Change) -> None:
    """A half of the change, which would be refused, is never read."""
    change("regions.csv", "09661,kreisfreie Stadt,Aschaffenburg", "09662,kreisfreie Stadt,Aschaffenburg")
    assert watch.look() is None
    for file in ("authorities.csv", "connections.csv", "responsibility.csv"):
        change(file, "09661", "09662")
        assert watch.look() is None
    change("responsibility.csv", "09661", "09662")
    assert watch.look() is None
    change("responsibility.csv", "09661", "09662")
    change("responsibility.csv", "09661", "09662")
    change("connections.csv", "09661", "09662")
    assert watch.look() is None

    assert isinstance(watch.look(), Tables)


def test_a_wrong_change_is_refused_once(watch: Watch, change: Change) -> None:
    """With file and line; and again only when something changed again."""
    change("responsibility.csv", "bau,09178,09178,", "bau,09178,09999,")

    assert watch.look() is None
    fault = watch.look()
    assert isinstance(fault, BadTables)
    assert fault.place == "responsibility.csv:6"
    assert watch.look() is None
    change("responsibility.csv", "09999", "09998")
    assert [type(watch.look()) for _ in range(3)] == [type(None), BadTables, type(None)]


def test_a_refusal_ends_when_the_files_are_as_before(watch: Watch, change: Change) -> None:
    """Putting back what was is news after a refusal."""
    change("responsibility.csv", "bau,09178,09178,", "bau,09178,09999,")
    assert watch.look() is None
    assert isinstance(watch.look(), OperatorsFault)
    change("responsibility.csv", "bau,09178,09999,", "bau,09178,09178,")

    assert watch.look() is None
    assert isinstance(watch.look(), Tables)


def test_a_missing_file_is_refused(watch: Watch, folder: Path) -> None:
    """And is no reason to stop."""
    shutil.move(folder / "services.toml", folder / "beiseite")

    assert watch.look() is None
    assert isinstance(watch.look(), BadTables)


def test_the_destination_of_a_connection_cannot_be_taken_away(tables: Tables) -> None:
    """What is on its way there would not arrive; a retired connection holds nothing."""
    live = Connection("bau", "09178", "anderswo", ConnectionState.LIVE)
    retired = Connection("bau", "09661", "nirgends", ConnectionState.RETIRED)

    insist_on_destinations(tables, [*tables.connections, retired])
    with pytest.raises(BadTables, match="anderswo"):
        insist_on_destinations(tables, [live])


def test_a_running_question_keeps_its_tables(tables: Tables) -> None:
    """Whoever took the tables from the board keeps that whole set; the next one gets the new one."""
    board = Board(tables)
    mine = board.now
    board.connect([])

    assert mine.connection("bau", "09178") is not None
    assert board.now.connection("bau", "09178") is None
    board.lay(tables)
    assert board.now.connections == ()


def test_tables_with_a_missing_secret_are_refused_as_a_whole(folder: Path, change: Change) -> None:
    """The earlier ones go on; once the secret is there, the same files are used."""
    vault = folder / "secrets"
    vault.mkdir()

    def read() -> Tables:
        tables = Tables.load(folder, folder)
        insist_on_secrets(tables, SecretFolder(vault), {"filedrop"})
        return tables

    watch = Watch(folder, read, Tables.load(folder, folder))
    watch.look()
    change("destinations.toml", 'live.folder = "/srv/eingang"', 'live.folder = "secret:eingang"')
    watch.look()

    refused = watch.look()
    assert isinstance(refused, MissingSecret)
    assert "„aschaffenburg“ braucht ein Geheimnis. Das Geheimnis „eingang“ fehlt" in refused.detail.de
    (vault / "eingang").write_text("/srv/eingang")
    (vault / "eingang").chmod(0o600)
    change("destinations.toml", "open_for = 1.5", "open_for = 2")
    watch.look()
    assert isinstance(watch.look(), Tables)
