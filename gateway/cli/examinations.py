"""What a start needs, one examination each; they look and change nothing but a file they remove again."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gateway.errors import BadSettings, GatewayError, JournalInUse, Sentence

if TYPE_CHECKING:
    from gateway.adapter import Plugin
    from gateway.drivers.sql.examining import Examined
    from gateway.plugins import Plugins
    from gateway.routing import Tables
    from gateway.routing.secrets import Vault
    from gateway.settings import Settings

_ROOM: Final = 1024**3
_SLOW: Final = 0.05
_DRIFT: Final = 5.0
"""seconds two clocks may differ: leases and retries bear that"""


class Mark(Enum):
    """How an examination ended. A hint does not keep a gateway from starting."""

    OK = "✓"
    HINT = "!"
    WRONG = "✗"


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the report: what was looked at, and what to do where it is not well."""

    about: Sentence
    mark: Mark
    told: Sentence


Findings = Iterator[Found]

_SETTINGS: Final = Sentence("Einstellungen", "Settings")
_DATA: Final = Sentence("Datenordner", "Data folder")
_DISK: Final = Sentence("Speicherplatz", "Disk space")
_SYNC: Final = Sentence("Festschreiben", "Flushing")
_JOURNAL: Final = Sentence("Journal", "Journal")
_CLOCK: Final = Sentence("Uhr", "Clock")
_LOCK: Final = Sentence("Sperre", "Lock")
_SCHEMAS: Final = Sentence("Schemapakete", "Schema packages")
_TABLES: Final = Sentence("Tabellen", "Tables")
_ADAPTERS: Final = Sentence("Adapter", "Adapters")
_DESTINATIONS: Final = Sentence("Zustellpunkte", "Destinations")
_BROKER: Final = Sentence("RabbitMQ", "RabbitMQ")
_PORT: Final = Sentence("Port", "Port")
_EMBEDDED: Final = Sentence(
    "eingebettet, ohne Broker und Datenbankserver", "embedded, without broker and database server"
)
_ATTACHMENTS: Final = Sentence("Anlagen", "Attachments")


def ok(about: Sentence, de: str, en: str) -> Found:
    return Found(about, Mark.OK, Sentence(de, en))


def hint(about: Sentence, de: str, en: str) -> Found:
    return Found(about, Mark.HINT, Sentence(de, en))


def wrong(about: Sentence, de: str, en: str) -> Found:
    return Found(about, Mark.WRONG, Sentence(de, en))


async def examine(settings: Settings) -> AsyncIterator[Found]:
    """Everything, in the order of a start; what cannot be looked at because of what came before is left out."""
    yield halves(settings)
    folder = data_folder(settings.data)
    yield folder
    if folder.mark is Mark.OK:
        yield disk_space(settings.data)
        yield flushing(settings.data)
    async for found in journal(settings):
        yield found
    served = False
    for found in lock(settings):
        served = found.mark is Mark.HINT
        yield found
    yield port(settings, served=served)
    yield schema_packages(settings)
    for found in tables_and_adapters(settings):
        yield found
    async for found in broker(settings):
        yield found
    async for found in attachments(settings):
        yield found


def halves(settings: Settings) -> Found:
    """Whether the settings make a whole: the embedded default, or the production set."""
    from gateway.wiring import refuse_halves

    try:
        refuse_halves(settings)
    except BadSettings as error:
        return Found(_SETTINGS, Mark.WRONG, error.detail)
    set_up = Sentence("RabbitMQ und PostgreSQL", "RabbitMQ and PostgreSQL") if settings.broker_url else _EMBEDDED
    return ok(_SETTINGS, f"Art „{settings.kind}“, {set_up.de}.", f"Kind '{settings.kind}', {set_up.en}.")


# ── the machine ──────────────────────────────────────────────────────────────────────────────────────────────────────


def data_folder(folder: Path) -> Found:
    """Whether everything the gateway writes can be written."""
    there = _nearest(folder)
    if not os.access(there, os.W_OK | os.X_OK):
        return wrong(
            _DATA,
            f"{there} ist für diesen Benutzer nicht beschreibbar. Rechte ändern, oder mit --data einen anderen nennen.",
            f"{there} is not writable for this user. Change its rights, or name another one with --data.",
        )
    if there == folder.resolve():
        return ok(_DATA, f"{folder.resolve()} ist beschreibbar.", f"{folder.resolve()} is writable.")
    return ok(_DATA, f"{folder.resolve()} wird angelegt.", f"{folder.resolve()} will be made.")


