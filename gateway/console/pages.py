"""All pages of the console and its forms, below `/console`."""

from __future__ import annotations

from typing import Final

from gateway.console import failures, now, searching, timeline
from gateway.console.house import Place

PLACES: Final = (
    Place("GET", "", now.now),
    Place("GET", "/submissions", searching.search),
    Place("GET", "/submissions/{submission}", timeline.show),
    Place("POST", "/submissions/{submission}/read", timeline.read),
    Place("POST", "/submissions/{submission}/retry", failures.retry),
    Place("POST", "/submissions/{submission}/drop", failures.drop),
    Place("GET", "/failures", failures.groups),
    Place("GET", "/failures/consider", failures.consider),
    Place("GET", "/campaigns", failures.campaigns),
    Place("POST", "/campaigns", failures.begin),
    Place("GET", "/campaigns/{campaign}", failures.campaign),
    Place("POST", "/campaigns/{campaign}/cancel", failures.cancel),
)
