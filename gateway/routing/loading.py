"""The files of a routing folder, read and compared with one another; the first fault ends it with file and line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from gateway.connection import Connection, ConnectionState
from gateway.journal import Limits
from gateway.routing.facts import (
    Authority,
    AuthorityKind,
    Destination,
    Facts,
    Grade,
    Message,
    Responsibility,
    Service,
)
from gateway.routing.regions import LEVELS, Region, RegionKind, Regions, shorten
from gateway.routing.strict import Row, Section, Where, read_bytes, read_csv, read_toml

REGIONS: Final = "regions.csv"
SERVICES: Final = "services.toml"
AUTHORITIES: Final = "authorities.csv"
RESPONSIBILITY: Final = "responsibility.csv"
DESTINATIONS: Final = "destinations.toml"
CONNECTIONS: Final = "connections.csv"

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    REGIONS: ("ars", "kind", "name", "inhabitants"),
    AUTHORITIES: ("ars", "kind", "name", "kennungen"),
    RESPONSIBILITY: ("subject", "ars", "authority", "source", "valid_from", "valid_until", "grade"),
    CONNECTIONS: (
        "service",
        "authority",
        "destination",
        "state",
        "order_number",
        "order_date",
        "live_since",
        "contact",
    ),
}
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    SERVICES: ("title", "leistungen", "prefixes", "messages"),
    "messages": ("namespace", "roots", "place", "own_rows"),
    DESTINATIONS: ("adapter", "live", "test", "window", "concurrency", "trip_after", "open_for"),
}

_NAME: Final = re.compile(r"[a-z][a-z0-9-]*")
_KEY: Final = re.compile(r"99\d{12}")
_PATH: Final = re.compile(r"//?[\w.-]+(/[\w.-]+)*")
_KENNUNG: Final = re.compile(r"[^\s:]+:\d+")

_LEVEL_OF: Final = {
    RegionKind.LAND: 2,
    RegionKind.REGIERUNGSBEZIRK: 3,
    RegionKind.LANDKREIS: 5,
    RegionKind.KREISFREIE_STADT: 5,
    RegionKind.VERWALTUNGSGEMEINSCHAFT: 9,
    RegionKind.GROSSE_KREISSTADT: 12,
    RegionKind.STADT: 12,
    RegionKind.MARKT: 12,
    RegionKind.GEMEINDE: 12,
    RegionKind.GEMEINDEFREI: 12,
}
_AREA_OF: Final = {
    AuthorityKind.REGIERUNG: RegionKind.REGIERUNGSBEZIRK,
    AuthorityKind.LANDRATSAMT: RegionKind.LANDKREIS,
    AuthorityKind.KREISFREIE_STADT: RegionKind.KREISFREIE_STADT,
    AuthorityKind.GROSSE_KREISSTADT: RegionKind.GROSSE_KREISSTADT,
    AuthorityKind.STADT: RegionKind.STADT,
    AuthorityKind.MARKT: RegionKind.MARKT,
    AuthorityKind.GEMEINDE: RegionKind.GEMEINDE,
    AuthorityKind.VERWALTUNGSGEMEINSCHAFT: RegionKind.VERWALTUNGSGEMEINSCHAFT,
}
_NOT_SET_UP: Final = frozenset({ConnectionState.ORDERED, ConnectionState.RETIRED})


def load(folder: Path, data: Path) -> Facts:
    """
    Read the tables in `folder`. `{data}` in an endpoint becomes the data directory, absolute.

    Raises:
        BadTables: unknown keys or columns, double rows, names that do not exist, an impossible ARS, …
    """
    contents = {name: read_bytes(folder / name) for name in sorted({*COLUMNS, SERVICES, DESTINATIONS})}
    rows = {name: read_csv(name, contents[name], columns) for name, columns in COLUMNS.items()}
    places = _regions(rows[REGIONS])
    regions = Regions(places)
    services = _services(read_toml(SERVICES, contents[SERVICES]))
    authorities = _authorities(rows[AUTHORITIES], regions)
    responsibilities = _responsibilities(rows[RESPONSIBILITY], regions, services, authorities)
    destinations = _destinations(read_toml(DESTINATIONS, contents[DESTINATIONS]), data.absolute())
    connections = _connections(rows[CONNECTIONS], services, responsibilities, authorities, destinations)
    return Facts(
        regions=tuple(places),
        services=tuple(services.values()),
        authorities=tuple(authorities.values()),
        responsibilities=tuple(responsibilities),
        destinations=tuple(destinations.values()),
        connections=tuple(connections),
        digest=_digest(contents),
    )


def _digest(contents: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(contents.items()):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


# ── places and authorities ───────────────────────────────────────────────────────────────────────────────────────────


def _regions(rows: Iterable[Row]) -> list[Region]:
    regions: list[Region] = []
    first = _FirstSeen()
    for row in rows:
        ars, kind = row.text("ars"), row.one_of("kind", RegionKind)
        _check_form(row.where, ars)
        first.note(row.where, ars, "Der ARS", "The ARS")
        if len(ars) != _LEVEL_OF[kind]:
            digits = _LEVEL_OF[kind]
            raise row.where.fault(f"{kind}: der ARS hat {digits} Ziffern.", f"{kind}: the ARS has {digits} digits.")
        regions.append(Region(ars, kind, row.text("name"), row.number("inhabitants")))
    return regions


def _authorities(rows: Iterable[Row], regions: Regions) -> dict[str, Authority]:
    authorities: dict[str, Authority] = {}
    first, first_kennung = _FirstSeen(), _FirstSeen()
    for row in rows:
        ars, kind = _place(row, "ars", regions), row.one_of("kind", AuthorityKind)
        first.note(row.where, ars, "Die Behörde", "The authority")
        if regions[ars].kind is not _AREA_OF[kind]:
            raise row.where.fault(
                f"{ars} ist in {REGIONS} eine andere Art von Gebiet ({regions[ars].kind}).",
                f"{ars} is another kind of place in {REGIONS} ({regions[ars].kind}).",
            )
        kennungen = tuple(row.optional("kennungen").split())
        for kennung in kennungen:
            first_kennung.note(row.where, kennung, "Die Kennung", "The Kennung")
            if not _KENNUNG.fullmatch(kennung):
                raise row.where.fault(
                    f"„{kennung}“ hat nicht die Form Präfix:Ziffern.", f"“{kennung}” is not prefix:digits."
                )
        authorities[ars] = Authority(ars, kind, row.text("name"), kennungen)
    return authorities


def _place(row: Row, column: str, regions: Regions) -> str:
    """The ARS of a place in the directory, as it is written there."""
    ars = row.text(column)
    _check_form(row.where, ars)
    if ars not in regions:
        raise row.where.fault(f"{ars} steht nicht in {REGIONS}.", f"{ars} is not in {REGIONS}.")
    return ars


def _check_form(where: Where, ars: str) -> None:
    if not (ars.isascii() and ars.isdigit() and len(ars) in LEVELS):
        raise where.fault(
            f"„{ars}“ ist kein ARS: er hat 2, 3, 5, 9 oder 12 Ziffern. "
            "Fehlt vorne eine Null? Tabellenkalkulationen lassen sie weg.",
            f"“{ars}” is no ARS: it has 2, 3, 5, 9 or 12 digits. "
            "Is a zero missing in front? Spreadsheet programs drop it.",
        )
    if ars != shorten(ars):
        short = shorten(ars)
        raise where.fault(
            f"{ars} endet auf aufgefüllte Nullen; hier steht der ARS seiner Ebene, also {short}.",
            f"{ars} is filled up with zeros; the ARS of its own level is written here: {short}.",
        )


# ── services ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _services(document: Section) -> dict[str, Service]:
    services: dict[str, Service] = {}
    first_key, first_root, levels = _FirstSeen(), _FirstSeen(), _Levels()
    for name in document.names():
        section = document.section(name)
        section.only(*KEYS[SERVICES])
        _check_name(section.where, name)
        leistungen = section.texts("leistungen")
        for key in leistungen:
            first_key.note(section.where_is("leistungen"), key, "Der Leistungsschlüssel", "The Leistungsschlüssel")
            if not _KEY.fullmatch(key):
                raise section.where_is("leistungen").fault(
                    f"„{key}“ ist kein Leistungsschlüssel: 99 und zwölf weitere Ziffern.",
                    f"“{key}” is no Leistungsschlüssel: 99 and twelve more digits.",
                )
        messages = tuple(
            message for part in section.sections("messages") for message in _messages(part, name, first_root, levels)
        )
        prefixes = frozenset(section.texts("prefixes"))
        services[name] = Service(name, section.text("title"), leistungen, prefixes, messages)
    return services


def _messages(section: Section, service: str, first: _FirstSeen, levels: _Levels) -> Iterable[Message]:
    section.only(*KEYS["messages"])
    namespace, place, own_rows = section.text("namespace"), section.text("place", ""), section.yes("own_rows")
    if place and not _PATH.fullmatch(place):
        raise section.where_is("place").fault(
            f"„{place}“ ist kein Pfad aus Elementnamen, wie //neueWohnung/gemeindeschluessel.",
            f"“{place}” is no path of element names, like //neueWohnung/gemeindeschluessel.",
        )
    for root in section.texts("roots"):
        where = section.where_is("roots")
        first.note(where, f"{namespace} {root}", "Die Wurzel", "The root")
        levels.note(where, root, service if own_rows else "")
        yield Message(namespace, root, place, own_rows)


class _Levels:
    """Whose rows decide for a root: its own, within one service, or always the service's."""

    def __init__(self) -> None:
        self._owner: dict[str, str] = {}

    def note(self, where: Where, root: str, owner: str) -> None:
        if self._owner.setdefault(root, owner) != owner:
            raise where.fault(
                f"„{root}“ hat an anderer Stelle ein anderes own_rows oder eine andere Leistung.",
                f"“{root}” has another own_rows or another service elsewhere.",
            )


