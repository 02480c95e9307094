"""The files of a routing folder, read and compared with one another; the first fault ends it with file and line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from gateway.connection import Connection, ConnectionState
from gateway.errors import NotReadable, TooLarge
from gateway.routing.destinations import (
    DESTINATION_KEYS,
    DESTINATIONS,
    MAINTENANCE_KEYS,
    check_name,
    destinations_of,
)
from gateway.routing.directory import (
    DIRECTORY,
    DIRECTORY_KEYS,
    FORMER,
    FORMER_COLUMNS,
    REGION_COLUMNS,
    REGIONS,
    Directory,
    check_ars,
    former_of,
    place_in,
    read_source,
    regions_of,
)
from gateway.routing.facts import (
    Authority,
    AuthorityKind,
    Destination,
    Facts,
    Grade,
    Message,
    Responsibility,
    Service,
    overlap,
)
from gateway.routing.regions import Regions
from gateway.routing.strict import FirstSeen, Row, Section, Where, read_bytes, read_csv, read_toml
from gateway.xml import parse

SERVICES: Final = "services.toml"
AUTHORITIES: Final = "authorities.csv"
RESPONSIBILITY: Final = "responsibility.csv"
CONNECTIONS: Final = "connections.csv"

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    REGIONS: REGION_COLUMNS,
    FORMER: FORMER_COLUMNS,
    AUTHORITIES: ("ars", "kind", "name", "kennungen"),
    RESPONSIBILITY: ("subject", "ars", "authority", "source", "valid_from", "valid_until", "grade"),
    CONNECTIONS: (
        "service",
        "authority",
        "destination",
        "state",
        "order_number",
        "order_date",
        "ordered_through",
        "live_since",
        "contact",
    ),
}
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    DIRECTORY: DIRECTORY_KEYS,
    SERVICES: ("title", "decides", "leistungen", "prefixes", "messages"),
    "messages": ("namespace", "roots", "place", "own_rows"),
    DESTINATIONS: DESTINATION_KEYS,
    "maintenance": MAINTENANCE_KEYS,
}

PREFIXES: Final = "dvdv-praefixe.xml"
"""the official list of DVDV prefixes (Genericode, urn:xoev-de:bund:bmi:bit:codeliste:dvdv.praefix), where the operator
has put it"""

_NEEDED: Final = frozenset({*COLUMNS, SERVICES, DESTINATIONS, DIRECTORY})
FILES: Final = tuple(sorted({*_NEEDED, PREFIXES}))
"""the files of a routing folder that a gateway reads"""

_PREFIX: Final = re.compile(r"[a-z]{2,5}")
_KEY: Final = re.compile(r"99\d{12}")
_PATH: Final = re.compile(r"//?[\w.-]+(/[\w.-]+)*")
_KENNUNG: Final = re.compile(r"[^\s:]+:\d+")

_NOT_SET_UP: Final = frozenset({ConnectionState.ORDERED, ConnectionState.RETIRED})


def load(folder: Path, data: Path) -> Facts:
    """
    Read the tables in `folder`. `{data}` in an endpoint becomes the data directory, absolute.

    Raises:
        BadTables: unknown keys or columns, double rows, names that do not exist, an impossible ARS, …
    """
    contents = {name: read_bytes(folder / name) for name in FILES if name in _NEEDED or (folder / name).exists()}
    rows = {name: read_csv(name, contents[name], columns) for name, columns in COLUMNS.items()}
    directory = _directory(rows, read_toml(DIRECTORY, contents[DIRECTORY]))
    regions = Regions(directory.regions, directory.former)
    services = _services(read_toml(SERVICES, contents[SERVICES]), _prefixes(contents))
    authorities = _authorities(rows[AUTHORITIES], regions)
    responsibilities = _responsibilities(rows[RESPONSIBILITY], regions, services, authorities)
    destinations = destinations_of(read_toml(DESTINATIONS, contents[DESTINATIONS]), data.absolute())
    connections = _connections(rows[CONNECTIONS], services, responsibilities, authorities, destinations)
    return Facts(
        directory=directory,
        services=tuple(services.values()),
        authorities=tuple(authorities.values()),
        responsibilities=tuple(responsibilities),
        destinations=tuple(destinations.values()),
        connections=tuple(connections),
        digest=_digest(contents),
    )


def _directory(rows: Mapping[str, Iterable[Row]], source: Section) -> Directory:
    regions = regions_of(rows[REGIONS])
    former = former_of(rows[FORMER], {region.ars for region in regions})
    return Directory(*read_source(source), tuple(regions), tuple(former))


def _digest(contents: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(contents.items()):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


# ── authorities ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _authorities(rows: Iterable[Row], regions: Regions) -> dict[str, Authority]:
    authorities: dict[str, Authority] = {}
    first, first_kennung = FirstSeen(), FirstSeen()
    for row in rows:
        ars, kind = place_in(row.where, row.text("ars"), regions), row.one_of("kind", AuthorityKind)
        first.note(row.where, ars, "Die Behörde", "The authority")
        if regions[ars].kind is not kind.area:
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


# ── services ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _prefixes(contents: Mapping[str, bytes]) -> frozenset[str] | None:
    """
    The prefixes of the official list; None where it is not installed.

    Its other columns hold names, which do not look like prefixes.
    """
    if PREFIXES not in contents:
        return None
    try:
        values = parse(contents[PREFIXES]).texts("SimpleCodeList/Row/Value/SimpleValue")
    except (NotReadable, TooLarge):
        values = ()
    if found := frozenset(value for value in values if _PREFIX.fullmatch(value)):
        return found
    raise Where(PREFIXES).fault("Das ist keine Codeliste (Genericode).", "This is no code list (Genericode).")


def _check_prefixes(section: Section, prefixes: Iterable[str], official: frozenset[str] | None) -> None:
    unknown = sorted(set(prefixes) - official) if official is not None else []
    if unknown:
        raise section.where_is("prefixes").fault(
            f"Kein Präfix der amtlichen Liste {PREFIXES}: {', '.join(unknown)}.",
            f"No prefix of the official list {PREFIXES}: {', '.join(unknown)}.",
        )


def _services(document: Section, official: frozenset[str] | None) -> dict[str, Service]:
    services: dict[str, Service] = {}
    first_key, first_root, levels = FirstSeen(), FirstSeen(), _Levels()
    for name in document.names():
        section = document.section(name)
        section.only(*KEYS[SERVICES])
        check_name(section, name)
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
        _check_prefixes(section, prefixes, official)
        services[name] = Service(
            name, section.text("title"), leistungen, prefixes, messages, section.text("decides", "")
        )
    return services


def _messages(section: Section, service: str, first: FirstSeen, levels: _Levels) -> Iterable[Message]:
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
            if overlap(twin, read):
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
        ars=place_in(row.where, row.text("ars"), regions),
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
    if known := authorities.get(ars):
        return known
    check_ars(row.where, ars)
    raise row.where.fault(
        f"Die Behörde {ars} steht nicht in {AUTHORITIES}.", f"Authority {ars} is not in {AUTHORITIES}."
    )


def _own_roots(services: Iterable[Service]) -> set[str]:
    return {message.root for service in services for message in service.messages if message.own_rows}


def _check_all_have_rows(subjects: Iterable[str], seen: Iterable[str]) -> None:
    if missing := sorted(set(subjects) - set(seen)):
        raise Where(RESPONSIBILITY).fault(
            f"Keine Zeile für: {', '.join(missing)}. So wäre nirgends jemand zuständig.",
            f"No row for: {', '.join(missing)}. Nobody would be responsible anywhere.",
        )


# ── destinations and connections ─────────────────────────────────────────────────────────────────────────────────────


def _connections(
    rows: Iterable[Row],
    services: Mapping[str, Service],
    responsibilities: Iterable[Responsibility],
    authorities: Mapping[str, Authority],
    destinations: Mapping[str, Destination],
) -> list[Connection]:
    responsible = {(read.subject, read.authority.ars) for read in responsibilities}
    connections: list[Connection] = []
    first = FirstSeen()
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
        ordered_through=row.optional("ordered_through"),
    )
