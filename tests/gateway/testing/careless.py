"""Adapters with one fault each, for the examiner to find. Run by `test_contract.py`, never by themselves."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from adapters import filedrop
from adapters.filedrop.adapter import FileDrop
from adapters.filedrop.mapping import Names, sidecar
from adapters.filedrop.simulator import FolderWatcher
from gateway.adapter import (
    Adapter,
    Answer,
    Consignment,
    Delivered,
    Enclosure,
    Endpoint,
    NotThere,
    Outcome,
    Plugin,
    Reply,
    Simulator,
    Unreachable,
)
from gateway.submission import Grade
from gateway.testing import MemoryStream
from gateway.testing.contract import AdapterContract
from gateway.testing.moods import Mood


class SaysSoBeforeSending(FileDrop):
    async def deliver(self, consignment: Consignment) -> Outcome:
        return Delivered(f"{consignment.submission.id}.json", Grade.TRANSPORT)


class CutsTheLastByte(FileDrop):
    async def deliver(self, consignment: Consignment) -> Outcome:
        return await super().deliver(replace(consignment, document=consignment.document[:-1]))


class ForgetsWhatItDelivered(FileDrop):
    async def deliver(self, consignment: Consignment) -> Outcome:
        inbox, names = Path(consignment.endpoint.settings["directory"]), Names.of(consignment.submission)
        for name, enclosure in zip(names.attachments, consignment.enclosures, strict=True):
            (inbox / name).write_bytes(b"".join([piece async for piece in enclosure.stream.chunks()]))
        (inbox / names.document).write_bytes(consignment.document)
        (inbox / f".{names.sidecar}").write_bytes(sidecar(consignment))
        (inbox / f".{names.sidecar}").rename(inbox / names.sidecar)
        return Delivered(names.sidecar, Grade.TRANSPORT)


class Gullible(FolderWatcher):
    """Takes a submission as often as it is brought."""

    def ledger(self) -> list[str]:
        return super().ledger() + self.doubled()


@asynccontextmanager
async def gullible(destination: str, folder: Path) -> AsyncIterator[Simulator]:
    async with Gullible(folder / destination).running() as watcher:
        yield watcher


class DeliversWithoutTheAttachments(FileDrop):
    async def deliver(self, consignment: Consignment) -> Outcome:
        outcome = await super().deliver(_without_attachments(consignment))
        for enclosure in consignment.enclosures:
            async for _ in enclosure.stream.chunks():
                pass
        return outcome


class CannotBeStopped(FileDrop):
    async def deliver(self, consignment: Consignment) -> Outcome:
        delivery = asyncio.ensure_future(super().deliver(_without_attachments(consignment)))
        with suppress(asyncio.CancelledError):
            async for _ in consignment.enclosures[0].stream.chunks():
                pass
        return await delivery


class NeverSure(FileDrop):
    async def ask(self, consignment: Consignment) -> Answer:
        return NotThere()


class AlwaysSure(FileDrop):
    async def ask(self, consignment: Consignment) -> Answer:
        return Delivered(f"{consignment.submission.id}.json", Grade.TRANSPORT)


class Raises(FileDrop):
    async def deliver(self, consignment: Consignment) -> Outcome:
        outcome = await super().deliver(consignment)
        if isinstance(outcome, Unreachable):
            raise ConnectionError(outcome.because)
        return outcome


class KeepsTheFirstAddress(FileDrop):
    address: Endpoint | None = None

    async def deliver(self, consignment: Consignment) -> Outcome:
        self.address = self.address or consignment.endpoint
        return await super().deliver(replace(consignment, endpoint=self.address))


class Boasts(FileDrop):
    async def deliver(self, consignment: Consignment) -> Outcome:
        outcome = await super().deliver(consignment)
        return replace(outcome, grade=Grade.ANSWERED) if isinstance(outcome, Delivered) else outcome


class Rambles(FileDrop):
    async def deliver(self, consignment: Consignment) -> Outcome:
        outcome = await super().deliver(consignment)
        if isinstance(outcome, Unreachable):
            return Unreachable(f"Could not open {consignment.endpoint.settings['directory']}!")
        return outcome


class Chatters(FileDrop):
    async def deliver(self, consignment: Consignment) -> Outcome:
        logging.getLogger("vendor").debug("sending %s", consignment.document)
        return await super().deliver(consignment)


class Swallows(FileDrop):
    async def deliver(self, consignment: Consignment) -> Outcome:
        outcome = await super().deliver(consignment)
        return Delivered("", Grade.TRANSPORT) if isinstance(outcome, Unreachable) else outcome


class Crowded(FolderWatcher):
    """Its disk is full when it is told so."""

    moods = frozenset({Mood.DISK_FULL})

    def behave(self, mood: Mood) -> None:
        self.fail(mood is Mood.DISK_FULL)


@asynccontextmanager
async def crowded(destination: str, folder: Path) -> AsyncIterator[Simulator]:
    async with Crowded(folder / destination).running() as watcher:
        yield watcher


class Remembers(FileDrop):
    def __init__(self) -> None:
        super().__init__()
        self.all: list[Consignment] = []

    async def deliver(self, consignment: Consignment) -> Outcome:
        self.all.append(consignment)
        return await super().deliver(consignment)


class Hoards(FileDrop):
    async def deliver(self, consignment: Consignment) -> Outcome:
        return await super().deliver(
            replace(consignment, enclosures=tuple([await _held_whole(one) for one in consignment.enclosures]))
        )


class MixesUp(FileDrop):
    current: Consignment

    async def deliver(self, consignment: Consignment) -> Outcome:
        self.current = consignment
        await asyncio.sleep(0)
        return await super().deliver(self.current)


def _without_attachments(consignment: Consignment) -> Consignment:
    return replace(consignment, submission=replace(consignment.submission, attachments=()), enclosures=())


async def _held_whole(enclosure: Enclosure) -> Enclosure:
    return replace(enclosure, stream=MemoryStream(b"".join([piece async for piece in enclosure.stream.chunks()])))


def careless(fault: Callable[[], Adapter], **plugin: Any) -> Plugin:
    @asynccontextmanager
    async def open_it() -> AsyncIterator[Adapter]:
        yield fault()

    return replace(filedrop.plugin, open=open_it, **plugin)


class Examined(AdapterContract):
    folder = files("adapters.filedrop")
    patience = 0.3


class ForgetsAnswers(FileDrop):
    async def collect(self, endpoint: Endpoint) -> AsyncIterator[Reply | Unreachable]:
        async for found in super().collect(endpoint):
            if isinstance(found, Reply):
                await super().acknowledge(endpoint, found)
            yield found


FAULTS = {
    ForgetsAnswers: "gives-back-answers",
    SaysSoBeforeSending: "delivers-complete",
    CutsTheLastByte: "delivers-complete",
    DeliversWithoutTheAttachments: "leaves-nothing-half-done",
    CannotBeStopped: "answers-in-time",
    NeverSure: "tells-the-truth-when-asked",
    AlwaysSure: "tells-the-truth-when-asked",
    Raises: "admits-absence",
    KeepsTheFirstAddress: "goes-where-it-is-told",
    Boasts: "keeps-to-its-manifest",
    Rambles: "speaks-in-codes",
    Chatters: "keeps-silent",
    Hoards: "streams-attachments",
    Remembers: "forgets-what-is-done",
    MixesUp: "works-at-once",
}
"""Each careless adapter, and the rule it breaks."""

for fault in FAULTS:
    name = f"Test{fault.__name__}"
    globals()[name] = type(name, (Examined,), {"plugin": careless(fault), "__module__": __name__})


class TestForgetsWhatItDelivered(Examined):
    plugin = careless(ForgetsWhatItDelivered, simulate=gullible)


class TestSwallows(Examined):
    plugin = careless(Swallows, simulate=crowded)


class TestTakesAnySetting(Examined):
    plugin = careless(FileDrop, settings={"directory": "Wohin", "verzeichniss": "Ein Tippfehler."})


class TestHasNoSimulator(Examined):
    plugin = careless(FileDrop, simulate=None)


class TestSaysNothing(Examined):
    plugin = filedrop.plugin
    folder = Path(__file__).parent
