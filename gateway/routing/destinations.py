"""`destinations.toml`: which adapter, with which settings, how much a destination bears, and when it takes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, time
from pathlib import Path
from typing import Final

from gateway.journal import Limits
from gateway.routing.facts import Destination, filled
from gateway.routing.maintenance import Maintenance, Once, Weekday, Weekly
from gateway.routing.secrets import references
from gateway.routing.strict import Section

DESTINATIONS: Final = "destinations.toml"
DESTINATION_KEYS: Final = (
    "adapter",
    "live",
    "test",
    "window",
    "concurrency",
    "trip_after",
    "open_for",
    "maintenance",
    "site",
)
MAINTENANCE_KEYS: Final = ("days", "from", "until")

NAME: Final = re.compile(r"[a-z][a-z0-9-]*")

_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_DATED: Final = re.compile(r"\d{4}-\d\d-\d\d ([01]\d|2[0-3]):[0-5]\d")


def destinations_of(document: Section, data: Path) -> dict[str, Destination]:
    """
    The destinations by name. `{data}` in a setting becomes the data directory, `{destination}` the name.

    Raises:
        BadTables: names file and line.
    """
    return {name: _destination(name, document.section(name), data) for name in document.names()}


def _destination(name: str, section: Section, data: Path) -> Destination:
    section.only(*DESTINATION_KEYS)
    check_name(section, name)
    live, test = section.mapping("live"), section.mapping("test")
    if live == test:
        raise section.where_is("test").fault(
            "„test“ gleicht „live“; eine Testnachricht käme in den Betrieb.",
            "“test” equals “live”; a test message would reach the live system.",
        )
    for endpoint in ("live", "test"):
        _check_references(section.section(endpoint))
    site = section.text("site", "")
    if site:
        check_name(section, site)
    # At a site {data} is the site's own folder, which only its worker knows.
    known = {"{destination}": name} if site else {"{data}": str(data), "{destination}": name}
    return Destination(
        name,
        section.text("adapter"),
        filled(live, known),
        filled(test, known),
        _limits(section),
        _maintenance(section),
        site,
    )


def _limits(section: Section) -> Limits:
    usual = Limits()
    return Limits(
        window=section.whole("window", usual.window),
        concurrency=section.whole("concurrency", usual.concurrency),
        trip_after=section.whole("trip_after", usual.trip_after),
        open_for=section.seconds("open_for", usual.open_for),
    )


def check_name(section: Section, name: str) -> None:
    """
    A short name, as services and destinations have one.

    Raises:
        BadTables: it has other characters.
    """
    if not NAME.fullmatch(name):
        raise section.where.fault(
            f"„{name}“: erlaubt sind Kleinbuchstaben, Ziffern und Bindestriche.",
            f"“{name}”: lower-case letters, digits and hyphens only.",
        )


def _check_references(endpoint: Section) -> None:
    for name in endpoint.names():
        try:
            list(references(endpoint.value(name)))
        except ValueError:
            raise endpoint.where_is(name).fault(
                f"„{name}“ verweist auf kein Geheimnis: auf secret: oder secret-file: folgt ein Name aus "
                "Kleinbuchstaben, Ziffern, Punkten, Binde- und Unterstrichen.",
                f"“{name}” refers to no secret: what follows secret: or secret-file: is a name of lower-case letters, "
                "digits, dots, hyphens and underscores.",
            ) from None


# ── maintenance ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _maintenance(section: Section) -> Maintenance:
    windows = section.sections("maintenance")
    maintenance = Maintenance(tuple(map(_window, windows)))
    if maintenance.never_ends:
        raise windows[0].where.fault(
            "Die wöchentlichen Fenster lassen keine Minute der Woche frei.",
            "The weekly windows leave no minute of the week.",
        )
    return maintenance


def _window(section: Section) -> Weekly | Once:
    section.only(*MAINTENANCE_KEYS)
    window = _weekly(section) if "days" in section.names() else _once(section)
    if window.start == window.end:
        raise section.where_is("until").fault("Das Fenster ist leer.", "The window is empty.")
    return window


def _weekly(section: Section) -> Weekly:
    start, end = (time.fromisoformat(_read(section, key, _TIME, "22:00")) for key in ("from", "until"))
    return Weekly(frozenset(_days(section)), start, end)


def _once(section: Section) -> Once:
    start, end = (datetime.fromisoformat(_read(section, key, _DATED, "2026-12-24 18:00")) for key in ("from", "until"))
    if end < start:
        raise section.where_is("until").fault("until liegt vor from.", "until is before from.")
    return Once(start, end)


def _days(section: Section) -> Iterable[Weekday]:
    for day in section.texts("days"):
        try:
            yield Weekday(day)
        except ValueError:
            allowed = ", ".join(Weekday)
            raise section.where_is("days").fault(f"Erlaubt sind: {allowed}.", f"Allowed are: {allowed}.") from None


def _read(section: Section, key: str, form: re.Pattern[str], such_as: str) -> str:
    text = section.text(key)
    try:
        if form.fullmatch(text):
            datetime.fromisoformat(text if " " in text else f"2000-01-01 {text}")
            return text
    except ValueError:
        pass
    raise section.where_is(key).fault(
        f"„{key}“ hat nicht die Form {such_as}, oder es gibt das nicht.",
        f"“{key}” is not of the form {such_as}, or there is no such thing.",
    )
