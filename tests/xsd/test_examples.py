"""Every example is judged as its folder says, and shows what its index says."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
import xmlschema
from lxml import etree

from gateway.routing import Door, Question, Tables
from gateway.submission import Severity
from gateway.validation import Invalid, Objected, Package, Schemas, Valid
from gateway.validation.declarations import Declarations
from tests.xsd.packages import FOLDERS, INDEXES, SERVICES, XSD, called

VALID = [folder / "examples/valid" / name for folder in FOLDERS for name in INDEXES[folder]["valid"]]
INVALID = [
    (folder / "examples/invalid" / case["file"], case["findings"])
    for folder in FOLDERS
    for case in INDEXES[folder]["invalid"]
]

DECISIVE = {"schema-invalid", "unknown-schema", "rule-violated"}
"""findings that make a document invalid; all others, of these packages, are objections"""

DAY = date(2026, 11, 25)


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    return Schemas.load(XSD)


@pytest.fixture(scope="module")
def tables() -> Tables:
    return Tables.load(XSD.parent / "routing", Path("/data"))


@pytest.mark.parametrize("folder", FOLDERS, ids=called)
def test_the_index_lists_what_is_there(folder: Path) -> None:
    """Each example has its line in the index, and each line its example."""
    index = INDEXES[folder]

    assert {path.name for path in folder.glob("examples/valid/*")} == index["valid"].keys()
    assert {path.name for path in folder.glob("examples/invalid/*")} == {case["file"] for case in index["invalid"]}


@pytest.mark.parametrize("folder", FOLDERS, ids=called)
def test_there_are_enough_examples(folder: Path) -> None:
    """Each package shows at least five messages that are right and ten that are not."""
    index = INDEXES[folder]

    assert len(index["valid"]) >= 5
    assert len(index["invalid"]) >= 10


@pytest.mark.parametrize("folder", SERVICES, ids=called)
def test_examples_are_short_and_long(folder: Path) -> None:
    """Each service shows a message with the least it needs, and one with about all there is to say."""
    sizes = [path.stat().st_size for path in folder.glob("examples/valid/*.xml")]

    assert min(sizes) < 4_000
    assert 10_000 <= max(sizes) <= 20_000


@pytest.mark.parametrize("example", VALID, ids=called)
def test_a_valid_example_is_valid(schemas: Schemas, example: Path) -> None:
    """A valid example passes without a finding and with the facts that every message has."""
    verdict = schemas.judge(example.read_bytes())

    assert isinstance(verdict, Valid)
    assert verdict.findings == ()
    reading = verdict.reading
    assert None not in (reading.message_uuid, reading.created_at, reading.reader, reading.author)
    assert reading.root.endswith(f".{reading.message_type}")
    assert reading.test is ("testnachricht" in example.name)


@pytest.mark.parametrize(("example", "expected"), INVALID, ids=called)
def test_an_invalid_example_shows_its_finding(
    schemas: Schemas, example: Path, expected: list[Mapping[str, object]]
) -> None:
    """An invalid example has the findings of the index, no other, each in both languages, and is turned away."""
    verdict = schemas.judge(example.read_bytes())

    assert isinstance(verdict, Invalid if DECISIVE & {str(one["code"]) for one in expected} else Objected)
    assert all(finding.severity is Severity.ERROR for finding in verdict.findings)
    assert expected
    assert expected == [
        {name: value for name in told if (value := getattr(finding, name)) is not None}
        for finding, told in zip(verdict.findings, expected, strict=True)
    ]
    assert all(finding.text.de != finding.text.en for finding in verdict.findings)


@pytest.mark.parametrize("folder", SERVICES, ids=called)
def test_a_service_shows_every_way_of_being_wrong(schemas: Schemas, folder: Path) -> None:
    """Beyond the schema: codes of types 2 to 4, lists, characters, the message's number, and rules where it has any."""
    index = INDEXES[folder]["invalid"]
    package = package_of(schemas, folder)
    codes = {finding["code"] for case in index for finding in case["findings"]}
    unknown = [
        folder / "examples/invalid" / case["file"]
        for case in index
        if {finding["code"] for finding in case["findings"]} == {"unknown-code"}
    ]

    beyond = {"schema-invalid", "unknown-code", "unknown-code-list", "character-not-permitted", "message-type-mismatch"}
    assert beyond | ({"rule-violated"} if package.rules else set()) <= codes
    assert {code_type(path, package, schemas) for path in unknown} == {2, 3, 4}


