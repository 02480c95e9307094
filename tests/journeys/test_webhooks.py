"""A portal hears of it: from a gateway that serves to a receiver that checks, as docs/spec/webhooks.md shows it."""

import re
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from gateway.portal import Portal, new_client
from gateway.settings import built_in
from gateway.testing import until
from gateway.webhooks import new_secret, verify, written
from gateway.webhooks.signing import signed
from gateway.wiring import serving
from tests.conftest import ROOT
from tests.drills.samples import plain
from tests.gateway.cli.calling import open_the_doors
from tests.gateway.webhooks.receiver import Say, receiving

PAGE = (ROOT / "docs" / "spec" / "webhooks.md").read_text(encoding="utf-8")
SECRET, OTHER = new_secret(), new_secret()
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
    settings = built_in(data=tmp_path, port=0, webhook_networks="127.0.0.0/8", retry_first=0.2)
    open_the_doors(tmp_path)
    with receiving(Say(500), Say(204)) as receiver:
        async with serving(settings) as running:
            client, token = new_client("portal")
            await running.journal.add_client(client)
            await running.journal.add_webhook("wh_1", "portal", receiver.url, SECRET)
            async with Portal(running.address, token) as portal:
                sent = await portal.submit(plain("augsburg-nebenwohnung"))
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
