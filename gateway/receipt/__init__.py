"""
What a sender is told: the receipt, the problem, the status; in JSON, German or English, and as a message of the
standard concerned.
"""

from gateway.receipt.answers import (
    PROBLEM,
    accepted,
    events,
    findings,
    is_final,
    links,
    moment,
    problem,
    rejected,
    status,
    technical_receipt,
    verdict,
)
from gateway.receipt.message import Answered, Letterhead
from gateway.receipt.receipt import Receipt
from gateway.receipt.replies import replies

__all__ = [
    "PROBLEM",
    "Answered",
    "Letterhead",
    "Receipt",
    "accepted",
    "events",
    "findings",
    "is_final",
    "links",
    "moment",
    "problem",
    "rejected",
    "replies",
    "status",
    "technical_receipt",
    "verdict",
]
