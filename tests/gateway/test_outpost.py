"""A worker at a site tells the machine it runs on how it is."""

import socket
from pathlib import Path

import httpx2

from gateway.outpost import working_at_a_site
from gateway.settings import built_in


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


async def test_a_worker_at_a_site_shows_its_metrics_here(tmp_path: Path) -> None:
    """On loopback, where it was given a port; also while its gateway is away."""
    port = a_free_port()
    settings = built_in(site="http://127.0.0.1:9/v1/sites/muster", token="ags_x", data=tmp_path, metrics_port=port)

    async with (
        working_at_a_site(settings, ["filedrop"]),
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as here,
    ):
        alive, metrics = await here.get("/livez"), await here.get("/metrics")

    assert alive.json() == {"status": "ok"}
    assert "gateway_" in metrics.text
