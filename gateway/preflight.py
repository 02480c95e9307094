"""
The pre-flight of a connection: everything that has to be in order before an Antrag may go that way.

Reads and probes; changes nothing. What it finds is one value, which the journal keeps and `connection.hindrance` reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from gateway import plugins
from gateway.adapter import Endpoint, Manifest, Plugin, Probe, Probeable
from gateway.connection import CERTIFICATE_DAYS, PREFLIGHT_HOLDS, Connection, Look, Preflight, Seen
from gateway.errors import BadAdapter, BadSettings, MissingSecret, Sentence
from gateway.journal import Journal, Standing
from gateway.plugins import Plugins
from gateway.routing import Destination, Tables, filled
from gateway.routing.secrets import Vault, revealed
from gateway.submission import SECOND, Micros, State
from gateway.validation import Package, Schemas

_PATIENCE: Final = 20.0
"""seconds a probe may take"""

_DAY: Final = 86_400 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where a pre-flight happens: the facts in use, and the journal with its test messages."""

    tables: Tables
    schemas: Schemas
    plugins: Plugins
    journal: Journal
    vault: Vault
    """where the secrets lie to which destinations refer"""


async def preflight(connection: Connection, *, ground: Ground, now: Micros, by: str) -> Preflight:
    """What stands for and against this connection now."""
    destination = _destination(connection, ground.tables)
    packages = _packages(connection, ground)
    plugin = ground.plugins.found.get(destination.adapter) if destination else None
    endpoints, first = _adapter(destination, plugin, ground)
    seen = [first]
    if destination and plugin and first.good:
        seen.append(_certified(plugin.manifest, connection.service, packages))
        seen += _probed(await _probes(plugin, destination, endpoints), now, at_site=bool(destination.site))
        seen.append(_tested(await ground.journal.last_test(connection.id), plugin.manifest, destination, now))
    return Preflight(
        connection=connection.id,
        destination=connection.destination,
        at=now,
        by=by,
        adapter=plugin.manifest.name if plugin else "",
        adapter_version=ground.plugins.versions.get(plugin.manifest.name, "") if plugin else "",
        schemas=tuple(package.label for package in packages),
        seen=tuple(seen),
    )


def _destination(connection: Connection, tables: Tables) -> Destination | None:
    return next((one for one in tables.destinations if one.name == connection.destination), None)


def _packages(connection: Connection, ground: Ground) -> Sequence[Package]:
    """The installed packages whose messages the service accepts."""
    namespaces = {
        message.namespace
        for service in ground.tables.services
        if service.name == connection.service
        for message in service.messages
    }
    return [package for package in ground.schemas.packages if package.namespace in namespaces]


# ── the looks ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _adapter(destination: Destination | None, plugin: Plugin | None, ground: Ground) -> tuple[Sequence[Endpoint], Seen]:
    """The live and the test endpoint with their secrets in them, and whether the adapter can do with them."""
    if destination is None:
        return (), _bad(
            Look.ADAPTER,
            "der Anbindung ist kein Zustellpunkt zugeordnet, oder er steht nicht mehr in destinations.toml",
            "no destination is assigned to the connection, or it is not in destinations.toml any more",
        )
    if plugin is None:
        refused = ground.plugins.refused.get(destination.adapter)
        said = refused.detail if refused else Sentence("ist nicht installiert", "is not installed")
        return (), Seen(Look.ADAPTER, good=False, said=_about(destination.adapter, said))
    try:
        endpoints = [_seen_from_here(destination, ground.vault, test=test) for test in (False, True)]
        for endpoint in endpoints:
            plugin.check(endpoint.settings)
    except (BadSettings, MissingSecret) as wrong:
        return (), Seen(Look.ADAPTER, good=False, said=wrong.detail)
    return endpoints, _good(
        Look.ADAPTER, f"{destination.adapter}, Einstellungen in Ordnung", f"{destination.adapter}, settings fit"
    )


def _seen_from_here(destination: Destination, vault: Vault, *, test: bool) -> Endpoint:
    """An endpoint with its secrets; for one at a site any secrets and any folder will do to look at the rest."""
    endpoint = destination.endpoint(test=test)
    settings = endpoint.settings
    if destination.site:
        settings, vault = filled(settings, {"{data}": "/"}), _AtTheSite()
    return replace(endpoint, settings=revealed(settings, vault))


class _AtTheSite:
    """Secrets that lie elsewhere."""

    def text(self, name: str) -> str:
        return name

    def file(self, name: str) -> Path:
        return Path("/") / name


def _certified(manifest: Manifest, service: str, packages: Sequence[Package]) -> Seen:
    if not {"*", service} & set(manifest.services):
        return _bad(
            Look.CERTIFIED,
            f"der Adapter ist nicht für die Leistung {service} gemacht, nur für: {', '.join(manifest.services)}",
            f"the adapter is not made for the service {service}, only for: {', '.join(manifest.services)}",
        )
    if not packages:
        return _bad(
            Look.CERTIFIED,
            "für die Nachrichten dieser Leistung ist kein Schemapaket eingespielt",
            "no schema package is installed for the messages of this service",
        )
    missing = [package.label for package in packages if not _covers(manifest, package)]
    if missing:
        listed = ", ".join(missing)
        return _bad(
            Look.CERTIFIED,
            f"der Adapter ist nicht freigegeben für: {listed}",
            f"the adapter is not certified for: {listed}",
        )
    listed = ", ".join(package.label for package in packages)
    return _good(Look.CERTIFIED, f"freigegeben für {listed}", f"certified for {listed}")


