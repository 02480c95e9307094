"""`python -m adapters.prosoz_probaug.simulator FOLDER`: ProBAUG as a process of its own, until told to end."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from adapters.prosoz_probaug.simulator import ProBaugSimulator


def main() -> None:
    """Prints the adapter's settings as one line of JSON when it is ready; ends on SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m adapters.prosoz_probaug.simulator", description=main.__doc__)
    parser.add_argument("folder", type=Path, help="holds the simulator's own books")
    asyncio.run(_serve(parser.parse_args().folder))


async def _serve(folder: Path) -> None:
    simulated, asked_to_end = ProBaugSimulator(folder), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_end.set)
    async with simulated.web:
        sys.stdout.write(json.dumps(simulated.settings()) + "\n")
        sys.stdout.flush()
        await asked_to_end.wait()


if __name__ == "__main__":
    main()
