"""
Everything operators are told: one class per thing that happened, its log line and its metric together.

`Event.tell()` writes one JSON line with the event's facts and moves its metrics, so the two cannot disagree. Labels
come from closed sets. No event has a field for content, people's names, a vendor's free text or an exception's message.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, TextIO, cast

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.metrics import MetricWrapperBase

REGISTRY: Final = CollectorRegistry()
"""The registry that `/metrics` shows."""

_INTAKE_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_DELIVERY_SECONDS: Final = (0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0, 1_800.0, 7_200.0, 43_200.0, 86_400.0)


class _Log:
    """Where lines go, and from which level up; bound once, because binding for each line costs more than writing it."""

    def __init__(self) -> None:
        self.line: Any = structlog.get_logger("gateway")
        self.least = logging.NOTSET


_log: Final = _Log()


def _counter(name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
    return Counter(name, text, labels, registry=REGISTRY)


def _histogram(name: str, text: str, labels: tuple[str, ...], buckets: tuple[float, ...]) -> Histogram:
    return Histogram(name, text, labels, buckets=buckets, registry=REGISTRY)


def _gauge(name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
    return Gauge(name, text, labels, registry=REGISTRY)


BUILD: Final = Info("gateway_build", "Version and kind (sandbox or production) of this gateway.", registry=REGISTRY)
FACTS: Final = Info("gateway_facts", "Digests of the routing tables and schema packages in use.", registry=REGISTRY)
REPLY_TABLES: Final = Info("gateway_reply_tables", "Digest of the tables that say what is a reply.", registry=REGISTRY)
TABLES_REFUSED: Final = _gauge(
    "gateway_tables_refused", "1 while the routing folder holds changed files that cannot be used, else 0."
)
IN_STATE: Final = _gauge(
    "gateway_submissions_in_state", "Submissions by state, from the journal's snapshot.", ("state",)
)
IMBALANCE: Final = _gauge(
    "gateway_ledger_imbalance_submissions", "How far the ledger's two books are apart; must be 0."
)
BROKER_CONNECTED: Final = _gauge("gateway_broker_connected", "1 while the broker is connected, else 0.")
LOST_LINES: Final = _counter("gateway_log_lines_lost_total", "Log lines that could not be written.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """
    Something that happened, past tense. Subclasses name the line, the level and how metrics move.

    Telling never fails: a log that cannot be written must not stop an Antrag, and the metrics say that it happened.
    """

    name: ClassVar[str]
    level: ClassVar[int] = logging.INFO

    def tell(self) -> None:
        """Write the line and move the metrics."""
        self.count()
        if self.level >= _log.least:
            try:
                _log.line.log(self.level, self.name, **self._facts())
            except (OSError, ValueError):  # a full disk, a reader that went away, a closed stream
                LOST_LINES.inc()
        for see in _watchers:
            see(self)

    def count(self) -> None:
        """Move the metrics; events without one say nothing here."""

    def _facts(self) -> dict[str, Any]:
        return {name: value for name in _names(type(self)) if (value := getattr(self, name)) not in (None, "", ())}


_NAMES: dict[type, tuple[str, ...]] = {}


def _names(kind: type) -> tuple[str, ...]:
    known = _NAMES.get(kind)
    if known is None:
        known = _NAMES[kind] = tuple(field.name for field in fields(kind))
    return known


class _Children:
    """Label children by value: looked up once, moved often."""

    def __init__(self, metric: MetricWrapperBase) -> None:
        self._metric = metric
        self._children: dict[tuple[str, ...], Any] = {}

    def __call__(self, *values: str) -> Any:
        child = self._children.get(values)
        if child is None:
            child = self._children[values] = self._metric.labels(*values)
        return child


# ── at the door ──────────────────────────────────────────────────────────────────────────────────────────────────────

RECEIVED: Final = _Children(
    _counter("gateway_submissions_received_total", "Submissions answered 202 or 422.", ("service", "outcome"))
)
INTAKE_TIME: Final = _Children(
    _histogram(
        "gateway_intake_request_duration_seconds",
        "Time from the first byte of a submission to its answer.",
        ("outcome",),
        _INTAKE_SECONDS,
    )
)
FINDINGS: Final = _Children(
    _counter("gateway_validation_findings_total", "Findings of judged documents.", ("service", "code"))
)
DUPLICATES: Final = _Children(
    _counter(
        "gateway_duplicates_total",
        "Repetitions recognised, by where and what followed.",
        ("point", "decision"),
    )
)
REFUSED_REQUESTS: Final = _Children(
    _counter("gateway_requests_refused_total", "Requests refused before anything was counted.", ("code",))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionAccepted(Event):
    """A submission is in the journal and was answered 202."""

    name = "submission.accepted"
    submission: str
    service: str
    authority: str
    client: str
    bytes: int
    attachments: int
    test: bool
    seconds: float
    trace: str = ""
    seen_before: bool | None = None

    def count(self) -> None:
        RECEIVED(self.service, "accepted").inc()
        INTAKE_TIME("accepted").observe(self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionRejected(Event):
    """A readable document was not valid or has no open door; answered 422."""

    name = "submission.rejected"
    submission: str
    service: str
    client: str
    codes: tuple[str, ...]
    seconds: float
    trace: str = ""

    def count(self) -> None:
        RECEIVED(self.service, "rejected").inc()
        INTAKE_TIME("rejected").observe(self.seconds)
        for code in self.codes:
            FINDINGS(self.service, code).inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionReplayed(Event):
    """The same content came again under the same key; the first answer was given again."""

    name = "submission.replayed"
    submission: str
    client: str
    trace: str = ""

    def count(self) -> None:
        DUPLICATES("intake", "replayed").inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class UuidReused(Event):
    """Other content came under a key or UUID that was used before; answered 409."""

    name = "submission.conflicted"
    level = logging.WARNING
    client: str
    key: str
    trace: str = ""

    def count(self) -> None:
        DUPLICATES("intake", "conflict").inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefused(Event):
    """A request was refused before anything could be counted: unreadable, too large, not identified, …"""

    name = "request.refused"
    code: str
    status: int
    client: str = ""
    path: str = ""
    trace: str = ""

    def count(self) -> None:
        REFUSED_REQUESTS(self.code).inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFailed(Event):
    """A request met a bug of ours: the exception's class and frames, never its message."""

    name = "request.failed"
    level = logging.ERROR
    error: str
    frames: tuple[str, ...]
    path: str = ""
    trace: str = ""

    def count(self) -> None:
        REFUSED_REQUESTS("internal-error").inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerUnfit(Event):
    """A message of a standard, written as an answer, was not valid and did not leave: the table is wrong, or a fact."""

    name = "answer.unfit"
    level = logging.WARNING
    submission: str
    standard: str
    codes: tuple[str, ...]


