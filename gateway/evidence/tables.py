"""Coverage and operation as JSON for machines and as rows for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from gateway.evidence.coverage import Counts, Coverage, Stage
from gateway.evidence.operation import AVAILABILITY, WAITING, Line, Operation, day_of
from gateway.submission import SECOND

OPERATION_COLUMNS: Final = (
    *("month", "provisional", "service", "authority_ars", "authority", "state", "order_number", "order_date"),
    *("ordered_through", "live_since", "accepted", "delivered", "confirmed", "refused", "tests", "in_time_share"),
    *("waiting_seconds", "availability", "schemas", "adapters", "sandbox"),
)
COVERAGE_COLUMNS: Final = (
    *("day", "service", "kreis_ars", "kreis"),
    *(f"authorities_{stage}" for stage in Stage),
    *(f"inhabitants_{stage}" for stage in Stage),
    "sandbox",
)


def operation_json(account: Operation) -> dict[str, Any]:
    """The month's account, with the definitions it is to be read by."""
    return {
        "month": str(account.month),
        "provisional": not account.closed,
        "sandbox": account.sandbox,
        "targetSeconds": account.target,
        "definitions": {"availability": AVAILABILITY.de, "waiting": WAITING.de},
        "connections": [_line(line) for line in account.lines],
        "eventsDigest": account.digest,
    }


def _line(line: Line) -> dict[str, Any]:
    connection = line.connection
    return {
        "service": connection.service,
        "authority": {"ars": connection.authority, "name": line.authority},
        "state": connection.state.value,
        "orderNumber": connection.order_number or None,
        "orderDate": day_of(connection.order_date) or None,
        "orderedThrough": connection.ordered_through or None,
        "liveSince": day_of(connection.live_since) or None,
        "accepted": line.accepted,
        "delivered": line.delivered,
        "confirmed": line.confirmed,
        "refused": line.refused,
        "tests": line.tests,
        "shareInTime": _rounded(line.share_in_time),
        "waitingSeconds": line.waiting // SECOND,
        "availability": _rounded(line.availability),
        "schemas": list(line.schemas),
        "adapters": list(line.adapters),
    }


def operation_csv(account: Operation) -> str:
    """One row for each connection."""
    return _written(OPERATION_COLUMNS, (_row(account, line) for line in account.lines))


def _row(account: Operation, line: Line) -> Sequence[object]:
    connection = line.connection
    return (
        account.month,
        "" if account.closed else "vorläufig",
        connection.service,
        connection.authority,
        line.authority,
        connection.state.value,
        connection.order_number,
        day_of(connection.order_date),
        connection.ordered_through,
        day_of(connection.live_since),
        line.accepted,
        line.delivered,
        line.confirmed,
        line.refused,
        line.tests,
        _shown(line.share_in_time),
        line.waiting // SECOND,
        _shown(line.availability),
        "; ".join(line.schemas),
        "; ".join(line.adapters),
        _yes(account.sandbox),
    )


def coverage_json(found: Coverage) -> dict[str, Any]:
    """How far the roll-in has come; shares are those of what is responsible."""
    return {
        "day": found.day.isoformat(),
        "source": found.source,
        "asOf": found.as_of.isoformat(),
        "sandbox": found.sandbox,
        "services": [
            {
                "service": one.service,
                "title": one.title,
                **_counts(one.counts),
                "gemeindenWithoutAuthority": found.unlisted.get(one.service, 0),
            }
            for one in found.services
        ],
        "kreise": [
            {
                "ars": kreis.ars,
                "name": kreis.name,
                "services": {name: _counts(counts) for name, counts in sorted(kreis.services.items())},
            }
            for kreis in found.kreise
        ],
        "due": [
            {
                "service": due.connection.service,
                "authority": {"ars": due.connection.authority, "name": due.authority},
                "state": due.connection.state.value,
                "orderNumber": due.connection.order_number or None,
                "orderDate": day_of(due.connection.order_date) or None,
                "days": due.days,
            }
            for due in found.due
        ],
    }


def _counts(counts: Counts) -> dict[str, Any]:
    return {
        stage.value: {"authorities": counts[stage].authorities, "inhabitants": counts[stage].inhabitants}
        for stage in Stage
    }


def coverage_csv(found: Coverage) -> str:
    """One row for each service as a whole, then one for each service of each Kreis."""
    rows: list[Sequence[object]] = [
        (found.day.isoformat(), one.service, "", "", *_numbers(one.counts), _yes(found.sandbox))
        for one in found.services
    ]
    rows += [
        (found.day.isoformat(), service, kreis.ars, kreis.name, *_numbers(counts), _yes(found.sandbox))
        for kreis in found.kreise
        for service, counts in sorted(kreis.services.items())
    ]
    return _written(COVERAGE_COLUMNS, rows)


def _numbers(counts: Counts) -> list[int]:
    authorities = [counts[stage].authorities for stage in Stage]
    return authorities + [counts[stage].inhabitants for stage in Stage]


def _yes(said: bool) -> str:  # noqa: FBT001 - one answer, as spreadsheets in Germany filter it
    return "ja" if said else ""


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def _shown(share: float | None) -> str:
    return "" if share is None else f"{share:.4f}"


def _written(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return text.getvalue()


def _plain(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula (names come from tables that clerks edit)."""
    text = str(cell)
    return f"'{text}" if text[:1] in _FORMULA else text


_FORMULA: Final[Mapping[str, None]] = dict.fromkeys("=+-@\t\r")
