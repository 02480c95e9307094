"""A gateway that serves for two sites, as a process; and what stands at the sites."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2

from gateway.drivers.sql.journal import SqlJournal
from gateway.pickup import new_site
from gateway.portal import new_client
from tests.gateway.cli.calling import BAU, Serving, in_journal, serving, soon, surroundings
from tests.gateway.pickup.post_office import ROOT, with_sites
from tests.rig.procedures import with_answers
from tests.services.processes import Process

VORBESCHEID: Final = BAU / "valid" / "regensburg-vorbescheid.xml"
"""names one attachment, `lageplan-1`, and goes to the Landkreis Regensburg"""
PLAN: Final = b"%PDF-1.7 " + bytes(range(256)) * 400

QUICK: Final = {
    "GATEWAY_RETRY_FIRST": "0.1",
    "GATEWAY_RETRY_LONGEST": "0.2",
    "GATEWAY_DELIVERY_SECONDS": "0.5",
    "GATEWAY_LEASE_SPARE": "1",
}
"""Leases and retries at the pace of a test."""


@dataclass
class Town:
    """The gateway, its portal, and a site's token."""

    gateway: Serving
    portal: str
    site: str
    tables: Path

    @property
    def door(self) -> str:
        """Where the site picks up."""
        return f"{self.gateway.url}/v1/sites/regensburg"

    def submit(self) -> str:
        """Send a Vorbescheid with its plan; the id it was accepted under."""
        fresh = _with(VORBESCHEID.read_text("utf-8"), "nachrichtenUUID", str(uuid.uuid4()))
        fresh = _with(fresh, "wert", hashlib.sha256(PLAN).hexdigest())
        files: dict[str, tuple[str, str | bytes, str]] = {
            "document": ("a.xml", fresh, "application/xml"),
            "lageplan-1": ("p.pdf", PLAN, "application/pdf"),
        }
        answer = httpx2.post(
            f"{self.gateway.url}/v1/submissions",
            files=files,
            headers={"Authorization": f"Bearer {self.portal}"},
            trust_env=False,
        )
        assert answer.status_code == 202, answer.text
        return str(answer.json()["submissionId"])

    def status(self, submission: str) -> Any:
        """Where it stands."""
        headers = {"Authorization": f"Bearer {self.portal}"}
        return httpx2.get(f"{self.gateway.url}/v1/submissions/{submission}", headers=headers, trust_env=False).json()

    def replies(self, submission: str) -> list[str]:
        """The kinds of what the authority answered, oldest first."""
        headers = {"Authorization": f"Bearer {self.portal}"}
        answer = httpx2.get(f"{self.gateway.url}/v1/submissions/{submission}/replies", headers=headers, trust_env=False)
        return [one["kind"] for one in answer.json()["replies"]]

    def arrives(self, submission: str, within: float = 30.0) -> bool:
        """Whether it is delivered within so many seconds."""
        return soon(lambda: self.status(submission)["state"] == "delivered", within)


def _with(document: str, element: str, text: str) -> str:
    """The document with another text in this element."""
    changed, times = re.subn(f"(?<=<{element}>)[^<]+", text, document)
    assert times == 1
    return changed


@contextmanager
def town(folder: Path, **settings: str) -> Iterator[Town]:
    """A gateway in a process of its own, with a portal and the site Regensburg."""
    tables = with_answers(with_sites(folder / "routing"), "landkreis-regensburg-bau")
    data = folder / "data"

    client, portal = new_client("portal-beispiel")
    site, token = new_site("regensburg", ["09375"], ["filedrop"])

    async def known(journal: SqlJournal) -> None:
        await journal.add_client(client)
        await journal.add_site(site)

    data.mkdir()
    in_journal(data, known)
    with serving(data, env={"GATEWAY_ROUTING": str(tables), **QUICK, **settings}) as gateway:
        yield Town(gateway, portal, token, tables)


@contextmanager
def started(command: list[str], log: Path, env: Mapping[str, str]) -> Iterator[Process]:
    """A process until the context is left."""
    process = Process(command, log=log, env=env)
    try:
        yield process
    finally:
        process.end(signal.SIGTERM)


def worker_command(town: Town, *more: str) -> list[str]:
    """`gateway work` at the site."""
    return [sys.executable, "-m", "gateway", "work", "filedrop", "--site", town.door, *more]


def worker_env(town: Town, data: Path, **more: str) -> dict[str, str]:
    """What its environment says."""
    return surroundings(
        PYTHONPATH=f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
        GATEWAY_TOKEN=town.site,
        GATEWAY_DATA=str(data),
        **QUICK,
        **more,
    )
