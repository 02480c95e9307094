"""What happens in the house itself."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from prometheus_client import Info

from gateway.events.event import Event
from gateway.events.metrics import REGISTRY, Children, gauge

BUILD: Final = Info("gateway_build", "Version and kind (sandbox or production) of this gateway.", registry=REGISTRY)
FACTS: Final = Info("gateway_facts", "Digests of the routing tables and schema packages in use.", registry=REGISTRY)
REPLY_TABLES: Final = Info("gateway_reply_tables", "Digest of the tables that say what is a reply.", registry=REGISTRY)
TABLES_REFUSED: Final = gauge(
    "gateway_tables_refused", "1 while the routing folder holds changed files that cannot be used, else 0."
)
IN_STATE: Final = gauge(
    "gateway_submissions_in_state", "Submissions by state, from the journal's snapshot.", ("state",)
)
IMBALANCE: Final = gauge("gateway_ledger_imbalance_submissions", "How far the ledger's two books are apart; must be 0.")
BROKER_CONNECTED: Final = gauge("gateway_broker_connected", "1 while the broker is connected, else 0.")


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerConnected(Event):
    """The broker is there; `found` says whether it knew this journal (`known`) or was empty (`empty`)."""

    name = "broker.connected"
    found: str

    def count(self) -> None:
        BROKER_CONNECTED.set(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerLost(Event):
    """The broker is away. Intake goes on; letters wait in the journal."""

    name = "broker.lost"
    level = logging.WARNING
    error: str

    def count(self) -> None:
        BROKER_CONNECTED.set(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorOpened(Event):
    """A worker at a site reaches its gateway."""

    name = "door.opened"
    site: str

    def count(self) -> None:
        BROKER_CONNECTED.set(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorClosed(Event):
    """A worker at a site does not reach its gateway, or is not let in. What waits there waits."""

    name = "door.closed"
    level = logging.WARNING
    site: str
    because: str

    def count(self) -> None:
        BROKER_CONNECTED.set(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerFault(Event):
    """Something is wrong on the broker: a message nobody understands, a queue without consumer, a dead letter."""

    name = "broker.fault"
    level = logging.ERROR
    queue: str
    because: str


QUEUED: Final = Children(
    gauge("gateway_queue_messages", "Messages that wait in a queue of the broker, as last seen.", ("queue",))
)
CONSUMERS: Final = Children(
    gauge("gateway_queue_consumers", "Consumers of a queue of the broker, as last seen.", ("queue",))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSeen(Event):
    """How a queue of the broker is doing; seen every few seconds."""

    name = "queue.seen"
    level = logging.DEBUG
    queue: str
    messages: int
    consumers: int

    def count(self) -> None:
        QUEUED(self.queue).set(self.messages)
        CONSUMERS(self.queue).set(self.consumers)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalFailed(Event):
    """The journal could not read or write."""

    name = "journal.failed"
    level = logging.ERROR
    operation: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrphansSwept(Event):
    """Attachment files that belong to no submission were removed."""

    name = "attachments.swept"
    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerUnbalanced(Event):
    """The ledger's two books differ: a submission was lost, or changed behind the journal's back."""

    name = "ledger.unbalanced"
    level = logging.CRITICAL
    imbalance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TablesChanged(Event):
    """Changed routing tables were checked, and are in use from now on."""

    name = "tables.changed"
    digest: str
    schemas: str
    """digest of the schema packages, which stay"""

    def count(self) -> None:
        TABLES_REFUSED.set(0)
        FACTS.info({"tables": self.digest, "schemas": self.schemas})


@dataclass(frozen=True, slots=True, kw_only=True)
class TablesRefused(Event):
    """Changed routing tables cannot be used: the earlier ones go on serving. `gateway routes check` says why."""

    name = "tables.refused"
    level = logging.ERROR
    code: str
    place: str
    """file and line"""

    def count(self) -> None:
        TABLES_REFUSED.set(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayStarted(Event):
    """A process began to serve or to work."""

    name = "gateway.started"
    kind: str
    role: str
    version: str
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayStopping(Event):
    """A process was asked to stop: it finishes what is in flight and hands the rest back."""

    name = "gateway.stopping"
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFailed(Event):
    """A standing task of ours met a bug and starts again: the exception's class and frames, never its message."""

    name = "task.failed"
    level = logging.ERROR
    task: str
    error: str
    frames: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFailed(Event):
    """A command met a bug of ours and ended: the exception's class and frames, never its message."""

    name = "command.failed"
    level = logging.ERROR
    command: str
    error: str
    frames: tuple[str, ...]