def code_type(example: Path, package: Package, schemas: Schemas) -> int:
    """Of which type the code is that is in no list."""
    root = etree.parse(str(example)).getroot()
    (finding,) = schemas.judge(example.read_bytes()).findings
    prefixes = {prefix: namespace for prefix, namespace in root.nsmap.items() if prefix}
    (element,) = root.xpath(str(finding.path), namespaces=prefixes)
    declared = Declarations(package.files, package.entry).of(element)
    assert declared is not None
    assert declared.code is not None
    return declared.code.type


@pytest.mark.parametrize("folder", FOLDERS, ids=called)
def test_a_second_engine_agrees(schemas: Schemas, folder: Path) -> None:
    """Another implementation of XML Schema gives the same verdict on each example."""
    second = xmlschema.XMLSchema(str(folder / f"{folder.parent.name.removeprefix('ag-')}.xsd"))
    schema_invalid = {
        case["file"]
        for case in INDEXES[folder]["invalid"]
        if {finding["code"] for finding in case["findings"]} & {"schema-invalid", "unknown-schema"}
    }

    assert all(second.is_valid(str(path)) for path in folder.glob("examples/valid/*.xml"))
    for path in folder.glob("examples/invalid/*.xml"):
        assert second.is_valid(str(path)) is (path.name not in schema_invalid), path.name


@pytest.mark.parametrize("folder", FOLDERS, ids=called)
def test_every_message_has_an_example(schemas: Schemas, folder: Path) -> None:
    """Whoever wants to send a message finds a valid one to start from."""
    judged = [schemas.judge(path.read_bytes()).reading for path in folder.glob("examples/valid/*.xml")]

    assert {reading.root for reading in judged} == package_of(schemas, folder).roots.keys()


def test_every_connection_has_an_example(schemas: Schemas, tables: Tables) -> None:
    """For each of the 20 connections of the pilots there is a message that goes there, and no message gets lost."""
    reached = {path: door_of(path, schemas, tables) for path in VALID if path.parents[2] in SERVICES}

    assert {connection.id for connection in tables.connections} == {door for door in reached.values() if door}
    assert len(tables.connections) == 20


def test_messages_are_told_apart_by_their_uuid(schemas: Schemas) -> None:
    """No two valid examples share a UUID, so that they can be sent one after the other."""
    uuids = [schemas.judge(path.read_bytes()).reading.message_uuid for path in VALID]

    assert len(uuids) == len(set(uuids)) == len(VALID)


def test_answers_refer_to_messages_that_were_sent(schemas: Schemas) -> None:
    """What the authority answers in an example answers another example."""
    readings = [schemas.judge(path.read_bytes()).reading for path in VALID]

    assert {reading.reference_uuid for reading in readings} - {None} <= {reading.message_uuid for reading in readings}


def test_the_example_for_measurements_has_eight_kilobytes() -> None:
    """What is measured is as large as it says."""
    size = (XSD / "ag-wohnsitz/1.0/examples/valid/augsburg-grossfamilie.xml").stat().st_size

    assert abs(size - 8192) < 100


def package_of(schemas: Schemas, folder: Path) -> Package:
    namespace = f"urn:antragsgateway:xsd:{folder.parent.name.removeprefix('ag-')}:{folder.name}"
    return next(package for package in schemas.packages if package.namespace == namespace)


def door_of(example: Path, schemas: Schemas, tables: Tables) -> str | None:
    """The connection an example reaches; None where there is none."""
    verdict = schemas.judge(example.read_bytes())
    assert isinstance(verdict, Valid)
    reading = verdict.reading
    found = tables.find(
        Question(
            root=reading.root,
            namespace=reading.namespace,
            document_leistung=reading.leistung,
            place=verdict.document.text,
            reader=reading.reader,
            test=reading.test,
            day=DAY,
        )
    )
    return found.connection.id if isinstance(found, Door) else None
