"""What is written in the tree, and what must not be."""

import re
from pathlib import Path

import pytest

from tests.house.tree import files, files_of, lines_of

# Each pattern is written so that it does not match this file.
PROMISES_NOT_KEPT = re.compile(
    r"\b(TO[D]O|FI[X]ME|X[X]X|HA[C]K|NotImplement[e]dError|(?i:place[h]older|not implement[e]d|for n[o]w|dumm[y]))\b"
)
PLACES_OF_A_MACHINE = re.compile(r"/w[o]rk/|/tmp/b[a]sh_jobs|/f[a]rm/|/r[o]ot/\.|/h[o]me/[a-z]+/|/opt/wh[e]els")
REGISTRIES = re.compile(
    r"py[p]i\.org|python[h]osted\.org|registry\.n[p]mjs|deb\.deb[i]an\.org|proxy\.golan[g]\.org", re.IGNORECASE
)
LONG_FOR_A_REASON = {
    "gateway/intake/description.py",  # and so does every word of the OpenAPI page
}
BANNED_NAMES = re.compile(r"^(utils?|helpers?|managers?|base|common|misc)$|(Utils?|Helpers?|Manager|Base)$")


def test_nothing_is_promised_for_later() -> None:
    """Code and pages hold what is built; what must wait stands in a decision record."""
    promises = [
        f"{place}: {line.strip()}"
        for name in files_of(".py", ".md", ".toml", ".html")
        if not name.is_relative_to("docs/adr")
        for place, line in lines_of(name)
        if PROMISES_NOT_KEPT.search(line)
    ]

    assert not promises


@pytest.mark.parametrize(
    "pattern", [PLACES_OF_A_MACHINE, REGISTRIES], ids=["places of a machine", "package registries"]
)
def test_the_tree_knows_no_machine_and_no_registry(pattern: re.Pattern[str]) -> None:
    """The project builds anywhere: no path of one machine, no host of one package index."""
    found = [place for name in files() for place, line in lines_of(name) if pattern.search(line)]

    assert not found


def test_modules_are_named_after_an_idea() -> None:
    """No module, folder or class has a name that fits anything."""
    parts = {part for name in files_of(".py") for part in (*name.parts[:-1], name.stem)}
    classes = {
        line.split("(")[0].removeprefix("class ").rstrip(":")
        for name in files_of(".py")
        for _, line in lines_of(name)
        if line.startswith("class ")
    }

    assert not [word for word in sorted(parts | classes) if BANNED_NAMES.search(word)]


def test_the_root_holds_what_the_design_names() -> None:
    """A newcomer sees code, facts, proof and a handful of pages, and nothing else."""
    expected = {
        *("gateway", "adapters", "xsd", "routing", "deploy", "tests", "docs"),
        *("README.md", "CHANGELOG.md", "LICENSE", "Makefile", "pyproject.toml", "requirements.lock"),
        *(".ci", ".editorconfig", ".gitattributes", ".gitignore"),
    }

    assert {name.parts[0] for name in files()} <= expected


def test_no_file_is_as_long_as_several() -> None:
    """A Python file beyond 500 lines holds more than one idea."""
    long = {str(name) for name in files_of(".py") if _length(name) > 500}

    assert long <= LONG_FOR_A_REASON


def _length(name: Path) -> int:
    return sum(1 for _ in lines_of(name))
