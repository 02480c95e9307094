"""`connections promote`, `pause`, `resume`: one step further for each that may take it."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from gateway.cli.connections.choosing import Choice, Ids, InRegion, InState, OfService, desk, insist_on_choice
from gateway.cli.deciding import By, Reason, account, insist_on_reason
from gateway.cli.options import Config, Data, JournalUrl, settings_from
from gateway.cli.running import carry_out, terminal
from gateway.connection import Circumstances, Connection, ConnectionState, hindrance
from gateway.errors import BadSettings, NotResponsible, Sentence
from gateway.terminal import BAD, GOOD

if TYPE_CHECKING:
    from gateway.cli.connections.choosing import Desk
    from gateway.settings import Settings

_NEXT = {
    ConnectionState.ORDERED: ConnectionState.CONFIGURED,
    ConnectionState.CONFIGURED: ConnectionState.TESTED,
    ConnectionState.TESTED: ConnectionState.LIVE,
}

DryRun = Annotated[bool, typer.Option("--dry-run", help="Nur zeigen, was geschähe.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """Which connections, where to, by whom and why."""

    choice: Choice
    to: Callable[[Connection], ConnectionState | None]
    by: str
    reason: str
    destination: str | None = None
    dry_run: bool = False


def promote(
    ids: Ids = None,
    *,
    reason: Reason,
    to: Annotated[
        ConnectionState | None,
        typer.Option(help="Zustand; sonst der nächste: eingerichtet, getestet, in Betrieb.", metavar="ZUSTAND"),
    ] = None,
    destination: Annotated[
        str | None, typer.Option(help="Zustellpunkt aus destinations.toml zuordnen.", metavar="NAME")
    ] = None,
    service: OfService = None,
    region: InRegion = None,
    state: InState = None,
    dry_run: DryRun = False,
    by: By = None,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
) -> int:
    """
    Bringt Anbindungen einen Schritt weiter, jede für sich beurteilt; auch eine ganze Welle auf einmal.

    In Betrieb geht nur, was `check` für gut befunden hat. Exit-Code 1, wenn eine nicht weiterkam.
    """
    order = _Order(
        choice=Choice(ids=ids or (), service=service, region=region, state=state),
        to=lambda one: to or _NEXT.get(one.state),
        by=by or account(),
        reason=reason,
        destination=destination,
        dry_run=dry_run,
    )
    return _take(settings_from(config, data=data, journal=journal), order)


def pause(
    ids: Ids = None,
    *,
    reason: Reason,
    service: OfService = None,
    region: InRegion = None,
    dry_run: DryRun = False,
    by: By = None,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
) -> int:
    """
    Hält Anbindungen an: Anträge werden weiter angenommen und warten.

    Ohne Kennungen sind alle gemeint, die in Betrieb sind und auf die die Auswahl passt.
    """
    choice = Choice(ids=ids or (), service=service, region=region, state=None if ids else ConnectionState.LIVE)
    order = _Order(choice=choice, to=_pausing, by=by or account(), reason=reason, dry_run=dry_run)
    insist_on_choice(replace(choice, state=None))
    return _take(settings_from(config, data=data, journal=journal), order)


def resume(
    ids: Ids = None,
    *,
    reason: Reason,
    service: OfService = None,
    region: InRegion = None,
    dry_run: DryRun = False,
    by: By = None,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
) -> int:
    """Lässt angehaltene Anbindungen weiterlaufen; was gewartet hat, geht auf den Weg."""
    choice = Choice(ids=ids or (), service=service, region=region, state=None if ids else ConnectionState.PAUSED)
    order = _Order(choice=choice, to=_going_on, by=by or account(), reason=reason, dry_run=dry_run)
    insist_on_choice(replace(choice, state=None))
    return _take(settings_from(config, data=data, journal=journal), order)


def _pausing(_: Connection) -> ConnectionState:
    return ConnectionState.PAUSED


def _going_on(connection: Connection) -> ConnectionState:
    """Live again, if it is paused: nothing goes live for the first time by being resumed."""
    return ConnectionState.LIVE if connection.state is ConnectionState.PAUSED else connection.state


def _take(settings: Settings, order: _Order) -> int:
    insist_on_choice(order.choice)
    insist_on_reason(order.reason)
    return carry_out(_each(settings, order))


async def _each(settings: Settings, order: _Order) -> int:
    """Each judged on its own; one that cannot go on is told, and the others go."""
    ended = GOOD
    async with desk(settings) as at:
        _insist_on_destination(order, at)
        chosen, guessed = await at.chosen(order.choice), _only_assumed(at)
        for connection in chosen:
            why = await _step(connection, order, at, guessed)
            ended = max(ended, BAD if why else GOOD)
    if not chosen:
        terminal().tell(Sentence("Es gibt keine solche Anbindung.", "There is no such connection."))
        return BAD
    return ended


def _insist_on_destination(order: _Order, at: Desk) -> None:
    known = [one.name for one in at.tables.destinations]
    if order.destination is not None and order.destination not in known:
        raise BadSettings(
            f"Den Zustellpunkt „{order.destination}“ gibt es in destinations.toml nicht.",
            f"There is no destination “{order.destination}” in destinations.toml.",
        )


async def _step(connection: Connection, order: _Order, at: Desk, guessed: Container[str]) -> Sentence | None:
    """Why it did not take the step; None where it did."""
    to = order.to(connection) or connection.state
    wanted = replace(connection, destination=order.destination or connection.destination)
    why = await _hindrance(wanted, to, at, guessed)
    if why is None and not order.dry_run:
        try:
            await at.journal.step(
                replace(wanted, state=to), expected=connection.state, by=order.by, reason=order.reason
            )
        except NotResponsible as moved:
            why = moved.detail
    _tell(connection, to, why, dry_run=order.dry_run)
    return why


async def _hindrance(connection: Connection, to: ConnectionState, at: Desk, guessed: Container[str]) -> Sentence | None:
    from gateway.drivers.clock import clock

    given = Circumstances(
        kind=at.kind,
        now=clock(),
        assumed=connection.destination in guessed,
        preflight=await at.journal.latest_preflight(connection.id),
    )
    return hindrance(connection, to, given)


def _only_assumed(at: Desk) -> frozenset[str]:
    """The destinations whose vendor's interface is only assumed by its adapter."""
    from gateway import plugins

    found = plugins.load().found
    return frozenset(
        one.name
        for one in at.tables.destinations
        if one.adapter in found and found[one.adapter].manifest.interface == "assumed"
    )


def _tell(connection: Connection, to: ConnectionState, why: Sentence | None, *, dry_run: bool) -> None:
    words = terminal().words
    if why:
        terminal().show(Text("✗ ", "bad").append(f"{connection.id}  {words(why)}", "default"))
        return
    would = words(Sentence(" (nur gezeigt)", " (shown only)")) if dry_run else ""
    terminal().show(
        Text("✓ ", "good").append(
            f"{connection.id}  {words(connection.state.told)} → {words(to.told)}{would}", "default"
        )
    )
