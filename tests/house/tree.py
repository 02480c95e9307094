"""What is in the repository: every file that is committed or would be."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
NOT_OURS: Final = {".git", ".venv", ".hypothesis", "__pycache__", "dist", "var", "node_modules"}


@cache
def files() -> tuple[Path, ...]:
    """Every file git knows or would add, relative to the root; outside of a clone, every file there is."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        names = [Path(name) for name in listed.stdout.split("\0") if name]
    else:
        names = [path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file()]
    return tuple(
        sorted(
            name
            for name in names
            if not NOT_OURS & set(name.parts)
            and not any(part.endswith("_cache") for part in name.parts)
            and (ROOT / name).is_file()
        )
    )


def files_of(*suffixes: str, under: str = ".") -> list[Path]:
    """The files with one of these endings below a folder, relative to the root."""
    return [name for name in files() if name.suffix in suffixes and name.is_relative_to(under)]


def text_of(name: Path) -> str | None:
    """The text of a file; None where it is not text."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def lines_of(name: Path) -> Iterator[tuple[str, str]]:
    """Every line with its place, as `path:number`; nothing for a file that is not text."""
    for number, line in enumerate((text_of(name) or "").splitlines(), start=1):
        yield f"{name}:{number}", line


@cache
def syntax_of(name: Path) -> ast.Module:
    return ast.parse((ROOT / name).read_text(encoding="utf-8"), str(name))