def disk_space(folder: Path) -> Found:
    """Whether there is room for a day of Anträge, roughly."""
    free = shutil.disk_usage(_nearest(folder)).free
    if free < _ROOM:
        return wrong(
            _DISK,
            f"Nur noch {_gibibytes(free)} frei; unter 1 GiB ist der Datenträger bald voll. Platz schaffen.",
            f"Only {_gibibytes(free)} free; below 1 GiB the disk is full soon. Make room.",
        )
    return ok(_DISK, f"{_gibibytes(free)} frei.", f"{_gibibytes(free)} free.")


def flushing(folder: Path) -> Found:
    """Whether the disk takes what it is told to keep, and how long that takes."""
    try:
        seconds = _time_of_a_flush(_nearest(folder))
    except OSError as error:
        return wrong(
            _SYNC,
            f"Der Datenträger nimmt fsync nicht an ({error.strerror}). Dort darf kein Journal liegen.",
            f"The disk does not take fsync ({error.strerror}). No journal may lie there.",
        )
    told = Sentence(f"fsync dauert {seconds * 1000:.1f} ms.", f"fsync takes {seconds * 1000:.1f} ms.")
    if seconds > _SLOW:
        return hint(
            _SYNC,
            f"{told.de} Das ist langsam: jede Annahme wartet darauf. Ein lokaler Datenträger ist schneller.",
            f"{told.en} That is slow: every acceptance waits for it. A local disk is faster.",
        )
    return Found(_SYNC, Mark.OK, told)


def port(settings: Settings, *, served: bool) -> Found:
    """Whether the HTTP door can open."""
    at = f"{settings.host}:{settings.port}"
    try:
        with socket.create_server((settings.host, settings.port)):
            return ok(_PORT, f"{at} ist frei.", f"{at} is free.")
    except OSError as error:
        if served:
            return ok(_PORT, f"{at} ist belegt, vom laufenden Gateway.", f"{at} is taken, by the running gateway.")
        return wrong(
            _PORT,
            f"{at} lässt sich nicht öffnen ({os.strerror(error.errno or 0)}). Mit --port einen anderen nennen.",
            f"{at} cannot be opened ({os.strerror(error.errno or 0)}). Name another one with --port.",
        )


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    resolved = folder.resolve()
    return next(one for one in (resolved, *resolved.parents) if one.exists())


def _gibibytes(size: int) -> str:
    return f"{size / 1024**3:.1f} GiB"


def _time_of_a_flush(folder: Path) -> float:
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
        file.write(b"antragsgateway")
        file.flush()
        began = time.perf_counter()
        os.fsync(file.fileno())
        return time.perf_counter() - began


# ── the journal ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def journal(settings: Settings) -> AsyncIterator[Found]:
    """Whether the journal can be reached, has this software's version, and belongs to a gateway of this kind."""
    from gateway.drivers.sql.examining import examine

    try:
        seen = await examine(settings.journal_url)
    except GatewayError as error:
        yield Found(_JOURNAL, Mark.WRONG, error.detail)
        return
    yield _version(settings, seen)
    if seen.kind is not None and seen.kind != settings.kind:
        yield wrong(
            _JOURNAL,
            f"Das Journal gehört zu einem Gateway der Art „{seen.kind}“, eingestellt ist „{settings.kind}“. "
            "GATEWAY_KIND ändern, oder ein anderes Journal nennen.",
            f"The journal belongs to a gateway of kind '{seen.kind}', the settings say '{settings.kind}'. "
            "Change GATEWAY_KIND, or name another journal.",
        )
    yield _clocks(seen)


def _version(settings: Settings, seen: Examined) -> Found:
    from gateway.drivers.sql.schema import is_postgres

    name = "PostgreSQL" if is_postgres(settings.journal_url) else "SQLite"
    if seen.version == seen.newest:
        return ok(_JOURNAL, f"{name}, Schemaversion {seen.version}.", f"{name}, schema version {seen.version}.")
    if not is_postgres(settings.journal_url):
        if seen.version is None:
            return ok(_JOURNAL, "SQLite; wird beim ersten Start angelegt.", "SQLite; made at the first start.")
        return hint(
            _JOURNAL,
            f"SQLite, Schemaversion {seen.version}; wird beim Start auf {seen.newest} gebracht.",
            f"SQLite, schema version {seen.version}; brought to {seen.newest} at the start.",
        )
    return wrong(
        _JOURNAL,
        f"PostgreSQL, Schemaversion {seen.version or 'keine'}; diese Software braucht {seen.newest}. "
        "Bitte `gateway db upgrade` ausführen.",
        f"PostgreSQL, schema version {seen.version or 'none'}; this software needs {seen.newest}. "
        "Run `gateway db upgrade`.",
    )


