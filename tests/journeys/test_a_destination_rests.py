"""A destination in maintenance whose address is a secret, as `gateway serve` meets both."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from gateway.drivers.sql.journal import SqlJournal
from gateway.intake import token_hash
from gateway.journal import Client
from gateway.routing.maintenance import BERLIN
from gateway.transports.directory import WORKSPACE
from tests.drills.samples import plain
from tests.gateway.cli.calling import in_journal, serving, soon
from tests.rig.tables import with_directories

TOKEN = "ag_wartung"
DIRECTORY = 'live.directory = "{data}/fachverfahren/{destination}/eingang"'
BY_SECRET = 'live.directory = "secret:augsburg"'


@pytest.mark.slow
def test_it_is_handed_nothing_before_its_window_ends(tmp_path: Path) -> None:
    """202 and waiting, with the moment in its status; when the window is gone, delivered to where the secret says."""
    data, inbox = tmp_path / "var", tmp_path / "eingang"
    (inbox / WORKSPACE).mkdir(parents=True)
    keep(data / "secrets" / "augsburg", str(inbox))
    tables = Path(shutil.copytree(with_directories(), tmp_path / "routing"))
    file = tables / "destinations.toml"
    before, after = file.read_text("utf-8").split("[augsburg-wohnsitz]\n")
    plainly = f"{before}[augsburg-wohnsitz]\n{after.replace(DIRECTORY, BY_SECRET, 1)}"
    now = datetime.now(BERLIN)
    window = [f"{now + timedelta(hours=hours):%Y-%m-%d %H:%M}" for hours in (-1, 2)]
    resting = f'{plainly}\n[[augsburg-wohnsitz.maintenance]]\nfrom = "{window[0]}"\nuntil = "{window[1]}"\n'
    file.write_text(resting, "utf-8")

    async def a_portal(journal: SqlJournal) -> None:
        await journal.add_client(Client("portal", token_hash(TOKEN)))

    in_journal(data, a_portal)
    with (
        serving(data, env={"GATEWAY_ROUTING": str(tables)}) as running,
        httpx2.Client(base_url=running.url, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False) as portal,
    ):
        taken = portal.post(
            "/v1/submissions", content=plain("augsburg-nebenwohnung"), headers={"Content-Type": "application/xml"}
        )
        assert taken.status_code == 202, taken.text
        waits = portal.get(taken.headers["location"]).json()
        assert (waits["state"], "maintenanceUntil" in waits) == ("accepted", True)
        assert list(inbox.glob("*.xml")) == []

        file.write_text(plainly, "utf-8")
        assert soon(lambda: portal.get(taken.headers["location"]).json()["state"] == "delivered")
        assert len(list(inbox.glob("*.xml"))) == 1
        assert str(inbox) not in running.log.read_text("utf-8")


def keep(file: Path, secret: str) -> None:
    file.parent.mkdir(parents=True)
    file.write_text(secret, "utf-8")
    file.chmod(0o600)
