"""Findings have the codes of the list that the standard itself uses, where a table says which."""

from pathlib import Path

import pytest

from gateway.submission import Finding
from gateway.validation import Schemas, Verdict
from tests.conftest import ROOT
from tests.gateway.validation.conftest import Write

TABLE = """
standards = ["T"]
package = "T"
otherwise = "Z9"
case = "//akte"

[list]
uri = "urn:t:liste"
version = "1"

[codes]
schema-invalid = "Z1"
unknown-service = "Z2"
"""
BODY = """<xs:element name="a.b.0100"><xs:complexType><xs:sequence>
<xs:element name="akte" type="xs:token"/></xs:sequence></xs:complexType></xs:element>"""
UNKNOWN_CASE = 'case = "vorgang"'


def with_table(folder: Path, text: str = TABLE) -> Path:
    (folder / "rejections").mkdir(exist_ok=True)
    (folder / "rejections" / "t.toml").write_text(text)
    return folder


def xoev(verdict: Verdict) -> set[str | None]:
    return {finding.xoev for finding in verdict.findings}


@pytest.mark.parametrize(
    ("document", "without", "with_one"),
    [
        ("<a.b.0100 xmlns='urn:t'/>", "X001", "Z1"),
        ("<a.c.0200 xmlns='urn:t'/>", "V000", "Z2"),
        ("<a.b.0100 xmlns='urn:other'/>", "V000", "V000"),
    ],
    ids=["not valid", "another message of the standard", "another standard"],
)
def test_an_operators_table_counts(write: Write, document: str, without: str, with_one: str) -> None:
    """A table beside installed packages says how their findings are called; without one the generic list does."""
    folder = write(BODY)

    assert xoev(Schemas.load(folder).judge(document.encode())) == {without}
    assert xoev(Schemas.load(with_table(folder)).judge(document.encode())) == {with_one}


def test_the_code_for_everything_else_says_nothing(write: Write) -> None:
    """What the list has no code for has none; in a Rückweisung it is the code for the rest, with a text."""
    schemas = Schemas.load(with_table(write(BODY), TABLE.replace('"Z1"', '"Z9"')))

    assert xoev(schemas.judge(b"<a.b.0100 xmlns='urn:t'/>")) == {None}


def test_every_stage_speaks_the_same_words(write: Write) -> None:
    """The findings of a stage are those of the verdict."""
    verdict = Schemas.load(with_table(write(BODY))).judge(b"<a.b.0100 xmlns='urn:t'/>")

    told: set[Finding] = {finding for stage in verdict.stages for finding in stage.findings}
    assert told == set(verdict.findings)


def test_a_table_knows_where_the_case_is(write: Write) -> None:
    """Only where the manifest does not say; that goes before."""
    folder = with_table(write(BODY))
    manifest = folder / "t/1/manifest.toml"
    document = b"<a.b.0100 xmlns='urn:t'><akte>A-7</akte></a.b.0100>"

    said = Schemas.load(folder).judge(document).reading.case_id
    manifest.write_text(manifest.read_text().replace(UNKNOWN_CASE, ""))
    unsaid = Schemas.load(folder).judge(document).reading.case_id

    assert (said, unsaid) == (None, "A-7")


def test_replicas_with_other_tables_are_told_apart(write: Write) -> None:
    """The digest of what is judged by includes how it is told."""
    folder = with_table(write(BODY))

    first = Schemas.load(folder).digest
    second = Schemas.load(with_table(folder, TABLE.replace("Z1", "Z3"))).digest

    assert first != second


def test_packages_of_another_folder_are_told_by_tables_from_here(write: Write) -> None:
    """Whoever checks with one store alone hears the same codes as at the door."""
    folder = write('<xs:element name="a.b.0100" type="xs:int"/>', standard="XBau")

    assert Schemas.load(folder, tables=ROOT / "xsd").rejections.keys() >= {"XBau", "XWasser"}
    assert not Schemas.load(folder).rejections
