"""The document of about 8 KB that benchmarks send, and the schema that judges it."""

from __future__ import annotations

import re
from typing import Final

from tests.conftest import ROOT
from tests.drills.samples import plain

_PACKAGE: Final = ROOT / "xsd" / "ag-wohnsitz" / "1.0"
DOCUMENT: Final = re.sub(rb"\s*<!--.*?-->", b"", plain("augsburg-grossfamilie"), flags=re.DOTALL)
"""without the comment that explains the example: programs write none"""
SCHEMA: Final = _PACKAGE / "wohnsitz.xsd"
DESTINATION: Final = "augsburg-wohnsitz"

DOCUMENTS: Final = [
    plain(name)
    for name in ("augsburg-grossfamilie", "aschaffenburg-einzelperson", "meitingen-paar", "pullach-aus-dem-ausland")
]
"""Four towns' worth: no single Fachverfahren takes what a Land sends."""
DESTINATIONS: Final = ("augsburg-wohnsitz", "aschaffenburg-wohnsitz", "meitingen-wohnsitz", "pullach-wohnsitz")
