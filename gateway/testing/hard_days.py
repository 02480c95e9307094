"""The examiner's harder half: a vendor's system that misbehaves, and thousands of deliveries in a row."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import Mapping
from typing import ClassVar, Final

import pytest

from gateway.adapter import (
    BUSY_SECONDS,
    Adapter,
    Askable,
    Consignment,
    Delivered,
    NotThere,
    Outcome,
    Refused,
    Simulator,
    Trick,
    Trickster,
    Unclear,
    Unreachable,
)
from gateway.testing.examination import Examination
from gateway.testing.rules import asks
from gateway.testing.samples import an_enclosure

TIMED_OUT: Final = Unclear("time-limit")
"""what the gateway takes a delivery for that it had to cancel"""

TRUE: Final[Mapping[Trick, tuple[type[Outcome], ...]]] = {
    Trick.SLOW: (Delivered,),
    Trick.HANGS: (Unclear, Unreachable),
    Trick.TAKES_AND_HANGS: (Unclear,),
    Trick.RESETS: (Unclear, Unreachable),
    Trick.FAULT_INSIDE: (Unclear, Unreachable, Refused),
    Trick.HAS_IT: (Delivered,),
    Trick.BUSY: (Unreachable,),
    Trick.REJECTS_LATER: (Delivered,),
    Trick.EXPIRED: (Unreachable,),
    Trick.FULL: (Unreachable,),
    Trick.HOSTILE_XML: (Unclear, Unreachable),
}
"""The outcomes that are true of a delivery that met this trick."""

NETWORKS: Final = frozenset({"https", "xta"})
"""Transports whose simulators have to know every trick."""

FEW: Final = 200
HELD: Final = 2_048
"""bytes that adapter and simulator may keep of a delivery, together: an id and its digests, no document"""
_AT_ONCE: Final = 8
_SEVEN_MINUTES: Final = 420.0


class HardDays(Examination):
    """The rules that need a simulator with tricks, or much of everything."""

    deliveries: ClassVar[int] = FEW
    """how many in a row; `gateway adapters check` asks for 10,000"""
    impatience: ClassVar[float] = 2.0
    """seconds after which a delivery that hangs is cancelled, as the gateway does after the manifest's time limit"""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "trick" in metafunc.fixturenames:
            metafunc.parametrize("trick", sorted(self.plugin.tricks))

    @asks("survives-a-hostile-vendor")
    async def test_the_outcome_is_true_whatever_the_vendor_does(
        self, adapter: Adapter, simulator: Simulator, trick: Trick
    ) -> None:
        """It never says `Delivered` of what was not taken, and what the gateway does next doubles nothing."""
        trickster = _trickster(simulator)
        sent = self.consignment(simulator, an_enclosure())
        if trick is Trick.HAS_IT:
            await self.arrives(adapter, sent)
        trickster.play(trick)
        outcome = await self.outcome_of(adapter, sent)
        if trick is Trick.REJECTS_LATER and isinstance(adapter, Askable):
            assert isinstance(await adapter.ask(sent), Refused), "it does not hear that what was taken is rejected"
        trickster.play(None)

        assert isinstance(outcome, TRUE[trick]), f"{trick.value}: the outcome is {outcome}"
        if trick is Trick.BUSY:
            assert isinstance(outcome, Unreachable)
            assert outcome.wait is not None, "it does not say how long the vendor wants to be left alone"
            assert abs(outcome.wait - BUSY_SECONDS) <= 1
        await self.go_on(adapter, sent, outcome)
        if not isinstance(outcome, Refused):
            await self.taken(simulator, sent)
        await self.pass_by(adapter, simulator)
        assert simulator.ledger().count(sent.submission.id) == (0 if isinstance(outcome, Refused) else 1)

    @asks("survives-a-hostile-vendor")
    async def test_a_vendor_on_a_network_can_play_every_trick(self) -> None:
        """Whoever answers over a network can do all of it, so the simulator can."""
        assert self.plugin.tricks == frozenset(Trick) or not NETWORKS & {*self.plugin.manifest.transports}

    @asks("forgets-what-is-done")
    @pytest.mark.timeout(_SEVEN_MINUTES)
    async def test_deliveries_leave_no_memory_behind(self, adapter: Adapter, simulator: Simulator) -> None:
        """What is held grows by less than a quarter of a document for each delivery."""
        warm = self.deliveries // 10
        await self._deliver_many(adapter, simulator, warm)
        tracemalloc.start()
        try:
            await self._deliver_many(adapter, simulator, self.deliveries - warm)
            gc.collect()
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert len(simulator.ledger()) == self.deliveries
        assert held / (self.deliveries - warm) < HELD, f"{held} bytes are held after {self.deliveries} deliveries"

    async def _deliver_many(self, adapter: Adapter, simulator: Simulator, many: int) -> None:
        for begun in range(0, many, _AT_ONCE):
            sent = [self.consignment(simulator) for _ in range(begun, min(begun + _AT_ONCE, many))]
            await asyncio.gather(*(self.arrives(adapter, one) for one in sent))
            for one in sent:
                await self.taken(simulator, one)

    async def outcome_of(self, adapter: Adapter, consignment: Consignment) -> Outcome:
        """As the gateway sees it: a delivery that takes too long is cancelled, and nobody knows what became of it."""
        try:
            async with asyncio.timeout(self.impatience):
                return await adapter.deliver(consignment)
        except TimeoutError:
            return TIMED_OUT

    async def go_on(self, adapter: Adapter, consignment: Consignment, outcome: Outcome) -> None:
        """What the gateway does next: ask where nobody knows, and deliver again where that is right."""
        match outcome:
            case Delivered() | Refused():
                return
            case Unclear() if isinstance(adapter, Askable):
                answer = await adapter.ask(consignment)
                if isinstance(answer, NotThere):
                    await self.arrives(adapter, consignment)
                else:
                    assert isinstance(answer, Delivered), f"asked, it answers {answer}"
            case Unclear() if self.plugin.manifest.when_unclear == "park":
                pytest.skip("nobody can be asked, and the manifest says that a human looks")
            case _:
                await self.arrives(adapter, consignment)


def _trickster(simulator: Simulator) -> Trickster:
    assert isinstance(simulator, Trickster), "the plugin names tricks, and its simulator plays none"
    return simulator
