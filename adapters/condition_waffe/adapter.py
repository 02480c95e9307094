"""
Puts a submission into the mailbox that the weapons procedure reads, through an XTA server; fetches the answers.

That the procedure is the mailbox's only reader, an operator has to say before anything is put into it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from adapters.condition_waffe.mapping import SCENARIO
from adapters.condition_waffe.settings import read_settings
from gateway.transports.xta import Carriers

NAME: Final = "condition_waffe"


@asynccontextmanager
async def open_waffe() -> AsyncIterator[Carriers]:
    """The adapter; it connects to nothing before the first delivery."""
    carriers = Carriers(NAME, read_settings, lambda _: SCENARIO)
    try:
        yield carriers
    finally:
        await carriers.close()
