"""A set of files appears on an SFTP server complete, and once, whatever is cut on the way."""

import asyncio
import os
import shutil
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from gateway.adapter import NotThere, Unclear, Unreachable
from gateway.testing import until
from gateway.transports.account import Account
from gateway.transports.directory import STALE_AFTER, WORKSPACE, Arrived, File, Streamed
from gateway.transports.sftp import RemoteDirectory
from tests.gateway.transports.a_set import DOCUMENT, SCAN, pieces, sign
from tests.gateway.transports.test_directory import is_whole, pick_up, visible
from tests.services import SshServer

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def ssh() -> Iterator[SshServer]:
    with SshServer() as server:
        yield server


@pytest.fixture
def inbox(ssh: SshServer, tmp_path: Path) -> Path:
    inbox = ssh.home / tmp_path.name
    for folder in (inbox, inbox / WORKSPACE):
        folder.mkdir()
        ssh.own(folder)
    return inbox


@pytest.fixture
def account(ssh: SshServer) -> Account:
    keys = ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", ssh.host_key)
    return Account(host="127.0.0.1", port=ssh.port, user=ssh.user, host_keys=keys, key=ssh.key, connect=5)


@pytest.fixture
async def remote(account: Account, inbox: Path) -> AsyncIterator[RemoteDirectory]:
    remote = RemoteDirectory(account, str(inbox))
    yield remote
    await remote.close()


async def hand_over(remote: RemoteDirectory, key: str) -> Arrived | Unreachable | Unclear:
    files: list[File | Streamed] = [File(f"{key}.xml", DOCUMENT), Streamed(f"{key}.1.png", pieces())]
    return await remote.hand_over(key, files, sign(key))


def drafts(inbox: Path) -> list[Path]:
    return list((inbox / WORKSPACE / "drafts").iterdir())


# ── appearing ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_set_appears(remote: RemoteDirectory, inbox: Path) -> None:
    """All files are there under their names, whole, and nothing else is to be seen."""
    assert await hand_over(remote, "a") == Arrived()
    assert visible(inbox) == {"a.xml", "a.1.png", "a.json"}
    assert is_whole(inbox, "a")
    assert drafts(inbox) == []


async def test_a_set_is_handed_over_once(remote: RemoteDirectory, inbox: Path) -> None:
    """It is known while it lies there and after it was picked up, and does not appear again."""
    before = await remote.knows("a", "a.json")
    await hand_over(remote, "a")
    pick_up(inbox)

    assert before == NotThere()
    assert await remote.knows("a", "a.json") == Arrived()
    assert await hand_over(remote, "a") == Arrived()
    assert visible(inbox) == set()


async def test_two_who_deliver_one_set_do_not_double_it(account: Account, inbox: Path, remote: RemoteDirectory) -> None:
    """Two processes at the same time make it appear once, and leave no draft."""
    other = RemoteDirectory(account, str(inbox))
    for n in range(6):
        assert await asyncio.gather(*(hand_over(each, f"{n}") for each in (remote, other, remote))) == [Arrived()] * 3
        assert is_whole(inbox, f"{n}")
        pick_up(inbox)
    await other.close()

    assert visible(inbox) == set()
    await until(lambda: drafts(inbox) == [])


async def test_a_file_of_the_same_name_is_no_obstacle(remote: RemoteDirectory, inbox: Path) -> None:
    """What lies there under a name of the set gives way to the set's own file."""
    (inbox / "a.xml").write_bytes(b"alt")

    assert await hand_over(remote, "a") == Arrived()
    assert is_whole(inbox, "a")


async def test_a_stream_that_breaks_leaves_nothing(remote: RemoteDirectory, inbox: Path) -> None:
    """What a stream raises is raised, nothing appears, and the draft is tidied away."""

    async def breaking() -> AsyncIterator[bytes]:
        yield SCAN
        raise LookupError

    with pytest.raises(LookupError):
        await remote.hand_over("a", [Streamed("a.1.png", breaking())], sign("a"))

    assert visible(inbox) == set()
    await until(lambda: drafts(inbox) == [])
    assert await hand_over(remote, "a") == Arrived()


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "a\0b"])
async def test_a_name_that_is_more_than_a_name_is_a_bug(remote: RemoteDirectory, name: str) -> None:
    """Nothing that could leave the directory is taken for a name."""
    with pytest.raises(ValueError, match="letters, digits"):
        await remote.hand_over("a", [File(name, b"")], sign("a"))