# ── responsibility ───────────────────────────────────────────────────────────────────────────────────────────────────


def _responsibilities(
    rows: Iterable[Row],
    regions: Regions,
    services: Mapping[str, Service],
    authorities: Mapping[str, Authority],
) -> list[Responsibility]:
    subjects = services.keys() | _own_roots(services.values())
    table: list[Responsibility] = []
    earlier: dict[tuple[str, str], list[Responsibility]] = {}
    for row in rows:
        read = _responsibility(row, regions, subjects, authorities)
        twins = earlier.setdefault((read.subject, read.ars), [])
        for twin in twins:
            if _overlap(twin, read):
                raise row.where.fault(
                    f"Für {read.subject} in {read.ars} gilt am selben Tag schon Zeile {twin.line}.",
                    f"For {read.subject} in {read.ars} line {twin.line} holds on the same day already.",
                )
        twins.append(read)
        table.append(read)
    _check_all_have_rows(subjects, {read.subject for read in table})
    return table


def _responsibility(
    row: Row, regions: Regions, subjects: Iterable[str], authorities: Mapping[str, Authority]
) -> Responsibility:
    subject = row.text("subject")
    if subject not in subjects:
        raise row.where.fault(
            f"„{subject}“ ist keine Leistung aus {SERVICES} und keine Wurzel mit own_rows = true.",
            f"“{subject}” is no service of {SERVICES} and no root with own_rows = true.",
        )
    read = Responsibility(
        subject=subject,
        ars=_place(row, "ars", regions),
        authority=_authority(row, authorities),
        source=row.text("source"),
        valid_from=row.date("valid_from"),
        valid_until=row.date("valid_until"),
        grade=row.one_of("grade", Grade),
        line=row.where.line,
    )
    if read.valid_from and read.valid_until and read.valid_until < read.valid_from:
        raise row.where.fault("valid_until liegt vor valid_from.", "valid_until is before valid_from.")
    return read


