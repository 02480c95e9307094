"""The examiner's harder half: a vendor's system that misbehaves, and thousands of deliveries in a row."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import Mapping
from typing import ClassVar, Final

import pytest

from gateway.adapter import (
    Adapter,
    Askable,
    Consignment,
    Delivered,
    NotThere,
    Outcome,
    Refused,
    Simulator,
    Unclear,
    Unreachable,
)
from gateway.testing.examination import Examination
from gateway.testing.moods import Mood, Moody
from gateway.testing.rules import asks
from gateway.testing.samples import an_enclosure

TIMED_OUT: Final = Unclear("time-limit")
"""what the gateway takes a delivery for that it had to cancel"""

TRUE: Final[Mapping[Mood, tuple[type[Outcome], ...]]] = {
    Mood.GOOD: (Delivered,),
    Mood.SLOW: (Delivered,),
    Mood.HANGS: (Unclear, Unreachable),
    Mood.RESETS: (Unclear, Unreachable),
    Mood.TAKES_AND_HANGS: (Unclear,),
    Mood.FAULT_INSIDE: (Unclear, Unreachable, Refused),
    Mood.TOO_MANY: (Unreachable,),
    Mood.AWAY: (Unreachable,),
    Mood.REJECTS_LATER: (Delivered,),
    Mood.EXPIRED: (Unreachable,),
    Mood.DISK_FULL: (Unreachable,),
    Mood.HOSTILE_XML: (Unclear, Unreachable),
}
"""The outcomes that are true of a delivery that met this mood."""

NAMES_A_TIME: Final = frozenset({Mood.TOO_MANY, Mood.AWAY})

NETWORKS: Final = frozenset({"https", "xta"})
"""Transports over which somebody answers: their simulators know every mood."""

FEW: Final = 200
HELD: Final = 2_048
"""bytes that adapter and simulator may keep of a delivery, together: an id and its digests, no document"""
ONCE: Final = 1 << 18
"""bytes of what fills once and stays: caches, connections"""
_AT_ONCE: Final = 8
_SEVEN_MINUTES: Final = 420.0


class HardDays(Examination):
    """The rules that need a simulator with tricks, or much of everything."""

    deliveries: ClassVar[int] = FEW
    """how many in a row; `gateway adapters check` asks for 10,000"""
    impatience: ClassVar[float] = 1.0
    """seconds after which a delivery that hangs is cancelled, as the gateway does after the manifest's time limit"""

    @asks("survives-a-hostile-vendor")
    async def test_the_outcome_is_true_in_every_mood(self, adapter: Adapter, simulator: Simulator) -> None:
        """It never says `Delivered` of what was not taken, and what the gateway does next doubles nothing."""
        moods = sorted(simulator.moods) if isinstance(simulator, Moody) else []

        found = {mood.value: trouble for mood in moods if (trouble := await self._trouble(mood, adapter, simulator))}

        assert not found

    @asks("survives-a-hostile-vendor")
    async def test_a_vendor_on_a_network_knows_every_mood(self, simulator: Simulator) -> None:
        """Whoever answers over a network can do all of it, so the simulator can."""
        if NETWORKS & {*self.plugin.manifest.transports}:
            assert isinstance(simulator, Moody)
            assert simulator.moods == frozenset(Mood)

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
        assert held < ONCE + HELD * (self.deliveries - warm), f"{held} bytes held after {self.deliveries} deliveries"

    async def _trouble(self, mood: Mood, adapter: Adapter, simulator: Simulator) -> str:
        """What is wrong with how the adapter takes this mood; empty where nothing is."""
        assert isinstance(simulator, Moody)
        sent = self.consignment(simulator, an_enclosure())
        simulator.behave(mood)
        outcome = await self.outcome_of(adapter, sent)
        if not isinstance(outcome, TRUE[mood]):
            return f"the outcome is {outcome}"
        if mood in NAMES_A_TIME and not (isinstance(outcome, Unreachable) and outcome.wait):
            return "it does not say how long the vendor wants to be left alone"
        if mood is Mood.REJECTS_LATER and isinstance(adapter, Askable):
            answer = await adapter.ask(sent)
            return "" if isinstance(answer, Refused) else f"asked, it answers {answer}, and it was rejected"
        simulator.behave(Mood.GOOD)
        if trouble := await self._going_on(adapter, sent, outcome):
            return trouble
        await self.pass_by(adapter, simulator)
        times = simulator.ledger().count(sent.submission.id)
        return "" if times in self._right(outcome, adapter) else f"it was taken {times} times"

    def _right(self, outcome: Outcome, adapter: Adapter) -> tuple[int, ...]:
        """How often the Fachverfahren may have taken it in the end."""
        if isinstance(outcome, Refused):
            return (0,)
        return (0, 1) if self._is_left_alone(outcome, adapter) else (1,)

    def _is_left_alone(self, outcome: Outcome, adapter: Adapter) -> bool:
        """Nobody knows, and nobody can be asked: a human decides."""
        manifest = self.plugin.manifest
        return isinstance(outcome, Unclear) and not isinstance(adapter, Askable) and manifest.when_unclear == "park"

    async def _going_on(self, adapter: Adapter, consignment: Consignment, outcome: Outcome) -> str:
        """What the gateway does next: ask where nobody knows, and deliver again where that is right."""
        if isinstance(outcome, Delivered | Refused) or self._is_left_alone(outcome, adapter):
            return ""
        if isinstance(outcome, Unclear) and isinstance(adapter, Askable):
            answer = await adapter.ask(consignment)
            if not isinstance(answer, NotThere):
                return "" if isinstance(answer, Delivered) else f"asked, it answers {answer}"
        return await self._again(adapter, consignment)

    async def _again(self, adapter: Adapter, consignment: Consignment) -> str:
        outcome = await self.deliver(adapter, consignment)
        return "" if isinstance(outcome, Delivered) else f"delivered again, the outcome is {outcome}"

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
