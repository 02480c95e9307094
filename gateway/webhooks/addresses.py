"""
Where nothing is sent to: a portal's address must not lead to what only this machine, or this network, can reach.

A name is looked up once for each message, every address it stands for is judged, and the connection goes to the very
address that was judged: a name that means something else a moment later (DNS rebinding) leads nowhere.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from gateway.errors import BadSettings, Sentence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]
Lookup = Callable[..., Sequence[tuple[Any, ...]]]
"""`socket.getaddrinfo`, or something like it"""

_LONGEST: Final = 2_000
_CARRIES: Final = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "::/96", "::ffff:0:0:0/96")))
"""Networks whose addresses carry one of IPv4 in their last four bytes."""
_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
"""All of IPv6 that was ever given out for public use."""


class NotPermitted(Exception):
    """Nothing is sent there; `because` is a bounded code."""

    def __init__(self, because: str) -> None:
        super().__init__(because)
        self.because = because


@dataclass(frozen=True, slots=True)
class Target:
    """Where a message goes: the host it is for, and the addresses that may be connected to."""

    url: SplitResult
    host: str
    port: int
    addresses: tuple[str, ...]

    def at(self, address: str) -> str:
        """The URL with this address in the host's place."""
        host = f"[{address}]" if ":" in address else address
        path = (self.url.path or "/") + (f"?{self.url.query}" if self.url.query else "")
        return f"{self.url.scheme}://{host}:{self.port}{path}"

    @property
    def named(self) -> str:
        """What the header Host says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == _PORTS[self.url.scheme]
        return host if usual else f"{host}:{self.port}"


_PORTS: Final = {"https": 443, "http": 80}


def networks(listed: str) -> Networks:
    """
    The networks in a list with commas, which messages may go to although they are not public.

    Raises:
        BadSettings: one of them is none.
    """
    found = []
    for one in filter(None, (part.strip() for part in listed.split(","))):
        try:
            found.append(ipaddress.ip_network(one))
        except ValueError:
            raise BadSettings(
                f"webhook_networks: „{one}“ ist kein Netz. Erwartet wird etwa 10.20.0.0/16 oder fd00:1::/64, "
                "mehrere durch Komma getrennt.",
                f"webhook_networks: '{one}' is no network. Expected is such as 10.20.0.0/16 or fd00:1::/64, "
                "several separated by commas.",
            ) from None
    return found


def permitted(address: Address, allowed: Networks) -> bool:
    """Whether it is public, or in an allowed network. An IPv4 address in IPv6 clothes is judged as what it is."""
    worn = _inner(address)
    if worn is not None:
        return permitted(worn, allowed)
    if any(address in network for network in allowed):
        return True
    if isinstance(address, ipaddress.IPv6Address) and address not in _UNICAST:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _inner(address: Address) -> Address | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if any(address in network for network in _CARRIES) and int(address) > 1:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def insist_on_address(url: str, *, sandbox: bool, allowed: Networks) -> None:
    """
    What can be said of a webhook's address without asking anybody.

    Raises:
        BadSettings: it cannot be one; the sentence says why.
    """
    try:
        parts = _split(url, sandbox=sandbox)
        host = parts.hostname or ""
        if not _is_number(host) or permitted(ipaddress.ip_address(host), allowed):
            return
        because = "address-not-allowed"
    except NotPermitted as error:
        because = error.because
    said = _EXPLAINED[because]
    raise BadSettings(said.de, said.en)


async def target(url: str, *, sandbox: bool, allowed: Networks, lookup: Lookup, executor: Executor) -> Target:
    """
    Where a message to this URL goes now.

    Raises:
        NotPermitted: nowhere; the name means nothing, or something that is not allowed.
    """
    parts = _split(url, sandbox=sandbox)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    loop = asyncio.get_running_loop()
    try:
        found = await loop.run_in_executor(executor, lambda: lookup(host, port, 0, socket.SOCK_STREAM))
    except (OSError, UnicodeError):
        raise NotPermitted("name-unknown") from None
    addresses = dict.fromkeys(str(one[4][0]).partition("%")[0] for one in found)
    good = tuple(one for one in addresses if permitted(ipaddress.ip_address(one), allowed))
    if not good:
        raise NotPermitted("address-not-allowed")
    return Target(parts, host, port, good)


def _split(url: str, *, sandbox: bool) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotPermitted("address-malformed") from None
    whole = parts.hostname and port != 0 and url.isascii() and url.isprintable() and " " not in url
    if not whole or len(url) > _LONGEST or parts.fragment or parts.scheme not in _PORTS:
        raise NotPermitted("address-malformed")
    if "@" in parts.netloc:
        raise NotPermitted("address-with-password")
    if parts.scheme != "https" and not sandbox:
        raise NotPermitted("not-https")
    return parts


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


_EXPLAINED: Final = {
    "address-malformed": Sentence(
        "Das ist keine Adresse für einen Webhook: erwartet wird https://… mit Host, ohne Fragment, in ASCII, "
        f"höchstens {_LONGEST} Zeichen.",
        "That is no address for a webhook: expected is https://… with a host, without a fragment, in ASCII, "
        f"{_LONGEST} characters at most.",
    ),
    "address-with-password": Sentence(
        "Die Adresse enthält einen Namen oder ein Passwort. Dass eine Nachricht von hier kommt, belegt ihre Signatur; "
        "bitte die Adresse ohne beides angeben.",
        "The address holds a name or a password. That a message comes from here is proven by its signature; "
        "give the address without both.",
    ),
    "not-https": Sentence(
        "Außerhalb einer Sandbox gehen Nachrichten nur über https.",
        "Outside a sandbox messages go over https only.",
    ),
    "address-not-allowed": Sentence(
        "Diese Adresse ist nicht öffentlich. Soll das Gateway dorthin senden, gehört ihr Netz in die Einstellung "
        "GATEWAY_WEBHOOK_NETWORKS.",
        "This address is not public. If the gateway shall send there, its network belongs into the setting "
        "GATEWAY_WEBHOOK_NETWORKS.",
    ),
}
