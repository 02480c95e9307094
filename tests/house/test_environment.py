"""Configuration has one way in."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import files_of, syntax_of

READS = {"environ", "environb", "getenv", "getenvb"}


def test_one_file_reads_the_environment() -> None:
    """Only gateway/settings.py looks at environment variables; everything else is handed values."""
    readers = {str(name) for folder in ("gateway", "adapters") for name in _readers(folder)}

    assert readers <= {"gateway/settings.py"}


def test_reading_the_environment_is_noticed_in_every_spelling() -> None:
    """The rule above sees `os.environ`, `os.getenv` and names imported from `os`."""
    spellings = ["import os\nos.environ['A']", "import os\nos.getenv('A')", "from os import environ as e"]

    assert all(any(_reads(ast.parse(text))) for text in spellings)


def _readers(folder: str) -> Iterator[Path]:
    return (name for name in files_of(".py", under=folder) if any(_reads(syntax_of(name))))


def _reads(tree: ast.Module) -> Iterator[bool]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr in READS and isinstance(node.value, ast.Name) and node.value.id == "os"
        elif isinstance(node, ast.ImportFrom) and node.module == "os":
            yield bool(READS & {alias.name for alias in node.names})
