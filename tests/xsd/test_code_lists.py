"""The code lists that come with the project's own packages."""

import re
from pathlib import Path

import pytest
from lxml import etree

from gateway.validation import Schemas
from gateway.validation.declarations import Declarations
from tests.xsd.packages import XSD

LISTS = sorted(XSD.glob("*/*/code/*.xml"))
GENERICODE = "{http://docs.oasis-open.org/codelist/ns/genericode/1.0/}"
XS = "{http://www.w3.org/2001/XMLSchema}"
OWN = "urn:antragsgateway:codeliste:"


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_a_list_says_what_it_is(path: Path) -> None:
    """A list is Genericode 1.0, under a name of the project's own, in a file that is called like it."""
    root = etree.parse(str(path)).getroot()
    uri, version = root.findtext("Identification/CanonicalUri"), root.findtext("Identification/Version")

    assert root.tag == f"{GENERICODE}CodeList"
    assert root.findtext("Identification/CanonicalVersionUri") == f"{uri}_{version}"
    assert f"{uri}_{version}" == OWN + path.stem
    assert root.findtext("Annotation/Description/{*}p")


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_a_list_has_keys(path: Path) -> None:
    """Every row has a value in every column, and those of a key column tell the rows apart."""
    root = etree.parse(str(path)).getroot()
    columns = [column.get("Id") for column in root.iterfind("ColumnSet/Column")]
    keys = [reference.get("Ref") for reference in root.iterfind("ColumnSet/Key/ColumnRef")]
    rows = [
        {value.get("ColumnRef"): value.findtext("SimpleValue") for value in row.iterfind("Value")}
        for row in root.iterfind("SimpleCodeList/Row")
    ]

    assert rows
    assert keys
    assert all(list(row) == columns and all(row.values()) for row in rows)
    for key in keys:
        assert len({row[key] for row in rows}) == len(rows)


def test_each_list_that_a_document_fixes_is_there() -> None:
    """A code whose values the schema does not list has a list, in the version that is fixed or in some."""
    there = {path.stem for path in LISTS}
    for document in XSD.glob("*/*/*.xsd"):
        for code in etree.parse(str(document)).iterfind(f"{XS}complexType/{XS}complexContent/{XS}restriction"):
            fixed = {one.get("name"): one.get("fixed") for one in code.iterfind(f"{XS}attribute")}
            if not fixed.get("listURI") or code.find(f".//{XS}enumeration") is not None:
                continue
            name, version = str(fixed["listURI"]).removeprefix(OWN), fixed["listVersionID"]
            assert any(stem == f"{name}_{version or stem.rpartition('_')[2]}" for stem in there), name


def test_every_message_type_is_in_its_list() -> None:
    """The list of message types has the number of every message of ours, and no other."""
    roots = {
        root
        for manifest in XSD.glob("ag-*/*/manifest.toml")
        for root in re.findall(r'(?m)^"([\w.]+\.\d{4,6})" = "', manifest.read_text())
    }
    (path,) = (path for path in LISTS if path.stem.startswith("nachrichtentyp_"))
    rows = etree.parse(str(path)).getroot().iterfind("SimpleCodeList/Row")
    listed = {tuple(value.findtext("SimpleValue") for value in row) for row in rows}

    assert listed == {(root.rpartition(".")[2], root) for root in roots}


def test_every_code_in_a_valid_example_is_in_its_list() -> None:
    """What is shown as right names a list that is there, in a version that is there, and a code that is in it."""
    lists = {path.stem: codes_of(path) for path in LISTS}
    declared = {one.namespace: Declarations(one.files, one.entry) for one in Schemas.load(XSD).packages}
    looked_at = set()
    for path in XSD.glob("ag-*/*/examples/valid/*.xml"):
        root = etree.parse(str(path)).getroot()
        declarations = declared[str(etree.QName(root).namespace)]
        for element in root.iter():
            declaration = declarations.of(element)
            if not (declaration and declaration.code) or declaration.code.type == 1:
                continue
            uri = str(declaration.code.uri or element.get("listURI")).removeprefix(OWN)
            version = declaration.code.version or element.get("listVersionID")
            assert element.findtext(declaration.code.child) in lists[f"{uri}_{version}"], f"{path.name}: {uri}"
            looked_at.add(f"{uri}_{version}")

    assert looked_at == set(lists), "a list that no example uses"


def codes_of(path: Path) -> set[str | None]:
    """The codes of a list, from its column `code`."""
    values = etree.parse(str(path)).getroot().iterfind("SimpleCodeList/Row/Value[@ColumnRef='code']/SimpleValue")
    return {value.text for value in values}
