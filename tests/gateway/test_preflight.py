"""The pre-flight of a connection: each look alone, from an adapter that is missing to a test message that is old."""

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from gateway.adapter import Adapter, Endpoint, Plugin, Probe
from gateway.connection import Connection, ConnectionState, Look, Preflight, Seen
from gateway.errors import BadAdapter, BadSettings, MissingSecret
from gateway.journal import Journal, Standing
from gateway.plugins import Plugins
from gateway.preflight import Ground, preflight
from gateway.routing import Tables
from gateway.submission import SECOND, Grade, Micros, State
from gateway.testing import FakeVendor, a_manifest, a_submission
from gateway.validation import Schemas
from tests.conftest import ROOT
from tests.rig.tables import with_directories

pytestmark = pytest.mark.anyio

NOW = Micros(1_793_350_800 * SECOND)
DAY = 86_400 * SECOND
KELHEIM = Connection("bau", "09273", "landkreis-kelheim-bau", ConnectionState.CONFIGURED)
FINE = Probe(certificate_until=Micros(NOW + 90 * DAY), confirmed=True)


class Vendor(FakeVendor):
    """Answers a look as it is told: live first, then test."""

    def __init__(self, *probes: Probe | Exception) -> None:
        super().__init__()
        self._probes = list(probes) or [FINE, FINE]
        self.looked_at: list[Endpoint] = []

    async def probe(self, endpoint: Endpoint) -> Probe:
        self.looked_at.append(endpoint)
        answer = self._probes[int(endpoint.test)]
        if isinstance(answer, Exception):
            raise answer
        return answer


class NoVault:
    """Has no secret at all."""

    def text(self, name: str) -> str:
        raise MissingSecret(f"Das Geheimnis „{name}“ fehlt.", f"The secret “{name}” is missing.")

    def file(self, name: str) -> Path:
        raise MissingSecret(f"Das Geheimnis „{name}“ fehlt.", f"The secret “{name}” is missing.")


class LastTest:
    """A journal that knows the last test message and nothing else."""

    def __init__(self, last: Standing | None) -> None:
        self._last = last

    async def last_test(self, connection: str) -> Standing | None:
        assert connection == KELHEIM.id
        return self._last


@pytest.fixture(scope="module")
def tables() -> Tables:
    return Tables.load(with_directories(), Path("/var/lib/gateway"))


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    return Schemas.load(ROOT / "xsd")


def a_test(**changes: Any) -> Standing:
    """A test message that was delivered an hour ago."""
    received = Micros(changes.pop("received_at", NOW - 3_600 * SECOND))
    destination = changes.pop("destination", KELHEIM.destination)
    facts: dict[str, Any] = {
        "submission": a_submission(destination=destination, test=True, received_at=received),
        "state": State.DELIVERED,
        "grade": Grade.TRANSPORT,
        "concluded_at": received,
        "updated_at": received,
        "due_at": None,
        "attempts": 1,
        "cause": "",
        "reference": None,
        "findings": (),
        "version": 3,
    }
    return Standing(**{**facts, **changes})


@dataclass
class Airfield:
    """Looks at the connection of Kelheim, with this vendor behind the adapter's name."""

    tables: Tables
    schemas: Schemas
    vendor: FakeVendor = field(default_factory=Vendor)
    manifest: dict[str, Any] = field(default_factory=dict)
    plugin: dict[str, Any] = field(default_factory=dict)
    known: Plugins | None = None
    last: Standing | None = field(default_factory=a_test)

    async def look(self, connection: Connection = KELHEIM) -> Preflight:
        manifest = a_manifest(**{"name": "filedrop", **self.manifest})
        settings = {"directory": "wohin"}

        @asynccontextmanager
        async def opened() -> AsyncIterator[Adapter]:
            yield self.vendor

        plugin = Plugin(**{"manifest": manifest, "open": opened, "settings": settings, **self.plugin})
        ground = Ground(
            tables=self.tables,
            schemas=self.schemas,
            plugins=self.known or Plugins({"filedrop": plugin}, {}, {"filedrop": "1.2.3"}),
            journal=cast("Journal", LastTest(self.last)),
            vault=NoVault(),
        )
        return await preflight(connection, ground=ground, now=NOW, by="b.beispiel")


@pytest.fixture
def field_(tables: Tables, schemas: Schemas) -> Airfield:
    return Airfield(tables, schemas)


