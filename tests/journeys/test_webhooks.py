"""A portal hears of it: from a gateway that serves to a receiver that checks, as docs/spec/webhooks.md shows it."""

import json
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from gateway import way_back
from gateway.adapter import Reply
from gateway.journal import Client
from gateway.notice import Persistence
from gateway.portal import Portal, new_client
from gateway.reply import Kind, Origin
from gateway.settings import built_in
from gateway.testing import CollectingVendor, Correspondence, an_answer, until
from gateway.webhooks import Postman, Sender, networks, new_secret, verify, written
from gateway.webhooks.signing import signed
from gateway.wiring import serving
from tests.conftest import ROOT
from tests.drills.samples import plain
from tests.gateway.cli.calling import open_the_doors
from tests.gateway.webhooks.receiver import Say, receiving
from tests.journeys.small_town import ADAPTER, small_town
from tests.rig.tables import with_directories

PAGE = (ROOT / "docs" / "spec" / "webhooks.md").read_text(encoding="utf-8")
SECRET, OTHER = new_secret(), new_secret()
ANTRAG = plain("augsburg-nebenwohnung")
HERE = Origin(adapter=ADAPTER, destination="augsburg-wohnsitz", test=False, by="worker")
BODY = '{"type":"submission.delivered","data":{"state":"delivered","ä":"ö"}}'.encode()

Check = Callable[[str, Mapping[str, str], bytes], bool]


def snippet(kind: str) -> str:
    """A snippet of the page, as it stands there."""
    found = re.search(rf"<!-- {kind}: runs in [^>]+-->\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    assert found, f"the page has no {kind} snippet"
    return found[1]


def in_python(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    names: dict[str, Any] = {}
    exec(snippet("python"), names)  # noqa: S102 - it is what portals copy
    return bool(names["is_ours"](secret, headers, body))


def in_shell(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    arguments = [secret, *(headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))]
    ran = subprocess.run(["sh", "-c", snippet("shell"), "check.sh", *arguments], input=body, check=False)
    return ran.returncode == 0


def ours(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    return verify(secret, headers, body, time.time())


@pytest.mark.parametrize("check", [in_python, in_shell, ours])
def test_what_the_page_shows_works(check: Check) -> None:
    """The snippets believe what is signed here, during a change of secrets too, and nothing that was touched."""
    now = int(time.time())
    good, both = signed("msg_1", now, BODY, [SECRET]), signed("msg_1", now, BODY, [OTHER, SECRET])

    assert check(written(SECRET), good, BODY)
    assert check(written(SECRET), both, BODY)
    assert check(written(OTHER), both, BODY)
    for secret, headers, body in (
        (OTHER, good, BODY),
        (SECRET, good, BODY + b" "),
        (SECRET, {**good, "webhook-id": "msg_2"}, BODY),
        (SECRET, {**good, "webhook-timestamp": str(now + 1)}, BODY),
        (SECRET, {**good, "webhook-timestamp": "x[$(touch /nirgends)]"}, BODY),
        (SECRET, {**good, "webhook-signature": "v1,"}, BODY),
        (SECRET, {}, BODY),
        (SECRET, signed("msg_1", now - 400, BODY, [SECRET]), BODY),
    ):
        assert not check(written(secret), headers, body)


async def test_a_gateway_that_serves_tells_a_portal(tmp_path: Path) -> None:
    """Submitted, delivered, told: a real receiver gets one message, which the reference library believes."""
    settings = built_in(
        data=tmp_path, port=0, routing=with_directories(), webhook_networks="127.0.0.0/8", retry_first=0.2
    )
    open_the_doors(tmp_path)
    with receiving(Say(500), Say(204)) as receiver:
        async with serving(settings) as running:
            client, token = new_client("portal")
            await running.journal.add_client(client)
            await running.journal.add_webhook("wh_1", "portal", receiver.url, SECRET)
            async with Portal(running.address, token) as portal:
                sent = await portal.submit(ANTRAG)
                async for step in portal.follow(sent.submission, 20):
                    assert step.state != "parked"
            await until(lambda: len(receiver.got) == 1, within=10)
            await running.journal.resume_webhook("wh_1")
            await until(lambda: len(receiver.got) == 2, within=10)

    first, second = receiver.got
    assert first.id == second.id
    told = Webhook(written(SECRET)).verify(second.body, dict(second.headers))
    assert (told["type"], told["data"]["submissionId"]) == ("submission.delivered", sent.submission)
    assert told["data"]["sandbox"] is True


async def test_a_portal_hears_of_an_answer(tmp_path: Path) -> None:
    """The authority's answer comes home: the portal is told that there is one, and nothing of what it says."""
    answer = an_answer(Kind.FILE_NUMBER, Correspondence.about(ANTRAG))
    vendor = CollectingVendor(waiting=[Reply(answer.document)])
    async with small_town(tmp_path, vendor) as town:
        with receiving() as receiver:
            await town.journal.add_client(Client("portal", "ab" * 32))
            await town.journal.add_webhook("wh_1", "portal", receiver.url, SECRET)
            receipt = await town.send(ANTRAG)
            await town.attempt(receipt.submission)
            await way_back.collect(HERE, bench=town.bench)
            await way_back.take_in_arrivals(gateway=town.gateway)
            async with Sender(sandbox=True, allowed=networks("127.0.0.0/8"), clock=town.clock) as sender:
                bell = town.gateway.news.bell
                postman = Postman(town.journal, sender, bell, persistence=Persistence(), seconds=10.0)
                async with postman.at_work():
                    await postman.go()

        assert [one.kind for one in await town.journal.replies(receipt.submission)] == [Kind.FILE_NUMBER]
        reference = (await town.standing(receipt.submission)).reference
    told = {json.loads(one.body)["type"]: one for one in receiver.got}
    answered = json.loads(told["submission.reply_received"].body)["data"]
    assert answered["links"]["replies"] == f"/v1/submissions/{receipt.submission}/replies"
    assert reference
    assert reference.encode() not in b"".join(one.body for one in receiver.got)
