"""Processes that live no longer than the test run, and the ports they listen on."""

import contextlib
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final


class ServerFailed(Exception):
    """A server did not start, did not stop, or answered a command with an error."""


class Process:
    """
    A server process in a session of its own, with a leash: when the test run dies, so does it.

    The leash is a shell that waits for the end of a pipe which this process alone holds open. The kernel's
    own parent-death signal would not do: it fires when the starting *thread* ends.
    """

    def __init__(
        self, command: Sequence[str | Path], *, log: Path, env: Mapping[str, str] | None = None, user: str | None = None
    ) -> None:
        self._log = log
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=log.parent,
                start_new_session=True,
                user=user,
                group=_group_of(user),
                extra_groups=[] if user else None,
            )
        self._leash = subprocess.Popen(
            ["/bin/sh", "-c", 'read -r _; kill -s KILL -- "-$1"', "leash", str(self.pid)],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def alive(self) -> bool:
        return self._popen.poll() is None

    @property
    def code(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._popen.poll()

    def end(self, sign: signal.Signals, *, within: float = 30) -> None:
        """Send the signal and wait until the process is gone; raises ServerFailed when it stays."""
        if self.alive:
            self._popen.send_signal(sign)
        try:
            self._popen.wait(within)
        except subprocess.TimeoutExpired:
            self.end(signal.SIGKILL)
            raise ServerFailed(f"No end within {within} s after {sign.name}, so it was killed.\n{self.log()}") from None
        finally:
            self._loosen()

    def log(self) -> str:
        """The last lines the process has written."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-30:])

    def wait_until(self, ready: Callable[[], bool], *, within: float = 90) -> None:
        """Wait for the condition; raises ServerFailed with the log when the process ends or time runs out."""
        deadline = time.monotonic() + within
        while not ready():
            if not self.alive:
                self._loosen()
                raise ServerFailed(f"Ended with {self._popen.returncode} while starting.\n{self.log()}")
            if time.monotonic() > deadline:
                self.end(signal.SIGKILL)
                raise ServerFailed(f"Not ready within {within} s.\n{self.log()}")
            time.sleep(0.05)

    def _loosen(self) -> None:
        self._leash.kill()
        self._leash.communicate()


def run_to_end(command: Sequence[str | Path], *, folder: Path, user: str | None = None) -> None:
    """Run a command as this account; raises ServerFailed with what it said when it fails."""
    done = subprocess.run(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        user=user,
        group=_group_of(user),
        extra_groups=[] if user else None,
        check=False,
    )
    if done.returncode != 0:
        raise ServerFailed(f"{command[0]} failed with {done.returncode}:\n{done.stdout}")


def free_port() -> int:
    """
    A free loopback port below the range from which the kernel serves outgoing connections.

    Inside that range a client that keeps knocking on a stopped server can end up connected to itself,
    or a stranger's connection can hold the port when the server comes back.
    """
    while True:
        port = random.randrange(*_SERVER_PORTS)
        with socket.socket() as candidate:
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def answers(port: int) -> bool:
    """Whether somebody accepts connections on this loopback port."""
    with socket.socket() as knock:
        knock.settimeout(1)
        return knock.connect_ex(("127.0.0.1", port)) == 0


def temporary_folder(owner: str | None = None) -> Path:
    """A new folder; `owner` gets it, where root makes it for an account with fewer rights."""
    folder = Path(tempfile.mkdtemp(prefix="antragsgateway-"))
    if owner:
        shutil.chown(folder, owner)
    return folder


def unprivileged_account() -> str | None:
    """For root: an account for servers that refuse to run as root. For everybody else None: stay who you are."""
    if os.geteuid() != 0:
        return None
    accounts = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in accounts)


def kill_and_wait(pids: Sequence[int], *, within: float = 10) -> None:
    """SIGKILL for processes that are not our children, and wait until none of them runs any more."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + within
    while any(_runs(pid) for pid in pids):
        if time.monotonic() > deadline:
            raise ServerFailed(f"Still there {within} s after SIGKILL: {pids}")
        time.sleep(0.02)


def children_of(pid: int) -> list[int]:
    """The direct children of a process, read from /proc."""
    return [
        int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit() and _parent_of(folder) == pid
    ]


def _parent_of(process: Path) -> int | None:
    fields = _stat(process)
    return int(fields[1]) if fields else None


def _runs(pid: int) -> bool:
    fields = _stat(Path(f"/proc/{pid}"))
    return bool(fields) and fields[0] != "Z"


def _stat(process: Path) -> list[str]:
    """What follows the name in /proc/PID/stat: state, parent, ...; empty when the process is gone."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _group_of(user: str | None) -> int | None:
    return pwd.getpwnam(user).pw_gid if user else None


def _server_ports() -> tuple[int, int]:
    try:
        lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        lowest = 32_768
    return 10_000, max(lowest, 11_000)


_SERVER_PORTS: Final = _server_ports()
