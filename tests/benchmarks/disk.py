"""How often per second this disk puts a page down for certain: the ruler for everything durable."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path


def fdatasyncs_per_second(seconds: float = 2.0) -> float:
    """Append 8 KiB and fdatasync, again and again."""
    with tempfile.TemporaryDirectory() as folder:
        handle = os.open(Path(folder) / "page", os.O_CREAT | os.O_WRONLY)
        try:
            page, count, began = os.urandom(8192), 0, time.perf_counter()
            while (passed := time.perf_counter() - began) < seconds:
                os.write(handle, page)
                os.fdatasync(handle)
                count += 1
            return count / passed
        finally:
            os.close(handle)
