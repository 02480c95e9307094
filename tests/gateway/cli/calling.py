"""Calls of the command line, in this process or as one of their own, and gateways that serve for them."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from gateway.drivers.clock import clock
from gateway.drivers.sql.journal import SqlJournal, open_journal
from gateway.journal import Limits
from gateway.routing import Tables
from gateway.settings import built_in
from gateway.submission import Micros
from gateway.transports.directory import WORKSPACE
from tests.rig.tables import with_directories
from tests.services.processes import Process

ROOT: Final = Path(__file__).parents[3]
WOHNSITZ: Final = ROOT / "xsd" / "ag-wohnsitz" / "1.0" / "examples"
BAU: Final = ROOT / "xsd" / "ag-bau" / "1.0" / "examples"
A_VALID_ONE: Final = WOHNSITZ / "valid" / "augsburg-nebenwohnung.xml"
AN_INVALID_ONE: Final = WOHNSITZ / "invalid" / "mehrere-fehler.xml"

T = TypeVar("T")


@dataclass(frozen=True)
class Heard:
    """What a call came to: its exit code, its results, and what it said beside them."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Heard]


def surroundings(**changes: str) -> dict[str, str]:
    """An environment that says nothing about a gateway but this, and which tables tests run with."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    return {**plain, "NO_COLOR": "1", "GATEWAY_ROUTING": str(with_directories()), **changes}


def call_apart(*arguments: str | Path, within: float = 60, env: Mapping[str, str] | None = None) -> Heard:
    """The command as a process of its own."""
    command = [sys.executable, "-m", "gateway", *map(str, arguments)]
    ended = subprocess.run(
        command, cwd=ROOT, env=env or surroundings(), capture_output=True, text=True, timeout=within, check=False
    )
    return Heard(ended.returncode, ended.stdout, ended.stderr)


@dataclass
class Serving:
    """A gateway in a process of its own."""

    process: Process
    url: str
    data: Path
    log: Path

    def send(self, sign: signal.Signals) -> None:
        """Send the signal and go on."""
        os.kill(self.process.pid, sign)

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int | None:
        """Send the signal; the exit code it leads to."""
        self.process.end(sign)
        return self.process.code

    def told(self, event: str) -> list[dict[str, Any]]:
        """The lines of its log that tell this."""
        lines = (json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{"))
        return [line for line in lines if line["event"] == event]


@contextmanager
def serving(data: Path, *options: str, env: Mapping[str, str] | None = None) -> Iterator[Serving]:
    """`gateway serve` on a free port, until the context is left."""
    data.mkdir(parents=True, exist_ok=True)
    log = data / "serve.log"
    log.unlink(missing_ok=True)
    command: list[str | Path] = [sys.executable, "-m", "gateway", "serve", "--data", data, "--port", "0", *options]
    process = Process(command, log=log, env={**surroundings(), "PYTHONPATH": str(ROOT), **(env or {})})
    try:
        process.wait_until(lambda: '"gateway.started"' in log.read_text(), within=60)
        address = re.search(r'"address": "(http://[^"]+)"', log.read_text())
        assert address
        yield Serving(process, address[1], data, log)
    finally:
        process.end(signal.SIGTERM)


def open_the_doors(data: Path) -> None:
    """Make the directories that the tables' destinations name, as the Fachverfahren's operators would."""
    for destination in Tables.load(with_directories(), data.resolve()).destinations:
        for endpoint in (destination.live, destination.test):
            (Path(endpoint["directory"]) / WORKSPACE).mkdir(parents=True)


def a_corner_of_bavaria(folder: Path) -> Path:
    """The shipped tables, as far as they are about the pilots and Freising: a tenth, and as much faster to load."""
    for table in with_directories().glob("*.*"):
        lines = table.read_text("utf-8").splitlines(keepends=True)
        kept = lines
        if table.name in ("regions.csv", "authorities.csv"):
            kept = [lines[0], *(line for line in lines[1:] if _is_near(line.partition(",")[0]))]
        elif table.name == "responsibility.csv":
            kept = [lines[0], *(line for line in lines[1:] if _is_near(line.split(",")[1]))]
        (folder / table.name).write_text("".join(kept), "utf-8")
    return folder


def _is_near(ars: str) -> bool:
    return len(ars) < 5 or ars[:5] in {"09178", "09184", "09273", "09375", "09661", "09761", "09772"}


def a_new(example: Path, folder: Path) -> Path:
    """An example as a new message, in a file of its own."""
    document = re.sub(r"(?<=<nachrichtenUUID>)[^<]+", str(uuid.uuid4()), example.read_text("utf-8"))
    file = folder / f"{uuid.uuid4().hex}.xml"
    file.write_text(document, "utf-8")
    return file


def soon(condition: Callable[[], bool], within: float = 20.0) -> bool:
    """Whether it comes true within so many seconds; what is looked at lies in other processes."""
    deadline = time.monotonic() + within
    while not (true := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return true


def in_journal(
    data: Path,
    work: Callable[[SqlJournal], Coroutine[Any, Any, T]],
    now: Callable[[], Micros] = clock,
    kind: str | None = "sandbox",
) -> T:
    """Do something in the journal that lies in a data folder; one is made where there is none. None takes any kind."""

    async def do() -> T:
        url = built_in(data=data).journal_url
        async with open_journal(url, limits=lambda _: Limits(), clock=now, kind=kind) as journal:
            return await work(journal)

    return asyncio.run(do())
