"""Composition root of a worker at a site: settings in, a worker out that picks up over HTTPS."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from importlib.metadata import version
from typing import Final

from fastapi import FastAPI

from gateway import plugins
from gateway.adapter import Endpoint, Plugin, Probeable
from gateway.drivers.pickup import Door, SitePost, Way, beating, first_beat
from gateway.drivers.secret_folder import SecretFolder
from gateway.errors import GatewayError
from gateway.events import GatewayStarted, GatewayStopping
from gateway.intake import Connection
from gateway.listening import listening
from gateway.routing import filled
from gateway.routing.secrets import FindEndpoint, revealed
from gateway.settings import Settings
from gateway.site import Certificate
from gateway.status import Vitals
from gateway.worker import WayBack, working

_PATIENCE: Final = 20.0
"""seconds a look at a Fachverfahren may take"""

VERSION: Final = version("antragsgateway")


@asynccontextmanager
async def working_at_a_site(settings: Settings, names: Sequence[str]) -> AsyncIterator[None]:
    """
    A worker at a site, for these adapters, while the context is open.

    A gateway that is away is waited for. Leaving finishes what is in hand.

    Raises:
        BadSettings: the address is none, the token is missing, or the gateway does not let this site in.
        BadAdapter: an adapter is unknown or unusable.
    """
    known = plugins.load()
    chosen = [known.named(name) for name in names]
    way = Way(
        url=settings.site,
        token=settings.token.get_secret_value(),
        proxy=settings.site_proxy,
        authorities=settings.site_authorities,
    )
    name = re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname())[:100] or "worker"
    async with AsyncExitStack() as stack:
        door = await stack.enter_async_context(Door(way, settings.at_once * len(chosen)))
        await first_beat(door, name, VERSION)
        post = SitePost(door)
        await post.look_around()
        endpoint = at_home(post.endpoint, settings)
        await stack.enter_async_context(
            working(
                chosen,
                name=name,
                claims=post,
                post=lambda _: post,
                endpoint=endpoint,
                attachments=post,
                at_once=settings.at_once,
                longest=settings.delivery_seconds,
                spare=settings.lease_spare,
                opened=plugins.opened,
                home=WayBack(post=post, destinations=post.destinations, every=settings.collect_seconds),
            )
        )
        if settings.metrics_port is not None:
            vitals = FastAPI(openapi_url=None)
            vitals.include_router(Vitals().router)
            await stack.enter_async_context(listening(vitals, settings.host, settings.metrics_port, Connection))
        looking = _Certificates(chosen, post, endpoint)
        await stack.enter_async_context(beating(door, name, VERSION, looking.ends))
        await stack.enter_async_context(post.listening())
        GatewayStarted(kind=settings.kind, role="site", version=VERSION, address=way.url).tell()
        yield
        GatewayStopping(role="site").tell()


def at_home(endpoint: FindEndpoint, settings: Settings) -> FindEndpoint:
    """Finds the same endpoints, with this site's folder and secrets in them; raises as `revealed`."""
    vault, here = SecretFolder(settings.secret_folder), {"{data}": str(settings.data.resolve())}

    def found(name: str, test: bool) -> Endpoint:  # noqa: FBT001 - as the lane has it: live or test
        there = endpoint(name, test)
        return replace(there, settings=revealed(filled(there.settings, here), vault))

    return found


class _Certificates:
    """When certificates on the ways from here end, as far as adapters can see."""

    def __init__(self, chosen: Sequence[Plugin], post: SitePost, endpoint: FindEndpoint) -> None:
        self._chosen = chosen
        self._post = post
        self._endpoint = endpoint

    async def ends(self) -> tuple[Certificate, ...]:
        """The end of the first on each way to a Fachverfahren; the gateway is asked anew which ways there are."""
        await self._post.look_around()
        found: list[Certificate] = []
        for plugin in self._chosen:
            async with plugins.opened(plugin) as adapter:
                if isinstance(adapter, Probeable):
                    for there in self._post.endpoints_of(plugin.manifest.name):
                        found += await self._seen(adapter, there)
        return tuple(found)

    async def _seen(self, adapter: Probeable, there: Endpoint) -> list[Certificate]:
        try:
            async with asyncio.timeout(_PATIENCE):
                probe = await adapter.probe(self._endpoint(there.destination, there.test))
        except (TimeoutError, GatewayError):
            return []
        if probe.certificate_until is None:
            return []
        return [Certificate(f"{there.destination}{' (Test)' if there.test else ''}", probe.certificate_until)]
