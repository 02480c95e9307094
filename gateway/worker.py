"""Runs adapters: letters in, outcomes and replies out; decides nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from gateway import journey, way_back
from gateway.adapter import Adapter, Endpoint, Plugin
from gateway.attachments import Encloses
from gateway.dispatch import Letter, Post, TakeLetter
from gateway.errors import NobodysFault
from gateway.events import JournalFailed, TaskFailed, frames_of
from gateway.journal import Claims
from gateway.journey import Workbench
from gateway.reply import Origin, ReplyPost

_COLLECTED_AT_ONCE: Final = 16
"""Destinations that a worker asks at the same time: one that hangs does not hold up the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """How replies come home: by which post, from which destinations of an adapter, and how often they are asked."""

    post: ReplyPost
    destinations: Callable[[str], Awaitable[Iterable[tuple[str, bool]]]]
    """by the adapter's name: each destination, and whether its test endpoint is meant"""
    every: float
    """seconds between two rounds"""


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
) -> AsyncIterator[None]:
    """
    Deliver for these adapters while the context is open, at most `at_once` letters in hand each, and collect replies.

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
                await stack.enter_async_context(_collecting(plugin.manifest.name, bench, home))
        yield


@asynccontextmanager
async def _collecting(adapter: str, bench: Workbench, home: WayBack) -> AsyncIterator[None]:
    collecting = asyncio.create_task(_again_and_again(adapter, bench, home), name=f"replies-{adapter}")
    try:
        yield
    finally:
        collecting.cancel()
        await asyncio.gather(collecting, return_exceptions=True)


async def _again_and_again(adapter: str, bench: Workbench, home: WayBack) -> None:
    room = asyncio.Semaphore(_COLLECTED_AT_ONCE)

    async def ask(destination: str, test: bool) -> None:  # noqa: FBT001 - as lanes have it
        async with room:
            origin = Origin(adapter=adapter, destination=destination, test=test, by=bench.name)
            await way_back.collect(origin, bench=bench)

    while True:
        try:
            destinations = await home.destinations(adapter)
            async with asyncio.TaskGroup() as asking:
                for destination, test in destinations:
                    asking.create_task(ask(destination, test))
        except Exception as error:  # noqa: BLE001 - a round that dies would be replies that silently stay away
            TaskFailed(task="collect", error=type(error).__name__, frames=frames_of(error)).tell()
        await bench.pause(home.every)


def _taker(bench: Workbench) -> TakeLetter:
    async def take(letter: Letter) -> None:
        # While the journal is away nothing can be claimed. The letter waits here: the broker counts what it gets back.
        while True:
            try:
                return await journey.deliver(letter, bench=bench)
            except NobodysFault as error:
                JournalFailed(operation="claim", error=type(error).__name__).tell()
                await bench.pause(1.0)

    return take
