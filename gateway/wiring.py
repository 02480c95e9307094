"""Composition root: settings in, a running gateway or worker out."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Container, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from typing import Final

from fastapi import APIRouter, FastAPI

from gateway import journey, pickup, plugins, stocktaking
from gateway.adapter import Plugin
from gateway.console import Desk, LocalAccounts, console
from gateway.delivery import DAY, Patience, Policy
from gateway.dispatch import Dispatch, Post
from gateway.drivers.attachment_folder import AttachmentFolder
from gateway.drivers.clock import clock
from gateway.drivers.in_process import InProcess
from gateway.drivers.rabbitmq import RabbitDispatch, RabbitPost
from gateway.drivers.secret_folder import SecretFolder
from gateway.drivers.sql.journal import SqlJournal, open_journal
from gateway.drivers.sql.lock import alone
from gateway.drivers.sql.schema import is_postgres, sqlite_file
from gateway.errors import BadAdapter, BadSettings
from gateway.events import (
    ADAPTER_INFO,
    BROKER_CONNECTED,
    BUILD,
    FACTS,
    REPLY_TABLES,
    GatewayStarted,
    GatewayStopping,
    Source,
    expect,
    expect_findings,
)
from gateway.intake import ClientRegister, Connection, Limits, build, samples_in
from gateway.journey import Gateway
from gateway.listening import listening
from gateway.notice import Persistence
from gateway.pickup import SiteRegister
from gateway.plugins import Plugins
from gateway.receipt import Letterhead
from gateway.reply import ReplyTables
from gateway.rounds import Pace, following_tables, rounds, running_campaigns, standing, taking_stock
from gateway.routing import Board, Tables, Watch
from gateway.routing.secrets import FindEndpoint, Vault, revealing
from gateway.routing.watching import insist_on_destinations, insist_on_secrets
from gateway.settings import Settings
from gateway.status import Status, Vitals
from gateway.stocktaking import Leadership
from gateway.validation import Schemas
from gateway.way_back import Beside, Most
from gateway.webhooks import Postman, Sender, networks
from gateway.worker import Lookout, WayBack, working

_IN_PROCESS: Final = "in-process"
"""the worker's name in a gateway that delivers by itself"""

VERSION: Final = version("antragsgateway")

_LOOK_EVERY: Final = 10.0
"""seconds between two looks at the broker's queues, at most"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is read from files before anything runs."""

    schemas: Schemas
    tables: Tables
    plugins: Plugins
    reply_tables: ReplyTables


def load_facts(settings: Settings) -> Facts:
    """
    Schema packages, routing tables, adapters, and what messages mean as replies.

    Raises:
        BadPackage, BadTables, BadAdapter: which file, or which adapter, and why.
    """
    facts = Facts(
        schemas=Schemas.load(*settings.schema_folders),
        tables=Tables.load(settings.routing, settings.data.resolve()),
        plugins=plugins.load(),
        reply_tables=ReplyTables.load(*settings.reply_folders),
    )
    _insist_on_adapters(facts.tables, facts.plugins)
    return facts


def _insist_on_adapters(tables: Tables, known: Plugins) -> None:
    for destination in tables.destinations:
        if destination.adapter not in known.found:
            raise known.refused.get(destination.adapter) or BadAdapter(
                f"Der Zustellpunkt „{destination.name}“ braucht den Adapter „{destination.adapter}“, der nicht "
                "installiert ist.",
                f"The destination '{destination.name}' needs the adapter '{destination.adapter}', which is not "
                "installed.",
            )


