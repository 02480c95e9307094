"""The heartbeat of a worker at a site: nobody can look there, so it says that it is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from gateway.drivers.pickup.door import Door, GatewayAway, Refusal
from gateway.errors import BadSettings, NotIdentified
from gateway.events import TaskFailed, frames_of
from gateway.site import Certificate, Heartbeat

EVERY: Final = 600.0

Look = Callable[[], Awaitable[tuple[Certificate, ...]]]
"""When the certificates here end."""


async def first_beat(door: Door, worker: str, version: str) -> None:
    """
    Say that a worker begins; a gateway that is away is waited for later.

    Raises:
        BadSettings: the gateway does not let this site in.
    """
    try:
        await door.heartbeat(Heartbeat(site=door.site, worker=worker, version=version))
    except GatewayAway:
        return
    except (NotIdentified, Refusal) as error:
        raise BadSettings(
            f"Das Gateway lässt den Standort „{door.site}“ nicht ein ({error.code}): Adresse und Token passen nicht "
            "zusammen, oder das Token ist gesperrt.",
            f"The gateway does not let the site '{door.site}' in ({error.code}): address and token do not belong "
            "together, or the token was revoked.",
        ) from None


@asynccontextmanager
async def beating(door: Door, worker: str, version: str, look: Look, every: float = EVERY) -> AsyncIterator[None]:
    """Say again and again that a worker is there, while the context is open."""
    task = asyncio.create_task(_beat(door, worker, version, look, every), name="heartbeat")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _beat(door: Door, worker: str, version: str, look: Look, every: float) -> None:
    while True:
        await asyncio.sleep(every)
        try:
            said = Heartbeat(site=door.site, worker=worker, version=version, certificates=await look())
            with suppress(GatewayAway, NotIdentified, Refusal):  # who asks for letters meets the same, and tells it
                await door.heartbeat(said)
        except Exception as error:  # noqa: BLE001 - a heart that stops would look like a site that is gone
            TaskFailed(task="heartbeat", error=type(error).__name__, frames=frames_of(error)).tell()
