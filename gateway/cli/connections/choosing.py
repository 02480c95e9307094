"""Which connections a command means, and what it needs to know of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from gateway.cli.running import journal_of
from gateway.connection import Connection, ConnectionState
from gateway.errors import BadSettings, NotFound

if TYPE_CHECKING:
    from gateway.drivers.sql.journal import SqlJournal
    from gateway.settings import Settings
    from gateway.wiring import Facts

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
                f"Eine Anbindung {listed} gibt es nicht. `gateway connections list` zeigt alle.",
                f"There is no connection {listed}. `gateway connections list` shows all.",
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
    """The journal, the facts beside it, and what kind of gateway this is."""

    journal: SqlJournal
    facts: Facts
    kind: Literal["sandbox", "production"]

    def named(self, connection: Connection) -> str:
        """The authority of a connection, as people call it."""
        return self.facts.tables.authority_name(connection.authority)


@asynccontextmanager
async def desk(settings: Settings, *, begin: bool = False) -> AsyncIterator[Desk]:
    """
    Journal and facts, to look at connections and move them.

    Raises as `journal_of` and `load_facts`.
    """
    from gateway.wiring import load_facts

    facts = load_facts(settings)
    async with journal_of(settings, begin=begin) as journal:
        kind = await journal.kind() or settings.kind
        yield Desk(journal=journal, facts=facts, kind=cast("Literal['sandbox', 'production']", kind))
