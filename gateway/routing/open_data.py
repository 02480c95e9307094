"""Who is responsible, for others to use: every row with the names that its keys stand for."""

from __future__ import annotations

import json
from typing import Any, Final

from gateway.routing.directory import written_csv
from gateway.routing.facts import Responsibility
from gateway.routing.tables import Tables

COLUMNS: Final = (
    "subject",
    "service",
    "leistungen",
    "ars",
    "area",
    "authority",
    "authority_name",
    "authority_kind",
    "law",
    "grade",
    "valid_from",
    "valid_until",
)


def as_csv(tables: Tables) -> bytes:
    """One line per row; the same tables are the same bytes."""
    services = _services(tables)
    return written_csv(COLUMNS, (_line(row, services, tables) for row in tables.responsibilities))


def as_json(tables: Tables) -> bytes:
    """The rows under the source and day of the directory that they are about."""
    services = _services(tables)
    rows: list[dict[str, Any]] = []
    for row in tables.responsibilities:
        line = dict(zip(COLUMNS, _line(row, services, tables), strict=True))
        rows.append({**line, "leistungen": line["leistungen"].split()})
    document = {
        "directory": {"source": tables.directory.source, "asOf": tables.directory.as_of.isoformat()},
        "grades": {"F": "in einer öffentlichen Quelle gelesen", "A": "Annahme, zu bestätigen"},
        "responsibilities": rows,
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _services(tables: Tables) -> dict[str, tuple[str, str]]:
    """Title and keys by subject; a root has its service's title, and no key, for the key is not what decides there."""
    found = {}
    for service in tables.services:
        found[service.name] = (service.title, " ".join(service.leistungen))
        for message in service.messages:
            if message.own_rows:
                found[message.root] = (service.title, "")
    return found


def _line(row: Responsibility, services: dict[str, tuple[str, str]], tables: Tables) -> tuple[str, ...]:
    title, keys = services[row.subject]
    first, last = row.valid_from, row.valid_until
    return (
        row.subject,
        title,
        keys,
        row.ars,
        str(tables.regions[row.ars]),
        row.authority.ars,
        row.authority.name,
        row.authority.kind.value,
        row.source,
        row.grade.value,
        first.isoformat() if first else "",
        last.isoformat() if last else "",
    )
