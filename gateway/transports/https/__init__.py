"""
HTTPS as a transport: one request, one answer, and a code where there is none.

    bodies      what is sent: at hand, streamed, in several parts
    parts       several parts as they come in, and what is kept of one
    client      the way itself: TLS with both certificates, time limits, no redirects
    answers     what came back, and what every vendor means the same by
    failures    how a request ended that has no answer, and whether anything was sent
    tokens      OAuth 2.0 client credentials
    settings    what an operator writes down
"""

from gateway.transports.https.answers import SPOILT, Head, Response, not_taken
from gateway.transports.https.bodies import Body, Part, form_data, multipart
from gateway.transports.https.client import Https, Limits, Peer, within
from gateway.transports.https.failures import BadAnswer
from gateway.transports.https.settings import EXPLAINED, TOKENS_EXPLAINED, Address
from gateway.transports.https.tokens import ClientCredentials, ClientTokens

__all__ = [
    "EXPLAINED",
    "SPOILT",
    "TOKENS_EXPLAINED",
    "Address",
    "BadAnswer",
    "Body",
    "ClientCredentials",
    "ClientTokens",
    "Head",
    "Https",
    "Limits",
    "Part",
    "Peer",
    "Response",
    "form_data",
    "multipart",
    "not_taken",
    "within",
]
