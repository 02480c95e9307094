"""The words that the weapons procedure is addressed with; pure."""

from __future__ import annotations

from typing import Final

SCENARIO: Final = "Waffenwesen"
"""The field of business in words [A]; a server that expects another has the setting `scenario`."""
