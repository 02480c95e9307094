"""A stylesheet makes another document of one, and reaches nothing but that document."""

from pathlib import Path

import pytest

from gateway.xml.transform import BadStylesheet, transformed

STYLESHEET = """<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
  xmlns:exsl="http://exslt.org/common" extension-element-prefixes="exsl">
<xsl:output method="xml" encoding="UTF-8"/>
<xsl:template match="/">{inside}</xsl:template>
</xsl:stylesheet>"""


def written(folder: Path, inside: str) -> Path:
    file = folder / "abbildung.xsl"
    file.write_text(STYLESHEET.format(inside=inside))
    return file


def test_a_document_is_rewritten(tmp_path: Path) -> None:
    """The result is what the stylesheet says of the document, in UTF-8."""
    made = transformed("<a><b>ä</b></a>".encode(), written(tmp_path, '<neu><xsl:value-of select="/a/b"/></neu>'))

    assert made.decode().splitlines() == ["<?xml version='1.0' encoding='UTF-8'?>", "<neu>ä</neu>"]


@pytest.mark.parametrize(
    "inside",
    [
        "<neu><xsl:copy-of select=\"document('{secret}')\"/></neu>",
        '<neu/><exsl:document href="{secret}.neu"><a/></exsl:document>',
        "<neu><xsl:copy-of select=\"document('http://127.0.0.1:1/x')\"/></neu>",
        "kein Element",
        "<xsl:nichts/>",
        '<xsl:message terminate="yes">halt</xsl:message>',
    ],
    ids=["reads a file", "writes a file", "asks a network", "makes no XML", "is none", "gives up"],
)
def test_what_reaches_further_or_makes_nothing_is_refused(tmp_path: Path, inside: str) -> None:
    """Files and networks are closed to it, and what it makes must be a document."""
    secret = tmp_path / "geheim.xml"
    secret.write_text("<geheim/>")

    with pytest.raises(BadStylesheet):
        transformed(b"<a/>", written(tmp_path, inside.replace("{secret}", str(secret))))

    assert not secret.with_name("geheim.xml.neu").exists()


def test_a_stylesheet_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """So is one that nobody can read."""
    with pytest.raises(BadStylesheet):
        transformed(b"<a/>", tmp_path / "fehlt.xsl")
