"""
The weapons procedure and its mailbox, as seen from an XTA server: takes what is sent, answers when told to.

Its folder holds `ledger` (one id per submission taken), `nachrichten.jsonl` (what was in each) and `tls`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.adapter import Simulator
from gateway.testing.xta import ProcedureBehindXta


def weapons(folder: Path, schemas: Path | None = None) -> ProcedureBehindXta:
    """The simulated server with its books in `folder`; it refuses what is not valid where it has XTA's schemas."""
    return ProcedureBehindXta(folder, schemas=schemas, more={"okkomm_switched_off": True})


@asynccontextmanager
async def simulate(destination: str, folder: Path) -> AsyncIterator[Simulator]:
    """A running procedure for this destination, in a folder of its own below the one given."""
    simulated = weapons(folder / re.sub(r"[^A-Za-z0-9.-]+", "-", destination))
    async with simulated.server:
        yield simulated
