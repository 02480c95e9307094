"""A plugin of pytest: one line of JSON for each test that has ended, on the file that `--record` names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where to write."""
    parser.addoption("--record", type=Path, required=True, help="file for one line of JSON per test")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to write."""
    config.addinivalue_line("markers", "timeout(seconds): kept by pytest-timeout, where that is installed")
    config.pluginmanager.register(_Recorder(config.getoption("--record")))


class _Recorder:
    def __init__(self, file: Path) -> None:
        self._file = file

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test counts once: when its call has ended, or when it did not come to that."""
        if report.when == "call" or (report.when == "setup" and not report.passed) or report.failed:
            name = report.location[2].rpartition(".")[2].partition("[")[0]
            line = json.dumps({"test": name, "outcome": report.outcome, "said": _said(report)})
            with self._file.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")


def _said(report: pytest.TestReport) -> str:
    """The first line of what went wrong, or why it was skipped."""
    if report.skipped and isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    text: str = crash.message if crash is not None else report.longreprtext
    return text.partition("\n")[0].removeprefix("AssertionError: ")[:300]