# ── on the way ───────────────────────────────────────────────────────────────────────────────────────────────────────

HANDED: Final = _Children(
    _counter("gateway_letters_handed_over_total", "Letters that the broker confirmed.", ("adapter",))
)
NOT_HANDED: Final = _Children(
    _counter("gateway_publish_failures_total", "Letters that did not reach a queue.", ("adapter", "reason"))
)
DELIVERIES: Final = _Children(
    _counter("gateway_deliveries_total", "Attempts that ended, by how.", ("adapter", "outcome"))
)
ATTEMPT_TIME: Final = _Children(
    _histogram(
        "gateway_delivery_attempt_duration_seconds",
        "Time an adapter took for one attempt.",
        ("adapter",),
        _DELIVERY_SECONDS,
    )
)
COMPLETION_TIME: Final = _Children(
    _histogram(
        "gateway_submission_completion_duration_seconds",
        "Time from receipt to the end of the story.",
        ("service",),
        _DELIVERY_SECONDS,
    )
)
PARKED: Final = _Children(_counter("gateway_submissions_parked_total", "Submissions parked.", ("adapter", "cause")))
RETRIES: Final = _Children(_counter("gateway_delivery_retries_total", "Further attempts.", ("adapter", "kind")))
VOID: Final = _Children(_counter("gateway_letters_void_total", "Letters that led to no claim.", ("adapter", "reason")))
IGNORED: Final = _Children(
    _counter("gateway_reports_ignored_total", "Reports that answered no open claim.", ("adapter", "reason"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LettersHandedOver(Event):
    """Letters were published and confirmed."""

    name = "letters.handed_over"
    level = logging.DEBUG
    adapter: str
    letters: int

    def count(self) -> None:
        HANDED(self.adapter).inc(self.letters)


@dataclass(frozen=True, slots=True, kw_only=True)
class LettersTakenBack(Event):
    """Letters did not reach a queue, or nobody claimed them; their submissions wait again."""

    name = "letters.taken_back"
    level = logging.WARNING
    adapter: str
    letters: int
    because: str

    def count(self) -> None:
        NOT_HANDED(self.adapter, self.because).inc(self.letters)


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterVoid(Event):
    """A letter led to no claim: another has it, the submission moved on, the destination is busy or in maintenance."""

    name = "letter.void"
    submission: str
    attempt: int
    adapter: str
    because: str
    trace: str = ""

    def count(self) -> None:
        VOID(self.adapter, self.because).inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptEnded(Event):
    """An adapter answered; seen by the worker."""

    name = "attempt.ended"
    submission: str
    attempt: int
    adapter: str
    outcome: str
    code: str
    seconds: float
    trace: str = ""

    def count(self) -> None:
        DELIVERIES(self.adapter, self.outcome).inc()
        ATTEMPT_TIME(self.adapter).observe(self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterLeased(Event):
    """A site leased a letter."""

    name = "letter.leased"
    submission: str
    attempt: int
    site: str
    adapter: str
    trace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeReported(Event):
    """A site reported how an attempt ended; nobody can count it there."""

    name = "outcome.reported"
    submission: str
    attempt: int
    site: str
    adapter: str
    outcome: str
    code: str
    trace: str = ""

    def count(self) -> None:
        DELIVERIES(self.adapter, self.outcome).inc()


SITE_SEEN: Final = _gauge("gateway_site_seen_timestamp_seconds", "When a site's worker was heard last.", ("site",))
SITE_CERTIFICATE: Final = _gauge(
    "gateway_site_certificate_end_timestamp_seconds", "When the first certificate at a site ends.", ("site",)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteHeard(Event):
    """A site's worker said that it is there."""

    name = "site.heard"
    level = logging.DEBUG
    site: str
    version: str
    at: float
    """seconds since 1970"""
    certificate_end: float | None = None

    def count(self) -> None:
        SITE_SEEN.labels(self.site).set(self.at)
        if self.certificate_end is not None:
            SITE_CERTIFICATE.labels(self.site).set(self.certificate_end)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterBroke(Event):
    """An adapter raised: a bug of the adapter. The exception's class and frames, never its message or locals."""

    name = "adapter.broke"
    level = logging.ERROR
    submission: str
    adapter: str
    error: str
    frames: tuple[str, ...]
    trace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionMoved(Event):
    """A submission is delivered, confirmed or refused; `concluded` says whether its story ends with that."""

    name = "submission.moved"
    submission: str
    service: str
    adapter: str
    state: str
    concluded: bool
    seconds: float
    grade: str = ""
    code: str = ""
    trace: str = ""

    def count(self) -> None:
        if self.concluded:
            COMPLETION_TIME(self.service).observe(self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPostponed(Event):
    """An attempt failed and will be made again after `wait` seconds."""

    name = "delivery.postponed"
    submission: str
    adapter: str
    tries: int
    because: str
    wait: float
    trace: str = ""

    def count(self) -> None:
        RETRIES(self.adapter, "automatic").inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionParked(Event):
    """A submission waits for a human."""

    name = "submission.parked"
    level = logging.WARNING
    submission: str
    service: str
    adapter: str
    cause: str
    trace: str = ""

    def count(self) -> None:
        PARKED(self.adapter, self.cause).inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionReleased(Event):
    """An operator let a parked submission be tried again, or dropped it."""

    name = "submission.released"
    submission: str
    adapter: str
    state: str
    by: str

    def count(self) -> None:
        RETRIES(self.adapter, "manual").inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportIgnored(Event):
    """A report answered no open claim: late, doubled or forged."""

    name = "report.ignored"
    level = logging.WARNING
    submission: str
    attempt: int
    adapter: str
    because: str
    trace: str = ""

    def count(self) -> None:
        IGNORED(self.adapter, self.because).inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerMoved(Event):
    """A destination's breaker opened or closed."""

    name = "breaker.moved"
    level = logging.WARNING
    destination: str
    adapter: str
    open: bool


# ── on the way back ──────────────────────────────────────────────────────────────────────────────────────────────────

REPLIES: Final = _Children(
    _counter("gateway_replies_total", "Replies of authorities that were taken, by what they are.", ("adapter", "kind"))
)
REPLIES_BOXED: Final = _Children(
    _counter("gateway_replies_boxed_total", "Replies that fit nothing and wait for a human.", ("adapter", "cause"))
)
IN_BOX: Final = _gauge("gateway_replies_in_box", "Replies that wait for a human now.")
NOT_COLLECTED: Final = _Children(
    _counter(
        "gateway_replies_not_collected_total", "Collections that did not come to their end.", ("adapter", "reason")
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyReceived(Event):
    """The authority has answered a submission; the reply is on disk."""

    name = "reply.received"
    reply: str
    submission: str
    service: str
    adapter: str
    kind: str
    code: str
    by: str
    trace: str = ""

    def count(self) -> None:
        REPLIES(self.adapter, self.kind).inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyBoxed(Event):
    """A reply fits nothing: somebody has to look into the box (`gateway replies list`)."""

    name = "reply.boxed"
    level = logging.ERROR
    reply: str
    adapter: str
    destination: str
    cause: str
    by: str

    def count(self) -> None:
        REPLIES_BOXED(self.adapter, self.cause).inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRepeated(Event):
    """The same reply came again; nothing changed."""

    name = "reply.repeated"
    reply: str
    adapter: str
    by: str

    def count(self) -> None:
        DUPLICATES("reply", "replayed").inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplySettled(Event):
    """What a reply says of its submission took effect: the submission is confirmed or refused."""

    name = "reply.settled"
    submission: str
    service: str
    adapter: str
    state: str
    concluded: bool
    seconds: float
    code: str
    trace: str = ""

    def count(self) -> None:
        if self.concluded:
            COMPLETION_TIME(self.service).observe(self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepliesNotCollected(Event):
    """Replies could not be fetched from a Fachverfahren, or not be brought home; they stay where they are."""

    name = "replies.not_collected"
    level = logging.WARNING
    adapter: str
    destination: str
    because: str

    def count(self) -> None:
        NOT_COLLECTED(self.adapter, self.because).inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectingBroke(Event):
    """An adapter raised while it collected: a bug of the adapter. Class and frames, never message or locals."""

    name = "collecting.broke"
    level = logging.ERROR
    adapter: str
    destination: str
    error: str
    frames: tuple[str, ...]

    def count(self) -> None:
        NOT_COLLECTED(self.adapter, "adapter-bug").inc()


MAILBOX_SHARED: Final = _Children(
    _counter("gateway_mailbox_shared_total", "Messages that somebody else took out of a mailbox of ours.", ("adapter",))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxShared(Event):
    """A message was listed and gone when it was fetched: somebody else reads the mailbox, and takes replies away."""

    name = "mailbox.shared"
    level = logging.ERROR
    adapter: str
    destination: str

    def count(self) -> None:
        MAILBOX_SHARED(self.adapter).inc()


# ── telling portals ──────────────────────────────────────────────────────────────────────────────────────────────────

NOTICES: Final = _Children(
    _counter("gateway_webhook_notices_total", "Attempts to tell a portal something, by how they ended.", ("outcome",))
)
NOTICES_MISSED: Final = _counter("gateway_webhook_notices_missed_total", "Notices given up; portals can still ask.")
WEBHOOKS_OFF: Final = _Children(
    _counter("gateway_webhooks_switched_off_total", "Webhooks switched off, by why.", ("reason",))
)
NOTICES_WAITING: Final = _gauge("gateway_webhook_notices_waiting", "Notices that portals have not taken yet.")
WEBHOOKS: Final = _Children(_gauge("gateway_webhooks", "Webhooks by how they do: good, failing, off.", ("health",)))


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAnswered(Event):
    """A portal was told something; `because` says why it was not taken."""

    name = "webhook.answered"
    webhook: str
    client: str
    notice: str
    submission: str
    topic: str
    tries: int
    because: str = ""
    status: int | None = None

    def count(self) -> None:
        NOTICES("failed" if self.because else "taken").inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookMissed(Event):
    """Notices that a portal did not take for days were given up; `/events` and the status still tell them."""

    name = "webhook.missed"
    level = logging.WARNING
    webhook: str
    client: str
    notices: int

    def count(self) -> None:
        NOTICES_MISSED.inc(self.notices)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSwitchedOff(Event):
    """A webhook took nothing for days, or wants no more; `gateway webhooks resume` switches it on again."""

    name = "webhook.switched_off"
    level = logging.ERROR
    webhook: str
    client: str
    because: str

    def count(self) -> None:
        WEBHOOKS_OFF(self.because).inc()


# ── the house itself ─────────────────────────────────────────────────────────────────────────────────────────────────


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
class OutcomeNotCounted(Event):
    """The gateway did not take a site's outcome: its lease is over, or another one counts. The letter comes again."""

    name = "outcome.not_counted"
    level = logging.WARNING
    submission: str
    adapter: str
    because: str
    trace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerFault(Event):
    """Something is wrong on the broker: a message nobody understands, a queue without consumer, a dead letter."""

    name = "broker.fault"
    level = logging.ERROR
    queue: str
    because: str


QUEUED: Final = _Children(
    _gauge("gateway_queue_messages", "Messages that wait in a queue of the broker, as last seen.", ("queue",))
)
CONSUMERS: Final = _Children(
    _gauge("gateway_queue_consumers", "Consumers of a queue of the broker, as last seen.", ("queue",))
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


def frames_of(error: BaseException, most: int = 12) -> tuple[str, ...]:
    """Where an exception came from, as `module:function:line`, innermost last; nothing that could hold a value."""
    found: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append(f"{trace.tb_frame.f_globals.get('__name__', '?')}:{code.co_name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return tuple(found[-most:])


def _stamp(_: Any, method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    line["timestamp"] = datetime.now(UTC).isoformat(timespec="microseconds")
    line["severity"] = method
    return line


class _StandardError:
    """Whatever stderr is at the moment of writing: it may be closed or replaced after the log was set up."""

    def write(self, text: str) -> None:
        sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def write_log(to: Any = None, level: int = logging.INFO) -> None:
    """Send event lines as JSON to a text stream (stderr by default), from `level` up."""
    structlog.configure(
        processors=[_stamp, structlog.processors.JSONRenderer(sort_keys=False, ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=to or cast("TextIO", _StandardError())),
        cache_logger_on_first_use=False,
    )
    _log.line, _log.least = structlog.get_logger("gateway").bind(), level


@contextmanager
def watched(see: Callable[[Event], None]) -> Iterator[None]:
    """Call `see` with every event told while the context is open, besides its line and metrics."""
    _watchers.append(see)
    try:
        yield
    finally:
        _watchers.remove(see)


_watchers: list[Callable[[Event], None]] = []
