"""Who gets it: a question and the tables make a door, or the named absence of one."""

from gateway.connection import Connection, ConnectionState
from gateway.routing.board import Board
from gateway.routing.cases import Case, failing, read_cases
from gateway.routing.door import Absence, Door, NoDoor, Question
from gateway.routing.explaining import Explanation, Lost, explain
from gateway.routing.facts import (
    Authority,
    AuthorityKind,
    Destination,
    Message,
    Responsibility,
    Service,
    filled,
)
from gateway.routing.maintenance import BERLIN
from gateway.routing.offer import Offered, Wanted, asked_for, offered
from gateway.routing.order_form import OWN, Columns, form_of, read_columns
from gateway.routing.orders import Change, Fault, Plan, exported, plan
from gateway.routing.regions import Region, RegionKind, Regions
from gateway.routing.scope import in_scope
from gateway.routing.tables import Tables
from gateway.routing.watching import Watch

__all__ = [
    "BERLIN",
    "OWN",
    "Absence",
    "Authority",
    "AuthorityKind",
    "Board",
    "Case",
    "Change",
    "Columns",
    "Connection",
    "ConnectionState",
    "Destination",
    "Door",
    "Explanation",
    "Fault",
    "Lost",
    "Message",
    "NoDoor",
    "Offered",
    "Plan",
    "Question",
    "Region",
    "RegionKind",
    "Regions",
    "Responsibility",
    "Service",
    "Tables",
    "Wanted",
    "Watch",
    "asked_for",
    "explain",
    "exported",
    "failing",
    "filled",
    "form_of",
    "in_scope",
    "offered",
    "plan",
    "read_cases",
    "read_columns",
]
