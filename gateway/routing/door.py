"""What is asked of the tables, and the two answers: a door, or the named absence of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from gateway.connection import CaseHome, Connection, ConnectionState
from gateway.errors import Sentence
from gateway.routing.facts import (
    Authority,
    Destination,
    Grade,
    Responsibility,
    Service,
)
from gateway.submission import Finding, Reading


def nowhere(_path: str) -> str | None:
    """The deciding place of a question without a document."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """
    Who gets this? From a submission, or dry.

    The service follows from `root` and `namespace`, from a key, or from both; the place from `ars`, from the document,
    or from the reader. Whatever is given must agree.
    """

    day: date
    """the day of receipt, in the authorities' time zone: rows hold from day to day"""
    root: str | None = None
    namespace: str | None = None
    leistung: str | None = None
    """the key of the query, `?leistung=`"""
    document_leistung: str | None = None
    """the key that the document names"""
    ars: str | None = None
    """the place of the query, `?ars=`: an ARS of any level or an AGS"""
    place: Callable[[str], str | None] = nowhere
    """reads the deciding place from the document, by its path in `services.toml`; called once at most"""
    region: str | None = None
    """the deciding place where it was read already; `place` is not called then"""
    reader: str | None = None
    """`leser/kennung` of the head, never the author's"""
    test: bool = False
    case: CaseHome | None = None
    """where the case is that the message belongs to, if it belongs to one that was accepted before"""

    @classmethod
    def about(
        cls,
        reading: Reading,
        day: date,
        *,
        place: Callable[[str], str | None] = nowhere,
        leistung: str | None = None,
        ars: str | None = None,
        case: CaseHome | None = None,
    ) -> Question:
        """Who gets this document, together with what was said beside it."""
        return cls(
            day=day,
            root=reading.root,
            namespace=reading.namespace,
            leistung=leistung,
            document_leistung=reading.leistung,
            ars=ars,
            place=place,
            reader=reading.reader,
            test=reading.test,
            case=case,
        )


@dataclass(frozen=True, slots=True)
class Door:
    """Where it goes: the connection of exactly that authority which answers for the service at the place."""

    service: Service
    leistung: str
    """the key named by the document, else by the query, else empty"""
    authority: Authority
    connection: Connection
    destination: Destination
    responsibility: Responsibility | None
    """the row that decided; None where the case was there already"""

    @property
    def paused(self) -> bool:
        """Whether it is taken and waits, because the connection is paused."""
        return self.connection.state is ConnectionState.PAUSED

    @property
    def because(self) -> tuple[Sentence, ...]:
        """Which row decided, by which law, and what the connection leads to."""
        if self.responsibility is None:
            return case_decided(self.authority), _connected(self.connection)
        return row_decided(self.service, self.responsibility), _connected(self.connection)


class Absence(StrEnum):
    """Why there is no door. Stable and language-free."""

    UNKNOWN_SERVICE = "unknown-service"
    SERVICE_CONTRADICTION = "service-contradiction"
    WRONG_READER = "wrong-reader"
    UNKNOWN_PLACE = "unknown-place"
    PLACE_MISSING = "place-missing"
    PLACE_CONTRADICTION = "place-contradiction"
    PLACE_TOO_WIDE = "place-too-wide"
    UNKNOWN_AUTHORITY = "unknown-authority"
    NOT_RESPONSIBLE = "not-responsible"
    NOT_CONNECTED = "not-connected"
    NOT_LIVE = "not-live"


XOEV: Final = {Absence.WRONG_READER: "T080"}
"""codes of the generic list of reasons for a Rückweisung; the others have none there"""


@dataclass(frozen=True, slots=True)
class NoDoor:
    """
    Why it cannot be taken.

    `authorities` are those that are responsible: one, or each of a Landkreis's Gemeinden; none where nobody could be
    named. The text repeats nothing from the document; the places it names come from the tables.
    """

    code: Absence
    text: Sentence
    service: Service | None = None
    authorities: tuple[Authority, ...] = ()
    responsibility: Responsibility | None = None
    connection: Connection | None = None
    """of the responsible authority, where it has one that does not take this now"""

    @property
    def connection_state(self) -> ConnectionState | None:
        """The state of that connection."""
        return self.connection.state if self.connection else None

    @property
    def xoev(self) -> str | None:
        """The code of the standards' own list (DOMAIN, Rejection and receipt), where it has one."""
        return XOEV.get(self.code)

    @property
    def finding(self) -> Finding:
        """The absence as a finding about the document."""
        return Finding(self.code.value, self.text, xoev=self.xoev)

    @property
    def because(self) -> tuple[Sentence, ...]:
        """Which row decided, if it came to that, and what is missing."""
        if self.service is None or self.responsibility is None:
            return (self.text,)
        return row_decided(self.service, self.responsibility), self.text


def row_decided(service: Service, row: Responsibility) -> Sentence:
    """The row that names the authority, with its legal source."""
    root = "" if row.subject == service.name else f" ({row.subject})"
    assumed = row.grade is Grade.ASSUMED
    return Sentence(
        f"Für „{service.title}“{root} im Gebiet {row.ars} ist zuständig: {row.authority}. So steht es in "
        f"responsibility.csv, Zeile {row.line}, nach {row.source}{' [Annahme]' if assumed else ''}.",
        f"For “{service.title}”{root} in area {row.ars}, responsible is: {row.authority}. So it says in "
        f"responsibility.csv, line {row.line}, by {row.source}{' [assumed]' if assumed else ''}.",
    )


def case_decided(authority: Authority) -> Sentence:
    """The case was accepted before, and stays where it is."""
    return Sentence(
        f"Die Nachricht gehört zu einem Vorgang, den {authority} angenommen hat; dort bleibt er.",
        f"The message belongs to a case that {authority} accepted; there it stays.",
    )


def _connected(connection: Connection) -> Sentence:
    state = connection.state.told
    return Sentence(
        f"Ihre Anbindung führt zum Zustellpunkt {connection.destination} und ist {state.de}.",
        f"Its connection leads to destination {connection.destination} and is {state.en}.",
    )
