"""The tables of rejections that come along: complete, and true to the standards' own lists and messages."""

import json
import re
from pathlib import Path

import pytest

from gateway.rejections import CODES, Table, load
from gateway.validation import Schemas
from gateway.validation.code_lists import read
from tests.conftest import ROOT
from tests.xsd.packages import XSD

TABLES = load(XSD)
LISTS = {
    "XBau": "codelists/urn:xoev-de:xbau:codeliste:xbau-fehlerkennzahlen_2.2.xml",
    "XWasser": "xoev/xwasser-1.0.0/codelists/Rückweisungsgründe_1.xml",
}
"""the lists of official standards, in the shared data"""

GENERIC = {"S001", "S010", "S011", "X001", "X002", "V000", "T080", "S999"}


def test_the_codes_are_those_of_the_problem_page() -> None:
    """Every code that may refuse a document is one that tables translate, and the other way round."""
    page = (ROOT / "docs/problems.md").read_text()
    (refusals,) = re.findall(r"^## Die Einreichung wurde zurückgewiesen .*?(?=^## )", page, re.MULTILINE | re.DOTALL)

    found = re.findall(r"^### `([a-z-]+)` · 422$", refusals, re.MULTILINE)
    assert {*found, "wrong-encoding", "uuid-conflict"} == CODES


@pytest.mark.parametrize("standard", TABLES)
def test_a_table_that_comes_along_lists_every_code(standard: str) -> None:
    """Nothing falls through to `otherwise` because nobody thought of it."""
    assert TABLES[standard].code_of.keys() == CODES


def test_own_codes_are_in_our_own_list() -> None:
    """What the own packages are answered with is in the list that AG-Prozess brings."""
    table = TABLES["AG-Prozess"]
    (file,) = XSD.glob("ag-prozess/1.0/code/rueckweisungsgrund_*.xml")

    in_list(table, file)


@pytest.mark.parametrize("standard", LISTS)
def test_official_codes_are_in_the_standards_list(shared_data: Path, standard: str) -> None:
    """What is translated to is there, in the version that the message names."""
    in_list(TABLES[standard], shared_data / LISTS[standard])


def in_list(table: Table, file: Path) -> None:
    known = read(file.read_bytes())
    assert (known.uri, known.version) == (table.codes.uri, table.codes.version)
    assert {*table.code_of.values(), table.otherwise} <= known.codes(None)


def test_xbau_is_answered_in_its_own_codes() -> None:
    """Where XBau has other codes than the generic list, or none, it is not answered in those of that list."""
    codes = set(TABLES["XBau"].code_of.values())

    assert not codes & {"X002", "S001", "S010", "S011", "S020"}
    assert {"X010", "X011", "A001"} <= codes
    assert set(TABLES["XWasser"].code_of.values()) == GENERIC


def test_the_messages_are_there(shared_data: Path) -> None:
    """Each root is one that the standard declares."""
    declared = json.loads((shared_data / "xoev/xbau-2.5/expected-roots.json").read_text())
    rejection = TABLES["XBau"].rejection

    assert rejection is not None
    assert rejection.root_name in declared["http://www.xleitstelle.de/xbau/kernmodul/1/2/2"]


def test_every_own_standard_has_its_answers() -> None:
    """No message of ours is turned down in JSON alone."""
    schemas = Schemas.load(XSD)

    assert {package.standard for package in schemas.packages} <= schemas.rejections.keys()
