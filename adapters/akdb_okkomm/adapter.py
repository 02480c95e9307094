"""Brings a submission to an XTA server, behind which OK.KOMM hands it to the OK.* procedure; fetches the answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from adapters.akdb_okkomm.mapping import scenario_of
from adapters.akdb_okkomm.settings import read_settings
from gateway.transports.xta import Carriers

NAME: Final = "akdb_okkomm"


@asynccontextmanager
async def open_okkomm() -> AsyncIterator[Carriers]:
    """The adapter; it connects to nothing before the first delivery."""
    carriers = Carriers(NAME, read_settings, scenario_of)
    try:
        yield carriers
    finally:
        await carriers.close()
