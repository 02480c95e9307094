"""The official list of DVDV prefixes, where the operator has put it: no service may be addressed by another."""

import shutil
from pathlib import Path

import pytest

from gateway.errors import BadTables
from gateway.routing import Tables
from gateway.routing.loading import PREFIXES
from tests.conftest import ROOT
from tests.gateway.routing.conftest import Write

LIST = """\
<gc:CodeList xmlns:gc="http://docs.oasis-open.org/codelist/ns/genericode/1.0/"><SimpleCodeList>
{rows}</SimpleCodeList></gc:CodeList>
"""
ROW = (
    '<Row><Value ColumnRef="praefix"><SimpleValue>{}</SimpleValue></Value>'
    '<Value ColumnRef="kategorie"><SimpleValue>Eine Behörde</SimpleValue></Value></Row>\n'
)


def with_list(folder: Path, *prefixes: str) -> Path:
    rows = "".join(ROW.format(prefix) for prefix in prefixes)
    (folder / PREFIXES).write_text(LIST.format(rows=rows), encoding="utf-8")
    return folder


def test_a_list_with_every_prefix_is_content(write: Write) -> None:
    """It counts as part of the tables: the digest is another."""
    without = Tables.load(write(), Path("/x"))
    tables = Tables.load(with_list(write(), "ags", "bab", "gba"), Path("/x"))

    assert tables.digest != without.digest


def test_a_prefix_that_is_not_official_is_refused(write: Write) -> None:
    """With the line of `services.toml` that names it."""
    with pytest.raises(BadTables, match=r"services.toml, line 14: .*bab, gba"):
        Tables.load(with_list(write(), "ags"), Path("/x"))


@pytest.mark.parametrize("content", ["kein XML", "<leer/>", LIST.format(rows="")])
def test_what_is_no_list_is_refused(write: Write, content: str) -> None:
    """Better no start than a check that checks nothing."""
    folder = write()
    (folder / PREFIXES).write_text(content, encoding="utf-8")
    with pytest.raises(BadTables, match=PREFIXES):
        Tables.load(folder, Path("/x"))


def test_the_shipped_prefixes_are_official(shared_data: Path, tmp_path: Path) -> None:
    """The list as it is published knows every prefix of the five services."""
    folder = Path(shutil.copytree(ROOT / "routing", tmp_path / "routing"))
    [official] = (shared_data / "codelists").glob("*dvdv.praefix_51.xml")
    shutil.copy(official, folder / PREFIXES)

    assert Tables.load(folder, Path("/x")).services
