"""Runs the examiner over an installed adapter, in a process of its own, and makes a scorecard of what it says."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from importlib.metadata import entry_points, version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from gateway.errors import OperatorsFault
from gateway.kit.scorecard import Answer, Ruling, Scorecard
from gateway.plugins import GROUP, Plugins
from gateway.testing.rules import ASKED, REVIEWED, read_quality

MANY: Final = 10_000
"""deliveries in a row, unless fewer are asked for"""

_SUITE: Final = """
from importlib.resources import files

from gateway import plugins
from gateway.testing.contract import AdapterContract


class TestAdapter(AdapterContract):
    plugin = plugins.load().named({name!r})
    folder = files({package!r})
    deliveries = {deliveries}
    patience = {patience}
"""
_NEEDED: Final = ("pytest", "anyio")
_GLANCE: Final = 0.05


def examine(
    known: Plugins,
    name: str,
    *,
    deliveries: int,
    day: date,
    told: Callable[[str, bool | None], None],
    patience: float = 10.0,
) -> Scorecard:
    """
    Ask an adapter every rule. `told` hears of each question once it is answered: its rule, and whether it was kept.
    `patience` is the seconds its simulator gets to show what it took.

    Raises:
        BadAdapter: it is not installed, or its `quality.toml` does not answer every rule.
        OperatorsFault: the examiner is not installed, or could not begin.
    """
    plugin = known.named(name)
    if missing := [one for one in _NEEDED if find_spec(one) is None]:
        raise OperatorsFault(
            f"Zum Prüfen fehlt hier: {', '.join(missing)}. Bitte installieren, etwa mit pip.",
            f"Missing here for an examination: {', '.join(missing)}. Please install it, with pip for instance.",
        )
    package = next(iter(entry_points(group=GROUP, name=name))).module
    exempt = read_quality(files(package) / "quality.toml")
    heard: dict[str, list[Mapping[str, Any]]] = {}
    for answer in _answers(_SUITE.format(name=name, package=package, deliveries=deliveries, patience=patience)):
        rule = _rule_of(answer["test"])
        heard.setdefault(rule, []).append(answer)
        told(rule, {"passed": True, "failed": False}.get(answer["outcome"]))
    return Scorecard(
        manifest=plugin.manifest,
        version=known.versions.get(name, ""),
        gateway=version("antragsgateway"),
        day=day,
        deliveries=deliveries,
        rulings=tuple(_rulings(heard, exempt)),
    )


def _answers(suite: str) -> Iterator[Mapping[str, Any]]:
    """What the examiner says, test by test, as it says it."""
    with TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "test_adapter.py").write_text(suite, "utf-8")
        record = here / "record"
        record.touch()
        words = ["-m", "pytest", "-q", "-p", "gateway.kit.recorder", "-p", "no:cacheprovider", f"--record={record}"]
        command = [sys.executable, *words, f"--rootdir={folder}", "-c", "/dev/null", "--import-mode=importlib", folder]
        with (here / "said").open("wb") as said, record.open(encoding="utf-8") as lines:
            process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said)  # noqa: S603 - our own words
            try:
                yield from _followed(lines, process)
            finally:
                process.kill()
                process.wait()
        if process.returncode not in {0, 1}:
            raise OperatorsFault(
                "Die Prüfung konnte nicht beginnen. Was pytest dazu sagt: " + _last_line(here / "said"),
                "The examination could not begin. What pytest says of it: " + _last_line(here / "said"),
            )


def _followed(lines: Iterator[str], process: subprocess.Popen[bytes]) -> Iterator[Mapping[str, Any]]:
    while True:
        ended = process.poll() is not None
        yield from (json.loads(line) for line in lines)
        if ended:
            return
        time.sleep(_GLANCE)


def _last_line(file: Path) -> str:
    lines = [line for line in file.read_text("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1] if lines else "-"


def _rule_of(test: str) -> str:
    from gateway.testing import contract  # noqa: PLC0415 - needs pytest, which is known to be here by now

    return contract.RULE_OF[test]


def _rulings(heard: Mapping[str, list[Mapping[str, Any]]], exempt: Mapping[str, str]) -> Iterator[Ruling]:
    for rule in ASKED:
        answers = heard.get(rule, [])
        failed = [one["said"] for one in answers if one["outcome"] == "failed"]
        if exempt[rule]:
            yield Ruling(rule, Answer.EXEMPT, exempt[rule])
        elif failed:
            yield Ruling(rule, Answer.BROKEN, "; ".join(failed))
        elif any(one["outcome"] == "passed" for one in answers):
            yield Ruling(rule, Answer.KEPT)
        else:
            yield Ruling(rule, Answer.EXEMPT, "; ".join({str(one["said"]) for one in answers}) or "-")
    for rule in REVIEWED:
        yield Ruling(rule, Answer.EXEMPT if exempt[rule] else Answer.STATED, exempt[rule])
