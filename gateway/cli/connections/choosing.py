"""Which connections a command means, and what it needs to know of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from gateway.cli.running import journal_of
from gateway.connection import Connection, ConnectionState
from gateway.errors import BadSettings, NotFound

if TYPE_CHECKING:
    from gateway.drivers.sql.journal import SqlJournal
    from gateway.routing import Tables
    from gateway.settings import Settings

Ids = Annotated[
    list[str] | None, typer.Argument(help="Anbindungen als Leistung/ARS, etwa bau/09273.", metavar="LEISTUNG/ARS")
]
OfService = Annotated[str | None, typer.Option("--service", help="Nur diese Leistung.", metavar="NAME")]
InRegion = Annotated[str | None, typer.Option("--region", help="Nur Behörden in diesem Gebiet.", metavar="ARS")]
InState = Annotated[ConnectionState | None, typer.Option("--state", help="Nur in diesem Zustand.", metavar="ZUSTAND")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Connections by their ids, or all that a filter lets through."""

    ids: Sequence[str] = ()
    service: str | None = None
    region: str | None = None
    state: ConnectionState | None = None

    @property
    def says_nothing(self) -> bool:
        """Whether it would mean every connection there is."""
        return not (self.ids or self.service or self.region or self.state)

    def known_to(self, tables: Tables) -> Choice:
        """
        The same choice, its region spelled as tables spell it.

        Raises:
            BadSettings: there is no such service or region.
        """
        names = [one.name for one in tables.services]
        if self.service is not None and self.service not in names:
            raise BadSettings(
                f"Eine Leistung „{self.service}“ gibt es nicht. Es gibt: {', '.join(names)}.",
                f"There is no service “{self.service}”. There are: {', '.join(names)}.",
            )
        if self.region is None:
            return self
        found = tables.regions.find(self.region)
        if found is None:
            raise BadSettings(
                f"Ein Gebiet „{self.region}“ gibt es nicht. Gemeint ist ein ARS oder AGS; `gateway regions show NAME` "
                "nennt ihn.",
                f"There is no region “{self.region}”. It is meant as ARS or AGS; `gateway regions show NAME` tells it.",
            )
        return replace(self, region=found.ars)

    def among(self, known: Sequence[Connection]) -> list[Connection]:
        """
        Those that are meant, by id.

        Raises:
            NotFound: one is named that is not there.
        """
        by_id = {one.id: one for one in known}
        if missing := [one for one in self.ids if one not in by_id]:
            listed = ", ".join(missing)
            raise NotFound(
                f"Diese Anbindung gibt es nicht: {listed}. `gateway connections list` zeigt alle.",
                f"There is no such connection: {listed}. `gateway connections list` shows all.",
            )
        chosen = [by_id[one] for one in dict.fromkeys(self.ids)] if self.ids else list(known)
        return [one for one in chosen if self._lets_through(one)]

    def _lets_through(self, one: Connection) -> bool:
        return (
            self.service in {None, one.service}
            and one.authority.startswith(self.region or "")
            and self.state in {None, one.state}
        )


def insist_on_choice(choice: Choice) -> None:
    """
    Nobody moves everything by leaving something out.

    Raises:
        BadSettings: neither ids nor a filter are given.
    """
    if choice.says_nothing:
        raise BadSettings(
            "Bitte Anbindungen nennen (Leistung/ARS), oder mit --service, --region, --state auswählen.",
            "Name connections (service/ARS), or choose them with --service, --region, --state.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The journal, the tables beside it, and what kind of gateway this is."""

    journal: SqlJournal
    tables: Tables
    kind: Literal["sandbox", "production"]

    async def chosen(self, choice: Choice) -> list[Connection]:
        """The connections that a choice means; raises as `Choice.known_to` and `Choice.among`."""
        return choice.known_to(self.tables).among(await self.journal.connections())

    def named(self, connection: Connection) -> str:
        """The authority of a connection, as people call it."""
        return self.tables.authority_name(connection.authority)


@asynccontextmanager
async def desk(settings: Settings, *, begin: bool = False) -> AsyncIterator[Desk]:
    """
    Journal and tables, to look at connections and move them.

    `begin` makes a journal where there is none, of the kind that the settings say.

    Raises:
        BadTables: a table is wrong; names file and line.
        BadSettings, WrongJournal, JournalUnavailable: as `journal_of`.
    """
    from gateway.routing import Tables

    tables = Tables.load(settings.routing, settings.data.resolve())
    async with journal_of(settings, begin=begin) as journal:
        kind = await (journal.settle("kind", settings.kind) if begin else journal.kind()) or settings.kind
        yield Desk(journal=journal, tables=tables, kind=cast("Literal['sandbox', 'production']", kind))
