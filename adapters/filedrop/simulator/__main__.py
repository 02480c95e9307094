"""`python -m adapters.filedrop.simulator FOLDER`: the Fachverfahren as a process of its own, until told to end."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from adapters.filedrop.simulator import INTERVAL, FolderWatcher


def main() -> None:
    """Prints the adapter's settings as one line of JSON when it is ready; ends on SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m adapters.filedrop.simulator", description=main.__doc__)
    parser.add_argument("folder", type=Path, help="holds the directory and the simulator's own books")
    parser.add_argument("--interval", type=float, default=INTERVAL, help="seconds between two looks")
    parser.add_argument("--answers", action="store_true", help="answer everything that is taken")
    asked = parser.parse_args()
    asyncio.run(_serve(FolderWatcher(asked.folder, asked.interval, answers=asked.answers)))


async def _serve(watcher: FolderWatcher) -> None:
    asked_to_end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked_to_end.set)
    async with watcher.running():
        sys.stdout.write(json.dumps(watcher.settings()) + "\n")
        sys.stdout.flush()
        await asked_to_end.wait()


if __name__ == "__main__":
    main()
