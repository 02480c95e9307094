"""The demo, as `make demo` and `make run` start it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from gateway.adapter import Answering, Simulator, Taken
from gateway.demo.narrator import Narrator
from gateway.demo.samples import read_samples
from gateway.demo.sandbox import sandbox
from gateway.demo.story import Story
from gateway.portal import Portal
from gateway.settings import built_in
from gateway.terminal import Terminal
from tests.gateway.cli.calling import ROOT, call_apart, soon, surroundings
from tests.services.printer import print_page
from tests.services.processes import Process, free_port


def test_the_demo_tells_the_whole_story_and_ends_well(tmp_path: Path) -> None:
    """It exits 0, shows what it promises, in words that are right, and leaves nothing behind."""
    heard = call_apart("demo", env=surroundings(TMPDIR=str(tmp_path)))

    assert heard.code == 0, heard.out + heard.err
    for promised in (
        "SANDBOX",
        "Anmeldung eines Wohnsitzes → Gemeinde Pullach i.Isartal",
        "Antrag auf Baugenehmigung → Landratsamt Kelheim",
        "angenommen → in der Warteschlange → übergeben ✓",
        "422 schema-invalid",
        "Zuständig für „Digitaler Bauantrag“ ist dort aber: Landratsamt Augsburg (09772)",
        "noch einmal gesendet ✓ dieselbe Antwort, kein zweiter Antrag",
        "nicht erreicht (connection-refused)",
        "Meldung submission.delivered",
        "Signatur geprüft",
        "Ein Worker dort holt ab",
        "Aktenzeichen VG-",
        "Bearbeitungsstand in-bearbeitung ✓ vom Fachverfahren beantwortet",
        "beide Bücher stimmen überein",
        "jede genau einmal",
        "Alles wie erwartet",
    ):
        assert promised in heard.out
    assert "zugestellt" not in heard.out
    assert "\x1b" not in heard.out
    assert list(tmp_path.iterdir()) == []


def test_the_demo_knows_english_and_takes_no_advice(tmp_path: Path) -> None:
    """`--lang en` tells it in English; settings of some other gateway in the environment change nothing."""
    elsewhere = {"GATEWAY_JOURNAL": "postgresql://127.0.0.1:9/x", "GATEWAY_BROKER": "amqp://127.0.0.1:9"}

    heard = call_apart("demo", "--lang", "en", env=surroundings(TMPDIR=str(tmp_path), **elsewhere))

    assert heard.code == 0, heard.out + heard.err
    assert "both books agree" in heard.out
    assert "All as expected" in heard.out


@dataclass
class Forgetful:
    """A Fachverfahren whose book is empty whatever it took."""

    simulator: Simulator

    def settings(self) -> Mapping[str, Any]:
        return self.simulator.settings()

    def ledger(self) -> list[str]:
        return []

    def taken(self, submission: str) -> Taken | None:
        return self.simulator.taken(submission)

    def fail(self, down: bool) -> None:
        self.simulator.fail(down)

    def answer(self, submission: str) -> list[str]:
        assert isinstance(self.simulator, Answering)
        return self.simulator.answer(submission)


async def test_the_demo_does_not_believe_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the books of the Fachverfahren differ, that is told as a surprise."""
    quick = {"retry_first": 0.2, "retry_longest": 0.4, "collect_seconds": 0.2}
    settings = built_in(data=tmp_path, port=0, webhook_networks="127.0.0.1", **quick)
    narrator = Narrator(Terminal())
    async with sandbox(settings) as stage:
        forgetful = replace(stage, simulators={lane: Forgetful(one) for lane, one in stage.simulators.items()})
        async with Portal(stage.running.address, stage.token) as portal:
            await Story(forgetful, read_samples(settings.xsd, stage.running.gateway), portal, narrator).play()

    [surprise] = narrator.surprises
    assert surprise.startswith("den Fachverfahren fehlen")


@dataclass
class Played:
    """A sandbox that keeps serving."""

    process: Process
    folder: Path
    log: Path

    @property
    def shown(self) -> str:
        return self.log.read_text()


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[Played]:
    """`gateway demo --keep`, as `make run` starts it, in a folder of its own."""
    log = tmp_path / "shown"
    command = [sys.executable, "-m", "gateway", "demo", "--keep", "--port", str(free_port())]
    process = Process(command, log=log, env=surroundings(PYTHONPATH=str(ROOT)))
    try:
        process.wait_until(lambda: "/metrics" in log.read_text())
        yield Played(process, tmp_path, log)
    finally:
        process.end(signal.SIGTERM)


def test_what_the_playground_says_to_try_works(playground: Played) -> None:
    """Copied as they stand, its lines have each service's sample accepted, and the invalid one refused."""
    lines = playground.shown.partition("export")[2].partition("$ID")[0]
    script = "export" + lines.rpartition("#")[0].replace("\n   #", "\n   echo; #")

    ran = subprocess.run(
        ["bash", "-eu"], input=script, cwd=playground.folder, capture_output=True, text=True, check=True
    )

    assert re.findall(r"^HTTP/1.1 (\d+)", ran.stdout, re.MULTILINE) == [*["202"] * 5, "422"]
    assert soon(lambda: playground.shown.count("übergeben") == 5)
    assert "zurückgewiesen, schema-invalid" in playground.shown

    reports = re.findall(r"^\s*(\S*gateway report .*)$", playground.shown, re.MULTILINE)
    assert len(reports) == 2
    for report in reports:
        subprocess.run(report.split(), cwd=playground.folder, env=surroundings(), capture_output=True, check=True)
    for name, words in (("flaechendeckung", "4 (0,3 %)"), ("betrieb", "Vorläufig: Der Monat ist noch nicht")):
        folder = playground.folder / name
        folder.mkdir()
        printed = print_page((playground.folder / f"{name}.html").read_text("utf-8"), folder)
        assert set(printed.papers) == {"A4"}
        assert words in printed.sheets[0].text
        assert "Sandbox" in printed.sheets[0].text


def test_ctrl_c_ends_the_playground_cleanly(playground: Played) -> None:
    """One Ctrl-C, exit code 0, no traceback."""
    os.kill(playground.process.pid, signal.SIGINT)

    assert soon(lambda: not playground.process.alive)
    assert playground.process.code == 0
    assert "Traceback" not in playground.shown


def test_a_second_playground_in_the_same_folder_is_refused(playground: Played) -> None:
    """The first has the journal; the second says so, and leaves the simulators of the first alone."""
    command = [sys.executable, "-m", "gateway", "demo", "--keep", "--port", "0"]
    env = surroundings(PYTHONPATH=str(ROOT))

    second = subprocess.run(command, cwd=playground.folder, env=env, capture_output=True, text=True, check=False)

    assert second.returncode == 2
    assert "Ein anderer Prozess bedient das Journal" in second.stderr


async def test_the_sandbox_keeps_its_token(tmp_path: Path) -> None:
    """The next start in the same folder has the same token; after a revocation there is a new one."""
    settings = built_in(data=tmp_path, port=0)
    async with sandbox(settings) as first:
        pass
    async with sandbox(settings) as second:
        await second.running.journal.revoke_client("sandbox-1")
    async with sandbox(settings) as third:
        pass

    assert first.token == second.token != third.token
