"""Whoever writes an adapter begins with one that works, and hears of every fault by name."""

import json
import subprocess
import sysconfig
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from gateway.errors import BadSettings
from gateway.kit import Answer, Ruling, Scorecard, Tier, make
from gateway.kit.page import _GERMAN, page
from gateway.testing import a_manifest
from gateway.testing.rules import ASKED, REVIEWED

CARELESS = """
import logging
from contextlib import asynccontextmanager

from gateway.adapter import Delivered, NotThere
from gateway.submission import Grade


class Careless:
    async def deliver(self, consignment):
        logging.getLogger("vendor").warning("sending %s", consignment.document.decode())
        return Delivered("all good", Grade.TRANSPORT)

    async def ask(self, consignment):
        return NotThere()


@asynccontextmanager
async def open_schludrig():
    yield Careless()
"""


@dataclass
class Elsewhere:
    """An installation of its own that has everything this one has."""

    python: Path
    folder: Path

    def __call__(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        command: Sequence[str] = [str(self.python), *map(str, words)]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Elsewhere:
    home = tmp_path / "venv"
    venv.create(home, symlinks=True)
    (own,) = home.glob("lib/python*/site-packages")
    here = sysconfig.get_path("purelib")
    (own / "here.pth").write_text(f"import site; site.addsitedir({here!r})\n", "utf-8")
    return Elsewhere(home / "bin" / "python", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("transport", ["dir", "rest"])
def test_a_new_adapter_passes_before_anything_is_changed(elsewhere: Elsewhere, transport: str) -> None:
    """Written, known at once and offline, examined with gold, and filed; its own tests are the same examination."""
    begun = elsewhere("-m", "gateway", "adapters", "new", "muster_amt", "--transport", transport)
    listed = elsewhere("-m", "gateway", "adapters", "list", "--json")
    checked = elsewhere("-m", "gateway", "adapters", "check", "muster_amt", "--deliveries", "100", "--json")

    assert begun.returncode == 0, begun.stderr
    assert "muster_amt" in {one["adapter"] for one in json.loads(listed.stdout)}
    card = json.loads(checked.stdout or "{}")
    assert checked.returncode == 0, checked.stderr
    assert card["tier"] == "gold"
    assert {one["answer"] for one in card["rules"]} == {"kept", "stated"}
    assert "muster_amt 0.1.0" in (elsewhere.folder / "muster_amt-pruefbericht.html").read_text("utf-8")
    assert (elsewhere.folder / "muster_amt" / "tests" / "test_muster_amt.py").is_file()


@pytest.mark.slow
def test_a_careless_adapter_hears_each_fault_by_name(elsewhere: Elsewhere) -> None:
    """One that says yes before it sends, swallows what goes wrong and logs the name breaks exactly those rules."""
    elsewhere("-m", "gateway", "adapters", "new", "schludrig", "--transport", "dir")
    (elsewhere.folder / "schludrig/src/schludrig/adapter.py").write_text(CARELESS, "utf-8")
    examine = (
        "import datetime, json; from gateway import plugins; from gateway.kit import examine; "
        "print(json.dumps(examine(plugins.load(), 'schludrig', deliveries=100, day=datetime.date(2026, 11, 2), "
        "told=lambda *_: None, patience=0.05).as_json()))"
    )

    card = json.loads(elsewhere("-c", examine).stdout)

    broken = {one["rule"]: one["because"] for one in card["rules"] if one["answer"] == "broken"}
    assert {"delivers-complete", "admits-absence", "keeps-silent", "tells-the-truth-when-asked"} <= set(broken)
    assert "the simulator took nothing" in broken["delivers-complete"]
    assert "away, and the outcome is Delivered" in broken["admits-absence"]
    assert card["tier"] == "none"


@pytest.mark.parametrize("name", ["Muster", "1amt", "mit-strich", "class", "json", "filedrop", "../weg", ""])
def test_a_name_that_will_not_do_is_refused(tmp_path: Path, name: str) -> None:
    """Nothing is written under a name that Python, a folder or another adapter could not bear."""
    with pytest.raises(BadSettings):
        make(name, "dir", tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    """Whoever asks twice keeps what they changed."""
    folder = make("muster_amt", "dir", tmp_path)
    (folder / "pyproject.toml").write_text("changed", "utf-8")

    with pytest.raises(BadSettings, match="is there already"):
        make("muster_amt", "rest", tmp_path)

    assert (folder / "pyproject.toml").read_text("utf-8") == "changed"


def test_nothing_of_the_pattern_s_name_is_left(tmp_path: Path) -> None:
    """Entry point, classes, functions and texts bear the new name; the invented Fachverfahren keeps its own."""
    folder = make("muster_amt", "rest", tmp_path)
    written = {file: file.read_text("utf-8") for file in folder.rglob("*") if file.is_file()}

    assert "class MusterAmt:" in written[folder / "src/muster_amt/adapter.py"]
    assert 'muster_amt = "muster_amt:plugin"' in written[folder / "pyproject.toml"]
    assert not any("open_muster(" in text or 'name = "muster"' in text for text in written.values())


def card(**answers: Answer) -> Scorecard:
    rulings = tuple(
        Ruling(rule, answers.get(rule.replace("-", "_"), Answer.KEPT if rule in ASKED else Answer.STATED), "<weil>")
        for rule in (*ASKED, *REVIEWED)
    )
    return Scorecard(a_manifest(), "1.2", "0.1.0", date(2026, 11, 2), 10_000, rulings)


@pytest.mark.parametrize(
    "answers, tier",
    [
        ({}, Tier.GOLD),
        ({"tells_the_truth_when_asked": Answer.BROKEN}, Tier.SILVER),
        ({"streams_attachments": Answer.EXEMPT}, Tier.SILVER),
        ({"works_at_once": Answer.BROKEN}, Tier.BRONZE),
        ({"keeps_silent": Answer.BROKEN}, Tier.NONE),
        ({"keeps_silent": Answer.BROKEN, "works_at_once": Answer.BROKEN}, Tier.NONE),
    ],
    ids=["all kept", "unsure after a bad day", "an exemption", "not many at once", "talks", "talks, and not many"],
)
def test_a_tier_is_the_highest_whose_rules_are_kept(answers: dict[str, Answer], tier: Tier) -> None:
    """Bronze loses and tells nothing, silver bears a Land, gold knows the truth and is exempt from nothing."""
    assert card(**answers).tier is tier
    assert card(**answers).good is (Answer.BROKEN not in answers.values())


def test_the_page_says_every_rule_in_german_and_escapes_what_it_is_told() -> None:
    """A procurement office reads rules in its own language, and a vendor's words do not become part of the page."""
    printed = page(card(keeps_silent=Answer.BROKEN))

    assert set(_GERMAN) == {*ASKED, *REVIEWED}
    assert "&lt;weil&gt;" in printed
    assert "<weil>" not in printed
    assert "verletzt" in printed


def test_the_same_examination_is_the_same_page() -> None:
    """Byte for byte, so that it can be filed and compared."""
    assert page(card()) == page(card())
