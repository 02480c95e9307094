"""How much memory a process holds, and how much it held at most."""

from __future__ import annotations

from pathlib import Path


def resident(pid: int) -> float:
    """MiB in memory now."""
    return _line(pid, "VmRSS:")


def peak(pid: int) -> float:
    """MiB in memory at most, since `forget_peak`."""
    return _line(pid, "VmHWM:")


def forget_peak(pid: int) -> None:
    """Begin the count for `peak` anew (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _line(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise LookupError(name)
