"""`gateway doctor --site`: what stands between a municipal network and its gateway, one German line each."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from gateway.cli.site_examinations import line, permissions
from gateway.drivers.clock import clock
from gateway.drivers.pickup import Way
from gateway.drivers.pickup.looking import Sight, look
from gateway.settings import built_in
from gateway.testing.certificates import CertificateAuthority, Pair, ended
from tests.gateway.cli.calling import Call, Serving, call_apart, surroundings

DESTINATIONS = {"destinations": [{"name": "musterstadt", "adapter": "filedrop", "test": False, "settings": {}}]}


@asynccontextmanager
async def a_gateway(shown: Pair, *, behind: timedelta = timedelta()) -> AsyncIterator[int]:
    """Something that answers like one over TLS, with its clock behind; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.certificate, shown.key)
    body = json.dumps(DESTINATIONS).encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        date = format_datetime(datetime.now(UTC) - behind, usegmt=True)
        writer.write(f"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


def at(port: int, authorities: Path | None) -> Way:
    return Way(url=f"https://localhost:{port}/v1/sites/muster", token="ags_x", authorities=authorities)


def told(sight: Sight) -> dict[str, str]:
    """What the doctor says of it, with its mark."""
    way = Way(url="https://gateway.example/v1/sites/muster", token="ags_x")
    return {one.about.de: f"{one.mark.value} {one.told.de}" for one in line(way, sight, clock())}


async def test_a_good_way_is_seen_whole(tmp_path: Path) -> None:
    """Its certificate with its end, its clock, and the destinations behind it."""
    authority = CertificateAuthority(tmp_path)
    async with a_gateway(authority.issue("gateway")) as port:
        sight = await look(at(port, authority.file), clock())

    assert sight.fault == ""
    assert [one.adapter for one in sight.destinations] == ["filedrop"]
    lines = told(sight)
    assert all(text.startswith("✓") for text in lines.values())
    assert "noch" in lines["Zertifikat"]


async def test_a_certificate_nobody_vouches_for_is_named(tmp_path: Path) -> None:
    """Of a strange authority, or ended: the chain is what is wrong, with what TLS says of it."""
    authority = CertificateAuthority(tmp_path)
    async with a_gateway(authority.issue("gateway")) as port:
        strange = await look(at(port, None), clock())
    async with a_gateway(authority.issue("gateway", until=ended())) as port:
        late = await look(at(port, authority.file), clock())

    assert (strange.fault, late.fault) == ("certificate", "certificate")
    assert "expired" in late.detail
    assert "GATEWAY_SITE_AUTHORITIES" in told(strange)["Zertifikat"]


async def test_a_clock_that_is_wrong_is_told(tmp_path: Path) -> None:
    """By how much, and what to do."""
    authority = CertificateAuthority(tmp_path)
    async with a_gateway(authority.issue("gateway"), behind=timedelta(minutes=5)) as port:
        sight = await look(at(port, authority.file), clock())

    assert sight.ahead == pytest.approx(300, abs=10)
    assert "✗" in told(sight)["Uhr"]
    assert "NTP" in told(sight)["Uhr"]


async def test_nobody_at_the_address_is_not_a_certificate() -> None:
    """A closed port is said to be one."""
    sight = await look(at(9, None), clock())

    assert sight.fault == "refused"
    assert "Firewall" in told(sight)["Verbindung"]


@pytest.mark.parametrize(
    ("fault", "about", "says"),
    [
        ("proxy", "Proxy", "GATEWAY_PROXY"),
        ("silence", "Verbindung", "Firewall"),
        ("tls", "Zertifikat", "TLS 1.2"),
        ("no-gateway", "Verbindung", "kein Gateway"),
        ("token", "Token", "gesperrt"),
        ("site", "Token", "anderen Standort"),
    ],
)
def test_each_fault_has_a_sentence_of_its_own(fault: str, about: str, says: str) -> None:
    """What is in the way is told under its own name, and marked as wrong."""
    lines = told(Sight(fault=fault, detail="302"))  # type: ignore[arg-type]

    assert lines[about].startswith("✗")
    assert says in lines[about]


def test_a_secret_that_others_can_read_is_named(tmp_path: Path) -> None:
    """By its file, with the command that mends it; never by its content."""
    secret = tmp_path / "kennwort"
    secret.write_text("geheim")
    secret.chmod(0o644)

    (found,) = permissions(built_in(secrets=tmp_path), None)
    secret.chmod(0o640)
    (mended,) = permissions(built_in(secrets=tmp_path), None)

    assert found.told.de.endswith(f"chmod 640 {secret}")
    assert "geheim" not in found.told.de
    assert mended.mark.value == "✓"


def test_a_name_nobody_knows_ends_the_look(gateway: Call, tmp_path: Path) -> None:
    """Without an address nothing else can be seen."""
    config = tmp_path / "site.toml"
    config.write_text('site = "https://gibt-es-nicht.invalid/v1/sites/muster"\ntoken = "ags_x"\n')
    config.chmod(0o600)

    heard = gateway("doctor", "--config", config, "--data", tmp_path)

    assert heard.code == 1
    assert "lässt sich nicht auflösen" in heard.out
    assert "Fachverfahren" not in heard.out
    assert "Eines ist noch zu tun" in heard.err


def test_a_token_of_somebody_else_is_told(served: Serving, tmp_path: Path) -> None:
    """The gateway answers, and does not know this token; everything before that is well."""
    env = surroundings(GATEWAY_TOKEN="ags_unbekannt")
    heard = call_apart("doctor", "--site", f"{served.url}/v1/sites/muster", "--data", tmp_path, "--json", env=env)

    wrong = [one["about"] for one in heard.json if one["found"] == "wrong"]
    assert heard.code == 1
    assert wrong == ["Token"]
    assert "ags_" not in heard.out


def test_a_gateway_that_tells_no_time_gets_a_hint() -> None:
    """That is no fault of this machine."""
    assert told(Sight(ahead=None))["Uhr"].startswith("!")