def _authority(row: Row, authorities: Mapping[str, Authority]) -> Authority:
    ars = row.text("authority")
    _check_form(row.where, ars)
    if ars not in authorities:
        raise row.where.fault(
            f"Die Behörde {ars} steht nicht in {AUTHORITIES}.", f"Authority {ars} is not in {AUTHORITIES}."
        )
    return authorities[ars]


def _own_roots(services: Iterable[Service]) -> set[str]:
    return {message.root for service in services for message in service.messages if message.own_rows}


def _overlap(one: Responsibility, other: Responsibility) -> bool:
    ends_before = one.valid_until and other.valid_from and one.valid_until < other.valid_from
    begins_after = other.valid_until and one.valid_from and other.valid_until < one.valid_from
    return not (ends_before or begins_after)


def _check_all_have_rows(subjects: Iterable[str], seen: Iterable[str]) -> None:
    if missing := sorted(set(subjects) - set(seen)):
        raise Where(RESPONSIBILITY).fault(
            f"Keine Zeile für: {', '.join(missing)}. So wäre nirgends jemand zuständig.",
            f"No row for: {', '.join(missing)}. Nobody would be responsible anywhere.",
        )


# ── destinations and connections ─────────────────────────────────────────────────────────────────────────────────────


def _destinations(document: Section, data: Path) -> dict[str, Destination]:
    destinations: dict[str, Destination] = {}
    for name in document.names():
        section = document.section(name)
        section.only(*KEYS[DESTINATIONS])
        _check_name(section.where, name)
        live, test = section.mapping("live"), section.mapping("test")
        if live == test:
            raise section.where_is("test").fault(
                "„test“ gleicht „live“; eine Testnachricht käme in den Betrieb.",
                "“test” equals “live”; a test message would reach the live system.",
            )
        usual = Limits()
        limits = Limits(
            window=section.whole("window", usual.window),
            concurrency=section.whole("concurrency", usual.concurrency),
            trip_after=section.whole("trip_after", usual.trip_after),
            open_for=section.seconds("open_for", usual.open_for),
        )
        known = {"{data}": str(data), "{destination}": name}
        destinations[name] = Destination(
            name, section.text("adapter"), _filled(live, known), _filled(test, known), limits
        )
    return destinations


