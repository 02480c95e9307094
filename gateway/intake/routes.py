"""Responsibility as JSON: an explanation, the services that there are, and the connections."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from gateway.errors import Language
from gateway.evidence import ServiceCoverage, Stage
from gateway.receipt import moment, offer_shapes, shapes
from gateway.routing import Authority, Connection, Explanation, NoDoor, Offered, Region, Responsibility, Service


def route(explained: Explanation, leistung: str, language: Language, *, sandbox: bool) -> shapes.Route:
    """Who is responsible, by which row, connected or not."""
    authorities = [_authority(one) for one in explained.authorities]
    connection = explained.connection
    body: shapes.Route = {
        "service": explained.service.name if explained.service else None,
        "authority": authorities[0] if len(authorities) == 1 else None,
        "authorities": authorities,
        "connection": _connection(connection) if connection else None,
        "state": connection.state.value if connection else "none",
        "open": explained.is_open,
        "lost": [_row(one.row) for one in explained.lost],
        "because": [one.into(language) for one in explained.because],
    }
    if leistung:
        body["leistung"] = leistung
    if explained.place:
        body["place"] = _place(explained.place)
    if explained.rests_until is not None:
        body["maintenanceUntil"] = moment(explained.rests_until)
    if explained.row:
        body["row"] = _row(explained.row)
    if isinstance(explained.found, NoDoor):
        body["code"] = explained.found.code
        if explained.found.xoev:
            body["xoev"] = explained.found.xoev
    if sandbox:
        body["sandbox"] = True
    return body


def services(known: Iterable[Service], installed: Collection[tuple[str, str]], *, sandbox: bool) -> shapes.Services:
    """What can be sent here; `installed` are namespace and root of every message that a schema package judges."""
    body: shapes.Services = {"services": [_service(one, installed) for one in known]}
    if sandbox:
        body["sandbox"] = True
    return body


def connections(
    found: Iterable[Offered],
    reach: Iterable[ServiceCoverage],
    language: Language,
    *,
    called: Callable[[str], str],
    sandbox: bool,
) -> offer_shapes.Connections:
    """
    What can be sent where, and how far services reach; `called` names an authority by its ARS.

    Orders and offices are nobody's business here.
    """
    body: offer_shapes.Connections = {
        "connections": [_offered(one, language, called) for one in found],
        "coverage": [_reach(one) for one in reach],
    }
    if sandbox:
        body["sandbox"] = True
    return body


def _reach(one: ServiceCoverage) -> offer_shapes.ServiceReach:
    def counted(stage: Stage) -> offer_shapes.Reach:
        return {"authorities": one.counts[stage].authorities, "inhabitants": one.counts[stage].inhabitants}

    return {
        "service": one.service,
        "title": one.title,
        "responsible": counted(Stage.RESPONSIBLE),
        "connected": counted(Stage.CONNECTED),
        "live": counted(Stage.LIVE),
    }


def _offered(one: Offered, language: Language, called: Callable[[str], str]) -> offer_shapes.Offer:
    connection = one.connection
    body: offer_shapes.Offer = {
        "id": connection.id,
        "service": connection.service,
        "leistungen": [*one.service.leistungen],
        "authority": {"ars": connection.authority, "name": called(connection.authority)},
        "state": connection.state.value,
        "stateLabel": connection.state.told.into(language),
        "open": connection.state.open,
        "openForTests": connection.state.takes(test=True),
    }
    if one.rests_until is not None:
        body["maintenanceUntil"] = moment(one.rests_until)
    if connection.order_date:
        body["orderDate"] = connection.order_date.isoformat()
    if connection.live_since:
        body["liveSince"] = connection.live_since.isoformat()
    return body


def _service(service: Service, installed: Collection[tuple[str, str]]) -> shapes.Service:
    messages: list[shapes.ServiceMessage] = []
    for one in service.messages:
        message: shapes.ServiceMessage = {
            "namespace": one.namespace,
            "root": one.root,
            "installed": (one.namespace, one.root) in installed,
        }
        if one.place:
            message["place"] = one.place
        if one.own_rows:
            message["ownRows"] = True
        messages.append(message)
    return {
        "service": service.name,
        "title": service.title,
        "leistungen": [*service.leistungen],
        "decides": service.decides,
        "recipientPrefixes": sorted(service.prefixes),
        "messages": messages,
    }


def _authority(one: Authority) -> shapes.Authority:
    return {"ars": one.ars, "name": one.name}


def _connection(one: Connection) -> shapes.RouteConnection:
    body: shapes.RouteConnection = {"id": one.id, "state": one.state.value}
    if one.live_since:
        body["liveSince"] = one.live_since.isoformat()
    return body


def _place(one: Region) -> shapes.Place:
    return {"ars": one.ars, "kind": one.kind.value, "name": one.name}


def _row(row: Responsibility) -> shapes.RouteRow:
    body: shapes.RouteRow = {
        "line": row.line,
        "subject": row.subject,
        "ars": row.ars,
        "authority": _authority(row.authority),
        "law": row.source,
        "grade": row.grade.value,
    }
    if row.valid_from:
        body["validFrom"] = row.valid_from.isoformat()
    if row.valid_until:
        body["validUntil"] = row.valid_until.isoformat()
    return body
