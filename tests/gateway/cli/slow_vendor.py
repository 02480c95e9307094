"""A Fachverfahren that takes its time: an installed adapter whose deliveries last until a file says otherwise."""

import re
from pathlib import Path
from typing import Final

from tests.gateway.cli.calling import ROOT
from tests.rig.tables import with_directories

_MODULE: Final = """
import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.adapter import Delivered, Manifest, Plugin
from gateway.submission import Grade


class Slow:
    async def deliver(self, consignment):
        folder = Path(consignment.endpoint.settings["directory"])
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "begun").open("a") as begun:
            begun.write(f"{consignment.submission.id}\\n")
        while not (folder / "go").exists():
            await asyncio.sleep(0.01)
        with (folder / "taken").open("a") as taken:
            taken.write(f"{consignment.submission.id}\\n")
        return Delivered("", Grade.TRANSPORT)


@asynccontextmanager
async def open_it():
    yield Slow()


plugin = Plugin(
    manifest=Manifest(
        name="slow", vendor="Beispielhaus", product="Geduldsprobe", interface="published", services=("*",),
        schemas=("*",), best_grade=Grade.TRANSPORT, when_unclear="redeliver", can_ask=False,
    ),
    open=open_it,
    settings={"directory": "where it writes"},
)
"""


CONCURRENCY: Final = 4
WINDOW: Final = 6
"""Deliveries at once, and letters in flight, to each destination."""


class SlowVendor:
    """Installed in a folder of its own, with tables that lead every destination to it."""

    def __init__(self, folder: Path, data: Path) -> None:
        self._inbox = data / "fachverfahren" / "augsburg-wohnsitz" / "eingang"
        self._site = folder / "site"
        self._tables = folder / "routing"
        metadata = self._site / "slow-1.0.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: slow\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text("[gateway.adapters]\nslow = slow_vendor_for_tests:plugin\n")
        (self._site / "slow_vendor_for_tests.py").write_text(_MODULE)
        self._tables.mkdir()
        for table in with_directories().glob("*.*"):
            (self._tables / table.name).write_text(_led_here(table.read_text("utf-8")), "utf-8")

    @property
    def env(self) -> dict[str, str]:
        """What a gateway's environment needs so that it finds both."""
        return {"PYTHONPATH": f"{ROOT}:{self._site}", "GATEWAY_ROUTING": str(self._tables)}

    @property
    def begun(self) -> list[str]:
        """Ids of submissions whose delivery began, as often as it did."""
        return self._lines("begun")

    @property
    def taken(self) -> list[str]:
        """Ids of submissions taken, as often as they were."""
        return self._lines("taken")

    def go_on(self) -> None:
        """From now on deliveries take no time."""
        self._inbox.mkdir(parents=True, exist_ok=True)
        (self._inbox / "go").touch()

    def _lines(self, book: str) -> list[str]:
        file = self._inbox / book
        return file.read_text().split() if file.exists() else []


def _led_here(table: str) -> str:
    limited = re.sub(r"^window = .*$", f"window = {WINDOW}", table, flags=re.MULTILINE)
    limited = re.sub(r"^concurrency = .*$", f"concurrency = {CONCURRENCY}", limited, flags=re.MULTILINE)
    return limited.replace('"filedrop"', '"slow"')
