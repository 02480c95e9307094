"""Adapters and destinations, how they do; sites and what was heard of them; a destination paused, or let go on."""

from __future__ import annotations

from fastapi import Response

from gateway.account import Right
from gateway.console.entrance import PATH
from gateway.console.house import Asked, nothing_here
from gateway.console.rendering import elsewhere
from gateway.submission import SECOND


async def adapters(asked: Asked) -> Response:
    """All of them, as far as this account's authorities go."""
    gateway, book = asked.desk.gateway, asked.desk.book
    now = gateway.clock()
    reached = _reached(asked)
    conditions = {(one.destination, one.test): one for one in await book.conditions()}
    heard = await book.heartbeats()
    account = asked.account
    sites = [one for one in await book.sites() if one.revoked_at is None and account.sees_all(one.authorities)]
    destinations = [one for one in gateway.tables.destinations if account.scope is None or one.name in reached]
    return asked.page(
        "adapters.html",
        adapters=sorted({one.adapter for one in destinations}),
        installed=asked.desk.plugins.versions,
        destinations=destinations,
        live={one.name: conditions.get((one.name, False)) for one in destinations},
        resting=gateway.tables.resting(now),
        sites=[(one, [beat for beat in heard if beat.site == one.name]) for one in sites],
        assumed=asked.desk.assumed,
        now=now,
        age=lambda at: (now - at) / SECOND,
    )


async def destination(asked: Asked) -> Response:
    """One destination, and the form that pauses it."""
    name = _named(asked)
    conditions = {(one.destination, one.test): one for one in await asked.desk.book.conditions()}
    whose = sorted(one.authority for one in asked.desk.gateway.tables.connections if one.destination == name)
    called = asked.desk.gateway.tables.authority_name
    return asked.page(
        "destination.html",
        name=name,
        live=conditions.get((name, False)),
        whose=[called(one) for one in whose if asked.account.sees(one)],
        owns=asked.account.sees_all(whose),
    )


async def pause(asked: Asked) -> Response:
    """It is handed nothing from now on."""
    name = _own(asked)
    await asked.desk.book.pause_destination(name, asked.account.name, asked.reason())
    return elsewhere(f"{PATH}/destinations/{name}")


async def resume(asked: Asked) -> Response:
    """It is handed what waits."""
    name = _own(asked)
    await asked.desk.book.resume_destination(name, asked.account.name, asked.reason())
    asked.desk.gateway.bell.ring()
    return elsewhere(f"{PATH}/destinations/{name}")


def _own(asked: Asked) -> str:
    """
    A destination that serves nobody but this account's authorities: others' must not wait for them.

    Raises:
        NotAllowed: the role is not enough.
        NotFound: it serves others, too.
    """
    asked.account.insist(Right.DECIDE)
    name = _named(asked)
    whose = [one.authority for one in asked.desk.gateway.tables.connections if one.destination == name]
    if not asked.account.sees_all(whose):
        raise nothing_here()
    return name


def _named(asked: Asked) -> str:
    name = asked.path["destination"]
    known = {one.name for one in asked.desk.gateway.tables.destinations}
    if name not in known or (asked.account.scope is not None and name not in _reached(asked)):
        raise nothing_here()
    return name


def _reached(asked: Asked) -> frozenset[str]:
    """The destinations of the connections that this account sees."""
    there = asked.desk.gateway.tables.connections
    return frozenset(one.destination for one in there if one.destination and asked.account.sees(one.authority))
