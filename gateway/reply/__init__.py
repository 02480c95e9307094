"""
What comes back from the authority.

    kinds   what a reply can be, and what it does to the state of the submission it answers
    tables  which message of which standard is what: `xsd/replies/<standard>.toml`
    book    port: replies in the journal, and the box of those that fit nothing
"""

from gateway.reply.book import (
    Arrival,
    Arrivals,
    Boxed,
    Incoming,
    Kept,
    Origin,
    Repeated,
    ReplyBook,
    ReplyPost,
    Settled,
    StoredReply,
)
from gateway.reply.kinds import Effect, Kind, leads_to
from gateway.reply.tables import Meaning, ReplyTables

__all__ = [
    "Arrival",
    "Arrivals",
    "Boxed",
    "Effect",
    "Incoming",
    "Kept",
    "Kind",
    "Meaning",
    "Origin",
    "Repeated",
    "ReplyBook",
    "ReplyPost",
    "ReplyTables",
    "Settled",
    "StoredReply",
    "leads_to",
]
