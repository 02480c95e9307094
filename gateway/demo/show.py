"""The demo from curtain to curtain."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gateway.demo.narrator import Narrator
from gateway.demo.samples import read_samples
from gateway.demo.sandbox import Sandbox, sandbox
from gateway.demo.story import Story
from gateway.errors import Sentence
from gateway.events import write_log
from gateway.portal import Portal
from gateway.settings import Settings, built_in
from gateway.terminal import BAD, GOOD, Terminal
from gateway.wiring import VERSION

BANNER: Final = Sentence(
    "SANDBOX: nichts von hier erreicht eine echte Behörde", "SANDBOX: nothing from here reaches a real authority"
)


async def show(terminal: Terminal) -> int:
    """Play the story in a temporary folder; BAD where something was not as expected, and then the folder stays."""
    began = time.monotonic()
    narrator = Narrator(terminal)
    with _folder(narrator) as folder, (folder / "log.jsonl").open("w", encoding="utf-8") as log:
        write_log(log)
        settings = _settings(folder)
        narrator.banner(BANNER)
        async with sandbox(settings) as stage:
            _introduce(stage, narrator)
            async with Portal(stage.running.address, stage.token, terminal.language) as portal:
                samples = read_samples(settings.xsd, stage.running.gateway)
                await Story(stage, samples, portal, narrator).play()
        _curtain(narrator, folder, time.monotonic() - began)
    return BAD if narrator.surprises else GOOD


@contextmanager
def _folder(narrator: Narrator) -> Iterator[Path]:
    """A folder of its own, which stays only where there is something to look into."""
    folder = Path(tempfile.mkdtemp(prefix="antragsgateway-demo-"))
    try:
        yield folder
    finally:
        if not narrator.surprises:
            shutil.rmtree(folder)


def _settings(folder: Path) -> Settings:
    """The embedded default, little patience, and a portal's letter box on this machine."""
    return built_in(
        data=folder, port=0, retry_first=0.5, retry_longest=1.0, webhook_networks="127.0.0.1", collect_seconds=0.5
    )


def _introduce(stage: Sandbox, narrator: Narrator) -> None:
    packages, connections = len(stage.facts.schemas.packages), len(stage.facts.tables.connections)
    narrator.gap()
    narrator.line(
        Sentence(
            f"Antragsgateway {VERSION} auf {stage.running.address}, ohne Broker und ohne Datenbankserver: "
            f"{packages} Schemapakete, {connections} Anbindungen, {len(stage.simulators)} simulierte Fachverfahren.",
            f"Antragsgateway {VERSION} at {stage.running.address}, without broker and database server: "
            f"{packages} schema packages, {connections} connections, {len(stage.simulators)} simulated Fachverfahren.",
        )
    )


def _curtain(narrator: Narrator, folder: Path, seconds: float) -> None:
    narrator.gap()
    if narrator.surprises:
        count = len(narrator.surprises)
        narrator.line(
            Sentence(
                f"Anders als erwartet: {count}. Journal und Protokoll liegen in {folder}.",
                f"Not as expected: {count}. Journal and log are in {folder}.",
            ),
            "bad",
        )
        return
    took = narrator.duration(seconds)
    narrator.line(
        Sentence(
            f"Alles wie erwartet, in {took}. Zum Selbst-Ausprobieren: make run",
            f"All as expected, in {took}. To try it yourself: make run",
        ),
        "good",
    )
