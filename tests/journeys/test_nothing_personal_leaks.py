"""Canaries sent down every way a delivery can end turn up nowhere but in the document store."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from gateway.adapter import Delivered, Refused, Unclear, Unreachable
from gateway.events import REGISTRY
from gateway.journal import Client
from gateway.news import Bell
from gateway.notice import Persistence
from gateway.submission import Grade
from gateway.testing import CANARIES, FakeVendor, Hangs, Raises, Turn
from gateway.webhooks import Postman, Sender, networks
from tests.drills.samples import plain
from tests.gateway.webhooks.receiver import Say, receiving
from tests.journeys.small_town import small_town

NAME, BORN, ACCOUNT = CANARIES
SPOKEN = f"{NAME}, geboren {BORN}, {ACCOUNT}"
ANTRAG = plain("augsburg-nebenwohnung").replace(b"Olivia", NAME.encode())

ENDINGS: dict[str, Turn] = {
    "delivered": Delivered(SPOKEN, Grade.TRANSPORT),
    "refused": Refused("unknown-form", SPOKEN),
    "unreachable": Unreachable("connection-refused"),
    "unclear": Unclear("reset"),
    "hanging": Hangs(),
    "raising": Raises(ValueError(SPOKEN)),
    "raising from another": Raises(ExceptionGroup(SPOKEN, [KeyError(SPOKEN)])),
}

DOCUMENT_STORE = {"documents", "attachments", "words"}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS.keys())
async def test_no_ending_of_a_delivery_tells_what_the_document_or_the_vendor_said(tmp_path: Path, ending: Turn) -> None:
    """Log lines, metrics and every table outside the document store are free of them."""
    async with small_town(tmp_path, FakeVendor(ending)) as town:
        receipt = await town.send(ANTRAG)
        await town.attempt(receipt.submission)
        told = town.log.getvalue() + generate_latest(REGISTRY).decode()
        kept = _outside_the_document_store(town.file)

    assert "attempt.ended" in told
    assert "submissions" in kept
    for canary in CANARIES:
        assert canary not in told
        assert canary not in kept


async def test_the_document_store_is_where_the_canaries_are(tmp_path: Path) -> None:
    """The check above looks in the right places: document and vendor's words do hold them."""
    async with small_town(tmp_path, FakeVendor(ENDINGS["delivered"])) as town:
        receipt = await town.send(ANTRAG)
        standing = await town.attempt(receipt.submission)
        with closing(sqlite3.connect(town.file)) as connection:
            (document,) = connection.execute("SELECT content FROM documents").fetchone()

    assert NAME.encode() in document
    assert standing.reference == SPOKEN


async def test_no_message_to_a_portal_tells_them_either(tmp_path: Path) -> None:
    """What a webhook is told, and what is logged of it, is free of them, whatever its answer says."""
    spoken = {"Retry-After": "1", "X-Gesagt": SPOKEN.encode("ascii", "xmlcharrefreplace").decode()}
    async with small_town(tmp_path, FakeVendor(ENDINGS["refused"])) as town:
        with receiving(Say(500, spoken, SPOKEN.encode())) as receiver:
            await town.journal.add_client(Client("portal", "ab" * 32))
            await town.journal.add_webhook("wh_1", "portal", receiver.url, b"s" * 32)
            await town.attempt((await town.send(ANTRAG)).submission)
            sender = Sender(sandbox=True, allowed=networks("127.0.0.0/8"), clock=town.clock)
            async with sender:
                postman = Postman(town.journal, sender, Bell(), persistence=Persistence(), seconds=10.0, idle=0.01)
                async with postman.at_work():
                    await postman.go()
        told = town.log.getvalue() + generate_latest(REGISTRY).decode() + str(receiver.got)
        kept = _outside_the_document_store(town.file)

    assert "webhook.answered" in told
    assert len(receiver.got) == 1
    for canary in CANARIES:
        assert canary not in told
        assert canary not in kept


def _outside_the_document_store(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return "\n".join(
            f"{table} {row}"
            for table in sorted(tables - DOCUMENT_STORE)
            for row in connection.execute(f"SELECT * FROM {table}")
        )
