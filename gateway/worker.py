"""Runs adapters: letters in, outcomes out; decides nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from gateway import journey
from gateway.adapter import Adapter, Endpoint, Plugin
from gateway.attachments import Encloses
from gateway.dispatch import Letter, Post, TakeLetter
from gateway.errors import NobodysFault
from gateway.events import JournalFailed
from gateway.journal import Claims
from gateway.journey import Workbench


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
) -> AsyncIterator[None]:
    """
    Deliver for these adapters while the context is open, at most `at_once` letters in hand each.

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
                time_limit=min(plugin.manifest.time_limit, longest or plugin.manifest.time_limit),
                spare=spare,
            )
            await stack.enter_async_context(bench.post.letters(plugin.manifest.name, _taker(bench), at_once))
        yield


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
