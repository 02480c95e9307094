"""What the pages beside the adapters show is true: the example passes the examiner, the tables are complete."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.filedrop.mapping import sidecar
from gateway.testing import a_consignment, an_enclosure
from gateway.transports import directory

ROOT = Path(__file__).parents[2]
ADAPTERS = ROOT / "adapters"


@pytest.mark.slow
def test_the_adapter_of_the_readme_passes_the_examiner(tmp_path: Path) -> None:
    """Copied block by block, with a README and answers of its own, it keeps every rule."""
    page = (ADAPTERS / "README.md").read_text("utf-8")
    blocks = re.findall(r"^`([\w/]+\.\w+)`\n\n```\w+\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    for name, content in blocks:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, "utf-8")
    for name in ("README.md", "quality.toml"):
        shutil.copy(ADAPTERS / "filedrop" / name, tmp_path / "muster")

    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=.", "test_muster.py"]
    ran = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": f"{tmp_path}:{ROOT}"}, capture_output=True, text=True, check=False
    )

    assert len(blocks) == 5
    assert ran.returncode == 0, ran.stdout


def test_the_list_of_adapters_is_complete() -> None:
    """Every adapter's folder is in the table of the page."""
    page = (ADAPTERS / "README.md").read_text("utf-8")
    listed = re.findall(r"^\| \[`(\w+)`\]", page, re.MULTILINE)

    assert listed == sorted(path.parent.name for path in ADAPTERS.glob("*/manifest.toml"))


def test_the_sidecar_is_shown_as_it_is() -> None:
    """The example has the fields of a real one, in the same order, for the document and for an attachment."""
    page = (ADAPTERS / "filedrop" / "README.md").read_text("utf-8")
    (block,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    shown, real = json.loads(block), json.loads(sidecar(a_consignment(enclosures=[an_enclosure()])))

    assert list(shown) == list(real)
    assert [list(file) for file in shown["files"]] == [list(file) for file in real["files"]]


def test_every_reason_has_a_remedy() -> None:
    """Whoever installs it finds each code that a directory can answer with."""
    page = (ADAPTERS / "filedrop" / "README.md").read_text("utf-8")
    explained = re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)

    assert set(explained) == {*directory._CODES.values(), "folder-not-prepared", "disk-error"}