def _clocks(seen: Examined) -> Found:
    if abs(seen.ahead) > _DRIFT:
        return wrong(
            _CLOCK,
            f"Die Uhr dieses Rechners weicht {seen.ahead:+.0f} s vom Journal ab. Zeitabgleich (NTP) einrichten.",
            f"This machine's clock is {seen.ahead:+.0f} s off the journal. Set up time synchronisation (NTP).",
        )
    return ok(_CLOCK, "Die Uhr dieses Rechners passt zum Journal.", "This machine's clock agrees with the journal.")


def lock(settings: Settings) -> Findings:
    """Whether another process serves from a SQLite journal; PostgreSQL bears several."""
    from gateway.drivers.sql.lock import alone
    from gateway.drivers.sql.schema import is_postgres, sqlite_file

    file = sqlite_file(settings.journal_url)
    if is_postgres(settings.journal_url) or not file.with_suffix(".lock").exists():
        return
    try:
        with alone(file):
            yield ok(_LOCK, "Kein anderes Gateway bedient dieses Journal.", "No other gateway serves this journal.")
    except JournalInUse:
        yield hint(
            _LOCK,
            "Ein Gateway bedient dieses Journal gerade; ein zweites würde nicht starten.",
            "A gateway serves this journal now; a second one would not start.",
        )


# ── facts ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def schema_packages(settings: Settings) -> Found:
    """Whether every schema package is whole and compiles, and which are near their last day or past it."""
    from gateway.cli.responsibility import day_of
    from gateway.validation import Schemas, ends_soon

    try:
        packages = Schemas.load(*settings.schema_folders).packages
    except GatewayError as error:
        return Found(_SCHEMAS, Mark.WRONG, error.detail)
    listed = ", ".join(package.label for package in packages)
    told = Sentence(f"{len(packages)} vollständig: {listed}.", f"{len(packages)} complete: {listed}.")
    ending = ", ".join(f"{one.label} ({one.valid_until})" for one in packages if ends_soon(one, day_of(None)))
    if ending:
        return hint(
            _SCHEMAS,
            f"{told.de} Die Gültigkeit endet bald oder ist abgelaufen: {ending}.",
            f"{told.en} Valid for a short time only, or no longer: {ending}.",
        )
    return ok(_SCHEMAS, told.de, told.en)


def tables_and_adapters(settings: Settings) -> Findings:
    """Whether the routing tables hold together, and lead to adapters that are there and like their settings."""
    from gateway import plugins

    installed = plugins.load()
    yield _adapters(installed)
    yield from (Found(_ADAPTERS, Mark.WRONG, reason.detail) for reason in installed.refused.values())
    tables = yield from _tables(settings)
    if tables is not None:
        yield from _destinations(settings, tables, installed)


def _adapters(installed: Plugins) -> Found:
    listed = ", ".join(sorted(installed.found))
    if not listed:
        return wrong(_ADAPTERS, "Es ist keiner installiert.", "None is installed.")
    return ok(_ADAPTERS, f"Installiert: {listed}.", f"Installed: {listed}.")


def _tables(settings: Settings) -> Generator[Found, None, Tables | None]:
    from gateway.routing import Tables, failing, read_cases

    try:
        tables = Tables.load(settings.routing, settings.data.resolve())
        cases = read_cases(settings.routing, date.today())  # noqa: DTZ011 - the clerk's today
    except GatewayError as error:
        yield Found(_TABLES, Mark.WRONG, error.detail)
        return None
    yield from (Found(_TABLES, Mark.WRONG, said) for said in failing(cases, tables))
    counted = len(tables.authorities), len(tables.connections), len(cases)
    yield ok(
        _TABLES,
        "{} Behörden, {} Anbindungen, {} Beispiele ausprobiert.".format(*counted),
        "{} authorities, {} connections, {} examples tried.".format(*counted),
    )
    return tables


