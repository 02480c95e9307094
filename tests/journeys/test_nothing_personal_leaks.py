"""Canaries sent down every way a delivery can end turn up nowhere but in the document store."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from gateway.adapter import Delivered, Refused, Unclear, Unreachable
from gateway.events import REGISTRY
from gateway.submission import Grade
from gateway.testing import CANARIES, FakeVendor, Hangs, Raises, Turn
from tests.drills.samples import plain
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


def _outside_the_document_store(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return "\n".join(
            f"{table} {row}"
            for table in sorted(tables - DOCUMENT_STORE)
            for row in connection.execute(f"SELECT * FROM {table}")
        )
