"""
The connection (Anbindung): this service of this authority goes to that destination. What it is, and how it lives.

It is the unit that is ordered, set up, tested, taken live, measured and accounted for. Its state is a record of the
journal, and every step of its life says who took it, when and why. Which steps there are, and what each asks for, is
decided here; nothing here reads or writes anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final, Literal, Protocol

from gateway.errors import Sentence
from gateway.submission import SECOND, Micros

CONNECTIONS: Final = "connections"
"""what the journal's version is asked for by those who follow connections"""


class ConnectionState(StrEnum):
    """The life of a connection, in its order."""

    ORDERED = "ordered"
    CONFIGURED = "configured"
    TESTED = "tested"
    LIVE = "live"
    PAUSED = "paused"
    RETIRED = "retired"

    @property
    def told(self) -> Sentence:
        """The state as people are told it."""
        return _TOLD[self]

    @property
    def open(self) -> bool:
        """Whether Anträge are taken: live, or paused, where they wait."""
        return self in _TAKES

    def takes(self, *, test: bool) -> bool:
        """Whether something may be sent now; what a paused connection takes waits (DESIGN §2.9)."""
        return self in (_TAKES_TEST if test else _TAKES)


_TAKES = frozenset({ConnectionState.LIVE, ConnectionState.PAUSED})
_TAKES_TEST = _TAKES | {ConnectionState.CONFIGURED, ConnectionState.TESTED}
_TOLD = {
    ConnectionState.ORDERED: Sentence("bestellt", "ordered"),
    ConnectionState.CONFIGURED: Sentence("eingerichtet", "configured"),
    ConnectionState.TESTED: Sentence("getestet", "tested"),
    ConnectionState.LIVE: Sentence("in Betrieb", "live"),
    ConnectionState.PAUSED: Sentence("angehalten", "paused"),
    ConnectionState.RETIRED: Sentence("außer Betrieb", "retired"),
}

STEPS: Final[Mapping[ConnectionState | None, frozenset[ConnectionState]]] = {
    None: frozenset(ConnectionState),
    ConnectionState.ORDERED: frozenset({ConnectionState.CONFIGURED, ConnectionState.RETIRED}),
    ConnectionState.CONFIGURED: frozenset({ConnectionState.TESTED, ConnectionState.RETIRED}),
    ConnectionState.TESTED: frozenset({ConnectionState.LIVE, ConnectionState.CONFIGURED, ConnectionState.RETIRED}),
    ConnectionState.LIVE: frozenset({ConnectionState.PAUSED, ConnectionState.RETIRED}),
    ConnectionState.PAUSED: frozenset({ConnectionState.LIVE, ConnectionState.RETIRED}),
    ConnectionState.RETIRED: frozenset({ConnectionState.ORDERED}),
}
"""
Which state may follow which; `None` is "not yet there", and what a new record may begin with says `first_state`.

A step to the state it is in already is none: it changes facts (an order number, a contact) and nothing else.
"""


@dataclass(frozen=True, slots=True)
class Connection:
    """An Anbindung: this service of this authority goes to that destination, if its state says so."""

    service: str
    authority: str
    """ARS"""
    destination: str
    """empty where none was set up yet: `ordered` and `retired` only"""
    state: ConnectionState
    order_number: str = ""
    order_date: date | None = None
    live_since: date | None = None
    contact: str = ""
    """an office, never a person"""
    ordered_through: str = ""
    """the shop, such as DigitalMarkt: what was not ordered there is not funded (DOMAIN, The programme)"""

    @property
    def id(self) -> str:
        """`service/ars`: there is one connection of a service and an authority at most."""
        return f"{self.service}/{self.authority}"


@dataclass(frozen=True, slots=True)
class CaseHome:
    """Who accepted a case: the authority with which, and the connection to which, it stays."""

    service: str
    authority: str
    """ARS"""
    connection: str
    """id"""


