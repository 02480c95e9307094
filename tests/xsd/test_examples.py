"""Every example is judged as its folder says, and shows what its index says."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import xmlschema

from gateway.submission import Finding
from gateway.validation import Invalid, Package, Schemas, Valid

XSD = Path(__file__).parents[2] / "xsd"
FOLDERS = sorted(path.parent for path in XSD.glob("*/*/examples"))
INDEXES: dict[Path, dict[str, Any]] = {
    folder: tomllib.loads((folder / "examples/index.toml").read_text()) for folder in FOLDERS
}
VALID = [folder / "examples/valid" / name for folder in FOLDERS for name in INDEXES[folder]["valid"]]
INVALID = [
    (folder / "examples/invalid" / case["file"], case["findings"])
    for folder in FOLDERS
    for case in INDEXES[folder]["invalid"]
]


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    return Schemas.load(XSD)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_the_index_lists_what_is_there(folder: Path) -> None:
    """Each example has its line in the index, and each line its example."""
    index = INDEXES[folder]

    assert {path.name for path in folder.glob("examples/valid/*")} == index["valid"].keys()
    assert {path.name for path in folder.glob("examples/invalid/*")} == {case["file"] for case in index["invalid"]}


@pytest.mark.parametrize("example", VALID, ids=lambda path: path.name)
def test_a_valid_example_is_valid(schemas: Schemas, example: Path) -> None:
    """A valid example passes without a finding and with the facts that every message has."""
    verdict = schemas.judge(example.read_bytes())

    assert isinstance(verdict, Valid)
    assert verdict.findings == ()
    reading = verdict.reading
    assert None not in (reading.message_uuid, reading.created_at, reading.reader, reading.author)
    assert reading.root.endswith(f".{reading.message_type}")
    assert reading.test is ("testnachricht" in example.name)


@pytest.mark.parametrize(("example", "expected"), INVALID, ids=lambda value: getattr(value, "name", ""))
def test_an_invalid_example_shows_its_finding(
    schemas: Schemas, example: Path, expected: list[dict[str, object]]
) -> None:
    """An invalid example has the findings of the index, no other, each in both languages."""
    verdict = schemas.judge(example.read_bytes())

    assert isinstance(verdict, Invalid)
    assert verdict.findings
    assert expected == [
        {name: value for name in ("code", "line", "path") if (value := getattr(unprefixed(finding), name)) is not None}
        for finding in verdict.findings
    ]
    assert all(finding.text.de != finding.text.en for finding in verdict.findings)


def unprefixed(finding: Finding) -> Finding:
    """An index names elements as the schema does; which prefix they have is the example's own affair."""
    return replace(finding, path=finding.path and re.sub(r"(?<=/)[\w.\-]+:", "", finding.path))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_a_second_engine_agrees(schemas: Schemas, folder: Path, tmp_path: Path) -> None:
    """Another implementation of XML Schema gives the same verdict on each example."""
    package = package_of(schemas, folder)
    for name, content in package.files.items():
        (tmp_path / name).write_bytes(content)
    second = xmlschema.XMLSchema(str(tmp_path / package.entry))

    assert all(second.is_valid(str(path)) for path in folder.glob("examples/valid/*.xml"))
    assert not any(second.is_valid(str(path)) for path in folder.glob("examples/invalid/*.xml"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_every_message_has_an_example(schemas: Schemas, folder: Path) -> None:
    """Whoever wants to send a message finds a valid one to start from."""
    judged = [schemas.judge(path.read_bytes()).reading for path in folder.glob("examples/valid/*.xml")]

    assert {reading.root for reading in judged} == package_of(schemas, folder).roots.keys()


def test_messages_are_told_apart_by_their_uuid(schemas: Schemas) -> None:
    """No two valid examples share a UUID, so that they can be sent one after the other."""
    uuids = [schemas.judge(path.read_bytes()).reading.message_uuid for path in VALID]

    assert len(uuids) == len(set(uuids)) == len(VALID)


def test_the_example_for_measurements_has_eight_kilobytes() -> None:
    """What is measured is as large as it says."""
    size = (XSD / "ag-wohnsitz/1.0/examples/valid/augsburg-grossfamilie.xml").stat().st_size

    assert abs(size - 8192) < 100


def package_of(schemas: Schemas, folder: Path) -> Package:
    name, version = folder.parts[-2:]
    return next(one for one in schemas.packages if (one.standard.lower(), one.version) == (name, version))
