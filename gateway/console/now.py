"""What is happening now: what came, what waits, what is on its way, what waits for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import Response

from gateway.console import charts, saying
from gateway.console.house import Asked
from gateway.operating import Arrived, Tally
from gateway.submission import SECOND, Micros, State

_HOUR: Final = 3_600.0
_HOURS: Final = 24


@dataclass(slots=True)
class Flow:
    """What is not at its end, of a service and for an adapter."""

    service: str
    adapter: str
    waiting: int = 0
    """accepted: to be handed over, or for a retry"""
    on_the_way: int = 0
    """with a worker or at a site"""
    unconfirmed: int = 0
    """delivered; the Fachverfahren may still answer"""
    parked: int = 0
    oldest: Micros | None = None

    @property
    def total(self) -> int:
        """All of it."""
        return self.waiting + self.on_the_way + self.unconfirmed + self.parked


async def now(asked: Asked) -> Response:
    """The first page."""
    gateway, book, scope = asked.desk.gateway, asked.desk.book, asked.account.scope
    at = gateway.clock()
    since = Micros(int((at // SECOND // _HOUR - (_HOURS - 1)) * _HOUR) * SECOND)
    flows = flows_of(await book.open_now(scope))
    arrived = await book.arrived(since, _HOUR, scope)
    titles = {service.name: service.title for service in gateway.tables.services}
    return asked.page(
        "now.html",
        at=at,
        flows=flows,
        whole=_together(flows),
        most=max((flow.total for flow in flows), default=0),
        arrivals=_arrivals(arrived, since),
        by_service=_by_service(arrived),
        titles=titles,
        share=charts.share,
        age=lambda oldest: (at - oldest) / SECOND,
    )


def flows_of(tallies: Iterable[Tally]) -> list[Flow]:
    """Tallies side by side, a line for each service and adapter."""
    flows: dict[tuple[str, str], Flow] = {}
    for one in tallies:
        flow = flows.setdefault((one.service, one.adapter), Flow(one.service, one.adapter))
        match one.state:
            case State.ACCEPTED:
                flow.waiting += one.number
            case State.HANDED_OVER:
                flow.on_the_way += one.number
            case State.PARKED:
                flow.parked += one.number
            case _:
                flow.unconfirmed += one.number
        flow.oldest = one.oldest if flow.oldest is None else min(flow.oldest, one.oldest)
    return sorted(flows.values(), key=lambda flow: (flow.service, flow.adapter))


def _together(flows: Iterable[Flow]) -> Flow:
    whole = Flow("", "")
    for flow in flows:
        whole.waiting += flow.waiting
        whole.on_the_way += flow.on_the_way
        whole.unconfirmed += flow.unconfirmed
        whole.parked += flow.parked
    return whole


def _arrivals(arrived: Sequence[Arrived], since: Micros) -> charts.Columns:
    step = int(_HOUR) * SECOND
    numbers: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
    for one in arrived:
        numbers[one.start][0] += one.number
        numbers[one.start][1] += one.rejected
    starts = [Micros(since + hour * step) for hour in range(_HOURS)]
    return charts.columns([charts.Column(saying.hour(start), *numbers[start]) for start in starts])


def _by_service(arrived: Iterable[Arrived]) -> list[tuple[str, int, int]]:
    """Service, how many came, how many of them were turned down."""
    numbers: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in arrived:
        numbers[one.service][0] += one.number
        numbers[one.service][1] += one.rejected
    return [(service, number, rejected) for service, (number, rejected) in sorted(numbers.items())]