async def test_half_files_of_the_dead_are_swept(remote: RemoteDirectory, inbox: Path, ssh: SshServer) -> None:
    """What nobody wrote to for an hour goes with the next delivery; what is fresh stays."""
    room = ssh.own(inbox / WORKSPACE)
    for name, age in (("drafts", 0.0), ("drafts/tot.1", STALE_AFTER + 60), ("drafts/frisch.1", 60.0)):
        folder = room / name
        folder.mkdir()
        ssh.own(folder)
        if age:
            half = ssh.own(_written(folder / "half.png"))
            for path in (half, folder):
                moment = path.stat().st_mtime - age
                os.utime(path, (moment, moment))

    await hand_over(remote, "a")

    assert [path.name for path in drafts(inbox)] == ["frisch.1"]


# ── away, and not ours ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_server_that_is_down_took_nothing(account: Account, inbox: Path) -> None:
    """Nobody listens: nothing arrived; what was connected before is connected anew."""
    with SshServer() as own:
        there = replace(account, port=own.port, user=own.user, host_keys=(own.host_key,), key=own.key)
        box = own.own(_made(own.home / "eingang"))
        own.own(_made(box / WORKSPACE))
        remote = RemoteDirectory(there, str(box))
        await hand_over(remote, "a")
        own.stop()
        await _cut(remote)
        away = await hand_over(remote, "b")
        asked = await remote.knows("a", "a.json")
        own.start()

        assert (away, asked) == (Unreachable("connection-refused"), Unreachable("connection-refused"))
        assert await hand_over(remote, "b") == Arrived()
        await remote.close()


