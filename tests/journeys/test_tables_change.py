"""The routing tables change while a gateway serves: used in whole, or refused with an alarm."""

import json
import shutil
from pathlib import Path

import httpx2
import pytest

from tests.gateway.cli.calling import Serving, serving, soon
from tests.rig.tables import with_directories


def asked(running: Serving, path: str) -> str:
    return httpx2.get(running.url + path, timeout=10, trust_env=False).text


def digest(running: Serving) -> str:
    return str(json.loads(asked(running, "/readyz"))["tables"]["digest"])


@pytest.mark.slow
def test_changed_tables_are_in_use_within_seconds_and_wrong_ones_never(tmp_path: Path) -> None:
    """`/readyz` and the metric show the new digest; a wrong table is told with its place, and the old ones serve on."""
    tables = Path(shutil.copytree(with_directories(), tmp_path / "routing"))
    destinations, responsibility = tables / "destinations.toml", tables / "responsibility.csv"
    good = responsibility.read_text(encoding="utf-8")

    with serving(tmp_path / "data", env={"GATEWAY_ROUTING": str(tables)}) as running:
        first = digest(running)
        destinations.write_text(destinations.read_text().replace("window = 32", "window = 16"))
        assert soon(lambda: digest(running) != first)
        second = digest(running)
        assert f'tables="{second}"' in asked(running, "/metrics")
        assert [line["digest"] for line in running.told("tables.changed")] == [second]

        responsibility.write_text(good + "bau,09178,09178,,,,F\n", encoding="utf-8")
        assert soon(lambda: bool(running.told("tables.refused")))
        assert running.told("tables.refused")[0]["place"] == "responsibility.csv:3858"
        assert digest(running) == second
        assert "gateway_tables_refused 1.0" in asked(running, "/metrics")

        responsibility.write_text(good, encoding="utf-8")
        assert soon(lambda: "gateway_tables_refused 0.0" in asked(running, "/metrics"))
        assert digest(running) == second
