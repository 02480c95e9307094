"""The fakes are a product: others' tests are worth what these promises are worth."""

import asyncio
import hashlib
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.adapter import Delivered, NotThere, Outcome, Refused, Unclear, Unreachable
from gateway.attachments import AttachmentStore
from gateway.errors import BadSettings, TooLarge
from gateway.submission import SECOND, Grade
from gateway.testing import (
    CANARIES,
    AskableVendor,
    FakeClock,
    FakeVendor,
    Hangs,
    LargeStream,
    Ledger,
    MemoryAttachments,
    Raises,
    Secretly,
    a_consignment,
    an_xml_document,
    until,
)
from tests.gateway.transports.interrupted import ROOT

pytestmark = pytest.mark.anyio


async def in_pieces(content: bytes, size: int = 3) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def read(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


def test_a_fake_clock_moves_when_told() -> None:
    """It stands still otherwise, and can go back as real ones do."""
    clock = FakeClock()
    before = clock()
    clock.advance(1.5)
    clock.advance(-0.5)

    assert clock() - before == SECOND


async def test_a_vendor_follows_its_script() -> None:
    """Turn by turn, the last one for ever."""
    script: list[Outcome] = [Unreachable("away"), Refused("no", "weil"), Delivered("A-1", Grade.TAKEN)]
    vendor = FakeVendor(*script)
    sent = a_consignment()

    outcomes = [await vendor.deliver(sent) for _ in range(4)]

    assert outcomes == [*script, script[-1]]
    assert vendor.calls == [sent.submission.id] * 4
    assert vendor.ledger == [sent.submission.id]


async def test_a_vendor_can_break_and_hang() -> None:
    """An exception is raised as it is; a hang ends with the caller's patience."""
    vendor = FakeVendor(Raises(KeyError("x")), Hangs())
    sent = a_consignment()

    with pytest.raises(KeyError):
        await vendor.deliver(sent)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(vendor.deliver(sent), 0.01)
    assert vendor.ledger == []


async def test_a_vendor_can_take_it_and_say_nothing() -> None:
    """What was taken in secret is in the ledger, and found by asking."""
    vendor = AskableVendor(Secretly(Unclear("no-answer")), answers=[Unreachable("away")])
    sent = a_consignment()

    assert await vendor.deliver(sent) == Unclear("no-answer")
    assert await vendor.ask(sent) == Unreachable("away")
    assert isinstance(await vendor.ask(sent), Delivered)
    assert await vendor.ask(a_consignment()) == NotThere()


async def test_attachments_are_kept_and_read_again() -> None:
    """Size and digest are those of the bytes, which can be read as often as needed."""
    store = MemoryAttachments()
    kept = await store.keep("anlage-1", "text/plain", in_pieces(b"Inhalt"), most=6)
    (enclosure,) = store.enclose([kept])

    assert (kept.size, kept.digest) == (6, hashlib.sha256(b"Inhalt").hexdigest())
    assert [await read(enclosure.stream.chunks(4)) for _ in range(2)] == [b"Inhalt"] * 2


async def test_a_large_attachment_is_refused() -> None:
    """One byte too many, and nothing is kept."""
    store = MemoryAttachments()
    with pytest.raises(TooLarge):
        await store.keep("anlage-1", "text/plain", in_pieces(b"Inhalt"), most=5)

    assert await store.sweep(frozenset(), older_than=-1) == 0


async def test_orphans_are_swept_when_they_are_old() -> None:
    """What belongs to a submission stays, and so does what came just now."""
    clock = FakeClock()
    store: AttachmentStore = MemoryAttachments(clock)
    known, orphan = [await store.keep("a", "text/plain", in_pieces(b"x"), 1) for _ in range(2)]
    assert await store.sweep(frozenset({known.id}), older_than=60) == 0
    clock.advance(61)

    assert await store.sweep(frozenset({known.id}), older_than=60) == 1
    assert await read(store.open(known).chunks()) == b"x"
    with pytest.raises(KeyError):
        store.open(orphan)


@pytest.mark.parametrize("piece", [1_000, 65_536, 1 << 20])
async def test_a_large_stream_is_what_it_says(piece: int) -> None:
    """Size and digest do not depend on the pieces it is read in."""
    stream = LargeStream(1_000_000)
    content = await read(stream.chunks(piece))

    assert (len(content), hashlib.sha256(content).hexdigest()) == (stream.size, stream.digest)


def test_a_sample_document_carries_all_canaries() -> None:
    """And it is at least as long as asked for, and XML."""
    document = an_xml_document(8_192)

    assert 8_192 <= len(document) < 8_300
    assert all(canary in document.decode() for canary in CANARIES)


def test_a_ledger_outlives_its_process_and_its_own_torn_line(tmp_path: Path) -> None:
    """Lines stay in order; one that a power cut left unfinished never counted."""
    Ledger(tmp_path / "ledger").write(["a", "b"])
    with (tmp_path / "ledger").open("a", encoding="utf-8") as file:
        file.write("halb")
    ledger = Ledger(tmp_path / "ledger")
    ledger.write(["c"])

    assert ledger.lines() == Ledger(tmp_path / "ledger").lines() == ["a", "b", "c"]
    assert "b" in ledger
    assert "halb" not in ledger


async def test_waiting_ends() -> None:
    """With the value as soon as there is one, with an error when there is none in time."""
    values = iter([0, 0, 7])

    assert await until(lambda: next(values)) == 7
    with pytest.raises(TimeoutError):
        await until(lambda: False, within=0.01)


def test_a_plugin_refuses_settings_it_does_not_know() -> None:
    """Even an adapter that reads none of its own names what is unknown."""
    with pytest.raises(BadSettings, match=r"beispiel: setting farbe, form is unknown\. Known are: -"):
        FakeVendor().plugin().check({"form": 1, "farbe": 2})


def test_simulators_do_not_need_pytest() -> None:
    """Whoever runs a sandbox has no test tools installed: importing the fakes does not ask for them."""
    code = "import sys, gateway.testing, adapters.filedrop; sys.exit('pytest' in sys.modules or 'anyio' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
