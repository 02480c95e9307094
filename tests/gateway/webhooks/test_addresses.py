"""Where messages may go: to public addresses, and where an operator lets them."""

import ipaddress
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gateway.errors import BadSettings
from gateway.webhooks.addresses import NotPermitted, insist_on_address, networks, permitted, target

pytestmark = pytest.mark.anyio

NOT_PUBLIC = """
127.0.0.1 127.255.255.254 0.0.0.0 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1
192.0.2.1 198.51.100.1 203.0.113.1 198.18.0.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255
:: ::1 fe80::1 fc00::1 fd00:ec2::254 fec0::1 ff02::1 2001:db8::1
::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 ::ffff:0:127.0.0.1
64:ff9b::7f00:1 64:ff9b::a00:1 2002:7f00:1:: 2002:a9fe:a9fe::1 2001:0:5ef5:79fd:0:59d:80ff:fffe
""".split()
PUBLIC = "1.1.1.1 93.184.216.34 2606:4700::1111 ::ffff:1.1.1.1 64:ff9b::101:101".split()


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_is_not_public_is_refused(address: str) -> None:
    """Loopback, private, link-local, multicast, reserved: in every spelling that a network stack understands."""
    assert not permitted(ipaddress.ip_address(address), ())


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_permitted(address: str) -> None:
    """An ordinary address, of either kind, and one of IPv4 that travels as IPv6."""
    assert permitted(ipaddress.ip_address(address), ())


def test_a_network_that_is_allowed() -> None:
    """An operator opens a network, and just that; in IPv6 clothes it is the same one."""
    allowed = networks("10.20.0.0/16, fd00:1::/64")

    for address in ("10.20.3.4", "::ffff:10.20.3.4", "fd00:1::9"):
        assert permitted(ipaddress.ip_address(address), allowed)
    for address in ("10.21.0.1", "127.0.0.1", "fd00:2::9", "::ffff:10.21.0.1"):
        assert not permitted(ipaddress.ip_address(address), allowed)


@pytest.mark.parametrize("listed", ["10.20.0.1/16", "alle", "10.20.0.0/99"])
def test_a_network_that_is_none(listed: str) -> None:
    """A slip in the setting is told by name, and opens nothing."""
    with pytest.raises(BadSettings, match="webhook_networks"):
        networks(listed)


def test_no_network_is_allowed_by_default() -> None:
    """An empty list is none."""
    assert list(networks(" , ")) == []


WRONG = {
    "http://portal.beispiel/hook": "https",
    "https://10.0.0.1/hook": "GATEWAY_WEBHOOK_NETWORKS",
    "https://[::ffff:127.0.0.1]/hook": "GATEWAY_WEBHOOK_NETWORKS",
    "https://name:passwort@portal.beispiel/": "Passwort",
    "https://portal.beispiel/#teil": "Fragment",
    "https://portal.beispiel:0/": "keine Adresse",
    "https://portal.beispiel:99999/": "keine Adresse",
    "https:///hook": "keine Adresse",
    "https://[::1/": "keine Adresse",
    "https://portal.beispiel/ä": "keine Adresse",
    "https://portal.beispiel/a b": "keine Adresse",
    "ftp://portal.beispiel/": "keine Adresse",
    "portal.beispiel": "keine Adresse",
    "https://portal.beispiel/" + "x" * 2_000: "keine Adresse",
}


@pytest.mark.parametrize("url", WRONG)
def test_an_address_that_cannot_be_one(url: str) -> None:
    """What is wrong is said when it is registered, without asking anybody; the sentence says what would be right."""
    with pytest.raises(BadSettings) as refused:
        insist_on_address(url, sandbox=False, allowed=())

    assert WRONG[url] in refused.value.detail.de


def test_an_address_that_can_be_one() -> None:
    """Over https anywhere, over http in a sandbox; an allowed network by its number."""
    insist_on_address("https://portal.beispiel/hook?kanal=1", sandbox=False, allowed=())
    insist_on_address("http://portal.beispiel:8080/hook", sandbox=True, allowed=())
    insist_on_address("https://10.0.0.1/hook", sandbox=False, allowed=networks("10.0.0.0/8"))


def names(*addresses: str) -> Any:
    """A name server that knows one answer."""

    def lookup(host: str, port: int, *_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return lookup


async def where(url: str, lookup: Any, allowed: str = "") -> Any:
    with ThreadPoolExecutor(1) as executor:
        return await target(url, sandbox=False, allowed=networks(allowed), lookup=lookup, executor=executor)


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("10.0.0.1", "::1"), ("::ffff:127.0.0.1",), ("fe80::1%eth0",)])
async def test_a_name_that_means_something_inside(addresses: tuple[str, ...]) -> None:
    """A public name that stands for an inner address leads nowhere."""
    with pytest.raises(NotPermitted) as refused:
        await where("https://portal.beispiel/", names(*addresses))

    assert refused.value.because == "address-not-allowed"


async def test_a_name_that_means_both() -> None:
    """Only the public ones of its addresses are connected to."""
    found = await where("https://portal.beispiel/", names("127.0.0.1", "1.1.1.1", "10.0.0.1", "2606:4700::1111"))

    assert found.addresses == ("1.1.1.1", "2606:4700::1111")


async def test_the_connection_goes_to_the_address_that_was_judged() -> None:
    """The URL that is asked for holds the number; the name stays in the header and in the certificate."""
    found = await where("https://portal.beispiel:8443/hook?kanal=1", names("1.1.1.1"))

    assert found.at("1.1.1.1") == "https://1.1.1.1:8443/hook?kanal=1"
    assert found.at("2606:4700::1111") == "https://[2606:4700::1111]:8443/hook?kanal=1"
    assert (found.host, found.named) == ("portal.beispiel", "portal.beispiel:8443")
    assert (await where("https://portal.beispiel/", names("1.1.1.1"))).named == "portal.beispiel"


async def test_a_name_that_means_nothing() -> None:
    """What the name server does not know is told as that."""

    def nothing(*_: object) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(NotPermitted) as refused:
        await where("https://portal.beispiel/", nothing)

    assert refused.value.because == "name-unknown"


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost"])
async def test_loopback_in_old_spellings(host: str) -> None:
    """What the system's own look-up takes for loopback is judged after the look-up, however it was spelt."""
    with pytest.raises(NotPermitted):
        await where(f"https://{host}/", socket.getaddrinfo)
