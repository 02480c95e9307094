"""No server outlives the test run, however the run ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.services.processes import Process, ServerFailed, answers, free_port

STARTS_A_SERVER = """
import sys
from tests.services import PostgresServer
with PostgresServer() as server:
    print(server.port, server.folder, flush=True)
    sys.stdin.read()
"""


def test_a_killed_test_run_takes_its_servers_along() -> None:
    """SIGKILL for the process that started a server is the end of the server too."""
    run = subprocess.Popen(
        [sys.executable, "-c", STARTS_A_SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert run.stdout
    port, folder = run.stdout.readline().split()
    assert answers(int(port))

    run.kill()
    run.communicate()

    assert _falls_silent(int(port), within=10)
    subprocess.run(["rm", "-rf", folder], check=True)


def test_a_server_that_ends_while_starting_says_why(tmp_path: Path) -> None:
    """Who waits for a server that has died gets its last words, at once."""
    process = Process(["sh", "-c", "echo no licence; exit 3"], log=tmp_path / "log")

    with pytest.raises(ServerFailed, match=r"(?s)Ended with 3.*no licence"):
        process.wait_until(lambda: False, within=30)


def test_a_server_that_never_gets_ready_is_ended(tmp_path: Path) -> None:
    """A start that takes too long fails and leaves no process behind."""
    process = Process(["sleep", "60"], log=tmp_path / "log")

    with pytest.raises(ServerFailed, match="Not ready"):
        process.wait_until(lambda: False, within=0.2)

    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_a_server_that_ignores_its_signal_is_killed(tmp_path: Path) -> None:
    """A server that does not stop in time is a failure, and gone all the same."""
    process = Process(["sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"], log=tmp_path / "log")
    process.wait_until(lambda: "up" in process.log())

    with pytest.raises(ServerFailed, match="SIGTERM"):
        process.end(signal.SIGTERM, within=0.3)

    assert not process.alive


def test_ports_are_out_of_the_way_of_outgoing_connections() -> None:
    """A port stays free for its server while the server is down."""
    lowest_outgoing = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])

    assert all(free_port() < lowest_outgoing for _ in range(50))


def _falls_silent(port: int, *, within: float) -> bool:
    deadline = time.monotonic() + within
    while answers(port) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not answers(port)
