"""A private PostgreSQL: durable as in production (fsync stays on), on loopback only."""

import contextlib
import shutil
import signal
import subprocess
import uuid
from types import TracebackType
from typing import Self

from tests.services.packages import INITDB, POSTGRES, PSQL
from tests.services.processes import (
    Process,
    ServerFailed,
    answers,
    children_of,
    free_port,
    kill_and_wait,
    run_to_end,
    temporary_folder,
    unprivileged_account,
)

OWNER = "gateway"
"""The superuser of the private server; every role may connect without a password."""


class PostgresServer:
    """One server with its own cluster: `with PostgresServer() as postgres: postgres.create_database()`."""

    def __init__(self) -> None:
        self._account = unprivileged_account()
        self.folder = temporary_folder(self._account)
        self._log = self.folder / "postgres.log"
        self.port = free_port()
        self._process: Process | None = None

    def __enter__(self) -> Self:
        try:
            self._initialise()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The server's process id; None while it is stopped."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start, or start again with the same data on the same port; returns when it takes connections."""
        if self._process:
            return
        self._process = Process(
            [
                POSTGRES.path(), "-D", self.folder / "data", "-p", str(self.port),
                "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=200",
            ],
            log=self._log,
            user=self._account,
        )  # fmt: skip
        self._process.wait_until(self._takes_connections)

    def stop(self) -> None:
        """A fast, clean shutdown."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """As a power cut leaves it: SIGKILL for the server and every backend."""
        if not self._process:
            return
        backends = children_of(self._process.pid)
        self._end(signal.SIGKILL)
        kill_and_wait(backends)

    def close(self) -> None:
        """Stop and remove everything; a second call does nothing."""
        try:
            self.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str, *, role: str = OWNER) -> str:
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"

    def create_database(self, *, like: str | None = None) -> str:
        """A fresh database, empty or a copy of the one at the URL `like`; returns its URL."""
        name = f"test_{uuid.uuid4().hex}"
        template = _name_in(like) if like else "template0"
        self.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop the database at this URL, whoever is connected."""
        self.sql(f'DROP DATABASE IF EXISTS "{_name_in(url)}" WITH (FORCE)')

    def sql(self, statement: str, *, url: str | None = None) -> str:
        """Run a statement as the owner and return what psql prints, columns separated by `|`."""
        done = subprocess.run(
            [PSQL.path(), "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url or self.url("postgres"), "-c", statement],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            raise ServerFailed(f"PostgreSQL refused: {done.stderr.strip()}")
        return done.stdout.strip()

    def _initialise(self) -> None:
        run_to_end(
            [
                INITDB.path(), "-D", self.folder / "data", "-U", OWNER, "--auth=trust",
                "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions",
            ],
            folder=self.folder,
            user=self._account,
        )  # fmt: skip

    def _takes_connections(self) -> bool:
        if not answers(self.port):
            return False
        with contextlib.suppress(ServerFailed):  # while it recovers it answers, and refuses
            return self.sql("SELECT 1") == "1"
        return False

    def _end(self, sign: signal.Signals) -> None:
        if self._process:
            process, self._process = self._process, None
            process.end(sign)


def _name_in(url: str) -> str:
    return url.rpartition("/")[2].partition("?")[0]
