"""All pages of the console and its forms, below `/console`."""

from __future__ import annotations

from typing import Final

from gateway.console import adapters, connections, failures, now, people, searching, timeline
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
    Place("GET", "/connections", connections.connections),
    Place("GET", "/connections/{service}/{authority}", connections.connection),
    Place("POST", "/connections/{service}/{authority}/pause", connections.pause),
    Place("POST", "/connections/{service}/{authority}/resume", connections.resume),
    Place("GET", "/coverage", connections.covered),
    Place("GET", "/adapters", adapters.adapters),
    Place("GET", "/destinations/{destination}", adapters.destination),
    Place("POST", "/destinations/{destination}/pause", adapters.pause),
    Place("POST", "/destinations/{destination}/resume", adapters.resume),
    Place("GET", "/accounts", people.accounts),
    Place("POST", "/accounts/{account}/revoke", people.revoke),
)
