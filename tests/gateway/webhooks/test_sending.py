"""One message, sent once: how every answer and every silence ends."""

import json
import socket
import ssl
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from gateway.notice import Answer, Errand, Notice, Topic
from gateway.receipt import shapes
from gateway.submission import SECOND, Micros, State, SubmissionId
from gateway.testing.certificates import CertificateAuthority
from gateway.webhooks import Networks, Sender, networks, new_secret, written
from tests.gateway.intake.shaped import fits
from tests.gateway.webhooks.receiver import Receiver, Say, receiving

pytestmark = pytest.mark.anyio

HERE = networks("127.0.0.0/8")
SECRETS = (new_secret(), new_secret())
QUICK = 0.4
"""seconds a message may take here"""


def clock() -> Micros:
    return Micros(time.time_ns() // 1_000)


NOTICE = Notice(
    webhook="wh_1",
    event=1,
    topic=Topic.DELIVERED,
    at=Micros(1_767_268_800 * SECOND),
    submission=SubmissionId("0199c0de-0001-7000-8000-000000000001"),
    state=State.DELIVERED,
    test=True,
)


def errand(url: str, notice: Notice = NOTICE) -> Errand:
    return Errand(lease="x", webhook="wh_1", client="portal", url=url, secrets=SECRETS, notices=(notice,))


def sender(allowed: Networks = HERE, **options: Any) -> Sender:
    return Sender(**{"sandbox": True, "allowed": allowed, "seconds": QUICK, "clock": clock, **options})


@pytest.fixture
async def sending() -> AsyncIterator[Sender]:
    async with sender() as one:
        yield one


async def answer_of(sending: Sender, *says: Say) -> tuple[Answer, Receiver]:
    with receiving(*says) as receiver:
        return await sending.tell(errand(receiver.url), NOTICE), receiver


async def test_a_message_is_what_the_standard_says(sending: Sender) -> None:
    """The reference library believes it with either secret, and its body has the shape that OpenAPI promises."""
    answer, receiver = await answer_of(sending, Say(200, body=b"danke"))

    assert answer == Answer(status=200)
    [got] = receiver.got
    told, again = (Webhook(written(secret)).verify(got.body, dict(got.headers)) for secret in SECRETS)
    assert told == again
    assert fits(shapes.WebhookMessage, told)
    assert (told["type"], told["timestamp"]) == ("submission.delivered", "2026-01-01T12:00:00.000000Z")
    assert told["data"] == {
        "submissionId": NOTICE.submission,
        "state": "delivered",
        "test": True,
        "sandbox": True,
        "links": told["data"]["links"],
    }
    assert told["data"]["links"]["self"] == f"/v1/submissions/{NOTICE.submission}"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert got.id == NOTICE.id
    assert "authorization" not in got.headers


async def test_a_repetition_has_the_same_id_and_body(sending: Sender) -> None:
    """Only moment and signature are those of the attempt."""
    with receiving() as receiver:
        for _ in range(2):
            await sending.tell(errand(receiver.url), NOTICE)

    first, second = receiver.got
    assert (first.id, first.body) == (second.id, second.body)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_yes_is_taken(sending: Sender, status: int) -> None:
    """Every status from 200 to 299 is a yes."""
    assert (await answer_of(sending, Say(status)))[0] == Answer(status=status)


@pytest.mark.parametrize(("status", "because"), [(400, "status"), (404, "status"), (410, "gone"), (500, "status")])
async def test_any_other_status_is_none(sending: Sender, status: int, because: str) -> None:
    """Whatever else the portal says, it has not taken it; 410 is known for what it is."""
    answer, _ = await answer_of(sending, Say(status))

    assert (answer.because, answer.status, answer.gone) == (because, status, status == 410)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_nobody_is_redirected(sending: Sender, status: int) -> None:
    """A redirect is a failure: nothing is sent to a place that nobody has registered."""
    with receiving() as elsewhere:
        answer, _ = await answer_of(sending, Say(status, {"Location": elsewhere.url}))

    assert answer == Answer("redirected", status)
    assert elsewhere.got == []


async def test_retry_after_is_heard(sending: Sender) -> None:
    """In seconds and as a date; what is neither is passed over, and nobody is left alone for longer than a day."""
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=600), usegmt=True)

    async def wait(said: str) -> float | None:
        return (await answer_of(sending, Say(503, {"Retry-After": said})))[0].wait

    assert await wait("120") == 120
    assert await wait(soon) == pytest.approx(600, abs=5)
    assert await wait("999999999") == 86_400
    assert await wait("bald") is None


async def test_a_portal_that_never_answers(sending: Sender) -> None:
    """When the time is up the message counts as not taken."""
    began = time.monotonic()

    answer, _ = await answer_of(sending, Say(after=30))

    assert answer.because in ("time-limit", "no-answer")
    assert time.monotonic() - began < 10 * QUICK


