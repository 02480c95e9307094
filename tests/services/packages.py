"""The programs the tests need: where they are, and how a Debian machine gets them."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final


class MissingProgram(Exception):
    """A program is not on this machine and could not be installed."""


@dataclass(frozen=True, slots=True)
class Program:
    """An executable, the Debian package it comes in, and the units by which that package would start it."""

    name: str
    package: str
    units: tuple[str, ...] = ()
    beside_path: str | None = None
    """A glob of folders searched before PATH: Debian keeps server programs off it."""

    def find(self) -> Path | None:
        folders = sorted(Path("/").glob(self.beside_path), key=_version) if self.beside_path else []
        found = shutil.which(self.name, path=os.pathsep.join(map(str, reversed(folders))))
        found = found or shutil.which(self.name)
        return Path(found) if found else None

    def path(self) -> Path:
        """Where it is; raises MissingProgram with the sentence that says what to do."""
        if found := self.find():
            return found
        raise _missing(self.name, self.package)


@dataclass(frozen=True, slots=True)
class Library:
    """A file that a program needs, and the Debian package it comes in."""

    name: str
    package: str
    folder: Path = Path("/usr/share/java")
    units: tuple[str, ...] = ()

    def find(self) -> Path | None:
        file = self.folder / self.name
        return file if file.is_file() else None

    def path(self) -> Path:
        """Where it is; raises MissingProgram with the sentence that says what to do."""
        if found := self.find():
            return found
        raise _missing(self.name, self.package)


def _missing(name: str, package: str) -> MissingProgram:
    return MissingProgram(
        f"The tests need {name}, which is not on this machine. "
        f"On Debian: apt-get install {package}, or let `make test` do it as root or with sudo."
    )


RABBITMQ_SERVER: Final = Program(
    "rabbitmq-server", "rabbitmq-server", ("rabbitmq-server.service",), "usr/lib/rabbitmq/bin"
)
RABBITMQCTL: Final = Program("rabbitmqctl", "rabbitmq-server", (), "usr/lib/rabbitmq/bin")
EPMD: Final = Program("epmd", "erlang-base", ("epmd.service", "epmd.socket"))
ERL_CALL: Final = Program("erl_call", "erlang-base")
INITDB: Final = Program("initdb", "postgresql", (), "usr/lib/postgresql/*/bin")
POSTGRES: Final = Program("postgres", "postgresql", ("postgresql.service",), "usr/lib/postgresql/*/bin")
PSQL: Final = Program("psql", "postgresql", (), "usr/lib/postgresql/*/bin")
PROMTOOL: Final = Program("promtool", "prometheus", ("prometheus.service",))
PROMETHEUS: Final = Program("prometheus", "prometheus", ("prometheus.service",))
SSHD: Final = Program("sshd", "openssh-server", ("ssh.service", "ssh.socket"), "usr/sbin")
CURL: Final = Program("curl", "curl")
SYSTEMD_ANALYZE: Final = Program("systemd-analyze", "systemd")
WRK: Final = Program("wrk", "wrk")
CHROMIUM: Final = Program("chromium-headless-shell", "chromium-headless-shell")
PDFINFO: Final = Program("pdfinfo", "poppler-utils")
PDFTOTEXT: Final = Program("pdftotext", "poppler-utils")
LIBERATION: Final = Library(
    "LiberationSans-Regular.ttf", "fonts-liberation", Path("/usr/share/fonts/truetype/liberation")
)
JAVA: Final = Program("java", "default-jdk-headless")
JAVAC: Final = Program("javac", "default-jdk-headless")
XERCES: Final = Library("xercesImpl.jar", "libxerces2-java")

FOR_TESTS: Final = (
    RABBITMQ_SERVER,
    RABBITMQCTL,
    EPMD,
    ERL_CALL,
    INITDB,
    POSTGRES,
    PSQL,
    PROMTOOL,
    PROMETHEUS,
    SSHD,
    SYSTEMD_ANALYZE,
    CURL,
    CHROMIUM,
    PDFINFO,
    PDFTOTEXT,
    LIBERATION,
)
FOR_BENCHMARKS: Final = (WRK,)
FOR_DRILLS: Final = (JAVA, JAVAC, XERCES)
"""JAVAC, because `java` compiles the source it is given"""


def install(programs: Sequence[Program | Library]) -> None:
    """Install what is missing with apt; raises MissingProgram when that is not possible."""
    missing = [program for program in programs if program.find() is None]
    if not missing:
        return
    packages = sorted({program.package for program in missing})
    units = [unit for program in missing for unit in program.units]
    if shutil.which("apt-get") is None:
        names = ", ".join(program.name for program in missing)
        raise MissingProgram(f"Not on this machine: {names}. Please install them; there is no apt-get to do it.")
    print(f"Installing {', '.join(packages)} (nothing is started) …", file=sys.stderr)
    with _no_services_started():
        _apt("update")
        _apt("install", "--no-install-recommends", *packages)
    for unit in units:
        _not_at_boot(unit)
    for program in missing:
        program.path()


@contextmanager
def _no_services_started() -> Iterator[None]:
    """
    Keep Debian's packages from starting their daemons and from creating a database cluster.

    Debian asks /usr/sbin/policy-rc.d before it starts a service; 101 means no. A policy that is there
    already is put aside and comes back, also after an earlier run that was killed in between.
    """
    policy, aside = Path("/usr/sbin/policy-rc.d"), Path("/usr/sbin/policy-rc.d.before-tests")
    clusters = Path("/etc/postgresql-common/createcluster.conf")
    if policy.exists() and not aside.exists():
        _as_root("mv", str(policy), str(aside))
    _write_as_root(policy, "#!/bin/sh\nexit 101\n", mode="755")
    if not clusters.exists():
        _write_as_root(clusters, "create_main_cluster = false\n", mode="644")
    try:
        yield
    finally:
        if aside.exists():
            _as_root("mv", str(aside), str(policy))
        else:
            _as_root("rm", "-f", str(policy))


def _not_at_boot(unit: str) -> None:
    """The next start of the machine leaves the service alone, whichever init it has."""
    if shutil.which("systemctl"):
        _as_root("systemctl", "disable", unit, check=False)
    else:
        _as_root("update-rc.d", unit.partition(".")[0], "disable", check=False)


def _apt(*words: str) -> None:
    """Without questions; apt-get waits for another apt on the same machine."""
    _as_root(
        "env", "DEBIAN_FRONTEND=noninteractive",
        "apt-get", "-qq", "-y", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Options::=--force-confold", *words,
    )  # fmt: skip


def _write_as_root(path: Path, text: str, *, mode: str) -> None:
    _as_root("install", "-D", "-m", mode, "/dev/stdin", str(path), stdin=text)


def _as_root(*command: str, stdin: str = "", check: bool = True) -> None:
    if os.geteuid() != 0:
        if shutil.which("sudo") is None:
            raise MissingProgram("Installing packages needs root, and there is no sudo on this machine.")
        command = ("sudo", *command)
    done = subprocess.run(
        command, input=stdin, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if check and done.returncode != 0:
        said = "\n".join(done.stdout.splitlines()[-15:])
        raise MissingProgram(f"`{' '.join(command)}` failed with {done.returncode}:\n{said}")


def _version(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(folder))]
