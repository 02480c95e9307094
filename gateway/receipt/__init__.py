"""What a sender is told: the receipt, the problem, the status; in JSON, German or English."""

from gateway.receipt.answers import (
    PROBLEM,
    accepted,
    events,
    is_final,
    links,
    moment,
    problem,
    rejected,
    status,
    technical_receipt,
    verdict,
)
from gateway.receipt.receipt import Receipt
from gateway.receipt.replies import replies

__all__ = [
    "PROBLEM",
    "Receipt",
    "accepted",
    "events",
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
