"""
Code that is killed between two touches of the disk, for real.

Python tells an audit hook of every file that is opened, renamed, made or removed. The hook counts, and at the step
asked for it kills its own process: nothing is caught, closed or flushed, as in a power cut that spares the disk.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
TOUCHES = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate"}


def kill_at(step: int) -> None:
    """Kill this process at so many touches of the disk from now."""
    left = step

    def count(event: str, _: object) -> None:
        nonlocal left
        if event in TOUCHES:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def survives(code: str, *arguments: object) -> bool:
    """Run code in a process of its own; False if it was killed. Anything else that goes wrong is raised."""
    ran = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if ran.returncode not in {0, -signal.SIGKILL}:
        raise AssertionError(ran.stderr)
    return ran.returncode == 0
