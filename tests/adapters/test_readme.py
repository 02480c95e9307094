"""What the pages beside the adapters show is true: the example passes the examiner, the tables are complete."""

import json
import re
from pathlib import Path

from adapters.filedrop.mapping import sidecar
from gateway.testing import a_consignment, an_enclosure
from gateway.transports import directory, sftp

ROOT = Path(__file__).parents[2]
ADAPTERS = ROOT / "adapters"


def test_the_page_shows_what_the_command_writes() -> None:
    """Every block is the file of the pattern, word for word; the examiner sees to the pattern."""
    page = (ADAPTERS / "README.md").read_text("utf-8")
    blocks = dict(re.findall(r"^`muster/([\w/]+\.\w+)`\n\n```\w+\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
    pattern = ROOT / "gateway" / "kit" / "patterns" / "dir"

    assert {name: (pattern / name).read_text("utf-8") for name in blocks} == blocks
    assert set(blocks) == {file.name for file in pattern.glob("*.*")} - {"README.md", "quality.toml"}


def test_the_list_of_adapters_is_complete() -> None:
    """Every adapter's folder is in the table of the page."""
    page = (ADAPTERS / "README.md").read_text("utf-8")
    listed = re.findall(r"^\| \[`(\w+)`\]", page, re.MULTILINE)

    assert listed == sorted(path.parent.name for path in ADAPTERS.glob("*/manifest.toml"))


def test_the_sidecar_is_shown_as_it_is() -> None:
    """The example has the fields of a real one, in the same order, for the document and for an attachment."""
    page = (ADAPTERS / "filedrop" / "README.md").read_text("utf-8")
    block, _answers = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    shown, real = json.loads(block), json.loads(sidecar(a_consignment(enclosures=[an_enclosure()])))

    assert list(shown) == list(real)
    assert [list(file) for file in shown["files"]] == [list(file) for file in real["files"]]


def test_every_reason_has_a_remedy() -> None:
    """Whoever installs it finds each code that a directory or an SFTP server can answer with, and no other."""
    page = (ADAPTERS / "filedrop" / "README.md").read_text("utf-8")
    first_columns = re.findall(r"^\| ((?:`[a-z-]+`(?:, )?)+) \|", page, re.MULTILINE)
    explained = {code for column in first_columns for code in re.findall("`(.+?)`", column)}
    here = {*directory._CODES.values(), "folder-not-prepared", "disk-error", "answer-damaged"}
    there = {*sftp._KINDS.values(), *sftp._NUMBERS.values(), "credentials-unreadable"}

    assert explained == here | there
