"""A private OpenSSH server: its own port and keys, SFTP only, for the account it runs as."""

import getpass
import shutil
import signal
from pathlib import Path
from typing import Final, Self

import asyncssh

from tests.services.packages import SSHD
from tests.services.processes import Process, answers, free_port, temporary_folder, unprivileged_account

_CONFIGURATION: Final = """
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PubkeyAuthentication yes
AuthorizedKeysFile {folder}/authorized
Subsystem sftp internal-sftp
AllowTcpForwarding no
MaxStartups 100
MaxSessions 100
LogLevel VERBOSE
"""


class SshServer:
    """`with SshServer() as ssh:`; `home` is a folder in which the account may do everything."""

    def __init__(self) -> None:
        self._account = unprivileged_account()
        self.user = self._account or getpass.getuser()
        self.folder = temporary_folder(self._account)
        self.home = self.folder / "home"
        self.key = self.folder / "key"
        self.port = free_port()
        self.host_key = ""
        self._process: Process | None = None

    def __enter__(self) -> Self:
        try:
            self._write_configuration()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def start(self) -> None:
        """Start, or start again on the same port; returns when it takes connections."""
        if self._process is None:
            command: list[str | Path] = [SSHD.path(), "-D", "-e", "-f", self.folder / "sshd_config"]
            self._process = Process(command, log=self.folder / "sshd.log", user=self._account)
            self._process.wait_until(lambda: answers(self.port), within=20)

    def stop(self) -> None:
        """End the server; connections that are open stay with their own processes."""
        if self._process is not None:
            self._process.end(signal.SIGTERM)
            self._process = None

    def close(self) -> None:
        """Stop it and remove its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def own(self, path: Path) -> Path:
        """Give a path to the account that the server runs as."""
        if self._account:
            shutil.chown(path, self._account)
        return path

    def _write_configuration(self) -> None:
        host, ours = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
        self.host_key = host.export_public_key().decode().strip()
        self.home.mkdir()
        host.write_private_key(self.folder / "host")
        ours.write_private_key(self.key)
        (self.folder / "authorized").write_bytes(ours.export_public_key())
        (self.folder / "sshd_config").write_text(_CONFIGURATION.format(port=self.port, folder=self.folder))
        for path in self.folder.iterdir():
            path.chmod(0o700 if path.is_dir() else 0o600)
            self.own(path)
