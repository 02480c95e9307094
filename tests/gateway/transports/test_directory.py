"""A set of files appears in a directory complete, and once, whatever goes wrong on the way."""

import asyncio
import errno
import hashlib
import json
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.adapter import NotThere, Unclear, Unreachable
from gateway.testing import until
from gateway.transports.directory import STALE_AFTER, WORKSPACE, Arrived, Directory, File, Streamed
from tests.gateway.transports.a_set import DOCUMENT, SCAN, hand_over, sign
from tests.gateway.transports.interrupted import survives

pytestmark = pytest.mark.anyio


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    inbox = tmp_path / "eingang"
    (inbox / WORKSPACE).mkdir(parents=True)
    return inbox


@pytest.fixture
def directory(inbox: Path) -> Iterator[Directory]:
    directory = Directory(inbox)
    yield directory
    directory.close()


def visible(inbox: Path) -> set[str]:
    return {path.name for path in inbox.iterdir() if path.name != WORKSPACE}


def is_whole(inbox: Path, key: str) -> bool:
    expected = json.loads((inbox / f"{key}.json").read_bytes())
    return all(hashlib.sha256((inbox / name).read_bytes()).hexdigest() == expected[name] for name in expected)


def pick_up(inbox: Path) -> None:
    for name in visible(inbox):
        (inbox / name).unlink()


def drafts(inbox: Path) -> list[Path]:
    return list((inbox / WORKSPACE / "drafts").iterdir())


# ── appearing ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_set_appears(directory: Directory, inbox: Path) -> None:
    """All files are there under their names and nothing else is to be seen, not even a draft."""
    ending = await hand_over(directory, "a")

    assert ending == Arrived()
    assert visible(inbox) == {"a.xml", "a.1.png", "a.json"}
    assert is_whole(inbox, "a")
    assert drafts(inbox) == []


async def test_whoever_watches_never_sees_half_a_set(directory: Directory, inbox: Path) -> None:
    """A watcher that looks without a pause finds each set whole once its sign is there, and each file whole before."""
    enough = threading.Event()
    expected = {".png": SCAN, ".xml": DOCUMENT}
    whole: dict[str, bool] = {}

    def watch() -> None:
        while not enough.is_set():
            for path in (inbox / name for name in visible(inbox) - set(whole)):
                is_sign = path.suffix == ".json"
                whole[path.name] = is_whole(inbox, path.stem) if is_sign else path.read_bytes() == expected[path.suffix]

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for dozen in range(8):
            await asyncio.gather(*(hand_over(directory, f"{dozen}-{n}") for n in range(12)))
        await until(lambda: len(whole) == 8 * 12 * 3)
    finally:
        enough.set()
        watcher.join()

    assert [name for name in whole if not whole[name]] == []


async def test_a_set_is_handed_over_once(directory: Directory, inbox: Path) -> None:
    """After somebody picked it up it does not appear again, however often it is delivered."""
    await hand_over(directory, "a")
    pick_up(inbox)

    endings = [await hand_over(directory, "a"), await directory.hand_over("a", [], sign("a"))]

    assert endings == [Arrived(), Arrived()]
    assert visible(inbox) == set()


async def test_two_who_deliver_one_set_do_not_double_it(inbox: Path) -> None:
    """Of many at the same time, through two processes' worth of directories, one makes it appear."""
    appeared: list[str] = []
    for n in range(20):
        one, other = Directory(inbox), Directory(inbox)
        endings = await asyncio.gather(*(hand_over(each, f"{n}") for each in (one, other, one, other)))
        appeared += visible(inbox)
        pick_up(inbox)
        one.close()
        other.close()

        assert endings == [Arrived()] * 4
    assert len(appeared) == len(set(appeared)) == 20 * 3
    await until(lambda: drafts(inbox) == [])


async def test_who_was_overtaken_changes_nothing(directory: Directory, inbox: Path) -> None:
    """A delivery that began before another finished the same set, and ends after the pick-up, adds nothing to it."""
    go_on = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield SCAN
        await go_on.wait()

    overtaken = asyncio.create_task(directory.hand_over("a", [Streamed("a.1.png", slowly())], sign("a")))
    await until(lambda: (inbox / WORKSPACE / "drafts").exists() and drafts(inbox))
    await hand_over(directory, "a")
    pick_up(inbox)
    go_on.set()

    assert await overtaken == Arrived()
    assert visible(inbox) == set()
    await until(lambda: drafts(inbox) == [])


