"""A simulated procedure as a process of its own."""

from __future__ import annotations

import asyncio
import json
import signal
import sys

from gateway.testing.xta.vendor import ProcedureBehindXta


async def serve(simulated: ProcedureBehindXta) -> None:
    """Run until SIGTERM or SIGINT; the settings that lead to it are told as one line of JSON when it is ready."""
    asked_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_end.set)
    async with simulated.server:
        sys.stdout.write(json.dumps(simulated.settings()) + "\n")
        sys.stdout.flush()
        await asked_to_end.wait()
