"""A gateway on the embedded default whose Fachverfahren are simulators, all in one folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from gateway.adapter import Endpoint, Simulator
from gateway.drivers.clock import clock
from gateway.drivers.sql.journal import open_journal
from gateway.drivers.sql.lock import alone
from gateway.drivers.sql.schema import sqlite_file
from gateway.intake import token_hash
from gateway.journal import Client
from gateway.outpost import working_at_a_site
from gateway.pickup import new_site
from gateway.portal import new_client
from gateway.settings import Settings
from gateway.wiring import Facts, Running, load_facts, serving

Lane = tuple[str, bool]
"""A destination, live or test."""

_AT_SITE: Final = "bau"
"""the service whose first connection leads to a network of its own"""

_COLLECTING: Final = 0.5
"""seconds between two looks of its worker for answers: somebody is watching"""

_TOKEN_FILE: Final = "sandbox-token"  # noqa: S105 - where it lies, not what it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """It runs: the gateway, a portal's token, and the simulated Fachverfahren."""

    running: Running
    facts: Facts
    token: str
    simulators: Mapping[Lane, Simulator]
    at_site: str
    """the destination that is reached from a network of its own"""

    def books(self) -> dict[Lane, list[str]]:
        """What each Fachverfahren says it has: ids of submissions, each as often as it was taken."""
        return {lane: simulator.ledger() for lane, simulator in self.simulators.items()}


@asynccontextmanager
async def sandbox(settings: Settings) -> AsyncIterator[Sandbox]:
    """
    A sandbox that serves while the context is open.

    The client whose token is shown is made at the first start in a folder; the token then lies beside the journal:
    a sandbox guards nothing.

    Raises as `wiring.serving`.
    """
    facts = load_facts(settings)
    with alone(sqlite_file(settings.journal_url)):  # before simulators get in the way of those of another sandbox
        token = await _token(settings, facts)
    async with AsyncExitStack() as stack:
        simulators = await _simulators(facts, settings.data / "fachverfahren", stack)

        def endpoint(destination: str, test: bool) -> Endpoint:  # noqa: FBT001 - as the tables have it
            simulator = simulators.get((destination, test))
            if simulator is None:
                return facts.tables.endpoint(destination, test)
            return Endpoint(destination, test, simulator.settings())

        facts, site = await _moved_to_a_site(settings, facts, simulators)
        running = await stack.enter_async_context(serving(settings, facts=facts, endpoint=endpoint))
        await stack.enter_async_context(site.working(settings, running.address))
        yield Sandbox(running=running, facts=facts, token=token, simulators=simulators, at_site=site.destination)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """A network of its own, whose worker picks up over HTTP and needs neither database nor broker."""

    name: str
    token: str
    destination: str
    adapter: str

    def working(self, settings: Settings, address: str) -> AbstractAsyncContextManager[None]:
        """Its worker, while the context is open."""
        there = {
            "site": f"{address}/v1/sites/{self.name}",
            "token": SecretStr(self.token),
            "data": settings.data / "standort",
            "collect_seconds": _COLLECTING,
            "metrics_port": None,
        }
        return working_at_a_site(settings.model_copy(update=there), [self.adapter])


async def _moved_to_a_site(
    settings: Settings, facts: Facts, simulators: Mapping[Lane, Simulator]
) -> tuple[Facts, _Site]:
    """The same facts, but for one Fachverfahren that stands in a network of its own; and that network."""
    connection = next(it for it in facts.tables.connections if it.service == _AT_SITE and it.destination)
    name = connection.destination
    before = facts.tables.destination(name)
    async with open_journal(
        settings.journal_url, limits=facts.tables.limits, clock=clock, kind=settings.kind
    ) as journal:
        site, token = new_site(f"sandbox-{len(await journal.sites()) + 1}", [connection.authority], [before.adapter])
        await journal.add_site(site)
    after = replace(
        before,
        site=site.name,
        live=dict(simulators[name, False].settings()),
        test=dict(simulators[name, True].settings()),
    )
    there = _Site(name=site.name, token=token, destination=name, adapter=before.adapter)
    return replace(facts, tables=facts.tables.leading_to(after)), there


async def _simulators(facts: Facts, folder: Path, stack: AsyncExitStack) -> dict[Lane, Simulator]:
    """One for each destination that a message of an installed schema package can reach, and one for its tests."""
    reachable = {service.name for service in facts.tables.services if _has_schema(facts, service.name)}
    started: dict[Lane, Simulator] = {}
    for connection in facts.tables.connections:
        if connection.service not in reachable or not connection.destination:
            continue
        plugin = facts.plugins.named(facts.tables.destination(connection.destination).adapter)
        if plugin.simulate is None:
            continue
        for lane, name in (
            ((connection.destination, False), connection.destination),
            ((connection.destination, True), f"{connection.destination}-test"),
        ):
            started[lane] = await stack.enter_async_context(plugin.simulate(name, folder))
    return started


def _has_schema(facts: Facts, service: str) -> bool:
    namespaces = {package.namespace for package in facts.schemas.packages}
    return any(
        message.namespace in namespaces
        for known in facts.tables.services
        if known.name == service
        for message in known.messages
    )


async def _token(settings: Settings, facts: Facts) -> str:
    """The client's token; made before the gateway starts, which then knows it from its first look."""
    file = settings.data / _TOKEN_FILE
    async with open_journal(
        settings.journal_url, limits=facts.tables.limits, clock=clock, kind=settings.kind
    ) as journal:
        known = await journal.clients()
        if file.is_file() and _is_valid(token := file.read_text().strip(), known):
            return token
        client, token = new_client(f"sandbox-{len(known) + 1}")
        await journal.add_client(client)
    file.touch(mode=0o600)
    file.write_text(token)
    return token


def _is_valid(token: str, known: Sequence[Client]) -> bool:
    return any(one.token_hash == token_hash(token) and one.revoked_at is None for one in known)
