"""A door, or the named absence of one, as JSON."""

from __future__ import annotations

from typing import assert_never

from gateway.errors import Language
from gateway.receipt import shapes
from gateway.routing import Authority, Door, NoDoor


def route(found: Door | NoDoor, leistung: str, language: Language, *, sandbox: bool) -> shapes.Route:
    """Who is responsible, by which row, connected or not."""
    match found:
        case Door():
            body = _open(found)
        case NoDoor():
            body = _absent(found)
        case _:
            assert_never(found)
    body["leistung"] = leistung
    body["because"] = [one.into(language) for one in found.because]
    if found.service:
        body["service"] = found.service.name
    if sandbox:
        body["sandbox"] = True
    return body


def _open(door: Door) -> shapes.Route:
    return {
        "responsible": [_authority(door.authority)],
        "connected": True,
        "connectionState": door.connection.state.value,
        "because": [],
    }


def _absent(absence: NoDoor) -> shapes.Route:
    body: shapes.Route = {
        "responsible": [_authority(one) for one in absence.authorities],
        "connected": False,
        "code": absence.code,
        "because": [],
    }
    if absence.xoev:
        body["xoev"] = absence.xoev
    if absence.connection_state:
        body["connectionState"] = absence.connection_state.value
    return body


def _authority(one: Authority) -> shapes.Authority:
    return {"ars": one.ars, "name": one.name}
