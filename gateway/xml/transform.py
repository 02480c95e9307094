"""Stylesheets (XSLT 1.0) that operators keep beside their settings: a mapping that changes without a release."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from lxml import etree

from gateway.errors import SendersFault
from gateway.xml.gate import MOST_BYTES, parse

_NOTHING: Final = etree.XSLTAccessControl.DENY_ALL
"""no file, no network, neither to read nor to write"""


class BadStylesheet(Exception):
    """A stylesheet is missing, is none, or could not make a document of the one it was given."""


def transformed(document: bytes, stylesheet: Path) -> bytes:
    """
    What the stylesheet makes of a document, in UTF-8.

    The stylesheet may include those beside it, and reaches nothing else. Where what it makes is not XML that would come
    through the gate, that is its fault.

    Raises:
        BadStylesheet: it could not.
    """
    source = parse(document, most=len(document))
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)
    try:
        style = etree.XSLT(etree.parse(stylesheet, parser), access_control=_NOTHING)
        made = etree.tostring(style(source.tree), encoding="UTF-8", xml_declaration=True) or b""  # None of nothing
        parse(made, most=MOST_BYTES)
    except (OSError, etree.LxmlError, SendersFault):
        raise BadStylesheet from None
    return made
