"""
What metrics are made of: families that know their labels and what may stand in them.

Every family is declared once, with the values that its labels can have, and is listed: `/metrics` shows the list,
docs/spec/telemetry.md is written from it, and combinations that can be foreseen are there from the start, at zero.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.metrics import MetricWrapperBase

M = TypeVar("M", bound=MetricWrapperBase)

Kind = Literal["counter", "gauge", "histogram", "info"]
Source = Literal["gateway", "worker", "either", "snapshot"]
"""
Who tells it: the serving process, a worker, whichever of the two meets it, or a snapshot of the journal that every
replica shows alike.
"""

disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no types; a second series beside every counter, which nobody asks for

REGISTRY: Final = CollectorRegistry()
"""The registry that `/metrics` shows."""

ProcessCollector(registry=REGISTRY)

INTAKE_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
DELIVERY_SECONDS: Final = (0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0, 1_800.0, 7_200.0, 43_200.0, 86_400.0)

MOST_CODES: Final = 60
"""So many values a label with codes of adapters takes; what comes after them is `other`."""

NONE: Final = "none"
OTHER: Final = "other"


@dataclass(frozen=True, slots=True)
class Label:
    """
    What may stand in a label: one of `values`, or a name that the installation knows, or one of a few codes.

    Names are those that `known` is told of before anything happens (`adapter`, `service`, …).
    """

    name: str
    says: str
    values: tuple[str, ...] = ()
    known: str = ""
    likely: tuple[str, ...] = ()
    """codes that can be foreseen"""

    def fits(self, value: str, seen: set[str]) -> str:
        """The value, or what stands for it where it would be one too many."""
        if not value:
            return NONE
        if self.values:
            return value if value in self.values else OTHER
        if not self.known and value not in seen and len(seen) >= MOST_CODES:
            return OTHER
        seen.add(value)
        return value

    def foreseen(self, known: Mapping[str, Collection[str]]) -> Sequence[str]:
        """The values that can be there from the start."""
        return self.values or self.likely or sorted(known.get(self.known, ()))


def one_of(name: str, says: str, *values: str) -> Label:
    """A label with a closed set of values."""
    return Label(name, says, values)


def code(name: str, says: str, *likely: str) -> Label:
    """A label with short codes: those of this software, and a few that adapters make; some can be foreseen."""
    return Label(name, says, likely=likely)


@dataclass(frozen=True, slots=True)
class Declared:
    """A family as its readers see it."""

    name: str
    kind: Kind
    says: str
    labels: tuple[Label, ...]
    source: Source
    buckets: tuple[float, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    """what can stand in the last labels together, where not everything goes with everything"""


DECLARED: Final[list[Declared]] = []
"""Every family, in the order in which they were declared."""

_FAMILIES: Final[list[Family[MetricWrapperBase]]] = []


class Family(Generic[M]):
    """A metric and its children by the values of their labels: looked up once, moved often."""

    def __init__(self, declared: Declared, metric: M) -> None:
        self.declared: Final = declared
        self._metric: Final = metric
        self._children: dict[tuple[str, ...], M] = {}
        self._seen: list[set[str]] = [set() for _ in declared.labels]
        DECLARED.append(declared)
        _FAMILIES.append(self)  # type: ignore[arg-type]  # kept for what all of them have

    def __call__(self, *values: str) -> M:
        child = self._children.get(values)
        if child is None:
            child = self._children[values] = self._child(values)
        return child

    def _child(self, values: tuple[str, ...]) -> M:
        labels = zip(self.declared.labels, values, self._seen, strict=True)
        fitting = [label.fits(value, seen) for label, value, seen in labels]
        return self._metric.labels(*fitting) if fitting else self._metric

    def clear(self) -> None:
        """Forget everything: what was last seen holds no longer."""
        self._children.clear()
        self._metric.clear()

    def expect(self, known: Mapping[str, Collection[str]]) -> None:
        """Show every combination that can be foreseen."""
        together = self.declared.together or ((),)
        first = self.declared.labels[: len(self.declared.labels) - len(together[0])]
        for values in itertools.product(*(label.foreseen(known) for label in first)):
            for others in together:
                self(*values, *others)


def expect(known: Mapping[str, Collection[str]], *sources: Source) -> None:
    """Show at zero what these sources will tell, for the names that the installation knows, by label."""
    for family in _FAMILIES:
        if family.declared.source in sources and family.declared.kind in _FROM_THE_START:
            family.expect(known)


_FROM_THE_START: Final = frozenset({"counter", "histogram"})
"""A gauge at zero would be a statement."""


def counter(
    name: str,
    says: str,
    *labels: Label,
    source: Source = "gateway",
    together: tuple[tuple[str, ...], ...] = (),
) -> Family[Counter]:
    """Something that is counted for as long as the process lives."""
    declared = Declared(name, "counter", says, labels, source, together=together)
    return Family(declared, Counter(name, says, _names(labels), registry=REGISTRY))


def histogram(
    name: str, says: str, *labels: Label, buckets: tuple[float, ...], source: Source = "gateway"
) -> Family[Histogram]:
    """How long something took; seconds."""
    declared = Declared(name, "histogram", says, labels, source, buckets)
    return Family(declared, Histogram(name, says, _names(labels), buckets=buckets, registry=REGISTRY))


def gauge(name: str, says: str, *labels: Label, source: Source = "gateway") -> Family[Gauge]:
    """How something is now."""
    declared = Declared(name, "gauge", says, labels, source)
    return Family(declared, Gauge(name, says, _names(labels), registry=REGISTRY))


def info(name: str, says: str, *labels: Label, source: Source = "gateway") -> Info:
    """Facts about the process, always 1."""
    DECLARED.append(Declared(f"{name}_info", "info", says, labels, source))
    return Info(name, says, registry=REGISTRY)


def _names(labels: Sequence[Label]) -> list[str]:
    return [label.name for label in labels]


def declared_names() -> Iterator[str]:
    """The names of all families."""
    return (one.name for one in DECLARED)


# ── labels that several families have ────────────────────────────────────────────────────────────────────────────────

ADAPTER: Final = Label("adapter", "name of the adapter", known="adapter")
SERVICE: Final = Label("service", "short name of the service, `none` where it is not known", known="service")
CHANNEL: Final = one_of("channel", "how the submission came", "https")
TEST: Final = one_of("test", "whether it is a test message", "no", "yes")


def yes_or_no(fact: bool) -> str:  # noqa: FBT001 - a value of the label `test`
    """The value of a label that says whether."""
    return "yes" if fact else "no"
