"""A gateway on the embedded default whose Fachverfahren are simulators, all in one folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.adapter import Endpoint, Simulator
from gateway.drivers.clock import clock
from gateway.drivers.sql.journal import open_journal
from gateway.drivers.sql.lock import alone
from gateway.drivers.sql.schema import sqlite_file
from gateway.intake import token_hash
from gateway.journal import Client
from gateway.portal import new_client
from gateway.settings import Settings
from gateway.wiring import Facts, Running, load_facts, serving

Lane = tuple[str, bool]
"""A destination, live or test."""

_TOKEN_FILE: Final = "sandbox-token"  # noqa: S105 - where it lies, not what it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """It runs: the gateway, a portal's token, and the simulated Fachverfahren."""

    running: Running
    facts: Facts
    token: str
    simulators: Mapping[Lane, Simulator]

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

        running = await stack.enter_async_context(serving(settings, facts=facts, endpoint=endpoint))
        yield Sandbox(running=running, facts=facts, token=token, simulators=simulators)


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
