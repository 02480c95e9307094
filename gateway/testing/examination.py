"""What every test of an examination stands on: an open adapter, a running simulator, and the steps of a delivery."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import ClassVar

import pytest

from gateway.adapter import (
    Adapter,
    Askable,
    Consignment,
    Delivered,
    Enclosure,
    OpenSimulator,
    Outcome,
    Plugin,
    Simulator,
    Taken,
)
from gateway.testing.rules import RULE_OF, read_quality
from gateway.testing.samples import a_consignment, an_xml_document
from gateway.testing.waiting import until


class Examination:
    """One adapter and its own simulator; a rule its `quality.toml` is exempt from is skipped with the reason."""

    pytestmark: ClassVar = pytest.mark.anyio

    plugin: ClassVar[Plugin]
    folder: ClassVar[Traversable | Path]
    patience: ClassVar[float] = 10.0
    """seconds after which what the simulator should have seen is missing"""
    answers: ClassVar[bool] = True
    """whether an adapter that collects gets answers by this way"""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture(autouse=True)
    def _only_what_applies(self, request: pytest.FixtureRequest) -> None:
        rule = RULE_OF.get(request.function.__name__)
        if rule and (reason := read_quality(self.folder / "quality.toml")[rule]):
            pytest.skip(f"{rule}: {reason}")

    @pytest.fixture
    async def adapter(self) -> AsyncIterator[Adapter]:
        async with self.plugin.open() as adapter:
            yield adapter

    @pytest.fixture
    async def askable(self, adapter: Adapter) -> Askable:
        if not isinstance(adapter, Askable):
            pytest.skip("it cannot be asked, and its manifest says so")
        return adapter

    @pytest.fixture
    async def simulator(self, tmp_path: Path) -> AsyncIterator[Simulator]:
        async with self.open_simulator()("musterstadt", tmp_path) as simulator:
            yield simulator

    def open_simulator(self) -> OpenSimulator:
        assert self.plugin.simulate is not None, "an adapter without a simulator cannot be examined"
        return self.plugin.simulate

    def consignment(self, simulator: Simulator, *enclosures: Enclosure) -> Consignment:
        """A delivery of its own for this simulator, with all canaries in the document."""
        return a_consignment(
            an_xml_document(8_192), enclosures, simulator.settings(), adapter=self.plugin.manifest.name
        )

    async def deliver(self, adapter: Adapter, consignment: Consignment) -> Outcome:
        """Deliver within the manifest's time limit."""
        async with asyncio.timeout(self.plugin.manifest.time_limit):
            return await adapter.deliver(consignment)

    async def arrives(self, adapter: Adapter, consignment: Consignment) -> Delivered:
        """Deliver, and insist."""
        outcome = await self.deliver(adapter, consignment)
        assert isinstance(outcome, Delivered), f"the outcome is {outcome}"
        return outcome

    async def taken(self, simulator: Simulator, consignment: Consignment) -> Taken:
        """What the Fachverfahren took, as soon as it has."""
        id_ = consignment.submission.id
        try:
            taken = await until(lambda: simulator.taken(id_), self.patience)
        except TimeoutError:
            raise AssertionError(f"the simulator took nothing within {self.patience} s") from None
        assert taken is not None
        return taken

    async def pass_by(self, adapter: Adapter, simulator: Simulator) -> None:
        """Have another submission taken: by then the simulator has seen all that came before it."""
        other = self.consignment(simulator)
        await self.arrives(adapter, other)
        await self.taken(simulator, other)