def said(found: Preflight, look: Look) -> tuple[bool | None, str]:
    [seen] = [one for one in found.seen if one.look is look]
    return seen.good, seen.said.de


async def test_all_is_well(field_: Airfield) -> None:
    """Every look is good, in its order; adapter, version and schema are noted; live and test were looked at."""
    found = await field_.look()

    assert found.good
    assert [seen.look for seen in found.seen] == list(Look)
    assert (found.adapter, found.adapter_version, found.schemas) == ("filedrop", "1.2.3", ("AG-Bau 1.0",))
    assert (found.connection, found.at, found.by) == (KELHEIM.id, NOW, "b.beispiel")
    assert [one.test for one in cast("Vendor", field_.vendor).looked_at] == [False, True]


@pytest.mark.parametrize("destination", ["", "gibt-es-nicht"])
async def test_without_a_destination_there_is_nothing_to_look_at(field_: Airfield, destination: str) -> None:
    """None assigned, or one that left the tables: that alone is told."""
    found = await field_.look(replace(KELHEIM, destination=destination))

    assert [seen.look for seen in found.seen] == [Look.ADAPTER]
    assert not found.good


async def test_an_adapter_has_to_be_there(field_: Airfield) -> None:
    """Not installed, or refused with its reason."""
    field_.known = Plugins({}, {})
    assert said(await field_.look(), Look.ADAPTER) == (False, "filedrop: ist nicht installiert")

    field_.known = Plugins({}, {"filedrop": BadAdapter("Adapter filedrop: kaputt.", "Adapter filedrop: broken.")})
    assert said(await field_.look(), Look.ADAPTER) == (False, "filedrop: Adapter filedrop: kaputt.")


async def test_its_settings_have_to_do(field_: Airfield) -> None:
    """What the adapter has against them is told, and nobody is called with them."""

    def refuse(_: object) -> object:
        raise BadSettings("filedrop: directory muss ein absoluter Pfad sein.", "filedrop: …")

    field_.plugin = {"read_settings": refuse}
    found = await field_.look()

    assert said(found, Look.ADAPTER) == (False, "filedrop: directory muss ein absoluter Pfad sein.")
    assert cast("Vendor", field_.vendor).looked_at == []


@pytest.mark.parametrize(
    "manifest, good, word",
    [
        ({"schemas": ("AG-Bau/1.0",)}, True, "freigegeben für AG-Bau 1.0"),
        ({"schemas": ("AG-Bau/0.9", "AG-Waffen/1.0")}, False, "nicht freigegeben für: AG-Bau 1.0"),
        ({"services": ("bau", "waffen")}, True, "freigegeben für AG-Bau 1.0"),
        ({"services": ("wohnsitz",)}, False, "nicht für die Leistung bau gemacht, nur für: wohnsitz"),
    ],
)
async def test_it_is_certified_for_what_is_judged_by(
    field_: Airfield, manifest: dict[str, Any], good: bool, word: str
) -> None:
    """Service, standard and version as its manifest says."""
    field_.manifest = manifest
    found = await field_.look()

    assert (said(found, Look.CERTIFIED)[0], found.good) == (good, good)
    assert word in said(found, Look.CERTIFIED)[1]


async def test_without_a_schema_nothing_can_be_certified(field_: Airfield, tmp_path: Path) -> None:
    """No package is installed for the messages of the service."""
    for package in ("ag-basis", "ag-wohnsitz"):
        shutil.copytree(ROOT / "xsd" / package, tmp_path / package)
    field_.schemas = Schemas.load(tmp_path)

    assert "kein Schemapaket eingespielt" in said(await field_.look(), Look.CERTIFIED)[1]


