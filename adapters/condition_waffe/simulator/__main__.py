"""`python -m adapters.condition_waffe.simulator FOLDER`: the procedure as a process of its own, until told to end."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from adapters.condition_waffe.simulator import weapons
from gateway.testing.xta.process import serve


def main() -> None:
    """Prints the adapter's settings as one line of JSON when it is ready; ends on SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m adapters.condition_waffe.simulator", description=main.__doc__)
    parser.add_argument("folder", type=Path, help="holds the simulator's own books")
    parser.add_argument("--schemas", type=Path, help="folder with XTA.wsdl: what is not valid is refused")
    asked = parser.parse_args()
    asyncio.run(serve(weapons(asked.folder, asked.schemas)))


if __name__ == "__main__":
    main()
