"""What happens in the house itself."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from gateway.events.event import Event
from gateway.events.metrics import ADAPTER, Label, code, counter, gauge, info, one_of

BUILD: Final = info(
    "gateway_build",
    "Version and kind of this gateway, always 1.",
    code("version", "version of the software"),
    one_of("kind", "what it is", "sandbox", "production"),
)
FACTS: Final = info(
    "gateway_facts",
    "Digests of the routing tables and schema packages in use, always 1.",
    code("tables", "digest of the routing tables"),
    code("schemas", "digest of the schema packages"),
)
REPLY_TABLES: Final = info(
    "gateway_reply_tables",
    "Digest of the tables that say what is a reply, always 1.",
    code("digest", "digest of the tables"),
)
ADAPTER_INFO: Final = gauge(
    "gateway_adapter_info",
    "The adapters that are installed, always 1.",
    ADAPTER,
    code("version", "version of the package that brings it"),
    one_of("interface", "whether the vendor documents what it speaks", "published", "assumed"),
    one_of("best_grade", "the best it can prove", "transport", "taken", "answered"),
    source="either",
)
TABLES_REFUSED: Final = gauge(
    "gateway_tables_refused",
    "1 while the routing folder holds changed files that cannot be used, else 0.",
    source="either",
)
BROKER_CONNECTED: Final = gauge(
    "gateway_broker_connected", "1 while everything that needs the broker is connected, else 0.", source="either"
)
QUEUE: Final = Label("queue", "queue of the broker", known="queue")
QUEUED: Final = gauge("gateway_queue_messages", "Messages that wait in a queue of the broker, as last seen.", QUEUE)
CONSUMERS: Final = gauge("gateway_queue_consumers", "Consumers of a queue of the broker, as last seen.", QUEUE)
BROKER_FAULTS: Final = counter(
    "gateway_broker_faults_total",
    "Faults seen on the broker; the queue stands in the log line.",
    code("reason", "what is wrong"),
    source="either",
)
TASKS_FAILED: Final = counter(
    "gateway_task_failures_total",
    "Standing tasks that met a bug and started again.",
    code("task", "which one", "hand-over", "lapse", "replies", "stock", "tables", "postman", "collect", "look"),
    source="either",
)
JOURNAL_FAILED: Final = counter(
    "gateway_journal_failures_total",
    "Operations that the journal could not carry out.",
    code("operation", "which one"),
    source="either",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerConnected(Event):
    """The broker is there; `found` says whether it knew this journal (`known`) or was empty (`empty`)."""

    name = "broker.connected"
    found: str

    def count(self) -> None:
        BROKER_CONNECTED().set(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerLost(Event):
    """The broker is away. Intake goes on; letters wait in the journal."""

    name = "broker.lost"
    level = logging.WARNING
    error: str

    def count(self) -> None:
        BROKER_CONNECTED().set(0)
        QUEUED.clear()
        CONSUMERS.clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorOpened(Event):
    """A worker at a site reaches its gateway."""

    name = "door.opened"
    site: str

    def count(self) -> None:
        BROKER_CONNECTED().set(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorClosed(Event):
    """A worker at a site does not reach its gateway, or is not let in. What waits there waits."""

    name = "door.closed"
    level = logging.WARNING
    site: str
    because: str

    def count(self) -> None:
        BROKER_CONNECTED().set(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerFault(Event):
    """Something is wrong on the broker: a message nobody understands, a queue without consumer, a dead letter."""

    name = "broker.fault"
    level = logging.ERROR
    queue: str
    because: str

    def count(self) -> None:
        BROKER_FAULTS(self.because).inc()


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

    def count(self) -> None:
        JOURNAL_FAILED(self.operation).inc()


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
        TABLES_REFUSED().set(0)
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
        TABLES_REFUSED().set(1)


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

    def count(self) -> None:
        TASKS_FAILED(self.task).inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFailed(Event):
    """A command met a bug of ours and ended: the exception's class and frames, never its message."""

    name = "command.failed"
    level = logging.ERROR
    command: str
    error: str
    frames: tuple[str, ...]