async def test_everything_is_synced_before_it_counts(
    directory: Directory, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files, draft and receipt are flushed while the sign is hidden, and the directory before the answer."""
    flushed: list[tuple[str, bool]] = []
    really = os.fsync

    def note(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        flushed.append((path.name.partition(".")[0] if path.is_dir() else path.suffix, (inbox / "a.json").exists()))
        really(descriptor)

    await directory.hand_over("before", [], sign("before"))  # makes the rooms
    monkeypatch.setattr(os, "fsync", note)
    await hand_over(directory, "a")

    assert flushed == [
        (".png", False),
        (".xml", False),
        (".json", False),
        ("a", False),
        ("receipts", False),
        ("eingang", True),
    ]


async def test_a_yes_is_as_safe_as_a_delivery(
    directory: Directory, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it says that a set arrived it flushes the directory: the delivery may have died before it did."""
    await hand_over(directory, "a")
    flushed: list[Path] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: flushed.append(Path(f"/proc/self/fd/{descriptor}").readlink()))

    assert await directory.knows("a", "a.json") == Arrived()
    assert flushed == [inbox]


@pytest.mark.parametrize("name", ["", ".", "..", "../a", "a/b", ".hidden", "receipt", "a\0b", "ä"])
async def test_a_name_that_is_more_than_a_name_is_a_bug(directory: Directory, name: str) -> None:
    """Nothing that could leave the directory, hide in it or mean something else is taken for a name."""
    with pytest.raises(ValueError, match="letters, digits"):
        await directory.hand_over("a", [File(name, b"")], sign("a"))
    with pytest.raises(ValueError, match="letters, digits"):
        await directory.knows(name, "a.json")


# ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_it_knows_what_was_handed_over(directory: Directory, inbox: Path) -> None:
    """Not there before; there afterwards, while it lies in the directory and when it is gone from it."""
    before = await directory.knows("a", "a.json")
    await hand_over(directory, "a")
    lying = await directory.knows("a", "a.json")
    pick_up(inbox)
    gone = await directory.knows("a", "a.json")

    assert (before, lying, gone) == (NotThere(), Arrived(), Arrived())


async def test_nobody_can_say_without_the_receipts(directory: Directory, inbox: Path) -> None:
    """A directory that is away or has lost its receipts answers neither yes nor no."""
    await hand_over(directory, "a")
    (inbox / WORKSPACE).rename(inbox / "verschoben")
    unprepared = await directory.knows("a", "a.json")
    inbox.rename(inbox.with_name("weg"))
    away = await directory.knows("a", "a.json")

    assert unprepared == Unreachable("folder-not-prepared")
    assert away == Unreachable("folder-missing")


# ── dying ────────────────────────────────────────────────────────────────────────────────────────────────────────────

DELIVERY = """
import asyncio, sys
from pathlib import Path
from gateway.transports.directory import Directory
from tests.gateway.transports.a_set import hand_over
from tests.gateway.transports.interrupted import kill_at
async def deliver():
    directory = Directory(Path(sys.argv[1]))
    await directory.knows("a", "a.json")  # what is lazily imported or made is there now
    kill_at(int(sys.argv[2]))
    await hand_over(directory, "a")
asyncio.run(deliver())
"""


@pytest.mark.slow
async def test_killed_anywhere_it_tells_the_truth_and_is_finished_once(tmp_path: Path) -> None:
    """
    Killed at each single touch of the disk, the set is seen whole or not at all, the answer afterwards is right even
    after a pick-up, and the next delivery makes it appear if it had not, and only then.
    """
    appeared: list[bool] = []
    finished = False
    while not finished:
        inbox = tmp_path / f"{len(appeared)}"
        (inbox / WORKSPACE).mkdir(parents=True)
        finished = survives(DELIVERY, inbox, len(appeared) + 1)
        seen = "a.json" in visible(inbox)
        if seen:
            assert is_whole(inbox, "a")
            pick_up(inbox)

        directory = Directory(inbox)
        answer = await directory.knows("a", "a.json")
        ending = await hand_over(directory, "a")
        directory.close()

        assert answer == (Arrived() if seen else NotThere())
        assert ending == Arrived()
        assert visible(inbox) == (set() if seen else {"a.xml", "a.1.png", "a.json"})
        assert seen or is_whole(inbox, "a")
        appeared.append(seen)

    assert len(appeared) > 20
    assert appeared == sorted(appeared)  # hidden up to one step, and from there on seen
    assert (appeared[0], appeared[-1]) == (False, True)


