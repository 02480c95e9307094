"""The journal port on SQL: each method names its operation, and a runner does the rest."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Literal

from gateway.account import AccountBook
from gateway.campaign import CampaignBook
from gateway.connection import AdapterInUse, CaseHome, Connection, ConnectionState, Preflight, Step
from gateway.dispatch import Letter, Report
from gateway.drivers.sql import (
    accounting,
    answering,
    boxing,
    connecting,
    counting,
    doors,
    handing_over,
    looking,
    notifying,
    recording,
    registers,
    reply_rows,
    sites,
    webhooks,
)
from gateway.drivers.sql.books import OperatorsBooks
from gateway.drivers.sql.cases import CASE_HOME, Reference
from gateway.drivers.sql.claiming import KEEP_WORDS, Resting, Wish, Words, claim, lease, never
from gateway.drivers.sql.concluding import ABANDON, OVER, Ended, conclude
from gateway.drivers.sql.deciding import DROP, RELEASE, ByHand
from gateway.drivers.sql.postgres import PostgresRunner
from gateway.drivers.sql.schema import check_version, is_postgres, sqlite_file, upgrade
from gateway.drivers.sql.sqlite import SqliteRunner
from gateway.drivers.sql.steps import Clock, Runner
from gateway.errors import WrongJournal
from gateway.events import JournalFailed
from gateway.journal import (
    Claim,
    Client,
    Conflicting,
    Decide,
    Entry,
    Event,
    Happened,
    Ignored,
    Journal,
    Lane,
    Ledger,
    Limits,
    Moved,
    NoClaim,
    Recorded,
    Replayed,
    Standing,
)
from gateway.notice import Answer, Errand, Noted, Persistence, Webhook
from gateway.operating import OperatingBook
from gateway.reply import Arrival, Boxed, Incoming, Kept, Repeated, Settled, StoredReply
from gateway.site import Heartbeat, Held, Lease, Reach, Site, SiteBook, Waiting
from gateway.stock import Glance, Stock, StockBook
from gateway.submission import Micros, Submission, SubmissionId


class SqlJournal(OperatorsBooks):
    """The journal in a SQL database. Opened by `open_journal`; see the port for what each method promises."""

    def __init__(
        self,
        runner: Runner,
        epoch: str,
        *,
        limits: Callable[[Lane], Limits],
        paused: Callable[[], Sequence[str]] = tuple,
        unordered: Collection[str] = frozenset(),
        at_sites: Callable[[], Collection[str]] = frozenset,
        resting: Resting = never,
    ) -> None:
        self.epoch = epoch
        self._runner = runner
        self._hand_over = handing_over.hand_over(limits, paused, unordered, at_sites, resting)
        self._return_unclaimed = handing_over.return_unclaimed(at_sites)
        self._claim = claim(limits, resting, paused)
        self._lease = lease(limits, resting, paused)
        self._look = doors.look(resting, paused)
        self._occupied = doors.occupied(resting, paused)
        self._conclude = conclude(limits)
        self._stock = counting.take_stock(limits, paused, resting)

    async def record(self, entry: Entry) -> Recorded | Replayed | Conflicting:
        return await self._runner.write(recording.RECORD, entry)

    async def hand_over(self, most: int = 200, *, only_sites: bool = False) -> Sequence[Letter]:
        return await self._runner.write(self._hand_over, handing_over.HandOver(most, only_sites))

    async def confirm(self, letters: Sequence[Letter]) -> None:
        await self._runner.write(handing_over.CONFIRM, letters)

    async def take_back(self, letters: Sequence[Letter], because: str, after: float = 0.0) -> int:
        return await self._runner.write(handing_over.TAKE_BACK, handing_over.TakeBack(letters, because, after))

    async def return_unclaimed(self, *, unconfirmed: float, confirmed: float) -> int:
        wanted = handing_over.Unclaimed(unconfirmed, confirmed)
        letters, more = 0, True
        while more:
            returned = await self._runner.write(self._return_unclaimed, wanted)
            letters, more = letters + returned.letters, returned.more
        return letters

    async def claim(self, letter: Letter, worker: str, lease: float) -> Claim | NoClaim:
        return await self._runner.write(self._claim, Wish(letter, worker, lease))

    async def keep_words(self, claim: Claim, reference: str, reason: str) -> None:
        said = Words(claim.submission.id, claim.attempt, claim.submission.adapter, reference, reason)
        await self._runner.write(KEEP_WORDS, said)

    async def conclude(self, report: Report, decide: Decide) -> Moved | Ignored:
        return await self._runner.write(self._conclude, Ended(report, decide))

    async def lapse(self, decide: Decide) -> Sequence[Moved]:
        reports = await self._runner.read(OVER, None)
        ended = (self._runner.write(self._conclude, Ended(report, decide, lapsed=True)) for report in reports)
        answers = await asyncio.gather(*ended, return_exceptions=True)
        moved = [one for one in answers if isinstance(one, Moved)]
        failed = [one for one in answers if isinstance(one, Exception)]
        if failed and not moved:
            raise failed[0]
        for error in failed:
            JournalFailed(operation="lapse", error=type(error).__name__).tell()
        return moved

    async def abandon(self, worker: str) -> None:
        await self._runner.write(ABANDON, worker)

    async def release(self, submission: SubmissionId, by: str, reason: str, version: int | None = None) -> Moved:
        return await self._runner.write(RELEASE, ByHand(submission, by, reason, version))

    async def drop(self, submission: SubmissionId, by: str, reason: str, version: int | None = None) -> Moved:
        return await self._runner.write(DROP, ByHand(submission, by, reason, version))

    async def standing(self, submission: SubmissionId) -> Standing | None:
        return await self._runner.read(looking.LOOK, submission)

    async def versions(self, submissions: Collection[SubmissionId]) -> Mapping[SubmissionId, int]:
        return await self._runner.read(looking.VERSIONS, list(submissions))

    async def events(self, submission: SubmissionId) -> Sequence[Event]:
        return await self._runner.read(looking.HISTORY, submission)

    async def case_home(self, client: str, reference: str, *, test: bool) -> CaseHome | None:
        return await self._runner.read(CASE_HOME, Reference(client, reference, test))

    async def parked(self, most: int = 100) -> Sequence[Standing]:
        return await self._runner.read(looking.WAITING_FOR_PEOPLE, most)

    async def last_test(self, connection: str) -> Standing | None:
        return await self._runner.read(looking.LAST_TEST, connection)

    async def happened(self, start: Micros, end: Micros) -> Sequence[Happened]:
        return await self._runner.read(accounting.HAPPENED, (start, end))

    async def delivering(self, since: Micros) -> Sequence[str]:
        return await self._runner.read(accounting.DELIVERING, since)

    async def ledger(self) -> Ledger:
        return await self._runner.read(looking.BALANCE, None)

    async def clients(self) -> Sequence[Client]:
        return await self._runner.read(registers.CLIENTS, None)

    async def add_client(self, client: Client) -> None:
        await self._runner.write(registers.ADD_CLIENT, client)

    async def revoke_client(self, name: str) -> None:
        await self._runner.write(registers.REVOKE_CLIENT, name)

    async def sites(self) -> Sequence[Site]:
        return await self._runner.read(sites.EVERY, None)

    async def add_site(self, site: Site) -> None:
        await self._runner.write(sites.ADD, site)

    async def revoke_site(self, name: str) -> None:
        await self._runner.write(sites.REVOKE, name)

    async def heard_from(self, heartbeat: Heartbeat) -> None:
        await self._runner.write(sites.HEARD_FROM, heartbeat)

    async def heartbeats(self) -> Sequence[Heartbeat]:
        return await self._runner.read(sites.HEARTBEATS, None)

    async def waiting(self, reach: Reach, most: int) -> Sequence[Waiting]:
        return await self._runner.read(self._look, doors.Look(reach, most))

    async def occupied(self, destinations: Collection[str]) -> frozenset[str]:
        return await self._runner.read(self._occupied, destinations)

    async def exists(self, submission: SubmissionId) -> Submission | None:
        return await self._runner.read(doors.EXISTS, submission)

    async def lease(self, submission: SubmissionId, worker: str, seconds: float, reach: Reach) -> Claim | NoClaim:
        return await self._runner.write(self._lease, Wish(Letter(submission, 0, ""), worker, seconds, reach))

    async def held(
        self, submission: SubmissionId, attempt: int, also: Literal["document", "attachments"] | None = None
    ) -> Held | None:
        return await self._runner.read(doors.HELD, doors.Which(submission, attempt, also))

    async def renew(self, lease: Lease, seconds: float) -> Micros | None:
        return await self._runner.write(doors.RENEW, doors.Renewal(lease, seconds))

    async def add_webhook(self, webhook: str, client: str, url: str, secret: bytes) -> None:
        await self._runner.write(webhooks.ADD_WEBHOOK, webhooks.NewWebhook(webhook, client, url, secret))

    async def webhooks(self) -> Sequence[Webhook]:
        return await self._runner.read(webhooks.WEBHOOKS, None)

    async def secrets_of(self, webhook: str) -> Sequence[bytes]:
        return await self._runner.read(webhooks.SECRETS_OF, webhook)

    async def rotate_secret(self, webhook: str, secret: bytes, overlap: float) -> None:
        await self._runner.write(webhooks.ROTATE_SECRET, webhooks.NewSecret(webhook, secret, overlap))

    async def resume_webhook(self, webhook: str) -> Webhook:
        return await self._runner.write(webhooks.RESUME_WEBHOOK, webhook)

    async def revoke_webhook(self, webhook: str) -> None:
        await self._runner.write(webhooks.REVOKE_WEBHOOK, webhook)

    async def take_errands(self, most: int, lease: float) -> Sequence[Errand]:
        if not await self._runner.read(notifying.ANYTHING_DUE, None):
            return ()
        return await self._runner.write(notifying.TAKE_ERRANDS, notifying.Wish(most, lease))

    async def note(self, errand: Errand, answers: Sequence[Answer], persistence: Persistence, chance: float) -> Noted:
        return await self._runner.write(notifying.NOTE, notifying.Done(errand, answers, persistence, chance))

    async def connections(self) -> Sequence[Connection]:
        return await self._runner.read(connecting.EVERY, None)

    async def step(
        self, connection: Connection, *, expected: ConnectionState | None, by: str, reason: str
    ) -> Step | None:
        return await self._runner.write(connecting.STEP, connecting.Wish(connection, expected, by, reason))

    async def steps(self, connection: str | None = None) -> Sequence[Step]:
        return await self._runner.read(connecting.STEPS_TAKEN, connection)

    async def keep_preflight(self, preflight: Preflight) -> None:
        await self._runner.write(connecting.KEEP_PREFLIGHT, preflight)

    async def latest_preflight(self, connection: str) -> Preflight | None:
        return await self._runner.read(connecting.LATEST_PREFLIGHT, connection)

    async def preflights(self) -> Sequence[Preflight]:
        return await self._runner.read(connecting.PREFLIGHTS, None)

    async def note_adapters(self, versions: Mapping[str, str]) -> None:
        await self._runner.write(registers.NOTE_ADAPTERS, versions)

    async def adapters_in_use(self) -> Sequence[AdapterInUse]:
        return await self._runner.read(registers.ADAPTERS_IN_USE, None)

    async def leave(self, arrival: Arrival) -> None:
        await self._runner.write(reply_rows.LEAVE, arrival)

    async def arrivals(self, most: int = 1_000) -> Sequence[str]:
        return await self._runner.read(reply_rows.LEFT, most)

    async def arrival(self, reply: str) -> Arrival | None:
        return await self._runner.read(reply_rows.ARRIVED, reply)

    async def receive(self, incoming: Incoming) -> Kept | Boxed | Repeated:
        return await self._runner.write(answering.RECEIVE, incoming)

    async def settle_replies(self) -> Sequence[Settled]:
        due = await self._runner.read(answering.WAITING, None)
        settled = [await self._runner.write(answering.SETTLE, one) for one in due]
        return [one for one in settled if one is not None]

    async def replies(self, submission: SubmissionId) -> Sequence[StoredReply]:
        return await self._runner.read(reply_rows.ANSWERS, submission)

    async def reply(self, reply: str) -> StoredReply | None:
        return await self._runner.read(reply_rows.LOOK, reply)

    async def reply_document(self, reply: str) -> bytes | None:
        return await self._runner.read(reply_rows.DOCUMENT, reply)

    async def box(self, most: int = 100) -> Sequence[StoredReply]:
        return await self._runner.read(reply_rows.BOX, most)

    async def boxed(self) -> int:
        return await self._runner.read(reply_rows.BOXED, None)

    async def assign(self, reply: str, submission: SubmissionId, by: str, reason: str) -> Settled:
        return await self._runner.write(boxing.ASSIGN, boxing.Assignment(reply, submission, by, reason))

    async def drop_reply(self, reply: str, by: str, reason: str) -> None:
        await self._runner.write(boxing.DROP_REPLY, boxing.Drop(reply, by, reason))

    async def version_of(self, subject: str) -> int:
        return await self._runner.read(registers.VERSION_OF, subject)

    async def attachment_ids(self) -> frozenset[str]:
        return await self._runner.read(looking.KNOWN_ATTACHMENTS, None)

    async def keep_snapshot(self, name: str, body: str) -> None:
        await self._runner.write(registers.KEEP_SNAPSHOT, registers.Snapshot(name, body))

    async def snapshot(self, name: str) -> tuple[Micros, str] | None:
        return await self._runner.read(registers.READ_SNAPSHOT, name)

    async def lead(self, name: str, holder: str, seconds: float) -> bool:
        return await self._runner.write(counting.LEAD, counting.Bid(name, holder, seconds))

    async def stock(self) -> Stock:
        return await self._runner.read(self._stock, None)

    async def note_glance(self, glance: Glance) -> None:
        await self._runner.write(counting.NOTE_GLANCE, glance)

    async def glances(self) -> Sequence[Glance]:
        return await self._runner.read(counting.GLANCES, None)

    async def ready(self) -> None:
        await self._runner.write(registers.PROBE, None)

    async def settle(self, name: str, value: str) -> str:
        """Write a fact of this journal down, unless it is settled already; the value that holds."""
        return await self._runner.write(registers.SETTLE, registers.Fact(name, value))

    async def kind(self) -> str | None:
        """`sandbox` or `production`; None where no gateway has served from this journal yet."""
        return await self._runner.read(registers.KNOWN_FACT, "kind")


def _keeps_the_ports(
    journal: SqlJournal,
) -> tuple[Journal, SiteBook, StockBook, AccountBook, OperatingBook, CampaignBook]:
    return journal, journal, journal, journal, journal, journal


@asynccontextmanager
async def open_journal(
    url: str,
    *,
    limits: Callable[[Lane], Limits],
    clock: Clock,
    kind: str | None,
    paused: Callable[[], Sequence[str]] = tuple,
    unordered: Collection[str] = frozenset(),
    at_sites: Callable[[], Collection[str]] = frozenset,
    resting: Resting = never,
    database_time: bool = True,
) -> AsyncIterator[SqlJournal]:
    """
    Open the journal at `url` (`sqlite:///FILE` or `postgresql://…`).

    `limits` says what a destination bears, `paused` which connections wait, `unordered` to which adapters the order of
    a case does not matter, `at_sites` which destinations are served from a site, `resting` which are in maintenance.
    `kind` (`sandbox` or `production`) is settled with the first start and checked ever after; None (workers, command
    line) takes what is there. SQLite upgrades its schema itself; PostgreSQL must be at this version.

    Raises:
        WrongJournal: another schema version, or the other kind of gateway.
        JournalUnavailable: it cannot be reached.
    """
    if is_postgres(url):
        await check_version(url)
        runner: Runner = PostgresRunner(url, None if database_time else clock)
    else:
        await upgrade(url)
        runner = SqliteRunner(sqlite_file(url), clock)
    try:
        epoch = await _epoch(runner, kind)
        yield SqlJournal(
            runner,
            epoch,
            limits=limits,
            paused=paused,
            unordered=unordered,
            at_sites=at_sites,
            resting=resting,
        )
    finally:
        await runner.close()


async def _epoch(runner: Runner, kind: str | None) -> str:
    """The journal's name for the broker, and that it is of this kind; nothing of both for those who only look in."""
    if kind is None:
        return ""
    settled = await runner.write(registers.SETTLE, registers.Fact("kind", kind))
    if settled != kind:
        raise WrongJournal(
            f"Dieses Journal gehört zu einem Gateway der Art „{settled}“ und wird nie eines der Art „{kind}“. "
            "Für die andere Art braucht es ein eigenes Journal.",
            f"This journal belongs to a gateway of kind '{settled}' and never becomes one of kind '{kind}'. "
            "The other kind needs a journal of its own.",
        )
    return await runner.write(registers.SETTLE, registers.Fact("epoch", uuid.uuid4().hex))
