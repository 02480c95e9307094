"""A token is fetched once for all who wait, used while it is good, and never shown to anybody else."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from gateway.adapter import Unreachable
from gateway.testing import FakeClock, until
from gateway.testing.web import Reply, Request, WebServer
from gateway.transports.certificates import Credentials
from gateway.transports.https import Body, ClientCredentials, ClientTokens, Https, Limits, Peer, Response

pytestmark = pytest.mark.anyio


class AuthorisationServer:
    """Gives out `token-1`, `token-2`, … for the secret it knows; `protected` wants the newest."""

    def __init__(self, folder: Path) -> None:
        self.web = WebServer(folder, self.handle)
        self.secret = folder / "geheim"
        self.secret.write_text("g:ä\n", "utf-8")
        self.given = 0
        self.asked: list[dict[str, list[str]]] = []
        self.presented: list[str] = []
        self.says: Callable[[], Reply] = self.a_token
        self.open = asyncio.Event()
        self.open.set()

    async def handle(self, request: Request) -> Reply:
        body = (await request.body()).decode()
        if request.target != "/token":
            self.presented.append(request.headers.get("authorization", ""))
            return Reply(200 if self.presented[-1] == f"Bearer token-{self.given}" else 401)
        self.asked.append(parse_qs(body))
        await self.open.wait()
        name, _, secret = (
            base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode().partition(":")
        )
        return self.says() if (name, secret) == ("gateway%2F1", "g%3A%C3%A4") else Reply(401)

    def a_token(self) -> Reply:
        self.given += 1
        said = {"access_token": f"token-{self.given}", "token_type": "Bearer", "expires_in": 300}
        return Reply(body=json.dumps(said).encode())

    def peer(self, path: str) -> Peer:
        ours = self.web.client
        credentials = Credentials(authorities=self.web.authority.file, certificate=ours.certificate, key=ours.key)
        return Peer(url=self.web.url + path, credentials=credentials)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[AuthorisationServer]:
    one = AuthorisationServer(tmp_path / "anmeldung")
    async with one.web:
        yield one


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def protected(server: AuthorisationServer, clock: FakeClock) -> AsyncIterator[Https]:
    there = Https(server.peer("/token"), Limits(silence=1), clock=clock)
    tokens = ClientTokens(there, ClientCredentials(client_id="gateway/1", secret=server.secret, scope="antraege"))
    async with Https(server.peer("/geschuetzt"), Limits(silence=1), tokens=tokens, clock=clock) as https:
        yield https


async def ask(https: Https) -> int | Unreachable:
    answer = await https.send("POST", body=Body.of("text/plain", b"x"))
    assert isinstance(answer, Response | Unreachable)
    return answer.status if isinstance(answer, Response) else answer


async def test_a_token_is_fetched_and_shown(protected: Https, server: AuthorisationServer) -> None:
    """The grant is that of client credentials, with the scope; its token opens the door."""
    assert await ask(protected) == 200
    assert server.asked == [{"grant_type": ["client_credentials"], "scope": ["antraege"]}]


async def test_many_who_wait_share_one(protected: Https, server: AuthorisationServer) -> None:
    """However many need a token at once, one is fetched."""
    assert await asyncio.gather(*(ask(protected) for _ in range(20))) == [200] * 20
    assert server.given == 1


async def test_it_is_kept_until_shortly_before_its_end(
    protected: Https, server: AuthorisationServer, clock: FakeClock
) -> None:
    """A token of 300 seconds is used for 269, and not for 271."""
    await ask(protected)
    clock.advance(269)
    await ask(protected)
    kept = server.given
    clock.advance(2)
    await ask(protected)

    assert (kept, server.given) == (1, 2)


async def test_one_that_was_not_accepted_is_forgotten(protected: Https, server: AuthorisationServer) -> None:
    """A 401 is handed on, never hidden behind a second try; the request after that has a new token."""
    await ask(protected)
    server.given += 1  # as if it had been revoked

    assert await ask(protected) == 401
    assert await ask(protected) == 200
    assert len(server.presented) == 3


async def test_who_gives_up_takes_the_token_from_nobody(protected: Https, server: AuthorisationServer) -> None:
    """The first to ask is cancelled while the token comes, and the others still get it."""
    server.open.clear()
    first, second = (asyncio.create_task(ask(protected)) for _ in range(2))
    await until(lambda: server.asked)
    first.cancel()
    server.open.set()

    assert await second == 200
    assert server.given == 1


@pytest.mark.parametrize(
    ("reply", "because"),
    [
        (Reply(400, body=b'{"error":"invalid_scope"}'), "token-refused"),
        (Reply(401), "token-not-identified"),
        (Reply(503, {"Retry-After": "7"}), "token-away"),
        (Reply(body=b"<html>"), "token-not-understood"),
        (Reply(body=b"[" * 100_000), "token-not-understood"),
        (Reply(body=b'{"access_token":"a b","token_type":"bearer"}'), "token-not-understood"),
        (Reply(body=b'{"access_token":"a","token_type":"mac"}'), "token-not-understood"),
    ],
)
async def test_without_a_token_nothing_is_sent(
    protected: Https, server: AuthorisationServer, reply: Reply, because: str
) -> None:
    """Whatever goes wrong with the token, the request itself was certainly not sent, and the wish to wait is kept."""
    server.says = lambda: reply

    answer = await ask(protected)

    assert answer == Unreachable(because, 7.0 if reply.status == 503 else None)
    assert server.presented == []


async def test_a_secret_that_cannot_be_read_is_named(protected: Https, server: AuthorisationServer) -> None:
    """A missing file with the secret is our own trouble, and named."""
    server.secret.unlink()

    assert await ask(protected) == Unreachable("client-secret-unreadable")
