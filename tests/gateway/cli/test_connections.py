"""`gateway connections list`, `show` and `export`: what there is, and how it came to be so."""

import os
import pwd
from pathlib import Path

import pytest

from tests.gateway.cli.calling import ROOT, Call

ME = pwd.getpwuid(os.getuid()).pw_name
PILOTS = ROOT / "routing" / "connections.csv"


@pytest.fixture
def pilots(small: Call) -> Call:
    """The command, beside a journal that has the twenty pilots."""
    assert small("connections", "import", PILOTS).code == 0
    return small


def test_all_of_them_or_some_are_listed(pilots: Call) -> None:
    """By id, by service, by region in any spelling of its key, by state."""

    def listed(*choice: str) -> list[str]:
        return [one["id"] for one in pilots("connections", "list", *choice, "--json").json]

    assert len(listed()) == 20
    assert len(listed("--service", "bau")) == 4
    assert listed("--region", "09772177") == ["wohnsitz/097720177177"]
    assert len(listed("--region", "092730000000")) == len(listed("--region", "09273")) == 4
    assert listed("--service", "bau", "--region", "09273", "--state", "live") == ["bau/09273"]
    assert listed("--state", "paused") == []
    table = pilots("connections", "list", "bau/09273").out
    assert "Landratsamt Kelheim" in table
    assert "in Betrieb" in table


@pytest.mark.parametrize(
    "words, code, sentence",
    [
        (["bau/1", "nonsense"], 1, "Diese Anbindung gibt es nicht: bau/1, nonsense."),
        (["--service", "bua"], 2, "Es gibt: wohnsitz, fuehrerschein, aufenthalt, waffen, bau."),
        (["--region", "Kelheim"], 2, "`gateway regions show NAME`"),
        (["--state", "offen"], 2, "ordered, configured, tested, live, paused, retired"),
    ],
)
def test_a_slip_is_told_with_what_there_is(pilots: Call, words: list[str], code: int, sentence: str) -> None:
    """Nonsense is named, and what would have been right."""
    wrong = pilots("connections", "list", *words)

    assert (wrong.code, wrong.out) == (code, "")
    assert sentence in wrong.err


@pytest.mark.parametrize("verb", ["list", "show", "export", "check", "promote", "pause"])
def test_without_a_journal_nothing_is_invented(gateway: Call, verb: str) -> None:
    """The sentence says where one was looked for; none is made."""
    reason = ["--reason", "x"] if verb in {"promote", "pause"} else []
    which = [] if verb == "export" else ["bau/09273"]
    refused = gateway("connections", verb, *which, *reason)

    assert refused.code == 2
    assert "Es gibt noch kein Journal" in refused.err
    assert not Path("var").exists()


def test_a_life_is_told_step_by_step(pilots: Call) -> None:
    """Who, when and why, from the order list on; in German or as JSON."""
    assert pilots("connections", "pause", "bau/09273", "--reason", "Umzug des Fachverfahrens").code == 0

    told = pilots("connections", "show", "bau/09273")
    assert told.out.splitlines()[0] == "bau/09273  Landratsamt Kelheim"
    assert [line.split()[2] for line in told.out.splitlines()[2:]] == ["in", "angehalten"]
    [life] = pilots("connections", "show", "bau/09273", "--json").json
    assert [(one["before"], one["state"], one["by"], one["reason"]) for one in life["steps"]] == [
        (None, "live", ME, "Bestellliste connections.csv"),
        ("live", "paused", ME, "Umzug des Fachverfahrens"),
    ]
    assert pilots("connections", "show", "bau/1").code == 1


def test_what_is_exported_can_be_imported_again(pilots: Call, tmp_path: Path) -> None:
    """The form of connections.csv, to a file or to the standard output, and nothing is new in it."""
    assert pilots("connections", "export", "out.csv").code == 0
    text = (tmp_path / "out.csv").read_text("utf-8")

    assert pilots("connections", "export").out == text
    assert text.splitlines()[0] == PILOTS.read_text("utf-8").splitlines()[0]
    assert pilots("connections", "import", "out.csv", "--json").json["same"] == 20
    assert pilots("connections", "import", "out.csv", "--data", "other", "--json").json["new"] == [
        one["id"] for one in pilots("connections", "list", "--json").json
    ]
    assert "gibt es nicht" in pilots("connections", "export", "none/out.csv").err
