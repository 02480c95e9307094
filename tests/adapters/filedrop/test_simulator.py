"""The simulated Fachverfahren counts honestly: what drills conclude from its books is only as good as they are."""

import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.filedrop.adapter import FileDrop, open_filedrop
from adapters.filedrop.simulator import FolderWatcher, simulate
from gateway.adapter import Consignment, Delivered, Unreachable
from gateway.testing import a_consignment, an_enclosure, until
from tests.gateway.transports.interrupted import ROOT, survives

pytestmark = pytest.mark.anyio


@pytest.fixture
async def filedrop() -> AsyncIterator[FileDrop]:
    async with open_filedrop() as filedrop:
        yield filedrop


def brought_to(watcher: FolderWatcher) -> Consignment:
    return a_consignment(enclosures=[an_enclosure()], settings=watcher.settings())


def lay_again(watcher: FolderWatcher, sent: Consignment) -> None:
    """What an adapter without a memory would do: the same files, once more."""
    submission = sent.submission.id
    taken = watcher.inbox.parent / "akten" / f"{submission}.json"
    (watcher.inbox / f"{submission}.xml").write_bytes(sent.document)
    (watcher.inbox / taken.name).write_bytes(taken.read_bytes())


async def test_a_complete_set_is_taken_and_written_down(filedrop: FileDrop, tmp_path: Path) -> None:
    """One pick-up, one line; the directory is empty afterwards."""
    watcher = FolderWatcher(tmp_path)
    sent = brought_to(watcher)
    await filedrop.deliver(sent)

    assert (watcher.pick_up(), watcher.pick_up()) == (1, 0)
    assert watcher.ledger() == [sent.submission.id]
    assert [path.name for path in watcher.inbox.iterdir()] == [".antragsgateway"]


async def test_files_without_a_sidecar_are_left_alone(tmp_path: Path) -> None:
    """A document whose set is not complete is nobody's yet."""
    watcher = FolderWatcher(tmp_path)
    (watcher.inbox / "lose.xml").write_bytes(b"<antrag/>")

    assert watcher.pick_up() == 0
    assert (watcher.inbox / "lose.xml").exists()


async def test_a_second_delivery_is_refused_and_seen(filedrop: FileDrop, tmp_path: Path) -> None:
    """The ledger has the id once, and another book says that it came again."""
    watcher = FolderWatcher(tmp_path)
    sent = brought_to(watcher)
    await filedrop.deliver(sent)
    watcher.pick_up()
    lay_again(watcher, sent)

    watcher.pick_up()

    assert watcher.ledger() == [sent.submission.id]
    assert watcher.doubled() == [sent.submission.id]


@pytest.mark.parametrize("damage", ["missing", "shorter", "other"])
async def test_a_damaged_set_is_not_taken(filedrop: FileDrop, tmp_path: Path, damage: str) -> None:
    """A file that is missing, cut or changed keeps the submission out of the ledger, and is seen."""
    watcher = FolderWatcher(tmp_path)
    sent = brought_to(watcher)
    await filedrop.deliver(sent)
    document = watcher.inbox / f"{sent.submission.id}.xml"
    match damage:
        case "missing":
            document.unlink()
        case "shorter":
            document.write_bytes(sent.document[:-1])
        case "other":
            document.write_bytes(sent.document.replace(b"a", b"b"))

    watcher.pick_up()

    assert watcher.ledger() == []
    assert watcher.damaged() == [sent.submission.id]


PICK_UP = """
import sys
from pathlib import Path
from adapters.filedrop.simulator import FolderWatcher
from tests.gateway.transports.interrupted import kill_at
watcher = FolderWatcher(Path(sys.argv[1]))
kill_at(int(sys.argv[2]))
watcher.pick_up()
"""


@pytest.mark.slow
async def test_killed_anywhere_it_writes_each_submission_down_once(filedrop: FileDrop, tmp_path: Path) -> None:
    """Its own death, at any touch of the disk, neither loses a submission nor blames the adapter for doubling it."""
    finished, steps = False, 0
    while not finished:
        steps += 1
        folder = tmp_path / f"{steps}"
        sent = brought_to(FolderWatcher(folder))
        await filedrop.deliver(sent)
        finished = survives(PICK_UP, folder, steps)

        watcher = FolderWatcher(folder)
        watcher.pick_up()

        assert watcher.ledger() == [sent.submission.id]
        assert watcher.doubled() == watcher.damaged() == []
        assert watcher.taken(sent.submission.id) is not None
    assert steps > 5


async def test_its_books_survive_a_restart(filedrop: FileDrop, tmp_path: Path) -> None:
    """A new process with the same folder goes on counting where the old one ended."""
    async with simulate("Musterstadt/Wohnsitz", tmp_path) as before:
        sent = a_consignment(settings=before.settings())
        await filedrop.deliver(sent)
        taken = await until(lambda: before.taken(sent.submission.id))
    async with simulate("Musterstadt/Wohnsitz", tmp_path) as after:
        assert after.ledger() == [sent.submission.id]
        assert after.taken(sent.submission.id) == taken


async def test_while_it_is_away_nothing_arrives(filedrop: FileDrop, tmp_path: Path) -> None:
    """Its directory is gone, for root too; it comes back with everything that was in it, also by a restart."""
    watcher = FolderWatcher(tmp_path)
    early, late = brought_to(watcher), brought_to(watcher)
    await filedrop.deliver(early)

    watcher.fail(down=True)
    watcher.fail(down=True)
    while_away = await filedrop.deliver(late)
    picked_up_meanwhile = watcher.pick_up()
    restarted = FolderWatcher(tmp_path)
    restarted.pick_up()

    assert while_away == Unreachable("folder-missing")
    assert picked_up_meanwhile == 0
    assert restarted.ledger() == [early.submission.id]


async def test_a_slow_one_takes_one_at_a_time(filedrop: FileDrop, tmp_path: Path) -> None:
    """Told to be slow it leaves the rest lying; the adapter delivers all the same."""
    watcher = FolderWatcher(tmp_path)
    watcher.slow(0.01)
    sent = [brought_to(watcher) for _ in range(3)]
    outcomes = [await filedrop.deliver(one) for one in sent]

    assert [watcher.pick_up() for _ in range(4)] == [1, 1, 1, 0]
    assert all(isinstance(outcome, Delivered) for outcome in outcomes)


async def test_it_runs_as_a_process_of_its_own(filedrop: FileDrop, tmp_path: Path) -> None:
    """It says where it listens when it is ready, picks up, and ends when asked to."""
    module = "adapters.filedrop.simulator"
    command = [sys.executable, "-W", "error", "-m", module, str(tmp_path), "--interval", "0.01"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as own:
        try:
            assert own.stdout is not None
            sent = a_consignment(settings=json.loads(own.stdout.readline()))
            await filedrop.deliver(sent)
            await until(lambda: _lines(tmp_path / "ledger"))
        finally:
            own.send_signal(signal.SIGTERM)
        assert own.wait(10) == 0
    assert _lines(tmp_path / "ledger") == [sent.submission.id]


def _lines(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines()