def _watch(settings: Settings, facts: Facts, board: Board, vault: Vault, delivering: Container[str]) -> Watch:
    """
    Sees changed tables; they must be as good as those of a start, and have what is in use.

    `delivering` are the adapters that deliver from this process, and need the secrets of their destinations.
    """

    def read() -> Tables:
        tables = Tables.load(settings.routing, settings.data.resolve())
        _insist_on_adapters(tables, facts.plugins)
        insist_on_destinations(tables, board.now.connections)
        insist_on_secrets(tables, vault, delivering)
        return tables

    return Watch(settings.routing, read, facts.tables)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A gateway that serves: where, and the pieces a demo or a test looks into."""

    address: str
    gateway: Gateway
    journal: SqlJournal
    status: Status


@asynccontextmanager
async def serving(
    settings: Settings, pace: Pace | None = None, *, facts: Facts | None = None, endpoint: FindEndpoint | None = None
) -> AsyncIterator[Running]:
    """
    A gateway that serves while the context is open.

    `facts` are read from the settings' folders unless they were already. `endpoint` goes before the tables where it is
    given: in a sandbox, destinations lead to simulators.

    Leaving it finishes requests, deliveries and reports in hand, hands the rest back, and closes the journal last.

    Raises:
        OperatorsFault: it cannot start; the sentence says what to change.
        JournalUnavailable: the database cannot be reached.
    """
    refuse_halves(settings)
    facts = facts or load_facts(settings)
    board = Board(facts.tables)
    delivers_here = settings.workers and settings.broker_url is None and endpoint is None
    delivering = frozenset(facts.plugins.found) if delivers_here else frozenset()
    vault = SecretFolder(settings.secret_folder)
    insist_on_secrets(facts.tables, vault, delivering)
    async with AsyncExitStack() as stack:
        if settings.broker_url is None:
            stack.enter_context(alone(sqlite_file(settings.journal_url)))
        journal = await stack.enter_async_context(
            open_journal(
                settings.journal_url,
                limits=board.limits,
                paused=lambda: board.now.paused,
                unordered=_unordered(facts.plugins),
                at_sites=lambda: board.now.at_sites,
                resting=board.resting,
                clock=clock,
                kind=settings.kind,
            )
        )
        dispatch = await stack.enter_async_context(_dispatch(settings, facts, journal))
        gateway = _gateway(settings, facts, board, journal, dispatch)
        await journal.note_adapters(facts.plugins.versions)
        await journey.begin_connections(gateway=gateway)
        await journey.follow_connections(gateway=gateway, seen=None)
        status = Status(gateway, partial(stocktaking.latest, journal))
        await stack.enter_async_context(_taking_reports(gateway))
        pace = pace or _pace(settings)
        await stack.enter_async_context(rounds(gateway, pace))
        await stack.enter_async_context(running_campaigns(journal, gateway, pace))
        told_here: tuple[Source, ...] = ("worker",) if settings.broker_url is None else ()
        show_at_zero(facts, "gateway", "either", *told_here)
        await stack.enter_async_context(_taking_stock(journal, board, facts.plugins, pace))
        await stack.enter_async_context(_telling_portals(settings, gateway))
        watch = _watch(settings, facts, board, vault, delivering)
        await stack.enter_async_context(following_tables(board, watch, facts.schemas.digest, pace))
        if settings.workers and isinstance(dispatch, InProcess):
            here = dispatch
            await stack.enter_async_context(
                _working(
                    settings,
                    facts.plugins.found.values(),
                    name=_IN_PROCESS,
                    endpoint=endpoint or revealing(board.endpoint, vault),
                    board=board,
                    journal=journal,
                    post=lambda _: here,
                )
            )
        yield await stack.enter_async_context(_listening(settings, gateway, journal, status, facts.plugins))


def refuse_halves(settings: Settings) -> None:
    """
    The embedded default or the production set, nothing between.

    A process that keeps letters to itself must be the journal's only one, and only a SQLite journal can see to that.

    Raises:
        BadSettings: one is set without the other.
    """
    if is_postgres(settings.journal_url) != (settings.broker_url is not None):
        raise BadSettings(
            "PostgreSQL (GATEWAY_JOURNAL) und RabbitMQ (GATEWAY_BROKER) gehören zusammen: beide einstellen, "
            "oder keines von beiden.",
            "PostgreSQL (GATEWAY_JOURNAL) and RabbitMQ (GATEWAY_BROKER) belong together: set both, or neither.",
        )


@asynccontextmanager
async def working_beside(settings: Settings, names: Sequence[str]) -> AsyncIterator[None]:
    """
    A worker beside a gateway, for these adapters, while the context is open.

    Raises:
        BadSettings: there is no broker, or the journal is not PostgreSQL.
        BadAdapter: an adapter is unknown or unusable.
    """
    if settings.broker_url is None or not is_postgres(settings.journal_url):
        raise BadSettings(
            "Ein Worker neben dem Gateway braucht RabbitMQ (GATEWAY_BROKER) und PostgreSQL (GATEWAY_JOURNAL). "
            "Ohne beides liefert das Gateway selbst aus.",
            "A worker beside the gateway needs RabbitMQ (GATEWAY_BROKER) and PostgreSQL (GATEWAY_JOURNAL). "
            "Without them the gateway delivers by itself.",
        )
    facts = load_facts(settings)
    board = Board(facts.tables)
    chosen = [_chosen(facts.plugins, name) for name in names]
    vault = SecretFolder(settings.secret_folder)
    insist_on_secrets(facts.tables, vault, names)
    async with AsyncExitStack() as stack:
        journal = await stack.enter_async_context(
            open_journal(settings.journal_url, limits=board.limits, resting=board.resting, clock=clock, kind=None)
        )
        watch = _watch(settings, facts, board, vault, names)
        await stack.enter_async_context(following_tables(board, watch, facts.schemas.digest, _pace(settings)))
        posts: dict[str, Post] = {}
        for plugin in chosen:
            post = RabbitPost(settings.broker_url, plugin.manifest.name)
            posts[plugin.manifest.name] = await stack.enter_async_context(post)
        show_at_zero(facts, "worker", "either")
        if settings.metrics_port is not None:
            vitals = FastAPI(openapi_url=None)
            vitals.include_router(Vitals().router)
            await stack.enter_async_context(listening(vitals, settings.host, settings.metrics_port, Connection))
        name = f"{socket.gethostname()}-{os.getpid()}"
        await stack.enter_async_context(
            _working(
                settings,
                chosen,
                name=name,
                endpoint=revealing(board.endpoint, vault),
                board=board,
                journal=journal,
                post=posts.__getitem__,
            )
        )
        GatewayStarted(kind=settings.kind, role="worker", version=VERSION, address=" ".join(names)).tell()
        yield
        GatewayStopping(role="worker").tell()


def _chosen(known: Plugins, name: str) -> Plugin:
    if name in known.found:
        return known.found[name]
    raise known.refused.get(name) or BadAdapter(
        f"Einen Adapter „{name}“ gibt es nicht. Installiert sind: {', '.join(sorted(known.found)) or 'keine'}.",
        f"There is no adapter '{name}'. Installed are: {', '.join(sorted(known.found)) or 'none'}.",
    )


@asynccontextmanager
async def _dispatch(settings: Settings, facts: Facts, journal: SqlJournal) -> AsyncIterator[Dispatch]:
    async def on_empty() -> None:
        await journal.return_unclaimed(unconfirmed=0.0, confirmed=0.0)

    if settings.broker_url is None:
        # What a process kept to itself is gone with it: letters, and the workers that had claimed some.
        await journal.abandon(_IN_PROCESS)
        await on_empty()
        BROKER_CONNECTED().set(1)
        yield InProcess(facts.plugins.found)
        return
    async with RabbitDispatch(
        settings.broker_url,
        epoch=journal.epoch,
        adapters=facts.plugins.found,
        on_empty=on_empty,
        look_every=min(_LOOK_EVERY, settings.snapshot_seconds),
    ) as dispatch:
        yield dispatch


def _gateway(settings: Settings, facts: Facts, board: Board, journal: SqlJournal, dispatch: Dispatch) -> Gateway:
    BUILD.info({"version": VERSION, "kind": settings.kind})
    FACTS.info({"tables": facts.tables.digest, "schemas": facts.schemas.digest})
    REPLY_TABLES.info({"digest": facts.reply_tables.digest})
    patience = Patience(
        first=settings.retry_first, longest=settings.retry_longest, give_up_after=settings.give_up_days * DAY
    )
    policies = {name: Policy.of(plugin.manifest, patience) for name, plugin in facts.plugins.found.items()}
    return Gateway(
        kind=settings.kind,
        schemas=facts.schemas,
        board=board,
        journal=journal,
        dispatch=dispatch,
        attachments=AttachmentFolder(settings.attachment_folder, clock),
        policies=policies.__getitem__,
        clock=clock,
        chance=random.random,
        reply_tables=facts.reply_tables,
        letterhead=Letterhead(
            name=settings.answers_as, kennung=settings.answers_kennung, contact=settings.answers_contact
        ),
    )


@asynccontextmanager
async def _telling_portals(settings: Settings, gateway: Gateway) -> AsyncIterator[None]:
    seconds = settings.webhook_seconds
    persistence = Persistence(give_up_after=settings.webhook_days * DAY)
    async with sender(settings, sandbox=gateway.kind == "sandbox") as sending:
        postman = Postman(gateway.journal, sending, gateway.news.bell, persistence=persistence, seconds=seconds)
        async with postman.at_work(), standing("postman", postman.go):
            yield


def sender(settings: Settings, *, sandbox: bool) -> Sender:
    """
    What sends messages to webhooks.

    Raises:
        BadSettings: `webhook_networks` names something that is no network.
    """
    return Sender(
        sandbox=sandbox,
        allowed=networks(settings.webhook_networks),
        seconds=settings.webhook_seconds,
        clock=clock,
    )


@asynccontextmanager
async def _taking_stock(journal: SqlJournal, board: Board, known: Plugins, pace: Pace) -> AsyncIterator[None]:
    holder = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    turn = Leadership(holder=holder, every=pace.snapshot, tables=lambda: board.now, adapters=tuple(known.found))
    await stocktaking.take_stock(journal, turn)
    async with standing("stock", partial(taking_stock, journal, turn)):
        yield


def show_at_zero(facts: Facts, *sources: Source) -> None:
    """What these sources will count is shown from the start, and which adapters are installed."""
    known = {"adapter": facts.plugins.found.keys(), "service": [one.name for one in facts.tables.services]}
    expect(known, *sources)
    if "gateway" in sources:
        expect_findings(_judged_by(facts))
    for name, plugin in facts.plugins.found.items():
        version, manifest = facts.plugins.versions.get(name, ""), plugin.manifest
        ADAPTER_INFO(name, version, manifest.interface, manifest.best_grade).set(1)


def _judged_by(facts: Facts) -> Iterator[tuple[str, str]]:
    """Each service with the schema versions that judge its messages."""
    for service in facts.tables.services:
        namespaces = {message.namespace for message in service.messages}
        for package in facts.schemas.packages:
            if package.namespace in namespaces:
                yield service.name, f"{package.standard} {package.version}"


def _unordered(known: Plugins) -> frozenset[str]:
    """Adapters that may bring the messages of a case in any order."""
    return frozenset(name for name, plugin in known.found.items() if not plugin.manifest.order_matters)


def _pace(settings: Settings) -> Pace:
    return Pace(unclaimed=settings.unclaimed_seconds, snapshot=settings.snapshot_seconds)


@asynccontextmanager
async def _taking_reports(gateway: Gateway) -> AsyncIterator[None]:
    async with gateway.dispatch.reports(lambda report: journey.conclude(report, gateway=gateway)):
        yield


@asynccontextmanager
async def _working(
    settings: Settings,
    chosen: Iterable[Plugin],
    *,
    name: str,
    endpoint: FindEndpoint,
    board: Board,
    journal: SqlJournal,
    post: Callable[[str], Post],
) -> AsyncIterator[None]:
    attachments = AttachmentFolder(settings.attachment_folder, clock)
    most = Most(
        document=settings.max_document, attachment=settings.max_attachment, attachments=settings.max_attachments
    )
    async with working(
        chosen,
        name=name,
        claims=journal,
        post=post,
        endpoint=endpoint,
        attachments=attachments,
        at_once=settings.at_once,
        longest=settings.delivery_seconds,
        spare=settings.lease_spare,
        opened=plugins.opened,
        home=WayBack(
            post=Beside(arrivals=journal, attachments=attachments, clock=clock, most=most),
            destinations=partial(_reached, board),
            every=settings.collect_seconds,
        ),
        lookout=Lookout(book=journal, every=settings.look_seconds),
    ):
        yield


async def _reached(board: Board, adapter: str) -> list[tuple[str, bool]]:
    """An adapter's destinations by the tables in use, live and for tests, but for those at a site."""
    named = [one.name for one in board.now.destinations if one.adapter == adapter and not one.site]
    return [(name, test) for name in named for test in (False, True)]


