"""What an operator writes down for a way over HTTPS is read strictly, and refused by name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import BadSettings
from gateway.transports.https import EXPLAINED, TOKENS_EXPLAINED, Address
from gateway.transports.settings import Given

GOOD: Mapping[str, Any] = {
    "url": "https://fachverfahren.example/annahme",
    "authorities": "/etc/antragsgateway/stellen.pem",
    "certificate": "/etc/antragsgateway/eigenes.pem",
    "key": "/etc/antragsgateway/eigenes.key",
    "proxy": "http://proxy.example:3128",
    "connect_seconds": 5,
    "silence_seconds": 30,
    "token_url": "https://anmeldung.example/token",
    "client_id": "gateway",
    "client_secret_file": "/etc/antragsgateway/geheim",
    "scope": "antraege",
}


def read(**changes: Any) -> Address:
    settings = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return Address.read(Given("muster", settings))


def test_every_setting_that_is_explained_is_read() -> None:
    """All of them together make an address, and the explanation knows each by name."""
    address = read()

    assert set(GOOD) == {*EXPLAINED, *TOKENS_EXPLAINED}
    assert (address.peer.url, address.peer.proxy) == (GOOD["url"], GOOD["proxy"])
    assert address.peer.credentials.key == Path(GOOD["key"])
    assert (address.connect, address.silence) == (5, 30)
    assert address.client is not None
    assert (address.token_url, address.client.scope) == (GOOD["token_url"], "antraege")


def test_an_address_is_enough() -> None:
    """Everything but the address has a sensible value of its own."""
    address = Address.read(Given("muster", {"url": "https://fachverfahren.example"}))

    assert (address.connect, address.silence, address.client) == (10, 60, None)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"url": None}, "url"),
        ({"url": "http://fachverfahren.example"}, "url"),
        ({"url": "https://wer:geheim@fachverfahren.example"}, "url"),
        ({"url": "https://fachverfahren.example/?token=geheim"}, "url"),
        ({"url": "https://fachverfahren.example:0"}, "url"),
        ({"url": "https://fach verfahren.example"}, "url"),
        ({"url": "https://[::1"}, "url"),
        ({"url": 7}, "url"),
        ({"key": None}, "key"),
        ({"certificate": None}, "certificate"),
        ({"certificate": "eigenes.pem"}, "certificate"),
        ({"proxy": "socks5://proxy.example"}, "proxy"),
        ({"connect_seconds": 0}, "connect_seconds"),
        ({"silence_seconds": True}, "silence_seconds"),
        ({"client_secret_file": None}, "client_secret_file"),
        ({"token_url": None, "client_id": None, "client_secret_file": None}, "scope"),
        ({"client_id": "  "}, "client_id"),
    ],
)
def test_what_will_not_do_is_refused_by_name(changes: Mapping[str, Any], named: str) -> None:
    """The sentence names adapter and setting in both languages, and repeats no value."""
    with pytest.raises(BadSettings) as refusal:
        read(**changes)

    for sentence in (refusal.value.detail.de, refusal.value.detail.en):
        assert sentence.startswith(f"muster: {named} ")
        assert "geheim" not in sentence
