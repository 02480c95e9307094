"""What a worker at a site needs, in the order in which it meets it; each examination looks and changes nothing."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from gateway.cli.examinations import Found, Mark, data_folder, disk_space, hint, ok, wrong
from gateway.errors import GatewayError, Sentence

if TYPE_CHECKING:
    from gateway.adapter import Plugin
    from gateway.drivers.pickup.door import Way
    from gateway.drivers.pickup.forms import Reached
    from gateway.drivers.pickup.looking import Sight
    from gateway.plugins import Plugins
    from gateway.routing.secrets import FindEndpoint
    from gateway.settings import Settings
    from gateway.submission import Micros

_ADDRESS: Final = Sentence("Adresse", "Address")
_FILES: Final = Sentence("Dateirechte", "Permissions")
_NAME: Final = Sentence("Namensauflösung", "Name resolution")
_PROXY: Final = Sentence("Proxy", "Proxy")
_WAY: Final = Sentence("Verbindung", "Connection")
_CERTIFICATE: Final = Sentence("Zertifikat", "Certificate")
_CLOCK: Final = Sentence("Uhr", "Clock")
_TOKEN: Final = Sentence("Token", "Token")
_ADAPTER: Final = Sentence("Adapter", "Adapter")
_VENDOR: Final = Sentence("Fachverfahren", "Fachverfahren")

_OTHERS: Final = stat.S_IRWXO
_DRIFT: Final = 30.0
"""seconds by which two clocks may differ before a lease would seem to end at another time than it does"""
_SOON: Final = 30
"""days before its end from which a certificate is pointed out"""
_PATIENCE: Final = 20.0


async def examine_site(settings: Settings, config: Path | None) -> AsyncIterator[Found]:
    """Everything, nearest first; what cannot be looked at because of what came before is left out."""
    from gateway.drivers.clock import clock
    from gateway.drivers.pickup.looking import look

    folder = data_folder(settings.data)
    yield folder
    if folder.mark is Mark.OK:
        yield disk_space(settings.data)
    for found in permissions(settings, config):
        yield found
    way = _way(settings)
    if isinstance(way, Found):
        yield way
        return
    yield ok(_ADDRESS, f"{way.url}.", f"{way.url}.")
    name = await name_resolution(way)
    yield name
    if name.mark is Mark.WRONG:
        return
    now = clock()
    try:
        sight = await look(way, now)
    except GatewayError as error:
        yield Found(_CERTIFICATE, Mark.WRONG, error.detail)
        return
    for found in line(way, sight, now):
        yield found
    if not sight.fault:
        async for found in vendors(settings, sight):
            yield found


def _way(settings: Settings) -> Way | Found:
    from gateway.drivers.pickup import Way

    try:
        return Way(
            url=settings.site,
            token=settings.token.get_secret_value(),
            proxy=settings.site_proxy,
            authorities=settings.site_authorities,
        )
    except GatewayError as error:
        return Found(_ADDRESS, Mark.WRONG, error.detail)


def permissions(settings: Settings, config: Path | None) -> Iterator[Found]:
    """Whether what is secret here can be read by nobody else."""
    folder = settings.secret_folder
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    looked = [one for one in [config, *files] if one is not None and one.is_file()]
    opened = [one for one in looked if one.stat().st_mode & _OTHERS]
    for one in opened:
        yield wrong(
            _FILES,
            f"{one} kann jeder auf diesem Rechner lesen. Bitte: chmod 640 {one}",
            f"{one} can be read by everybody on this machine. Please: chmod 640 {one}",
        )
    if not opened:
        yield ok(
            _FILES,
            f"{len(looked)} Dateien angesehen, keine ist für andere lesbar.",
            f"{len(looked)} files looked at, none is open to others.",
        )


async def name_resolution(way: Way) -> Found:
    """Whether the host that is spoken to has an address: the proxy where there is one, else the gateway."""
    from gateway.drivers.pickup.looking import resolve

    host = urlsplit(way.proxy or way.url).hostname or ""
    if await resolve(host):
        return ok(_NAME, f"{host} ist bekannt.", f"{host} is known.")
    what = Sentence("der Proxy", "the proxy") if way.proxy else Sentence("das Gateway", "the gateway")
    return wrong(
        _NAME,
        f"{host} ({what.de}) lässt sich nicht auflösen. Schreibweise prüfen; dann den DNS-Server dieses Netzes.",
        f"{host} ({what.en}) cannot be resolved. Check the spelling, then this network's DNS server.",
    )


def line(way: Way, sight: Sight, now: Micros) -> Iterator[Found]:
    """Proxy, connection, certificate, clock and token, as far as they were seen."""
    if sight.fault != "proxy":
        yield _proxy(way)
    if sight.fault in _IN_THE_WAY:
        yield Found(*_in_the_way(sight))
        return
    yield ok(_WAY, "Das Gateway antwortet.", "The gateway answers.")
    yield from _certificate(way, sight, now)
    yield _clocks(sight)
    yield _token(sight)


def _proxy(way: Way) -> Found:
    if way.proxy is None:
        return ok(_PROXY, "Keiner eingestellt; direkt ins Netz.", "None set; straight into the network.")
    return ok(_PROXY, f"{urlsplit(way.proxy).hostname} wird benutzt.", f"{urlsplit(way.proxy).hostname} is used.")


_IN_THE_WAY: Final = {
    "proxy": (
        _PROXY,
        Sentence(
            "Der Proxy lässt die Verbindung nicht durch. Adresse und Anmeldung in GATEWAY_PROXY prüfen; die Firewall "
            "muss das Gateway auf Port 443 erlauben.",
            "The proxy does not let the connection through. Check address and login in GATEWAY_PROXY; the firewall has "
            "to allow the gateway at port 443.",
        ),
    ),
    "refused": (
        _WAY,
        Sentence(
            "Unter dieser Adresse nimmt niemand die Verbindung an. Port und Firewall prüfen (ausgehend, HTTPS); geht "
            "es nur über einen Proxy, gehört er in GATEWAY_PROXY.",
            "Nobody takes the connection at this address. Check port and firewall (outbound, HTTPS); where only a "
            "proxy leads out, it belongs into GATEWAY_PROXY.",
        ),
    ),
    "silence": (
        _WAY,
        Sentence(
            "Das Gateway antwortet nicht. Meist verwirft eine Firewall die Pakete: ausgehend muss Port 443 offen sein, "
            "oder GATEWAY_PROXY nennt den Proxy.",
            "The gateway does not answer. A firewall may drop the packets: port 443 has to be open outbound, or "
            "GATEWAY_PROXY names the proxy.",
        ),
    ),
    "certificate": (
        _CERTIFICATE,
        Sentence(
            "Das Zertifikat des Gateways wird nicht anerkannt ({}). Bricht hier ein Proxy TLS auf, so gehört das "
            "Zertifikat seiner Stelle in die Datei GATEWAY_SITE_AUTHORITIES.",
            "The gateway's certificate is not trusted ({}). Where a proxy opens TLS, the certificate of its authority "
            "belongs into the file GATEWAY_SITE_AUTHORITIES.",
        ),
    ),
    "tls": (
        _CERTIFICATE,
        Sentence(
            "Es kommt keine sichere Verbindung zustande ({}). Spricht dort ein Server TLS 1.2 oder neuer?",
            "No secure connection can be made ({}). Does a server speak TLS 1.2 or newer there?",
        ),
    ),
    "no-gateway": (
        _WAY,
        Sentence(
            "Dort antwortet etwas, aber kein Gateway (Status {}). Adresse prüfen; vielleicht ist es die "
            "Anmeldeseite eines Proxys.",
            "Something answers there, but no gateway (status {}). Check the address; it may be the "
            "login page of a proxy.",
        ),
    ),
    "busy": (
        _WAY,
        Sentence(
            "Das Gateway ist erreichbar und bittet um Geduld (Status {}). Später noch einmal nachsehen.",
            "The gateway can be reached and asks for patience (status {}). Look again later.",
        ),
    ),
}


def _in_the_way(sight: Sight) -> tuple[Sentence, Mark, Sentence]:
    about, told = _IN_THE_WAY[sight.fault]
    mark = Mark.HINT if sight.fault == "busy" else Mark.WRONG
    return about, mark, Sentence(told.de.format(sight.detail), told.en.format(sight.detail))


def _certificate(way: Way, sight: Sight, now: Micros) -> Iterator[Found]:
    from gateway.submission import SECOND

    if way.url.startswith("http://"):
        yield ok(_CERTIFICATE, "Keines nötig: derselbe Rechner.", "None needed: the same machine.")
    elif sight.certificate_until is None:
        yield ok(_CERTIFICATE, "Anerkannt.", "Trusted.")
    else:
        days = (sight.certificate_until - now) // (86_400 * SECOND)
        mark = ok if days > _SOON else hint
        yield mark(
            _CERTIFICATE,
            f"Anerkannt; das des Gateways gilt noch {days} Tage.",
            f"Trusted; the gateway's is valid for {days} more days.",
        )


def _clocks(sight: Sight) -> Found:
    if sight.ahead is None:
        return hint(_CLOCK, "Das Gateway nennt keine Uhrzeit.", "The gateway tells no time.")
    if abs(sight.ahead) <= _DRIFT:
        return ok(_CLOCK, "Geht wie die des Gateways.", "Agrees with the gateway's.")
    de, en = ("vor", "fast") if sight.ahead > 0 else ("nach", "slow")
    seconds = f"{abs(sight.ahead):.0f}"
    return wrong(
        _CLOCK,
        f"Die Uhr dieses Rechners geht {seconds} s {de}. Zeitabgleich (NTP) einschalten.",
        f"This machine's clock is {seconds} s {en}. Turn on time synchronisation (NTP).",
    )


def _token(sight: Sight) -> Found:
    if sight.fault == "token":
        return wrong(
            _TOKEN,
            "Das Gateway kennt dieses Token nicht, oder es ist gesperrt. Beim Betreiber ein neues anfordern und in "
            "GATEWAY_TOKEN eintragen.",
            "The gateway does not know this token, or it was revoked. Ask its operator for a new one, and "
            "put it into GATEWAY_TOKEN.",
        )
    if sight.fault == "site":
        return wrong(
            _TOKEN,
            "Das Token gehört zu einem anderen Standort als die Adresse. Beide gehören zusammen, wie der Betreiber sie "
            "genannt hat.",
            "The token belongs to another site than the address. Both go together, as the operator named them.",
        )
    return ok(_TOKEN, "Wird angenommen.", "Is accepted.")


# ── the other side ───────────────────────────────────────────────────────────────────────────────────────────────────


async def vendors(settings: Settings, sight: Sight) -> AsyncIterator[Found]:
    """Whether each destination's adapter is installed, likes its settings, and reaches the Fachverfahren."""
    from gateway import plugins
    from gateway.outpost import at_home

    if not sight.destinations:
        yield hint(
            _VENDOR,
            "Für diesen Standort ist noch kein Zustellpunkt eingerichtet; der Betreiber trägt ihn ein.",
            "No destination is set up for this site yet; the gateway's operator enters it.",
        )
    known = plugins.load()
    names = sorted({one.adapter for one in sight.destinations})
    for name in names:
        yield _installed(known, name)
    there = {(one.endpoint.destination, one.endpoint.test): one.endpoint for one in sight.destinations}
    endpoint = at_home(lambda name, test: there[name, test], settings)
    for one in sight.destinations:
        if plugin := known.found.get(one.adapter):
            yield await _reaches(plugin, one, endpoint)