def _pages(settings: Settings, gateway: Gateway, journal: SqlJournal, known: Plugins) -> Iterable[APIRouter]:
    """The console, where it is wanted."""
    if settings.console:
        desk = Desk(gateway=gateway, book=journal, identity=LocalAccounts(journal, clock), plugins=known)
        yield console(replace(desk, idle=60 * settings.console_minutes))


@asynccontextmanager
async def _listening(
    settings: Settings, gateway: Gateway, journal: SqlJournal, status: Status, known: Plugins
) -> AsyncIterator[Running]:
    clients = ClientRegister(journal)
    limits = Limits(
        document=settings.max_document,
        attachment=settings.max_attachment,
        attachments=settings.max_attachments,
        together=settings.max_together,
        body_seconds=settings.body_seconds,
        idle_seconds=settings.idle_seconds,
        wait=settings.wait_seconds,
    )
    sites = SiteRegister(journal)
    app = build(
        gateway,
        clients,
        limits=limits,
        routers=[status.router, *_pages(settings, gateway, journal, known)],
        annexes=[pickup.annex(pickup.Calls(gateway, journal, sites, limits))],
        samples=samples_in(settings.xsd),
    )
    async with (
        clients.following(),
        sites.following(),
        listening(app, settings.host, settings.port, Connection) as address,
    ):
        running = Running(address=address, gateway=gateway, journal=journal, status=status)
        GatewayStarted(kind=settings.kind, role="gateway", version=VERSION, address=running.address).tell()
        try:
            yield running
        finally:
            GatewayStopping(role="gateway").tell()
            status.stop()
            await asyncio.sleep(settings.stop_wait)
            gateway.news.close()
            gateway.doorbell.close()