@dataclass(frozen=True, slots=True)
class AdapterInUse:
    """A version of an adapter, and when a gateway first started with it."""

    adapter: str
    version: str
    since: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step in the life of a connection, as the journal keeps it for good."""

    connection: Connection
    """what holds after the step"""
    before: ConnectionState | None
    at: Micros
    by: str
    """an account, `import` or `start`"""
    reason: str


# ── the pre-flight ───────────────────────────────────────────────────────────────────────────────────────────────────


class Look(StrEnum):
    """What a pre-flight looks at, in this order."""

    ADAPTER = "adapter"
    """installed, and its settings for this destination will do"""
    CERTIFIED = "certified"
    """for the version of the standard that is judged by"""
    ENDPOINT = "endpoint"
    """reachable"""
    CERTIFICATE = "certificate"
    """of the endpoint, valid for more than 30 days"""
    IDENTITY = "identity"
    """the vendor's system says that it is this authority's"""
    TEST_MESSAGE = "test-message"
    """accepted end to end and confirmed, as well as the adapter can prove it"""

    @property
    def told(self) -> Sentence:
        """What was looked at, for people."""
        return _LOOKED_AT[self]


_LOOKED_AT = {
    Look.ADAPTER: Sentence("Adapter und Einstellungen", "adapter and settings"),
    Look.CERTIFIED: Sentence("Schemaversion", "schema version"),
    Look.ENDPOINT: Sentence("Erreichbarkeit", "reachable"),
    Look.CERTIFICATE: Sentence("Zertifikat", "certificate"),
    Look.IDENTITY: Sentence("Gegenstelle", "identity"),
    Look.TEST_MESSAGE: Sentence("Testnachricht", "test message"),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """How one look ended: good, not good, or None where there is nothing to look at (a folder has no certificate)."""

    look: Look
    good: bool | None
    said: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What a pre-flight found, kept in the journal."""

    connection: str
    """its id"""
    destination: str
    at: Micros
    by: str
    adapter: str
    adapter_version: str
    schemas: tuple[str, ...]
    """`standard version` of the packages whose messages the service accepts"""
    seen: tuple[Seen, ...] = field(default=())

    @property
    def good(self) -> bool:
        """Whether nothing stands against going live."""
        return bool(self.seen) and all(one.good is not False for one in self.seen)

    @property
    def set_up(self) -> bool:
        """Whether adapter, settings and endpoint are in order, so that a test message can be sent."""
        return all(one.good is not False for one in self.seen if one.look is not Look.TEST_MESSAGE)


PREFLIGHT_HOLDS: Final = 7 * 86_400 * SECOND
"""How long a pre-flight counts: what was seen a week ago says little of tomorrow."""

CERTIFICATE_DAYS: Final = 30


# ── may it go on? ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What decides, besides the connection itself, whether a step may be taken."""

    kind: Literal["sandbox", "production"]
    now: Micros
    assumed: bool
    """whether the vendor's interface is only assumed by its adapter"""
    preflight: Preflight | None = None
    """the latest one"""


def first_state(wanted: ConnectionState, kind: Literal["sandbox", "production"]) -> ConnectionState:
    """
    With which state a record begins: a sandbox takes over what an order list says, production earns the rest.

    What is out of operation stays so: it takes nothing.
    """
    return wanted if kind == "sandbox" or wanted is ConnectionState.RETIRED else ConnectionState.ORDERED


def hindrance(connection: Connection, to: ConnectionState, given: Circumstances) -> Sentence | None:
    """Why a connection may not take this step; None where it may."""
    if to is connection.state:
        return Sentence(
            f"Sie ist „{to.told.de}“ und bleibt es. Möglich ist: {_after(to).de}.",
            f"It is '{to.told.en}' and stays so. Possible: {_after(to).en}.",
        )
    if to not in STEPS[connection.state]:
        return Sentence(
            f"Auf „{connection.state.told.de}“ folgt nicht „{to.told.de}“. Möglich ist: {_after(connection.state).de}.",
            f"'{to.told.en}' does not follow '{connection.state.told.en}'. Possible: {_after(connection.state).en}.",
        )
    match to:
        case ConnectionState.CONFIGURED:
            return None if connection.destination else _NO_DESTINATION
        case ConnectionState.TESTED:
            return _unseen(connection, given)
        case ConnectionState.LIVE if connection.state is ConnectionState.TESTED:
            return _unseen(connection, given) or _unproven(given)
        case ConnectionState.LIVE:
            return _unproven(given)
        case _:
            return None