def _installed(known: Plugins, name: str) -> Found:
    if name in known.found:
        version = known.versions.get(name, "")
        return ok(_ADAPTER, f"{name} {version} ist installiert.", f"{name} {version} is installed.")
    if refused := known.refused.get(name):
        return Found(_ADAPTER, Mark.WRONG, refused.detail)
    return wrong(
        _ADAPTER,
        f"{name} ist hier nicht installiert; ein Zustellpunkt dieses Standorts braucht ihn.",
        f"{name} is not installed here; a destination of this site needs it.",
    )


async def _reaches(plugin: Plugin, one: Reached, endpoint: FindEndpoint) -> Found:
    from gateway import plugins
    from gateway.adapter import Probeable

    name = f"{one.endpoint.destination}{' (Test)' if one.endpoint.test else ''}"
    try:
        at = endpoint(one.endpoint.destination, one.endpoint.test)
        plugin.check(at.settings)
        async with plugins.opened(plugin) as adapter:
            if not isinstance(adapter, Probeable):
                return hint(
                    _VENDOR, f"{name}: dieser Adapter kann nicht nachsehen.", f"{name}: this adapter cannot look."
                )
            async with asyncio.timeout(_PATIENCE):
                because = (await adapter.probe(at)).because
    except GatewayError as error:
        return wrong(_VENDOR, f"{name}: {error.detail.de}", f"{name}: {error.detail.en}")
    except TimeoutError:
        because = "time-limit"
    except Exception as error:  # noqa: BLE001 - whatever a vendor's adapter raises, the doctor says so
        because = f"adapter-bug, {type(error).__name__}"
    if because:
        return wrong(
            _VENDOR,
            f"{name}: nicht erreichbar ({because}). Was der Grund bedeutet, steht in der README des Adapters.",
            f"{name}: cannot be reached ({because}). The adapter's README says what the reason means.",
        )
    return ok(_VENDOR, f"{name}: erreichbar.", f"{name}: can be reached.")
