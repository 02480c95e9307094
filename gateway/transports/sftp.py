"""
SFTP as a transport: a set of files appears in a directory on a server complete, and once.

The layout, the renames and the rule are those of `transports.directory`, carried out on the server: a set was handed
over exactly if its receipt exists and the sign is no longer in it. Two renames can happen only once each, and a cut
connection leaves either done or not done. What a server is asked for beyond SFTP 3 are two extensions of OpenSSH:
`posix-rename`, without which its plain rename must do, and `fsync`, without which a power cut at the server may lose
what it had accepted.

The server proves itself with one of the host keys that were written down. There is no trust on first use.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import posixpath
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final, TypeVar

import asyncssh

from gateway.adapter import NotThere, Unclear, Unreachable
from gateway.transports.account import Account
from gateway.transports.directory import (
    STALE_AFTER,
    WORKSPACE,
    Arrived,
    File,
    Streamed,
    fresh_name,
    insist_on_plain,
)

RECEIPT: Final = "receipt"
"""a second name of the sign, which stays: a receipt is never empty, so that no other folder can take its place"""

T = TypeVar("T")

logging.getLogger("asyncssh").setLevel(logging.CRITICAL)  # it would repeat names, hosts and accounts


class RemoteDirectory:
    """One inbox on one server, over one connection, which is made when it is needed and made anew when it is lost."""

    def __init__(self, account: Account, inbox: str, *, clock: Callable[[], float] | None = None) -> None:
        self._account = account
        self._inbox = inbox
        self._clock = clock
        self._line: _Line | None = None
        self._dialling = asyncio.Lock()
        self._next_sweep: float | None = None
        self._errands: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """End what is being tidied up, and the connection."""
        for errand in self._errands:
            errand.cancel()
        await asyncio.gather(*self._errands, return_exceptions=True)
        if self._line is not None:
            await self._line.close()

    async def hand_over(
        self, key: str, files: Sequence[File | Streamed], sign: File
    ) -> Arrived | Unreachable | Unclear:
        """
        Make the set appear, unless it did before.

        On `Unreachable` the sign did not appear. What a stream raises is raised.
        """
        insist_on_plain(key, sign.name, *(file.name for file in files))
        try:
            async with self._rooms() as rooms:
                if not await rooms.has_receipt(key):
                    await self._fill(rooms, key, files, sign)
                return await rooms.release(key, sign.name)
        except _Trouble as trouble:
            return Unreachable(trouble.because)

    async def knows(self, key: str, sign: str) -> Arrived | NotThere | Unreachable:
        """Whether the set was ever handed over, by the rule above."""
        insist_on_plain(key, sign)
        try:
            async with self._rooms() as rooms:
                return Arrived() if await rooms.released(key, sign) else NotThere()
        except _Trouble as trouble:
            return Unreachable(trouble.because)

    async def ready(self) -> Unreachable | None:
        """Whether a set could be begun now; tried with a draft, which goes again."""
        try:
            async with self._rooms() as rooms:
                draft = fresh_name("probe")
                await rooms.begin(draft)
                await rooms.discard(draft)
        except _Trouble as trouble:
            return Unreachable(trouble.because)
        return None

    async def _fill(self, rooms: _Rooms, key: str, files: Sequence[File | Streamed], sign: File) -> None:
        draft = fresh_name(key)
        try:
            await rooms.begin(draft)
            await self._sweep_at_times(rooms, draft)
            for file in (*files, sign, File(RECEIPT, sign.content)):
                await rooms.write(draft, file)
            await rooms.seal(draft, key)
        except BaseException:
            self._discard_later(rooms, draft)  # whoever gave up does not wait for it; a later sweep finds what is left
            raise

    async def _sweep_at_times(self, rooms: _Rooms, draft: str) -> None:
        now = self._clock() if self._clock else asyncio.get_running_loop().time()
        if self._next_sweep is None or now >= self._next_sweep:
            self._next_sweep = now + STALE_AFTER
            with suppress(_Trouble):
                await rooms.sweep(draft)

    def _discard_later(self, rooms: _Rooms, draft: str) -> None:
        async def discard() -> None:
            with suppress(_Trouble):
                await rooms.discard(draft)

        task = asyncio.create_task(discard())
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    @asynccontextmanager
    async def _rooms(self) -> AsyncIterator[_Rooms]:
        async with self._dialling:
            if self._line is None or self._line.lost:
                self._line = await _dialled(self._account)
        rooms = _Rooms(self._line.sftp, self._inbox)
        await rooms.insist()
        yield rooms


@dataclass(frozen=True, slots=True)
class _Line:
    """An open connection and the SFTP session on it."""

    connection: asyncssh.SSHClientConnection
    sftp: asyncssh.SFTPClient

    @property
    def lost(self) -> bool:
        return self.connection.is_closed()

    async def close(self) -> None:
        self.connection.abort()
        with suppress(asyncssh.Error, OSError):
            await self.connection.wait_closed()


async def _dialled(account: Account) -> _Line:
    try:
        password = None
        if account.password is not None:
            password = (await asyncio.to_thread(account.password.read_text, "utf-8")).strip()
        keys = [] if account.key is None else [await asyncio.to_thread(asyncssh.read_private_key, account.key)]
        trusted = [asyncssh.import_public_key(key) for key in account.host_keys]
    except (OSError, ValueError, asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        raise _Trouble("credentials-unreadable") from None
    try:
        async with asyncio.timeout(account.connect):
            connection = await asyncssh.connect(
                account.host,
                account.port,
                config=None,
                username=account.user,
                password=password,
                client_keys=keys,
                agent_path=None,
                known_hosts=(trusted, [], []),
                keepalive_interval=15,
                keepalive_count_max=3,
            )
            return _Line(connection, await connection.start_sftp_client())
    except (OSError, asyncssh.Error) as error:
        raise _Trouble(_because(error, lost="connection-lost")) from None


@dataclass(frozen=True, slots=True)
class _Rooms:
    """The inbox and our folders in it, on the server."""

    sftp: asyncssh.SFTPClient
    inbox: str

    async def insist(self) -> None:
        """The workspace is there; its rooms are made where they are missing."""
        for folder, because in ((self.inbox, "folder-missing"), (self._at(), "folder-not-prepared")):
            if not await _asked(self.sftp.isdir(folder)):
                raise _Trouble(because)

    async def has_receipt(self, key: str) -> bool:
        return await _asked(self.sftp.exists(self._at("receipts", key)))

    async def begin(self, draft: str) -> None:
        for room in ("drafts", "receipts"):
            if not await _asked(self.sftp.isdir(self._at(room))):
                with suppress(_Trouble):  # another process was quicker
                    await _asked(self.sftp.mkdir(self._at(room)))
        await _asked(self.sftp.mkdir(self._at("drafts", draft)))

    async def write(self, draft: str, file: File | Streamed) -> None:
        """A whole file, flushed by the server where it can. What a stream raises is raised."""
        open_file = await _asked(self.sftp.open(self._at("drafts", draft, file.name), "xb"))
        try:
            if isinstance(file, File):
                await _asked(open_file.write(file.content))
            else:
                async for piece in file.pieces:
                    await _asked(open_file.write(piece))
            await _flushed(open_file)
        finally:
            with suppress(_Trouble):
                await _asked(open_file.close())

    async def seal(self, draft: str, key: str) -> None:
        """Make the draft the receipt; if somebody else was quicker, theirs counts and this one goes."""
        try:
            await self._rename(self._at("drafts", draft), self._at("receipts", key))
        except _Trouble:
            if not await self.has_receipt(key):
                raise
            await self.discard(draft)

    async def release(self, key: str, sign: str) -> Arrived | Unreachable | Unclear:
        """Move the files out of the receipt, the sign last."""
        names = set(await _asked(self.sftp.listdir(self._at("receipts", key)))) - {".", "..", RECEIPT, sign}
        try:
            for name in sorted(names):
                await self._move_out(key, name)
        except _Trouble as trouble:
            return Unreachable(trouble.because)
        try:
            await self._move_out(key, sign)
        except _Trouble as trouble:
            with suppress(_Trouble):
                return Arrived() if await self.released(key, sign) else Unreachable(trouble.because)
            return Unclear(trouble.because)
        return Arrived()

    async def released(self, key: str, sign: str) -> bool:
        return await self.has_receipt(key) and not await _asked(self.sftp.exists(self._at("receipts", key, sign)))

    async def discard(self, draft: str) -> None:
        """Remove a draft. Renaming it first takes it from an owner who is still alive and could seal half of it."""
        taken = self._at("drafts", f"{fresh_name('discarded')}.gone")
        with suppress(_Missing):
            await self._rename(self._at("drafts", draft), taken)
            for name in await _asked(self.sftp.listdir(taken)):
                if name not in {".", ".."}:
                    await _asked(self.sftp.remove(posixpath.join(taken, name)))
            await _asked(self.sftp.rmdir(taken))

    async def sweep(self, fresh: str) -> None:
        """Discard what nobody wrote to for long, by the clock that stamps files there: that of the draft just begun."""
        now = await self._last_write(fresh)
        for draft in await _asked(self.sftp.listdir(self._at("drafts"))):
            if draft not in {".", "..", fresh}:
                with suppress(_Missing):
                    if now - await self._last_write(draft) > STALE_AFTER:
                        await self.discard(draft)

    async def _last_write(self, draft: str) -> float:
        folder = self._at("drafts", draft)
        entries = await _asked(self.sftp.readdir(folder))
        times = [entry.attrs.mtime for entry in entries if _name(entry) != ".." and entry.attrs.mtime is not None]
        return float(max(times, default=0))

    async def _move_out(self, key: str, name: str) -> None:
        with suppress(_Missing):  # somebody who delivers the same set was quicker
            await self._rename(self._at("receipts", key, name), posixpath.join(self.inbox, name))

    async def _rename(self, old: str, new: str) -> None:
        try:
            await self.sftp.posix_rename(old, new)
        except asyncssh.SFTPOpUnsupported:
            await _asked(self.sftp.rename(old, new))
        except (OSError, asyncssh.Error) as error:
            raise _trouble(error) from None

    def _at(self, *names: str) -> str:
        return posixpath.join(self.inbox, WORKSPACE, *names)


class _Trouble(Exception):
    """The server said no, or nothing; `because` is the code that leaves this module."""

    def __init__(self, because: str) -> None:
        super().__init__(because)
        self.because = because


class _Missing(_Trouble):
    """There is no such file."""


def _name(entry: asyncssh.SFTPName) -> str:
    return entry.filename if isinstance(entry.filename, str) else entry.filename.decode("utf-8", "replace")


async def _asked(answer: Awaitable[T]) -> T:
    try:
        return await answer
    except (OSError, asyncssh.Error) as error:
        raise _trouble(error) from None


async def _flushed(file: asyncssh.SFTPClientFile) -> None:
    with suppress(asyncssh.SFTPOpUnsupported):
        try:
            await file.fsync()
        except asyncssh.SFTPOpUnsupported:
            raise
        except (OSError, asyncssh.Error) as error:
            raise _trouble(error) from None


def _trouble(error: Exception) -> _Trouble:
    if isinstance(error, asyncssh.SFTPNoSuchFile | asyncssh.SFTPNoSuchPath):
        return _Missing("folder-missing")
    return _Trouble(_because(error, lost="connection-lost"))


def _because(error: Exception, *, lost: str) -> str:
    for kind, because in _KINDS.items():
        if isinstance(error, kind):
            return because
    if isinstance(error, OSError):
        return _NUMBERS.get(error.errno or 0, lost)
    return "disk-error" if isinstance(error, asyncssh.SFTPError) else lost


_KINDS: Final = {
    asyncssh.HostKeyNotVerifiable: "host-key-unknown",
    asyncssh.PermissionDenied: "not-identified",
    asyncssh.KeyExchangeFailed: "no-common-algorithm",
    asyncssh.SFTPNoConnection: "connection-lost",
    asyncssh.SFTPConnectionLost: "connection-lost",
    asyncssh.SFTPPermissionDenied: "no-permission",
    asyncssh.SFTPWriteProtect: "read-only",
    asyncssh.SFTPNoSpaceOnFilesystem: "disk-full",
    asyncssh.SFTPQuotaExceeded: "disk-full",
    asyncssh.ChannelOpenError: "no-sftp-there",
    socket.gaierror: "name-unknown",
    TimeoutError: "connect-timeout",
}

_NUMBERS: Final = {
    errno.ECONNREFUSED: "connection-refused",
    errno.EHOSTUNREACH: "host-unreachable",
    errno.ENETUNREACH: "host-unreachable",
}
