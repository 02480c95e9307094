"""
For vendors and for us: fakes of the ports, artificial Anträge, and the examiner of adapters.

Simulators use it too, so only `gateway.testing.contract` imports pytest, and is asked for by its full name.
"""

from gateway.testing.answers import Correspondence, an_answer
from gateway.testing.attachments import LargeStream, MemoryAttachments, MemoryStream
from gateway.testing.clock import FakeClock
from gateway.testing.ledger import Ledger
from gateway.testing.samples import (
    CANARIES,
    a_consignment,
    a_manifest,
    a_submission,
    an_attachment,
    an_enclosure,
    an_xml_document,
)
from gateway.testing.vendor import AskableVendor, CollectingVendor, FakeVendor, Hangs, Raises, Secretly, Turn
from gateway.testing.waiting import until

__all__ = [
    "CANARIES",
    "AskableVendor",
    "CollectingVendor",
    "Correspondence",
    "FakeClock",
    "FakeVendor",
    "Hangs",
    "LargeStream",
    "Ledger",
    "MemoryAttachments",
    "MemoryStream",
    "Raises",
    "Secretly",
    "Turn",
    "a_consignment",
    "a_manifest",
    "a_submission",
    "an_answer",
    "an_attachment",
    "an_enclosure",
    "an_xml_document",
    "until",
]
