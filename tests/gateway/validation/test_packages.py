"""A package is what its manifest has sealed, or it is refused by name."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from gateway.errors import BadPackage
from gateway.validation import Invalid, Schemas, Valid
from tests.gateway.validation.conftest import SCHEMA, Write

IMPORT = '<xs:import namespace="{namespace}" schemaLocation="{location}"/><xs:element name="a.b.0100" type="xs:token"/>'


def manifest(folder: Path) -> Path:
    return folder / "t/1/manifest.toml"


def test_a_package_says_what_it_is(write: Write) -> None:
    """Names, dates, messages and source of a package are read from its manifest."""
    (package,) = Schemas.load(write()).packages

    assert (package.label, package.namespace, package.ours) == ("T 1", "urn:t", True)
    assert dict(package.roots) == {"a.b.0100": "Nachricht"}
    assert (package.valid_from, package.valid_until) == (date(2026, 1, 1), None)


def test_a_changed_document_is_refused_by_name(write: Write) -> None:
    """One byte more in a document, and the gateway does not start; the sentence names the file."""
    folder = write()
    with (folder / "t/1/t.xsd").open("a") as document:
        document.write("\n")

    with pytest.raises(BadPackage, match=r"t/1/t\.xsd was changed"):
        Schemas.load(folder)


def test_a_lost_document_is_refused_by_name(write: Write) -> None:
    """A document that the manifest lists must be there."""
    folder = write()
    (folder / "t/1/t.xsd").unlink()

    with pytest.raises(BadPackage, match=r"t/1/t\.xsd is listed"):
        Schemas.load(folder)


def test_a_document_that_slipped_in_is_refused_by_name(write: Write) -> None:
    """A document that the manifest does not list must not be there."""
    folder = write()
    (folder / "t/1/stray.xsd").write_text("<a/>")

    with pytest.raises(BadPackage, match=r"stray\.xsd lies in the schema package"):
        Schemas.load(folder)


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ('standard = "T"', ""),
        ('version = "1"', "version = 1"),
        ('title = "Ein Paket für Tests"', 'title = ""'),
        ("valid_from = 2026-01-01", 'valid_from = "soon"'),
        ('entry = "t.xsd"', 'entry = "other.xsd"'),
        ('leistung = "leistung"', 'place = "ort"'),
        ('source = "own"', 'source = "own"\ncolour = "red"'),
        ("[files]", '[files]\n"../t.xsd" = "00"'),
    ],
)
def test_a_manifest_is_taken_by_the_letter(write: Write, line: str, instead: str) -> None:
    """An entry that is missing, of another kind or unknown is named, with the file it stands in."""
    folder = write()
    text = manifest(folder).read_text()
    manifest(folder).write_text(text.replace(line, instead))

    with pytest.raises(BadPackage, match=r"manifest\.toml: the entry"):
        Schemas.load(folder)


def test_a_manifest_is_toml(write: Write) -> None:
    """A manifest that cannot be read is named."""
    folder = write()
    manifest(folder).write_text("standard =")

    with pytest.raises(BadPackage, match=r"manifest\.toml is no readable TOML"):
        Schemas.load(folder)


def test_a_folder_without_packages_is_refused(tmp_path: Path) -> None:
    """A gateway that knows no schema would refuse everything; it says so instead."""
    with pytest.raises(BadPackage, match="no schema package"):
        Schemas.load(tmp_path)


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:9/x.xsd", "../../x.xsd", "/etc/hostname", "file:///etc/hostname"]
)
def test_a_package_reaches_nothing_outside_itself(write: Write, location: str) -> None:
    """An import is looked up in the package and nowhere else, whatever its address says."""
    folder = write(IMPORT.format(namespace="urn:x", location=location))
    (folder / "x.xsd").write_text(SCHEMA.format(namespace="urn:x", body=""))

    with pytest.raises(BadPackage, match="the package holds no such document"):
        Schemas.load(folder)


def test_every_import_of_a_namespace_counts(write: Write) -> None:
    """Engines take one document for each imported namespace and skip the second; bundled, both are there."""
    folder = write(
        '<xs:import namespace="urn:x" schemaLocation="x1.xsd"/><xs:import namespace="urn:x" schemaLocation="x2.xsd"/>'
        '<xs:element name="a.b.0100" xmlns:x="urn:x"><xs:complexType><xs:sequence>'
        '<xs:element ref="x:one"/><xs:element ref="x:two"/></xs:sequence></xs:complexType></xs:element>',
        more={
            "x1.xsd": SCHEMA.format(namespace="urn:x", body='<xs:element name="one"/>'),
            "x2.xsd": SCHEMA.format(namespace="urn:x", body='<xs:element name="two"/>'),
        },
    )
    message = b"<a.b.0100 xmlns='urn:t'><x:one xmlns:x='urn:x'/><x:%s xmlns:x='urn:x'/></a.b.0100>"
    schemas = Schemas.load(folder)

    assert isinstance(schemas.judge(message % b"two"), Valid)
    assert isinstance(schemas.judge(message % b"one"), Invalid)


def test_a_schema_that_is_none_is_refused(write: Write) -> None:
    """A document that XML Schema does not allow is named with its line."""
    folder = write('<xs:element name="a.b.0100" type="t:nowhere"/>')

    with pytest.raises(BadPackage, match=r"does not compile \(t\.xsd:4\)"):
        Schemas.load(folder)


def test_a_document_type_is_no_part_of_a_package(write: Write) -> None:
    """A published document with a DOCTYPE is installed without it, because a DOCTYPE may reach for other files."""
    with pytest.raises(BadPackage, match=r"typed\.xsd has a document type declaration"):
        Schemas.load(write(more={"typed.xsd": '<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>'}))


def test_a_package_is_compiled_from_what_was_sealed(write: Write) -> None:
    """Files that change under a running gateway change nothing until it starts again."""
    folder = write('<xs:element name="a.b.0100" type="xs:int"/>')
    schemas = Schemas.load(folder)
    shutil.rmtree(folder / "t")

    with ThreadPoolExecutor(1) as thread:
        verdict = thread.submit(schemas.judge, b"<a.b.0100 xmlns='urn:t'>x</a.b.0100>").result()

    assert isinstance(verdict, Invalid)


def test_a_document_that_is_not_xml_is_refused(write: Write) -> None:
    """Sealed is not the same as sound."""
    with pytest.raises(BadPackage, match=r"broken\.xsd is not well-formed"):
        Schemas.load(write(more={"broken.xsd": "<a>"}))


@pytest.mark.parametrize("roots", [("a.b.0100", "c.d.0200"), ("c.d.0200",)])
def test_listed_and_declared_messages_are_the_same(write: Write, roots: tuple[str, ...]) -> None:
    """A message that is listed and not declared, or declared and not listed, is named."""
    with pytest.raises(BadPackage, match=r"root element"):
        Schemas.load(write(roots=roots))


def test_a_message_in_a_document_nobody_includes_is_missed(write: Write) -> None:
    """A message is declared in the package, but no include leads to it: the engine does not know it."""
    stray = SCHEMA.format(namespace="urn:t", body='<xs:element name="c.d.0200" type="xs:token"/>')

    with pytest.raises(BadPackage, match=r"c\.d\.0200"):
        Schemas.load(write(roots=("a.b.0100", "c.d.0200"), more={"stray.xsd": stray}))


def test_the_digest_follows_every_fact(write: Write) -> None:
    """Replicas with the same packages have the same digest; another version of one is another digest."""
    folder = write()
    first, again = Schemas.load(folder), Schemas.load(folder)
    write(version="2", namespace="urn:t:2")

    assert first.digest == again.digest
    assert first.digest != Schemas.load(folder).digest
    assert first.packages[0].digest == again.packages[0].digest
