"""The Makefile explains itself."""

import re
import subprocess

from tests.house.tree import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_every_verb_is_explained() -> None:
    """Each verb of the Makefile carries the line that `make` shows for it."""
    verbs = set(re.findall(r"^\.PHONY: (\w+)$", MAKEFILE, re.MULTILINE))
    explained = set(re.findall(r"^(\w+):.*?## \S", MAKEFILE, re.MULTILINE))

    assert {"setup", "demo", "run", "test", "check", "bench", "drill"} <= verbs
    assert verbs == explained


def test_make_alone_lists_the_verbs() -> None:
    """Who types `make` sees what there is and starts nothing."""
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert re.findall(r"make (\w+)", shown) == re.findall(r"^(\w+):.*?## \S", MAKEFILE, re.MULTILINE)


def test_the_build_server_runs_the_same_verbs() -> None:
    """Nothing is checked only in CI: .ci/run calls `make check` and `make test`."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert "\nmake check" in script
    assert "\nmake test" in script
