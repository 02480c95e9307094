"""Runs adapters: letters in, outcomes and replies out; decides nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from gateway import journey, way_back
from gateway.adapter import Adapter, Endpoint, Plugin, Probe, Probeable
from gateway.attachments import Encloses
from gateway.dispatch import Letter, Post, TakeLetter
from gateway.errors import NobodysFault, OperatorsFault
from gateway.events import JournalFailed, TaskFailed, following, frames_of
from gateway.journal import Claims
from gateway.journey import Workbench
from gateway.reply import Origin, ReplyPost
from gateway.stock import Glance, GlanceBook

_AT_ONCE: Final = 16
"""Destinations that a worker asks at the same time: one that hangs does not hold up the others."""

_LOOKING: Final = 20.0
"""Seconds a look may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """How replies come home: by which post, from which destinations of an adapter, and how often they are asked."""

    post: ReplyPost
    destinations: Callable[[str], Awaitable[Iterable[tuple[str, bool]]]]
    """by the adapter's name: each destination, and whether its test endpoint is meant"""
    every: float
    """seconds between two rounds"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookout:
    """How destinations are looked at without delivering anything: into which book, and how often."""

    book: GlanceBook
    every: float
    """seconds between two looks"""


@asynccontextmanager
async def working(
    plugins: Iterable[Plugin],
    *,
    name: str,
    claims: Claims,
    post: Callable[[str], Post],
    endpoint: Callable[[str, bool], Endpoint],
    attachments: Encloses,
    at_once: int,
    longest: float | None,
    spare: float,
    opened: Callable[[Plugin], AbstractAsyncContextManager[Adapter]],
    home: WayBack,
    lookout: Lookout | None = None,
) -> AsyncIterator[None]:
    """
    Deliver for these adapters while the context is open, at most `at_once` letters in hand each, collect replies, and
    look at destinations, where there is a lookout.

    `post` gives an adapter's post. `longest` shortens the adapters' own time limits, `spare` is what a claim lasts
    beyond them; seconds. Leaving the context finishes what is in hand and hands the rest back.
    """
    async with AsyncExitStack() as stack:
        for plugin in plugins:
            bench = Workbench(
                name=name,
                claims=claims,
                post=post(plugin.manifest.name),
                adapter=await stack.enter_async_context(opened(plugin)),
                endpoint=endpoint,
                attachments=attachments,
                way_back=home.post,
                time_limit=min(plugin.manifest.time_limit, longest or plugin.manifest.time_limit),
                spare=spare,
            )
            await stack.enter_async_context(bench.post.letters(plugin.manifest.name, _taker(bench), at_once))
            if plugin.manifest.collects:
                collecting = _collect(plugin.manifest.name, bench, home)
                await stack.enter_async_context(_meanwhile(f"replies-{plugin.manifest.name}", collecting))
            if lookout is not None and isinstance(bench.adapter, Probeable):
                looking = _look(bench.adapter, plugin.manifest.name, bench, home, lookout)
                await stack.enter_async_context(_meanwhile(f"looks-{plugin.manifest.name}", looking))
        yield


@asynccontextmanager
async def _meanwhile(name: str, work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _collect(adapter: str, bench: Workbench, home: WayBack) -> None:
    async def ask(destination: str, test: bool) -> None:  # noqa: FBT001 - as lanes have it
        origin = Origin(adapter=adapter, destination=destination, test=test, by=bench.name)
        await way_back.collect(origin, bench=bench)

    while True:
        await _at_all("collect", home.destinations(adapter), ask)
        await bench.pause(home.every)


async def _look(adapter: Probeable, name: str, bench: Workbench, home: WayBack, lookout: Lookout) -> None:
    async def look(destination: str, test: bool) -> None:  # noqa: FBT001 - as lanes have it
        seen = await _probe(adapter, destination, test, bench)
        with suppress(NobodysFault):  # a journal that is away will be there at the next look
            await lookout.book.note_glance(Glance(name, destination, test, seen.because, seen.certificate_until))

    while True:
        await _at_all("look", home.destinations(name), look)
        await bench.pause(lookout.every)


async def _probe(adapter: Probeable, destination: str, test: bool, bench: Workbench) -> Probe:  # noqa: FBT001 - as above
    try:
        async with asyncio.timeout(_LOOKING):
            return await adapter.probe(bench.endpoint(destination, test))
    except TimeoutError:
        return Probe(because="time-limit")
    except OperatorsFault as fault:
        return Probe(because=fault.code)
    except Exception:  # noqa: BLE001 - whatever an adapter raises, a look is only a look
        return Probe(because="adapter-bug")


async def _at_all(
    task: str, destinations: Awaitable[Iterable[tuple[str, bool]]], do: Callable[[str, bool], Awaitable[None]]
) -> None:
    """Do this at every destination, at a few of them at once; a bug ends this round and is told."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def when_free(destination: str, test: bool) -> None:  # noqa: FBT001 - as above
        async with room:
            await do(destination, test)

    try:
        async with asyncio.TaskGroup() as group:
            for destination, test in await destinations:
                group.create_task(when_free(destination, test))
    except Exception as error:  # noqa: BLE001 - a round that dies would be silence where somebody listens
        TaskFailed(task=task, error=type(error).__name__, frames=frames_of(error)).tell()


def _taker(bench: Workbench) -> TakeLetter:
    async def take(letter: Letter) -> None:
        # While the journal is away nothing can be claimed. The letter waits here: the broker counts what it gets back.
        while True:
            try:
                with following(letter.traceparent):
                    return await journey.deliver(letter, bench=bench)
            except NobodysFault as error:
                JournalFailed(operation="claim", error=type(error).__name__).tell()
                await bench.pause(1.0)

    return take
