"""Cases: where the message is that another one refers to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select

from gateway.connection import CaseHome
from gateway.drivers.sql.steps import Ask, Operation, Statement, Steps, each
from gateway.drivers.sql.tables import keys, submissions

_home: Final = Statement(
    select(submissions.c.service, submissions.c.authority, submissions.c.connection)
    .join(keys, keys.c.submission == submissions.c.id)
    .where(keys.c.key == bindparam("key"), submissions.c.test == bindparam("lane"))
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A message that refers to an earlier one of the same client."""

    client: str
    message_uuid: str
    """of the earlier one"""
    test: bool


def hashed_key(client: str, key: str) -> str:
    """What is kept of a client's key: what it put into it is nobody's business."""
    return hashlib.sha256(f"{len(client)} {client} {key}".encode()).hexdigest()


def _case_home(reference: Reference) -> Steps[CaseHome | None]:
    key = hashed_key(reference.client, f"uuid:{reference.message_uuid.lower()}")
    rows = yield Ask(_home, {"key": key, "lane": int(reference.test)})
    return CaseHome(*rows[0]) if rows else None


CASE_HOME: Final[Operation[Reference, CaseHome | None]] = each("case_home", _case_home)
