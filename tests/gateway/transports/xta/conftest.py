"""A simulated XTA server and a client of it; with the official schemas where they are at hand."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.testing.xta import XtaServer
from gateway.transports.settings import Given
from gateway.transports.xta import Server, Xta


@pytest.fixture
def schemas(shared_data: Path) -> Path:
    """The folder with the WSDL of XTA 2.1.1 and its schemas."""
    return shared_data / "xta-2.1.1"


@pytest.fixture
async def server(tmp_path: Path, schemas: Path) -> AsyncIterator[XtaServer]:
    """It refuses what is not valid, and what it answered is valid as well."""
    async with XtaServer(tmp_path / "xta", schemas=schemas) as server:
        yield server
    assert server.invalid == []


def settings(server: XtaServer, **more: Any) -> dict[str, Any]:
    """What leads to it, for a reader that it knows."""
    return {**server.settings(), "reader": "ags:09661000", "service_uri": "urn:dienst", "silence_seconds": 1, **more}


@pytest.fixture
async def xta(server: XtaServer) -> AsyncIterator[Xta]:
    """A client of the server."""
    xta = Server.read(Given("muster", settings(server))).open(whole=20)
    async with xta.https:
        yield xta
