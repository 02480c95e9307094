"""Which documents the drills send, and which Fachverfahren they reach."""

from __future__ import annotations

import re
from typing import Final

from tests.conftest import ROOT

DESTINATIONS: Final = ("augsburg-wohnsitz", "aschaffenburg-wohnsitz")

_EXAMPLES: Final = ROOT / "xsd" / "ag-wohnsitz" / "1.0" / "examples" / "valid"


def samples() -> list[bytes]:
    """Valid Wohnsitz documents for the two cities, so that two destinations share one adapter."""
    return [plain("augsburg-nebenwohnung"), plain("aschaffenburg-einzelperson")]


def plain(name: str) -> bytes:
    """An example without the attachments it names, so that it travels as bare XML."""
    document = (_EXAMPLES / f"{name}.xml").read_bytes()
    return re.sub(rb"\s*<w:anlagen>.*</w:anlagen>", b"", document, flags=re.DOTALL)
