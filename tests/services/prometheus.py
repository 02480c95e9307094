"""A private Prometheus: it scrapes who it is told to, and answers what it is asked."""

import json
import shutil
import signal
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.services.packages import PROMETHEUS
from tests.services.processes import Process, free_port, temporary_folder


class PrometheusServer:
    """One server with these rules: `with PrometheusServer({"antragsgateway": [port]}, rules) as prometheus:`."""

    def __init__(self, targets: Mapping[str, Sequence[int]], rules: Sequence[Path] = (), *, every: float = 1.0) -> None:
        self.folder = temporary_folder()
        self.port = free_port()
        self._targets = targets
        self._rules = rules
        self._every = f"{round(every * 1000)}ms"
        self._process: Process | None = None

    def __enter__(self) -> Self:
        configuration = {
            "global": {
                "scrape_interval": self._every,
                "scrape_timeout": self._every,
                "evaluation_interval": self._every,
            },
            "rule_files": [str(rule) for rule in self._rules],
            "scrape_configs": [
                {"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in ports]}]}
                for job, ports in self._targets.items()
            ],
        }
        file = self.folder / "prometheus.yml"
        file.write_text(json.dumps(configuration))  # JSON is YAML
        try:
            self._process = Process(
                [
                    PROMETHEUS.path(), f"--config.file={file}", f"--storage.tsdb.path={self.folder / 'data'}",
                    f"--web.listen-address=127.0.0.1:{self.port}",
                ],
                log=self.folder / "prometheus.log",
            )  # fmt: skip
            self._process.wait_until(self._ready)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop it and remove everything; a second call does nothing."""
        try:
            if self._process:
                process, self._process = self._process, None
                process.end(signal.SIGTERM)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _ready(self) -> bool:
        """It takes connections some time before it answers questions."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=5):
                return True
        except OSError:
            return False

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """What an instant query finds; raises HTTPError where the expression is none."""
        query = urllib.parse.urlencode({"query": expression})
        url = f"http://127.0.0.1:{self.port}/api/v1/query?{query}"
        with urllib.request.urlopen(url, timeout=20) as answer:
            found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        return found
