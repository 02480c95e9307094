"""`gateway webhooks`: addresses of portals, with secrets that are shown once."""

import base64
import json
import re
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from gateway.drivers.sql.journal import SqlJournal
from gateway.notice import Answer, Persistence
from gateway.testing import FakeClock
from tests.gateway.cli.calling import Call, Heard, in_journal
from tests.gateway.drivers.journal_rig import an_entry, begin, conclude, report
from tests.gateway.webhooks.receiver import Say, receiving

URL = "https://portal.beispiel/hook"


@pytest.fixture
def data(gateway: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a journal that knows a portal; webhooks may lead to this machine."""
    monkeypatch.setenv("GATEWAY_WEBHOOK_NETWORKS", "127.0.0.0/8")
    gateway("clients", "add", "portal-a", "--data", tmp_path)
    return tmp_path


def added(gateway: Call, data: Path, url: str = URL) -> dict[str, str]:
    heard = gateway("webhooks", "add", "portal-a", url, "--data", data, "--json")
    assert heard.code == 0, heard.err
    return dict(heard.json)


def listed(gateway: Call, data: Path) -> tuple[int, list[dict[str, object]]]:
    heard = gateway("webhooks", "list", "--data", data, "--json")
    return heard.code, heard.json


def test_a_secret_is_shown_once(gateway: Call, data: Path) -> None:
    """Stdout has the secret and nothing else; no list shows it again."""
    heard = gateway("webhooks", "add", "portal-a", URL, "--data", data)

    secret = heard.out.strip()
    assert heard.code == 0
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret)
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    shown = gateway("webhooks", "list", "--data", data).out + gateway("webhooks", "list", "--data", data, "--json").out
    assert secret.removeprefix("whsec_") not in shown


def test_a_new_webhook_is_in_the_list(gateway: Call, data: Path) -> None:
    """With portal and address, in good health; whoever reads the list with a machine gets 0."""
    webhook = added(gateway, data)

    code, [one] = listed(gateway, data)

    assert code == 0
    assert (one["id"], one["client"], one["url"]) == (webhook["id"], "portal-a", URL)
    assert (one["waiting"], one["told"], one["missed"], one["offAt"], one["secrets"]) == (0, 0, 0, None, 1)
    assert "gut" in gateway("webhooks", "list", "--data", data).out


@pytest.mark.parametrize(
    ("url", "said"), [("https://10.0.0.1/", "GATEWAY_WEBHOOK_NETWORKS"), ("portal.beispiel", "keine Adresse")]
)
def test_an_address_that_cannot_be_one(gateway: Call, data: Path, url: str, said: str) -> None:
    """What is wrong is said at once, and nothing is written down."""
    heard = gateway("webhooks", "add", "portal-a", url, "--data", data)

    assert heard.code == 2
    assert said in heard.err
    assert listed(gateway, data) == (0, [])


def test_a_slip_in_the_allowed_networks(gateway: Call, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no network is told by the setting's name before anything is done, and the value is not repeated."""
    monkeypatch.setenv("GATEWAY_WEBHOOK_NETWORKS", "10.20.0.1/16")

    heard = gateway("webhooks", "add", "portal-a", URL, "--data", data)

    assert heard.code == 2
    assert "webhook_networks" in heard.err
    assert "10.20.0.1" not in heard.err


def test_http_is_for_a_sandbox(gateway: Call, data: Path) -> None:
    """What a journal is, it stays: for one of production an address without TLS is refused."""

    async def production(journal: SqlJournal) -> None:
        await journal.settle("kind", "production")

    assert gateway("webhooks", "add", "portal-a", "http://portal.beispiel/", "--data", data).code == 0
    in_journal_as_it_is(data, production)

    heard = gateway("webhooks", "add", "portal-a", "http://anders.beispiel/", "--data", data)

    assert heard.code == 2
    assert "nur über https" in heard.err


def in_journal_as_it_is(data: Path, work: object) -> None:
    """In a journal of which nobody has said yet whose it is."""
    import asyncio

    from gateway.drivers.clock import clock
    from gateway.drivers.sql.journal import open_journal
    from gateway.journal import Limits
    from gateway.settings import built_in

    async def do() -> None:
        async with open_journal(
            built_in(data=data).journal_url, limits=lambda _: Limits(), clock=clock, kind=None
        ) as journal:
            await work(journal)  # type: ignore[operator]  # as in_journal has it

    asyncio.run(do())


def test_a_portal_that_is_not_there(gateway: Call, data: Path) -> None:
    """An unknown portal has no webhook; the same address twice neither."""
    unknown = gateway("webhooks", "add", "portal-b", URL, "--data", data)
    added(gateway, data)
    twice = gateway("webhooks", "add", "portal-a", URL, "--data", data)

    assert (unknown.code, twice.code) == (1, 1)
    assert "„portal-b“ gibt es nicht" in unknown.err
    assert "schon einen Webhook" in twice.err


def test_a_webhook_is_tried(gateway: Call, data: Path) -> None:
    """A message goes out now, the reference library believes it, and the answer is shown."""
    with receiving(Say(202)) as receiver:
        webhook = added(gateway, data, receiver.url)

        heard = gateway("webhooks", "test", webhook["id"], "--data", data)

    assert (heard.code, heard.out.strip()) == (0, "✓ angenommen (HTTP 202)")
    [got] = receiver.got
    told = Webhook(webhook["secret"]).verify(got.body, dict(got.headers))
    assert (told["type"], told["data"]) == ("webhook.test", {"sandbox": True})


def test_a_webhook_that_does_not_answer_well(gateway: Call, data: Path) -> None:
    """The exit code is 1, and why is said; the register is not changed by a trial."""
    with receiving(Say(500)) as receiver:
        webhook = added(gateway, data, receiver.url)
        heard = gateway("webhooks", "test", webhook["id"], "--data", data, "--json")
    gone = gateway("webhooks", "test", webhook["id"], "--data", data)

    assert heard.code == gone.code == 1
    assert heard.json == {"id": webhook["id"], "taken": False, "because": "status", "status": 500}
    assert "nicht angenommen (connection-refused)" in gone.out
    assert listed(gateway, data)[0] == 0


def test_a_rotation_has_two_good_secrets(gateway: Call, data: Path) -> None:
    """The new secret is shown once; until the old one ends a portal may have either."""
    with receiving() as receiver:
        webhook = added(gateway, data, receiver.url)
        rotated = gateway("webhooks", "rotate", webhook["id"], "--hours", "2", "--data", data, "--json").json
        gateway("webhooks", "test", webhook["id"], "--data", data)

    assert rotated["secret"] != webhook["secret"]
    for secret in (rotated["secret"], webhook["secret"]):
        Webhook(secret).verify(receiver.got[0].body, dict(receiver.got[0].headers))
    assert listed(gateway, data)[1][0]["secrets"] == 2
    assert "noch 24 Stunden" in gateway("webhooks", "rotate", webhook["id"], "--data", data).err


def switched_off(data: Path, webhook: str) -> None:
    """A portal that wanted no more of them, when something had happened."""

    async def off(journal: SqlJournal) -> None:
        claim = await begin(journal, an_entry(client="portal-a", received_at=FakeClock()()))
        await conclude(journal, report(claim))
        [errand] = await journal.take_errands(1, 60.0)
        assert errand.webhook == webhook
        await journal.note(errand, [Answer("gone", 410)], Persistence(), 0.5)

    in_journal(data, off)


def test_a_webhook_that_is_off_is_shown_and_switched_on(gateway: Call, data: Path) -> None:
    """The list says since when, why and what was missed, and ends with 1; resumed, it is told how to catch up."""
    webhook = added(gateway, data)["id"]
    switched_off(data, webhook)

    shown, (code, [one]) = gateway("webhooks", "list", "--data", data), listed(gateway, data)
    resumed = gateway("webhooks", "resume", webhook, "--data", data)

    assert (shown.code, code) == (1, 1)
    assert "abgeschaltet" in shown.out
    assert (one["offBecause"], one["missed"], one["lastAnswer"]) == ("gone", 1, {"because": "gone", "status": 410})
    assert resumed.code == 0
    assert "GET /v1/submissions/{id}" in resumed.err
    assert listed(gateway, data)[0] == 0


def test_a_revoked_webhook_is_gone(gateway: Call, data: Path) -> None:
    """No list knows it any more; with a client its webhooks go, too."""
    first, second = added(gateway, data), added(gateway, data, f"{URL}/2")
    secret = base64.b64decode(first["secret"].removeprefix("whsec_"))

    assert gateway("webhooks", "revoke", first["id"], "--data", data).code == 0
    assert [one["id"] for one in listed(gateway, data)[1]] == [second["id"]]
    gateway("clients", "revoke", "portal-a", "--data", data)

    assert listed(gateway, data) == (0, [])
    assert in_journal(data, lambda journal: journal.webhooks()) == []
    assert secret not in b"".join(in_the_table(data))


def in_the_table(data: Path) -> list[bytes]:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(data / "journal.db")) as connection:
        return [row[0] for row in connection.execute("SELECT secret FROM webhook_secrets")]


@pytest.mark.parametrize("deed", ["rotate", "test", "resume", "revoke"])
def test_a_webhook_that_is_not_there(gateway: Call, data: Path, deed: str) -> None:
    """An unknown id is said to be unknown."""
    heard: Heard = gateway("webhooks", deed, "wh_x", "--data", data)

    assert heard.code == 1
    assert "„wh_x“ gibt es nicht" in heard.err


def test_an_empty_list_says_what_to_do(gateway: Call, data: Path) -> None:
    """Whoever has no webhook yet is told how to make one."""
    heard = gateway("webhooks", "list", "--data", data)

    assert heard.code == 0
    assert "gateway webhooks add" in heard.err
    assert json.loads(gateway("webhooks", "list", "--data", data, "--json").out) == []
