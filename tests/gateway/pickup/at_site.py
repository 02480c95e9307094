"""A worker at a site in the loop of a test, and a line to its gateway that can break."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

from gateway import plugins
from gateway.drivers.pickup import Door, SitePost, Way
from gateway.submission import State, SubmissionId
from gateway.testing import FakeVendor
from gateway.worker import WayBack, working
from tests.gateway.drivers.journal_rig import standing
from tests.gateway.pickup.post_office import KELHEIM, PostOffice

URL = "https://gateway.example/v1/sites/kelheim"


@dataclass
class Line(httpx2.AsyncBaseTransport):
    """The line between site and gateway: `fault` says for each request how it breaks, if it does."""

    beyond: httpx2.AsyncBaseTransport
    fault: Callable[[str], str] = lambda _: ""
    """by method and the path's last part: "away" before it arrives, "lost" on the way back, or nothing"""
    asked: list[str] = field(default_factory=list)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        call = f"{request.method} {request.url.path.rsplit('/', 1)[1]}"
        self.asked.append(call)
        fault = self.fault(call)
        if fault == "away":
            raise httpx2.ConnectError("away")
        response = await self.beyond.handle_async_request(request)
        if fault == "lost":
            raise httpx2.ReadError("lost")
        return response


def the_first(call: str, fault: str, times: int = 1) -> Callable[[str], str]:
    """So often the fault at this call, and then nothing."""
    left = [times]

    def breaks(asked: str) -> str:
        if asked == call and left[0]:
            left[0] -= 1
            return fault
        return ""

    return breaks


@dataclass
class AtSite:
    """A worker at Kelheim, and the line it has."""

    post: SitePost
    line: Line
    vendor: FakeVendor
    paused: list[float]


@asynccontextmanager
async def at_site(
    office: PostOffice, vendor: FakeVendor, *, at_once: int = 8, fault: Callable[[str], str] = lambda _: "", **more: Any
) -> AsyncIterator[AtSite]:
    """A worker at a site, in this very loop; it does not really wait when it pauses."""
    paused: list[float] = []

    async def pause(seconds: float) -> None:
        paused.append(seconds)
        await asyncio.sleep(0.002)

    transport = office.http._transport
    line = Line(transport, fault)
    async with AsyncExitStack() as stack:
        way = Way(url=URL, token=more.pop("token", KELHEIM))
        door = await stack.enter_async_context(Door(way, at_once, transport=line, pause=pause))
        post = SitePost(door, pause=pause)
        await post.look_around()
        await stack.enter_async_context(
            working(
                [vendor.plugin(name="filedrop", **more)],
                name="w",
                claims=post,
                post=lambda _: post,
                endpoint=post.endpoint,
                attachments=post,
                at_once=at_once,
                longest=5.0,
                spare=20.0,
                opened=plugins.opened,
                home=WayBack(post=post, destinations=post.destinations, every=0.01),
            )
        )
        await stack.enter_async_context(post.listening())
        yield AtSite(post, line, vendor, paused)


async def arrive(office: PostOffice, *letters: SubmissionId) -> None:
    """Wait until all of these are delivered."""
    async with asyncio.timeout(10):
        for letter in letters:
            while (await standing(office.journal, letter)).state is not State.DELIVERED:
                await asyncio.sleep(0.005)
