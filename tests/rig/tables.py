"""The shipped tables with every destination a directory: for tests of everything but the pilots' own adapters."""

from __future__ import annotations

import shutil
import tempfile
import tomllib
from functools import cache
from pathlib import Path

SHIPPED = Path(__file__).parents[2] / "routing"

_DESTINATION = """
[{name}]
adapter = "filedrop"
live.directory = "{{data}}/fachverfahren/{{destination}}/eingang"
test.directory = "{{data}}/fachverfahren/{{destination}}-test/eingang"
window = 32
concurrency = 32
"""


@cache
def with_directories() -> Path:
    """A folder with them, the same for the whole run; `forget` removes it."""
    folder = Path(tempfile.mkdtemp(prefix="antragsgateway-tables-")) / "routing"
    shutil.copytree(SHIPPED, folder)
    names = tomllib.loads((SHIPPED / "destinations.toml").read_text("utf-8"))
    schema = "#:schema schemas/destinations.schema.json\n"
    (folder / "destinations.toml").write_text(
        schema + "".join(_DESTINATION.format(name=name) for name in names), "utf-8"
    )
    return folder


def forget() -> None:
    """Remove what `with_directories` made."""
    shutil.rmtree(with_directories().parent, ignore_errors=True)
