"""The same Fachverfahren behind an SFTP server of its own, for demos and tests of that way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncssh

from adapters.filedrop.simulator import FolderWatcher, folder_of
from gateway.adapter import Simulator, Taken


class SftpWatcher:
    """Watches its directory as ever; what leads to it is an account on a server that shows nothing else."""

    def __init__(self, watcher: FolderWatcher, settings: Mapping[str, Any]) -> None:
        self._watcher = watcher
        self._settings = settings

    def settings(self) -> Mapping[str, Any]:
        return self._settings

    def ledger(self) -> list[str]:
        return self._watcher.ledger()

    def taken(self, submission: str) -> Taken | None:
        return self._watcher.taken(submission)

    def fail(self, down: bool) -> None:  # noqa: FBT001 - the port's own words
        """Take the directory away, or put it back; the server goes on."""
        self._watcher.fail(down)


@asynccontextmanager
async def simulate_over_sftp(destination: str, folder: Path) -> AsyncIterator[Simulator]:
    """A running Fachverfahren for this destination, which is reached over SFTP."""
    home = folder_of(folder, destination)
    watcher = FolderWatcher(home)
    host, ours = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
    ours.write_private_key(home / "zugang")
    (home / "zugelassen").write_bytes(ours.export_public_key())

    def shown(channel: asyncssh.SSHServerChannel[bytes]) -> asyncssh.SFTPServer:
        return asyncssh.SFTPServer(channel, chroot=str(home.absolute()).encode())

    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        config=None,
        server_host_keys=[host],
        authorized_client_keys=str(home / "zugelassen"),
        sftp_factory=shown,
        allow_scp=False,
    )
    async with server:
        settings = {
            "directory": "/eingang",
            "host": "127.0.0.1",
            "port": server.get_port(),
            "user": "gateway",
            "host_keys": [host.export_public_key().decode().strip()],
            "key": str((home / "zugang").absolute()),
        }
        async with watcher.running():
            yield SftpWatcher(watcher, settings)
