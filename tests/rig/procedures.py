"""The Fachverfahren behind an installation, and what their own books say."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.filedrop.simulator import FolderWatcher
from tests.rig.tables import with_directories


@dataclass(frozen=True, slots=True)
class Procedures:
    """Simulators of the destinations, alive as long as the test: vendors do not die with the gateway."""

    watchers: tuple[FolderWatcher, ...]

    @classmethod
    @asynccontextmanager
    async def running(cls, data: Path, destinations: Iterable[str]) -> AsyncIterator[Procedures]:
        """Watch the destinations' folders under a gateway's data folder."""
        async with AsyncExitStack() as stack:
            watchers = [
                await stack.enter_async_context(FolderWatcher(data / "fachverfahren" / name).running())
                for name in destinations
            ]
            yield cls(tuple(watchers))

    def taken(self) -> Counter[str]:
        """How often each submission was taken."""
        return Counter(id_ for watcher in self.watchers for id_ in watcher.ledger())

    def brought_again(self) -> list[str]:
        """Submissions that were brought once more after they had been taken."""
        return [id_ for watcher in self.watchers for id_ in watcher.doubled()]

    async def finished(self, within: float = 20.0) -> None:
        """Wait until every inbox is empty: a Fachverfahren picks up a little later than the gateway puts down."""
        async with asyncio.timeout(within):
            while any(next(watcher.inbox.glob("*.json"), None) for watcher in self.watchers):
                await asyncio.sleep(0.02)

    def compare(self, accepted: Iterable[str]) -> Comparison:
        """Hold the portal's 202s against these books."""
        sent, taken = set(accepted), self.taken()
        return Comparison(
            lost=sorted(sent - taken.keys()),
            unexpected=sorted(taken.keys() - sent),
            doubled=sorted(id_ for id_, times in taken.items() if times > 1),
            refused_again=sorted(self.brought_again()),
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict of a drill; all of it must be empty."""

    lost: list[str]
    unexpected: list[str]
    doubled: list[str]
    refused_again: list[str]

    @property
    def clean(self) -> bool:
        """Every 202 was delivered, each exactly once, and nothing else."""
        return not (self.lost or self.unexpected or self.doubled or self.refused_again)


def with_answers(folder: Path, *destinations: str) -> Path:
    """The tables in `folder`, those of the tests if it is not there yet, where these Fachverfahren answer too."""
    if not folder.exists():
        shutil.copytree(with_directories(), folder)
    file = folder / "destinations.toml"
    answers = 'live.answers = "{data}/fachverfahren/{destination}/ausgang"'
    lines: list[str] = []
    for line in file.read_text("utf-8").splitlines():
        lines += [line, *(answers for name in destinations if line == f"[{name}]")]
    file.write_text("\n".join(lines), "utf-8")
    return folder
