"""All pages of the console and its forms, below `/console`."""

from __future__ import annotations

from typing import Final

from gateway.console import now, searching, timeline
from gateway.console.house import Place

PLACES: Final = (
    Place("GET", "", now.now),
    Place("GET", "/submissions", searching.search),
    Place("GET", "/submissions/{submission}", timeline.show),
    Place("POST", "/submissions/{submission}/read", timeline.read),
)
