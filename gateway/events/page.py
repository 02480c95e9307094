"""The page about telemetry, written from what is declared: `python -m gateway.events > docs/spec/telemetry.md`."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import fields
from typing import Final

from gateway.events.event import Event
from gateway.events.metrics import DECLARED, MOST_CODES, Declared, Label, Source

_TOLD_BY: Final[dict[Source, str]] = {
    "gateway": "the serving process",
    "worker": "whoever delivers: a worker beside the gateway, or the serving process where there is none",
    "either": "the serving process and workers",
    "snapshot": "the journal's snapshot",
}

_HEAD: Final = """\
# Telemetry

What a gateway tells its operators: metrics, and one JSON line for each event. This page is written from the code
(`python -m gateway.events > docs/spec/telemetry.md`), and a test holds the two together. Which alerts
follow from it: [docs/betrieb/alarme.md](../betrieb/alarme.md).

## Reading the metrics

- `GET /metrics` of the gateway, and of a worker beside it where `GATEWAY_METRICS_PORT` is set; text format 0.0.4,
  UTF-8. Nobody can scrape a site: what its workers say is told by the gateway.
- **Counters and histograms are of one process.** Add them up over replicas: `sum by (service) (rate(…[5m]))`.
- **Gauges of the snapshot are of the journal.** One replica counts for all (`GATEWAY_SNAPSHOT_SECONDS`), and each
  shows the same, whichever is asked: never add them up over replicas, take `max by (…)`.
  `gateway_snapshot_timestamp_seconds` says how old they are, and they survive restarts.
- Times are Unix seconds, never ages: `time() - gateway_oldest_submission_timestamp_seconds`. Of what never happened
  the time is 0; the oldest of nothing is as old as the snapshot, so that its age is small.
- Labels have closed sets of values, names from the tables, or codes. Codes are at most {codes} for each label of a
  family, and what comes after them is `other`; what has no value is `none`. Combinations that can be foreseen are
  there from the start, at zero.
- No metric, label or line holds content, a person's name, a vendor's free text or an exception's message.
- Test messages have `test="yes"`; ages, parked ones and last successes leave them out.
- `process_*` are those that every Prometheus client has.

## Metrics
"""

_EVENTS: Final = """\
## Events

One JSON line each, on stderr, from the level of `GATEWAY_LOG` up: `event` is the name, `severity` the level,
`timestamp` the moment, and the facts beside them are those of the table. Facts that are empty are left out. `trace`
is the `traceparent` (W3C Trace Context) that came with the submission or began with it; it goes along in letters and
reports on the broker, at the pickup door, and to the Fachverfahren.

| Event | Level | Says | Facts |
| --- | --- | --- | --- |
"""


def telemetry_page() -> str:
    """The whole page."""
    parts = [_HEAD.replace("{codes}", str(MOST_CODES))]
    for source, by in _TOLD_BY.items():
        parts.append(f"\n### Told by {by}\n\n| Metric | Kind | Says | Labels |\n| --- | --- | --- | --- |\n")
        parts += (_row(one) for one in DECLARED if one.source == source)
    parts.append("\n### Labels\n\n| Label | Says |\n| --- | --- |\n")
    parts += (f"| `{name}` | {'; '.join(says)} |\n" for name, says in sorted(_labels().items()))
    parts.append("\n" + _EVENTS)
    parts += (_line(kind) for kind in sorted(_every_event(), key=lambda kind: kind.name))
    return "".join(parts)


def _row(one: Declared) -> str:
    says = one.says
    if one.buckets:
        says += f" Buckets up to {', '.join(f'{bound:g}' for bound in one.buckets)} s."
    labels = "<br>".join(_label(label) for label in one.labels)
    return f"| `{one.name}` | {one.kind} | {says} | {labels} |\n"


def _label(label: Label) -> str:
    values = f": {', '.join(f'`{value}`' for value in label.values)}" if label.values else ""
    return f"`{label.name}`{values}"


def _labels() -> dict[str, list[str]]:
    """What each label says, wherever it stands."""
    found: dict[str, list[str]] = {}
    for label in (label for one in DECLARED for label in one.labels):
        told = found.setdefault(label.name, [])
        if label.says not in told:
            told.append(label.says)
    return found


def _every_event() -> Iterator[type[Event]]:
    # With slots a dataclass is made twice, and the first of the two is a subclass for as long as nobody sweeps.
    seen = {kind.name: kind for kind in Event.__subclasses__()}
    yield from seen.values()


def _line(kind: type[Event]) -> str:
    told = " ".join((kind.__doc__ or "").split())
    facts = ", ".join(f"`{field.name}`" for field in fields(kind))
    return f"| `{kind.name}` | {logging.getLevelName(kind.level).lower()} | {told} | {facts} |\n"
