"""How long the routing tables of all Bavaria take to load, with every connection of the Land, and one question."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Final

from gateway.connection import Connection, ConnectionState
from gateway.routing import Question, Tables, exported

SHIPPED: Final = Path(__file__).parents[2] / "routing"
_DAY: Final = date(2026, 11, 22)


def loading(turns: int = 9) -> str:
    """The middle of so many loads, and the slowest: as shipped, and with the whole Land; the budget is one second."""
    with tempfile.TemporaryDirectory() as folder:
        return "\n".join((_loaded("shipped", SHIPPED, turns), _loaded("whole Land", whole_land(Path(folder)), turns)))


def whole_land(folder: Path) -> Path:
    """The shipped tables with a destination and a connection for every service of every authority."""
    shutil.copytree(SHIPPED, folder / "routing")
    tables = Tables.load(SHIPPED, folder)
    names = {service.name for service in tables.services}
    pairs = sorted({(row.subject, row.authority.ars) for row in tables.responsibilities if row.subject in names})
    connections = [
        Connection(service, ars, f"{service}-{ars}", ConnectionState.LIVE, f"B-{ars}", date(2026, 3, 1))
        for service, ars in pairs
    ]
    (folder / "routing" / "connections.csv").write_text(exported(connections), encoding="utf-8")
    (folder / "routing" / "destinations.toml").write_text("\n".join(map(_destination, connections)), encoding="utf-8")
    return folder / "routing"


def _destination(connection: Connection) -> str:
    return f"""[{connection.destination}]
adapter = "filedrop"
live.directory = "{{data}}/fachverfahren/{{destination}}/eingang"
test.directory = "{{data}}/fachverfahren/{{destination}}-test/eingang"
window = 32

[[{connection.destination}.maintenance]]
days = ["Sonntag"]
from = "02:00"
until = "05:00"
"""


def _loaded(what: str, folder: Path, turns: int) -> str:
    tables = Tables.load(folder, folder)
    took = []
    for _ in range(turns):
        began = time.perf_counter()
        Tables.load(folder, folder)
        took.append(time.perf_counter() - began)
    rows = sum(map(len, (tables.directory.regions, tables.authorities, tables.responsibilities, tables.connections)))
    return (
        f"tables, {what}: {rows} rows and {len(tables.destinations)} destinations loaded in "
        f"{statistics.median(took):.3f} s (slowest {max(took):.3f} s)"
    )


def finding() -> str:
    """One question after the other: every place, every service."""
    tables = Tables.load(SHIPPED, SHIPPED)
    questions = [
        Question(day=_DAY, leistung=service.leistungen[0], ars=region.ars)
        for region in tables.regions
        for service in tables.services
    ]
    began = time.perf_counter()
    for question in questions:
        tables.find(question)
    each = (time.perf_counter() - began) / len(questions)
    return f"tables: {len(questions)} questions, {each * 1e6:.1f} µs each"


if __name__ == "__main__":
    print(loading())
    print(finding())
