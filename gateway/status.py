"""Is it alive, is it ready, what does it count: for load balancers and monitoring; never about a vendor."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from prometheus_client import generate_latest

from gateway.errors import NobodysFault
from gateway.events import REGISTRY, SNAPSHOT, Samples
from gateway.journey import Gateway

_KEPT: Final = 1.0
"""Seconds an answer about readiness is given again: asking often must not be a load."""

_PATIENCE: Final = 5.0
"""Seconds the journal may take to show that it can be written."""

_SNAPSHOT_PATIENCE: Final = 2.0
"""Seconds a scrape waits for the journal: a journal that is away is when numbers are wanted most."""

_PLAIN: Final = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether requests should come here, and by what."""

    serving: bool
    journal: bool
    broker: bool
    schemas: int

    @property
    def ready(self) -> bool:
        """Not stopping, journal writable, broker connected, schemas loaded."""
        return self.serving and self.journal and self.broker and self.schemas > 0


class Vitals:
    """`/livez` and `/metrics` of any process; `router` is mounted beside other doors, or alone."""

    def __init__(self) -> None:
        self.router: Final = APIRouter(tags=["Betrieb"])
        self._add("/livez", self._alive, "isAlive", "Läuft der Prozess?", _ALIVE)
        self._add("/metrics", self._metrics, "getMetrics", "Messwerte für Prometheus", _METRICS)

    async def _alive(self, _: Request) -> Response:
        return _json({"status": "ok"}, 200)

    async def _metrics(self, _: Request) -> Response:
        return Response(generate_latest(REGISTRY), media_type=_PLAIN, headers=_FRESH)

    def _add(
        self, path: str, answer: Callable[..., Any], name: str, summary: str, responses: dict[int | str, Any]
    ) -> None:
        self.router.add_api_route(
            path,
            answer,
            methods=["GET"],
            name=name,
            operation_id=name,
            summary=summary,
            response_class=Response,
            response_model=None,
            responses=responses,
        )


class Status(Vitals):
    """
    `/livez`, `/readyz` and `/metrics` of a gateway.

    `snapshot` reads what the journal's leader put down last. Every scrape asks for it, so that all replicas show the
    same; while the journal is away they show what they had, and its own time says how old that is.
    """

    def __init__(
        self,
        gateway: Gateway,
        snapshot: Callable[[], Awaitable[Samples | None]],
        *,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._gateway = gateway
        self._snapshot = snapshot
        self._ticks = ticks
        self._serving = True
        self._known: Readiness | None = None
        self._known_at = float("-inf")
        self._looking = asyncio.Lock()
        self._add("/readyz", self._ready, "isReady", "Kann er Anträge annehmen?", _READY)

    def stop(self) -> None:
        """From now on not ready, so that nobody sends anything new here."""
        self._serving = False
        self._known = None

    async def readiness(self) -> Readiness:
        """Whether requests should come here; at most a second old."""
        async with self._looking:
            if self._known is None or self._ticks() - self._known_at >= _KEPT:
                self._known = await self._look()
                self._known_at = self._ticks()
            return self._known

    async def _look(self) -> Readiness:
        return Readiness(
            serving=self._serving,
            journal=await self._writable(),
            broker=self._gateway.dispatch.connected,
            schemas=len(self._gateway.schemas.packages),
        )

    async def _writable(self) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._gateway.journal.ready()
        except (NobodysFault, TimeoutError):
            return False
        return True

    async def _ready(self, _: Request) -> Response:
        found = await self.readiness()
        body = {
            "status": "ready" if found.ready else "not ready",
            "kind": self._gateway.kind,
            "serving": found.serving,
            "journal": found.journal,
            "broker": found.broker,
            "schemas": {"packages": found.schemas, "digest": self._gateway.schemas.digest},
            "tables": {"digest": self._gateway.tables.digest},
            "replies": {"digest": self._gateway.reply_tables.digest},
        }
        return _json(body, 200 if found.ready else 503)

    async def _metrics(self, request: Request) -> Response:
        try:
            async with asyncio.timeout(_SNAPSHOT_PATIENCE):
                found = await self._snapshot()
        except (NobodysFault, TimeoutError):
            found = None
        if found is not None:
            SNAPSHOT.show(found)
        return await super()._metrics(request)


def _json(body: dict[str, Any], status: int) -> Response:
    return Response(json.dumps(body), status, media_type="application/json", headers=_FRESH)


_FRESH: Final = {"Cache-Control": "no-store"}


def _shown(description: str, media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": schema}}}


_STATUS_ONLY: Final = {"type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}}
_DETAILS: Final = {
    "type": "object",
    "required": ["status", "kind", "serving", "journal", "broker", "schemas", "tables", "replies"],
    "properties": {
        "status": {"type": "string", "enum": ["ready", "not ready"]},
        "kind": {"type": "string", "enum": ["sandbox", "production"]},
        "serving": {"type": "boolean", "description": "falsch, sobald der Prozess beendet wird"},
        "journal": {"type": "boolean", "description": "ob das Journal beschreibbar ist"},
        "broker": {"type": "boolean", "description": "ob der Nachrichtenvermittler verbunden ist"},
        "schemas": {
            "type": "object",
            "properties": {"packages": {"type": "integer"}, "digest": {"type": "string"}},
        },
        "tables": {"type": "object", "properties": {"digest": {"type": "string"}}},
        "replies": {"type": "object", "properties": {"digest": {"type": "string"}}},
    },
}
_ALIVE: Final[dict[int | str, Any]] = {200: _shown("Der Prozess antwortet.", "application/json", _STATUS_ONLY)}
_READY: Final[dict[int | str, Any]] = {
    200: _shown("Bereit.", "application/json", _DETAILS),
    503: _shown("Zurzeit nicht bereit.", "application/json", _DETAILS),
}
_METRICS: Final[dict[int | str, Any]] = {
    200: _shown("Messwerte im Textformat von Prometheus.", "text/plain", {"type": "string"})
}
