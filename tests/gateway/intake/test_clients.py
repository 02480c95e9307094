"""The register of clients: in memory, and never far behind the journal."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from gateway.errors import JournalUnavailable
from gateway.events import TaskFailed, watched
from gateway.intake import ClientRegister, token_hash
from gateway.journal import Client, Journal
from gateway.submission import Micros

ONE = Client("portal-eins", token_hash("eins"))
TWO = Client("portal-zwei", token_hash("zwei"))


class Clients:
    """The part of a journal that a register reads; counts how often it is read."""

    def __init__(self, *clients: Client) -> None:
        self.list = list(clients)
        self.version = 1
        self.looks = 0
        self.error: Exception | None = None

    async def version_of(self, subject: str) -> int:
        assert subject == "clients"
        self.looks += 1
        if self.error:
            raise self.error
        return self.version

    async def clients(self) -> Sequence[Client]:
        return list(self.list)

    def become(self, *clients: Client) -> None:
        self.list = list(clients)
        self.version += 1


class Ticks:
    """A clock for the register, and the pauses it makes."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


def register(clients: Clients, ticks: Ticks) -> ClientRegister:
    return ClientRegister(cast("Journal", clients), pause=ticks.pause, ticks=ticks)


async def looked(clients: Clients, times: int) -> None:
    """Until the journal was read so many times more."""
    until = clients.looks + times
    async with asyncio.timeout(5):
        while clients.looks < until:
            await asyncio.sleep(0)


async def test_a_client_is_found_by_its_token() -> None:
    """A token leads to its client, and no other to any."""
    known = register(Clients(ONE, TWO), Ticks())

    assert await known.find("eins") == ONE
    assert await known.find("zwei") == TWO
    assert await known.find("drei") is None
    assert await known.find("") is None


async def test_a_revoked_client_is_not_found() -> None:
    """A revoked client's token is as good as none."""
    known = register(Clients(replace(ONE, revoked_at=Micros(1))), Ticks())

    assert await known.find("eins") is None


async def test_guessing_tokens_is_no_load() -> None:
    """Unknown tokens cost one look at the journal a second, however many come."""
    clients, ticks = Clients(ONE), Ticks()
    known = register(clients, ticks)

    for guess in range(100):
        await known.find(f"geraten-{guess}")
    assert clients.looks == 1

    ticks.now += 1.0
    await asyncio.gather(*(known.find(f"geraten-{guess}") for guess in range(100)))
    assert clients.looks == 2


async def test_a_known_token_costs_no_look() -> None:
    """A token that is known is found without asking anybody."""
    clients = Clients(ONE)
    known = register(clients, Ticks())
    await known.find("eins")

    for _ in range(100):
        await known.find("eins")

    assert clients.looks == 1


async def test_following_sees_revocations() -> None:
    """Who is revoked in the journal is gone here with the next look, a second later."""
    clients = Clients(ONE, TWO)
    known = register(clients, Ticks())

    async with known.following():
        await looked(clients, 1)
        clients.become(replace(ONE, revoked_at=Micros(1)), TWO)
        await looked(clients, 2)

        assert await known.find("eins") is None
        assert await known.find("zwei") == TWO


@pytest.mark.parametrize("error", [JournalUnavailable(), RuntimeError("a bug")])
async def test_following_goes_on(error: Exception) -> None:
    """While the journal is away, or after a bug, the last known clients stay, and following goes on."""
    clients = Clients(ONE)
    known = register(clients, Ticks())
    told: list[Any] = []

    with watched(told.append):
        async with known.following():
            await looked(clients, 1)
            clients.error = error
            await looked(clients, 2)
            assert await known.find("eins") == ONE
            clients.error = None
            clients.become(TWO)
            await looked(clients, 2)
            assert await known.find("eins") is None

    assert any(isinstance(event, TaskFailed) for event in told) is isinstance(error, RuntimeError)


async def test_a_journal_that_cannot_be_asked() -> None:
    """Where the journal could never be asked nobody is called unknown, and asking it is still no load."""
    clients = Clients(ONE)
    clients.error = JournalUnavailable()
    known = register(clients, Ticks())

    for _ in range(10):
        with pytest.raises(JournalUnavailable):
            await known.find("eins")

    assert clients.looks == 1


async def test_a_client_that_was_just_added() -> None:
    """A new client comes in at once, however lately the register looked by itself."""
    clients = Clients(ONE)
    known = register(clients, Ticks())
    async with known.following():
        await looked(clients, 1)

    clients.become(ONE, TWO)

    assert await known.find("zwei") == TWO
