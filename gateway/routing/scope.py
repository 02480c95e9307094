"""What a portal's token is good for: services and regions (DESIGN §2.5)."""

from __future__ import annotations

from gateway.journal import Client
from gateway.routing.regions import shorten


def in_scope(client: Client, service: str, authority_ars: str) -> bool:
    """Whether this client may send for this service to this authority; a region covers everything within it."""
    return ("*" in client.services or service in client.services) and any(
        _covers(region, authority_ars) for region in client.regions
    )


def _covers(region: str, ars: str) -> bool:
    # An empty region is a slip, and must not be the prefix of everything.
    return region == "*" or (region != "" and ars.startswith(shorten(region)))
