"""A mailbox is read by one reader only, and keeps a message until that reader has closed it."""

from pathlib import Path

import pytest

from gateway.errors import BadSettings
from gateway.testing.xta import XtaServer
from gateway.transports.settings import Given
from gateway.transports.xta import Fetched, Mailbox, Server, Xta
from tests.gateway.transports.xta.conftest import settings

pytestmark = pytest.mark.anyio


class Suspicion:
    """Counts how often somebody else was suspected."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


def a_mailbox(xta: Xta, folder: Path, suspicion: Suspicion | None = None, *, author: str = "") -> Mailbox:
    return Mailbox(xta, folder / "postfach.lock", suspicion or Suspicion(), author, patience=0.0)


async def read(mailbox: Mailbox) -> list[bytes | str]:
    """Documents, and the code of what ended the reading."""
    return [one.document if isinstance(one, Fetched) else one.because async for one in mailbox.messages()]


async def test_messages_come_again_until_they_are_closed(xta: Xta, server: XtaServer, tmp_path: Path) -> None:
    """What was read and not closed is there again; what was closed is not; closing twice does no harm."""
    mailbox = a_mailbox(xta, tmp_path)
    server.deposit(b"<a/>")
    server.deposit(b"<b/>")
    assert await read(mailbox) == [b"<a/>", b"<b/>"]

    async for message in mailbox.messages():
        if isinstance(message, Fetched) and message.document == b"<a/>":
            assert await mailbox.close(message) is None
            assert await mailbox.close(message) is None

    assert await read(mailbox) == [b"<b/>"]
    assert len(server.closed) == 1


async def test_nobody_reads_before_it_was_said_that_we_are_alone(server: XtaServer, tmp_path: Path) -> None:
    """Reading our own mailbox is a setting, and that nobody else reads it is another that must be there."""
    lock = str(tmp_path / "postfach.lock")
    with pytest.raises(BadSettings, match="exclusive_reader"):
        Server.read(Given("muster", settings(server, mailbox_lock=lock)))

    assert Server.read(Given("muster", settings(server, mailbox_lock=lock, exclusive_reader=True))).lock == Path(lock)
    assert Server.read(Given("muster", settings(server))).lock is None


async def test_what_others_wrote_waits_for_others(xta: Xta, server: XtaServer, tmp_path: Path) -> None:
    """Destinations that share a mailbox each read what their own reader wrote."""
    server.deposit(b"<a/>", author="ags:09661000")
    server.deposit(b"<b/>", author="ags:09761000")

    assert await read(a_mailbox(xta, tmp_path, author="ags:09761000")) == [b"<b/>"]
    assert await read(a_mailbox(xta, tmp_path, author="ags:09661000")) == [b"<a/>"]
    assert server.closed == []


async def test_of_our_own_processes_one_reads(xta: Xta, server: XtaServer, tmp_path: Path) -> None:
    """While one reads, another that shares the lock is told so; afterwards it may."""
    server.deposit(b"<a/>")
    first, second = a_mailbox(xta, tmp_path), a_mailbox(xta, tmp_path)

    async for _ in first.messages():
        assert await read(second) == ["mailbox-in-use"]

    assert await read(second) == [b"<a/>"]


async def test_a_message_that_is_gone_raises_suspicion(xta: Xta, server: XtaServer, tmp_path: Path) -> None:
    """What was listed and cannot be fetched was taken by somebody else; the rest is still read."""
    suspicion = Suspicion()
    stolen = server.deposit(b"<a/>")
    server.deposit(b"<b/>")
    server.deposit(b"<c/>")
    mailbox, documents = a_mailbox(xta, tmp_path, suspicion), []

    async for message in mailbox.messages():
        assert isinstance(message, Fetched)
        documents.append(message.document)
        if message.message_id == stolen:
            del server.mailbox[list(server.mailbox)[1]]

    assert documents == [b"<a/>", b"<c/>"]
    assert suspicion.times == 1


async def test_a_message_that_cannot_be_fetched_holds_up_nobody(
    xta: Xta, server: XtaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is more than is borne stays where it is and is told of at the end; what lies behind it is read."""
    monkeypatch.setattr("gateway.transports.https.parts.MOST_PARTS", 4)
    server.deposit(b"<a/>", *((f"anlage-{number}", "text/plain", b"x") for number in range(5)))
    server.deposit(b"<b/>")

    assert await read(a_mailbox(xta, tmp_path)) == [b"<b/>", "answer-too-large"]


async def test_a_server_that_is_away_ends_the_reading(xta: Xta, server: XtaServer, tmp_path: Path) -> None:
    """Its code is the last that comes."""
    server.fail(down=True)

    assert await read(a_mailbox(xta, tmp_path)) == ["connection-refused"]


async def test_a_lock_that_cannot_be_made_is_named(xta: Xta, tmp_path: Path) -> None:
    """A folder for the lock that is not there is our own trouble."""
    assert await read(a_mailbox(xta, tmp_path / "weg")) == ["lock-unusable"]
