"""A new adapter from a pattern: written whole or not at all, and made known to this installation."""

from __future__ import annotations

import keyword
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from gateway.errors import BadSettings, OperatorsFault

WAYS: Final = {
    "dir": "ein Verzeichnis, aus dem das Fachverfahren abholt",
    "rest": "HTTPS: eine Schnittstelle des Fachverfahrens",
}
"""The patterns there are."""

_PATTERNS: Final = files("gateway.kit.patterns")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_FOLDER: Final = "src"


def make(name: str, way: str, parent: Path) -> Path:
    """
    Write an adapter of this name into a folder of its own below `parent`; the folder.

    Raises:
        BadSettings: the name will not do, the folder is there already, or it cannot be written.
    """
    _insist_on_name(name)
    folder = parent / name
    if folder.exists():
        raise BadSettings(f"{folder} gibt es schon.", f"{folder} is there already.")
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=parent, prefix=f".{name}-") as draft:
            for where, content in _written(name, way):
                (Path(draft) / where).parent.mkdir(parents=True, exist_ok=True)
                (Path(draft) / where).write_text(content, "utf-8")
            shutil.copytree(draft, folder)
    except OSError as error:
        raise BadSettings(
            f"{folder} lässt sich nicht schreiben ({error.strerror}).",
            f"{folder} cannot be written ({error.strerror}).",
        ) from error
    return folder


def introduce(folder: Path) -> None:
    """
    Make the adapter in this folder known to this installation, without any network.

    What is changed in the folder from now on holds at the next start.

    Raises:
        OperatorsFault: this installation cannot do it by itself; says how to.
    """
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--no-index", "--no-deps", "--no-build-isolation", "--editable", str(folder.absolute())]
    try:
        installed = subprocess.run(command, capture_output=True, check=False, timeout=120)  # noqa: S603 - our own words
    except (OSError, subprocess.TimeoutExpired):
        installed = None
    if installed is None or installed.returncode != 0:
        raise OperatorsFault(
            f"Der Adapter liegt in {folder}, ist hier aber noch nicht bekannt: Dazu braucht diese Installation pip und "
            f"hatchling. Danach: python -m pip install --no-deps --no-build-isolation --editable {folder}",
            f"The adapter lies in {folder}, but is not known here yet: that takes pip and hatchling in this "
            f"installation. Then: python -m pip install --no-deps --no-build-isolation --editable {folder}",
        )


def _insist_on_name(name: str) -> None:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise BadSettings(
            f"„{name}“ ist kein Name für einen Adapter: kleine Buchstaben, Ziffern, Unterstriche; vorn ein Buchstabe.",
            f"'{name}' is no name for an adapter: small letters, digits and underscores, a letter first.",
        )
    if find_spec(name) is not None or find_spec(f"adapters.{name}") is not None:
        raise BadSettings(
            f"Den Namen „{name}“ trägt in dieser Installation schon etwas anderes.",
            f"Something else bears the name '{name}' in this installation.",
        )


def _written(name: str, way: str) -> Iterator[tuple[str, str]]:
    for file in _files(_PATTERNS / way):
        yield f"{_FOLDER}/{name}/{file.name}", _called(name, file.read_text("utf-8"))
    project = _PATTERNS / "project"
    yield "pyproject.toml", _called(name, (project / "pyproject.toml.txt").read_text("utf-8"))
    yield f"tests/test_{name}.py", _called(name, (project / "test_muster.py.txt").read_text("utf-8"))


def _files(folder: Traversable) -> Iterator[Traversable]:
    return (file for file in folder.iterdir() if file.is_file())


def _called(name: str, text: str) -> str:
    """The pattern's words, with the adapter's name where it says `muster` and its class where it says `Muster`."""
    titled = "".join(part.title() for part in name.split("_"))
    return re.sub(r"Muster(?![a-z])", titled, text).replace("muster", name)
