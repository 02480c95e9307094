"""Finding submissions: by id or message UUID, authority, service, state and time."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Response

from gateway.console import saying
from gateway.console.house import Asked
from gateway.errors import BadRequest
from gateway.operating import Wanted
from gateway.submission import State


async def search(asked: Asked) -> Response:
    """A list, the latest first, and the form that narrows it."""
    wanted, after = _wanted(asked.query), _after(asked.query)
    found = await asked.desk.book.search(wanted, asked.account.scope, after)
    tables = asked.desk.gateway.tables
    return asked.page(
        "search.html",
        found=found,
        wanted=wanted,
        query=asked.query,
        first=after is None,
        services=tables.services,
        titles={service.name: service.title for service in tables.services},
        authorities=[one for one in tables.authorities if asked.account.sees(one.ars)],
        called=tables.authority_name,
        states=list(State),
    )


def _wanted(query: Mapping[str, str]) -> Wanted:
    said = query.get("state", "")
    if said and said not in tuple(State):
        raise BadRequest("Einen solchen Zustand gibt es nicht.", "There is no such state.")
    return Wanted(
        named=query.get("named", "").strip().lower(),
        service=query.get("service", "").strip(),
        authority=_ars(query.get("authority", "")),
        state=State(said) if said else None,
        adapter=query.get("adapter", "").strip(),
        destination=query.get("destination", "").strip(),
        cause=query.get("cause", "").strip(),
        since=saying.moment_in(query.get("since", "")),
        until=saying.moment_in(query.get("until", "")),
    )


def _ars(text: str) -> str:
    """The key at the beginning of what a list offers: `09761 Stadt Augsburg`."""
    return text.strip().partition(" ")[0]


def _after(query: Mapping[str, str]) -> int | None:
    text = query.get("after", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadRequest("Diese Fortsetzung gibt es nicht.", "There is no such continuation.")
    return int(text)
