"""wrk as load: so many connections that post as fast as they are answered."""

from __future__ import annotations

import os
import random
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SCRIPT: Final = Path(__file__).parent / "load.lua"


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw."""

    per_second: float
    median_ms: float
    refused: int
    """answers other than 202; a figure with any is no figure"""


def post(url: str, document: bytes, token: str, *, seconds: int, connections: int = 64) -> Load:
    """Post copies of a document for so many seconds."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(document)
        file.flush()
        environment = {
            **os.environ,
            "LOAD_DOCUMENT": file.name,
            "LOAD_TOKEN": token,
            "LOAD_SEED": str(random.randrange(1 << 31)),
        }
        words: list[str | Path] = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--timeout",
            "30s",
            "-s",
            _SCRIPT,
            url,
        ]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    requests, microseconds, median, refused = map(int, line.split()[1:])
    return Load(requests / (microseconds / 1e6), median / 1000, refused)