def _covers(manifest: Manifest, package: Package) -> bool:
    return "*" in manifest.schemas or f"{package.standard}/{package.version}" in manifest.schemas


async def _probes(
    plugin: Plugin, destination: Destination, endpoints: Sequence[Endpoint]
) -> Sequence[tuple[bool, Probe | None]]:
    """What probes of the live and the test endpoint showed, by whether it is the test one; None where nobody can."""
    if destination.site:
        return [(False, None), (True, None)]
    try:
        async with plugins.opened(plugin) as adapter:
            if not isinstance(adapter, Probeable):
                return [(False, None), (True, None)]
            looks = (adapter.probe(endpoint) for endpoint in endpoints)
            async with asyncio.timeout(_PATIENCE):
                return list(zip((False, True), await asyncio.gather(*looks), strict=True))
    except TimeoutError:
        return [(False, Probe(because="time-limit"))]
    except BadAdapter:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a vendor's adapter raises, the pre-flight says so
        return [(False, Probe(because=f"adapter-bug ({type(error).__name__})"))]


def _probed(probes: Sequence[tuple[bool, Probe | None]], now: Micros, *, at_site: bool) -> list[Seen]:
    looked = [(test, probe) for test, probe in probes if probe is not None]
    if not looked:
        nobody = _ONLY_THERE if at_site else _CANNOT_LOOK
        return [Seen(look, None, nobody) for look in (Look.ENDPOINT, Look.CERTIFICATE, Look.IDENTITY)]
    return [_reachable(looked), _certificate([probe for _, probe in looked], now), _identity(looked)]


_CANNOT_LOOK: Final = Sentence("dieser Adapter kann nicht nachsehen", "this adapter cannot look")
_ONLY_THERE: Final = Sentence(
    "das sieht nur der Standort; ihn belegt die Testnachricht", "only the site can see it; the test message proves it"
)


def _reachable(looked: Sequence[tuple[bool, Probe]]) -> Seen:
    away = [(_called(test), probe.because) for test, probe in looked if probe.because]
    if away:
        return _bad(
            Look.ENDPOINT,
            "; ".join(f"{name.de}: {because}" for name, because in away),
            "; ".join(f"{name.en}: {because}" for name, because in away),
        )
    return _good(Look.ENDPOINT, "Betrieb und Test sind erreichbar", "live and test can be reached")


def _certificate(probes: Sequence[Probe], now: Micros) -> Seen:
    ends = [probe.certificate_until for probe in probes if probe.certificate_until is not None]
    if not ends:
        return Seen(Look.CERTIFICATE, None, Sentence("dieser Weg hat keines", "this way has none"))
    days = (min(ends) - now) // _DAY
    if days < 0:
        return _bad(Look.CERTIFICATE, "ist abgelaufen", "has ended")
    said = (f"gilt noch {days} Tage", f"is valid for {days} more days")
    return (_good if days > CERTIFICATE_DAYS else _bad)(Look.CERTIFICATE, *said)


def _identity(looked: Sequence[tuple[bool, Probe]]) -> Seen:
    answers = [(_called(test), probe.confirmed) for test, probe in looked if probe.confirmed is not None]
    if not answers:
        return Seen(Look.IDENTITY, None, Sentence("danach lässt sich hier nicht fragen", "cannot be asked for here"))
    if wrong := [name for name, confirmed in answers if not confirmed]:
        return _bad(
            Look.IDENTITY,
            "die Gegenstelle ist eine andere: " + ", ".join(name.de for name in wrong),
            "the other side is another one: " + ", ".join(name.en for name in wrong),
        )
    return _good(Look.IDENTITY, "von der Gegenstelle bestätigt", "confirmed by the other side")


def _tested(last: Standing | None, manifest: Manifest, destination: Destination, now: Micros) -> Seen:
    if last is None or last.submission.destination != destination.name:
        return _bad(
            Look.TEST_MESSAGE,
            "es kam noch keine; `gateway connections check ID --message DATEI` sendet eine",
            "there was none yet; `gateway connections check ID --message FILE` sends one",
        )
    if now - last.submission.received_at > PREFLIGHT_HOLDS:
        return _bad(Look.TEST_MESSAGE, "die letzte ist älter als sieben Tage", "the last is older than seven days")
    if last.state not in {State.DELIVERED, State.CONFIRMED}:
        code = f" ({last.cause})" if last.cause else ""
        return _bad(
            Look.TEST_MESSAGE,
            f"die letzte ist nicht angekommen: {last.state}{code}",
            f"the last did not arrive: {last.state}{code}",
        )
    if last.grade is None or not last.grade.reaches(manifest.best_grade):
        return _bad(
            Look.TEST_MESSAGE,
            "die letzte ist übergeben, aber noch nicht so gut bestätigt, wie der Adapter es kann",
            "the last was handed over, but is not confirmed yet as well as the adapter can",
        )
    return _good(Look.TEST_MESSAGE, "angenommen und belegt", "accepted and proven")


def _called(test: bool) -> Sentence:  # noqa: FBT001 - live or test, as the lane has it
    return Sentence("Test", "test") if test else Sentence("Betrieb", "live")


def _about(name: str, said: Sentence) -> Sentence:
    return Sentence(f"{name}: {said.de}", f"{name}: {said.en}")


def _good(look: Look, de: str, en: str) -> Seen:
    return Seen(look, good=True, said=Sentence(de, en))


def _bad(look: Look, de: str, en: str) -> Seen:
    return Seen(look, good=False, said=Sentence(de, en))
