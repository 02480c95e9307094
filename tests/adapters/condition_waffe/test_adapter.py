"""Nothing is put into the mailbox of the weapons procedure before somebody has said that it is read by nobody else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.condition_waffe import plugin
from adapters.condition_waffe.adapter import open_waffe
from adapters.condition_waffe.settings import EXPLAINED
from adapters.condition_waffe.simulator import weapons
from gateway.adapter import Delivered
from gateway.errors import BadSettings
from gateway.testing import a_consignment
from gateway.testing.xta import ProcedureBehindXta
from tests.conftest import ROOT

pytestmark = pytest.mark.anyio

ANTRAG = next((ROOT / "xsd/ag-waffen/1.0/examples/valid").glob("*.xml")).read_bytes()


@pytest.fixture
async def procedure(tmp_path: Path, shared_data: Path) -> AsyncIterator[ProcedureBehindXta]:
    """The procedure, behind a server that refuses what the official schemas refuse."""
    simulated = weapons(tmp_path / "waffe", shared_data / "xta-2.1.1")
    async with simulated.server:
        yield simulated
    assert simulated.server.invalid == []


@pytest.mark.parametrize("said", [None, False, "ja"])
async def test_the_guard_wants_a_clear_word(procedure: ProcedureBehindXta, said: object) -> None:
    """Without `okkomm_switched_off = true` the settings will not do, and the sentence says why."""
    settings = {name: value for name, value in procedure.settings().items() if name != "okkomm_switched_off"}
    if said is not None:
        settings["okkomm_switched_off"] = said

    with pytest.raises(BadSettings, match="okkomm_switched_off"):
        plugin.check(settings)
    async with open_waffe() as adapter:
        with pytest.raises(BadSettings):
            await adapter.deliver(a_consignment(ANTRAG, (), settings))
    assert not procedure.server.asked


async def test_a_real_message_is_carried_validly(procedure: ProcedureBehindXta) -> None:
    """An application for a licence travels to the mailbox as the official schemas want it."""
    sent = a_consignment(ANTRAG, (), procedure.settings(), service="waffen")

    async with open_waffe() as adapter:
        outcome = await adapter.deliver(sent)

    assert isinstance(outcome, Delivered)
    assert procedure.ledger() == [sent.submission.id]
    assert set(procedure.settings()) < set(EXPLAINED)