def _filled(settings: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, Any]:
    """Settings whose texts name the data directory and the destination; other braces stay as they are."""

    def fill(value: object) -> object:
        if not isinstance(value, str):
            return value
        for name, text in known.items():
            value = value.replace(name, text)
        return value

    return {key: fill(value) for key, value in settings.items()}


def _connections(
    rows: Iterable[Row],
    services: Mapping[str, Service],
    responsibilities: Iterable[Responsibility],
    authorities: Mapping[str, Authority],
    destinations: Mapping[str, Destination],
) -> list[Connection]:
    responsible = {(read.subject, read.authority.ars) for read in responsibilities}
    connections: list[Connection] = []
    first = _FirstSeen()
    for row in rows:
        service, authority = row.text("service"), _authority(row, authorities)
        if service not in services:
            raise row.where.fault(
                f"Die Leistung „{service}“ steht nicht in {SERVICES}.", f"Service “{service}” is not in {SERVICES}."
            )
        first.note(row.where, f"{service}/{authority.ars}", "Die Anbindung", "The connection")
        subjects = {service} | _own_roots([services[service]])
        if not any((subject, authority.ars) in responsible for subject in subjects):
            raise row.where.fault(
                f"{authority} ist laut {RESPONSIBILITY} nirgends für „{service}“ zuständig.",
                f"By {RESPONSIBILITY}, {authority} is responsible for “{service}” nowhere.",
            )
        connections.append(_connection(row, service, authority.ars, destinations))
    return connections


def _connection(row: Row, service: str, authority: str, destinations: Mapping[str, Destination]) -> Connection:
    destination, state = row.optional("destination"), row.one_of("state", ConnectionState)
    if destination and destination not in destinations:
        raise row.where.fault(
            f"Der Zustellpunkt „{destination}“ steht nicht in {DESTINATIONS}.",
            f"Destination “{destination}” is not in {DESTINATIONS}.",
        )
    if not destination and state not in _NOT_SET_UP:
        raise row.where.fault(
            f"Eine Anbindung im Zustand „{state}“ braucht einen Zustellpunkt.",
            f"A connection in state “{state}” needs a destination.",
        )
    return Connection(
        service=service,
        authority=authority,
        destination=destination,
        state=state,
        order_number=row.optional("order_number"),
        order_date=row.date("order_date"),
        live_since=row.date("live_since"),
        contact=row.optional("contact"),
    )


# ── what all of them need ────────────────────────────────────────────────────────────────────────────────────────────


class _FirstSeen:
    """Remembers where a key came first, and refuses it a second time."""

    def __init__(self) -> None:
        self._lines: dict[str, int] = {}

    def note(self, where: Where, key: str, de: str, en: str) -> None:
        if key in self._lines:
            line = self._lines[key]
            raise where.fault(f"{de} {key} steht schon in Zeile {line}.", f"{en} {key} is in line {line} already.")
        self._lines[key] = where.line


def _check_name(where: Where, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise where.fault(
            f"„{name}“: erlaubt sind Kleinbuchstaben, Ziffern und Bindestriche.",
            f"“{name}”: lower-case letters, digits and hyphens only.",
        )
