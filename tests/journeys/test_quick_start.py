"""What the README tells a new user works as it stands there."""

import contextlib
import os
import re
import signal
import subprocess
from pathlib import Path

from tests.conftest import ROOT

_BLOCK = re.compile(r"<!-- quick start.*?-->\s*```sh\n(.*?)```", re.DOTALL)


def test_the_quick_start_ends_in_a_202(tmp_path: Path) -> None:
    """The commands of the quick start, word for word in a clean shell, answer with 202 and a place to ask."""
    found = _BLOCK.search((ROOT / "README.md").read_text())
    assert found
    # `make setup` is what put this test's own interpreter there; everything after it is run as printed.
    first, commands = found[1].split("\n", 1)
    assert first == "make setup"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}

    shell = subprocess.Popen(
        ["/bin/bash", "-euo", "pipefail", "-c", commands + "\nkill $!; wait $! || true\n"],
        cwd=ROOT,
        env={**environment, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = shell.communicate(timeout=60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)

    assert shell.returncode == 0, said
    assert "HTTP/1.1 202" in said
    assert "location: /v1/submissions/" in said.lower()
    assert '"state":"accepted"' in said.replace(" ", "")
