"""
What a snapshot of the journal tells: gauges that every replica shows alike, however many are asked.

A leader takes the snapshot; see `stocktaking`. Times of what is not there: zero means never; the oldest of nothing is
as old as the snapshot, so that an age computed from it is that of the snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from gateway.events.metrics import (
    ADAPTER,
    DECLARED,
    REGISTRY,
    SERVICE,
    TEST,
    Declared,
    Label,
    code,
    one_of,
)

Sample = tuple[tuple[str, ...], float]
"""values of the labels, and what is measured"""

Samples = Mapping[str, Sequence[Sample]]
"""by family"""

STATE: Final = one_of(
    "state",
    "where submissions stand (docs/transitions.md)",
    *("rejected", "accepted", "handed_over", "delivered", "confirmed", "refused", "parked", "expired"),
)
LAND: Final = Label("land", "first two digits of the authority's ARS", known="land")
SITE: Final = Label("site", "site where letters are picked up", known="site")


def _shown(name: str, says: str, *labels: Label) -> str:
    DECLARED.append(Declared(name, "gauge", says, labels, "snapshot"))
    return name


TAKEN: Final = _shown("gateway_snapshot_timestamp_seconds", "When the journal's snapshot was taken.")
IN_STATE: Final = _shown("gateway_submissions_in_state", "Submissions by where they stand now.", STATE, ADAPTER, TEST)
OLDEST: Final = _shown(
    "gateway_oldest_submission_timestamp_seconds",
    "When the oldest submission was received whose story has not ended, test messages apart.",
    one_of("state", "where it stands", "accepted", "handed_over", "delivered", "parked"),
    ADAPTER,
)
PARKED_NOW: Final = _shown(
    "gateway_parked_submissions",
    "Submissions that wait for a human, test messages apart.",
    ADAPTER,
    code("cause", "why"),
)
LAST_SUCCESS: Final = _shown(
    "gateway_stage_last_success_timestamp_seconds",
    "When a submission last got through a stage, test messages apart; 0: never.",
    one_of("stage", "which one", "accept", "claim", "deliver", "conclude", "reply"),
    ADAPTER,
)
UNPUBLISHED: Final = _shown(
    "gateway_outbox_unpublished_messages",
    "Submissions that are due, that their destination has room for, and that have not left.",
)
OLDEST_UNPUBLISHED: Final = _shown(
    "gateway_outbox_oldest_unpublished_timestamp_seconds", "When the first of those was due."
)
CIRCUITS: Final = _shown(
    "gateway_adapter_circuit_state",
    "Destinations of an adapter by the state of their breaker.",
    ADAPTER,
    one_of("state", "letters leave, one leaves to see, none leaves", "closed", "half-open", "open"),
)
CERTIFICATE_END: Final = _shown(
    "gateway_certificate_expiry_timestamp_seconds",
    "When the first certificate ends, on the way to a Fachverfahren or at a site.",
    one_of("purpose", "what for", "delivery", "site"),
    Label("adapter", "whose way, empty for sites", known="adapter"),
    Label("site", "which site, empty for ways", known="site"),
)
IMBALANCE: Final = _shown(
    "gateway_ledger_imbalance_submissions", "How far the ledger's two books are apart; must be 0.", SERVICE
)
IN_BOX: Final = _shown("gateway_replies_in_box", "Replies that fit nothing and wait for a human.")
NOTICES_WAITING: Final = _shown("gateway_webhook_notices_waiting", "Notices that portals have not taken yet.")
WEBHOOKS: Final = _shown(
    "gateway_webhooks", "Webhooks by how they do.", one_of("health", "how they do", "good", "failing", "off")
)
SITE_SEEN: Final = _shown(
    "gateway_site_seen_timestamp_seconds", "When a worker at a site was heard last; 0: never.", SITE
)
RESPONSIBLE: Final = _shown(
    "gateway_responsible_authorities", "Authorities that are responsible for a service.", LAND, SERVICE
)
CONNECTIONS: Final = _shown(
    "gateway_connections",
    "Connections by how far they have come.",
    LAND,
    SERVICE,
    one_of("state", "how far", "ordered", "configured", "tested", "live", "paused", "retired"),
)
BY_LAND: Final = _shown(
    "gateway_land_submissions", "Submissions by where they stand now, test messages apart.", LAND, SERVICE, STATE
)


class Snapshot(Collector):
    """What is shown of the journal now; the registry asks it with every scrape."""

    def __init__(self) -> None:
        self._samples: Samples = {}

    def show(self, samples: Samples) -> None:
        """From now on this; what is not in it is shown no longer, and families unknown here are not."""
        self._samples = samples

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Every family, whether there is something to show or not."""
        for declared in DECLARED:
            if declared.source != "snapshot":
                continue
            family = GaugeMetricFamily(declared.name, declared.says, labels=[label.name for label in declared.labels])
            for values, measured in self._samples.get(declared.name, ()):
                family.add_metric(values, measured)
            yield family

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """The families alone: the registry asks when this is added to it."""
        return [GaugeMetricFamily(one.name, one.says) for one in DECLARED if one.source == "snapshot"]


SNAPSHOT: Final = Snapshot()

REGISTRY.register(SNAPSHOT)
