"""All connections of the pilots lead to the right Fachverfahren: real broker, one worker process for each vendor."""

import asyncio
import json
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gateway import plugins
from gateway.adapter import Simulator
from gateway.demo.samples import PDF
from gateway.portal import Enclosed, Portal
from gateway.routing import Door, Question, Tables
from gateway.validation import Schemas, Valid
from tests.conftest import ROOT
from tests.rig import Installation, Servers
from tests.rig.broker import broker_for_all
from tests.rig.tables import SHIPPED

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

VENDORS = ("akdb_okkomm", "condition_waffe", "prosoz_probaug")


@dataclass(frozen=True)
class Example:
    """A message for one of the connections."""

    destination: str
    document: bytes
    attachments: tuple[str, ...]


def examples(tables: Tables) -> list[Example]:
    """One for each connection: the first example of a package that leads there and refers to nothing earlier."""
    schemas, found = Schemas.load(ROOT / "xsd"), dict[str, Example]()
    for file in sorted((ROOT / "xsd").glob("*/*/examples/valid/*.xml")):
        verdict = schemas.judge(file.read_bytes())
        if not isinstance(verdict, Valid) or verdict.reading.test or verdict.reading.reference_uuid:
            continue
        door = tables.find(Question.about(verdict.reading, date(2026, 11, 28), place=verdict.document.text))
        if isinstance(door, Door):
            example = Example(door.connection.destination or "", file.read_bytes(), verdict.reading.attachments)
            found.setdefault(example.destination, example)
    return list(found.values())


def led_to(simulators: Mapping[str, Simulator], tables: Tables, folder: Path) -> Path:
    """The shipped tables with the simulators' settings in them."""
    shutil.copytree(SHIPPED, folder)
    sections = [
        f"[{one.name}]\nadapter = {json.dumps(one.adapter)}\n"
        + _lane("live", simulators[one.name].settings())
        + _lane("test", {**simulators[one.name].settings(), "url": "https://test.example"})
        for one in tables.destinations
    ]
    (folder / "destinations.toml").write_text("\n".join(sections), "utf-8")
    return folder


def _lane(lane: str, settings: Mapping[str, Any]) -> str:
    return "".join(f"{lane}.{name} = {json.dumps(value)}\n" for name, value in settings.items())


@pytest.fixture
async def simulators(tmp_path: Path) -> AsyncIterator[dict[str, Simulator]]:
    """Every Fachverfahren of the pilots, by the destination that leads to it."""
    tables, known = Tables.load(SHIPPED, tmp_path), plugins.load()
    async with AsyncExitStack() as stack:
        started = {}
        for destination in tables.destinations:
            simulate = known.named(destination.adapter).simulate
            assert simulate is not None
            started[destination.name] = await stack.enter_async_context(simulate(destination.name, tmp_path / "fv"))
        yield started


async def test_all_twenty_arrive_at_the_right_one(
    real_servers: Servers, simulators: dict[str, Simulator], tmp_path: Path
) -> None:
    """What a portal was told arrived is in the ledger of the one Fachverfahren it was meant for, and in no other."""
    tables = Tables.load(SHIPPED, tmp_path)
    routing = led_to(simulators, tables, tmp_path / "routing")
    journal = real_servers.postgres.create_database()
    expected: dict[str, list[str]] = {name: [] for name in simulators}
    with broker_for_all(real_servers.rabbit, VENDORS) as (broker, workers):
        installation = Installation(
            tmp_path,
            journal=journal,
            broker=broker,
            settings={"GATEWAY_ROUTING": str(routing), "GATEWAY_DELIVERY_SECONDS": "20"},
        )
        await installation.prepare()
        await asyncio.to_thread(installation.start_gateway)
        processes = [installation.start_worker_for(vendor, workers[vendor]) for vendor in VENDORS]
        try:
            async with Portal(installation.url, installation.token) as portal:
                for example in examples(tables):
                    enclosed = [Enclosed(name, f"{name}.pdf", PDF) for name in example.attachments]
                    answer = await portal.submit(example.document, enclosed)
                    assert answer.taken, answer.body
                    expected[example.destination].append(answer.submission)
            ledger = await installation.settled(within=60)
        finally:
            for process in processes:
                await asyncio.to_thread(process.end, signal.SIGTERM)
            await asyncio.to_thread(installation.stop)
            real_servers.postgres.drop_database(journal)

    assert {name: one.ledger() for name, one in simulators.items()} == expected
    assert [len(ids) for ids in expected.values()] == [1] * 20
    assert (ledger.received, ledger.concluded, ledger.imbalance) == (20, 20, 0)
