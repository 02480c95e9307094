"""From a submission to what OK.KOMM is sent; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from adapters.akdb_okkomm.settings import Settings
from gateway.adapter import Consignment, Refused
from gateway.transports.xta import TransportOrder
from gateway.transports.xta.xoev import Facts, transport_order

SCENARIOS: Final[Mapping[str, str]] = {
    "wohnsitz": "Meldewesen",
    "fuehrerschein": "Fahrerlaubniswesen",
    "aufenthalt": "Ausländerwesen",
}
"""The field of business in words [A]; a server that expects others has the setting `scenario`."""


def too_large(consignment: Consignment, settings: Settings) -> Refused | None:
    """What is larger than the server takes is not even tried."""
    size = len(consignment.document) + sum(one.attachment.size for one in consignment.enclosures)
    return Refused("too-large") if size > settings.most else None


def order_of(consignment: Consignment, settings: Settings) -> Callable[[str], TransportOrder]:
    """The transport order, for the id that the message travels under."""
    submission, facts = consignment.submission, Facts.read(consignment)
    scenario = SCENARIOS.get(submission.service, submission.service)
    return lambda message_id: transport_order(message_id, facts, submission, settings.server, scenario)
