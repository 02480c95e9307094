"""
XTA 2.1.1 as a transport: the web service through which authorities send and fetch XÖV messages.

    vocabulary   namespaces, operations, and the values that go in and out
    requests     from values to envelopes; pure
    package      MTOM: an envelope and its contents, streamed both ways
    answers      from envelopes to values, through the gate for foreign XML
    faults       every fault of the WSDL, and what follows from it
    client       one operation at a time
    ids          which id a submission travels under
    sending      the whole of a delivery: account, service, id, message, report
    mailbox      the way back, read by nobody else
    collecting   replies out of it
    xoev         the transport order of an XÖV message
    carrier      all of that for one endpoint
    carriers     an adapter of them, one for each endpoint; vendors bring their settings and words
    settings     what an operator writes down
"""

from gateway.transports.xta.carrier import Carrier
from gateway.transports.xta.carriers import Carriers
from gateway.transports.xta.client import Fetched, FetchedFile, Xta
from gateway.transports.xta.collecting import Collecting
from gateway.transports.xta.faults import AlreadyThere, Fault, FaultKind, what_follows
from gateway.transports.xta.ids import MessageIds, OwnIds, RememberedIds
from gateway.transports.xta.mailbox import Mailbox
from gateway.transports.xta.sending import Sending
from gateway.transports.xta.settings import EXPLAINED, Server
from gateway.transports.xta.vocabulary import (
    XTA_211,
    Available,
    Code,
    Content,
    Entrusted,
    Light,
    Operation,
    Party,
    Port,
    TransportOrder,
    TransportReport,
    Waiting,
)

__all__ = [
    "EXPLAINED",
    "XTA_211",
    "AlreadyThere",
    "Available",
    "Carrier",
    "Carriers",
    "Code",
    "Collecting",
    "Content",
    "Entrusted",
    "Fault",
    "FaultKind",
    "Fetched",
    "FetchedFile",
    "Light",
    "Mailbox",
    "MessageIds",
    "Operation",
    "OwnIds",
    "Party",
    "Port",
    "RememberedIds",
    "Sending",
    "Server",
    "TransportOrder",
    "TransportReport",
    "Waiting",
    "Xta",
    "what_follows",
]
