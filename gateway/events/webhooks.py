"""What happens when portals are told."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from gateway.events.event import Event
from gateway.events.metrics import code, counter, one_of

NOTICES: Final = counter(
    "gateway_webhook_notices_total",
    "Attempts to tell a portal something, by how they ended.",
    one_of("outcome", "whether the portal took it", "taken", "failed"),
)
NOTICES_MISSED: Final = counter("gateway_webhook_notices_missed_total", "Notices given up; portals can still ask.")
WEBHOOKS_OFF: Final = counter(
    "gateway_webhooks_switched_off_total", "Webhooks switched off, by why.", code("reason", "why")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAnswered(Event):
    """A portal was told something; `because` says why it was not taken."""

    name = "webhook.answered"
    webhook: str
    client: str
    notice: str
    submission: str
    topic: str
    tries: int
    because: str = ""
    status: int | None = None

    def count(self) -> None:
        NOTICES("failed" if self.because else "taken").inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookMissed(Event):
    """Notices that a portal did not take for days were given up; `/events` and the status still tell them."""

    name = "webhook.missed"
    level = logging.WARNING
    webhook: str
    client: str
    notices: int

    def count(self) -> None:
        NOTICES_MISSED().inc(self.notices)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSwitchedOff(Event):
    """A webhook took nothing for days, or wants no more; `gateway webhooks resume` switches it on again."""

    name = "webhook.switched_off"
    level = logging.ERROR
    webhook: str
    client: str
    because: str

    def count(self) -> None:
        WEBHOOKS_OFF(self.because).inc()
