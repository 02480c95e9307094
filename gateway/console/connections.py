"""Connections and coverage: which there are, how far the roll-in has come; one paused, or let go on."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from fastapi import Response

from gateway.account import Right
from gateway.connection import Circumstances, Connection, ConnectionState, hindrance
from gateway.console import saying
from gateway.console.entrance import PATH
from gateway.console.house import Asked, nothing_here
from gateway.console.rendering import elsewhere
from gateway.errors import NotResponsible
from gateway.evidence import Stage, coverage
from gateway.evidence.coverage import DELIVERING_DAYS
from gateway.submission import SECOND, Micros

_MOST: Final = 200


async def connections(asked: Asked) -> Response:
    """A list, narrowed by service and state; of one connection its life."""
    tables, query = asked.desk.gateway.tables, asked.query
    seen = [one for one in tables.connections if asked.account.sees(one.authority)]
    found = [
        one
        for one in seen
        if query.get("service", "") in {"", one.service} and query.get("state", "") in {"", one.state}
    ]
    return asked.page(
        "connections.html",
        connections=found[:_MOST],
        number_found=len(found),
        states=list(ConnectionState),
        counted={state: sum(one.state is state for one in seen) for state in ConnectionState},
        services=tables.services,
        titles=_titles(asked),
        called=tables.authority_name,
        query=query,
    )


async def connection(asked: Asked) -> Response:
    """One connection: what it is, every step of its life, what may be done."""
    one = _one(asked)
    return asked.page(
        "connection.html",
        connection=one,
        steps=list(reversed(await asked.desk.gateway.journal.steps(one.id))),
        title=_titles(asked).get(one.service, one.service),
        authority=asked.desk.gateway.tables.authority_name(one.authority),
        can_pause=one.state is ConnectionState.LIVE,
        can_resume=one.state is ConnectionState.PAUSED,
    )


async def pause(asked: Asked) -> Response:
    """It waits from now on."""
    return await _step(asked, ConnectionState.LIVE, ConnectionState.PAUSED)


async def resume(asked: Asked) -> Response:
    """It goes on."""
    return await _step(asked, ConnectionState.PAUSED, ConnectionState.LIVE)


async def _step(asked: Asked, expected: ConnectionState, to: ConnectionState) -> Response:
    asked.account.insist(Right.DECIDE)
    reason, one, gateway = asked.reason(), _one(asked), asked.desk.gateway
    given = Circumstances(
        kind=gateway.kind,
        now=gateway.clock(),
        assumed=asked.desk.assumed(one.destination),
        preflight=await gateway.journal.latest_preflight(one.id),
    )
    if why := hindrance(replace(one, state=expected), to, given):
        raise NotResponsible(why.de, why.en)
    await gateway.journal.step(replace(one, state=to), expected=expected, by=asked.account.name, reason=reason)
    gateway.board.connect(await gateway.journal.connections())
    gateway.bell.ring()
    return elsewhere(f"{PATH}/connections/{one.service}/{one.authority}")


async def covered(asked: Asked) -> Response:
    """How far the roll-in has come; for those who may see all of it."""
    if asked.account.scope is not None:
        raise nothing_here()
    gateway = asked.desk.gateway
    now = gateway.clock()
    delivering = await gateway.journal.delivering(Micros(now - DELIVERING_DAYS * 86_400 * SECOND))
    today = datetime.fromtimestamp(now / SECOND, UTC).astimezone(saying.BERLIN).date()
    found = await asyncio.to_thread(coverage, gateway.tables, delivering, today, sandbox=gateway.kind == "sandbox")
    return asked.page("coverage.html", coverage=found, stages=list(Stage), titles=_titles(asked))


def _one(asked: Asked) -> Connection:
    service, authority = asked.path["service"], asked.path["authority"]
    found = [it for it in asked.desk.gateway.tables.connections if (it.service, it.authority) == (service, authority)]
    if not found or not asked.account.sees(authority):
        raise nothing_here()
    return found[0]


def _titles(asked: Asked) -> dict[str, str]:
    return {service.name: service.title for service in asked.desk.gateway.tables.services}