@pytest.mark.parametrize(
    "probes, look, good, word",
    [
        ((FINE, Probe(because="connection-refused")), Look.ENDPOINT, False, "Test: connection-refused"),
        ((Probe(because="dns"), Probe(because="tls")), Look.ENDPOINT, False, "Betrieb: dns; Test: tls"),
        ((FINE, ValueError("geheim")), Look.ENDPOINT, False, "adapter-bug (ValueError)"),
        ((Probe(certificate_until=Micros(NOW + 31 * DAY)), Probe()), Look.CERTIFICATE, True, "gilt noch 31 Tage"),
        ((Probe(certificate_until=Micros(NOW + 30 * DAY)), FINE), Look.CERTIFICATE, False, "gilt noch 30 Tage"),
        ((FINE, Probe(certificate_until=Micros(NOW - DAY))), Look.CERTIFICATE, False, "ist abgelaufen"),
        ((Probe(), Probe()), Look.CERTIFICATE, None, "dieser Weg hat keines"),
        ((FINE, replace(FINE, confirmed=False)), Look.IDENTITY, False, "eine andere: Test"),
        ((replace(FINE, confirmed=None), FINE), Look.IDENTITY, True, "bestätigt"),
        ((Probe(), Probe()), Look.IDENTITY, None, "nicht fragen"),
    ],
)
async def test_a_look_at_the_other_side(
    field_: Airfield, probes: Sequence[Probe | Exception], look: Look, good: bool | None, word: str
) -> None:
    """Reachable, certificate, identity, live and test: the worse one decides, and no vendor's words are repeated."""
    field_.vendor = Vendor(*probes)
    found = await field_.look()

    assert said(found, look)[0] is good
    assert word in said(found, look)[1]
    assert found.good == (good is not False)
    assert "geheim" not in str(found)


async def test_who_cannot_look_is_not_asked(field_: Airfield) -> None:
    """An adapter without `probe` leaves three looks open; what it delivers proves it."""
    field_.vendor = FakeVendor()
    found = await field_.look()

    assert [one.good for one in found.seen if one.look in {Look.ENDPOINT, Look.CERTIFICATE, Look.IDENTITY}] == [
        None
    ] * 3
    assert found.good


@pytest.mark.parametrize(
    "last, word",
    [
        (None, "es kam noch keine"),
        (a_test(destination="landkreis-kelheim-waffen"), "es kam noch keine"),
        (a_test(received_at=NOW - 8 * DAY), "älter als sieben Tage"),
        (a_test(state=State.PARKED, grade=None, cause="adapter-bug"), "nicht angekommen: parked (adapter-bug)"),
        (a_test(state=State.ACCEPTED, grade=None), "nicht angekommen: accepted"),
    ],
)
async def test_a_test_message_has_to_have_arrived(field_: Airfield, last: Standing | None, word: str) -> None:
    """At this destination, within a week, and really."""
    field_.last = last
    found = await field_.look()

    assert not found.good
    assert word in said(found, Look.TEST_MESSAGE)[1]
    assert found.set_up, "all but the test message is in order, so that one can be sent"


async def test_it_has_to_be_proven_as_well_as_the_adapter_can(field_: Airfield) -> None:
    """Handed to the transport is not enough where the Fachverfahren confirms."""
    field_.manifest = {"best_grade": Grade.TAKEN}
    assert "noch nicht so gut bestätigt" in said(await field_.look(), Look.TEST_MESSAGE)[1]

    field_.last = a_test(state=State.CONFIRMED, grade=Grade.TAKEN)
    assert (await field_.look()).good


async def test_a_secret_that_is_missing_is_told_by_its_name(field_: Airfield, tables: Tables, tmp_path: Path) -> None:
    """Before anybody is called without it."""
    folder = Path(shutil.copytree(with_directories(), tmp_path / "routing"))
    file = folder / "destinations.toml"
    head = "[landkreis-kelheim-bau]\n"
    file.write_text(file.read_text("utf-8").replace(head, f'{head}live.password = "secret:a"\n'), "utf-8")
    field_.tables = Tables.load(folder, tmp_path)

    found = await field_.look()

    assert said(found, Look.ADAPTER) == (False, "Das Geheimnis „a“ fehlt.")
    assert isinstance(found.seen[0], Seen)


async def test_what_lies_at_a_site_is_not_looked_at_from_here(field_: Airfield) -> None:
    """Folder and secrets are the site's: settings are checked with others in their place; a test proves the way."""
    checked: list[Any] = []
    field_.plugin = {"settings": {"directory": "wohin", "key": "geheim"}, "read_settings": checked.append}
    destinations = (
        replace(
            one,
            site="kelheim",
            live={"directory": "{data}/eingang", "key": "secret-file:schluessel"},
            test={"directory": "{data}/test", "key": "secret:wort"},
        )
        if one.name == KELHEIM.destination
        else one
        for one in field_.tables.destinations
    )
    field_.tables = copy(field_.tables)
    field_.tables.destinations = tuple(destinations)
    found = await field_.look()

    assert found.good
    assert checked == [
        {"directory": "//eingang", "key": "/schluessel"},
        {"directory": "//test", "key": "wort"},
    ]
    assert cast("Vendor", field_.vendor).looked_at == []
    assert "das sieht nur der Standort" in said(found, Look.ENDPOINT)[1]
