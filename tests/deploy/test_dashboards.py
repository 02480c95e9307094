"""Dashboards, rules and alerts against a gateway with traffic: nothing that is shipped looks at what is not there."""

import asyncio
import json
import math
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import httpx2
import pytest

from gateway.site import Certificate, Heartbeat, Site
from gateway.stock import Glance
from gateway.submission import SECOND, Micros
from tests.conftest import ROOT
from tests.drills.samples import DESTINATIONS, samples
from tests.rig import Portal, Procedures, Servers, installed
from tests.services import PostgresServer, PrometheusServer, RabbitServer
from tests.services.packages import PROMTOOL
from tests.services.processes import free_port

FOLDER: Final = ROOT / "deploy" / "grafana" / "dashboards"
RULES: Final = ROOT / "deploy" / "prometheus" / "rules"
BOARDS: Final[dict[str, dict[str, Any]]] = {
    file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.json"))
}
CHOSEN: Final = {"$adapter": "filedrop", "$land": "09"}
FAR: Final = Micros(2_000_000_000 * SECOND)
MARKS: Final = re.compile(r"\b(?:gateway|rabbitmq|adapter|up)(?:[_:][a-z0-9_:]+)?\b(?:\{[^}]*\})?")


def panels() -> Iterator[tuple[str, str]]:
    """Every query, and where it stands."""
    for name, board in BOARDS.items():
        for panel in board["panels"]:
            for target in panel["targets"]:
                expression = target["expr"]
                for variable, value in CHOSEN.items():
                    expression = expression.replace(variable, value)
                yield f"{name}: {panel['title']} {target['refId']}", expression


def expressions(file: str) -> list[str]:
    """The expressions of a file of rules."""
    text = (RULES / file).read_text(encoding="utf-8")
    return [
        " ".join(found.split())
        for found in re.findall(r"^ +expr:(?: >-| \|-)?((?:.*\n)(?: {10,}.*\n)*)", text, re.MULTILINE)
    ]


def selectors() -> set[str]:
    """Every selector in an alert, without its range."""
    said = (re.sub(r"by \([^)]*\)|on \([^)]*\)", "", one) for one in expressions("alerts.yml"))
    return {found for one in said for found in MARKS.findall(one)}


@pytest.mark.parametrize("name", BOARDS)
def test_a_dashboard_can_be_provisioned_anywhere(name: str) -> None:
    """A fixed uid, the data source as a variable everywhere, panels with numbers and German titles of their own."""
    board = BOARDS[name]

    assert board["uid"] == f"antragsgateway-{name}"
    assert "__inputs" not in board
    assert board["templating"]["list"][0]["type"] == "datasource"
    sources = {json.dumps(one["datasource"]) for panel in board["panels"] for one in [panel, *panel["targets"]]}
    assert sources == {json.dumps({"type": "prometheus", "uid": "${datasource}"})}
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"]) > 5
    assert len({panel["title"] for panel in board["panels"]}) == len(board["panels"])


def test_the_dashboards_are_those_that_are_needed() -> None:
    """One for the whole, for an adapter, for the broker, for a Land's roll-in; and no rule is overlooked here."""
    assert BOARDS.keys() == {"uebersicht", "adapter", "broker", "land"}
    assert len(expressions("alerts.yml")) == (RULES / "alerts.yml").read_text("utf-8").count("- alert:")
    assert len(expressions("recording.yml")) == (RULES / "recording.yml").read_text("utf-8").count("- record:")


@pytest.fixture(scope="module")
async def prometheus(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[PrometheusServer]:
    """A Prometheus with the shipped rules that has seen a gateway, its worker and its broker at work."""
    folder = tmp_path_factory.mktemp("rules")
    for file in RULES.glob("*.yml"):
        (folder / file.name).write_text(file.read_text("utf-8").replace("interval: 30s", "interval: 1s"), "utf-8")
    port = free_port()
    quick = {"GATEWAY_SNAPSHOT_SECONDS": "0.5", "GATEWAY_METRICS_PORT": str(port)}
    with RabbitServer(metrics=True) as rabbit:
        async with installed(Servers(postgres, rabbit), settings=quick) as installation:
            async with installation.journal() as journal:
                await journal.add_site(Site("rathaus", "ab" * 32, (), ()))
                await journal.heard_from(
                    Heartbeat(site="rathaus", worker="eins", version="1", certificates=(Certificate("client", FAR),))
                )
            targets = {
                "antragsgateway": [installation.port],
                "antragsgateway-worker": [port],
                "rabbitmq": [rabbit.metrics_port],
            }
            async with Procedures.running(installation.data, DESTINATIONS):
                with PrometheusServer(targets, [folder / file.name for file in RULES.glob("*.yml")]) as server:
                    while len(server.ask("up == 1")) < len(targets):
                        await asyncio.sleep(0.2)
                    portal = Portal(installation.url, installation.token, samples())
                    for _ in range(4):
                        await portal.send(6)
                        await asyncio.sleep(1)
                    await installation.settled(within=30)
                    async with installation.journal() as journal:  # what the worker saw here at its start had none
                        await journal.note_glance(Glance("filedrop", DESTINATIONS[0], False, "", FAR))
                    await asyncio.sleep(3)
                    yield server


def has_something(found: list[dict[str, Any]]) -> bool:
    """Whether there is a number in it."""
    return any(not math.isnan(float(one["value"][1])) for one in found)


async def test_nothing_that_is_shipped_is_empty(prometheus: PrometheusServer) -> None:
    """Every panel shows a number, every recorded rule has one, and every series that an alert looks at exists."""
    recorded = [(name, name) for name in re.findall(r"- record: (\S+)", (RULES / "recording.yml").read_text("utf-8"))]

    empty = [place for place, expression in (*panels(), *recorded) if not has_something(prometheus.ask(expression))]
    missing = [one for one in sorted(selectors()) if not prometheus.ask(one)]

    assert (empty, missing) == ([], [])


@pytest.mark.parametrize("job", ["antragsgateway", "antragsgateway-worker"])
async def test_promtool_has_nothing_to_say_about_processes_at_work(prometheus: PrometheusServer, job: str) -> None:
    """What a gateway and a worker show after some traffic is as Prometheus wants it, whatever labels came up."""
    [target] = prometheus.ask(f'up{{job="{job}"}}')
    async with httpx2.AsyncClient(timeout=10) as client:
        shown = await client.get(f"http://{target['metric']['instance']}/metrics")

    checked = subprocess.run(
        [PROMTOOL.path(), "check", "metrics"], input=shown.text, capture_output=True, text=True, check=False
    )

    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
