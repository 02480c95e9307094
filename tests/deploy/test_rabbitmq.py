"""What operators import into their broker is what the gateway's own table says."""

import json
from pathlib import Path
from typing import Any

from gateway import plugins
from gateway.drivers.rabbitmq import gateway_permissions, permissions
from tests.conftest import ROOT
from tests.services import RabbitServer

FILE = ROOT / "deploy" / "rabbitmq" / "definitions.json"


def definitions(host: str = "gateway", prefix: str = "") -> dict[str, Any]:
    granted = [gateway_permissions(), *(permissions(name) for name in sorted(plugins.load().found))]
    users = {f"{prefix}{one.user}": one for one in granted}
    nobody = {"password_hash": "", "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": []}
    return {
        "vhosts": [{"name": host}],
        "users": [{"name": user, **nobody} for user in users],
        "permissions": [
            {"user": user, "vhost": host, "configure": one.configure, "write": one.write, "read": one.read}
            for user, one in users.items()
        ],
        "topic_permissions": [
            {"user": user, "vhost": host, "exchange": exchange, "write": write, "read": read}
            for user, one in users.items()
            for exchange, (write, read) in one.topics.items()
        ],
    }


def test_the_definitions_grant_what_the_table_says() -> None:
    """One user for the gateway and one for each adapter that comes along; none has a password."""
    wanted = json.dumps(definitions(), indent=2) + "\n"

    assert FILE.read_text("utf-8") == wanted, f"{FILE.name} should be:\n{wanted}"


def test_a_broker_takes_the_definitions(rabbit: RabbitServer, tmp_path: Path) -> None:
    """A real one imports their like, and grants it."""
    theirs = definitions("imported", "imported-")
    (tmp_path / "definitions.json").write_text(json.dumps(theirs), "utf-8")

    rabbit.ctl("import_definitions", str(tmp_path / "definitions.json"))
    granted = json.loads(rabbit.ctl("list_permissions", "-p", "imported", "--formatter=json"))

    assert {row["user"]: (row["configure"], row["write"], row["read"]) for row in granted} == {
        row["user"]: (row["configure"], row["write"], row["read"]) for row in theirs["permissions"]
    }
