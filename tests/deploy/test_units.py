"""The units start what is there, as little as it needs, and systemd itself has nothing to say about them."""

import re
import subprocess
from pathlib import Path

import pytest

from gateway.cli import app
from tests.conftest import ROOT
from tests.services.packages import SYSTEMD_ANALYZE

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
EXPOSED = 20
"""tenths of systemd's own measure, of 100; below is what it calls OK"""


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [str(SYSTEMD_ANALYZE.path()), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(params=UNITS, ids=lambda unit: unit.name)
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy that starts a program which is there."""
    file: Path = tmp_path / request.param.name.replace("@", "@filedrop")
    file.write_text(request.param.read_text("utf-8").replace("/opt/antragsgateway/.venv/bin/gateway", "/bin/true"))
    return file


def test_there_are_units() -> None:
    """One for the gateway, one for workers beside it, one for workers at a site."""
    names = {unit.name for unit in UNITS}

    assert {"antragsgateway.service", "antragsgateway-worker@.service", "antragsgateway-site@.service"} <= names


def test_systemd_finds_nothing_wrong(unit: Path) -> None:
    """No unknown key, no impossible value."""
    verified = analyze("verify", "--man=no", unit)

    assert (verified.returncode, verified.stderr) == (0, "")


def test_a_unit_may_do_little(unit: Path) -> None:
    """By systemd's own measure of exposure."""
    measured = analyze("security", "--offline=yes", f"--threshold={EXPOSED}", unit)

    assert measured.returncode == 0, measured.stdout.splitlines()[-1]


@pytest.mark.parametrize("file", UNITS, ids=lambda unit: unit.name)
def test_a_unit_calls_a_verb_with_options_there_are(file: Path) -> None:
    """What it starts is a command of `gateway`, and every option one that the command has."""
    (line,) = re.findall(r"^ExecStart=\S+/gateway (.*)$", file.read_text("utf-8"), re.MULTILINE)
    verb, *words = line.split()
    (command,) = [one for one in app.registered_commands if one.name == verb]
    assert command.callback is not None
    known = set(command.callback.__annotations__)

    assert {word.removeprefix("--").replace("-", "_") for word in words if word.startswith("--")} <= known
