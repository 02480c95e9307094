"""
The examiner of adapters: the rules of `docs/spec/adapter.md`, asked one by one through the adapter's own simulator.

    class TestFileDrop(AdapterContract):
        plugin = filedrop.plugin
        folder = files("adapters.filedrop")

Runs with pytest and the plugin that anyio brings.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from gateway.adapter import (
    Adapter,
    Answering,
    Askable,
    Collecting,
    Consignment,
    Delivered,
    Enclosure,
    NotThere,
    Outcome,
    Refused,
    Reply,
    Simulator,
    Stream,
    Taken,
    Unclear,
    Unreachable,
)
from gateway.errors import BadSettings
from gateway.events import watched
from gateway.testing.attachments import LargeStream
from gateway.testing.examination import Examination
from gateway.testing.hard_days import HardDays
from gateway.testing.rules import RULE_OF, asks, read_quality
from gateway.testing.samples import CANARIES, an_enclosure

__all__ = ["RULE_OF", "AdapterContract"]

MEGABYTE: Final = 1 << 20
LARGE: Final = 50 * MEGABYTE
AT_HAND: Final = 16 * MEGABYTE
"""what an adapter and its simulator may hold of a large attachment, together"""
MANY: Final = 40

_CODE: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)


class AdapterContract(HardDays, Examination):
    """Subclass it, name the plugin and the folder with its `quality.toml` and `README.md`, and run it."""

    # ── what arrives ─────────────────────────────────────────────────────────────────────────────────────────────

    @asks("delivers-complete")
    async def test_document_and_attachments_arrive_byte_for_byte(self, adapter: Adapter, simulator: Simulator) -> None:
        """What the Fachverfahren took has the digests of what was sent, under the names the document uses."""
        scan = an_enclosure(bytes(range(256)) * 600, name="anlage-scan", media_type="image/png")
        empty = an_enclosure(b"", name="anlage-leer", media_type="text/plain")
        sent = self.consignment(simulator, scan, empty, an_enclosure())

        await self.arrives(adapter, sent)

        assert await self.taken(simulator, sent) == _digests(sent)

    @asks("works-at-once")
    async def test_many_at_once_all_arrive(self, adapter: Adapter, simulator: Simulator) -> None:
        """Deliveries at the same time all arrive, each as itself."""
        sent = [self.consignment(simulator, an_enclosure(f"Anlage {n}".encode())) for n in range(MANY)]

        await asyncio.gather(*(self.arrives(adapter, one) for one in sent))

        assert [await self.taken(simulator, one) for one in sent] == [_digests(one) for one in sent]
        assert sorted(simulator.ledger()) == sorted(one.submission.id for one in sent)

    @asks("streams-attachments")
    async def test_a_large_attachment_stays_out_of_memory(self, adapter: Adapter, simulator: Simulator) -> None:
        """50 MB pass through in a third of that at most."""
        sent = self.consignment(simulator, an_enclosure(LargeStream(LARGE)))
        tracemalloc.start()
        try:
            await self.arrives(adapter, sent)
            taken = await self.taken(simulator, sent)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert taken == _digests(sent)
        assert peak < AT_HAND, f"{peak // MEGABYTE} MB were held at once"

    @asks("goes-where-it-is-told")
    async def test_it_delivers_to_the_endpoint_it_was_given(self, adapter: Adapter, tmp_path: Path) -> None:
        """Of two destinations, only the one the consignment names gets anything."""
        open_simulator = self.open_simulator()
        async with open_simulator("ort-a", tmp_path / "a") as here, open_simulator("ort-b", tmp_path / "b") as there:
            to_a, to_b = self.consignment(here), self.consignment(there)

            await self.arrives(adapter, to_a)
            await self.taken(here, to_a)
            await self.arrives(adapter, to_b)
            await self.taken(there, to_b)

            assert here.ledger() == [to_a.submission.id]
            assert there.ledger() == [to_b.submission.id]

    # ── again and half ───────────────────────────────────────────────────────────────────────────────────────────

    @asks("recognises-repetition")
    async def test_the_same_submission_again_is_taken_once(self, adapter: Adapter, simulator: Simulator) -> None:
        """A delivery repeated after the Fachverfahren took it says `Delivered` and changes nothing."""
        sent = self.consignment(simulator, an_enclosure())
        await self.arrives(adapter, sent)
        await self.taken(simulator, sent)

        await self.arrives(adapter, sent)
        await self.pass_by(adapter, simulator)

        assert simulator.ledger().count(sent.submission.id) == 1

    @asks("recognises-repetition")
    async def test_the_same_submission_twice_at_once_is_taken_once(
        self, adapter: Adapter, simulator: Simulator
    ) -> None:
        """Two workers who deliver the same submission at the same time do not double it."""
        sent = self.consignment(simulator, an_enclosure())
        async with self.plugin.open() as other:
            outcomes = await asyncio.gather(*(self.deliver(one, sent) for one in (adapter, other, adapter, other)))
        await self.taken(simulator, sent)
        await self.pass_by(adapter, simulator)

        assert any(isinstance(outcome, Delivered) for outcome in outcomes)
        assert simulator.ledger().count(sent.submission.id) == 1

    @asks("leaves-nothing-half-done")
    async def test_a_stream_that_breaks_leaves_nothing(self, adapter: Adapter, simulator: Simulator) -> None:
        """After an attachment that cannot be read to its end nothing was taken, and a repetition arrives whole."""
        sent = self.consignment(simulator, an_enclosure(b"x" * MEGABYTE))
        with pytest.raises(_Broken):
            await self.deliver(adapter, _with_stream(sent, _BreakingStream()))
        await self.pass_by(adapter, simulator)

        assert sent.submission.id not in simulator.ledger()
        await self.arrives(adapter, sent)
        assert await self.taken(simulator, sent) == _digests(sent)

    @asks("answers-in-time")
    async def test_it_lets_itself_be_cancelled(self, adapter: Adapter, simulator: Simulator) -> None:
        """A delivery cancelled half-way ends soon, leaves nothing to be taken, and can be repeated."""
        sent = self.consignment(simulator, an_enclosure())
        stalled = _StalledStream()
        delivery = asyncio.create_task(adapter.deliver(_with_stream(sent, stalled)))
        await asyncio.wait_for(stalled.reached.wait(), self.patience)

        delivery.cancel()
        await asyncio.wait({delivery}, timeout=self.patience)
        await self.pass_by(adapter, simulator)

        assert delivery.done(), "it goes on as if nobody had cancelled it"
        assert sent.submission.id not in simulator.ledger()
        await self.arrives(adapter, sent)

    # ── away and asked ───────────────────────────────────────────────────────────────────────────────────────────

    @asks("admits-absence")
    async def test_a_fachverfahren_that_is_away_is_unreachable(self, adapter: Adapter, simulator: Simulator) -> None:
        """While it is away the outcome is `Unreachable`; once it is back the same submission arrives, once."""
        sent = self.consignment(simulator, an_enclosure())
        simulator.fail(down=True)
        away = await self.deliver(adapter, sent)
        assert isinstance(away, Unreachable), f"away, and the outcome is {away}"

        simulator.fail(down=False)
        await self.arrives(adapter, sent)
        await self.taken(simulator, sent)

        assert simulator.ledger() == [sent.submission.id]

    @asks("tells-the-truth-when-asked")
    async def test_before_a_delivery_it_is_not_there(self, askable: Askable, simulator: Simulator) -> None:
        """What was never delivered is `NotThere`."""
        assert await askable.ask(self.consignment(simulator, an_enclosure())) == NotThere()

    @asks("tells-the-truth-when-asked")
    async def test_after_a_delivery_it_is_there(self, adapter: Adapter, askable: Askable, simulator: Simulator) -> None:
        """What was delivered stays `Delivered`, with the same words, after the Fachverfahren took it."""
        sent = self.consignment(simulator, an_enclosure())
        outcome = await self.arrives(adapter, sent)
        await self.taken(simulator, sent)

        assert await askable.ask(sent) == outcome

    @asks("tells-the-truth-when-asked")
    async def test_nobody_can_say_while_it_is_away(
        self, adapter: Adapter, askable: Askable, simulator: Simulator
    ) -> None:
        """A question that reaches nobody is `Unreachable`, whatever the truth is."""
        there, not_there = self.consignment(simulator), self.consignment(simulator)
        await self.arrives(adapter, there)

        simulator.fail(down=True)

        assert isinstance(await askable.ask(there), Unreachable)
        assert isinstance(await askable.ask(not_there), Unreachable)

    # ── its word ─────────────────────────────────────────────────────────────────────────────────────────────────

    @asks("keeps-to-its-manifest")
    async def test_no_outcome_is_better_than_the_manifest_says(self, adapter: Adapter, simulator: Simulator) -> None:
        """A delivery proves no more than `best_grade`, and `ask` is there exactly if `can_ask` says so."""
        outcome = await self.arrives(adapter, self.consignment(simulator))

        assert self.plugin.manifest.best_grade.reaches(outcome.grade)
        assert isinstance(adapter, Askable) == self.plugin.manifest.can_ask

    @asks("refuses-unknown-settings")
    async def test_settings_are_refused_by_name(self, simulator: Simulator) -> None:
        """The simulator's settings will do; an unknown one is refused with its name, and without its value."""
        settings = simulator.settings()
        self.plugin.check(settings)

        with pytest.raises(BadSettings) as refusal:
            self.plugin.check({**settings, "verzeichniss": CANARIES[0]})

        for sentence in (refusal.value.detail.de, refusal.value.detail.en):
            assert "verzeichniss" in sentence
            assert CANARIES[0] not in sentence

    @asks("speaks-in-codes")
    async def test_failures_are_told_in_short_codes(self, adapter: Adapter, simulator: Simulator) -> None:
        """`because` is a word of small letters, digits and dashes, of 40 at most."""
        simulator.fail(down=True)

        code = _code_of(await self.deliver(adapter, self.consignment(simulator)))

        assert _CODE.fullmatch(code), f"the code is {code!r}"
        assert len(code) <= 40

    @asks("keeps-silent")
    async def test_nothing_of_a_document_is_ever_repeated(
        self,
        adapter: Adapter,
        simulator: Simulator,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        """Name, birth date and IBAN of the document and names of files are in no log, event, code or print."""
        caplog.set_level("DEBUG")
        told: list[object] = []
        sent = self.consignment(simulator, an_enclosure(name=f"Urkunde {CANARIES[0]}"))
        with watched(told.append):
            simulator.fail(down=True)
            told.append(_code_of(await self.deliver(adapter, sent)))
            simulator.fail(down=False)
            with pytest.raises(_Broken):
                await self.deliver(adapter, _with_stream(sent, _BreakingStream()))
            told += [_code_of(await self.deliver(adapter, sent)) for _ in ("first", "again")]
            await self.taken(simulator, sent)
        printed = capfd.readouterr()

        heard = "\n".join([caplog.text, printed.out, printed.err, *map(repr, told)])
        assert [canary for canary in CANARIES if canary in heard] == []

    # ── what comes back ──────────────────────────────────────────────────────────────────────────────────────────

    @asks("gives-back-answers")
    async def test_answers_are_given_until_they_are_acknowledged(self, adapter: Adapter, simulator: Simulator) -> None:
        """Three looks: everything twice, then what is left; acknowledging what is gone does no harm."""
        assert isinstance(adapter, Collecting) == self.plugin.manifest.collects
        if not isinstance(adapter, Collecting) or not self.answers:
            return
        assert isinstance(simulator, Answering), "its simulator cannot be told to answer"
        sent = self.consignment(simulator)
        await self.arrives(adapter, sent)
        await self.taken(simulator, sent)
        uuids = simulator.answer(sent.submission.id)

        given, again = [await self.collected(adapter, sent) for _ in ("once", "again")]
        for _ in ("once", "again"):
            await adapter.acknowledge(sent.endpoint, given[0])
        left = await self.collected(adapter, sent)

        assert len(given) == len(uuids) > 1
        assert all(uuid.encode() in reply.document for uuid, reply in zip(uuids, given, strict=True))
        assert [one.document for one in again] == [one.document for one in given]
        assert [one.document for one in left] == [one.document for one in given[1:]]

    async def collected(self, collecting: Collecting, consignment: Consignment) -> list[Reply]:
        """What waits at this consignment's endpoint."""
        return [found async for found in collecting.collect(consignment.endpoint) if isinstance(found, Reply)]

    @asks("ships-a-simulator")
    async def test_a_simulator_begins_with_an_empty_ledger(self, simulator: Simulator) -> None:
        """Nothing is in the ledger that nobody brought."""
        assert simulator.ledger() == []
        assert simulator.taken("nie gebracht") is None

    @asks("explains-itself")
    async def test_it_has_a_readme_and_answers_every_rule(self) -> None:
        """`README.md` says something, and `quality.toml` answers every rule."""
        assert len((self.folder / "README.md").read_text("utf-8").split()) > 100
        assert read_quality(self.folder / "quality.toml")


class _Broken(Exception):
    """The store could not read on."""


class _BreakingStream:
    """Begins, and cannot be read to its end."""

    async def chunks(self, size: int = 65_536) -> AsyncIterator[bytes]:
        yield b"x" * size
        raise _Broken


class _StalledStream:
    """Begins, and never goes on; `reached` tells when."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()

    async def chunks(self, size: int = 65_536) -> AsyncIterator[bytes]:
        yield b"x" * size
        self.reached.set()
        await asyncio.Event().wait()


def _with_stream(consignment: Consignment, stream: Stream) -> Consignment:
    enclosures = tuple(Enclosure(one.attachment, stream) for one in consignment.enclosures)
    return Consignment(consignment.submission, consignment.document, enclosures, consignment.endpoint)


def _digests(consignment: Consignment) -> Taken:
    document = hashlib.sha256(consignment.document).hexdigest()
    return Taken(document, {one.attachment.name: one.attachment.digest for one in consignment.enclosures})


def _code_of(outcome: Outcome) -> str:
    """The part of an outcome that gets into events and logs."""
    match outcome:
        case Delivered(_, grade):
            return grade.value
        case Refused(code, _):
            return code
        case Unreachable(because) | Unclear(because):
            return because