async def test_of_an_answer_only_the_head_counts(sending: Sender) -> None:
    """A body of any size, or one that drips, is not waited for: yes is yes."""
    for said in (Say(200, body=b"x" * 10_000_000), Say(200, body=b"x" * 1_000, drips=0.2)):
        began = time.monotonic()
        assert (await answer_of(sending, said))[0] == Answer(status=200)
        assert time.monotonic() - began < 10 * QUICK


async def test_nobody_listens(sending: Sender) -> None:
    """A port where nobody is, is told as such."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        answer = await sending.tell(errand(f"http://127.0.0.1:{holder.getsockname()[1]}/"), NOTICE)

    assert answer == Answer("connection-refused")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "portal.beispiel"])
async def test_nothing_is_sent_inside(host: str) -> None:
    """Unless it is allowed no byte leaves to loopback: by number, by name, in IPv6 clothes, by a name that turned."""

    def lookup(name: str, port: int, *rest: Any) -> Any:
        return socket.getaddrinfo("127.0.0.1" if name == "portal.beispiel" else name, port, *rest)

    with receiving() as receiver:
        async with sender(allowed=(), lookup=lookup) as careful:
            answer = await careful.tell(errand(f"http://{host}:{receiver.port}/"), NOTICE)

    assert answer == Answer("address-not-allowed")
    assert receiver.got == []


async def test_a_name_that_turns_after_the_look_is_not_asked_again() -> None:
    """Rebinding: the name is looked up once, and the second answer, which would lead elsewhere, is never heard."""
    asked: list[str] = []
    with receiving() as receiver, receiving() as inside:

        def lookup(name: str, port: int, *_: Any) -> Any:
            asked.append(name)
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1" if len(asked) == 1 else "127.0.0.2", port))
            ]

        async with sender(lookup=lookup) as careful:
            answer = await careful.tell(errand(f"http://portal.beispiel:{receiver.port}/hook"), NOTICE)

    assert (answer.taken, asked) == (True, ["portal.beispiel"])
    assert receiver.got[0].headers["host"] == f"portal.beispiel:{receiver.port}"
    assert inside.got == []


async def test_outside_a_sandbox_only_https() -> None:
    """A webhook over http sends nothing in production, however it got into the register."""
    with receiving() as receiver:
        async with sender(sandbox=False) as production:
            answer = await production.tell(errand(receiver.url), NOTICE)

    assert answer == Answer("not-https")
    assert receiver.got == []


def trusting(authority: CertificateAuthority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority.file))


def found_here(name: str, port: int, *_: Any) -> Any:
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]


async def test_the_certificate_is_that_of_the_name(tmp_path: Path) -> None:
    """The connection goes to a number, and the certificate must still be the name's; another one's is refused."""
    authority = CertificateAuthority(tmp_path)
    shown = authority.issue("portal", hosts=["portal.beispiel"])
    with receiving(shows=shown) as receiver:
        async with sender(sandbox=False, tls=trusting(authority), lookup=found_here, seconds=5) as production:
            good = await production.tell(errand(f"https://portal.beispiel:{receiver.port}/hook"), NOTICE)
            bad = await production.tell(errand(f"https://anders.beispiel:{receiver.port}/hook"), NOTICE)

    assert good.taken
    assert "certificate" in bad.because
    assert len(receiver.got) == 1


async def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    """An unknown issuer is refused, and nothing is sent."""
    shown = CertificateAuthority(tmp_path / "fremd").issue("portal", hosts=["portal.beispiel"])
    ours = CertificateAuthority(tmp_path / "eigen")
    with receiving(shows=shown) as receiver:
        async with sender(sandbox=False, tls=trusting(ours), lookup=found_here, seconds=5) as production:
            answer = await production.tell(errand(f"https://portal.beispiel:{receiver.port}/hook"), NOTICE)

    assert "certificate" in answer.because
    assert receiver.got == []


async def test_the_next_address_where_the_first_does_not_listen() -> None:
    """Of a name with several addresses the first that listens gets the message, once."""
    with receiving() as receiver:

        def lookup(name: str, port: int, *_: Any) -> Any:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in ("127.0.0.9", "127.0.0.1")]

        async with sender(lookup=lookup) as careful:
            answer = await careful.tell(errand(f"http://portal.beispiel:{receiver.port}/"), NOTICE)

    assert answer.taken
    assert len(receiver.got) == 1


async def test_what_waits_for_a_name_server_is_given_up() -> None:
    """A look-up that hangs ends with the message's time, and keeps nobody else from judging documents."""

    def hangs(*_: Any) -> Any:
        time.sleep(3 * QUICK)
        return []

    async with sender(lookup=hangs) as careful:
        began = time.monotonic()
        answer = await careful.tell(errand("http://portal.beispiel/"), NOTICE)

    assert answer == Answer("time-limit")
    assert time.monotonic() - began < 2 * QUICK


def test_a_message_is_small() -> None:
    """Identifiers and states: far below what the standard calls small."""
    from gateway.webhooks.message import message

    assert len(message(NOTICE, sandbox=True)) < 1_000
    assert set(json.loads(message(NOTICE, sandbox=False))["data"]) == {
        "submissionId",
        "state",
        "test",
        "sandbox",
        "links",
    }
