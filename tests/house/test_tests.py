"""A test is a sentence that happens to run."""

import ast
import re

import pytest

from tests.house.tree import files_of, syntax_of

TESTS = {
    f"{name}::{node.name}": node
    for name in files_of(".py", under="tests")
    if name.name.startswith("test_")
    for node in ast.walk(syntax_of(name))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
}
WEAK = re.compile(
    r"(tests? (that|if|whether|for)|checks? |verif|ensures? |should (be|not|return))|.* should be ", re.IGNORECASE
)


def test_every_test_says_what_it_promises() -> None:
    """Every test has a docstring, and it is a whole sentence."""
    without = [place for place, test in TESTS.items() if not _sentence(test).endswith(".")]

    assert not without


def test_promises_are_in_the_present_tense() -> None:
    """No test says that it tests or that something should be: it says what is."""
    weak = [place for place, test in TESTS.items() if WEAK.match(_sentence(test))]

    assert not weak


@pytest.mark.parametrize("module", ["mock", "MagicMock", "AsyncMock", "patch"])
def test_our_own_modules_are_not_patched(module: str) -> None:
    """Tests use fakes that ship with the project; a mock would repeat the implementation."""
    found = [
        str(name)
        for name in files_of(".py", under="tests")
        for node in ast.walk(syntax_of(name))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("unittest")
        and module in {alias.name for alias in node.names}
    ]

    assert not found


def _sentence(test: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    return (ast.get_docstring(test) or "").strip()