async def test_a_cancelled_delivery_leaves_no_draft(directory: Directory, inbox: Path) -> None:
    """What a caller who gave up had written so far is removed, and the set can be delivered anew."""
    stalled = asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        yield SCAN
        stalled.set()
        await asyncio.Event().wait()

    delivery = asyncio.create_task(directory.hand_over("a", [Streamed("a.1.png", stalling())], sign("a")))
    await stalled.wait()
    assert len(drafts(inbox)) == 1
    delivery.cancel()
    await asyncio.wait({delivery})

    await until(lambda: drafts(inbox) == [])
    assert await hand_over(directory, "a") == Arrived()


async def test_what_the_dead_left_is_swept(inbox: Path) -> None:
    """Drafts nobody wrote to for an hour go, younger ones and receipts stay; looked at again after an hour."""
    now = 0.0
    directory = Directory(inbox, clock=lambda: now)
    await hand_over(directory, "first")
    dead, alive = (_draft(inbox, name) for name in ("dead.1", "alive.1"))
    _age(dead, STALE_AFTER + 60)
    _age(alive, STALE_AFTER - 60)
    await hand_over(directory, "too-early")
    assert {path.name for path in drafts(inbox)} == {"dead.1", "alive.1"}

    now = STALE_AFTER
    await hand_over(directory, "second")
    directory.close()

    assert {path.name for path in drafts(inbox)} == {"alive.1"}
    assert {path.name for path in (inbox / WORKSPACE / "receipts").iterdir()} == {"first", "second", "too-early"}


async def test_a_swept_draft_is_not_sealed(inbox: Path) -> None:
    """Whoever was taken for dead and goes on delivers nothing half, and arrives at the next try."""
    slow, quick = Directory(inbox), Directory(inbox)
    go_on = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield SCAN
        await go_on.wait()

    delivery = asyncio.create_task(slow.hand_over("a", [Streamed("a.1.png", slowly())], sign("a")))
    await until(lambda: [path for path in (inbox / WORKSPACE).glob("drafts/a.*/a.1.png") if path.stat().st_size])
    _age(drafts(inbox)[0], STALE_AFTER + 60)
    await hand_over(quick, "b")
    go_on.set()

    assert isinstance(await delivery, Unreachable)
    assert "a.json" not in visible(inbox)
    assert await hand_over(slow, "a") == Arrived()
    slow.close()
    quick.close()


def _draft(inbox: Path, name: str) -> Path:
    draft = inbox / WORKSPACE / "drafts" / name
    draft.mkdir()
    (draft / "a.xml").write_bytes(b"<antr")
    return draft


def _age(draft: Path, seconds: float) -> None:
    for path in (*draft.iterdir(), draft):
        touched = path.stat().st_mtime - seconds
        os.utime(path, (touched, touched))


# ── failing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_missing_directory_is_unreachable(directory: Directory, inbox: Path) -> None:
    """A directory that is not there, or a file in its place, says so; it is not made."""
    inbox.rename(inbox.with_name("weg"))
    missing = await hand_over(directory, "a")
    made = inbox.exists()
    inbox.write_bytes(b"")
    file = await hand_over(directory, "a")

    assert missing == file == Unreachable("folder-missing")
    assert not made


async def test_an_unprepared_directory_is_unreachable(directory: Directory, inbox: Path) -> None:
    """The empty mount point of a share that is not mounted gets nothing."""
    (inbox / WORKSPACE).rmdir()

    assert await hand_over(directory, "a") == Unreachable("folder-not-prepared")
    assert list(inbox.iterdir()) == []