def _destinations(settings: Settings, tables: Tables, installed: Plugins) -> Findings:
    from gateway.drivers.secret_folder import SecretFolder

    well, vault = 0, SecretFolder(settings.secret_folder)
    for destination in tables.destinations:
        plugin = installed.found.get(destination.adapter)
        if plugin is None:
            yield wrong(
                _DESTINATIONS,
                f"{destination.name} braucht den Adapter {destination.adapter}, der nicht installiert ist.",
                f"{destination.name} needs the adapter {destination.adapter}, which is not installed.",
            )
        elif reason := _dislike(plugin, (destination.live, destination.test), vault):
            yield wrong(_DESTINATIONS, f"{destination.name}: {reason.de}", f"{destination.name}: {reason.en}")
        elif settings.kind == "production" and plugin.manifest.interface == "assumed":
            yield wrong(
                _DESTINATIONS,
                f"{destination.name}: die Schnittstelle von {destination.adapter} ist angenommen, nicht belegt; in "
                "Produktion geht sie nicht live.",
                f"{destination.name}: the interface of {destination.adapter} is assumed, not documented; it does not "
                "go live in production.",
            )
        else:
            well += 1
    yield ok(_DESTINATIONS, f"{well} mit brauchbaren Einstellungen.", f"{well} with usable settings.")


def _dislike(plugin: Plugin, endpoints: Iterable[Mapping[str, Any]], vault: Vault) -> Sentence | None:
    """What the adapter has against its settings, or which secret is missing; an endpoint without any is not used."""
    from gateway.routing.secrets import revealed

    try:
        for settings in endpoints:
            if settings:
                plugin.check(revealed(settings, vault))
    except GatewayError as error:
        return error.detail
    return None


# ── beside the gateway ───────────────────────────────────────────────────────────────────────────────────────────────


async def broker(settings: Settings) -> AsyncIterator[Found]:
    """Whether RabbitMQ lets us in, and how its queues are doing."""
    from gateway import plugins

    if settings.broker_url is None:
        yield ok(_BROKER, "Nicht eingestellt; Briefe bleiben im Prozess.", "Not set; letters stay in the process.")
        return
    from gateway.drivers.rabbitmq.examining import examine

    try:
        seen = await examine(settings.broker_url, plugins.load().found)
    except GatewayError as error:
        yield Found(_BROKER, Mark.WRONG, error.detail)
        return
    if seen.missing:
        listed = ", ".join(seen.missing)
        yield hint(
            _BROKER,
            f"Erreichbar. Es fehlen noch: {listed}; das Gateway legt sie beim Verbinden an.",
            f"Reachable. Still missing: {listed}; the gateway makes them when it connects.",
        )
    else:
        yield ok(_BROKER, "Erreichbar, alle Warteschlangen sind da.", "Reachable, all queues are there.")
    for queue in seen.unattended:
        yield wrong(
            _BROKER,
            f"In {queue} warten Briefe, und niemand holt sie. Den Worker starten: gateway work "
            f"{queue.rpartition('.')[2]}.",
            f"Letters wait in {queue}, and nobody takes them. Start the worker: gateway work "
            f"{queue.rpartition('.')[2]}.",
        )
    if seen.dead:
        yield wrong(
            _BROKER,
            f"{seen.dead} Nachrichten liegen in der Warteschlange für Unzustellbares; sie soll leer sein.",
            f"{seen.dead} messages lie in the dead-letter queue; it should be empty.",
        )


async def attachments(settings: Settings) -> AsyncIterator[Found]:
    """Whether the attachments that the journal knows lie in this machine's folder: replicas have to share it."""
    from gateway.cli.running import journal_of
    from gateway.drivers.sql.schema import is_postgres

    shared = is_postgres(settings.journal_url)
    try:
        async with journal_of(settings) as opened:
            known = await opened.attachment_ids()
    except GatewayError:
        return  # said before, about the journal itself
    folder = settings.attachment_folder
    missing = sum(not (folder / one).is_file() for one in known)
    if missing:
        yield wrong(
            _ATTACHMENTS,
            f"{missing} von {len(known)} Anlagen des Journals liegen nicht in {folder}. Repliken teilen sich einen "
            "Ordner: GATEWAY_ATTACHMENTS muss überall auf denselben zeigen.",
            f"{missing} of the journal's {len(known)} attachments are not in {folder}. Replicas share one folder: "
            "GATEWAY_ATTACHMENTS has to name the same one everywhere.",
        )
    elif shared and settings.attachments is None:
        yield hint(
            _ATTACHMENTS,
            f"{folder} gehört diesem Rechner allein. Für Repliken muss GATEWAY_ATTACHMENTS einen gemeinsamen nennen.",
            f"{folder} belongs to this machine alone. For replicas GATEWAY_ATTACHMENTS has to name a shared one.",
        )
    else:
        yield ok(
            _ATTACHMENTS,
            f"In {folder} liegt alles, was das Journal kennt: {len(known)}.",
            f"{folder} has all that the journal knows: {len(known)}.",
        )