def _unseen(connection: Connection, given: Circumstances) -> Sentence | None:
    """What the pre-flight leaves open."""
    latest = given.preflight
    if latest is None or latest.destination != connection.destination:
        return _NO_PREFLIGHT
    if given.now - latest.at > PREFLIGHT_HOLDS:
        return _OLD_PREFLIGHT
    if not latest.good:
        failed = [one for one in latest.seen if one.good is False]
        return Sentence(
            "Die Vorprüfung war nicht gut: " + "; ".join(f"{one.look.told.de}: {one.said.de}" for one in failed),
            "The pre-flight was not good: " + "; ".join(f"{one.look.told.en}: {one.said.en}" for one in failed),
        )
    return None


def _unproven(given: Circumstances) -> Sentence | None:
    return _ASSUMED if given.assumed and given.kind == "production" else None


def _after(state: ConnectionState) -> Sentence:
    follow: Sequence[ConnectionState] = [one for one in ConnectionState if one in STEPS[state]]
    return Sentence(", ".join(one.told.de for one in follow), ", ".join(one.told.en for one in follow))


_NO_DESTINATION: Final = Sentence(
    "Es ist kein Zustellpunkt zugeordnet. `gateway connections promote … --destination NAME` ordnet einen zu; "
    "er muss in destinations.toml stehen.",
    "No destination is assigned. `gateway connections promote … --destination NAME` assigns one; "
    "it has to be in destinations.toml.",
)
_NO_PREFLIGHT: Final = Sentence(
    "Für diesen Zustellpunkt gibt es keine Vorprüfung. `gateway connections check ID` macht sie.",
    "There is no pre-flight for this destination. `gateway connections check ID` does it.",
)
_OLD_PREFLIGHT: Final = Sentence(
    "Die letzte Vorprüfung ist älter als sieben Tage. `gateway connections check ID` macht eine neue.",
    "The last pre-flight is older than seven days. `gateway connections check ID` does a new one.",
)
_ASSUMED: Final = Sentence(
    "Die Schnittstelle des Herstellers ist nur angenommen, nicht veröffentlicht: In Produktion geht so ein Adapter "
    "nicht in Betrieb. Bitte beim Hersteller bestätigen lassen und im Manifest des Adapters vermerken.",
    "The vendor's interface is only assumed, not published: in production such an adapter does not go live. "
    "Have the vendor confirm it and say so in the adapter's manifest.",
)


# ── the book ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class ConnectionBook(Protocol):
    """The part of the journal in which connections live. All of it raises `JournalUnavailable` as the journal does."""

    async def connections(self) -> Sequence[Connection]:
        """Every connection's record, retired ones too, by id."""
        ...

    async def step(
        self, connection: Connection, *, expected: ConnectionState | None, by: str, reason: str
    ) -> Step | None:
        """
        Let a connection be as given from now on, if its state is still `expected`; None where nothing changes.

        Takes effect everywhere within two seconds. Whether it may take this step, `connection.hindrance` knows.

        Raises:
            NotResponsible: it is in another state meanwhile, or no life goes that way; nothing was changed.
        """
        ...

    async def steps(self, connection: str | None = None) -> Sequence[Step]:
        """Every step that connections took, or this one, oldest first."""
        ...

    async def keep_preflight(self, preflight: Preflight) -> None:
        """Write down what a pre-flight found."""
        ...

    async def latest_preflight(self, connection: str) -> Preflight | None:
        """What the last pre-flight of a connection found."""
        ...

    async def note_adapters(self, versions: Mapping[str, str]) -> None:
        """These versions of adapters are in use from now on, unless that is known; by adapter."""
        ...

    async def adapters_in_use(self) -> Sequence[AdapterInUse]:
        """Every version of an adapter that was ever in use, by adapter and moment."""
        ...

    async def preflights(self) -> Sequence[Preflight]:
        """Everything that pre-flights found, oldest first."""
        ...