@pytest.mark.parametrize(
    ("change", "because"),
    [
        (
            {"host_keys": ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",)},
            "host-key-unknown",
        ),
        ({"user": "nobody-at-all"}, "not-identified"),
        ({"host": "server.invalid"}, "name-unknown"),
        ({"key": Path("/nicht/da")}, "credentials-unreadable"),
        ({"password": Path("/nicht/da")}, "credentials-unreadable"),
    ],
)
async def test_who_is_not_believed_gets_nothing(
    account: Account, inbox: Path, change: dict[str, Any], because: str
) -> None:
    """A server with another key is not spoken to; an account or a file that will not do is named."""
    remote = RemoteDirectory(replace(account, **change), str(inbox))

    assert await hand_over(remote, "a") == Unreachable(because)
    await remote.close()


async def test_a_folder_that_is_not_prepared_is_refused(remote: RemoteDirectory, inbox: Path) -> None:
    """Without our workspace nobody can say what was handed over before; without the directory nothing is there."""
    (inbox / WORKSPACE).rmdir()
    unprepared = await remote.ready()
    inbox.rmdir()

    assert unprepared == Unreachable("folder-not-prepared")
    assert await hand_over(remote, "a") == Unreachable("folder-missing")


async def test_without_the_right_to_rename_nothing_appears(remote: RemoteDirectory, inbox: Path) -> None:
    """A directory that takes nothing from us is named, and takes the set once it may."""
    mode = stat.S_IMODE(inbox.stat().st_mode)
    inbox.chmod(0o555)
    ending = await hand_over(remote, "a")
    inbox.chmod(mode)

    assert ending == Unreachable("no-permission")
    assert visible(inbox) == set()
    assert await hand_over(remote, "a") == Arrived()
    assert is_whole(inbox, "a")


async def test_it_is_ready_or_says_why(remote: RemoteDirectory, inbox: Path) -> None:
    """A look leaves nothing behind."""
    assert await remote.ready() is None
    assert drafts(inbox) == []
    assert visible(inbox) == set()


# ── cut ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_cut_anywhere_it_tells_the_truth_and_is_finished_once(account: Account, inbox: Path) -> None:
    """Wherever the line is cut: what is said is true, and the next delivery makes the set appear whole, once."""
    async with _cutting(account.port, None) as whole:
        await _delivered_through(whole, account, inbox, "ganz")
    endings: set[str] = set()
    for cut in range(whole.passed - 3_600, whole.passed + 800, 400):
        key = f"{cut}"
        async with _cutting(account.port, cut) as line:
            ending = await _delivered_through(line, account, inbox, key)
        appeared = (inbox / f"{key}.json").exists()
        endings.add(type(ending).__name__)

        assert appeared or not isinstance(ending, Arrived)
        assert not (appeared and isinstance(ending, Unreachable))

        remote = RemoteDirectory(account, str(inbox))
        assert await remote.knows(key, f"{key}.json") == (Arrived() if appeared else NotThere())
        assert await remote.hand_over(key, [File(f"{key}.xml", b"<antrag/>")], _sign(key)) == Arrived()
        assert (inbox / f"{key}.xml").read_bytes() == b"<antrag/>"
        await remote.close()
        for half in drafts(inbox):
            shutil.rmtree(half)

    assert endings >= {"Unreachable", "Arrived"}


async def test_an_answer_that_is_lost_is_unclear(account: Account, inbox: Path) -> None:
    """The line dies when the sign was moved and before anybody heard: it may have arrived, and asking tells."""
    async with _cutting(account.port, None) as way:
        remote = RemoteDirectory(replace(account, port=way.port), str(inbox))
        await remote.ready()
        line = remote._line
        assert line is not None
        really = line.sftp.posix_rename

        async def and_then_nothing(old: Any, new: Any) -> None:
            await really(old, new)
            if str(new).endswith("a.json"):
                line.connection.abort()
                raise asyncssh.SFTPConnectionLost("cut")

        line.sftp.posix_rename = and_then_nothing  # type: ignore[assignment, method-assign]
        ending = await hand_over(remote, "a")
        await remote.close()

    assert ending == Unclear("connection-lost")
    after = RemoteDirectory(account, str(inbox))
    assert await after.knows("a", "a.json") == Arrived()
    await after.close()


class _Way:
    """A line to the server, which is cut when so many bytes have left."""

    def __init__(self, port: int, after: int | None) -> None:
        self.port = 0
        self.passed = 0
        self._far = port
        self._after = after
        self.lines: set[asyncio.Task[None]] = set()

    async def forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._far)

        async def back() -> None:
            while data := await far_reader.read(65_536):
                writer.write(data)

        returning = asyncio.create_task(back())
        self.lines.add(returning)
        try:
            while data := await reader.read(512):
                data = data if self._after is None else data[: max(self._after - self.passed, 0)]
                self.passed += len(data)
                far_writer.write(data)
                await far_writer.drain()
                if self.passed == self._after:
                    break
        finally:
            far_writer.close()
            await asyncio.wait({returning}, timeout=1)
            writer.transport.abort()


@asynccontextmanager
async def _cutting(port: int, after: int | None) -> AsyncIterator[_Way]:
    way = _Way(port, after)
    server = await asyncio.start_server(way.forward, "127.0.0.1", 0)
    way.port = server.sockets[0].getsockname()[1]
    async with server:
        yield way
        server.close()
    await asyncio.gather(*way.lines, return_exceptions=True)


async def _delivered_through(way: _Way, account: Account, inbox: Path, key: str) -> Arrived | Unreachable | Unclear:
    remote = RemoteDirectory(replace(account, port=way.port), str(inbox))
    ending = await remote.hand_over(key, [File(f"{key}.xml", b"<antrag/>")], _sign(key))
    await remote.close()
    return ending


async def _cut(remote: RemoteDirectory) -> None:
    assert remote._line is not None
    await remote._line.close()


def _sign(key: str) -> File:
    return File(f"{key}.json", b"{}")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _written(file: Path) -> Path:
    file.write_bytes(b"halb")
    return file