async def test_a_forbidden_directory_is_unreachable(directory: Directory, inbox: Path) -> None:
    """No permission is told apart from no directory."""
    with nobody_may(inbox):
        assert await hand_over(directory, "a") == Unreachable("no-permission")


@contextmanager
def nobody_may(inbox: Path) -> Iterator[None]:
    """The directory closed to everybody; root, whom that would not stop, becomes somebody else for so long."""
    inbox.chmod(0)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65_534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        inbox.chmod(0o700)


@pytest.mark.parametrize(
    "number, because",
    [
        (errno.ENOSPC, "disk-full"),
        (errno.EDQUOT, "disk-full"),
        (errno.EROFS, "read-only"),
        (errno.ESTALE, "share-away"),
        (errno.EMFILE, "too-many-open-files"),
        (errno.EIO, "disk-error"),
    ],
)
async def test_a_disk_that_says_no_is_unreachable_and_keeps_nothing(
    directory: Directory, inbox: Path, monkeypatch: pytest.MonkeyPatch, number: int, because: str
) -> None:
    """Each error gets its short code; no draft takes up room; the set arrives when the disk has recovered."""
    await directory.knows("a", "a.json")  # makes the rooms
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _refusing(number, once_visible=None))
        at_once = await directory.hand_over("a", [File("a.xml", DOCUMENT)], sign("a"))
        streamed = await hand_over(directory, "a")

    assert at_once == streamed == Unreachable(because)
    await until(lambda: drafts(inbox) == [])
    assert visible(inbox) == set()
    assert await hand_over(directory, "a") == Arrived()


async def test_a_share_without_second_names_and_folder_flushes_will_do(
    directory: Directory, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the file system has neither, a set still appears, once."""
    really = os.fsync

    def files_only(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink().is_dir():
            raise OSError(errno.EINVAL, "from the test")
        really(descriptor)

    def no_links(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "from the test")

    monkeypatch.setattr(os, "fsync", files_only)
    monkeypatch.setattr(os, "link", no_links)

    assert await hand_over(directory, "a") == Arrived()
    assert is_whole(inbox, "a")
    pick_up(inbox)
    assert (await hand_over(directory, "a"), visible(inbox)) == (Arrived(), set())


async def test_an_error_before_the_sign_appeared_is_unreachable(directory: Directory, inbox: Path) -> None:
    """A set that is complete but cannot leave its receipt has not arrived; it goes on from there later."""
    (inbox / "a.xml").mkdir()
    blocked = await hand_over(directory, "a")
    asked = await directory.knows("a", "a.json")
    (inbox / "a.xml").rmdir()
    freed = await hand_over(directory, "a")

    assert (blocked, asked, freed) == (Unreachable("disk-error"), NotThere(), Arrived())
    assert is_whole(inbox, "a")


async def test_an_error_after_the_sign_appeared_is_unclear(
    directory: Directory, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the sign may be seen already nobody says "it did not arrive"; asked later, the answer is right."""
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _refusing(errno.EIO, once_visible=inbox / "a.json"))
        ending = await hand_over(directory, "a")
    pick_up(inbox)

    assert ending == Unclear("disk-error")
    assert await directory.knows("a", "a.json") == Arrived()
    assert await hand_over(directory, "a") == Arrived()
    assert visible(inbox) == set()


async def test_a_broken_stream_is_no_trouble_of_the_disk(directory: Directory, inbox: Path) -> None:
    """What a stream raises is raised, also where it looks like an error of the directory; nothing stays behind."""

    async def breaking() -> AsyncIterator[bytes]:
        yield SCAN
        raise OSError(errno.ENOSPC, "elsewhere")

    with pytest.raises(OSError, match="elsewhere"):
        await directory.hand_over("a", [Streamed("a.1.png", breaking())], sign("a"))

    await until(lambda: drafts(inbox) == [])
    assert visible(inbox) == set()


def _refusing(number: int, *, once_visible: Path | None) -> Callable[[int], None]:
    really = os.fsync

    def refuse(descriptor: int) -> None:
        if once_visible is not None and not once_visible.exists():
            really(descriptor)
        else:
            raise OSError(number, "from the test")

    return refuse
